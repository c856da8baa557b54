/* A collection as the API shows it. */
#include <string.h>

#include "access.h"
#include "caller.h"
#include "ddl.h"
#include "json_in.h"
#include "rq.h"

/* What a caller may know of the collection; NULL: everything. */
static const struct access *
knowledge(struct rq *rq, const struct collection *c)
{
	const struct access *access;

	if (rq->caller->is_admin)
		return NULL;
	access_get(rq, c, ACTION_READ, &access);
	return access;
}

static bool
is_shown(const struct access *access, const struct field *f)
{
	return access == NULL || access_field(access, f);
}

static bool
is_readable(struct rq *rq, const struct collection *c)
{
	const struct access *access;

	return c != NULL && access_get(rq, c, ACTION_READ, &access) > 0;
}

/* Without what names other fields and collections. */
static void
partial_definition_out(struct rq *rq, const struct field *f, struct out *out)
{
	out_object(out);
	json_object_object_foreach(f->definition, key, value)
	{
		size_t len;
		const char *raw = json_in_raw(value, &len);

		if (strcmp(key, "validation") == 0 || strcmp(key, "visibleWhen") == 0)
			continue;
		if (strcmp(key, "to") == 0 && !is_readable(rq, f->to))
			continue;
		out_key(out, key);
		out_raw(out, raw, len);
	}
	out_end(out);
}

void
ddl_field_out(struct rq *rq, const struct field *f, struct out *out)
{
	if (rq->caller->is_admin)
		out_raw(out, f->definition_text, strlen(f->definition_text));
	else
		partial_definition_out(rq, f, out);
}

static void
fields_out(struct rq *rq, const struct collection *c, const struct access *access)
{
	out_key(&rq->out, "fields");
	out_array(&rq->out);
	for (size_t i = 0; i < c->nfields; i++) {
		if (is_shown(access, &c->fields[i]))
			ddl_field_out(rq, &c->fields[i], &rq->out);
	}
	out_end(&rq->out);
}

static bool
index_is_shown(const struct access *access, const struct collection_index *index)
{
	for (size_t i = 0; i < index->nfields; i++) {
		if (!is_shown(access, index->fields[i]))
			return false;
	}
	return true;
}

static void
indexes_out(struct rq *rq, const struct collection *c, const struct access *access)
{
	struct out *out = &rq->out;

	out_key(out, "indexes");
	out_array(out);
	for (size_t i = 0; i < c->nindexes; i++) {
		const struct collection_index *index = &c->indexes[i];

		if (!index_is_shown(access, index))
			continue;
		out_object(out);
		out_key(out, "fields");
		out_array(out);
		for (size_t j = 0; j < index->nfields; j++)
			out_str(out, index->fields[j]->name);
		out_end(out);
		out_kbool(out, "unique", index->unique);
		out_end(out);
	}
	out_end(out);
}

void
ddl_collection_out(struct rq *rq, const struct collection *c)
{
	const struct access *access = knowledge(rq, c);
	struct out *out = &rq->out;

	out_object(out);
	out_kstr(out, "id", c->id);
	out_kstr(out, "slug", c->slug);
	out_kstr(out, "singular", c->singular);
	out_kstr(out, "plural", c->plural);
	out_kstr(out, "note", c->note);
	if (access == NULL)
		out_kstr(out, "displayTemplate", c->display_template);
	out_kbool(out, "ownerScoped", c->owner_scoped);
	out_kbool(out, "tenantScoped", c->tenant_scoped);
	out_kbool(out, "adopted", c->adopted);
	out_kbool(out, "versioned", c->versioned);
	out_kbool(out, "vectorize", c->vectorize);
	if (access == NULL) {
		out_kstr(out, "vectorizeModel", c->vectorize_model);
		out_kstr(out, "defaultSort", c->default_sort);
		out_kstr(out, "physicalTable", c->physical_table);
	}
	out_kstr(out, "status", c->archived ? "archived" : "active");
	out_kstr(out, "createdAt", c->created_at);
	out_kstr(out, "updatedAt", c->updated_at);
	fields_out(rq, c, access);
	indexes_out(rq, c, access);
	out_end(out);
}
