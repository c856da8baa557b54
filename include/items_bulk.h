#ifndef COFFER_ITEMS_BULK_H
#define COFFER_ITEMS_BULK_H

#include "err.h"
#include "items_write.h"

/*
 * The frame of bulk work: rows stand alone, in chunks under a savepoint.  A chunk is written with
 * few statements; when one fails the chunk goes back and is written row by row, because the
 * database does not say which row it was.
 */

enum {
	BULK_ROWS_MAX = 10000,
	BULK_CHUNK_ROWS = 1000,
	BULK_CHUNK_BYTES = 4 << 20,
	BULK_SHOWN_MAX = 200, /* more rows than these, and a success carries its id alone */
};

/* What became of a row. */
struct bulk_outcome {
	const char *id; /* it was written */
	const char *row;
	size_t row_len; /* its JSON text; row NULL: not at hand */
	struct err err; /* it was not */
};

struct bulk {
	struct item_writer w;
	const char *list; /* the argument the rows came in */
	const struct json_object *rows;
	size_t n, failed;
	bool atomic;
	struct bulk_outcome *outcomes;
	/* Read row i into item and check it.  -1: recorded. */
	int (*decode)(struct bulk *bulk, size_t i, struct item *item);
	/* Write checked items with as few statements as possible, or one. */
	int (*write)(struct bulk *bulk, struct item **items, size_t n);
	int (*write_one)(struct bulk *bulk, struct item *item);
};

/* rows must be an array of at most BULK_ROWS_MAX. */
int bulk_open(struct bulk *bulk, struct rq *rq, const char *list, const struct json_object *rows);
/* All chunks.  -1: a failure that is not one row's, or the first one's with atomic. */
int bulk_process(struct bulk *bulk);
/* The answer, and the activity row. */
int bulk_answer(struct bulk *bulk, const char *action);

/* The failure on record becomes row i's; -1 if it is everybody's. */
int bulk_row_failed(struct bulk *bulk, size_t i);

#endif
