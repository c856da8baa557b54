/*
 * Conditions as SQL.  NOT is pushed down to the leaves, where every operator has its complement, so
 * that three-valued logic is SQL's own; values are bound.
 */
#include <assert.h>

#include "arena.h"
#include "expr_op.h"
#include "expr_related.h"
#include "expr_value.h"
#include "rq.h"

/* A leaf being written. */
struct leaf {
	struct expr_sql *ctx;
	const struct expr *expr;
	const struct expr_op_row *op; /* after negation */
	const struct field *f;
	unsigned alias;
	struct sqlb *to;
};

static int put(
    struct expr_sql *ctx, const struct expr *expr, bool negate, unsigned root, struct sqlb *to);

void
expr_sql_init(struct expr_sql *ctx, struct rq *rq, const struct expr_vars *vars)
{
	*ctx = (struct expr_sql){.mem = rq->mem, .vars = vars, .next_alias = 1, .rq = rq};
}

/* Text in another collation is compared byte by byte. */
static void
put_column(struct sqlb *to, unsigned alias, const struct field *f)
{
	if (f->collation != NULL)
		sqlb_lit(to, "CONVERT(");
	sqlb_column(to, alias, &f->column);
	if (f->collation != NULL)
		sqlb_lit(to, " USING utf8mb4) COLLATE utf8mb4_nopad_bin");
}

/* What stands in a buffer of the stack must outlive the statement. */
static struct bind
kept(const struct leaf *l, struct bind value, const char *uuid)
{
	if (value.type == BIND_STR && value.s == uuid)
		value.s = arena_strndup(l->ctx->mem, value.s, value.len);
	return value;
}

static struct bind
one_value(const struct leaf *l, const struct expr_value *value)
{
	char uuid[UUID_TEXT_SIZE];

	return kept(l, expr_value_one(value, l->f->kind, l->ctx->vars, uuid), uuid);
}

static struct bind
list_value(const struct leaf *l, const struct expr_value *value, size_t i)
{
	char uuid[UUID_TEXT_SIZE];

	return kept(l, expr_value_get(value, i, l->f->kind, l->ctx->vars, uuid), uuid);
}

static void
put_value(const struct leaf *l, const struct expr_value *value)
{
	if (value->kind == EXPR_FIELD)
		put_column(l->to, l->alias, value->field);
	else
		sqlb_bind(l->to, one_value(l, value));
}

/* The members of a list, as far as they are values. */
static size_t
list_values(const struct leaf *l, struct bind **values_r)
{
	const struct expr_value *value = l->expr->values;
	size_t total = 0, i, j, n;

	for (i = 0; i < l->expr->nvalues; i++)
		total += expr_value_count(&value[i], l->ctx->vars);
	*values_r = NEWV(l->ctx->mem, struct bind, total);
	for (i = 0, total = 0; i < l->expr->nvalues; i++) {
		n = value[i].kind == EXPR_FIELD ? 0 : expr_value_count(&value[i], l->ctx->vars);
		for (j = 0; j < n; j++)
			(*values_r)[total++] = list_value(l, &value[i], j);
	}
	return total;
}

/* "?, ?, t0.`f_1`": the number of members. */
static size_t
put_members(const struct leaf *l, struct sqlb *to)
{
	struct bind *values;
	size_t total = list_values(l, &values), i;

	for (i = 0; i < total; i++) {
		if (i > 0)
			sqlb_lit(to, ", ");
		sqlb_bind(to, values[i]);
	}
	for (i = 0; i < l->expr->nvalues; i++) {
		if (l->expr->values[i].kind != EXPR_FIELD)
			continue;
		if (total++ > 0)
			sqlb_lit(to, ", ");
		put_column(to, l->alias, l->expr->values[i].field);
	}
	return total;
}

/* What is the same byte by byte is the same by the column's collation, too, and that finds it by an
 * index: "t0.`a` IN (CONVERT(? USING `latin1`) COLLATE `latin1_german1_ci`) AND ". */
