#ifndef COFFER_JSON_SCAN_H
#define COFFER_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The words of JSON, read strictly (RFC 8259, UTF-8): the lower half of json_in.h, which others
 * want. Each function begins at s->p and moves it behind what it read.  false: the grammar is
 * broken, and why and where say how.
 */
struct json_scan {
	const char *p, *end;
	const char *why, *where;
	const char *nul; /* the first \u0000 in a string: good JSON, but no C string */
};

/* The text a node came from: its userdata. */
struct json_span {
	const char *at;
	size_t len;
};

/* Note what is wrong at where, or that the text ends there.  Always false. */
bool json_scan_broken(struct json_scan *s, const char *where, const char *why);

void json_scan_blanks(struct json_scan *s);

/* The next character is c. */
bool json_scan_at(const struct json_scan *s, char c);

/* A string, s->p standing on its first quote.  *escaped_r: there are escapes in it. */
bool json_scan_string(struct json_scan *s, bool *escaped_r);

/* A number.  *integer_r: there is neither fraction nor exponent. */
bool json_scan_number(struct json_scan *s, bool *integer_r);

/* Exactly this word. */
bool json_scan_word(struct json_scan *s, const char *word);

/* Undo the escapes of a string that json_scan_string() took, raw standing behind the quote.  to has
 * room for len bytes; returns how many it got. */
size_t json_scan_decode(char *to, const char *raw, size_t len);

#endif
