/* Rows as JSON, and the queries for one row. */
#include "query_row.h"

#include <string.h>

#include "arena.h"
#include "json_in.h"
#include "query_expand.h"
#include "rq.h"
#include "str.h"

void
query_value_write(struct out *out, const struct rows *rows, size_t column, const struct field *f)
{
	const char *text;
	size_t len;

	if (rows_null(rows, column)) {
		out_null(out);
	} else if (f->kind == VALUE_BOOLEAN) {
		out_bool(out, rows_int(rows, column) != 0);
	} else if (f->kind == VALUE_JSON) {
		text = rows_text(rows, column, &len);
		out_raw(out, text, len);
	} else {
		rows_out(rows, column, out);
	}
}

/* In an adopted table, what another program wrote need not be JSON. */
static bool
is_broken(struct rq *rq, const struct query_source *from, size_t column, const struct field *f)
{
	struct json_object *root;
	struct err why = {0};
	const char *text;
	size_t len;

	if (f->kind != VALUE_JSON || !from->select->collection->adopted ||
	    rows_null(from->rows, column))
		return false;
	text = rows_text(from->rows, column, &len);
	return json_in_parse(rq->mem, &why, text, len, &root) < 0;
}

void
query_row_write(struct rq *rq, struct out *out, const struct query_source *from)
{
	size_t column = from->first;

	out_object(out);
	for (size_t i = 0; i < query_select_steps(from->select); i++) {
		const struct field *f = query_select_step(from->select, i);

		if (!f)
			continue;
		out_key(out, f->wire_name);
		if (query_select_nested(from->select, f))
			query_hole_add(rq, out, from, column, f);
		else if (is_broken(rq, from, column, f))
			out_str(out, rows_text(from->rows, column, NULL));
		else
			query_value_write(out, from->rows, column, f);
		column++;
	}
	out_end(out);
}

bool
query_id_bind(struct rq *rq, const struct field *pk, const char *id, struct bind *bind_r)
{
	char canonical[UUID_TEXT_SIZE];
	int64_t n;

	switch (pk->kind) {
	case VALUE_UUID:
		if (!uuid_canonical(id, strlen(id), canonical))
			return false;
		*bind_r = bind_str(arena_strdup(rq->mem, canonical));
		return true;
	case VALUE_INTEGER:
		if (!str_int(id, &n))
			return false;
		*bind_r = bind_int(n);
		return true;
	default:
		*bind_r = bind_str(id);
		return true;
	}
}

static int
not_found(struct rq *rq)
{
	return fail(rq, E_NOT_FOUND, "Item not found");
}

int
query_id(struct rq *rq, const struct collection *c, const char *id, struct bind *bind_r)
{
	return query_id_bind(rq, c->pk, id, bind_r) ? 0 : not_found(rq);
}

void
query_columns(
    struct sqlb *to, const struct collection *c, const struct access *access, unsigned alias)
{
	struct query_select select;

	query_select_all(&select, c, access);
	query_select_columns(&select, alias, to);
}

void
query_row_out(struct rq *rq, struct rows *rows, size_t first, const struct collection *c,
    const struct access *access)
{
	struct query_select select;

	query_select_all(&select, c, access);
	query_row_write(
	    rq, &rq->out, &(struct query_source){.rows = rows, .first = first, .select = &select});
}

/* The row with this id, if the caller may read it: 1 and *rows_r stands on it and is to be closed,
 * 0, or -1. */
static int
find_row(struct rq *rq, const struct query_select *select, struct bind id, struct rows **rows_r)
{
	struct query_context *ctx = NEW(rq->mem, struct query_context);
	const struct collection *c = select->collection;
	struct sqlb sql;

	query_context_init(ctx, rq);
	if (query_where_keys(ctx, c, &id, 1) < 0 || query_where(ctx, select->access->rule) < 0)
		return -1;
	sqlb_init(&sql, rq->mem);
	sqlb_lit(&sql, "SELECT ");
	query_select_columns(select, 0, &sql);
	query_from(ctx, c, NULL, &sql);
	if (sqlb_stream(rq, &sql, rows_r) < 0)
		return -1;
	return rows_next(*rows_r);
}

static void
id_out(struct rq *rq, const struct collection *c, const char *id)
{
	int64_t n;

	out_object(&rq->out);
	out_key(&rq->out, c->pk->wire_name);
	if (c->pk->kind == VALUE_INTEGER && str_int(id, &n))
		out_int(&rq->out, n);
	else
		out_str(&rq->out, id);
	out_end(&rq->out);
}

int
query_row(struct rq *rq, const struct access *access, const struct collection *c, const char *id)
{
	struct query_select select;
	struct rows *rows;
	struct bind bind;
	int found;

	if (!access) {
		id_out(rq, c, id);
		return 0;
	}
	query_select_all(&select, c, access);
	if (query_id(rq, c, id, &bind) < 0)
		return -1;
	found = find_row(rq, &select, bind, &rows);
	if (found < 0)
		return -1;
	if (!found) {
		out_null(&rq->out);
		return 0;
	}
	query_row_write(rq, &rq->out, &(struct query_source){.rows = rows, .select = &select});
	rows_close(rows);
	return 0;
}

/* The row that was found, with the rows it points to inside. */
static int
write_found(struct rq *rq, struct query_select *select, struct rows *rows)
{
	struct query_text row = {0};
	struct buf text;

	if (!select->nested) {
		query_row_write(
		    rq, &rq->out, &(struct query_source){.rows = rows, .select = select});
		rows_close(rows);
		return 0;
	}
	buf_init(&text, rq->mem);
	query_expand_init(rq, select);
	query_expand_row(rq, rows, select, &row);
	rows_close(rows);
	if (query_expand_fetch(rq, select) < 0)
		return -1;
	if (!query_expand_fill(&row, &text))
		return query_expand_refuse(rq);
	out_raw(&rq->out, text.data, text.len);
	return 0;
}

int
query_read(struct rq *rq, const char *slug, const char *id, const struct str_list *fields)
{
	const struct access *access;
	struct query_select *select;
	struct rows *rows;
	struct bind bind;
	int found;

	if (access_require(rq, slug, ACTION_READ, &access) < 0 ||
	    query_select_parse(rq, access, fields, NULL, &select) < 0 ||
	    query_id(rq, access->collection, id, &bind) < 0)
		return -1;
	found = find_row(rq, select, bind, &rows);
	if (found <= 0)
		return found < 0 ? -1 : not_found(rq);
	out_object(&rq->out);
	out_key(&rq->out, "data");
	if (write_found(rq, select, rows) < 0)
		return -1;
	out_end(&rq->out);
	return 0;
}
