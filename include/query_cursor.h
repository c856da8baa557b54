#ifndef COFFER_QUERY_CURSOR_H
#define COFFER_QUERY_CURSOR_H

#include "buf.h"
#include "query_plan.h"

/*
 * Where a page ended: the sort keys of its last row, sealed and bound to everything that decides
 * which rows come in which order.
 */

/* The context a cursor is good for, as text: workspace, collection, readable fields, filter, sort
 * and q. */
const char *query_cursor_context(
    struct rq *rq, const struct query_plan *plan, const struct query_list_in *in);

/* Replace key by the current row's sort keys. */
void query_cursor_key(const struct query_plan *plan, const struct rows *rows, struct buf *key);

/* The opaque text of a key. */
const char *query_cursor_seal(struct rq *rq, const struct buf *key, const char *context);

/* The key of a cursor as binds, one per sort key.  -1: E_VALIDATION "invalid cursor". */
int query_cursor_open(struct rq *rq, const struct query_plan *plan, const char *cursor,
    const char *context, const struct bind **after_r);

/* The condition that a row of t0 comes after plan->after. */
void query_cursor_condition(const struct query_plan *plan, struct sqlb *to);

#endif
