/* Judges a value by its field's validation rule and choices. */
#include "field_check.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "buf.h"
#include "clock.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"

/* What is judged, for the helpers below. */
struct check {
	struct rq *rq;
	const struct field *field;
	const struct field_rule *rule;
};

enum { CHOICES_SHOWN = 20 };

int
field_check_failed(
    struct rq *rq, const struct field *f, const struct field_rule *rule, const char *fmt, ...)
{
	const char *text = rule == NULL ? NULL : rule->message;
	va_list ap;

	if (text == NULL) {
		va_start(ap, fmt);
		text = arena_vprintf(rq->mem, fmt, ap);
		va_end(ap);
	}
	return fail(rq, E_VALIDATION, "%s: %s", f->name, text);
}

#define refuse(check, ...)                                                                         \
	field_check_failed((check)->rq, (check)->field, (check)->rule, __VA_ARGS__)

bool
field_value_empty(const struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_string:
		return json_object_get_string_len(value) == 0;
	case json_type_array:
		return json_object_array_length(value) == 0;
	default:
		return false;
	}
}

static bool
is_email(const char *s)
{
	const char *at = strrchr(s, '@'), *p, *dot;
	size_t label = 0;

	if (at == NULL || at == s || at - s > 64)
		return false;
	for (p = s; p < at; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("\"(),:;<>@[\\]", *p) != NULL)
			return false;
	}
	dot = strrchr(at, '.');
	if (dot == NULL || dot[1] == '\0' || strlen(at + 1) > 253)
		return false;
	for (p = at + 1; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("\"(),:;<>[\\]/_", *p) != NULL)
			return false;
		if (*p == '.' && label == 0)
			return false;
		label = *p == '.' ? 0 : label + 1;
	}
	return true;
}

static bool
is_url(const char *s)
{
	const char *host, *p;

	if (strncasecmp(s, "https://", 8) == 0)
		host = s + 8;
	else if (strncasecmp(s, "http://", 7) == 0)
		host = s + 7;
	else
		return false;
	if (*host == '\0' || strchr("/?#:@.", *host) != NULL)
		return false;
	for (p = host; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("\"<>\\^`{|}", *p) != NULL)
			return false;
	}
	return true;
}

static int
check_text(const struct check *c, const char *s, size_t len)
{
	const struct field_rule *rule = c->rule;
	int64_t length = (int64_t)str_utf8_length(s, len);
	int matches;

	if (rule->min_length.set && length < rule->min_length.value)
		return refuse(
		    c, "must be at least %lld characters", (long long)rule->min_length.value);
	if (rule->max_length.set && length > rule->max_length.value)
		return refuse(
		    c, "must be at most %lld characters", (long long)rule->max_length.value);
	if (rule->format == FIELD_FORMAT_EMAIL && !is_email(s))
		return refuse(c, "must be an email address");
	if (rule->format == FIELD_FORMAT_URL && !is_url(s))
		return refuse(c, "must be a URL that begins with http:// or https://");
	if (rule->pattern == NULL)
		return 0;
	matches = field_rule_match(c->rq, rule, s, len);
	if (matches < 0)
		return refuse(c, "takes too long to compare with the pattern %s", rule->regex);
	if (matches == 0)
		return refuse(c, "must match the pattern %s", rule->regex);
	return 0;
}

/* Less than, equal to or greater than 0 as value is to limit. */
static int
compare(const struct json_object *value, const struct field_limit *limit)
{
	int64_t i;
	double d = 0;

	if (limit->is_int && json_in_int(value, &i))
		return (i > limit->i) - (i < limit->i);
	json_in_double(value, &d, NULL);
	return (d > limit->d) - (d < limit->d);
}

static const char *
limit_text(struct rq *rq, const struct field_limit *limit)
{
	if (limit->is_int)
		return arena_printf(rq->mem, "%lld", (long long)limit->i);
	return arena_printf(rq->mem, "%.15g", limit->d);
}

static int
check_number(const struct check *c, const struct json_object *value)
{
	const struct field_rule *rule = c->rule;
	int64_t i;

	if (rule->integer && !json_in_int(value, &i))
		return refuse(c, "must be an integer");
	if (rule->min.set && compare(value, &rule->min) < 0)
		return refuse(c, "must be at least %s", limit_text(c->rq, &rule->min));
	if (rule->max.set && compare(value, &rule->max) > 0)
		return refuse(c, "must be at most %s", limit_text(c->rq, &rule->max));
	return 0;
}

