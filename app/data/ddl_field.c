/* Reads and judges field definitions. */
#include "ddl_field.h"

#include <string.h>

#include "arena.h"
#include "field_check.h"
#include "items_value.h"
#include "json_in.h"
#include "out.h"
#include "rq.h"
#include "str.h"

enum {
	NAME_MAX_BYTES = 64,
	WORD_MAX = 64,
	LABEL_MAX = 200,
	TEXT_MAX = 1000,
	CHOICES_MAX = 1000,
};

enum key_kind { KEY_NAME, KEY_BOOL, KEY_WORD, KEY_LABEL, KEY_TEXT, KEY_OBJECT, KEY_ANY };

static const struct def_key {
	const char *name;
	enum key_kind kind;
} def_keys[] = {
    {"name", KEY_NAME},
    {"type", KEY_WORD},
    {"required", KEY_BOOL},
    {"unique", KEY_BOOL},
    {"indexed", KEY_BOOL},
    {"to", KEY_WORD},
    {"interface", KEY_WORD},
    {"options", KEY_OBJECT},
    {"validation", KEY_OBJECT},
    {"visibleWhen", KEY_OBJECT},
    {"group", KEY_LABEL},
    {"default", KEY_ANY},
    {"vectorize", KEY_BOOL},
    {"label", KEY_LABEL},
    {"description", KEY_TEXT},
};

enum { DEF_KEYS = sizeof(def_keys) / sizeof(def_keys[0]) };

static const char *const reserved[] = {"id", "owner_id", "created_at", "updated_at", "version",
    "external_source", "external_id", "archived_at", "cancelled_at", "deleted_at"};

static const struct def_key *
find_key(const char *name)
{
	for (size_t i = 0; i < DEF_KEYS; i++) {
		if (strcmp(def_keys[i].name, name) == 0)
			return &def_keys[i];
	}
	return NULL;
}

static const char *
at(struct rq *rq, const char *path, const char *key)
{
	return arena_printf(rq->mem, "%s.%s", path, key);
}

static int
unknown_key(struct rq *rq, const char *path, const char *name)
{
	struct buf names;

	if (strcmp(name, "computed") == 0)
		return fail_at(rq, E_VALIDATION, at(rq, path, name),
		    "%s.computed: computed fields cannot be made here", path);
	buf_init(&names, rq->mem);
	for (size_t i = 0; i < DEF_KEYS; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ", def_keys[i].name);
	return fail_at(rq, E_VALIDATION, at(rq, path, name),
	    "%s.%s: unknown key; a field definition has: %s", path, name, buf_text(&names));
}

static int
check_string(struct rq *rq, const char *path, const struct json_object *value, size_t max)
{
	const char *s = json_in_str(value);

	if (s == NULL || *s == '\0')
		return fail_at(
		    rq, E_VALIDATION, path, "%s: must be a string that is not empty", path);
	if (str_utf8_length(s, strlen(s)) > max)
		return fail_at(
		    rq, E_VALIDATION, path, "%s: must be at most %zu characters", path, max);
	return 0;
}

static int
check_key(
    struct rq *rq, const char *path, const struct def_key *key, const struct json_object *value)
{
	switch (key->kind) {
	case KEY_BOOL:
		if (json_object_is_type(value, json_type_boolean))
			return 0;
		return fail_at(rq, E_VALIDATION, path, "%s: must be true or false", path);
	case KEY_OBJECT:
		if (json_object_is_type(value, json_type_object))
			return 0;
		return fail_at(rq, E_VALIDATION, path, "%s: must be an object, not %s", path,
		    json_in_type_name(value));
	case KEY_NAME:
	case KEY_WORD:
		return check_string(rq, path, value, WORD_MAX);
	case KEY_LABEL:
		return check_string(rq, path, value, LABEL_MAX);
	case KEY_TEXT:
		return check_string(rq, path, value, TEXT_MAX);
	case KEY_ANY:
		return 0;
	}
	return 0;
}

static int
check_keys(struct rq *rq, const char *path, const struct json_object *json)
{
	json_object_object_foreach(json, name, value)
	{
		const struct def_key *key = find_key(name);

		if (key == NULL)
			return unknown_key(rq, path, name);
		if (value != NULL && check_key(rq, at(rq, path, name), key, value) < 0)
			return -1;
	}
	return 0;
}

static void
copy_member(struct out *out, const char *name, const struct json_object *value)
{
	size_t len;
	const char *raw = json_in_raw(value, &len);

	if (value == NULL)
		return;
	out_key(out, name);
	out_raw(out, raw, len);
}

/* The definition as it will be stored: given over what is there, nulls left out. */
static int
merge(struct rq *rq, const struct json_object *given, struct field_def *def)
{
	const struct json_object *stored = def->old == NULL ? NULL : def->old->definition;
	struct json_object *merged;
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	for (size_t i = 0; i < DEF_KEYS; i++) {
		const char *name = def_keys[i].name;
		bool is_given = json_in_has(given, name);

		copy_member(&out, name, json_in_get(is_given ? given : stored, name));
	}
	out_end(&out);
	def->text = buf_text(&out.buf);
	if (json_in_parse(rq->mem, &rq->err, def->text, out.buf.len, &merged) < 0)
		return -1;
	def->json = merged;
	return 0;
}

static int
check_name(struct rq *rq, const struct field_def *def)
{
	const char *path = at(rq, def->path, "name");

	if (def->old != NULL)
		return 0;
	if (!str_is_name(def->name, NAME_MAX_BYTES))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: \"%s\" is not a name: small letters, digits and _, a letter first, at "
		    "most %d",
		    path, def->name, NAME_MAX_BYTES);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcmp(reserved[i], def->name) == 0)
			return fail_at(rq, E_VALIDATION, path, "%s: \"%s\" is a reserved name",
			    path, def->name);
	}
	return 0;
}

