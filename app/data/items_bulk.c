/* The frame of bulk work, see items_bulk.h. */
#include "items_bulk.h"

#include <string.h>

#include "activity.h"
#include "arena.h"
#include "conf.h"
#include "json_in.h"
#include "query.h"
#include "rq.h"
#include "str.h"

enum { IDS_NOTED = 100, MESSAGE_SHOWN = 100 };

/* Rows under way together. */
struct chunk {
	size_t end; /* the first row that is not in it */
	size_t n;   /* rows of it that can be written */
	struct item *items[BULK_CHUNK_ROWS];
};

int
bulk_open(struct bulk *bulk, struct rq *rq, const char *list, const struct json_object *rows)
{
	if (!json_object_is_type(rows, json_type_array))
		return fail_at(rq, E_VALIDATION, list, "%s: must be an array, not %s", list,
		    json_in_type_name(rows));
	bulk->list = list;
	bulk->rows = rows;
	bulk->n = json_object_array_length(rows);
	if (bulk->n > BULK_ROWS_MAX)
		return fail_at(rq, E_VALIDATION, list,
		    "%s: at most %d rows in one call, not %zu; send the rest in further calls",
		    list, BULK_ROWS_MAX, bulk->n);
	bulk->outcomes = NEWV(rq->mem, struct bulk_outcome, bulk->n);
	return 0;
}

static bool
is_row_error(enum errcode code)
{
	switch (code) {
	case E_VALIDATION:
	case E_CONFLICT:
	case E_NOT_FOUND:
	case E_FORBIDDEN:
	case E_PAYLOAD_TOO_LARGE:
		return true;
	default:
		return false;
	}
}

int
bulk_row_failed(struct bulk *bulk, size_t i)
{
	struct rq *rq = bulk->w.rq;
	struct err err = rq->err;

	if (!is_row_error(err.code))
		return -1;
	rq->err = (struct err){0};
	if (bulk->atomic)
		return fail_at(rq, err.code, err.path, "%s[%zu]: %s; nothing was written",
		    bulk->list, i, err.message);
	bulk->outcomes[i].err = err;
	bulk->failed++;
	return 0;
}

static int
check_relations(struct bulk *bulk, struct chunk *chunk)
{
	size_t i, n = 0;

	if (item_relations(&bulk->w, chunk->items, chunk->n, true) < 0)
		return -1;
	for (i = 0; i < chunk->n; i++) {
		struct item *item = chunk->items[i];

		if (item->problem == NULL) {
			chunk->items[n++] = item;
			continue;
		}
		fail(bulk->w.rq, E_VALIDATION, "%s", item->problem);
		if (bulk_row_failed(bulk, item->place) < 0)
			return -1;
	}
	chunk->n = n;
	return 0;
}

/* Check rows from start on until the chunk is full. */
static int
read_chunk(struct bulk *bulk, size_t start, struct chunk *chunk)
{
	struct rq *rq = bulk->w.rq;
	size_t i, len, bytes = 0;

	chunk->n = 0;
	for (i = start; i < bulk->n && i - start < BULK_CHUNK_ROWS; i++) {
		struct item *item = NEW(rq->mem, struct item);

		json_in_raw(json_object_array_get_idx(bulk->rows, i), &len);
		bytes += len;
		if (bytes > BULK_CHUNK_BYTES && i > start)
			break;
		item->place = i;
		if (bulk->decode(bulk, i, item) == 0)
			chunk->items[chunk->n++] = item;
		else if (bulk_row_failed(bulk, i) < 0)
			return -1;
	}
	chunk->end = i;
	return check_relations(bulk, chunk);
}

static void
succeeded(struct bulk *bulk, const struct item *item)
{
	bulk->outcomes[item->place].id = item->id;
}

static int
write_alone(struct bulk *bulk, struct item *item)
{
	struct rq *rq = bulk->w.rq;
	struct err err;

	if (db_savepoint(rq, "item") < 0)
		return -1;
	if (bulk->write_one(bulk, item) == 0) {
		succeeded(bulk, item);
		return 0;
	}
	if (!is_row_error(rq->err.code))
		return -1;
	err = rq->err;
	rq->err = (struct err){0};
	if (db_rollback_to(rq, "item") < 0)
		return -1;
	rq->err = err;
	return bulk_row_failed(bulk, item->place);
}