static void
put_own_collation(const struct leaf *l)
{
	const struct collation *own = l->f->collation;
	struct bind *values;
	size_t n, i;

	if (own == NULL || l->op->detail & ~EXPR_SAME)
		return;
	n = list_values(l, &values);
	if (n == 0 || n < l->expr->nvalues)
		return;
	sqlb_column(l->to, l->alias, &l->f->column);
	sqlb_lit(l->to, " IN (");
	for (i = 0; i < n; i++) {
		if (i > 0)
			sqlb_lit(l->to, ", ");
		sqlb_lit(l->to, "CONVERT(");
		sqlb_bind(l->to, values[i]);
		sqlb_lit(l->to, " USING ");
		sqlb_ident(l->to, &own->charset);
		sqlb_lit(l->to, ") COLLATE ");
		sqlb_ident(l->to, &own->name);
	}
	sqlb_lit(l->to, ") AND ");
}

static void
put_compare(const struct leaf *l)
{
	put_own_collation(l);
	put_column(l->to, l->alias, l->f);
	sqlb_text_(l->to, l->op->sql);
	put_value(l, &l->expr->values[0]);
}

static void
put_list(const struct leaf *l)
{
	bool negated = l->op->detail & EXPR_NEGATED;
	struct sqlb members;

	sqlb_init(&members, l->ctx->mem);
	sqlb_lit(&members, "(");
	if (put_members(l, &members) == 0) {
		if (negated)
			sqlb_lit(l->to, "TRUE");
		else
			sqlb_lit(l->to, "FALSE");
		return;
	}
	sqlb_lit(&members, ")");
	put_own_collation(l);
	put_column(l->to, l->alias, l->f);
	sqlb_text_(l->to, l->op->sql);
	sqlb_append(l->to, &members);
}

static void
put_range(const struct leaf *l)
{
	put_column(l->to, l->alias, l->f);
	sqlb_text_(l->to, l->op->sql);
	put_value(l, &l->expr->values[0]);
	sqlb_lit(l->to, " AND ");
	put_value(l, &l->expr->values[1]);
}

static void
put_nullness(const struct leaf *l)
{
	sqlb_column(l->to, l->alias, &l->f->column);
	sqlb_text_(l->to, l->op->sql);
}

/* NULL, or text without a character, or JSON that holds nothing. */
static void
put_emptiness(const struct leaf *l)
{
	sqlb_text_(l->to, l->op->sql);
	sqlb_lit(l->to, "(");
	sqlb_column(l->to, l->alias, &l->f->column);
	sqlb_lit(l->to, " IS NULL");
	if (l->f->kind == VALUE_TEXT) {
		sqlb_lit(l->to, " OR ");
		put_column(l->to, l->alias, l->f);
		sqlb_lit(l->to, " = ''");
	} else if (l->f->kind == VALUE_JSON) {
		sqlb_lit(l->to, " OR ");
		sqlb_column(l->to, l->alias, &l->f->column);
		sqlb_lit(l->to, " IN ('null', '\"\"') OR COALESCE(JSON_LENGTH(");
		sqlb_column(l->to, l->alias, &l->f->column);
		sqlb_lit(l->to, "), 1) = 0");
	}
	sqlb_lit(l->to, ")");
}

/* The operand as a pattern in which nothing but our own % is special. */
static struct bind
pattern(const struct leaf *l)
{
	struct bind text = one_value(l, &l->expr->values[0]);
	struct buf b;
	size_t i;

	if (text.type == BIND_NULL)
		return text;
	buf_init(&b, l->ctx->mem);
	if (l->op->detail & EXPR_BEFORE)
		buf_putc(&b, '%');
	for (i = 0; i < text.len; i++) {
		if (text.s[i] == '%' || text.s[i] == '_' || text.s[i] == '|')
			buf_putc(&b, '|');
		buf_putc(&b, text.s[i]);
	}
	if (l->op->detail & EXPR_AFTER)
		buf_putc(&b, '%');
	return bind_strn(buf_text(&b), b.len);
}