static int
read_type(struct rq *rq, struct field_def *def)
{
	const char *path = at(rq, def->path, "type");
	const char *name = json_in_str(json_in_get(def->json, "type"));
	struct buf names;

	if (name == NULL)
		return fail_at(rq, E_VALIDATION, path, "%s: is required", path);
	def->type = field_type_find(name);
	if (def->type == FIELD__MAX) {
		buf_init(&names, rq->mem);
		for (int i = 0; i < FIELD__MAX; i++)
			buf_printf(&names, "%s%s", i == 0 ? "" : ", ", field_types[i].name);
		return fail_at(rq, E_VALIDATION, path, "%s: unknown type \"%s\"; types are: %s",
		    path, name, buf_text(&names));
	}
	if (def->old != NULL && def->old->type != def->type)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: the type of \"%s\" is %s and cannot change; add a new field and copy the "
		    "values",
		    path, def->name, field_types[def->old->type].name);
	return 0;
}

static int
read_target(struct rq *rq, struct field_def *def)
{
	const char *path = at(rq, def->path, "to");
	const struct json_object *to = json_in_get(def->json, "to");
	bool relation = def->type == FIELD_RELATION || def->type == FIELD_RELATION_MANY;

	def->to = json_in_str(to);
	if (!relation && to != NULL)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: only relation and relation_many have a target", path);
	if (!relation)
		return 0;
	if (def->to == NULL)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: is required: the slug of the target collection", path);
	if (def->old != NULL && def->old->to_slug != NULL &&
	    strcmp(def->old->to_slug, def->to) != 0)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: the target of \"%s\" is \"%s\" and cannot change; add a new field", path,
		    def->name, def->old->to_slug);
	return 0;
}

static bool
is_true(const struct field_def *def, const char *key)
{
	return json_object_get_boolean(json_in_get(def->json, key));
}

static int
read_flags(struct rq *rq, struct field_def *def)
{
	const char *which;

	def->required = is_true(def, "required");
	def->unique = is_true(def, "unique");
	def->indexed = is_true(def, "indexed");
	if (field_types[def->type].indexed_column != NULL || (!def->unique && !def->indexed))
		return 0;
	which = def->unique ? "unique" : "indexed";
	return fail_at(rq, E_VALIDATION, at(rq, def->path, which),
	    "%s.%s: a field of type %s cannot be %s", def->path, which, field_types[def->type].name,
	    which);
}

