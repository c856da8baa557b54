/* settings.*: what a workspace may set, one table of keys with their rules. */
#include <string.h>

#include "activity.h"
#include "answer.h"
#include "arena.h"
#include "caller.h"
#include "conf.h"
#include "db.h"
#include "json_in.h"
#include "registry.h"
#include "rq.h"
#include "snapshot.h"
#include "str.h"
#include "tool.h"

enum setting_type { SETTING_TEXT, SETTING_BOOL, SETTING_OBJECT, SETTING_LOCALES, SETTING_LOCALE };

struct setting {
	const char *name;
	enum setting_type type;
	int64_t min, max; /* characters, or entries */
	const char *def;  /* JSON */
};

static const struct setting settings[] = {
    {"siteName", SETTING_TEXT, 1, 120, "\"coffer\""},
    {"brandName", SETTING_TEXT, 0, 120, "null"},
    {"openSignup", SETTING_BOOL, 0, 0, "false"},
    {"i18nLocales", SETTING_LOCALES, 1, 50, "[\"en\",\"tr\",\"de\",\"es\",\"fr\",\"ja\"]"},
    {"i18nDefaultLocale", SETTING_LOCALE, 0, 0, "\"en\""},
    {"timezone", SETTING_TEXT, 1, 64, "\"UTC\""},
    {"defaultCurrency", SETTING_TEXT, 3, 3, "null"},
    {"signInHeadline", SETTING_TEXT, 0, 200, "null"},
    {"signInTagline", SETTING_TEXT, 0, 300, "null"},
    {"termsUrl", SETTING_TEXT, 0, 500, "null"},
    {"privacyUrl", SETTING_TEXT, 0, 500, "null"},
    {"flags", SETTING_OBJECT, 0, 0, "{}"},
    {0},
};

