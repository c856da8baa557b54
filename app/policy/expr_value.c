/* Typed constants of the condition language, and what its variables stand for. */
#include "expr_value.h"

#include <string.h>

#include "clock.h"
#include "json_in.h"

#define ATTRIBUTES      "$user.attributes."
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

enum {
	ATTRIBUTE_NAME_MAX = 64,
	TEXT = 1 << VALUE_TEXT,
	UUID = 1 << VALUE_UUID,
	TIME = 1 << VALUE_TIME,
	ANY = TEXT | UUID | TIME | 1 << VALUE_INTEGER | 1 << VALUE_NUMBER | 1 << VALUE_BOOLEAN,
};

static const struct {
	const char *spelling;
	struct expr_variable variable;
} variables[] = {
    {"$user.id", {"$user.id", TEXT | UUID, true, false}},
    {"$user.email", {"$user.email", TEXT, true, false}},
    {"$user.roles", {"$user.roles", TEXT, false, true}},
    {"$user.tenant_id", {"$tenant.id", TEXT | UUID, true, false}},
    {"$tenant.id", {"$tenant.id", TEXT | UUID, true, false}},
    {"$now", {"$now", TIME, true, false}},
};

bool
expr_constant(enum value_kind kind, const struct json_object *node, char uuid[UUID_TEXT_SIZE],
    struct bind *constant_r)
{
	const char *text = json_in_str(node);
	size_t len = text != NULL ? (size_t)json_object_get_string_len(node) : 0;
	struct bind *to = constant_r;

	switch (kind) {
	case VALUE_TEXT:
		*to = bind_strn(text, len);
		return text != NULL;
	case VALUE_INTEGER:
		*to = bind_int(0);
		return json_in_int(node, &to->i);
	case VALUE_NUMBER:
		*to = bind_double(0);
		return json_in_double(node, &to->d, NULL);
	case VALUE_BOOLEAN:
		*to = bind_bool(json_object_get_boolean(node));
		return json_object_is_type(node, json_type_boolean);
	case VALUE_TIME:
		*to = bind_time(0);
		return text != NULL && clock_parse(text, len, &to->i);
	case VALUE_UUID:
		*to = bind_strn(uuid, UUID_TEXT_SIZE - 1);
		return text != NULL && uuid_canonical(text, len, uuid);
	case VALUE_JSON:
		break;
	}
	return false;
}

const char *
expr_constant_wanted(enum value_kind kind)
{
	switch (kind) {
	case VALUE_TEXT:
		return "a string";
	case VALUE_INTEGER:
		return "an integral number within 64 bits";
	case VALUE_NUMBER:
		return "a finite number";
	case VALUE_BOOLEAN:
		return "true or false";
	case VALUE_TIME:
		return "an ISO 8601 time such as \"2026-01-31T09:30:00Z\"";
	case VALUE_UUID:
		return "a UUID in its form with dashes";
	case VALUE_JSON:
		break;
	}
	return "no value";
}

/* The name of the attribute a variable is, or NULL. */
static const char *
attribute_name(const char *variable)
{
	size_t prefix = sizeof(ATTRIBUTES) - 1;

	return strncmp(variable, ATTRIBUTES, prefix) == 0 ? variable + prefix : NULL;
}

bool
expr_variable_find(const char *text, struct expr_variable *variable_r)
{
	const char *name = attribute_name(text);
	size_t i, len;

	if (name != NULL) {
		*variable_r = (struct expr_variable){text, ANY, true, true};
		len = strspn(name, NAME_CHARACTERS);
		return len > 0 && len <= ATTRIBUTE_NAME_MAX && name[len] == '\0';
	}
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (strcmp(variables[i].spelling, text) == 0) {
			*variable_r = variables[i].variable;
			return true;
		}
	}
	return false;
}

static const struct json_object *
attribute(const char *variable, const struct expr_vars *vars)
{
	const char *name = attribute_name(variable);

	return name != NULL ? json_in_get(vars->attributes, name) : NULL;
}

static bool
is_roles(const struct expr_value *value, const struct expr_vars *vars)
{
	return value->kind == EXPR_VARIABLE && vars != NULL &&
	       strcmp(value->variable, "$user.roles") == 0;
}

/* The array a variable is, or NULL. */
static const struct json_object *
array_of(const struct expr_value *value, const struct expr_vars *vars)
{
	const struct json_object *node;

	if (value->kind != EXPR_VARIABLE || vars == NULL)
		return NULL;
	node = attribute(value->variable, vars);
	return json_object_is_type(node, json_type_array) ? node : NULL;
}

bool
expr_value_is_list(const struct expr_value *value, const struct expr_vars *vars)
{
	return is_roles(value, vars) || array_of(value, vars) != NULL;
}

size_t
expr_value_count(const struct expr_value *value, const struct expr_vars *vars)
{
	const struct json_object *array = array_of(value, vars);

	if (array != NULL)
		return json_object_array_length(array);
	return is_roles(value, vars) ? vars->nroles : 1;
}

static struct bind
as_text(const char *text, enum value_kind kind, char uuid[UUID_TEXT_SIZE])
{
	if (text == NULL || kind == VALUE_TEXT)
		return bind_str(text);
	if (kind == VALUE_UUID && uuid_canonical(text, strlen(text), uuid))
		return bind_strn(uuid, UUID_TEXT_SIZE - 1);
	return bind_null();
}

static struct bind
now(const struct expr_value *value, const struct expr_vars *vars)
{
	int64_t moment;

	if (!clock_add(vars->now, value->add_months, value->add_seconds, &moment))
		return bind_null();
	return bind_time(moment);
}

static struct bind
as_constant(const struct json_object *node, enum value_kind kind, char uuid[UUID_TEXT_SIZE])
{
	struct bind constant;

	return expr_constant(kind, node, uuid, &constant) ? constant : bind_null();
}

struct bind
expr_value_get(const struct expr_value *value, size_t i, enum value_kind kind,
    const struct expr_vars *vars, char uuid[UUID_TEXT_SIZE])
{
	const struct json_object *array = array_of(value, vars);
	const char *name = value->variable;

	if (value->kind == EXPR_CONST)
		return value->constant;
	if (vars == NULL)
		return bind_null();
	if (array != NULL)
		return as_constant(json_object_array_get_idx(array, i), kind, uuid);
	if (is_roles(value, vars))
		return as_text(vars->roles[i], kind, uuid);
	if (strcmp(name, "$user.id") == 0)
		return as_text(vars->user_id, kind, uuid);
	if (strcmp(name, "$user.email") == 0)
		return as_text(vars->user_email, kind, uuid);
	if (strcmp(name, "$tenant.id") == 0)
		return as_text(vars->workspace_id, kind, uuid);
	if (strcmp(name, "$now") == 0)
		return kind == VALUE_TIME ? now(value, vars) : bind_null();
	return as_constant(attribute(name, vars), kind, uuid);
}

struct bind
expr_value_one(const struct expr_value *value, enum value_kind kind, const struct expr_vars *vars,
    char uuid[UUID_TEXT_SIZE])
{
	if (expr_value_is_list(value, vars))
		return bind_null();
	return expr_value_get(value, 0, kind, vars, uuid);
}
