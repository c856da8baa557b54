/* Writing single rows. */
#include "items.h"

#include <string.h>

#include "activity.h"
#include "arena.h"
#include "caller.h"
#include "items_write.h"
#include "json_in.h"
#include "query.h"
#include "rq.h"

enum { ROW_IS_REFERENCED = 1451 };

static int
not_found(struct rq *rq)
{
	return fail(rq, E_NOT_FOUND, "Item not found");
}

static int
check_relations(struct item_writer *w, struct item *item)
{
	if (item_relations(w, &item, 1, false) < 0)
		return -1;
	if (item->problem != NULL)
		return fail(w->rq, E_VALIDATION, "%s", item->problem);
	return 0;
}

/* {"data":{row}} of a row that stands in the table. */
static int
answer_row(struct item_writer *w, const struct item *item)
{
	out_object(&w->rq->out);
	out_key(&w->rq->out, "data");
	if (query_row(w->rq, w->read, w->c, item->id) < 0)
		return -1;
	out_end(&w->rq->out);
	return 0;
}

/* The names of the fields that were written. */
static const char *
field_names(const struct item_writer *w, const struct item *item)
{
	struct out out;

	out_init(&out, w->rq->mem);
	out_object(&out);
	out_key(&out, "fields");
	out_array(&out);
	for (size_t i = 0; i < w->c->nfields; i++) {
		if (bits_get(item->given, w->c->fields[i].index))
			out_str(&out, w->c->fields[i].name);
	}
	out_end(&out);
	out_end(&out);
	return buf_text(&out.buf);
}

static int
insert_answering(struct item_writer *w, struct item *item)
{
	if (!item_returns(w))
		return item_insert(w, item, NULL) < 0 ? -1 : answer_row(w, item);
	out_object(&w->rq->out);
	out_key(&w->rq->out, "data");
	if (item_insert(w, item, &w->rq->out) < 0)
		return -1;
	out_end(&w->rq->out);
	return 0;
}

int
items_insert(struct rq *rq, const char *slug, struct json_object *data)
{
	struct item item = {0};
	struct item_writer w;

	if (item_writer_open(rq, slug, ACTION_CREATE, &w) < 0 ||
	    item_decode(&w, data, "data", &item) < 0 || check_relations(&w, &item) < 0 ||
	    insert_answering(&w, &item) < 0)
		return -1;
	activity_note(rq, "item.create", w.c->slug, item.id, NULL);
	return 0;
}

int
items_update(struct rq *rq, const char *slug, const char *id, struct json_object *data)
{
	struct item item = {0};
	struct item_writer w;
	struct rows *rows = NULL;
	int found;

	if (item_writer_open(rq, slug, ACTION_UPDATE, &w) < 0 ||
	    item_decode_update(&w, data, "data", &item) < 0 || item_name(&w, id, &item) < 0)
		return -1;
	found = item_lock(&w, &item, w.has_conditions ? &rows : NULL);
	if (found <= 0)
		return found < 0 ? -1 : not_found(rq);
	if (rows != NULL && item_conditions(&w, "data", &item, rows, 1) < 0)
		return -1;
	if (check_relations(&w, &item) < 0 || item_update(&w, &item) < 0)
		return -1;
	activity_note(rq, "item.update", w.c->slug, item.id, field_names(&w, &item));
	return answer_row(&w, &item);
}

/* Does a row of c point to the item through f?  1, 0, -1. */
static int
refers(struct item_writer *w, const struct item *item, const struct collection *c,
    const struct field *f)
{
	struct rows *rows;
	struct sqlb sql;

	sqlb_init(&sql, w->rq->mem);
	sqlb_lit(&sql, "SELECT 1 FROM ");
	sqlb_ident(&sql, &c->table);
	sqlb_lit(&sql, " WHERE ");
	sqlb_ident(&sql, &f->column);
	sqlb_lit(&sql, " = ");
	sqlb_bind(&sql, item->key);
	sqlb_lit(&sql, " LIMIT 1");
	if (sqlb_query(w->rq, &sql, &rows) < 0)
		return -1;
	return rows_next(rows);
}

/* 1: a row of c that the caller may know of points to the item, and the failure says so; 0, -1. */
static int
blame(struct item_writer *w, const struct item *item, const struct collection *c)
{
	const struct access *access;
	int found;

	for (size_t i = 0; i < c->nfields; i++) {
		const struct field *f = &c->fields[i];

		if (f->type != FIELD_RELATION || f->to != w->c || c->adopted)
			continue;
		found = access_get(w->rq, c, ACTION_READ, &access);
		if (found > 0 && access_field(access, f))
			found = refers(w, item, c, f);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		fail(w->rq, E_VALIDATION,
		    "rows of \"%s\" refer to this item in \"%s\"; change or delete them first",
		    c->slug, f->name);
		return 1;
	}
	return 0;
}

static int
still_referenced(struct item_writer *w, const struct item *item)
{
	const struct snapshot *snap = w->rq->snap;

	w->rq->err = (struct err){0};
	for (size_t i = 0; i < snap->ncollections; i++) {
		if (blame(w, item, &snap->collections[i]) != 0)
			return -1;
	}
	return fail(
	    w->rq, E_VALIDATION, "other rows refer to this item; change or delete them first");
}

static int
delete_row(struct item_writer *w, const struct item *item)
{
	struct sqlb sql;

	sqlb_init(&sql, w->rq->mem);
	sqlb_lit(&sql, "DELETE FROM ");
	sqlb_ident(&sql, &w->c->table);
	sqlb_lit(&sql, " WHERE ");
	sqlb_ident(&sql, &w->c->pk->column);
	sqlb_lit(&sql, " = ");
	sqlb_bind(&sql, item->key);
	if (sqlb_exec(w->rq, &sql) < 0)
		return db_errno(w->rq->db) == ROW_IS_REFERENCED ? still_referenced(w, item) : -1;
	if (!w->c->owner_in_side_table)
		return 0;
	return db_exec(w->rq,
	    "DELETE FROM coffer_item_owner WHERE collection_id = ? AND item_id = ?", B(w->c->id),
	    B(item->id));
}

int
items_delete(struct rq *rq, const char *slug, const char *id)
{
	struct item item = {0};
	struct item_writer w;
	int found;

	if (item_writer_open(rq, slug, ACTION_DELETE, &w) < 0 || item_name(&w, id, &item) < 0)
		return -1;
	found = item_lock(&w, &item, NULL);
	if (found <= 0)
		return found < 0 ? -1 : not_found(rq);
	if (delete_row(&w, &item) < 0)
		return -1;
	activity_note(rq, "item.delete", w.c->slug, item.id, NULL);
	out_object(&rq->out);
	out_kbool(&rq->out, "ok", true);
	out_end(&rq->out);
	return 0;
}
