/* Many new rows in one call. */
#include <string.h>

#include "arena.h"
#include "items.h"
#include "items_bulk.h"
#include "json_in.h"
#include "rq.h"

static int
decode(struct bulk *bulk, size_t i, struct item *item)
{
	return item_decode(&bulk->w, json_object_array_get_idx(bulk->rows, i), bulk->list, item);
}

/* Will the answer show the rows, and can the insert itself give them? */
static bool
wants_rows(const struct bulk *bulk)
{
	return bulk->n <= BULK_SHOWN_MAX && item_returns(&bulk->w);
}

static void
keep_row(struct bulk *bulk, const struct item *item, struct out *out)
{
	bulk->outcomes[item->place].row = buf_text(&out->buf);
	bulk->outcomes[item->place].row_len = out->buf.len;
}

static int
write_one(struct bulk *bulk, struct item *item)
{
	struct out out;

	if (!wants_rows(bulk))
		return item_insert(&bulk->w, item, NULL);
	out_init(&out, bulk->w.rq->mem);
	if (item_insert(&bulk->w, item, &out) < 0)
		return -1;
	keep_row(bulk, item, &out);
	return 0;
}

/* The columns of somebody else's table may have defaults: a field that one row lacks cannot be NULL
 * there.  What a rule says about the row that came out is asked row by row. */
static bool
fits_one_statement(const struct bulk *bulk, struct item **items, size_t n)
{
	if (bulk->w.write->rule != NULL)
		return false;
	for (size_t i = 1; bulk->w.c->adopted && i < n; i++) {
		if (!item_same_fields(items[0], items[i]))
			return false;
	}
	return true;
}

static int
write_each(struct bulk *bulk, struct item **items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (write_one(bulk, items[i]) < 0)
			return -1;
	}
	return 0;
}

static int
write_all(struct bulk *bulk, struct item **items, size_t n)
{
	struct rows *rows = NULL;
	struct out out;

	if (!fits_one_statement(bulk, items, n))
		return write_each(bulk, items, n);
	if (!wants_rows(bulk))
		return item_bulk_insert(&bulk->w, items, n, NULL);
	if (item_bulk_insert(&bulk->w, items, n, &rows) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (rows_next(rows) <= 0)
			return -1;
		out_init(&out, bulk->w.rq->mem);
		item_returned(&bulk->w, rows, &out);
		keep_row(bulk, items[i], &out);
	}
	return 0;
}

int
items_bulk_insert(struct rq *rq, const char *slug, struct json_object *rows, bool atomic)
{
	struct bulk bulk = {
	    .atomic = atomic,
	    .decode = decode,
	    .write = write_all,
	    .write_one = write_one,
	};

	if (item_writer_open(rq, slug, ACTION_CREATE, &bulk.w) < 0 ||
	    bulk_open(&bulk, rq, "rows", rows) < 0 || bulk_process(&bulk) < 0)
		return -1;
	return bulk_answer(&bulk, "item.create");
}
