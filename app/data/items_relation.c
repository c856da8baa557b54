/* Do the rows exist that relations of new values point to?  One question per relation field and
 * thousand ids, with a lock, so that they are still there when the write is final. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "items_value.h"
#include "items_write.h"
#include "json_in.h"
#include "query_plan.h"
#include "rq.h"

enum { BATCH = 1024, IDS_SHOWN = 10 };

/* One id some item names. */
struct ref {
	struct item *item;
	const char *id;
	struct bind key;
	bool found;
};

struct refs {
	struct ref *items;
	size_t n;
};

/* A relation column of ours to a table of ours has a foreign key, which sees what we would; but not
 * what the caller may not see. */
static bool
has_foreign_key(const struct item_writer *w, const struct field *f, const struct access *target)
{
	return f->type == FIELD_RELATION && !w->c->adopted && !f->to->adopted &&
	       target->rule == NULL;
}

static size_t
ids_in(const struct item *item, const struct field *f)
{
	const struct json_object *value;

	if (!bits_get(item->given, f->index))
		return 0;
	value = item->json[f->index];
	if (f->type == FIELD_RELATION)
		return value != NULL;
	return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

static int
add_refs(struct item_writer *w, struct item *item, const struct field *f, struct refs *refs)
{
	size_t i, n = ids_in(item, f);

	for (i = 0; i < n; i++) {
		const struct json_object *id = item->json[f->index];
		struct ref *ref = &refs->items[refs->n++];

		if (f->type == FIELD_RELATION_MANY)
			id = json_object_array_get_idx(id, i);
		ref->item = item;
		if (items_value_id(w->rq, f, id, &ref->key, &ref->id) < 0)
			return -1;
	}
	return 0;
}

static int
collect(
    struct item_writer *w, struct item **items, size_t n, const struct field *f, struct refs *refs)
{
	size_t i, total = 0;

	for (i = 0; i < n; i++)
		total += ids_in(items[i], f);
	refs->items = NEWV(w->rq->mem, struct ref, total);
	refs->n = 0;
	for (i = 0; i < n; i++) {
		if (add_refs(w, items[i], f, refs) < 0)
			return -1;
	}
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct ref *)a)->id, ((const struct ref *)b)->id);
}

static void
mark_found(struct refs *refs, const char *id)
{
	struct ref key = {.id = id}, *ref;

	ref = bsearch(&key, refs->items, refs->n, sizeof(*ref), by_id);
	if (ref == NULL)
		return;
	while (ref > refs->items && strcmp(ref[-1].id, id) == 0)
		ref--;
	for (; ref < refs->items + refs->n && strcmp(ref->id, id) == 0; ref++)
		ref->found = true;
}

/* Distinct keys from *at on; how many. */
static size_t
next_keys(const struct refs *refs, size_t *at, struct bind keys[BATCH])
{
	size_t n = 0, last = *at;

	for (; *at < refs->n && n < BATCH; ++*at) {
		if (n > 0 && strcmp(refs->items[*at].id, refs->items[last].id) == 0)
			continue;
		keys[n++] = refs->items[*at].key;
		last = *at;
	}
	return n;
}

static int
ask(struct item_writer *w, const struct access *target, struct refs *refs, size_t *at)
{
	const struct collection *c = target->collection;
	struct query_context *ctx = NEW(w->rq->mem, struct query_context);
	struct bind *keys = NEWV(w->rq->mem, struct bind, BATCH);
	size_t n = next_keys(refs, at, keys);
	struct rows *rows;
	struct sqlb sql;
	int found;

	query_context_init(ctx, w->rq);
	if (query_where_keys(ctx, c, keys, n) < 0 || query_where(ctx, target->rule) < 0)
		return -1;
	sqlb_init(&sql, w->rq->mem);
	sqlb_lit(&sql, "SELECT ");
	sqlb_column(&sql, 0, &c->pk->column);
	query_from(ctx, c, NULL, &sql);
	sqlb_lit(&sql, " LOCK IN SHARE MODE");
	if (sqlb_query(w->rq, &sql, &rows) < 0)
		return -1;
	while ((found = rows_next(rows)) > 0)
		mark_found(refs, rows_text(rows, 0, NULL));
	return found;
}

static int
by_item(const void *a, const void *b)
{
	const struct ref *left = a, *right = b;

	if (left->item != right->item)
		return left->item->place < right->item->place ? -1 : 1;
	return by_id(a, b);
}

static void
name_missing(struct item_writer *w, const struct field *f, struct ref *ref, const struct ref *end)
{
	struct item *item = ref->item;
	struct buf text;
	size_t n = 0;

	buf_init(&text, w->rq->mem);
	buf_printf(&text, "Relation target \"%s\" has no row(s) with id: ", f->to_slug);
	for (; ref < end && ref->item == item; ref++) {
		if (ref->found || n > IDS_SHOWN)
			continue;
		if (n > 0)
			buf_puts(&text, ", ");
		buf_puts(&text, n++ == IDS_SHOWN ? "..." : ref->id);
	}
	item->problem = buf_text(&text);
}

static void
note_missing(struct item_writer *w, const struct field *f, struct refs *refs)
{
	struct ref *end = refs->items + refs->n;

	qsort(refs->items, refs->n, sizeof(*refs->items), by_item);
	for (struct ref *ref = refs->items; ref < end; ref++) {
		if (!ref->found && ref->item->problem == NULL) {
			/* from the item's first */
			while (ref > refs->items && ref[-1].item == ref->item)
				ref--;
			name_missing(w, f, ref, end);
		}
	}
}

static int
check_field(struct item_writer *w, struct item **items, size_t n, const struct field *f, bool all)
{
	const struct access *target = NULL;
	struct refs refs;
	size_t at = 0;
	int readable = 0;

	if (f->to != NULL && !f->to->archived)
		readable = access_get(w->rq, f->to, ACTION_READ, &target);
	if (readable < 0)
		return -1;
	if (readable && !all && has_foreign_key(w, f, target))
		return 0;
	if (collect(w, items, n, f, &refs) < 0)
		return -1;
	if (refs.n == 0)
		return 0;
	qsort(refs.items, refs.n, sizeof(*refs.items), by_id);
	while (readable && at < refs.n) {
		if (ask(w, target, &refs, &at) < 0)
			return -1;
	}
	note_missing(w, f, &refs);
	return 0;
}

int
item_relations(struct item_writer *w, struct item **items, size_t n, bool all)
{
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (f->type != FIELD_RELATION && f->type != FIELD_RELATION_MANY)
			continue;
		if (check_field(w, items, n, f, all) < 0)
			return -1;
	}
	return 0;
}
