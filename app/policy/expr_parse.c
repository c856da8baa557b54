/* Conditions: JSON to tree.  Whatever is not understood is refused, with the place where it stands.
 */
#include "expr_parse.h"

#include <string.h>

#include "arena.h"
#include "expr_op.h"
#include "json_in.h"
#include "rq.h"

static int condition(struct expr_parser *p, const struct expr_place *place,
    struct json_object *json, struct expr **expr_r);

static struct rq *
request(const struct expr_parser *p)
{
	return p->scope->rq;
}

static int
make(struct expr_parser *p, const struct expr_place *place, enum expr_kind kind, size_t nkids,
    struct expr **expr_r)
{
	struct expr *expr = NEW(p->mem, struct expr);

	if (++p->nnodes > EXPR_NODES_MAX)
		return fail_at(request(p), E_VALIDATION, place->at,
		    "the condition has more than %d parts", EXPR_NODES_MAX);
	expr->kind = kind;
	expr->at = place->at;
	expr->nkids = nkids;
	if (nkids > 0)
		expr->kids = NEWV(p->mem, struct expr *, nkids);
	*expr_r = expr;
	return 0;
}

/* place, one level further in, at its member key. */
static struct expr_place
below(const struct expr_parser *p, const struct expr_place *place, const char *key)
{
	struct expr_place inside = *place;

	inside.depth++;
	inside.at = arena_printf(p->mem, "%s.%s", place->at, expr_shown(p, key));
	return inside;
}

/* EXPR_AND, EXPR_OR or EXPR_NOT; EXPR_LEAF if the key is none of them. */
static enum expr_kind
logic_of(const char *key)
{
	if (strcmp(key, "_and") == 0 || strcmp(key, "$and") == 0)
		return EXPR_AND;
	if (strcmp(key, "_or") == 0 || strcmp(key, "$or") == 0)
		return EXPR_OR;
	if (strcmp(key, "_not") == 0 || strcmp(key, "$not") == 0)
		return EXPR_NOT;
	return EXPR_LEAF;
}

static bool
is_operator(const char *key)
{
	return (key[0] == '_' || key[0] == '$') && logic_of(key) == EXPR_LEAF;
}

static bool
is_relation(const struct field *f)
{
	return f->type == FIELD_RELATION || f->type == FIELD_RELATION_MANY;
}

static int
unknown_operator(const struct expr_parser *p, const struct expr_place *place, const struct field *f,
    const char *key)
{
	return fail_at(request(p), E_VALIDATION, place->at,
	    "unknown operator \"%s\"; the %s field \"%s\" takes %s", expr_shown(p, key),
	    field_types[f->type].name, f->name, expr_op_names(p->mem, f));
}

static int
make_leaf(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    enum expr_op op, struct expr **leaf_r)
{
	bool related = expr_ops[op].form == EXPR_FORM_RELATED;

	if (make(p, place, EXPR_LEAF, related ? 1 : 0, leaf_r) < 0)
		return -1;
	(*leaf_r)->op = op;
	(*leaf_r)->path = place->prefix;
	(*leaf_r)->path.field = f;
	return 0;
}

/* A condition on the target of a relation_many; {} asks for any row. */
static int
quantified(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    struct expr *leaf, struct json_object *json)
{
	struct expr_place inside;

	if (expr_enter(p, place, f, f->name, &inside) < 0)
		return -1;
	if (json_object_is_type(json, json_type_object) && json_object_object_length(json) == 0)
		return make(p, &inside, EXPR_ALWAYS, 0, &leaf->kids[0]);
	return condition(p, &inside, json, &leaf->kids[0]);
}

/* {op: operand}: place is that of the member. */
static int
operator_leaf(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    const char *key, struct json_object *json, struct expr **expr_r)
{
	enum expr_op op = expr_op_find(key);

	if (op == EXPR_OP_NONE)
		return unknown_operator(p, place, f, key);
	if (!expr_op_fits(&expr_ops[op], f))
		return fail_at(request(p), E_VALIDATION, place->at,
		    "%s cannot be used on the %s field \"%s\", which takes %s", key,
		    field_types[f->type].name, f->name, expr_op_names(p->mem, f));
	if (make_leaf(p, place, f, op, expr_r) < 0)
		return -1;
	if (expr_ops[op].operand == EXPR_CONDITION)
		return quantified(p, place, f, *expr_r, json);
	return expr_operand(p, place, *expr_r, json);
}

/* {op: operand, ...} */
static int
operators(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    struct json_object *json, struct expr **expr_r)
{
	size_t n = (size_t)json_object_object_length(json);
	struct expr **to = expr_r;
	struct expr_place member;

	if (n > 1) {
		if (make(p, place, EXPR_AND, n, expr_r) < 0)
			return -1;
		to = (*expr_r)->kids;
	}
	json_object_object_foreach(json, key, operand)
	{
		member = below(p, place, key);
		if (operator_leaf(p, &member, f, key, operand, to++) < 0)
			return -1;
	}
	return 0;
}

/* {name: ...} on the relation f: a condition on its target. */
static int
nested(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    struct json_object *json, struct expr **expr_r)
{
	struct expr_place inside;

	if (f->type == FIELD_RELATION_MANY) {
		if (make_leaf(p, place, f, EXPR_OP_SOME, expr_r) < 0)
			return -1;
		return quantified(p, place, f, *expr_r, json);
	}
	if (expr_enter(p, place, f, f->name, &inside) < 0)
		return -1;
	return condition(p, &inside, json, expr_r);
}

