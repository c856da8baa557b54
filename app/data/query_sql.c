/* From a plan to SQL: the page and the counts. */
#include <string.h>

#include "arena.h"
#include "json_in.h"
#include "query_cursor.h"
#include "query_plan.h"
#include "rq.h"

int
query_readable(struct rq *rq, const struct collection *c, const struct field *f)
{
	int readable = access_readable(rq, c, f);

	if (readable == 0 && f == c->pk)
		return fail(rq, E_FORBIDDEN, "No read permission on relation target: %s", c->slug);
	return readable;
}

int
query_filter_parse(struct rq *rq, const struct access *access, bool given,
    struct json_object *filter, struct expr **expr_r)
{
	struct expr_scope scope = {
	    .rq = rq,
	    .at = "filter",
	    .readable = query_readable,
	    .unknown_text = "Cannot filter on field: %s",
	};
	const char *text = json_in_str(filter);
	struct err why = {0};

	*expr_r = NULL;
	if (!filter && !given)
		return 0;
	if (text && json_in_parse(rq->mem, &why, text, strlen(text), &filter) < 0)
		return fail_at(
		    rq, E_VALIDATION, "filter", "Invalid `filter` JSON: %s", why.message);
	return expr_parse(&scope, access->collection, filter, expr_r);
}

static bool
is_searched(const struct access *access, const struct field *f)
{
	return (f->type == FIELD_TEXT || f->type == FIELD_LONGTEXT) && access_field(access, f);
}

static struct expr *
contains(struct rq *rq, const struct field *f, const char *q)
{
	struct expr *leaf = NEW(rq->mem, struct expr);

	leaf->kind = EXPR_LEAF;
	leaf->at = "q";
	leaf->op = EXPR_OP_ICONTAINS;
	leaf->path.field = f;
	leaf->nvalues = 1;
	leaf->values = NEW(rq->mem, struct expr_value);
	leaf->values[0] = (struct expr_value){.kind = EXPR_CONST, .constant = bind_str(q)};
	return leaf;
}

void
query_search(struct rq *rq, const struct access *access, const char *q, const struct expr **expr_r)
{
	const struct collection *c = access->collection;
	struct expr *any;

	*expr_r = NULL;
	if (!q || !*q)
		return;
	any = NEW(rq->mem, struct expr);
	any->kind = EXPR_OR;
	any->at = "q";
	any->kids = NEWV(rq->mem, struct expr *, c->nfields);
	for (size_t i = 0; i < c->nfields; i++)
		if (is_searched(access, &c->fields[i]))
			any->kids[any->nkids++] = contains(rq, &c->fields[i], q);
	if (any->nkids == 0)
		any->kind = EXPR_NEVER;
	*expr_r = any;
}

void
query_context_init(struct query_context *ctx, struct rq *rq)
{
	access_vars(rq, &ctx->vars);
	expr_sql_init(&ctx->sql, rq, &ctx->vars);
	ctx->sql.target_rule = access_target_rule;
	sqlb_init(&ctx->where, rq->mem);
}

void
query_where_next(struct query_context *ctx)
{
	if (ctx->where.text.len)
		sqlb_lit(&ctx->where, " AND ");
	else
		sqlb_lit(&ctx->where, " WHERE ");
}

int
query_where(struct query_context *ctx, const struct expr *expr)
{
	if (!expr || expr->kind == EXPR_ALWAYS)
		return 0;
	query_where_next(ctx);
	return expr_sql(&ctx->sql, expr, 0, &ctx->where);
}

/* As a condition on the key: that of a table which is not ours may be text in any collation, and is
 * found by it but compared byte by byte. */
int
query_where_keys(
    struct query_context *ctx, const struct collection *c, const struct bind *keys, size_t n)
{
	struct expr *leaf = NEW(ctx->sql.mem, struct expr);
	size_t size = 1;

