/* Composite indexes: the list a caller declares against the list that is there. */
#include <string.h>

#include "arena.h"
#include "ddl.h"
#include "ddl_plan.h"
#include "json_in.h"
#include "out.h"
#include "rq.h"

static int
read_flag(struct ddl_plan *plan, const char *path, const struct json_object *json,
    struct collection_index *index)
{
	struct rq *rq = plan->rq;

	if (!json_object_is_type(json, json_type_object))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be an object such as {\"fields\":[\"status\",\"created_at\"]}", path);
	json_object_object_foreach(json, name, value)
	{
		if (strcmp(name, "fields") == 0)
			continue;
		if (strcmp(name, "unique") != 0)
			return fail_at(rq, E_VALIDATION, path,
			    "%s.%s: unknown key; an index has fields and unique", path, name);
		if (value != NULL && !json_object_is_type(value, json_type_boolean))
			return fail_at(
			    rq, E_VALIDATION, path, "%s.unique: must be true or false", path);
		index->unique = json_object_get_boolean(value);
	}
	return 0;
}

static const struct field *
index_field(struct ddl_plan *plan, const char *path, const char *name)
{
	const struct field *f =
	    name == NULL ? NULL : collection_field(&plan->c, name, strlen(name));

	if (f == NULL) {
		fail_at(plan->rq, E_VALIDATION, path, "%s: there is no field \"%s\"", path,
		    name == NULL ? "" : name);
		return NULL;
	}
	if (field_types[f->type].indexed_column == NULL) {
		fail_at(plan->rq, E_VALIDATION, path, "%s: a field of type %s cannot be indexed",
		    path, field_types[f->type].name);
		return NULL;
	}
	return f;
}

static int
read_fields(struct ddl_plan *plan, const char *at, const struct json_object *list,
    struct collection_index *index)
{
	struct rq *rq = plan->rq;
	const char *path = arena_printf(rq->mem, "%s.fields", at);
	size_t i, j, n;

	n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	if (n == 0 || n > DDL_INDEX_FIELDS_MAX)
		return fail_at(rq, E_VALIDATION, path,
		    "%s: must be an array of 1 to %d field names", path, DDL_INDEX_FIELDS_MAX);
	index->nfields = n;
	index->fields = NEWV(rq->mem, const struct field *, n);
	for (i = 0; i < n; i++) {
		const char *name = json_in_str(json_object_array_get_idx(list, i));

		index->fields[i] = index_field(plan, path, name);
		if (index->fields[i] == NULL)
			return -1;
		for (j = 0; j < i; j++) {
			if (index->fields[j] == index->fields[i])
				return fail_at(rq, E_VALIDATION, path, "%s: \"%s\" is there twice",
				    path, name);
		}
	}
	return 0;
}

/* The same fields in the same order: by name, because the collections may be two states of one. */
static bool
is_same(const struct collection_index *a, const struct collection_index *b)
{
	if (a->unique != b->unique || a->nfields != b->nfields)
		return false;
	for (size_t i = 0; i < a->nfields; i++) {
		if (strcmp(a->fields[i]->name, b->fields[i]->name) != 0)
			return false;
	}
	return true;
}

static void
number(struct ddl_plan *plan, struct collection_index *index)
{
	for (size_t i = 0; plan->old != NULL && i < plan->old->nindexes; i++) {
		if (is_same(index, &plan->old->indexes[i])) {
			index->no = plan->old->indexes[i].no;
			return;
		}
	}
	index->no = ++plan->last_index_no;
}

static int
read_index(struct ddl_plan *plan, size_t i)
{
	struct rq *rq = plan->rq;
	struct json_object *json = json_object_array_get_idx(plan->in->indexes, i);
	struct collection_index *index = &plan->indexes[i];
	const char *path = arena_printf(rq->mem, "indexes[%zu]", i);

	if (read_flag(plan, path, json, index) < 0 ||
	    read_fields(plan, path, json_in_get(json, "fields"), index) < 0)
		return -1;
	for (size_t j = 0; j < i; j++) {
		if (is_same(&plan->indexes[j], index))
			return fail_at(
			    rq, E_VALIDATION, path, "%s: the same index is there twice", path);
	}
	number(plan, index);
	return 0;
}

static int
read_list(struct ddl_plan *plan)
{
	const struct json_object *list = plan->in->indexes;
	struct rq *rq = plan->rq;
	size_t i, n;

	if (!json_object_is_type(list, json_type_array))
		return fail_at(rq, E_VALIDATION, "indexes", "indexes: must be an array, not %s",
		    json_in_type_name(list));
	n = json_object_array_length(list);
	if (n > 0 && plan->c.adopted)
		return fail_at(rq, E_VALIDATION, "indexes",
		    "indexes: an adopted table keeps the indexes it has");
	if (n > DDL_INDEXES_MAX)
		return fail_at(rq, E_VALIDATION, "indexes",
		    "indexes: a collection has at most %d indexes, not %zu", DDL_INDEXES_MAX, n);
	plan->indexes = NEWV(rq->mem, struct collection_index, n);
	for (i = 0; i < n; i++) {
		if (read_index(plan, i) < 0)
			return -1;
	}
	plan->c.nindexes = n;
	return 0;
}

/* The indexes that are there, over the fields as they will be. */
static void
keep_list(struct ddl_plan *plan)
{
	const struct collection *old = plan->old;
	size_t i, j;

	if (old == NULL)
		return;
	plan->indexes = NEWV(plan->rq->mem, struct collection_index, old->nindexes);
	for (i = 0; i < old->nindexes; i++) {
		struct collection_index *index = &plan->indexes[i];

		*index = old->indexes[i];
		index->fields = NEWV(plan->rq->mem, const struct field *, index->nfields);
		for (j = 0; j < index->nfields; j++) {
			const char *name = old->indexes[i].fields[j]->name;

			index->fields[j] = collection_field(&plan->c, name, strlen(name));
		}
	}
}

int
ddl_plan_indexes(struct ddl_plan *plan)
{
	struct collection *c = &plan->c;
	size_t i, n;

	if (plan->in->indexes == NULL)
		keep_list(plan);
	else if (read_list(plan) < 0)
		return -1;
	c->indexes = plan->indexes;
	n = c->nindexes;
	for (i = 0; i < c->nfields; i++)
		n += c->fields[i].indexed || c->fields[i].unique;
	if (n > DDL_INDEXES_MAX)
		return fail_at(plan->rq, E_VALIDATION, "fields",
		    "a collection has at most %d indexes (indexed and unique fields, relations, "
		    "composite ones), this would make %zu",
		    DDL_INDEXES_MAX, n);
	return 0;
}

const char *
ddl_index_text(const struct ddl_plan *plan)
{
	struct out out;

	if (plan->c.nindexes == 0)
		return NULL;
	out_init(&out, plan->rq->mem);
	out_array(&out);
	for (size_t i = 0; i < plan->c.nindexes; i++) {
		const struct collection_index *index = &plan->c.indexes[i];

		out_object(&out);
		out_kint(&out, "no", index->no);
		out_kbool(&out, "unique", index->unique);
		out_key(&out, "fields");
		out_array(&out);
		for (size_t j = 0; j < index->nfields; j++)
			out_str(&out, index->fields[j]->system ? index->fields[j]->name
							       : index->fields[j]->id);
		out_end(&out);
		out_end(&out);
	}
	out_end(&out);
	return buf_text(&out.buf);
}