static int
object_of(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    struct json_object *json, struct expr **expr_r)
{
	size_t n = (size_t)json_object_object_length(json), noperators = 0;

	if (n == 0)
		return fail_at(request(p), E_VALIDATION, place->at,
		    "an empty object says nothing about \"%s\"; it takes %s", f->name,
		    expr_op_names(p->mem, f));
	json_object_object_foreach(json, key, operand)
	{
		(void)operand;
		noperators += is_operator(key);
	}
	if (!is_relation(f) || noperators == n)
		return operators(p, place, f, json, expr_r);
	if (noperators > 0)
		return fail_at(request(p), E_VALIDATION, place->at,
		    "operators and field names are mixed on the relation \"%s\"; separate them "
		    "with "
		    "_and",
		    f->name);
	return nested(p, place, f, json, expr_r);
}

/* What stands behind the name of a field. */
static int
about_field(struct expr_parser *p, const struct expr_place *place, const struct field *f,
    struct json_object *json, struct expr **expr_r)
{
	if (json_object_is_type(json, json_type_object))
		return object_of(p, place, f, json, expr_r);
	if (json_object_is_type(json, json_type_array))
		return fail_at(request(p), E_VALIDATION, place->at,
		    "an array needs an operator, such as {\"_in\":[...]}");
	return operator_leaf(p, place, f, expr_ops[EXPR_OP_EQ].text, json, expr_r);
}

/* A possibly dotted name and what stands behind it. */
static int
member_field(struct expr_parser *p, const struct expr_place *place, const char *name,
    struct json_object *json, struct expr **expr_r)
{
	const struct field *f;
	struct expr_place inside;
	size_t len = strcspn(name, ".");

	if (expr_field(p, place, name, len, &f) < 0)
		return -1;
	if (name[len] == '\0')
		return about_field(p, place, f, json, expr_r);
	if (!is_relation(f))
		return expr_no_relation(p, place, f, name);
	if (expr_enter(p, place, f, name, &inside) < 0)
		return -1;
	if (f->type == FIELD_RELATION_MANY) {
		if (make_leaf(p, place, f, EXPR_OP_SOME, expr_r) < 0)
			return -1;
		expr_r = (*expr_r)->kids;
	}
	return member_field(p, &inside, name + len + 1, json, expr_r);
}

static int
negation(struct expr_parser *p, const struct expr_place *place, struct json_object *json,
    struct expr **expr_r)
{
	if (make(p, place, EXPR_NOT, 1, expr_r) < 0)
		return -1;
	return condition(p, place, json, &(*expr_r)->kids[0]);
}

/* The array behind _and and _or. */
static int
alternatives(struct expr_parser *p, const struct expr_place *place, enum expr_kind kind,
    struct json_object *json, struct expr **expr_r)
{
	bool array = json_object_is_type(json, json_type_array);
	size_t n = array ? json_object_array_length(json) : 0, i;
	struct expr_place item = *place;

	if (n == 0)
		return fail_at(request(p), E_VALIDATION, place->at,
		    "expected an array of one condition or more, got %s",
		    array ? "an empty one" : json_in_type_name(json));
	if (make(p, place, kind, n, expr_r) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		item.at = arena_printf(p->mem, "%s[%zu]", place->at, i);
		if (condition(p, &item, json_object_array_get_idx(json, i), &(*expr_r)->kids[i]) <
		    0)
			return -1;
	}
	return 0;
}

/* One key of a condition: place is that of the member. */
static int
member(struct expr_parser *p, const struct expr_place *place, const char *key,
    struct json_object *json, struct expr **expr_r)
{
	enum expr_kind kind = logic_of(key);

	if (kind == EXPR_NOT)
		return negation(p, place, json, expr_r);
	if (kind != EXPR_LEAF)
		return alternatives(p, place, kind, json, expr_r);
	if (expr_op_find(key) != EXPR_OP_NONE)
		return expr_unknown(
		    p, place, key, "; an operator stands behind the name of a field");
	if (is_operator(key))
		return expr_unknown(
		    p, place, key, "; conditions are combined by _and, _or and _not");
	if (expr_check_hops(p, place, key) < 0)
		return -1;
	return member_field(p, place, key, json, expr_r);
}

static int
condition(struct expr_parser *p, const struct expr_place *place, struct json_object *json,
    struct expr **expr_r)
{
	struct expr_place inside;
	struct expr **to = expr_r;
	size_t n;

	if (place->depth >= EXPR_DEPTH_MAX)
		return fail_at(request(p), E_VALIDATION, place->at,
		    "the condition is nested deeper than %d levels", EXPR_DEPTH_MAX);
	if (!json_object_is_type(json, json_type_object))
		return fail_at(request(p), E_VALIDATION, place->at,
		    "expected a condition such as {\"field\":{\"_eq\":\"value\"}}, got %s",
		    json_in_type_name(json));
	n = (size_t)json_object_object_length(json);
	if (n == 0)
		return fail_at(
		    request(p), E_VALIDATION, place->at, "an empty condition; leave it out");
	if (n > 1) {
		if (make(p, place, EXPR_AND, n, expr_r) < 0)
			return -1;
		to = (*expr_r)->kids;
	}
	json_object_object_foreach(json, key, value)
	{
		inside = below(p, place, key);
		if (member(p, &inside, key, value, to++) < 0)
			return -1;
	}
	return 0;
}

int
expr_parse(const struct expr_scope *scope, const struct collection *c, struct json_object *json,
    struct expr **expr_r)
{
	struct expr_parser p = {.scope = scope, .mem = scope->rq->mem};
	const struct expr_place root = {.c = c, .at = scope->at, .name = ""};

	*expr_r = NULL;
	if (json_object_is_type(json, json_type_object) && json_object_object_length(json) == 0)
		return make(&p, &root, EXPR_ALWAYS, 0, expr_r);
	return condition(&p, &root, json, expr_r);
}
