/* The statements that write rows, and what their failures mean for the caller. */
#include <string.h>

#include "arena.h"
#include "caller.h"
#include "ddl_name.h"
#include "items_write.h"
#include "query_plan.h"
#include "query_row.h"
#include "rq.h"

/* Numbers of the database that are told apart here. */
enum { DUPLICATE_KEY = 1062, NO_REFERENCED_ROW = 1452 };

enum { SYSTEM_FIELDS = 4 };

bool
item_returns(const struct item_writer *w)
{
	return w->read != NULL && w->read->rule == NULL;
}

/* The columns of an insert, in order. */
static size_t
insert_fields(const struct item_writer *w, const uint64_t *given, const struct field **fields)
{
	const struct collection *c = w->c;
	size_t i, n = 0;

	fields[n++] = c->pk;
	if (c->owner != NULL)
		fields[n++] = c->owner;
	if (c->created != NULL)
		fields[n++] = c->created;
	if (c->updated != NULL)
		fields[n++] = c->updated;
	for (i = 0; i < c->nfields; i++) {
		if (bits_get(given, c->fields[i].index))
			fields[n++] = &c->fields[i];
	}
	return n;
}

static struct bind
cell(const struct item_writer *w, const struct item *item, const struct field *f)
{
	if (f == w->c->pk)
		return item->key;
	if (f == w->c->owner)
		return bind_str(w->rq->caller->user_id);
	if (f == w->c->created || f == w->c->updated)
		return bind_time(w->rq->now);
	return item->values[f->index];
}

static const struct field **
field_list(const struct item_writer *w)
{
	return NEWV(w->rq->mem, const struct field *, w->c->nfields + SYSTEM_FIELDS);
}

/* item NULL: the values come with each row of a bulk statement. */
static void
insert_text(const struct item_writer *w, const struct item *item, const struct field **fields,
    size_t n, struct sqlb *to)
{
	size_t i;

	sqlb_lit(to, "INSERT INTO ");
	sqlb_ident(to, &w->c->table);
	sqlb_lit(to, " (");
	for (i = 0; i < n; i++) {
		if (i > 0)
			sqlb_lit(to, ", ");
		sqlb_ident(to, &fields[i]->column);
	}
	sqlb_lit(to, ") VALUES (");
	for (i = 0; i < n; i++) {
		if (i > 0)
			sqlb_lit(to, ", ");
		if (item != NULL)
			sqlb_bind(to, cell(w, item, fields[i]));
		else
			sqlb_each(to);
	}
	sqlb_lit(to, ")");
}

static void
returning(const struct item_writer *w, struct sqlb *to)
{
	sqlb_lit(to, " RETURNING ");
	query_columns(to, w->c, w->read, SQLB_BARE);
}

/* Who owns rows of a table that has no column for it. */
static int
note_owners(struct item_writer *w, struct item **items, size_t n)
{
	struct bind *binds;

	if (!w->c->owner_in_side_table)
		return 0;
	binds = NEWV(w->rq->mem, struct bind, 4 * n);
	for (size_t i = 0; i < n; i++) {
		binds[4 * i] = bind_str(w->c->id);
		binds[4 * i + 1] = bind_str(items[i]->id);
		binds[4 * i + 2] = bind_str(w->rq->caller->user_id);
		binds[4 * i + 3] = bind_time(w->rq->now);
	}
	return db_bulk_(w->rq,
	    "INSERT INTO coffer_item_owner (collection_id, item_id, owner_id, created_at)"
	    " VALUES (?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE owner_id = VALUES(owner_id), created_at = VALUES(created_at)",
	    binds, 4, n);
}

void
item_returned(struct item_writer *w, const struct rows *rows, struct out *out)
{
	struct query_select select;

	query_select_all(&select, w->c, w->read);
	query_row_write(w->rq, out, &(struct query_source){.rows = rows, .select = &select});
}

