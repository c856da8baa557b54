/* Numbers over many rows: count, sum, avg, min, max, in groups or not. */
#include <string.h>

#include "arena.h"
#include "conf.h"
#include "query_plan.h"
#include "query_row.h"
#include "rq.h"

enum { FRAME_SIZE = 40 }; /* what stands around the groups, "truncated" with it */

enum agg { AGG_COUNT, AGG_SUM, AGG_AVG, AGG_MIN, AGG_MAX, AGG__MAX };
static const char *const agg_names[AGG__MAX] = {"count", "sum", "avg", "min", "max"};

/* A field used by an aggregate; field NULL: none. */
struct operand {
	struct expr_path path;
	unsigned alias;
};

struct aggregate {
	const struct access *access;
	enum agg agg;
	struct operand value, group;
	struct expr *filter;
	int64_t limit;
};

static int
agg_parse(struct rq *rq, const char *name, enum agg *agg_r)
{
	for (int i = 0; i < AGG__MAX; i++) {
		if (strcmp(name, agg_names[i]) == 0) {
			*agg_r = (enum agg)i;
			return 0;
		}
	}
	return fail_at(
	    rq, E_VALIDATION, "agg", "unknown agg \"%s\"; use count, sum, avg, min or max", name);
}

static int
operand_parse(struct rq *rq, const struct access *access, const char *at, const char *name,
    struct operand *operand)
{
	struct expr_scope scope = {
	    .rq = rq,
	    .at = at,
	    .readable = query_readable,
	    .unknown_text = "Unknown field: %s",
	};

	if (!name)
		return 0;
	return expr_path_parse(&scope, access->collection, name, false, &operand->path);
}

static bool
is_number(const struct field *f)
{
	return f->kind == VALUE_INTEGER || f->kind == VALUE_NUMBER;
}

static int
check_value(struct rq *rq, const struct aggregate *a)
{
	const struct field *f = a->value.path.field;
	const char *name = agg_names[a->agg];

	if (a->agg == AGG_COUNT)
		return 0;
	if (!f)
		return fail_at(rq, E_VALIDATION, "field", "agg \"%s\" needs a field", name);
	if ((a->agg == AGG_SUM || a->agg == AGG_AVG) && !is_number(f))
		return fail_at(rq, E_VALIDATION, "field",
		    "agg \"%s\" needs a numeric field, and \"%s\" is of type %s", name, f->name,
		    field_types[f->type].name);
	if (f->kind == VALUE_JSON)
		return fail_at(rq, E_VALIDATION, "field",
		    "agg \"%s\" cannot compare field \"%s\" of type %s", name, f->name,
		    field_types[f->type].name);
	return 0;
}

/* Long texts would be grouped by their beginning only. */
static int
check_group(struct rq *rq, const struct aggregate *a)
{
	const struct field *f = a->group.path.field;

	if (f && (f->kind == VALUE_JSON || f->type == FIELD_LONGTEXT))
		return fail_at(rq, E_VALIDATION, "groupBy",
		    "cannot group by field \"%s\" of type %s", f->name, field_types[f->type].name);
	return 0;
}

static int64_t
clamp_limit(int64_t limit)
{
	if (limit == 0)
		return QUERY_LIMIT_DEFAULT;
	if (limit < 1)
		return 1;
	return limit < QUERY_LIMIT_MAX ? limit : QUERY_LIMIT_MAX;
}

static int
aggregate_parse(struct rq *rq, const struct query_aggregate_in *in, struct aggregate *a)
{
	if (access_require(rq, in->collection, ACTION_READ, &a->access) < 0 ||
	    agg_parse(rq, in->agg, &a->agg) < 0 ||
	    operand_parse(rq, a->access, "field", in->field, &a->value) < 0 ||
	    operand_parse(rq, a->access, "groupBy", in->group_by, &a->group) < 0 ||
	    query_filter_parse(rq, a->access, in->filter_given, in->filter, &a->filter) < 0)
		return -1;
	a->limit = clamp_limit(in->limit);
	return check_value(rq, a) < 0 || check_group(rq, a) < 0 ? -1 : 0;
}