	while (size < n)
		size *= 2;
	leaf->kind = EXPR_LEAF;
	leaf->at = "id";
	leaf->op = size == 1 ? EXPR_OP_EQ : EXPR_OP_IN;
	leaf->path.field = c->pk;
	leaf->nvalues = size;
	leaf->values = NEWV(ctx->sql.mem, struct expr_value, size);
	for (size_t i = 0; i < size; i++)
		leaf->values[i] =
		    (struct expr_value){.kind = EXPR_CONST, .constant = keys[i < n ? i : n - 1]};
	return query_where(ctx, leaf);
}

void
query_from(struct query_context *ctx, const struct collection *c, const struct ident *force,
    struct sqlb *to)
{
	sqlb_lit(to, " FROM ");
	sqlb_ident(to, &c->table);
	sqlb_lit(to, " ");
	sqlb_alias(to, 0);
	if (force) {
		sqlb_lit(to, " FORCE INDEX (");
		sqlb_ident(to, force);
		sqlb_lit(to, ")");
	}
	expr_sql_joins(&ctx->sql, to);
	sqlb_append(to, &ctx->where);
}

/* The place of a key among the selected columns; false if it is not one of them as it stands. */
static bool
selected(const struct query_plan *plan, const struct query_key *key, size_t *column_r)
{
	size_t column = 0;

	if (key->path.nhops || query_sort_form(plan, key) != QUERY_PLAIN)
		return false;
	for (size_t i = 0; i < query_select_steps(plan->select); i++) {
		const struct field *f = query_select_step(plan->select, i);

		if (f && f == key->path.field) {
			*column_r = column;
			return true;
		}
		column += f != NULL;
	}
	return false;
}

/* The sort keys are read along, for the cursor. */
static void
select_keys(struct query_plan *plan, size_t ncolumns, struct sqlb *to)
{
	for (size_t i = 0; i < plan->nkeys; i++) {
		struct query_key *key = &plan->keys[i];

		if (selected(plan, key, &key->column))
			continue;
		sqlb_lit(to, ", ");
		query_sort_read(plan, key, to);
		key->column = ncolumns++;
	}
}

static int
where_plan(struct query_context *ctx, const struct query_plan *plan, bool filtered)
{
	if (query_where(ctx, plan->access->rule) < 0)
		return -1;
	if (!filtered)
		return 0;
	return query_where(ctx, plan->filter) < 0 || query_where(ctx, plan->search) < 0 ? -1 : 0;
}

int
query_sql_list(struct rq *rq, struct query_plan *plan, struct sqlb *to)
{
	struct query_context *ctx = NEW(rq->mem, struct query_context);
	struct ident index;
	bool is_forced;

	query_context_init(ctx, rq);
	for (size_t i = 0; i < plan->nkeys; i++)
		if (expr_sql_join(&ctx->sql, &plan->keys[i].path, 0, &plan->keys[i].alias) < 0)
			return -1;
	if (where_plan(ctx, plan, true) < 0)
		return -1;
	if (plan->after) {
		query_where_next(ctx);
		query_cursor_condition(plan, &ctx->where);
	}
	sqlb_lit(to, "SELECT ");
	select_keys(plan, query_select_columns(plan->select, 0, to), to);
	is_forced = plan->after && query_sort_index(plan, &index);
	query_from(ctx, plan->access->collection, is_forced ? &index : NULL, to);
	query_sort_order(plan, to);
	sqlb_lit(to, " LIMIT ");
	sqlb_bind(to, bind_int(plan->limit + 1));
	sqlb_lit(to, " OFFSET ");
	sqlb_bind(to, bind_int(plan->offset));
	return 0;
}

int
query_count(struct rq *rq, const struct query_plan *plan, bool filtered, int64_t *n_r)
{
	struct query_context *ctx = NEW(rq->mem, struct query_context);
	struct sqlb sql;
	struct rows *rows;

	query_context_init(ctx, rq);
	if (where_plan(ctx, plan, filtered) < 0)
		return -1;
	sqlb_init(&sql, rq->mem);
	sqlb_lit(&sql, "SELECT COUNT(*)");
	query_from(ctx, plan->access->collection, NULL, &sql);
	if (sqlb_query(rq, &sql, &rows) < 0 || rows_next(rows) < 0)
		return -1;
	*n_r = rows_int(rows, 0);
	return 0;
}
