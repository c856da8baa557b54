/* Reads the validation object of a field definition.  A key that would check nothing is refused, so
 * that nobody relies on it. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "field_rule.h"

#include <math.h>
#include <pcre2.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"

enum {
	REGEX_MAX = 1000,  /* code points of a pattern */
	MESSAGE_MAX = 300, /* code points of a message */
	MATCH_STEPS = 100000,
	MATCH_DEPTH = 1000,
	MATCH_HEAP_KIB = 4096,
};

enum rule_scope { FOR_ANY, FOR_TEXT, FOR_NUMBER, FOR_TIME, FOR_MANY };

struct rule_key {
	const char *name;
	enum rule_scope scope;
	int (*read)(struct rq *rq, const struct json_object *json, const char *path, void *to);
	size_t offset;
};

static int
read_text(struct rq *rq, const struct json_object *json, const char *path, void *to, size_t max)
{
	const char *s = json_in_str(json);

	if (s == NULL || *s == '\0')
		return fail_at(
		    rq, E_VALIDATION, path, "%s: must be a string that is not empty", path);
	if (str_utf8_length(s, strlen(s)) > max)
		return fail_at(
		    rq, E_VALIDATION, path, "%s: must be at most %zu characters", path, max);
	*(const char **)to = s;
	return 0;
}

static int
read_regex(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	return read_text(rq, json, path, to, REGEX_MAX);
}

static int
read_message(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	return read_text(rq, json, path, to, MESSAGE_MAX);
}

static int
read_limit(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	struct field_limit *limit = to;

	limit->is_int = json_in_int(json, &limit->i);
	limit->set = json_in_double(json, &limit->d, NULL);
	if (!limit->set)
		return fail_at(rq, E_VALIDATION, path, "%s: must be a number", path);
	return 0;
}

static int
read_count(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	struct opt_int *count = to;

	count->set = json_in_int(json, &count->value) && count->value >= 0;
	if (!count->set)
		return fail_at(rq, E_VALIDATION, path, "%s: must be an integer from 0", path);
	return 0;
}

static int
read_date(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	const char *s = json_in_str(json);
	struct opt_int *date = to;

	date->set = s != NULL && clock_parse(s, strlen(s), &date->value);
	if (!date->set)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be an ISO 8601 time such as \"2026-01-31T12:00:00Z\"", path);
	return 0;
}

static int
read_bool(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	if (!json_object_is_type(json, json_type_boolean))
		return fail_at(rq, E_VALIDATION, path, "%s: must be true or false", path);
	*(bool *)to = json_object_get_boolean(json);
	return 0;
}

static int
read_format(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	const char *s = json_in_str(json);

	if (s != NULL && strcmp(s, "email") == 0)
		*(enum field_format *)to = FIELD_FORMAT_EMAIL;
	else if (s != NULL && strcmp(s, "url") == 0)
		*(enum field_format *)to = FIELD_FORMAT_URL;
	else
		return fail_at(rq, E_VALIDATION, path, "%s: must be \"email\" or \"url\"", path);
	return 0;
}

static int
read_severity(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	const char *s = json_in_str(json);

	if (s == NULL ||
	    (strcmp(s, "error") != 0 && strcmp(s, "warning") != 0 && strcmp(s, "info") != 0))
		return fail_at(
		    rq, E_VALIDATION, path, "%s: must be \"error\", \"warning\" or \"info\"", path);
	*(bool *)to = strcmp(s, "error") != 0;
	return 0;
}

static int
read_condition(struct rq *rq, const struct json_object *json, const char *path, void *to)
{
	if (!json_object_is_type(json, json_type_object))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be a condition such as "
		    "{\"ends_at\":{\"_gt\":{\"$field\":\"starts_at\"}}}",
		    path);
	*(const struct json_object **)to = json;
	return 0;
}

#define KEY(name, scope, read, member)                                                             \
	{                                                                                          \
		name, scope, read, offsetof(struct field_rule, member)                             \
	}

static const struct rule_key rule_keys[] = {
    KEY("regex", FOR_TEXT, read_regex, regex),
    KEY("min", FOR_NUMBER, read_limit, min),
    KEY("max", FOR_NUMBER, read_limit, max),
    KEY("minLength", FOR_TEXT, read_count, min_length),
    KEY("maxLength", FOR_TEXT, read_count, max_length),
    KEY("format", FOR_TEXT, read_format, format),
    KEY("integer", FOR_NUMBER, read_bool, integer),
    KEY("minDate", FOR_TIME, read_date, min_date),
    KEY("maxDate", FOR_TIME, read_date, max_date),
    KEY("minSelect", FOR_MANY, read_count, min_select),
    KEY("maxSelect", FOR_MANY, read_count, max_select),
    KEY("rule", FOR_ANY, read_condition, condition),
    KEY("message", FOR_ANY, read_message, message),
    KEY("severity", FOR_ANY, read_severity, advisory),
};

