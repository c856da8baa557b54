/* Cursors: where a page ended, in a form that only this server can make. */
#include "query_cursor.h"

#include <string.h>

#include "arena.h"
#include "crypto.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"

/* How a key's value stands in the payload: a tag, then 8 bytes, or a length and the text. */
enum tag { TAG_NULL, TAG_INTEGER, TAG_NUMBER, TAG_TIME, TAG_TEXT };

static enum tag
tag_of(const struct query_plan *plan, const struct query_key *key)
{
	if (query_sort_form(plan, key) == QUERY_TEXT)
		return TAG_TEXT;
	switch (key->path.field->kind) {
	case VALUE_INTEGER:
	case VALUE_BOOLEAN:
		return TAG_INTEGER;
	case VALUE_NUMBER:
		return TAG_NUMBER;
	case VALUE_TIME:
		return TAG_TIME;
	default:
		return TAG_TEXT;
	}
}

static void
put_integer(struct buf *key, int64_t n)
{
	buf_add(key, &n, sizeof(n));
}

static void
put_value(struct buf *key, enum tag tag, const struct rows *rows, size_t column)
{
	const char *text;
	double number;
	size_t len;

	if (rows_null(rows, column))
		tag = TAG_NULL;
	buf_putc(key, (char)tag);
	switch (tag) {
	case TAG_NULL:
		break;
	case TAG_INTEGER:
		put_integer(key, rows_int(rows, column));
		break;
	case TAG_TIME:
		put_integer(key, rows_time(rows, column));
		break;
	case TAG_NUMBER:
		number = rows_double(rows, column);
		buf_add(key, &number, sizeof(number));
		break;
	case TAG_TEXT:
		text = rows_text(rows, column, &len);
		put_integer(key, (int64_t)len);
		buf_add(key, text, len);
		break;
	}
}

void
query_cursor_key(const struct query_plan *plan, const struct rows *rows, struct buf *key)
{
	buf_truncate(key, 0);
	for (size_t i = 0; i < plan->nkeys; i++)
		put_value(key, tag_of(plan, &plan->keys[i]), rows, plan->keys[i].column);
}

const char *
query_cursor_seal(struct rq *rq, const struct buf *key, const char *context)
{
	return crypto_seal(rq->mem, "cursor", key->data, key->len, context);
}

/* A payload being read. */
struct reader {
	const char *at;
	size_t left;
};

static bool
take(struct reader *r, void *to, size_t len)
{
	if (r->left < len)
		return false;
	memcpy(to, r->at, len);
	r->at += len;
	r->left -= len;
	return true;
}

static bool
take_text(struct reader *r, struct bind *value)
{
	int64_t len;

	if (!take(r, &len, sizeof(len)) || len < 0 || (uint64_t)len > r->left)
		return false;
	*value = bind_strn(r->at, (size_t)len);
	r->at += len;
	r->left -= (size_t)len;
	return true;
}

static bool
take_value(struct reader *r, enum tag expected, struct bind *value)
{
	int64_t integer;
	double number;
	char tag;

	*value = bind_null();
	if (!take(r, &tag, 1) || (tag != TAG_NULL && tag != (char)expected))
		return false;
	switch ((enum tag)tag) {
	case TAG_NULL:
		return true;
	case TAG_INTEGER:
	case TAG_TIME:
		if (!take(r, &integer, sizeof(integer)))
			return false;
		*value = tag == TAG_TIME ? bind_time(integer) : bind_int(integer);
		return true;
	case TAG_NUMBER:
		if (!take(r, &number, sizeof(number)))
			return false;
		*value = bind_double(number);
		return true;
	case TAG_TEXT:
		return take_text(r, value);
	}
	return false;
}

static bool
read_key(const struct query_plan *plan, const char *data, size_t len, struct bind *after)
{
	struct reader r = {data, len};

	for (size_t i = 0; i < plan->nkeys; i++)
		if (!take_value(&r, tag_of(plan, &plan->keys[i]), &after[i]))
			return false;
	return r.left == 0;
}

int
query_cursor_open(struct rq *rq, const struct query_plan *plan, const char *cursor,
    const char *context, const struct bind **after_r)
{
	struct bind *after = NEWV(rq->mem, struct bind, plan->nkeys);
	size_t len;
	char *data = crypto_open(rq->mem, "cursor", cursor, context, &len);

	if (!data || !read_key(plan, data, len, after))
		return fail_at(rq, E_VALIDATION, "cursor",
		    "invalid cursor: it belongs to the query that gave it; repeat that query's "
		    "collection, "
		    "filter, sort and q, or leave the cursor out");
	*after_r = after;
	return 0;
}

