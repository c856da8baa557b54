/* One row from JSON to typed values, with everything checked that needs no look at other rows. */
#include <string.h>

#include "arena.h"
#include "field_check.h"
#include "items_value.h"
#include "items_write.h"
#include "json_in.h"
#include "query.h"
#include "rq.h"

enum { NAMES_SHOWN = 100 };

int
item_fail_in(struct item_writer *w, const struct item *item, const char *list, const char *key)
{
	struct err *err = &w->rq->err;

	if (err->path != NULL)
		return -1;
	if (strcmp(list, "data") == 0)
		err->path = arena_printf(w->rq->mem, "data.%s", key);
	else
		err->path = arena_printf(w->rq->mem, "%s[%zu].%s", list, item->place, key);
	return -1;
}

bool
item_may_know(const struct item_writer *w, const struct field *f)
{
	return access_field(w->write, f) || (w->read != NULL && access_field(w->read, f));
}

static const struct field *
find_field(const struct item_writer *w, const char *name)
{
	const struct field *f = collection_field(w->c, name, strlen(name));

	if (f == NULL || !item_may_know(w, f))
		return NULL;
	if (f == w->c->pk && w->c->adopted)
		return f;
	return f->system ? NULL : f;
}

static int
unknown_field(struct item_writer *w, const char *name)
{
	struct buf names;
	size_t n = 0;

	buf_init(&names, w->rq->mem);
	for (size_t i = 0; i < w->c->nfields && n < NAMES_SHOWN; i++) {
		if (access_field(w->write, &w->c->fields[i]))
			buf_printf(&names, "%s%s", n++ == 0 ? "" : ", ", w->c->fields[i].name);
	}
	return fail(w->rq, E_VALIDATION, "Unknown field \"%s\"; fields to write are: %s", name,
	    n == 0 ? "none" : buf_text(&names));
}

static void
give(struct item *item, const struct field *f, const struct json_object *value)
{
	bits_set(item->given, f->index);
	item->json[f->index] = value;
}

static int
take_keys(struct item_writer *w, const struct json_object *data, const char *list,
    struct item *item, const struct json_object **key_r)
{
	json_object_object_foreach(data, name, value)
	{
		const struct field *f = find_field(w, name);

		if (f == NULL) {
			unknown_field(w, name);
			return item_fail_in(w, item, list, name);
		}
		if (f == w->c->pk && f->system)
			*key_r = value;
		else
			give(item, f, value);
	}
	return 0;
}

static bool
is_missing(const struct item *item, const struct field *f, bool insert)
{
	if (bits_get(item->given, f->index))
		return item->json[f->index] == NULL;
	return insert && f->default_value == NULL;
}

static int
check_required(struct item_writer *w, const char *list, const struct item *item, bool insert)
{
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (!f->required || !is_missing(item, f, insert))
			continue;
		if (!item_may_know(w, f))
			return fail(w->rq, E_FORBIDDEN, "No permission to %s on \"%s\"",
			    action_names[w->write->action], w->c->slug);
		fail(w->rq, E_VALIDATION, "Field \"%s\" is required", f->name);
		return item_fail_in(w, item, list, f->name);
	}
	return 0;
}

static int
check_rights(struct item_writer *w, const char *list, const struct item *item)
{
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (!bits_get(item->given, f->index) || access_field(w->write, f))
			continue;
		fail(w->rq, E_FORBIDDEN, "No permission to write field \"%s\"", f->name);
		return item_fail_in(w, item, list, f->name);
	}
	return 0;
}

static int
decode_value(struct item_writer *w, const struct field *f, struct item *item)
{
	const struct json_object *value = item->json[f->index];
	const struct field_rule *rule;

	if (items_value(w->rq, f, value, &item->values[f->index]) < 0)
		return -1;
	if (f->validation == NULL && f->nchoices == 0)
		return 0;
	if (item_rule_get(w, f, &rule, NULL) < 0)
		return -1;
	return field_check(w->rq, f, rule, value);
}

static int
decode_values(struct item_writer *w, const char *list, struct item *item)
{
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (bits_get(item->given, f->index) && decode_value(w, f, item) < 0)
			return item_fail_in(w, item, list, f->name);
	}
	return 0;
}

static void
take_defaults(const struct item_writer *w, struct item *item)
{
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (f->default_value != NULL && !bits_get(item->given, f->index))
			give(item, f, f->default_value);
	}
}