static int
check_options_keys(struct rq *rq, const char *path, const struct json_object *options)
{
	json_object_object_foreach(options, name, value)
	{
		const char *where = at(rq, path, name);

		if (strcmp(name, "values") != 0 && strcmp(name, "choices") != 0)
			return fail_at(rq, E_VALIDATION, where,
			    "%s: unknown key; options have values or choices", where);
		if (!json_object_is_type(value, json_type_array))
			return fail_at(rq, E_VALIDATION, where, "%s: must be an array, not %s",
			    where, json_in_type_name(value));
		if (json_object_array_length(value) > CHOICES_MAX)
			return fail_at(rq, E_VALIDATION, where, "%s: must have at most %d entries",
			    where, CHOICES_MAX);
	}
	return 0;
}

/* A choice's value, which may be a number as well; NULL: something else. */
static const char *
choice_text(struct rq *rq, const struct json_object *value)
{
	const char *raw;
	double number;
	size_t len;

	if (!json_in_double(value, &number, NULL))
		return json_in_str(value);
	raw = json_in_raw(value, &len);
	return arena_strndup(rq->mem, raw, len);
}

static int
check_choice(struct rq *rq, const char *path, const struct json_object *choice)
{
	if (!json_object_is_type(choice, json_type_object))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be an object {\"value\",\"label\",\"color\",\"icon\"}", path);
	json_object_object_foreach(choice, name, value)
	{
		if (strcmp(name, "value") != 0 && strcmp(name, "label") != 0 &&
		    strcmp(name, "color") != 0 && strcmp(name, "icon") != 0)
			return fail_at(
			    rq, E_VALIDATION, at(rq, path, name), "%s.%s: unknown key", path, name);
		if (value != NULL && choice_text(rq, value) == NULL)
			return fail_at(rq, E_VALIDATION, at(rq, path, name),
			    "%s.%s: must be a string or a number", path, name);
	}
	if (json_in_get(choice, "value") == NULL)
		return fail_at(
		    rq, E_VALIDATION, at(rq, path, "value"), "%s.value: is required", path);
	return 0;
}

static int
check_options(struct rq *rq, const struct field_def *def)
{
	const struct json_object *options = json_in_get(def->json, "options"), *list;
	const char *path = at(rq, def->path, "options");
	size_t i;

	if (options == NULL)
		return 0;
	if (check_options_keys(rq, path, options) < 0)
		return -1;
	list = json_in_get(options, "values");
	for (i = 0; list != NULL && i < json_object_array_length(list); i++) {
		if (choice_text(rq, json_object_array_get_idx(list, i)) == NULL)
			return fail_at(rq, E_VALIDATION,
			    arena_printf(rq->mem, "%s.values[%zu]", path, i),
			    "%s.values[%zu]: must be a string or a number", path, i);
	}
	list = json_in_get(options, "choices");
	for (i = 0; list != NULL && i < json_object_array_length(list); i++) {
		if (check_choice(rq, arena_printf(rq->mem, "%s.choices[%zu]", path, i),
			json_object_array_get_idx(list, i)) < 0)
			return -1;
	}
	return 0;
}

static const struct field *
existing(const struct collection *c, const char *name)
{
	const struct field *f = c == NULL ? NULL : collection_field(c, name, strlen(name));

	return f == NULL || f->system ? NULL : f;
}

int
field_def_read(struct rq *rq, const struct collection *c, struct json_object *json,
    const char *path, struct field_def *def_r)
{
	const char *name;

	*def_r = (struct field_def){.path = path};
	if (!json_object_is_type(json, json_type_object))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be an object such as {\"name\":\"title\",\"type\":\"text\"}", path);
	if (check_keys(rq, path, json) < 0)
		return -1;
	name = json_in_str(json_in_get(json, "name"));
	if (name == NULL)
		return fail_at(
		    rq, E_VALIDATION, at(rq, path, "name"), "%s.name: is required", path);
	def_r->name = name;
	def_r->old = existing(c, name);
	if (merge(rq, json, def_r) < 0 || check_name(rq, def_r) < 0 || read_type(rq, def_r) < 0 ||
	    read_target(rq, def_r) < 0 || read_flags(rq, def_r) < 0)
		return -1;
	return check_options(rq, def_r);
}

