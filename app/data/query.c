/* Lists of rows: from the inputs to the page that fits the answer. */
#include "query.h"

#include <string.h>

#include "arena.h"
#include "conf.h"
#include "json_in.h"
#include "query_cursor.h"
#include "query_expand.h"
#include "query_plan.h"
#include "query_row.h"
#include "rq.h"
#include "str.h"

/* What follows the rows in an answer, besides the cursor. */
enum { TAIL_SIZE = 512 };

enum { META_FILTER_COUNT = 1 << 0, META_TOTAL_COUNT = 1 << 1 };

/* The rows being written, and how the page ended. */
struct page {
	const struct query_plan *plan;
	size_t start; /* of the answer */
	int64_t n;
	bool has_more, truncated;
	struct buf key; /* of the last row */
};

/* A row written while the page was not over yet, in waiting for the rows inside it. */
struct held {
	struct query_text row;
	struct buf key;
};

static int
meta_word(struct rq *rq, const char *word, unsigned *meta_r)
{
	if (strcmp(word, "*") == 0)
		*meta_r |= META_FILTER_COUNT | META_TOTAL_COUNT;
	else if (strcmp(word, "filter_count") == 0)
		*meta_r |= META_FILTER_COUNT;
	else if (strcmp(word, "total_count") == 0)
		*meta_r |= META_TOTAL_COUNT;
	else
		return fail_at(rq, E_VALIDATION, "meta",
		    "unknown meta \"%s\"; use true, \"*\", \"filter_count\" or \"total_count\"",
		    word);
	return 0;
}

static int
meta_parse(struct rq *rq, const struct json_object *meta, unsigned *meta_r)
{
	const char *text = json_in_str(meta);
	char **words;
	size_t n;

	*meta_r = 0;
	if (!meta)
		return 0;
	if (json_object_is_type(meta, json_type_boolean))
		return json_object_get_boolean(meta) ? meta_word(rq, "*", meta_r) : 0;
	if (!text)
		return meta_word(rq, json_in_type_name(meta), meta_r);
	n = str_split(rq->mem, text, ',', &words);
	for (size_t i = 0; i < n; i++)
		if (meta_word(rq, words[i], meta_r) < 0)
			return -1;
	return 0;
}

static int64_t
clamp_limit(struct opt_int limit)
{
	if (!limit.set)
		return QUERY_LIMIT_DEFAULT;
	if (limit.value < 1)
		return 1;
	return limit.value < QUERY_LIMIT_MAX ? limit.value : QUERY_LIMIT_MAX;
}

static int
plan_make(struct rq *rq, const struct query_list_in *in, struct query_plan *plan)
{
	struct query_select *select;
	struct expr *filter;

	if (access_require(rq, in->collection, ACTION_READ, &plan->access) < 0 ||
	    query_select_parse(rq, plan->access, &in->fields, &in->expand, &select) < 0 ||
	    query_filter_parse(rq, plan->access, in->filter_given, in->filter, &filter) < 0 ||
	    query_sort_parse(rq, in->sort, plan) < 0)
		return -1;
	query_search(rq, plan->access, in->q, &plan->search);
	plan->select = select;
	plan->filter = filter;
	plan->limit = clamp_limit(in->limit);
	plan->offset = in->offset;
	if (select->nested)
		query_expand_init(rq, select);
	return 0;
}

static int
start_at(struct rq *rq, const struct query_list_in *in, struct query_plan *plan)
{
	if (!in->cursor)
		return 0;
	if (in->offset > 0)
		return fail_at(
		    rq, E_VALIDATION, "offset", "give either a cursor or an offset, not both");
	return query_cursor_open(
	    rq, plan, in->cursor, query_cursor_context(rq, plan, in), &plan->after);
}

/* One row is always given, be it too long. */
static bool
is_full(const struct rq *rq, const struct page *page, size_t key_len)
{
	size_t size = rq->out.buf.len - page->start + TAIL_SIZE + 2 * key_len;

	return page->n > 0 && size > (size_t)conf->max_answer;
}

static void
cut(struct page *page)
{
	page->truncated = page->has_more = true;
}

/* Straight from the result into the answer. */
static int
write_flat(struct rq *rq, struct rows *rows, struct page *page)
{
	const struct query_source from = {.rows = rows, .select = page->plan->select};
	int found;

	while ((found = rows_next(rows)) > 0) {
		struct out_mark mark = out_mark(&rq->out);

		if (page->n == page->plan->limit) {
			page->has_more = true;
			break;
		}
		query_row_write(rq, &rq->out, &from);
		if (is_full(rq, page, page->key.len)) {
			out_truncate(&rq->out, mark);
			cut(page);
			break;
		}
		query_cursor_key(page->plan, rows, &page->key);
		page->n++;
	}
	rows_close(rows);
	return found < 0 ? -1 : 0;
}