static int
write_chunk(struct bulk *bulk, struct chunk *chunk)
{
	struct rq *rq = bulk->w.rq;
	size_t i;

	if (chunk->n == 0)
		return 0;
	if (db_savepoint(rq, "chunk") < 0)
		return -1;
	if (bulk->write(bulk, chunk->items, chunk->n) == 0) {
		for (i = 0; i < chunk->n; i++)
			succeeded(bulk, chunk->items[i]);
		return 0;
	}
	if (!is_row_error(rq->err.code))
		return -1;
	rq->err = (struct err){0};
	if (db_rollback_to(rq, "chunk") < 0)
		return -1;
	for (i = 0; i < chunk->n; i++) {
		if (write_alone(bulk, chunk->items[i]) < 0)
			return -1;
	}
	return 0;
}

static int
report(struct bulk *bulk, size_t done)
{
	struct rq *rq = bulk->w.rq;

	if (rq->progress == NULL || bulk->n <= BULK_CHUNK_ROWS)
		return 0;
	return rq->progress(rq, (int64_t)done, (int64_t)bulk->n,
	    arena_printf(rq->mem, "%zu of %zu rows", done, bulk->n));
}

int
bulk_process(struct bulk *bulk)
{
	struct chunk *chunk = NEW(bulk->w.rq->mem, struct chunk);
	size_t start;

	for (start = 0; start < bulk->n; start = chunk->end) {
		if (read_chunk(bulk, start, chunk) < 0 || write_chunk(bulk, chunk) < 0 ||
		    report(bulk, chunk->end) < 0)
			return -1;
	}
	return 0;
}

static int
answer_data(struct bulk *bulk, const struct bulk_outcome *outcome)
{
	struct rq *rq = bulk->w.rq;

	out_key(&rq->out, "data");
	if (outcome->row != NULL) {
		out_raw(&rq->out, outcome->row, outcome->row_len);
		return 0;
	}
	return query_row(rq, bulk->w.read, bulk->w.c, outcome->id);
}

/* Ten thousand rows may each have failed with a long text: once the answer is full, it is cut. */
static void
answer_failure(struct bulk *bulk, const struct err *err)
{
	struct out *out = &bulk->w.rq->out;
	size_t len = strlen(err->message), cut = len;

	if (out->buf.len >= (size_t)conf->max_answer)
		cut = str_utf8_prefix(err->message, len, MESSAGE_SHOWN);
	out_key(out, "error");
	out_object(out);
	out_kstr(out, "code", err_name(err->code));
	out_key(out, "message");
	if (cut < len)
		out_printf(out, "%.*s...", (int)cut, err->message);
	else
		out_str(out, err->message);
	out_end(out);
}

static int
answer_outcome(struct bulk *bulk, const struct bulk_outcome *outcome)
{
	struct rq *rq = bulk->w.rq;
	bool small = bulk->n <= BULK_SHOWN_MAX && rq->out.buf.len < (size_t)conf->max_answer;
	int status = 0;

	out_object(&rq->out);
	out_kbool(&rq->out, "ok", outcome->id != NULL);
	if (outcome->id == NULL)
		answer_failure(bulk, &outcome->err);
	else if (small)
		status = answer_data(bulk, outcome);
	else
		out_kstr(&rq->out, "id", outcome->id);
	out_end(&rq->out);
	return status;
}

static void
note(struct bulk *bulk, const char *action)
{
	struct rq *rq = bulk->w.rq;
	struct out out;
	size_t i, n = 0;

	if (bulk->failed == bulk->n)
		return;
	out_init(&out, rq->mem);
	out_object(&out);
	out_kint(&out, "count", (int64_t)(bulk->n - bulk->failed));
	out_key(&out, "ids");
	out_array(&out);
	for (i = 0; i < bulk->n && n < IDS_NOTED; i++) {
		if (bulk->outcomes[i].id == NULL)
			continue;
		out_str(&out, bulk->outcomes[i].id);
		n++;
	}
	out_end(&out);
	out_end(&out);
	activity_note(rq, action, bulk->w.c->slug, NULL, buf_text(&out.buf));
}

int
bulk_answer(struct bulk *bulk, const char *action)
{
	struct rq *rq = bulk->w.rq;
	size_t i;

	out_object(&rq->out);
	out_kint(&rq->out, "total", (int64_t)bulk->n);
	out_kint(&rq->out, "succeeded", (int64_t)(bulk->n - bulk->failed));
	out_kint(&rq->out, "failed", (int64_t)bulk->failed);
	out_key(&rq->out, "results");
	out_array(&rq->out);
	for (i = 0; i < bulk->n; i++) {
		if (answer_outcome(bulk, &bulk->outcomes[i]) < 0)
			return -1;
	}
	out_end(&rq->out);
	out_end(&rq->out);
	rq->is_error = bulk->failed > 0;
	note(bulk, action);
	return 0;
}
