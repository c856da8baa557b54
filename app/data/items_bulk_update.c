/* Changing many rows in one call. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "items.h"
#include "items_bulk.h"
#include "json_in.h"
#include "query.h"
#include "query_plan.h"
#include "rq.h"

enum { LOCK_BATCH = 1024 };

/* The ids of a call, each once, in the order of the table. */
struct targets {
	struct target {
		const char *id;
		struct bind key;
		bool found;
	} * items;
	size_t n;
};

struct bulk_update {
	struct bulk bulk;
	struct targets targets;
};

static int
by_key(const void *a, const void *b)
{
	const struct target *left = a, *right = b;

	if (left->key.type == BIND_INT)
		return (left->key.i > right->key.i) - (left->key.i < right->key.i);
	return strcmp(left->key.s, right->key.s);
}

/* The id of an update, as text.  NULL if it has none. */
static const char *
update_id(struct rq *rq, const struct json_object *update)
{
	const struct json_object *id = json_in_get(update, "id");
	int64_t n;

	if (json_in_int(id, &n))
		return arena_printf(rq->mem, "%lld", (long long)n);
	return json_in_str(id);
}

static void
collect(struct bulk_update *update)
{
	struct bulk *bulk = &update->bulk;
	struct targets *targets = &update->targets;
	struct rq *rq = bulk->w.rq;
	size_t i, n = 0;

	targets->items = NEWV(rq->mem, struct target, bulk->n);
	for (i = 0; i < bulk->n; i++) {
		const char *id = update_id(rq, json_object_array_get_idx(bulk->rows, i));
		struct item item = {0};

		if (id == NULL)
			continue;
		if (item_name(&bulk->w, id, &item) < 0)
			rq->err = (struct err){0};
		else
			targets->items[n++] = (struct target){.id = item.id, .key = item.key};
	}
	qsort(targets->items, n, sizeof(*targets->items), by_key);
	for (i = 0; i < n; i++) {
		if (i == 0 || by_key(&targets->items[i], &targets->items[targets->n - 1]) != 0)
			targets->items[targets->n++] = targets->items[i];
	}
}

static struct target *
find_target(const struct targets *targets, const struct bind key)
{
	struct target wanted = {.key = key};

	return bsearch(&wanted, targets->items, targets->n, sizeof(wanted), by_key);
}

/* "SELECT key FROM ... WHERE key IN (...) AND (rule) ORDER BY key FOR UPDATE" */
static int
lock_text(struct bulk_update *update, size_t start, size_t n, struct sqlb *to)
{
	struct item_writer *w = &update->bulk.w;
	struct query_context *ctx = NEW(w->rq->mem, struct query_context);
	struct bind *keys = NEWV(w->rq->mem, struct bind, n);

	for (size_t i = 0; i < n; i++)
		keys[i] = update->targets.items[start + i].key;
	query_context_init(ctx, w->rq);
	if (query_where_keys(ctx, w->c, keys, n) < 0 || query_where(ctx, w->write->rule) < 0)
		return -1;
	sqlb_lit(to, "SELECT ");
	sqlb_column(to, 0, &w->c->pk->column);
	query_from(ctx, w->c, NULL, to);
	sqlb_lit(to, " ORDER BY ");
	sqlb_column(to, 0, &w->c->pk->column);
	sqlb_lit(to, " FOR UPDATE");
	return 0;
}

/* Lock some of the rows; those that are there and the caller's to change are marked. */
static int
lock_batch(struct bulk_update *update, size_t start, size_t n)
{
	struct item_writer *w = &update->bulk.w;
	struct rows *rows;
	struct sqlb sql;
	int more;

	sqlb_init(&sql, w->rq->mem);
	if (lock_text(update, start, n, &sql) < 0 || sqlb_query(w->rq, &sql, &rows) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		struct target *target;
		struct bind key;

		if (query_id(w->rq, w->c, rows_text(rows, 0, NULL), &key) < 0)
			return -1;
		target = find_target(&update->targets, key);
		if (target != NULL)
			target->found = true;
	}
	return more;
}

