/* JSON values to binds: what each field type takes, and how it is stored. */
#include "items_value.h"

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"
#include "uuid.h"

#define TWO_63 9223372036854775808.0

enum { ID_MAX = 191, MANY_MAX = 1000, LOCALE_MAX = 35 };

static int
refuse_type(
    struct rq *rq, const struct field *f, const struct json_object *json, const char *wanted)
{
	return fail(
	    rq, E_VALIDATION, "%s: must be %s, not %s", f->name, wanted, json_in_type_name(json));
}

static int
refuse(struct rq *rq, const struct field *f, const char *text)
{
	return fail(rq, E_VALIDATION, "%s: %s", f->name, text);
}

/* Code points f takes at most; 0: no limit of ours. */
static size_t
text_max(const struct field *f)
{
	if (f->system || f->no == 0 || f->type == FIELD_LONGTEXT)
		return 0;
	return f->type == FIELD_TEXT && !f->indexed && !f->unique ? ITEMS_TEXT_MAX
								  : ITEMS_TEXT_INDEXED_MAX;
}

static int
text_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	const char *s = json_in_str(json);
	size_t max = text_max(f), len;

	if (s == NULL)
		return refuse_type(rq, f, json, "a string");
	len = strlen(s);
	if (max > 0 && len > max && str_utf8_length(s, len) > max)
		return fail(rq, E_VALIDATION, "%s: must be at most %zu characters", f->name, max);
	*bind_r = bind_strn(s, len);
	return 0;
}

static bool
is_number(const struct json_object *json)
{
	return json_object_is_type(json, json_type_int) ||
	       json_object_is_type(json, json_type_double);
}

static int
integer_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	double d;
	int64_t i;

	if (json_in_int(json, &i)) {
		*bind_r = bind_int(i);
		return 0;
	}
	if (!is_number(json))
		return refuse_type(rq, f, json, "an integer");
	if (!json_in_double(json, &d, NULL) || d >= TWO_63 || d < -TWO_63)
		return refuse(
		    rq, f, "must be between -9223372036854775808 and 9223372036854775807");
	return refuse(rq, f, "must be an integer");
}

static int
number_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	bool exact;
	double d;

	if (!json_in_double(json, &d, &exact)) {
		if (is_number(json))
			return refuse(rq, f, "is too large for a number");
		return refuse_type(rq, f, json, "a number");
	}
	if (!exact)
		return refuse(rq, f,
		    "a number of this type keeps 15 digits and would change this one; send it "
		    "rounded, or keep it in a field of type integer or text");
	*bind_r = bind_double(d);
	return 0;
}

static int
boolean_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	if (!json_object_is_type(json, json_type_boolean))
		return refuse_type(rq, f, json, "true or false");
	*bind_r = bind_bool(json_object_get_boolean(json));
	return 0;
}

static int
time_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	const char *s = json_in_str(json);
	int64_t us;

	if (s == NULL)
		return refuse_type(
		    rq, f, json, "an ISO 8601 string such as \"2026-01-31T12:00:00Z\"");
	if (!clock_parse(s, strlen(s), &us))
		return refuse(rq, f, "must be an ISO 8601 time such as \"2026-01-31T12:00:00Z\"");
	*bind_r = bind_time(us);
	return 0;
}

static int
uuid_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	const char *s = json_in_str(json);
	char *id = arena_alloc(rq->mem, UUID_TEXT_SIZE);

	if (s == NULL)
		return refuse_type(rq, f, json, "a UUID");
	if (!uuid_canonical(s, strlen(s), id))
		return refuse(
		    rq, f, "must be a UUID such as \"01890a5d-ac96-774b-bcce-b302099a8057\"");
	*bind_r = bind_str(id);
	return 0;
}

static int
json_value(const struct json_object *json, struct bind *bind_r)
{
	size_t len;
	const char *raw = json_in_raw(json, &len);

	*bind_r = bind_strn(raw, len);
	return 0;
}

/* Letters, digits and single separators: "en", "pt-BR", "zh_Hant_TW". */
static bool
is_locale(const char *s)
{
	size_t part = 0, i;

	for (i = 0; s[i] != '\0'; i++) {
		bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z');
		bool digit = s[i] >= '0' && s[i] <= '9';

		if (letter || (digit && part != i))
			continue;
		if ((s[i] != '-' && s[i] != '_') || part == i)
			return false;
		part = i + 1;
	}
	return i >= 2 && i <= LOCALE_MAX && part < i;
}