static int
join(struct query_context *ctx, struct operand *operand)
{
	if (!operand->path.field)
		return 0;
	return expr_sql_join(&ctx->sql, &operand->path, 0, &operand->alias);
}

static void
column(struct sqlb *to, const struct operand *operand)
{
	sqlb_column(to, operand->alias, &operand->path.field->column);
}

static void
add_value(const struct aggregate *a, struct sqlb *to)
{
	switch (a->agg) {
	case AGG_SUM:
		sqlb_lit(to, "SUM(");
		break;
	case AGG_AVG:
		sqlb_lit(to, "AVG(0e0 + ");
		break;
	case AGG_MIN:
		sqlb_lit(to, "MIN(");
		break;
	case AGG_MAX:
		sqlb_lit(to, "MAX(");
		break;
	default:
		sqlb_lit(to, "COUNT(");
		break;
	}
	if (a->value.path.field)
		column(to, &a->value);
	else
		sqlb_lit(to, "*");
	sqlb_lit(to, ")");
}

static int
aggregate_sql(struct rq *rq, struct aggregate *a, struct sqlb *to)
{
	struct query_context *ctx = NEW(rq->mem, struct query_context);

	query_context_init(ctx, rq);
	if (join(ctx, &a->value) < 0 || join(ctx, &a->group) < 0 ||
	    query_where(ctx, a->access->rule) < 0 || query_where(ctx, a->filter) < 0)
		return -1;
	sqlb_lit(to, "SELECT ");
	add_value(a, to);
	if (a->group.path.field) {
		sqlb_lit(to, ", ");
		column(to, &a->group);
	}
	query_from(ctx, a->access->collection, NULL, to);
	if (!a->group.path.field)
		return 0;
	sqlb_lit(to, " GROUP BY 2 ORDER BY 1 DESC, 2 LIMIT ");
	sqlb_bind(to, bind_int(a->limit + 1));
	return 0;
}

static void
write_result(struct rq *rq, const struct aggregate *a, const struct rows *rows)
{
	out_object(&rq->out);
	if (a->group.path.field) {
		out_key(&rq->out, "label");
		query_value_write(&rq->out, rows, 1, a->group.path.field);
	}
	out_key(&rq->out, "value");
	if (a->agg == AGG_MIN || a->agg == AGG_MAX)
		query_value_write(&rq->out, rows, 0, a->value.path.field);
	else
		rows_out(rows, 0, &rq->out);
	out_end(&rq->out);
}

/* One group is always given, be it too long. */
static bool
is_full(const struct rq *rq, size_t start, int64_t n)
{
	return n > 0 && rq->out.buf.len - start + FRAME_SIZE > (size_t)conf->max_answer;
}

/* *cut_r: there are more groups than were written. */
static int
write_results(struct rq *rq, const struct aggregate *a, struct rows *rows, bool *cut_r)
{
	size_t start = rq->out.buf.len;
	int64_t n = 0;
	int found;

	*cut_r = false;
	out_array(&rq->out);
	while ((found = rows_next(rows)) > 0) {
		struct out_mark mark = out_mark(&rq->out);

		if (n < a->limit)
			write_result(rq, a, rows);
		*cut_r = n == a->limit || is_full(rq, start, n);
		if (*cut_r) {
			out_truncate(&rq->out, mark);
			break;
		}
		n++;
	}
	out_end(&rq->out);
	rows_close(rows);
	return found < 0 ? -1 : 0;
}

int
query_aggregate(struct rq *rq, const struct query_aggregate_in *in)
{
	struct aggregate a = {0};
	struct sqlb sql;
	struct rows *rows;
	bool cut;

	sqlb_init(&sql, rq->mem);
	if (aggregate_parse(rq, in, &a) < 0 || aggregate_sql(rq, &a, &sql) < 0 ||
	    sqlb_stream(rq, &sql, &rows) < 0)
		return -1;
	out_object(&rq->out);
	out_key(&rq->out, "data");
	if (write_results(rq, &a, rows, &cut) < 0)
		return -1;
	if (cut)
		out_kbool(&rq->out, "truncated", true);
	out_end(&rq->out);
	return 0;
}
