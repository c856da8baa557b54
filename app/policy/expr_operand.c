/* What stands behind an operator: constants, lists, variables, other fields, date arithmetic. */
#include <string.h>

#include "arena.h"
#include "expr_op.h"
#include "expr_parse.h"
#include "expr_value.h"
#include "json_in.h"
#include "rq.h"

enum { DESCRIBED_MAX = 60 };

/* An operand being read. */
struct operand {
	struct expr_parser *p;
	const struct expr_place *place;
	struct expr *leaf;
	const struct field *f;
	const char *op; /* the operator as the caller wrote it */
	const char *at;
};

static const struct {
	const char *name;
	int64_t months, seconds;
} units[] = {
    {"years", 12, 0},
    {"months", 1, 0},
    {"weeks", 0, 7 * 86400},
    {"days", 0, 86400},
    {"hours", 0, 3600},
    {"minutes", 0, 60},
    {"seconds", 0, 1},
};

static struct rq *
request(const struct operand *o)
{
	return o->p->scope->rq;
}

/* The value as the caller wrote it, or what it is. */
static const char *
described(const struct operand *o, const struct json_object *json)
{
	size_t len;
	const char *raw = json_in_raw(json, &len);

	if (len > DESCRIBED_MAX || json_object_is_type(json, json_type_object) ||
	    json_object_is_type(json, json_type_array))
		return json_in_type_name(json);
	return arena_strndup(o->p->mem, raw, len);
}

static int
wrong_type(const struct operand *o, const struct json_object *json, const char *wanted)
{
	return fail_at(request(o), E_VALIDATION, o->at,
	    "%s on the %s field \"%s\" takes %s, got %s", o->op, field_types[o->f->type].name,
	    o->f->name, wanted, described(o, json));
}

static bool
is_variable(const struct operand *o, const struct json_object *json)
{
	const char *text = json_in_str(json);

	return o->p->scope->variables && text != NULL && text[0] == '$';
}

static int
variable(const struct operand *o, struct json_object *json, bool list, struct expr_value *value)
{
	struct expr_variable v;
	const char *text = json_in_str(json);

	if (!expr_variable_find(text, &v))
		return fail_at(request(o), E_VALIDATION, o->at,
		    "unknown variable \"%s\"; there are $user.id, $user.email, $user.roles, "
		    "$user.attributes.<name>, $tenant.id and $now",
		    expr_shown(o->p, text));
	if ((v.kinds >> o->f->kind & 1) == 0)
		return fail_at(request(o), E_VALIDATION, o->at,
		    "%s cannot be compared with the %s field \"%s\"", v.name,
		    field_types[o->f->type].name, o->f->name);
	if (list ? !v.list : !v.scalar)
		return fail_at(request(o), E_VALIDATION, o->at, "%s %s a list; %s", v.name,
		    list ? "is not" : "is", list ? "put it in an array" : "use _in or _nin");
	value->kind = EXPR_VARIABLE;
	value->variable = v.name;
	return 0;
}

/* Add n units of the given name; false if there is no such unit or the sum leaves 64 bits. */
static bool
shift(const char *unit, int64_t n, struct expr_value *value)
{
	int64_t months, seconds;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, unit) == 0)
			return !__builtin_mul_overflow(n, units[i].months, &months) &&
			       !__builtin_mul_overflow(n, units[i].seconds, &seconds) &&
			       !__builtin_add_overflow(
				   value->add_months, months, &value->add_months) &&
			       !__builtin_add_overflow(
				   value->add_seconds, seconds, &value->add_seconds);
	}
	return false;
}

static bool
shift_all(struct json_object *amounts, bool back, struct expr_value *value)
{
	int64_t n;

	if (!json_object_is_type(amounts, json_type_object) ||
	    json_object_object_length(amounts) == 0)
		return false;
	json_object_object_foreach(amounts, unit, amount)
	{
		if (!json_in_int(amount, &n) || n == INT64_MIN ||
		    !shift(unit, back ? -n : n, value))
			return false;
	}
	return true;
}

/* {"$now":{"add"|"sub":{"days":7, ...}}} */
static int
moment(const struct operand *o, struct json_object *json, struct expr_value *value)
{
	struct json_object *change = json_in_get(json, "$now");
	bool good =
	    json_object_is_type(change, json_type_object) && json_object_object_length(change) > 0;

	if (o->f->kind != VALUE_TIME)
		return wrong_type(o, json, expr_constant_wanted(o->f->kind));
	value->kind = EXPR_VARIABLE;
	value->variable = "$now";
	if (good) {
		json_object_object_foreach(change, how, amounts)
		{
			bool back = strcmp(how, "sub") == 0;

			good = good && (back || strcmp(how, "add") == 0) &&
			       shift_all(amounts, back, value);
		}
	}
	if (good)
		return 0;
	return fail_at(request(o), E_VALIDATION, o->at,
	    "$now takes {\"add\" or \"sub\":{\"years\", \"months\", \"weeks\", \"days\", "
	    "\"hours\", "
	    "\"minutes\" or \"seconds\": an integer}}");
}

static bool
is_number(const struct field *f)
{
	return f->kind == VALUE_INTEGER || f->kind == VALUE_NUMBER;
}

