/* From arguments to the input struct of an operation, by the rows of its input table. */
#include "param.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "clock.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"
#include "uuid.h"

enum { NAME_MAX_LEN = 64, EXCERPT = 40, EMAIL_MAX = 191 };

static bool
takes_all(const struct param *params)
{
	for (const struct param *p = params; p && p->name; p++)
		if (p->flags & PARAM_ALL)
			return true;
	return false;
}

/* A row that the caller may name: what a tool's schema does not show is no argument over MCP. */
static bool
is_named(const struct rq *rq, const struct param *p)
{
	bool mcp = rq->face == FACE_MCP || rq->face == FACE_MCP_ADMIN;

	return !(p->flags & PARAM_ALL) && !(mcp && p->flags & PARAM_REST_ONLY);
}

static const struct param *
find_row(const struct rq *rq, const struct param *params, const char *name)
{
	for (const struct param *p = params; p && p->name; p++) {
		if (!is_named(rq, p))
			continue;
		if (strcmp(p->name, name) == 0 || (p->alias && strcmp(p->alias, name) == 0))
			return p;
	}
	return NULL;
}

/* Letters and digits in lower case: role_id and roleId become the same. */
static size_t
fold(const char *name, char to[NAME_MAX_LEN])
{
	size_t len = 0;

	for (; *name && len < NAME_MAX_LEN; name++)
		if (isalnum((unsigned char)*name))
			to[len++] = (char)tolower((unsigned char)*name);
	return len;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Characters to insert, delete, replace or swap with a neighbour to get from a to b. */
static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NAME_MAX_LEN + 1], *older = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= b_len; j++)
		above[j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *spare = older;

		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], older[j - 2] + 1);
		}
		older = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

/* The row whose name is nearest, if it is near enough to be meant. */
static const char *
nearest(const struct rq *rq, const struct param *params, const char *name)
{
	char wanted[NAME_MAX_LEN], other[NAME_MAX_LEN];
	size_t wanted_len = fold(name, wanted);
	unsigned best = (unsigned)(wanted_len / 3) + 1, found;
	const char *answer = NULL;

	for (const struct param *p = params; p && p->name; p++) {
		if (!is_named(rq, p))
			continue;
		found = distance(wanted, wanted_len, other, fold(p->name, other));
		if (found < best) {
			best = found;
			answer = p->name;
		}
	}
	return answer;
}

/* The beginning of a caller's text, for messages. */
static const char *
excerpt(struct rq *rq, const char *s)
{
	size_t len = strlen(s), cut = str_utf8_prefix(s, len, EXCERPT);

	return cut == len ? s : arena_printf(rq->mem, "%.*s...", (int)cut, s);
}

static const char *
row_names(struct rq *rq, const struct param *params)
{
	struct buf list;

	buf_init(&list, rq->mem);
	for (const struct param *p = params; p && p->name; p++)
		if (is_named(rq, p))
			buf_printf(&list, "%s\"%s\"", list.len ? ", " : "", p->name);
	return buf_text(&list);
}

static int
unknown(struct rq *rq, const struct param *params, const char *name)
{
	const char *meant = nearest(rq, params, name), *given = excerpt(rq, name);

	if (meant)
		return fail_at(rq, E_VALIDATION, given,
		    "unknown argument \"%s\"; did you mean \"%s\"?", given, meant);
	if (!params || !params->name)
		return fail_at(rq, E_VALIDATION, given,
		    "unknown argument \"%s\"; this operation takes none", given);
	return fail_at(rq, E_VALIDATION, given, "unknown argument \"%s\"; known are %s", given,
	    row_names(rq, params));
}

static int
check_names(struct rq *rq, const struct param *params, struct json_object *args)
{
	if (takes_all(params))
		return 0;
	json_object_object_foreach(args, name, value)
	{
		(void)value;
		if (!find_row(rq, params, name))
			return unknown(rq, params, name);
	}
	return 0;
}

static const char *
with_article(struct rq *rq, const char *type)
{
	if (strcmp(type, "null") == 0)
		return type;
	return arena_printf(rq->mem, "%s %s", strchr("aeio", *type) ? "an" : "a", type);
}

static int
wrong_type(struct rq *rq, const char *path, const char *wanted, struct json_object *value)
{
	return fail_at(rq, E_VALIDATION, path, "argument \"%s\" must be %s, not %s", path, wanted,
	    with_article(rq, json_in_type_name(value)));
}

static int
check_length(struct rq *rq, const struct param *p, const char *path, const char *s)
{
	int64_t length = (int64_t)str_utf8_length(s, strlen(s));

	if (length < p->min && length == 0)
		return fail_at(rq, E_VALIDATION, path, "argument \"%s\" must not be empty", path);
	if (length < p->min)
		return fail_at(rq, E_VALIDATION, path,
		    "argument \"%s\" must have at least %" PRId64 " characters, not %" PRId64, path,
		    p->min, length);
	if (p->max > 0 && p->max >= p->min && length > p->max)
		return fail_at(rq, E_VALIDATION, path,
		    "argument \"%s\" must have at most %" PRId64 " characters, not %" PRId64, path,
		    p->max, length);
	return 0;
}