int
item_insert(struct item_writer *w, struct item *item, struct out *out)
{
	const struct field **fields = field_list(w);
	size_t n = insert_fields(w, item->given, fields);
	struct rows *rows;
	struct sqlb sql;

	sqlb_init(&sql, w->rq->mem);
	insert_text(w, item, fields, n, &sql);
	if (out == NULL) {
		if (sqlb_exec(w->rq, &sql) < 0)
			return item_write_failed(w, item);
	} else {
		returning(w, &sql);
		if (sqlb_query(w->rq, &sql, &rows) < 0 || rows_next(rows) < 0)
			return item_write_failed(w, item);
		item_returned(w, rows, out);
	}
	if (note_owners(w, &item, 1) < 0)
		return -1;
	return item_stays_allowed(w, item);
}

static void
all_given(struct item **items, size_t n, uint64_t *given)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t word = 0; word < ITEM_WORDS; word++)
			given[word] |= items[i]->given[word];
	}
}

bool
item_same_fields(const struct item *a, const struct item *b)
{
	return memcmp(a->given, b->given, sizeof(a->given)) == 0;
}

int
item_bulk_insert(struct item_writer *w, struct item **items, size_t n, struct rows **rows_r)
{
	const struct field **fields = field_list(w);
	uint64_t given[ITEM_WORDS] = {0};
	struct bind *values;
	size_t i, column, ncolumns;
	struct sqlb sql;

	all_given(items, n, given);
	ncolumns = insert_fields(w, given, fields);
	sqlb_init(&sql, w->rq->mem);
	insert_text(w, NULL, fields, ncolumns, &sql);
	if (rows_r != NULL)
		returning(w, &sql);
	values = NEWV(w->rq->mem, struct bind, n * ncolumns);
	for (i = 0; i < n; i++) {
		for (column = 0; column < ncolumns; column++)
			values[i * ncolumns + column] = cell(w, items[i], fields[column]);
	}
	if (sqlb_bulk(w->rq, &sql, values, n, rows_r) < 0)
		return -1;
	return note_owners(w, items, n);
}

static void
set_system(const struct item_writer *w, bool first, struct sqlb *to)
{
	if (w->c->updated != NULL) {
		if (!first)
			sqlb_lit(to, ", ");
		first = false;
		sqlb_ident(to, &w->c->updated->column);
		sqlb_lit(to, " = ");
		sqlb_bind(to, bind_time(w->rq->now));
	}
	if (w->c->version != NULL) {
		if (!first)
			sqlb_lit(to, ", ");
		sqlb_ident(to, &w->c->version->column);
		sqlb_lit(to, " = ");
		sqlb_ident(to, &w->c->version->column);
		sqlb_lit(to, " + 1");
	}
}

/* like: an item with the same fields given. */
static void
update_text(const struct item_writer *w, const struct item *like, struct sqlb *to)
{
	bool first = true;

	sqlb_lit(to, "UPDATE ");
	sqlb_ident(to, &w->c->table);
	sqlb_lit(to, " SET ");
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (!bits_get(like->given, f->index))
			continue;
		if (!first)
			sqlb_lit(to, ", ");
		first = false;
		sqlb_ident(to, &f->column);
		sqlb_lit(to, " = ");
		sqlb_each(to);
	}
	set_system(w, first, to);
	sqlb_lit(to, " WHERE ");
	sqlb_ident(to, &w->c->pk->column);
	sqlb_lit(to, " = ");
	sqlb_each(to);
}

static size_t
update_values(const struct item_writer *w, const struct item *item, struct bind *values)
{
	size_t n = 0;

	for (size_t i = 0; i < w->c->nfields; i++) {
		if (bits_get(item->given, w->c->fields[i].index))
			values[n++] = item->values[w->c->fields[i].index];
	}
	values[n++] = item->key;
	return n;
}

