/* Conditions that reach other rows: relation hops as joins, quantifiers as EXISTS. */
#include "expr_related.h"

#include <assert.h>

#include "arena.h"
#include "rq.h"

/* A context for a subquery: numbering goes on, joins are its own. */
static void
subquery_begin(const struct expr_sql *ctx, struct expr_sql *inner)
{
	*inner = *ctx;
	inner->njoins = 0;
}

static void
subquery_end(struct expr_sql *ctx, const struct expr_sql *inner)
{
	ctx->next_alias = inner->next_alias;
	ctx->npaths = inner->npaths;
}

static int
count_path(struct expr_sql *ctx)
{
	if (++ctx->npaths > EXPR_PATHS_MAX)
		return fail(ctx->rq, E_VALIDATION,
		    "the request follows more than %d relation paths; use fewer", EXPR_PATHS_MAX);
	return 0;
}

/* " FROM (SELECT 1 AS one) AS t7 LEFT JOIN ...": one row, whatever the joins find. */
static void
put_one_row(struct expr_sql *inner, struct sqlb *to)
{
	sqlb_lit(to, " FROM (SELECT 1 AS one) AS ");
	sqlb_alias(to, inner->next_alias++);
	expr_sql_joins(inner, to);
}

/* A rule over alias as an expression that stands for itself: what it joins is inside. */
static int
put_rule(struct expr_sql *ctx, const struct expr *rule, unsigned alias, struct sqlb *to)
{
	struct expr_sql inner;
	struct sqlb condition;

	subquery_begin(ctx, &inner);
	inner.target_rule = NULL;
	sqlb_init(&condition, ctx->mem);
	if (expr_sql(&inner, rule, alias, &condition) < 0)
		return -1;
	if (inner.njoins > 0)
		sqlb_lit(to, "(SELECT ");
	sqlb_append(to, &condition);
	if (inner.njoins > 0) {
		put_one_row(&inner, to);
		sqlb_lit(to, ")");
	}
	subquery_end(ctx, &inner);
	return 0;
}

/* The rule of target over alias; *sql_r is NULL when all its rows may be seen. */
static int
target_rule(struct expr_sql *ctx, const struct collection *target, unsigned alias,
    const struct sqlb **sql_r)
{
	const struct expr *rule = NULL;
	struct sqlb *sql;

	*sql_r = NULL;
	if (ctx->target_rule != NULL && ctx->target_rule(ctx->rq, target, &rule) < 0)
		return -1;
	if (rule == NULL || rule->kind == EXPR_ALWAYS)
		return 0;
	sql = NEW(ctx->mem, struct sqlb);
	sqlb_init(sql, ctx->mem);
	*sql_r = sql;
	return put_rule(ctx, rule, alias, sql);
}

static const struct expr_join *
find_join(const struct expr_sql *ctx, unsigned from, const struct field *relation)
{
	size_t i;

	for (i = 0; i < ctx->njoins; i++) {
		if (ctx->joins[i].from == from && ctx->joins[i].relation == relation)
			return &ctx->joins[i];
	}
	return NULL;
}

static int
add_join(struct expr_sql *ctx, unsigned from, const struct field *relation, unsigned *alias_r)
{
	struct expr_join *join = &ctx->joins[ctx->njoins];

	assert(relation->type == FIELD_RELATION && relation->to != NULL);
	assert(ctx->njoins < sizeof(ctx->joins) / sizeof(ctx->joins[0]));
	join->from = from;
	join->relation = relation;
	join->alias = ctx->next_alias++;
	*alias_r = join->alias;
	ctx->njoins++;
	return target_rule(ctx, relation->to, join->alias, &join->rule);
}

int
expr_sql_join(struct expr_sql *ctx, const struct expr_path *path, unsigned root, unsigned *alias_r)
{
	const struct expr_join *join;
	bool counted = false;
	size_t i;

	*alias_r = root;
	for (i = 0; i < path->nhops; i++) {
		join = find_join(ctx, *alias_r, path->hops[i]);
		if (join != NULL) {
			*alias_r = join->alias;
			continue;
		}
		if (!counted && count_path(ctx) < 0)
			return -1;
		counted = true;
		if (add_join(ctx, *alias_r, path->hops[i], alias_r) < 0)
			return -1;
	}
	return 0;
}

/* "t1.`id` = ", and then open and close around what it is compared with, so that an index of the
 * key can be used and no two collations meet. */
static void
key_open(const struct field *key, const struct collation *others, unsigned alias, struct sqlb *to)
{
	sqlb_column(to, alias, &key->column);
	sqlb_lit(to, " = ");
	if (key->collation != NULL || others != NULL)
		sqlb_lit(to, "CONVERT(");
}