static int
i18n_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	if (!json_object_is_type(json, json_type_object))
		return refuse_type(rq, f, json, "an object of locale to text, {\"en\":\"...\"}");
	json_object_object_foreach(json, locale, text)
	{
		if (!is_locale(locale))
			return fail(rq, E_VALIDATION,
			    "%s: \"%s\" is not a locale such as \"en\" or \"pt-BR\"", f->name,
			    locale);
		if (json_in_str(text) == NULL)
			return fail(rq, E_VALIDATION, "%s: \"%s\" must be a string, not %s",
			    f->name, locale, json_in_type_name(text));
	}
	return json_value(json, bind_r);
}

static enum value_kind
key_kind(const struct field *f)
{
	return f->to == NULL ? VALUE_UUID : f->to->pk->kind;
}

int
items_value_id(struct rq *rq, const struct field *f, const struct json_object *json,
    struct bind *bind_r, const char **text_r)
{
	const char *s = json_in_str(json), *text;
	enum value_kind kind = key_kind(f);
	int64_t i;

	if (kind == VALUE_UUID) {
		if (uuid_value(rq, f, json, bind_r) < 0)
			return -1;
		text = bind_r->s;
	} else if (kind == VALUE_INTEGER) {
		if (!json_in_int(json, &i) && (s == NULL || !str_int(s, &i)))
			return refuse(rq, f, "must be an integer id");
		*bind_r = bind_int(i);
		text = arena_printf(rq->mem, "%lld", (long long)i);
	} else {
		if (s == NULL)
			return refuse_type(rq, f, json, "an id");
		if (str_utf8_length(s, strlen(s)) > ID_MAX)
			return fail(rq, E_VALIDATION, "%s: an id must be at most %d characters",
			    f->name, ID_MAX);
		*bind_r = bind_str(s);
		text = s;
	}
	if (text_r != NULL)
		*text_r = text;
	return 0;
}

static bool
listed(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ids[i], id) == 0)
			return true;
	}
	return false;
}

static int
many_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	const char **ids;
	struct out text;
	struct bind id;
	size_t i, n;

	if (!json_object_is_type(json, json_type_array))
		return refuse_type(rq, f, json, "an array of ids");
	n = json_object_array_length(json);
	if (n > MANY_MAX)
		return fail(rq, E_VALIDATION, "%s: must have at most %d ids", f->name, MANY_MAX);
	ids = NEWV(rq->mem, const char *, n);
	out_init(&text, rq->mem);
	out_array(&text);
	for (i = 0; i < n; i++) {
		if (items_value_id(rq, f, json_object_array_get_idx(json, i), &id, &ids[i]) < 0)
			return -1;
		if (listed(ids, i, ids[i]))
			return fail(rq, E_VALIDATION, "%s: id %s is listed twice", f->name, ids[i]);
		out_str(&text, ids[i]);
	}
	out_end(&text);
	*bind_r = bind_strn(buf_text(&text.buf), text.buf.len);
	return 0;
}

int
items_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r)
{
	*bind_r = bind_null();
	if (json == NULL)
		return 0;
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_LONGTEXT:
	case FIELD_FILE:
		return text_value(rq, f, json, bind_r);
	case FIELD_INTEGER:
		return integer_value(rq, f, json, bind_r);
	case FIELD_NUMBER:
		return number_value(rq, f, json, bind_r);
	case FIELD_BOOLEAN:
		return boolean_value(rq, f, json, bind_r);
	case FIELD_TIMESTAMP:
		return time_value(rq, f, json, bind_r);
	case FIELD_UUID:
		return uuid_value(rq, f, json, bind_r);
	case FIELD_JSON:
		return json_value(json, bind_r);
	case FIELD_I18N_TEXT:
		return i18n_value(rq, f, json, bind_r);
	case FIELD_RELATION:
		return items_value_id(rq, f, json, bind_r, NULL);
	case FIELD_RELATION_MANY:
		return many_value(rq, f, json, bind_r);
	default:
		return refuse(rq, f, "cannot be written");
	}
}
