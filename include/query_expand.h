#ifndef COFFER_QUERY_EXPAND_H
#define COFFER_QUERY_EXPAND_H

#include "buf.h"
#include "query_row.h"

/*
 * Rows with other rows inside.  A row is first written with holes where nested rows belong; the ids
 * are collected, each relation's targets are read in one statement per page, and then the holes are
 * filled.
 */

/* Rows asked for in one answer, their bytes, and what one row may grow to: each row inside a row
 * may hold thousands, and those again. */
enum {
	QUERY_EXPAND_ROWS = 50000,
	QUERY_EXPAND_BYTES = 32 << 20,
	QUERY_EXPAND_FILLED = 4 << 20,
};

/* A nested row's place in the text of a row: "null" at offset. */
struct query_hole {
	size_t offset;
	const struct query_select *select;
	bool many;
	size_t nids;
	const char **ids; /* in the form of struct query_batch */
};

struct query_holes {
	size_t n, cap;
	struct query_hole *items;
};

/* A row as written, its holes still open. */
struct query_text {
	const char *text;
	size_t len;
	struct query_holes holes;
};

/* Make room for the rows of every node below select; before its first row. */
void query_expand_init(struct rq *rq, struct query_select *select);

/* Write the current row and note which rows belong into it. */
void query_expand_row(struct rq *rq, const struct rows *rows, const struct query_select *select,
    struct query_text *row);

/* The part of query_row_write() for a relation that is shown as rows. */
void query_hole_add(struct rq *rq, struct out *out, const struct query_source *from, size_t column,
    const struct field *f);

/* Read all rows noted so far, level by level.  -1: also E_VALIDATION, they are too many. */
int query_expand_fetch(struct rq *rq, const struct query_select *select);

/* Append the row with its holes filled; after query_expand_fetch().  false: it is not all there,
 * because to was about to grow beyond QUERY_EXPAND_FILLED. */
bool query_expand_fill(const struct query_text *row, struct buf *to);

/* Record E_VALIDATION: the rows inside of rows are too many. */
int query_expand_refuse(struct rq *rq);

/* The least that the rows noted right below select add to an answer. */
size_t query_expand_size(const struct query_select *select);

#endif