static const struct setting *
find_setting(const char *name)
{
	for (const struct setting *s = settings; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

/* Language, and perhaps a region or script: en, pt-BR, zh-Hant. */
static bool
is_locale(const char *s)
{
	size_t language, rest;

	if (!s)
		return false;
	language = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (language < 2 || language > 3 || !s[language])
		return language >= 2 && language <= 3;
	rest = strspn(
	    s + language + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	return s[language] == '-' && rest >= 2 && rest <= 8 && !s[language + 1 + rest];
}

static int
check_text(struct rq *rq, const struct setting *s, struct json_object *value)
{
	const char *text = json_in_str(value);
	int64_t len;

	if (!text)
		return fail_at(rq, E_VALIDATION, s->name, "%s must be a string", s->name);
	len = (int64_t)str_utf8_length(text, strlen(text));
	if (len < s->min || len > s->max)
		return fail_at(rq, E_VALIDATION, s->name, "%s must have %lld to %lld characters",
		    s->name, (long long)s->min, (long long)s->max);
	return 0;
}

static int
check_locales(struct rq *rq, const struct setting *s, struct json_object *value)
{
	size_t n =
	    json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;

	if ((int64_t)n < s->min || (int64_t)n > s->max)
		return fail_at(rq, E_VALIDATION, s->name,
		    "%s must be a list of %lld to %lld locales", s->name, (long long)s->min,
		    (long long)s->max);
	for (size_t i = 0; i < n; i++)
		if (!is_locale(json_in_str(json_object_array_get_idx(value, i))))
			return fail_at(rq, E_VALIDATION, s->name,
			    "%s[%zu] is not a locale such as en or pt-BR", s->name, i);
	return 0;
}

static int
check_setting(struct rq *rq, const struct setting *s, struct json_object *value)
{
	if (!value && strcmp(s->def, "null") == 0)
		return 0;
	switch (s->type) {
	case SETTING_TEXT:
		return check_text(rq, s, value);
	case SETTING_BOOL:
		return json_object_is_type(value, json_type_boolean)
			   ? 0
			   : fail_at(
				 rq, E_VALIDATION, s->name, "%s must be true or false", s->name);
	case SETTING_OBJECT:
		return json_object_is_type(value, json_type_object)
			   ? 0
			   : fail_at(rq, E_VALIDATION, s->name, "%s must be an object", s->name);
	case SETTING_LOCALES:
		return check_locales(rq, s, value);
	case SETTING_LOCALE:
		return is_locale(json_in_str(value))
			   ? 0
			   : fail_at(rq, E_VALIDATION, s->name,
				 "%s must be a locale such as en or pt-BR", s->name);
	}
	return 0;
}

static bool
list_has(struct json_object *list, const char *text)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (strcmp(json_in_str(json_object_array_get_idx(list, i)), text) == 0)
			return true;
	return false;
}

/* The value in force after the change: given now, stored, or the default. */
static int
effective(
    struct rq *rq, struct json_object *changes, const char *name, struct json_object **value_r)
{
	if (json_in_has(changes, name)) {
		*value_r = json_in_get(changes, name);
		return 0;
	}
	if (json_in_has(rq->snap->settings, name)) {
		*value_r = json_in_get(rq->snap->settings, name);
		return 0;
	}
	return json_in_parse(
	    rq->mem, &rq->err, find_setting(name)->def, strlen(find_setting(name)->def), value_r);
}

static int
check_default_locale(struct rq *rq, struct json_object *changes)
{
	struct json_object *locales, *locale;

	if (effective(rq, changes, "i18nLocales", &locales) < 0 ||
	    effective(rq, changes, "i18nDefaultLocale", &locale) < 0)
		return -1;
	if (!list_has(locales, json_in_str(locale)))
		return fail_at(rq, E_VALIDATION, "i18nDefaultLocale",
		    "i18nDefaultLocale must be one of i18nLocales");
	return 0;
}

static int
settings_get(struct rq *rq, const void *args)
{
	struct out *out = &rq->out;

	(void)args;
	out_object(out);
	out_key(out, "data");
	out_object(out);
	for (const struct setting *s = settings; s->name; s++) {
		size_t len = strlen(s->def);
		const char *raw = s->def;

		if (json_in_has(rq->snap->settings, s->name))
			raw = json_in_raw(json_in_get(rq->snap->settings, s->name), &len);
		out_key(out, s->name);
		out_raw(out, raw, len);
	}
	out_kstr(out, "appUrl", *conf->public_url ? conf->public_url : NULL);
	out_kstr(out, "emailFrom", NULL);
	out_end(out);
	out_end(out);
	return 0;
}

/* The rows teach the usual ones; all of them are checked by the table above. */
struct update_in {
	struct json_object *changes;
	const char *i18n_default_locale, *timezone, *brand_name;
	struct json_object *flags;
};

static const struct param update_params[] = {
    PARAM(struct update_in, changes, "*", PARAM_ALL, .type_name = "object"),
    PARAM(struct update_in, i18n_default_locale, "i18nDefaultLocale", 0,
	.doc = "One of i18nLocales, such as en or pt-BR."),
    PARAM(struct update_in, timezone, "timezone", 0,
	.doc = "Name of a time zone, such as Europe/Berlin."),
    PARAM(struct update_in, brand_name, "brandName", PARAM_NULLABLE,
	.doc = "Name shown to people; null clears it."),
    PARAM(struct update_in, flags, "flags", 0, .type_name = "object",
	.doc = "Free-form switches of the owner."),
    PARAM_END,
};

static int
settings_update(struct rq *rq, const void *args)
{
	const struct update_in *in = args;

	if (!in->changes || json_object_object_length(in->changes) == 0)
		return fail(rq, E_VALIDATION, "name at least one setting");
	json_object_object_foreach(in->changes, name, value)
	{
		const struct setting *s = find_setting(name);

		if (!s)
			return fail_at(rq, E_VALIDATION, name,
			    "unknown setting \"%s\"; settings.get lists them", name);
		if (check_setting(rq, s, value) < 0)
			return -1;
	}
	if (check_default_locale(rq, in->changes) < 0)
		return -1;
	json_object_object_foreach(in->changes, key, setting)
	{
		size_t len;
		const char *raw = json_in_raw(setting, &len);

		if (db_exec(rq,
			"INSERT INTO coffer_setting (workspace_id, name, value) VALUES (?, ?, ?)"
			" ON DUPLICATE KEY UPDATE value = VALUES(value)",
			B(rq->caller->workspace_id), B(key), bind_strn(raw, len)) < 0)
			return -1;
	}
	activity_note(rq, "settings.update", "system_settings", NULL, NULL);
	return answer_ok(rq);
}

const struct tool settings_tools[] = {
    {
	.name = "settings.get",
	.title = "Read settings",
	.description = "Read the settings of this workspace, with defaults where nothing was set.",
	.kind = TOOL_READ,
	.flags = TOOL_ADMIN,
	.run = settings_get,
	.method = "GET",
	.path = "/api/admin/settings",
    },
    {
	.name = "settings.update",
	.title = "Change settings",
	.description = "Change settings of this workspace; only those named are touched. "
		       "settings.get lists them.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_CONFIG | TOOL_OPEN | TOOL_IDEMPOTENT,
	.params = update_params,
	.run = settings_update,
	.method = "PATCH",
	.path = "/api/admin/settings",
    },
    TOOL_END,
};