static void
put_like(const struct leaf *l)
{
	bool fold = l->op->detail & EXPR_FOLD;

	if (fold)
		sqlb_lit(l->to, "LOWER(");
	put_column(l->to, l->alias, l->f);
	if (fold)
		sqlb_lit(l->to, ")");
	sqlb_text_(l->to, l->op->sql);
	if (fold)
		sqlb_lit(l->to, "LOWER(");
	sqlb_bind(l->to, pattern(l));
	if (fold)
		sqlb_lit(l->to, ")");
	sqlb_lit(l->to, " ESCAPE '|'");
}

static int
put_form(const struct leaf *l)
{
	switch (l->op->form) {
	case EXPR_FORM_COMPARE:
		put_compare(l);
		break;
	case EXPR_FORM_LIST:
		put_list(l);
		break;
	case EXPR_FORM_RANGE:
		put_range(l);
		break;
	case EXPR_FORM_NULLNESS:
		put_nullness(l);
		break;
	case EXPR_FORM_EMPTINESS:
		put_emptiness(l);
		break;
	case EXPR_FORM_LIKE:
		put_like(l);
		break;
	case EXPR_FORM_RELATED:
		return expr_related(l->ctx, l->expr, l->op, l->alias, l->to);
	}
	return 0;
}

static int
put_leaf(struct expr_sql *ctx, const struct expr *expr, bool negate, unsigned root, struct sqlb *to)
{
	const struct expr_op_row *op = &expr_ops[expr->op];
	bool outside = negate && op->complement == EXPR_OP_NONE;
	struct leaf l = {.ctx = ctx, .expr = expr, .op = op, .f = expr->path.field, .to = to};

	if (negate && !outside)
		l.op = &expr_ops[op->complement];
	if (expr_sql_join(ctx, &expr->path, root, &l.alias) < 0)
		return -1;
	if (outside)
		sqlb_lit(to, "(NOT ");
	sqlb_lit(to, "(");
	if (put_form(&l) < 0)
		return -1;
	sqlb_lit(to, ")");
	if (outside)
		sqlb_lit(to, ")");
	return 0;
}

static int
put_kids(struct expr_sql *ctx, const struct expr *expr, bool negate, unsigned root, struct sqlb *to)
{
	bool all = (expr->kind == EXPR_AND) != negate;
	size_t i;

	sqlb_lit(to, "(");
	for (i = 0; i < expr->nkids; i++) {
		if (i > 0 && all)
			sqlb_lit(to, " AND ");
		else if (i > 0)
			sqlb_lit(to, " OR ");
		if (put(ctx, expr->kids[i], negate, root, to) < 0)
			return -1;
	}
	sqlb_lit(to, ")");
	return 0;
}

static int
put(struct expr_sql *ctx, const struct expr *expr, bool negate, unsigned root, struct sqlb *to)
{
	switch (expr->kind) {
	case EXPR_ALWAYS:
	case EXPR_NEVER:
		if ((expr->kind == EXPR_ALWAYS) != negate)
			sqlb_lit(to, "(TRUE)");
		else
			sqlb_lit(to, "(FALSE)");
		return 0;
	case EXPR_AND:
	case EXPR_OR:
		assert(expr->nkids > 0);
		return put_kids(ctx, expr, negate, root, to);
	case EXPR_NOT:
		return put(ctx, expr->kids[0], !negate, root, to);
	case EXPR_LEAF:
		return put_leaf(ctx, expr, negate, root, to);
	}
	return 0;
}

int
expr_sql(struct expr_sql *ctx, const struct expr *expr, unsigned root, struct sqlb *to)
{
	return put(ctx, expr, false, root, to);
}