enum { RULE_KEYS = sizeof(rule_keys) / sizeof(rule_keys[0]) };

static bool
scope_has(enum rule_scope scope, enum field_type type)
{
	switch (scope) {
	case FOR_TEXT:
		return type == FIELD_TEXT || type == FIELD_LONGTEXT || type == FIELD_FILE ||
		       type == FIELD_I18N_TEXT;
	case FOR_NUMBER:
		return type == FIELD_INTEGER || type == FIELD_NUMBER;
	case FOR_TIME:
		return type == FIELD_TIMESTAMP;
	case FOR_MANY:
		return type == FIELD_RELATION_MANY || type == FIELD_JSON;
	case FOR_ANY:
		return true;
	}
	return false;
}

static int
parse_key(struct rq *rq, enum field_type type, const char *name, const struct json_object *json,
    const char *at, struct field_rule *rule)
{
	const struct rule_key *key = NULL;
	const char *path = arena_printf(rq->mem, "%s.%s", at, name);
	size_t i;

	for (i = 0; i < RULE_KEYS && key == NULL; i++) {
		if (strcmp(rule_keys[i].name, name) == 0)
			key = &rule_keys[i];
	}
	if (key == NULL)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: unknown key; a validation has regex, min, max, minLength, maxLength, "
		    "format, "
		    "integer, minDate, maxDate, minSelect, maxSelect, rule, message, severity",
		    path);
	if (json == NULL)
		return 0;
	if (!scope_has(key->scope, type))
		return fail_at(rq, E_VALIDATION, path, "%s: checks nothing on a field of type %s",
		    path, field_types[type].name);
	return key->read(rq, json, path, (char *)rule + key->offset);
}

static void *
pattern_alloc(size_t size, void *mem)
{
	return arena_alloc(mem, size);
}

static void
pattern_free(void *block, void *mem)
{
	(void)block;
	(void)mem;
}

static int
compile(struct rq *rq, const char *at, struct field_rule *rule)
{
	pcre2_general_context *general =
	    pcre2_general_context_create(pattern_alloc, pattern_free, rq->mem);
	pcre2_compile_context *context = pcre2_compile_context_create(general);
	PCRE2_UCHAR why[160];
	PCRE2_SIZE offset;
	int error;

	rule->pattern = pcre2_compile((PCRE2_SPTR)rule->regex, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &error, &offset, context);
	if (rule->pattern != NULL)
		return 0;
	pcre2_get_error_message(error, why, sizeof(why));
	return fail_at(rq, E_VALIDATION, arena_printf(rq->mem, "%s.regex", at),
	    "%s.regex: not a pattern: %s at character %zu", at, (const char *)why,
	    str_utf8_length(rule->regex, offset));
}

int
field_rule_match(struct rq *rq, const struct field_rule *rule, const char *text, size_t len)
{
	struct arena_mark mark = arena_mark(rq->mem);
	pcre2_general_context *general =
	    pcre2_general_context_create(pattern_alloc, pattern_free, rq->mem);
	pcre2_match_context *context = pcre2_match_context_create(general);
	pcre2_match_data *data = pcre2_match_data_create(1, general);
	int found;

	pcre2_set_match_limit(context, MATCH_STEPS);
	pcre2_set_depth_limit(context, MATCH_DEPTH);
	pcre2_set_heap_limit(context, MATCH_HEAP_KIB);
	found =
	    pcre2_match(rule->pattern, (PCRE2_SPTR)text, len, 0, PCRE2_NO_UTF_CHECK, data, context);
	arena_release(rq->mem, mark);
	if (found == PCRE2_ERROR_NOMATCH)
		return 0;
	return found < 0 ? -1 : 1;
}

int
field_rule_parse(struct rq *rq, enum field_type type, const struct json_object *json,
    const char *path, struct field_rule *rule_r)
{
	memset(rule_r, 0, sizeof(*rule_r));
	if (json == NULL)
		return 0;
	if (!json_object_is_type(json, json_type_object))
		return fail_at(rq, E_VALIDATION, path, "%s: must be an object, not %s", path,
		    json_in_type_name(json));
	json_object_object_foreach(json, name, value)
	{
		if (parse_key(rq, type, name, value, path, rule_r) < 0)
			return -1;
	}
	return rule_r->regex == NULL ? 0 : compile(rq, path, rule_r);
}
