/*
 * Conditions judged in memory, over a row as JSON, with the three-valued logic and the comparisons
 * of MariaDB.  For events, flows and simulation; what a caller may see is decided by expr_sql.c.
 */
#include <string.h>

#include "expr_fold.h"
#include "expr_op.h"
#include "expr_value.h"
#include "json_in.h"

enum { UNKNOWN = -1, NO = 0, YES = 1 };

/* A leaf being judged. */
struct leaf {
	const struct expr *expr;
	const struct expr_op_row *op;
	const struct field *f;
	const struct json_object *row;
	const struct expr_vars *vars;
};

/* A typed value; UUIDs may stand in the buffer, so it is passed by address. */
struct cell {
	struct bind value;
	char uuid[UUID_TEXT_SIZE];
};

static int
verdict(bool is_true)
{
	return is_true ? YES : NO;
}

static int
negated(const struct leaf *l, int found)
{
	if (found == UNKNOWN || !(l->op->detail & EXPR_NEGATED))
		return found;
	return verdict(found == NO);
}

static int
both(int a, int b)
{
	if (a == NO || b == NO)
		return NO;
	return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static int
either(int a, int b)
{
	if (a == YES || b == YES)
		return YES;
	return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : NO;
}

static const struct json_object *
member(const struct leaf *l, const struct field *f)
{
	if (json_in_has(l->row, f->name))
		return json_in_get(l->row, f->name);
	return json_in_get(l->row, f->wire_name);
}

static void
read_cell(const struct leaf *l, const struct field *f, struct cell *cell)
{
	if (!expr_constant(f->kind, member(l, f), cell->uuid, &cell->value))
		cell->value = bind_null();
}

static void
read_operand(const struct leaf *l, const struct expr_value *value, struct cell *cell)
{
	if (value->kind == EXPR_FIELD)
		read_cell(l, value->field, cell);
	else
		cell->value = expr_value_one(value, l->f->kind, l->vars, cell->uuid);
}

static int
order_of_text(const struct bind *a, const struct bind *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->s, b->s, len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* MariaDB keeps the older versions (1 to 5) last group first, and compares what it keeps. */
static void
uuid_as_kept(const char *text, char kept[UUID_TEXT_SIZE])
{
	static const struct {
		unsigned char at, len;
	} groups[] = {{24, 12}, {19, 4}, {14, 4}, {9, 4}, {0, 8}};
	bool older = memcmp(text + 14, "00", 2) > 0 && text[14] < '6' && text[19] >= '8';
	size_t i, n = 0;

	if (!older) {
		for (i = sizeof(groups) / sizeof(groups[0]); i-- > 0; n += groups[i].len)
			memcpy(kept + n, text + groups[i].at, groups[i].len);
		return;
	}
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); n += groups[i++].len)
		memcpy(kept + n, text + groups[i].at, groups[i].len);
}

static int
order_of_uuid(const struct bind *a, const struct bind *b)
{
	char left[UUID_TEXT_SIZE] = "", right[UUID_TEXT_SIZE] = "";

	uuid_as_kept(a->s, left);
	uuid_as_kept(b->s, right);
	return memcmp(left, right, UUID_TEXT_SIZE);
}

static double
number_of(const struct bind *b)
{
	return b->type == BIND_DOUBLE ? b->d : (double)b->i;
}

/* Of two values that are not NULL. */
static int
order_of(const struct leaf *l, const struct bind *a, const struct bind *b)
{
	if (l->f->kind == VALUE_UUID)
		return order_of_uuid(a, b);
	if (a->type == BIND_STR)
		return order_of_text(a, b);
	if (a->type == BIND_DOUBLE || b->type == BIND_DOUBLE)
		return (number_of(a) > number_of(b)) - (number_of(a) < number_of(b));
	return (a->i > b->i) - (a->i < b->i);
}

/* outcomes: which of EXPR_LESS, EXPR_SAME and EXPR_MORE are true. */
static int
compare(const struct leaf *l, const struct bind *a, const struct bind *b, unsigned outcomes)
{
	int order;

	if (a->type == BIND_NULL || b->type == BIND_NULL)
		return UNKNOWN;
	order = order_of(l, a, b);
	return verdict(outcomes & (order < 0 ? EXPR_LESS : order > 0 ? EXPR_MORE : EXPR_SAME));
}