/* The filter's text without the blanks between its tokens. */
static void
add_filter(struct buf *b, const struct json_object *filter)
{
	const char *text = json_in_str(filter);
	size_t len = text ? strlen(text) : 0;
	bool quoted = false;

	if (!text)
		text = json_in_raw(filter, &len);
	for (size_t i = 0; i < len; i++) {
		if (!quoted && strchr(" \t\r\n", text[i]))
			continue;
		buf_putc(b, text[i]);
		if (text[i] == '"')
			quoted = !quoted;
		else if (quoted && text[i] == '\\' && i + 1 < len)
			buf_putc(b, text[++i]);
	}
}

static void
add_sort(struct buf *b, const struct query_plan *plan)
{
	for (size_t i = 0; i < plan->nkeys; i++) {
		const struct query_key *key = &plan->keys[i];

		buf_putc(b, key->descending ? '-' : '+');
		for (size_t hop = 0; hop < key->path.nhops; hop++)
			buf_printf(b, "%s.", key->path.hops[hop]->id);
		buf_puts(b, key->path.field->system ? key->path.field->name : key->path.field->id);
	}
}

static void
add_readable(struct buf *b, const struct access *access)
{
	const struct collection *c = access->collection;

	for (size_t i = 0; i < c->nfields; i++)
		if (access_field(access, &c->fields[i]))
			buf_printf(b, "%u,", c->fields[i].no);
}

const char *
query_cursor_context(struct rq *rq, const struct query_plan *plan, const struct query_list_in *in)
{
	unsigned char hash[CRYPTO_HASH];
	char *text = arena_alloc(rq->mem, 2 * CRYPTO_HASH + 1);
	struct buf b;

	buf_init(&b, rq->mem);
	buf_printf(&b, "%s\n%s\n", rq->snap->workspace_id, plan->access->collection->id);
	add_readable(&b, plan->access);
	buf_putc(&b, '\n');
	add_filter(&b, in->filter);
	buf_putc(&b, '\n');
	add_sort(&b, plan);
	buf_printf(&b, "\n%s", in->q ? in->q : "");
	crypto_sha256(b.data, b.len, hash);
	str_hex(text, hash, sizeof(hash));
	return text;
}

/* "t0.`f_1` > ?" in the key's direction, NULL being before every value. */
static void
add_beyond(const struct query_plan *plan, size_t i, struct sqlb *to)
{
	const struct query_key *key = &plan->keys[i];
	bool nullable = i + 1 < plan->nkeys;

	if (plan->after[i].type == BIND_NULL) {
		query_sort_value(plan, key, to);
		sqlb_lit(to, " IS NOT NULL");
		return;
	}
	if (key->descending && nullable)
		sqlb_lit(to, "(");
	query_sort_value(plan, key, to);
	if (key->descending)
		sqlb_lit(to, " < ");
	else
		sqlb_lit(to, " > ");
	sqlb_bind(to, plan->after[i]);
	if (key->descending && nullable) {
		sqlb_lit(to, " OR ");
		query_sort_value(plan, key, to);
		sqlb_lit(to, " IS NULL)");
	}
}

static void
add_equal(const struct query_plan *plan, size_t i, struct sqlb *to)
{
	query_sort_value(plan, &plan->keys[i], to);
	if (plan->after[i].type == BIND_NULL) {
		sqlb_lit(to, " IS NULL");
		return;
	}
	sqlb_lit(to, " = ");
	sqlb_bind(to, plan->after[i]);
}

/* Nothing comes after NULL in descending order. */
static bool
has_beyond(const struct query_plan *plan, size_t i)
{
	return plan->after[i].type != BIND_NULL || !plan->keys[i].descending;
}

void
query_cursor_condition(const struct query_plan *plan, struct sqlb *to)
{
	bool filled = false;

	sqlb_lit(to, "(");
	for (size_t i = 0; i < plan->nkeys; i++) {
		if (!has_beyond(plan, i))
			continue;
		if (filled)
			sqlb_lit(to, " OR ");
		filled = true;
		sqlb_lit(to, "(");
		for (size_t j = 0; j < i; j++) {
			add_equal(plan, j, to);
			sqlb_lit(to, " AND ");
		}
		add_beyond(plan, i, to);
		sqlb_lit(to, ")");
	}
	sqlb_lit(to, ")");
}
