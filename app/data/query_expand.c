/* Rows inside of rows, read one statement per relation and page. */
#include "query_expand.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "json_in.h"
#include "query_row.h"
#include "rq.h"

/* Ids in one statement, and the least a row adds to an answer. */
enum { CHUNK = 1024, ROW_MIN = 45, HOLE = 4 };

/* A row asked for by its id. */
struct wanted {
	const char *id;
	struct query_text row; /* text NULL: there is no such row */
};

/* What all nodes of the tree ask for together. */
struct tally {
	size_t rows, bytes;
};

/* The rows of one node of the tree. */
struct query_batch {
	struct tally *tally;
	size_t n, cap;
	struct wanted *items;
};

/* The text ids are compared by, or NULL if no row of c can have this one. */
static const char *
canonical_id(struct rq *rq, const struct field *pk, const char *id)
{
	struct bind bind;

	if (!query_id_bind(rq, pk, id, &bind))
		return NULL;
	if (bind.type == BIND_INT)
		return arena_printf(rq->mem, "%" PRId64, bind.i);
	return bind.s;
}

static void
want(struct rq *rq, struct query_hole *hole, struct query_batch *batch, const char *id)
{
	if (!id)
		return;
	hole->ids[hole->nids++] = id;
	batch->tally->rows++;
	if (batch->n == batch->cap) {
		size_t cap = batch->cap ? 2 * batch->cap : 64;

		batch->items = arena_grow(rq->mem, batch->items, batch->cap * sizeof(*batch->items),
		    cap * sizeof(*batch->items));
		batch->cap = cap;
	}
	batch->items[batch->n++] = (struct wanted){.id = id};
}

/* An element of a relation_many: a string, or a number where the target counts its rows. */
static const char *
element_id(struct rq *rq, const struct field *pk, const struct json_object *element)
{
	const char *text = json_in_str(element);
	int64_t n;

	if (!text && json_in_int(element, &n))
		text = arena_printf(rq->mem, "%" PRId64, n);
	return text ? canonical_id(rq, pk, text) : NULL;
}

static void
want_many(struct rq *rq, const char *text, size_t len, const struct query_select *select,
    struct query_hole *hole)
{
	struct json_object *list;
	struct err why = {0};
	size_t n;

	if (json_in_parse(rq->mem, &why, text, len, &list) < 0 ||
	    !json_object_is_type(list, json_type_array))
		return;
	n = json_object_array_length(list);
	hole->ids = NEWV(rq->mem, const char *, n);
	for (size_t i = 0; i < n; i++)
		want(rq, hole, select->batch,
		    element_id(rq, select->collection->pk, json_object_array_get_idx(list, i)));
}

static void
want_one(struct rq *rq, const char *id, const struct query_select *select, struct query_hole *hole)
{
	hole->ids = NEW(rq->mem, const char *);
	want(rq, hole, select->batch, canonical_id(rq, select->collection->pk, id));
}

static void
add_hole(struct rq *rq, struct query_holes *holes, const struct query_hole *hole)
{
	if (holes->n == holes->cap) {
		size_t cap = holes->cap ? 2 * holes->cap : 4;

		holes->items = arena_grow(
		    rq->mem, holes->items, holes->cap * sizeof(*hole), cap * sizeof(*hole));
		holes->cap = cap;
	}
	holes->items[holes->n++] = *hole;
}

void
query_hole_add(struct rq *rq, struct out *out, const struct query_source *from, size_t column,
    const struct field *f)
{
	const struct query_select *select = query_select_nested(from->select, f);
	struct query_hole hole = {.select = select, .many = f->type == FIELD_RELATION_MANY};
	const char *text;
	size_t len;

	if (select->collection && !rows_null(from->rows, column)) {
		if (hole.many) {
			text = rows_text(from->rows, column, &len);
			want_many(rq, text, len, select, &hole);
		} else {
			want_one(rq, rows_dup(from->rows, column), select, &hole);
		}
	}
	out_null(out);
	hole.offset = out->buf.len - HOLE;
	add_hole(rq, from->holes, &hole);
}

/* The i-th step's node, or NULL. */
static struct query_select *
child(const struct query_select *select, size_t i)
{
	const struct field *f = query_select_step(select, i);

	return f ? query_select_nested(select, f) : NULL;
}

static void
init_below(struct rq *rq, struct query_select *select, struct tally *tally)
{
	for (size_t i = 0; select->nested && i < query_select_steps(select); i++) {
		struct query_select *node = child(select, i);

		if (!node)
			continue;
		node->batch = NEW(rq->mem, struct query_batch);
		node->batch->tally = tally;
		init_below(rq, node, tally);
	}
}

void
query_expand_init(struct rq *rq, struct query_select *select)
{
	init_below(rq, select, NEW(rq->mem, struct tally));
}

size_t
query_expand_size(const struct query_select *select)
{
	size_t size = 0;

	for (size_t i = 0; select->nested && i < query_select_steps(select); i++)
		if (child(select, i))
			size += child(select, i)->batch->n * ROW_MIN;
	return size;
}

void
query_expand_row(struct rq *rq, const struct rows *rows, const struct query_select *select,
    struct query_text *row)
{
	struct out out;