static int
judge_compare(const struct leaf *l)
{
	struct cell cell, operand;

	read_cell(l, l->f, &cell);
	read_operand(l, &l->expr->values[0], &operand);
	return compare(l, &cell.value, &operand.value, l->op->detail);
}

static int
judge_range(const struct leaf *l)
{
	struct cell cell, low, high;

	read_cell(l, l->f, &cell);
	read_operand(l, &l->expr->values[0], &low);
	read_operand(l, &l->expr->values[1], &high);
	return negated(l, both(compare(l, &cell.value, &low.value, EXPR_SAME | EXPR_MORE),
			      compare(l, &cell.value, &high.value, EXPR_SAME | EXPR_LESS)));
}

/* Whether the cell is among the members that one value of the list stands for. */
static int
among(const struct leaf *l, const struct cell *cell, const struct expr_value *value)
{
	struct cell operand;
	size_t n = expr_value_count(value, l->vars), i;
	int found = NO;

	if (value->kind == EXPR_FIELD) {
		read_cell(l, value->field, &operand);
		return compare(l, &cell->value, &operand.value, EXPR_SAME);
	}
	for (i = 0; i < n; i++) {
		operand.value = expr_value_get(value, i, l->f->kind, l->vars, operand.uuid);
		found = either(found, compare(l, &cell->value, &operand.value, EXPR_SAME));
	}
	return found;
}

static int
judge_list(const struct leaf *l)
{
	struct cell cell;
	int found = NO;
	size_t i;

	read_cell(l, l->f, &cell);
	for (i = 0; i < l->expr->nvalues; i++)
		found = either(found, among(l, &cell, &l->expr->values[i]));
	return negated(l, found);
}

static int
judge_emptiness(const struct leaf *l)
{
	const struct json_object *node = member(l, l->f);
	bool empty = node == NULL;

	if (json_object_is_type(node, json_type_string))
		empty = json_object_get_string_len(node) == 0;
	else if (json_object_is_type(node, json_type_array))
		empty = json_object_array_length(node) == 0;
	else if (json_object_is_type(node, json_type_object))
		empty = json_object_object_length(node) == 0;
	return negated(l, verdict(empty));
}

static int
judge_like(const struct leaf *l)
{
	struct cell cell, part;

	read_cell(l, l->f, &cell);
	read_operand(l, &l->expr->values[0], &part);
	if (cell.value.type == BIND_NULL || part.value.type == BIND_NULL)
		return UNKNOWN;
	return negated(l, verdict(expr_like(cell.value.s, cell.value.len, part.value.s,
			      part.value.len, l->op->detail)));
}

static int
judge_leaf(const struct leaf *l)
{
	if (l->expr->path.nhops > 0)
		return UNKNOWN;
	switch (l->op->form) {
	case EXPR_FORM_COMPARE:
		return judge_compare(l);
	case EXPR_FORM_LIST:
		return judge_list(l);
	case EXPR_FORM_RANGE:
		return judge_range(l);
	case EXPR_FORM_NULLNESS:
		return negated(l, verdict(member(l, l->f) == NULL));
	case EXPR_FORM_EMPTINESS:
		return judge_emptiness(l);
	case EXPR_FORM_LIKE:
		return judge_like(l);
	case EXPR_FORM_RELATED:
		break;
	}
	return UNKNOWN;
}

static int
judge_kids(const struct expr *expr, const struct json_object *row, const struct expr_vars *vars)
{
	bool all = expr->kind == EXPR_AND;
	int found = all ? YES : NO, kid;
	size_t i;

	for (i = 0; i < expr->nkids; i++) {
		kid = expr_eval(expr->kids[i], row, vars);
		found = all ? both(found, kid) : either(found, kid);
	}
	return found;
}

int
expr_eval(const struct expr *expr, const struct json_object *row, const struct expr_vars *vars)
{
	struct leaf l = {.expr = expr, .row = row, .vars = vars};
	int kid;

	switch (expr->kind) {
	case EXPR_ALWAYS:
		return YES;
	case EXPR_NEVER:
		return NO;
	case EXPR_AND:
	case EXPR_OR:
		return judge_kids(expr, row, vars);
	case EXPR_NOT:
		kid = expr_eval(expr->kids[0], row, vars);
		return kid == UNKNOWN ? UNKNOWN : verdict(kid == NO);
	case EXPR_LEAF:
		l.op = &expr_ops[expr->op];
		l.f = expr->path.field;
		return judge_leaf(&l);
	}
	return UNKNOWN;
}
