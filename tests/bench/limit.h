#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The limit responders: what a careful C programmer writes by hand for one answer, with the
 * guarantees coffer gives (one transaction per request, who first, a write durable before its
 * answer) and nothing else.  tests/bench/run measures coffer beside them.
 */

/* An answer under construction; it lives as long as the process. */
struct text {
	char *data;
	size_t len, cap;
};

void text_add(struct text *text, const char *data, size_t len);
void text_puts(struct text *text, const char *s);
/* A JSON string with its quotes. */
void text_json(struct text *text, const char *data, size_t len);
/* Spaces up to len bytes. */
void text_pad(struct text *text, size_t len);

/* Connects (password: LIMIT_PASSWORD), reads the physical names of the collections from the
 * catalogue and prepares everything. What fails here or below ends the process with a message. */
void database_open(const char *socket, const char *user, const char *name);

/* Is this a good key?  lock: as a write asks it.  Opens the transaction. */
bool database_who(const char *bearer, bool lock);
void database_commit(void);

/* Each writes its rows as JSON; they run in the transaction of database_who(). */
void database_read(const char *id, struct text *to);
void database_list(const char *topic, size_t topic_len, struct text *to);
/* With its activity row. */
void database_insert(struct text *to);
void database_bulk_insert(struct text *to);

#endif