static int
check_time(const struct check *c, const char *s)
{
	const struct field_rule *rule = c->rule;
	char limit[CLOCK_TEXT_SIZE];
	int64_t us;

	if (!clock_parse(s, strlen(s), &us))
		return refuse(c, "must be an ISO 8601 time");
	if (rule->min_date.set && us < rule->min_date.value) {
		clock_format(rule->min_date.value, limit);
		return refuse(c, "must not be before %s", limit);
	}
	if (rule->max_date.set && us > rule->max_date.value) {
		clock_format(rule->max_date.value, limit);
		return refuse(c, "must not be after %s", limit);
	}
	return 0;
}

static int
check_count(const struct check *c, const struct json_object *value)
{
	const struct field_rule *rule = c->rule;
	int64_t n;

	if (!json_object_is_type(value, json_type_array))
		return 0;
	n = (int64_t)json_object_array_length(value);
	if (rule->min_select.set && n < rule->min_select.value)
		return refuse(
		    c, "must have at least %lld entries", (long long)rule->min_select.value);
	if (rule->max_select.set && n > rule->max_select.value)
		return refuse(
		    c, "must have at most %lld entries", (long long)rule->max_select.value);
	return 0;
}

static int
check_translations(const struct check *c, const struct json_object *value)
{
	json_object_object_foreach(value, locale, text)
	{
		const char *s = json_in_str(text);

		(void)locale;
		if (s != NULL && check_text(c, s, strlen(s)) < 0)
			return -1;
	}
	return 0;
}

static int
check_rule(const struct check *c, const struct json_object *value)
{
	const char *s = json_in_str(value);

	switch (c->field->type) {
	case FIELD_TEXT:
	case FIELD_LONGTEXT:
	case FIELD_FILE:
		return s == NULL ? 0 : check_text(c, s, strlen(s));
	case FIELD_I18N_TEXT:
		return check_translations(c, value);
	case FIELD_INTEGER:
	case FIELD_NUMBER:
		return check_number(c, value);
	case FIELD_TIMESTAMP:
		return s == NULL ? 0 : check_time(c, s);
	case FIELD_JSON:
	case FIELD_RELATION_MANY:
		return check_count(c, value);
	default:
		return 0;
	}
}

static bool
is_choice(const struct field *f, const struct json_object *value)
{
	const char *s = json_in_str(value);
	size_t i, len;

	if (s != NULL)
		len = strlen(s);
	else
		s = json_in_raw(value, &len);
	for (i = 0; i < f->nchoices; i++) {
		if (strlen(f->choices[i].value) == len && memcmp(f->choices[i].value, s, len) == 0)
			return true;
	}
	return false;
}

static int
refuse_choice(const struct check *c)
{
	const struct field *f = c->field;
	struct buf names;
	size_t i;

	buf_init(&names, c->rq->mem);
	for (i = 0; i < f->nchoices && i < CHOICES_SHOWN; i++)
		buf_printf(&names, "%s\"%s\"", i == 0 ? "" : ", ", f->choices[i].value);
	if (i < f->nchoices)
		buf_printf(&names, " and %zu more", f->nchoices - i);
	return field_check_failed(c->rq, f, NULL, "must be one of %s", buf_text(&names));
}

static int
check_choices(const struct check *c, const struct json_object *value)
{
	size_t i, n;

	if (!json_object_is_type(value, json_type_array))
		return is_choice(c->field, value) ? 0 : refuse_choice(c);
	n = json_object_array_length(value);
	for (i = 0; i < n; i++) {
		if (!is_choice(c->field, json_object_array_get_idx(value, i)))
			return refuse_choice(c);
	}
	return 0;
}

int
field_check(struct rq *rq, const struct field *f, const struct field_rule *rule,
    const struct json_object *value)
{
	struct check check = {.rq = rq, .field = f, .rule = rule};

	if (field_value_empty(value))
		return 0;
	if (f->nchoices > 0 && check_choices(&check, value) < 0)
		return -1;
	return rule->advisory ? 0 : check_rule(&check, value);
}