/* All in the order of their ids, before the first is changed: two such calls cannot stop each
 * other. */
static int
lock_all(struct bulk_update *update)
{
	size_t start, n;

	collect(update);
	for (start = 0; start < update->targets.n; start += n) {
		n = update->targets.n - start;
		if (n > LOCK_BATCH)
			n = LOCK_BATCH;
		if (lock_batch(update, start, n) < 0)
			return -1;
	}
	return 0;
}

static int
check_shape(struct bulk *bulk, size_t i, const struct json_object *update)
{
	struct rq *rq = bulk->w.rq;
	const char *path = arena_printf(rq->mem, "%s[%zu]", bulk->list, i);

	if (!json_object_is_type(update, json_type_object))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be an object {\"id\",\"data\"}, not %s", path,
		    json_in_type_name(update));
	json_object_object_foreach(update, name, value)
	{
		(void)value;
		if (strcmp(name, "id") != 0 && strcmp(name, "data") != 0)
			return fail_at(rq, E_VALIDATION, path,
			    "%s: unknown key \"%s\"; fields belong into \"data\"", path, name);
	}
	return 0;
}

static int
decode(struct bulk *bulk, size_t i, struct item *item)
{
	struct bulk_update *update = (struct bulk_update *)bulk;
	struct json_object *json = json_object_array_get_idx(bulk->rows, i);
	struct rq *rq = bulk->w.rq;
	const struct target *target;
	const char *id;

	if (check_shape(bulk, i, json) < 0)
		return -1;
	id = update_id(rq, json);
	if (id == NULL)
		return fail(rq, E_VALIDATION, "id is required");
	if (item_name(&bulk->w, id, item) < 0)
		return -1;
	target = find_target(&update->targets, item->key);
	if (target == NULL || !target->found)
		return fail(rq, E_NOT_FOUND, "Item not found");
	return item_decode_update(&bulk->w, json_in_get(json, "data"), bulk->list, item);
}

static int
write_one(struct bulk *bulk, struct item *item)
{
	struct rows *rows;
	int found;

	if (bulk->w.has_conditions) {
		found = item_lock(&bulk->w, item, &rows);
		if (found <= 0)
			return found < 0 ? -1 : fail(bulk->w.rq, E_NOT_FOUND, "Item not found");
		if (item_conditions(&bulk->w, bulk->list, item, rows, 1) < 0)
			return -1;
	}
	return item_update(&bulk->w, item);
}

/* Neighbours with the same fields go in one statement. */
static int
write_all(struct bulk *bulk, struct item **items, size_t n)
{
	bool alone = bulk->w.has_conditions || bulk->w.write->rule != NULL;
	size_t start, end;

	for (start = 0; start < n; start = end) {
		end = start + 1;
		while (!alone && end < n && item_same_fields(items[start], items[end]))
			end++;
		if (alone && write_one(bulk, items[start]) < 0)
			return -1;
		if (!alone && item_bulk_update(&bulk->w, items + start, end - start) < 0)
			return -1;
	}
	return 0;
}

int
items_bulk_update(struct rq *rq, const char *slug, struct json_object *updates, bool atomic)
{
	struct bulk_update update = {
	    .bulk =
		{
		    .atomic = atomic,
		    .decode = decode,
		    .write = write_all,
		    .write_one = write_one,
		},
	};
	struct bulk *bulk = &update.bulk;

	if (item_writer_open(rq, slug, ACTION_UPDATE, &bulk->w) < 0 ||
	    bulk_open(bulk, rq, "updates", updates) < 0 || lock_all(&update) < 0 ||
	    bulk_process(bulk) < 0)
		return -1;
	return bulk_answer(bulk, "item.update");
}