static int
check_option(struct rq *rq, const struct param *p, const char *path, const char *s)
{
	struct buf list;

	if (!p->options)
		return 0;
	buf_init(&list, rq->mem);
	for (const char *const *option = p->options; *option; option++) {
		if (strcmp(*option, s) == 0)
			return 0;
		buf_printf(&list, "%s\"%s\"", list.len ? ", " : "", *option);
	}
	return fail_at(rq, E_VALIDATION, path, "argument \"%s\" must be one of %s, not \"%s\"",
	    path, buf_text(&list), excerpt(rq, s));
}

bool
param_is_email(const char *s)
{
	const char *at = strchr(s, '@');

	if (!at || at == s || !at[1] || strchr(at + 1, '@'))
		return false;
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 127 || strchr("<>\"(),;:\\[]", *c))
			return false;
	if (at[1] == '.' || at[1] == '-' || s[strlen(s) - 1] == '.' || strstr(at, ".."))
		return false;
	return str_utf8_length(s, strlen(s)) <= EMAIL_MAX;
}

static int
check_format(struct rq *rq, const struct param *p, const char *path, const char **s)
{
	char id[UUID_TEXT_SIZE];
	int64_t us;

	if (!p->format)
		return 0;
	if (strcmp(p->format, "uuid") == 0) {
		if (!uuid_canonical(*s, strlen(*s), id))
			return fail_at(rq, E_VALIDATION, path,
			    "argument \"%s\" must be a UUID such as "
			    "0190a6e2-7c1b-7d3e-8f00-1234567890ab",
			    path);
		*s = arena_strdup(rq->mem, id);
		return 0;
	}
	if (strcmp(p->format, "date-time") == 0) {
		if (!clock_parse(*s, strlen(*s), &us))
			return fail_at(rq, E_VALIDATION, path,
			    "argument \"%s\" must be a date and time such as 2026-11-22T10:00:00Z",
			    path);
		return 0;
	}
	assert(strcmp(p->format, "email") == 0);
	if (!param_is_email(*s))
		return fail_at(
		    rq, E_VALIDATION, path, "argument \"%s\" must be an email address", path);
	return 0;
}

static int
check_text(struct rq *rq, const struct param *p, const char *path, const char **s)
{
	if (check_length(rq, p, path, *s) < 0 || check_option(rq, p, path, *s) < 0)
		return -1;
	return check_format(rq, p, path, s);
}

static int
decode_string(struct rq *rq, const struct param *p, struct json_object *value, const char **to)
{
	*to = json_in_str(value);
	if (!*to)
		return wrong_type(rq, p->name, "a string", value);
	return check_text(rq, p, p->name, to);
}

static int
out_of_range(struct rq *rq, const struct param *p)
{
	if (p->max < p->min)
		return fail_at(rq, E_VALIDATION, p->name,
		    "argument \"%s\" must be at least %" PRId64, p->name, p->min);
	return fail_at(rq, E_VALIDATION, p->name,
	    "argument \"%s\" must be from %" PRId64 " to %" PRId64, p->name, p->min, p->max);
}

static bool
bounded(const struct param *p)
{
	return p->min != 0 || p->max != 0;
}

static int
decode_integer(struct rq *rq, const struct param *p, struct json_object *value, int64_t *to)
{
	double d;

	if (!json_in_int(value, to)) {
		/* Beyond 64 bits it is still a number on one side of the range. */
		if (!(p->flags & PARAM_CLAMP) || !json_in_double(value, &d, NULL) ||
		    (d > -0x1p63 && d < 0x1p63))
			return wrong_type(rq, p->name, "an integer", value);
		*to = d < 0 ? INT64_MIN : INT64_MAX;
	}
	if (!bounded(p))
		return 0;
	if (*to >= p->min && (p->max < p->min || *to <= p->max))
		return 0;
	if (!(p->flags & PARAM_CLAMP))
		return out_of_range(rq, p);
	*to = *to < p->min ? p->min : p->max;
	return 0;
}

static int
decode_number(struct rq *rq, const struct param *p, struct json_object *value, double *to)
{
	if (!json_in_double(value, to, NULL))
		return wrong_type(rq, p->name, "a number", value);
	if (!bounded(p))
		return 0;
	if (*to >= (double)p->min && (p->max < p->min || *to <= (double)p->max))
		return 0;
	return out_of_range(rq, p);
}

static int
decode_boolean(struct rq *rq, const struct param *p, struct json_object *value, bool *to)
{
	if (!json_object_is_type(value, json_type_boolean))
		return wrong_type(rq, p->name, "true or false", value);
	*to = json_object_get_boolean(value);
	return 0;
}

static int
decode_json(
    struct rq *rq, const struct param *p, struct json_object *value, struct json_object **to)
{
	const char *wanted = p->type_name;