/* The choices that values are held to: only a dropdown's. */
static void
take_choices(struct rq *rq, const struct field_def *def, struct field *f)
{
	const char *interface = json_in_str(json_in_get(def->json, "interface"));
	const struct json_object *options = json_in_get(def->json, "options"), *list;
	struct field_choice *choices;
	size_t i, n;

	if (interface == NULL || strcmp(interface, "dropdown") != 0 || options == NULL)
		return;
	list = json_in_get(options, "choices");
	if (list == NULL)
		list = json_in_get(options, "values");
	n = list == NULL ? 0 : json_object_array_length(list);
	choices = NEWV(rq->mem, struct field_choice, n);
	for (i = 0; i < n; i++) {
		const struct json_object *choice = json_object_array_get_idx(list, i);
		const struct json_object *value = json_in_get(choice, "value");

		choices[i].value = choice_text(rq, value != NULL ? value : choice);
		choices[i].label = json_in_str(json_in_get(choice, "label"));
	}
	f->choices = choices;
	f->nchoices = n;
}

static bool
is_scalar(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
	case FIELD_LONGTEXT:
	case FIELD_INTEGER:
	case FIELD_NUMBER:
	case FIELD_BOOLEAN:
	case FIELD_TIMESTAMP:
	case FIELD_UUID:
		return true;
	default:
		return false;
	}
}

/* A default is held to what any other value is. */
static int
check_default(struct rq *rq, const struct field_def *def, const struct field *f)
{
	const char *path = at(rq, def->path, "default");
	struct field_rule rule;
	struct bind bind;

	if (field_rule_parse(rq, f->type, f->validation, at(rq, def->path, "validation"), &rule) <
	    0)
		return -1;
	if (f->default_value == NULL)
		return 0;
	if (!is_scalar(f->type))
		return fail_at(rq, E_VALIDATION, path, "%s: a field of type %s has no default",
		    path, field_types[f->type].name);
	if (items_value(rq, f, f->default_value, &bind) == 0 &&
	    field_check(rq, f, &rule, f->default_value) == 0)
		return 0;
	rq->err.path = path;
	rq->err.message =
	    arena_printf(rq->mem, "%s: is no value for this field: %s", path, rq->err.message);
	return -1;
}

int
field_def_apply(struct rq *rq, const struct field_def *def, struct field *f_r)
{
	f_r->name = f_r->wire_name = def->name;
	f_r->type = def->type;
	f_r->kind = field_types[def->type].kind;
	f_r->required = def->required;
	f_r->unique = def->unique;
	f_r->indexed = def->indexed || def->type == FIELD_RELATION;
	f_r->to_slug = def->to;
	f_r->definition = def->json;
	f_r->definition_text = def->text;
	f_r->validation = json_in_get(def->json, "validation");
	f_r->default_value = json_in_get(def->json, "default");
	f_r->choices = NULL;
	f_r->nchoices = 0;
	take_choices(rq, def, f_r);
	return check_default(rq, def, f_r);
}

const char *
field_def_retarget(struct rq *rq, const char *text, const char *to)
{
	struct json_object *json;
	struct out out;

	if (json_in_parse(rq->mem, &rq->err, text, strlen(text), &json) < 0)
		return NULL;
	out_init(&out, rq->mem);
	out_object(&out);
	for (size_t i = 0; i < DEF_KEYS; i++) {
		const char *name = def_keys[i].name;

		if (strcmp(name, "to") == 0)
			out_kstr(&out, name, to);
		else
			copy_member(&out, name, json_in_get(json, name));
	}
	out_end(&out);
	return buf_text(&out.buf);
}