int
item_bulk_update(struct item_writer *w, struct item **items, size_t n)
{
	struct bind *values = NEWV(w->rq->mem, struct bind, n * (w->c->nfields + 1));
	struct sqlb sql;
	size_t filled = 0;

	sqlb_init(&sql, w->rq->mem);
	update_text(w, items[0], &sql);
	for (size_t i = 0; i < n; i++)
		filled += update_values(w, items[i], values + filled);
	return sqlb_bulk(w->rq, &sql, values, n, NULL);
}

int
item_update(struct item_writer *w, struct item *item)
{
	if (item_bulk_update(w, &item, 1) < 0)
		return item_write_failed(w, item);
	return item_stays_allowed(w, item);
}

/* "SELECT key[, stored] FROM ... WHERE key = ? AND (rule)" */
static int
select_item(struct item_writer *w, const struct item *item, bool stored, struct sqlb *to)
{
	struct query_context *ctx = NEW(w->rq->mem, struct query_context);

	query_context_init(ctx, w->rq);
	if (query_where_keys(ctx, w->c, &item->key, 1) < 0 || query_where(ctx, w->write->rule) < 0)
		return -1;
	sqlb_lit(to, "SELECT ");
	sqlb_column(to, 0, &w->c->pk->column);
	if (stored)
		item_stored_columns(w, to);
	query_from(ctx, w->c, NULL, to);
	return 0;
}

int
item_lock(struct item_writer *w, const struct item *item, struct rows **rows_r)
{
	struct rows *rows;
	struct sqlb sql;

	sqlb_init(&sql, w->rq->mem);
	if (select_item(w, item, rows_r != NULL, &sql) < 0)
		return -1;
	sqlb_lit(&sql, " FOR UPDATE");
	if (sqlb_query(w->rq, &sql, &rows) < 0)
		return -1;
	if (rows_r != NULL)
		*rows_r = rows;
	return rows_next(rows);
}

int
item_stays_allowed(struct item_writer *w, const struct item *item)
{
	struct rows *rows;
	struct sqlb sql;
	int found;

	if (w->write->rule == NULL)
		return 0;
	sqlb_init(&sql, w->rq->mem);
	if (select_item(w, item, false, &sql) < 0 || sqlb_query(w->rq, &sql, &rows) < 0)
		return -1;
	found = rows_next(rows);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return fail(w->rq, E_FORBIDDEN, "No permission to %s such a row in \"%s\"",
	    action_names[w->write->action], w->c->slug);
}

/* The key that was met, unless it is over a field that the caller does not know. */
static const char *
known_key(struct item_writer *w)
{
	const char *key = db_duplicate_key(w->rq->db);

	for (size_t i = 0; i < w->c->nfields; i++) {
		if (ddl_name_has(w->c, key, &w->c->fields[i]) &&
		    !item_may_know(w, &w->c->fields[i]))
			return NULL;
	}
	return ddl_name_fields(w->rq->mem, w->c, key);
}

static int
duplicate(struct item_writer *w)
{
	const char *fields = known_key(w);

	w->rq->err = (struct err){0};
	if (fields == NULL)
		return fail(w->rq, E_CONFLICT, "a row with the same unique value exists");
	return fail(w->rq, E_CONFLICT, "%s: a row with this value exists already", fields);
}

static int
dangling(struct item_writer *w, struct item *item)
{
	struct err first = w->rq->err;

	w->rq->err = (struct err){0};
	item->problem = NULL;
	if (item_relations(w, &item, 1, true) < 0)
		return -1;
	if (item->problem != NULL)
		return fail(w->rq, E_VALIDATION, "%s", item->problem);
	w->rq->err = first;
	return -1;
}

int
item_write_failed(struct item_writer *w, struct item *item)
{
	switch (db_errno(w->rq->db)) {
	case DUPLICATE_KEY:
		return duplicate(w);
	case NO_REFERENCED_ROW:
		return dangling(w, item);
	default:
		return -1;
	}
}
