#ifndef COFFER_QUERY_ROW_H
#define COFFER_QUERY_ROW_H

#include "out.h"
#include "query_plan.h"

struct query_holes;

/* The current row of a result: its columns stand from first on, as query_select_columns() put them.
 * holes takes note of where nested rows belong; NULL where the select has none. */
struct query_source {
	const struct rows *rows;
	size_t first;
	const struct query_select *select;
	struct query_holes *holes;
};

/* Write the row as an object. */
void query_row_write(struct rq *rq, struct out *out, const struct query_source *from);

/* Write one cell by its field's type. */
void query_value_write(
    struct out *out, const struct rows *rows, size_t column, const struct field *f);

/* As query_id(), without recording: false if no row can have this id. */
bool query_id_bind(struct rq *rq, const struct field *pk, const char *id, struct bind *bind_r);

#endif