/* Write the page's rows aside, as many as can fit. */
static int
hold_rows(struct rq *rq, struct rows *rows, struct page *page, struct held *held, size_t *n_r)
{
	const struct query_select *select = page->plan->select;
	size_t n = 0, size = 0;
	int found;

	while ((found = rows_next(rows)) > 0) {
		if (n == (size_t)page->plan->limit) {
			page->has_more = true;
			break;
		}
		if (n > 0 && size + query_expand_size(select) > (size_t)conf->max_answer) {
			cut(page);
			break;
		}
		query_expand_row(rq, rows, select, &held[n].row);
		buf_init(&held[n].key, rq->mem);
		query_cursor_key(page->plan, rows, &held[n].key);
		size += held[n++].row.len;
	}
	rows_close(rows);
	*n_r = n;
	return found < 0 ? -1 : 0;
}

static int
write_nested(struct rq *rq, struct rows *rows, struct page *page)
{
	struct held *held = NEWV(rq->mem, struct held, page->plan->limit);
	struct buf text;
	bool filled;
	size_t n;

	if (hold_rows(rq, rows, page, held, &n) < 0 ||
	    query_expand_fetch(rq, page->plan->select) < 0)
		return -1;
	buf_init(&text, rq->mem);
	for (size_t i = 0; i < n; i++) {
		struct out_mark mark = out_mark(&rq->out);

		buf_truncate(&text, 0);
		filled = query_expand_fill(&held[i].row, &text);
		if (!filled && page->n == 0)
			return query_expand_refuse(rq);
		out_raw(&rq->out, text.data, text.len);
		if (!filled || is_full(rq, page, held[i].key.len)) {
			out_truncate(&rq->out, mark);
			cut(page);
			return 0;
		}
		page->key = held[i].key;
		page->n++;
	}
	return 0;
}

static int
write_rows(struct rq *rq, struct query_plan *plan, struct page *page)
{
	struct sqlb sql;
	struct rows *rows;
	int status;

	buf_init(&page->key, rq->mem);
	sqlb_init(&sql, rq->mem);
	if (query_sql_list(rq, plan, &sql) < 0 || sqlb_stream(rq, &sql, &rows) < 0)
		return -1;
	out_array(&rq->out);
	status = plan->select->nested ? write_nested(rq, rows, page) : write_flat(rq, rows, page);
	out_end(&rq->out);
	return status;
}

static int
write_count(struct rq *rq, const struct query_plan *plan, bool filtered)
{
	int64_t n;

	if (query_count(rq, plan, filtered, &n) < 0)
		return -1;
	out_kint(&rq->out, filtered ? "filter_count" : "total_count", n);
	return 0;
}

static int
write_meta(struct rq *rq, const struct query_plan *plan, unsigned meta)
{
	if (!meta)
		return 0;
	out_key(&rq->out, "meta");
	out_object(&rq->out);
	if (meta & META_FILTER_COUNT && write_count(rq, plan, true) < 0)
		return -1;
	if (meta & META_TOTAL_COUNT && write_count(rq, plan, false) < 0)
		return -1;
	out_end(&rq->out);
	return 0;
}

int
query_list(struct rq *rq, const struct query_list_in *in)
{
	struct query_plan plan = {0};
	struct page page = {.plan = &plan, .start = rq->out.buf.len};
	unsigned meta;

	if (plan_make(rq, in, &plan) < 0 || meta_parse(rq, in->meta, &meta) < 0 ||
	    start_at(rq, in, &plan) < 0)
		return -1;
	out_object(&rq->out);
	out_key(&rq->out, "data");
	if (write_rows(rq, &plan, &page) < 0)
		return -1;
	out_kint(&rq->out, "limit", plan.limit);
	out_kint(&rq->out, "offset", plan.offset);
	out_kbool(&rq->out, "has_more", page.has_more);
	if (page.has_more)
		out_kstr(&rq->out, "next_cursor",
		    query_cursor_seal(rq, &page.key, query_cursor_context(rq, &plan, in)));
	if (page.truncated)
		out_kbool(&rq->out, "truncated", true);
	if (write_meta(rq, &plan, meta) < 0)
		return -1;
	out_end(&rq->out);
	return 0;
}

int
query_sample(struct rq *rq, const struct collection *c, int n)
{
	struct query_select select;
	struct query_plan plan = {.select = &select, .limit = n};
	struct page page = {.plan = &plan, .start = rq->out.buf.len};

	if (access_require(rq, c->slug, ACTION_READ, &plan.access) < 0)
		return -1;
	query_select_all(&select, c, plan.access);
	query_sort_newest(&plan);
	return write_rows(rq, &plan, &page);
}