/* {"$field":"other"} */
static int
other_field(const struct operand *o, struct json_object *json, struct expr_value *value)
{
	const char *name = json_in_str(json_in_get(json, "$field"));
	const struct field *other;
	struct expr_place here = *o->place;

	here.at = o->at;
	if (name == NULL)
		return fail_at(request(o), E_VALIDATION, o->at,
		    "$field takes the name of another field as a string");
	if (expr_field(o->p, &here, name, strlen(name), &other) < 0)
		return -1;
	if (other->kind != o->f->kind && !(is_number(other) && is_number(o->f)))
		return fail_at(request(o), E_VALIDATION, o->at,
		    "the %s field \"%s\" cannot be compared with the %s field \"%s\"",
		    field_types[o->f->type].name, o->f->name, field_types[other->type].name,
		    other->name);
	value->kind = EXPR_FIELD;
	value->field = other;
	return 0;
}

static bool
is_single(const struct json_object *json, const char *key)
{
	return json_object_is_type(json, json_type_object) &&
	       json_object_object_length(json) == 1 && json_in_has(json, key);
}

static int
constant(const struct operand *o, struct json_object *json, struct expr_value *value)
{
	char uuid[UUID_TEXT_SIZE];

	value->kind = EXPR_CONST;
	if (!expr_constant(o->f->kind, json, uuid, &value->constant))
		return wrong_type(o, json, expr_constant_wanted(o->f->kind));
	if (o->f->kind == VALUE_UUID)
		value->constant = bind_str(arena_strdup(o->p->mem, uuid));
	return 0;
}

/* One value; only_constant: neither another field nor a moment. */
static int
one(const struct operand *o, struct json_object *json, bool only_constant, struct expr_value *value)
{
	if (is_variable(o, json))
		return variable(o, json, false, value);
	if (!only_constant && is_single(json, "$field"))
		return other_field(o, json, value);
	if (!only_constant && o->p->scope->variables && is_single(json, "$now"))
		return moment(o, json, value);
	return constant(o, json, value);
}

static struct expr_value *
make_values(const struct operand *o, size_t n)
{
	o->leaf->nvalues = n;
	o->leaf->values = NEWV(o->p->mem, struct expr_value, n);
	return o->leaf->values;
}

static int
members(const struct operand *o, struct json_object *json)
{
	struct operand member = *o;
	size_t n = json_object_array_length(json), i;
	struct expr_value *values = make_values(o, n);

	for (i = 0; i < n; i++) {
		member.at = arena_printf(o->p->mem, "%s[%zu]", o->at, i);
		if (one(&member, json_object_array_get_idx(json, i), false, &values[i]) < 0)
			return -1;
	}
	return 0;
}

static int
list(const struct operand *o, struct json_object *json)
{
	if (json == NULL) {
		make_values(o, 1)->constant = bind_null();
		return 0;
	}
	if (is_variable(o, json))
		return variable(o, json, true, make_values(o, 1));
	if (!json_object_is_type(json, json_type_array))
		return wrong_type(o, json, "an array");
	o->p->nlisted += json_object_array_length(json);
	if (o->p->nlisted > EXPR_VALUES_MAX)
		return fail_at(request(o), E_VALIDATION, o->at,
		    "the lists of a condition may have %d values in all", EXPR_VALUES_MAX);
	return members(o, json);
}

static int
pair(const struct operand *o, struct json_object *json)
{
	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) != 2)
		return wrong_type(o, json, "an array of the lowest and the highest value");
	return members(o, json);
}

static int
scalar(const struct operand *o, struct json_object *json)
{
	struct expr_value *value;

	if (json == NULL && o->leaf->op == EXPR_OP_NEQ) {
		o->leaf->op = EXPR_OP_NNULL;
		return 0;
	}
	value = make_values(o, 1);
	if (json != NULL || o->leaf->op != EXPR_OP_EQ)
		return one(o, json, false, value);
	value->constant = bind_null();
	return 0;
}

/* true is the operator as it stands; false, where it may be said, is its complement. */
static int
truth(const struct operand *o, struct json_object *json, bool false_too)
{
	bool given = json_object_get_boolean(json);
	enum expr_op complement = expr_ops[o->leaf->op].complement;

	if (!json_object_is_type(json, json_type_boolean))
		return wrong_type(o, json, false_too ? "true or false" : "true");
	if (!given && !false_too)
		return fail_at(request(o), E_VALIDATION, o->at, "%s takes true only; use %s", o->op,
		    expr_ops[complement].text);
	if (!given)
		o->leaf->op = complement;
	return 0;
}

int
expr_operand(struct expr_parser *p, const struct expr_place *place, struct expr *leaf,
    struct json_object *json)
{
	const struct operand o = {
	    .p = p,
	    .place = place,
	    .leaf = leaf,
	    .f = leaf->path.field,
	    .op = expr_ops[leaf->op].text,
	    .at = leaf->at,
	};

	switch (expr_ops[leaf->op].operand) {
	case EXPR_SCALAR:
		return scalar(&o, json);
	case EXPR_LIST:
		return list(&o, json);
	case EXPR_PAIR:
		return pair(&o, json);
	case EXPR_BOOL:
		return truth(&o, json, true);
	case EXPR_TRUE:
		return truth(&o, json, false);
	case EXPR_STRING:
		return one(&o, json, true, make_values(&o, 1));
	case EXPR_CONDITION:
		break;
	}
	return 0;
}