	if (wanted && strcmp(json_in_type_name(value), wanted) != 0)
		return wrong_type(rq, p->name, with_article(rq, wanted), value);
	*to = value;
	return 0;
}

static int
too_many(struct rq *rq, const struct param *p)
{
	return fail_at(rq, E_VALIDATION, p->name, "argument \"%s\" must have at most %d entries",
	    p->name, PARAM_ENTRIES_MAX);
}

static int
decode_csv(struct rq *rq, const struct param *p, const char *text, struct str_list *to)
{
	char **parts;

	to->n = str_split(rq->mem, text, ',', &parts);
	if (to->n > PARAM_ENTRIES_MAX)
		return too_many(rq, p);
	to->items = NEWV(rq->mem, const char *, to->n + 1);
	for (size_t i = 0; i < to->n; i++) {
		to->items[i] = parts[i];
		if (check_text(rq, p, p->name, &to->items[i]) < 0)
			return -1;
	}
	return 0;
}

static int
decode_strings(struct rq *rq, const struct param *p, struct json_object *value, struct str_list *to)
{
	const char *path, *text = json_in_str(value);

	to->set = true;
	if (text && p->flags & PARAM_CSV)
		return decode_csv(rq, p, text, to);
	if (!json_object_is_type(value, json_type_array))
		return wrong_type(rq, p->name, "an array of strings", value);
	to->n = json_object_array_length(value);
	if (to->n > PARAM_ENTRIES_MAX)
		return too_many(rq, p);
	to->items = NEWV(rq->mem, const char *, to->n + 1);
	for (size_t i = 0; i < to->n; i++) {
		struct json_object *entry = json_object_array_get_idx(value, i);

		path = arena_printf(rq->mem, "%s[%zu]", p->name, i);
		to->items[i] = json_in_str(entry);
		if (!to->items[i])
			return wrong_type(rq, path, "a string", entry);
		if (check_text(rq, p, path, &to->items[i]) < 0)
			return -1;
	}
	return 0;
}

static int
decode_value(struct rq *rq, const struct param *p, struct json_object *value, void *to)
{
	struct opt_int *opt_int = to;
	struct opt_bool *opt_bool = to;

	switch (p->type) {
	case PARAM_STRING:
		return decode_string(rq, p, value, to);
	case PARAM_INTEGER:
		return decode_integer(rq, p, value, to);
	case PARAM_OPT_INTEGER:
		opt_int->set = true;
		return decode_integer(rq, p, value, &opt_int->value);
	case PARAM_NUMBER:
		return decode_number(rq, p, value, to);
	case PARAM_BOOLEAN:
		return decode_boolean(rq, p, value, to);
	case PARAM_OPT_BOOLEAN:
		opt_bool->set = true;
		return decode_boolean(rq, p, value, &opt_bool->value);
	case PARAM_JSON:
		return decode_json(rq, p, value, to);
	case PARAM_STRINGS:
		break;
	}
	return decode_strings(rq, p, value, to);
}

/* 1 and the value (NULL for null) of the name or its second spelling, 0 absent, -1 both stand
 * there.
 */
static int
look_up(
    struct rq *rq, const struct param *p, struct json_object *args, struct json_object **value_r)
{
	bool second = p->alias && json_in_has(args, p->alias);

	*value_r = NULL;
	if (json_in_has(args, p->name)) {
		if (second)
			return fail_at(rq, E_VALIDATION, p->alias,
			    "arguments \"%s\" and \"%s\" are the same; give only one", p->name,
			    p->alias);
		*value_r = json_in_get(args, p->name);
		return 1;
	}
	if (second)
		*value_r = json_in_get(args, p->alias);
	return second;
}

static int
decode_row(struct rq *rq, const struct param *p, struct json_object *args, char *in)
{
	struct json_object *value;
	int there = look_up(rq, p, args, &value);

	if (there < 0)
		return -1;
	if (!value && !(there && p->flags & PARAM_NULLABLE)) {
		if (p->flags & REQUIRED)
			return fail_at(
			    rq, E_VALIDATION, p->name, "missing required argument \"%s\"", p->name);
		return 0;
	}
	if (p->given_offset)
		*(bool *)(in + p->given_offset) = true;
	return value ? decode_value(rq, p, value, in + p->offset) : 0;
}

int
param_decode(struct rq *rq, const struct param *params, struct json_object *args, void **in_r)
{
	char *in = arena_alloc(rq->mem, params && params->name ? params->struct_size : 1);

	if (args && !json_object_is_type(args, json_type_object))
		return fail(rq, E_VALIDATION, "the arguments must be an object, not %s",
		    with_article(rq, json_in_type_name(args)));
	if (args && check_names(rq, params, args) < 0)
		return -1;
	for (const struct param *p = params; p && p->name; p++) {
		if (p->flags & PARAM_ALL)
			memcpy(in + p->offset, &args, sizeof(args));
		else if (decode_row(rq, p, args, in) < 0)
			return -1;
	}
	*in_r = in;
	return 0;
}