	out_init(&out, rq->mem);
	query_row_write(
	    rq, &out, &(struct query_source){.rows = rows, .select = select, .holes = &row->holes});
	row->text = out.buf.data;
	row->len = out.buf.len;
}

static int
compare_ids(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;

	return strcmp(left->id, right->id);
}

static void
sort_ids(struct query_batch *batch)
{
	size_t n = 0;

	qsort(batch->items, batch->n, sizeof(*batch->items), compare_ids);
	for (size_t i = 0; i < batch->n; i++)
		if (n == 0 || strcmp(batch->items[n - 1].id, batch->items[i].id) != 0)
			batch->items[n++] = batch->items[i];
	batch->n = n;
}

static struct wanted *
find(const struct query_batch *batch, const char *id)
{
	const struct wanted key = {.id = id};

	return bsearch(&key, batch->items, batch->n, sizeof(key), compare_ids);
}

static int
chunk_sql(struct rq *rq, const struct query_select *select, size_t from, size_t n, struct sqlb *sql)
{
	struct query_context *ctx = NEW(rq->mem, struct query_context);
	struct bind *keys = NEWV(rq->mem, struct bind, n);

	for (size_t i = 0; i < n; i++)
		query_id_bind(
		    rq, select->collection->pk, select->batch->items[from + i].id, &keys[i]);
	query_context_init(ctx, rq);
	if (query_where_keys(ctx, select->collection, keys, n) < 0 ||
	    query_where(ctx, select->access->rule) < 0)
		return -1;
	sqlb_init(sql, rq->mem);
	sqlb_lit(sql, "SELECT ");
	query_select_columns(select, 0, sql);
	query_from(ctx, select->collection, NULL, sql);
	return 0;
}

int
query_expand_refuse(struct rq *rq)
{
	return fail_at(rq, E_VALIDATION, "expand",
	    "the rows inside of rows are too many for one answer; ask for fewer rows at once, or "
	    "follow fewer relations with expand and fields");
}

/* Write the current row and count what it adds. */
static int
take_row(struct rq *rq, const struct rows *rows, const struct query_select *select)
{
	struct wanted *wanted = find(select->batch, rows_text(rows, 0, NULL));
	struct tally *tally = select->batch->tally;

	if (!wanted)
		return 0;
	query_expand_row(rq, rows, select, &wanted->row);
	tally->bytes += wanted->row.len;
	if (tally->rows > QUERY_EXPAND_ROWS || tally->bytes > QUERY_EXPAND_BYTES)
		return query_expand_refuse(rq);
	return 0;
}

static int
fetch_chunk(struct rq *rq, const struct query_select *select, size_t from, size_t n)
{
	struct sqlb sql;
	struct rows *rows;
	int found;

	if (chunk_sql(rq, select, from, n, &sql) < 0 || sqlb_stream(rq, &sql, &rows) < 0)
		return -1;
	while ((found = rows_next(rows)) > 0) {
		if (take_row(rq, rows, select) < 0) {
			rows_close(rows);
			return -1;
		}
	}
	return found;
}

static int
fetch_batch(struct rq *rq, const struct query_select *select)
{
	struct query_batch *batch = select->batch;

	sort_ids(batch);
	for (size_t from = 0; from < batch->n; from += CHUNK) {
		size_t left = batch->n - from;

		if (fetch_chunk(rq, select, from, left < CHUNK ? left : CHUNK) < 0)
			return -1;
	}
	return 0;
}

int
query_expand_fetch(struct rq *rq, const struct query_select *select)
{
	for (size_t i = 0; select->nested && i < query_select_steps(select); i++) {
		const struct query_select *node = child(select, i);

		if (!node || node->batch->n == 0)
			continue;
		if (fetch_batch(rq, node) < 0 || query_expand_fetch(rq, node) < 0)
			return -1;
	}
	return 0;
}

static bool
fill_many(const struct query_hole *hole, struct buf *to)
{
	bool filled = false;

	buf_putc(to, '[');
	for (size_t i = 0; i < hole->nids; i++) {
		const struct wanted *wanted = find(hole->select->batch, hole->ids[i]);

		if (!wanted->row.text)
			continue;
		if (filled)
			buf_putc(to, ',');
		filled = true;
		if (!query_expand_fill(&wanted->row, to))
			return false;
	}
	buf_putc(to, ']');
	return true;
}

static bool
fill_one(const struct query_hole *hole, struct buf *to)
{
	const struct wanted *wanted = hole->nids ? find(hole->select->batch, hole->ids[0]) : NULL;

	if (wanted && wanted->row.text)
		return query_expand_fill(&wanted->row, to);
	buf_puts(to, "null");
	return true;
}

bool
query_expand_fill(const struct query_text *row, struct buf *to)
{
	size_t at = 0;

	if (to->len + row->len > QUERY_EXPAND_FILLED)
		return false;
	for (size_t i = 0; i < row->holes.n; i++) {
		const struct query_hole *hole = &row->holes.items[i];

		buf_add(to, row->text + at, hole->offset - at);
		if (!(hole->many ? fill_many(hole, to) : fill_one(hole, to)))
			return false;
		at = hole->offset + HOLE;
	}
	buf_add(to, row->text + at, row->len - at);
	return true;
}
