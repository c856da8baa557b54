#ifndef COFFER_MIGRATIONS_H
#define COFFER_MIGRATIONS_H

/* The files of sql/ as compiled in, in the order of their numbers. */
struct migration {
	const char *name; /* "0001_core" */
	const char *text;
	const char *sha; /* SHA-256 of the text, in hexadecimal */
};
extern const struct migration migrations[]; /* ends with name NULL */

#endif