static int
begin(struct item_writer *w, struct json_object *data, const char *list, struct item *item)
{
	const char *path = list;

	if (json_object_is_type(data, json_type_object)) {
		item->json = NEWV(w->rq->mem, const struct json_object *, w->c->nfields);
		item->values = NEWV(w->rq->mem, struct bind, w->c->nfields);
		return 0;
	}
	if (strcmp(list, "data") != 0)
		path = arena_printf(w->rq->mem, "%s[%zu]", list, item->place);
	return fail_at(w->rq, E_VALIDATION, path, "%s: must be an object of fields, not %s", path,
	    json_in_type_name(data));
}

/* The name of an adopted table's key, as callers write it. */
static const char *
key_name(const struct item_writer *w)
{
	const struct field *f = item_key_field(w->c);

	return f != NULL ? f->name : w->c->pk->name;
}

int
item_name(struct item_writer *w, const char *id, struct item *item)
{
	if (query_id(w->rq, w->c, id, &item->key) < 0)
		return -1;
	if (item->key.type == BIND_STR)
		item->id = item->key.s;
	else
		item->id = arena_printf(w->rq->mem, "%lld", (long long)item->key.i);
	return 0;
}

/* Adopted tables: the key is the caller's to give. */
static int
take_adopted_key(struct item_writer *w, const struct json_object *key, struct item *item)
{
	const struct field *f = item_key_field(w->c);
	const char *text;
	int64_t n;

	if (f != NULL && bits_get(item->given, f->index))
		key = item->json[f->index];
	text = json_in_str(key);
	if (key == NULL || (text != NULL && *text == '\0'))
		return fail(w->rq, E_VALIDATION,
		    "Primary key \"%s\" is required: this collection is an adopted table",
		    key_name(w));
	if (json_in_int(key, &n))
		text = arena_printf(w->rq->mem, "%lld", (long long)n);
	if (text == NULL || item_name(w, text, item) < 0) {
		w->rq->err = (struct err){0};
		return fail(
		    w->rq, E_VALIDATION, "%s: is not a value for this primary key", key_name(w));
	}
	if (f != NULL)
		item->given[f->index / 64] &= ~((uint64_t)1 << (f->index % 64));
	return 0;
}

static int
take_key(struct item_writer *w, const struct json_object *key, const char *list, struct item *item)
{
	char *id;

	if (w->c->adopted) {
		if (take_adopted_key(w, key, item) < 0)
			return item_fail_in(w, item, list, key_name(w));
		return 0;
	}
	id = arena_alloc(w->rq->mem, UUID_TEXT_SIZE);
	uuid_new(id);
	item->id = id;
	item->key = bind_str(id);
	return 0;
}

int
item_decode(struct item_writer *w, struct json_object *data, const char *list, struct item *item)
{
	const struct json_object *key = NULL;

	if (begin(w, data, list, item) < 0 || take_keys(w, data, list, item, &key) < 0 ||
	    check_required(w, list, item, true) < 0 || check_rights(w, list, item) < 0)
		return -1;
	take_defaults(w, item);
	if (decode_values(w, list, item) < 0 || take_key(w, key, list, item) < 0)
		return -1;
	return w->has_conditions ? item_conditions(w, list, item, NULL, 0) : 0;
}

static int
refuse_key_change(
    struct item_writer *w, const char *list, const struct json_object *key, const struct item *item)
{
	const struct field *f = item_key_field(w->c);

	if (key == NULL && (f == NULL || !bits_get(item->given, f->index)))
		return 0;
	fail(w->rq, E_VALIDATION, "%s: the primary key of a row cannot be changed", key_name(w));
	return item_fail_in(w, item, list, key_name(w));
}

int
item_decode_update(
    struct item_writer *w, struct json_object *data, const char *list, struct item *item)
{
	const struct json_object *key = NULL;

	if (begin(w, data, list, item) < 0 || take_keys(w, data, list, item, &key) < 0 ||
	    refuse_key_change(w, list, key, item) < 0)
		return -1;
	if (json_object_object_length(data) == 0)
		return fail_at(
		    w->rq, E_VALIDATION, list, "data: must hold at least one field to change");
	if (check_required(w, list, item, false) < 0 || check_rights(w, list, item) < 0)
		return -1;
	return decode_values(w, list, item);
}