static void
key_close(const struct field *key, const struct collation *others, struct sqlb *to)
{
	if (key->collation != NULL) {
		sqlb_lit(to, " USING ");
		sqlb_ident(to, &key->collation->charset);
		sqlb_lit(to, ") COLLATE ");
		sqlb_ident(to, &key->collation->name);
	} else if (others != NULL) {
		sqlb_lit(to, " USING utf8mb4) COLLATE utf8mb4_nopad_bin");
	}
}

/* Its own collation may take other text for the key, too: " AND CONVERT(t1.`code` ...) = ". */
static bool
key_exact(const struct field *key, unsigned alias, struct sqlb *to)
{
	if (key->collation == NULL)
		return false;
	sqlb_lit(to, " AND CONVERT(");
	sqlb_column(to, alias, &key->column);
	sqlb_lit(to, " USING utf8mb4) COLLATE utf8mb4_nopad_bin = ");
	return true;
}

/* The other side of it, in the same collation. */
static void
put_bytes(const struct field *f, unsigned alias, struct sqlb *to)
{
	if (f->collation != NULL)
		sqlb_lit(to, "CONVERT(");
	sqlb_column(to, alias, &f->column);
	if (f->collation != NULL)
		sqlb_lit(to, " USING utf8mb4) COLLATE utf8mb4_nopad_bin");
}

void
expr_sql_joins(const struct expr_sql *ctx, struct sqlb *to)
{
	const struct expr_join *join;
	const struct field *key;
	size_t i;

	for (i = 0; i < ctx->njoins; i++) {
		join = &ctx->joins[i];
		key = join->relation->to->pk;
		sqlb_lit(to, " LEFT JOIN ");
		sqlb_ident(to, &join->relation->to->table);
		sqlb_lit(to, " ");
		sqlb_alias(to, join->alias);
		sqlb_lit(to, " ON ");
		key_open(key, join->relation->collation, join->alias, to);
		sqlb_column(to, join->from, &join->relation->column);
		key_close(key, join->relation->collation, to);
		if (key_exact(key, join->alias, to))
			put_bytes(join->relation, join->from, to);
		if (join->rule != NULL) {
			sqlb_lit(to, " AND ");
			sqlb_append(to, join->rule);
		}
	}
}

/* " FROM JSON_TABLE(...) AS t8 JOIN `c_1_2` t9 ON ...": the rows the ids lead to.  What is not JSON
 * leads nowhere; it must not fail for the row it is in. */
static void
put_related_rows(const struct field *f, unsigned from, unsigned ids, unsigned rows, struct sqlb *to)
{
	sqlb_lit(to, " FROM JSON_TABLE(IF(JSON_VALID(");
	sqlb_column(to, from, &f->column);
	sqlb_lit(to, "), ");
	sqlb_column(to, from, &f->column);
	sqlb_lit(to, ", '[]'), '$[*]' COLUMNS (id ");
	if (f->to->pk->kind == VALUE_INTEGER)
		sqlb_lit(to, "BIGINT");
	else
		sqlb_lit(to, "VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin");
	sqlb_lit(to, " PATH '$')) AS ");
	sqlb_alias(to, ids);
	sqlb_lit(to, " JOIN ");
	sqlb_ident(to, &f->to->table);
	sqlb_lit(to, " ");
	sqlb_alias(to, rows);
	sqlb_lit(to, " ON ");
	key_open(f->to->pk, NULL, rows, to);
	sqlb_alias(to, ids);
	sqlb_lit(to, ".id");
	key_close(f->to->pk, NULL, to);
	if (key_exact(f->to->pk, rows, to)) {
		sqlb_alias(to, ids);
		sqlb_lit(to, ".id");
	}
}

int
expr_related(struct expr_sql *ctx, const struct expr *expr, const struct expr_op_row *op,
    unsigned alias, struct sqlb *to)
{
	const struct field *f = expr->path.field;
	unsigned ids = ctx->next_alias++, rows = ctx->next_alias++;
	struct expr_sql inner;
	const struct sqlb *rule;
	struct sqlb condition;

	assert(f->type == FIELD_RELATION_MANY && f->to != NULL);
	if (count_path(ctx) < 0 || target_rule(ctx, f->to, rows, &rule) < 0)
		return -1;
	subquery_begin(ctx, &inner);
	sqlb_init(&condition, ctx->mem);
	if (expr_sql(&inner, expr->kids[0], rows, &condition) < 0)
		return -1;
	sqlb_text_(to, op->sql);
	sqlb_lit(to, "(SELECT 1");
	put_related_rows(f, alias, ids, rows, to);
	expr_sql_joins(&inner, to);
	sqlb_lit(to, " WHERE ");
	sqlb_append(to, &condition);
	if (op->detail & EXPR_UNMET)
		sqlb_lit(to, " IS NOT TRUE");
	if (rule != NULL) {
		sqlb_lit(to, " AND ");
		sqlb_append(to, rule);
	}
	sqlb_lit(to, ")");
	subquery_end(ctx, &inner);
	return 0;
}
