#ifndef COFFER_QUERY_EXPAND_H
#define COFFER_QUERY_EXPAND_H

#include "query_plan.h"

/*
 * Rows with other rows inside.  A row is first written with holes where nested rows belong; the ids
 * are collected, each relation's targets are read in one statement per page, and then the holes are
 * filled.
 */

/* A nested row's place in the text of a row: 4 bytes ("null") at offset. */
struct query_hole {
	size_t offset;
	const struct query_select *select;
	bool many;
	size_t nids;
	const char **ids; /* canonical text */
};

struct query_holes {
	size_t n, cap;
	struct query_hole *items;
};

/* A row written, its holes still open. */
struct query_text {
	const char *text;
	size_t len;
	struct query_holes holes;
};

/* Note a hole at the writer's place, which holds null until it is filled.  Ids that cannot be any
 * row's are left out. */
void query_hole_add(struct rq *rq, struct out *out, const struct rows *rows, size_t column,
    const struct field *f, struct query_select *select, struct query_holes *holes);

/* Make room for the rows of every node below the root. */
void query_expand_init(struct rq *rq, struct query_select *select);
/* Read the rows for all ids collected so far, level by level. */
int query_expand_fetch(struct rq *rq, const struct query_select *select);
/* Append the row with its holes filled. */
void query_expand_fill(const struct query_text *row, struct buf *to);
/* The least the ids collected below select will add to an answer. */
size_t query_expand_size(const struct query_select *select);

#endif
