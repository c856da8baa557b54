/* schema.*: the shape of collections. */
#include <string.h>

#include "access.h"
#include "arena.h"
#include "caller.h"
#include "ddl.h"
#include "json_in.h"
#include "registry.h"
#include "rq.h"
#include "snapshot.h"
#include "tool.h"

struct list_in {
	bool include_archived;
};

static const struct param list_params[] = {
    PARAM(struct list_in, include_archived, "includeArchived", 0, .alias = "include_archived",
	.doc = "Archived collections too, for administrators. Default false."),
    PARAM_END,
};

/* What the caller may read decides whether a collection is listed; administrators see all. */
static int
is_listed(struct rq *rq, const struct collection *c, bool archived, size_t *fields_r)
{
	const struct access *access;
	int allowed;

	*fields_r = c->nfields;
	if (rq->caller->is_admin)
		return archived || !c->archived;
	allowed = c->archived ? 0 : access_get(rq, c, ACTION_READ, &access);
	if (allowed != 1)
		return allowed;
	*fields_r = 0;
	for (size_t i = 0; i < c->nfields; i++)
		*fields_r += access_field(access, &c->fields[i]);
	return 1;
}

static void
put_summary(struct out *out, const struct collection *c, size_t fields)
{
	out_object(out);
	out_kstr(out, "slug", c->slug);
	out_kstr(out, "singular", c->singular);
	out_kstr(out, "plural", c->plural);
	out_kstr(out, "note", c->note);
	out_kint(out, "fieldCount", (int64_t)fields);
	out_kbool(out, "ownerScoped", c->owner_scoped);
	out_kbool(out, "tenantScoped", c->tenant_scoped);
	out_kbool(out, "adopted", c->adopted);
	out_kbool(out, "versioned", c->versioned);
	out_kbool(out, "vectorize", c->vectorize);
	if (c->archived)
		out_kstr(out, "status", "archived");
	out_end(out);
}

static int
schema_list_collections(struct rq *rq, const void *args)
{
	const struct list_in *in = args;

	out_object(&rq->out);
	out_key(&rq->out, rq->face == FACE_REST ? "data" : "collections");
	out_array(&rq->out);
	for (size_t i = 0; i < rq->snap->ncollections; i++) {
		const struct collection *c = &rq->snap->collections[i];
		size_t fields;
		int listed = is_listed(rq, c, in->include_archived, &fields);

		if (listed < 0)
			return -1;
		if (listed)
			put_summary(&rq->out, c, fields);
	}
	out_end(&rq->out);
	out_end(&rq->out);
	return 0;
}

struct describe_in {
	const char *collection;
};

static const struct param describe_params[] = {
    PARAM(struct describe_in, collection, "collection", REQUIRED, .min = 1, .max = 64,
	.alias = "slug", .doc = "Slug of the collection; schema.list_collections names them."),
    PARAM_END,
};

static int
schema_describe_collection(struct rq *rq, const void *args)
{
	const struct describe_in *in = args;
	const struct access *access;

	if (access_require(rq, in->collection, ACTION_READ, &access) < 0)
		return -1;
	ddl_collection_out(rq, access->collection);
	return 0;
}

/* Read from the answer itself, which may be one that was given before (idempotency keys). */
static const char *
answered_slug(struct rq *rq)
{
	const struct buf *answer = &rq->out.buf;
	struct json_object *root = NULL, *data;
	struct err ignored = {0};

	json_in_parse(rq->mem, &ignored, answer->data, answer->len, &root);
	data = json_in_get(root, "data");
	return json_in_str(json_in_get(data ? data : root, "slug"));
}

/* A resource link to the collection the answer is about. */
static void
link_collection(struct rq *rq, struct out *content)
{
	const char *slug = answered_slug(rq);

	out_object(content);
	out_kstr(content, "type", "resource_link");
	out_kstr(content, "uri", arena_printf(rq->mem, "coffer://collection/%s", slug));
	out_kstr(content, "name", slug);
	out_kstr(content, "description", "Fields of the collection and its newest rows.");
	out_kstr(content, "mimeType", "application/json");
	out_end(content);
}

#define OR_NULL(type) "{\"type\":[\"" type "\",\"null\"]}"
#define FLAG          OR_NULL("boolean")
#define TEXT          OR_NULL("string")

static const char fields_schema[] =
    "{\"type\":\"array\",\"description\":\"Fields in order. type: text (up to 255 characters), "
    "longtext, integer, number, boolean, json, timestamp, uuid, relation and relation_many (with "
    "to), file, i18n_text. unique and indexed speed up filters; indexed text holds up to 191 "
    "characters. null takes a rule away.\",\"items\":{\"type\":\"object\","
    "\"required\":[\"name\",\"type\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"description\":\"Lower-case letters, digits and _, "
    "beginning with a letter\"},"
    "\"type\":{\"type\":\"string\",\"enum\":[\"text\",\"longtext\",\"integer\",\"number\","
    "\"boolean\",\"json\",\"timestamp\",\"uuid\",\"relation\",\"relation_many\",\"file\","
    "\"i18n_text\"]},"
    "\"required\":" FLAG ",\"unique\":" FLAG ",\"indexed\":" FLAG ","
    "\"to\":{\"type\":[\"string\",\"null\"],\"description\":\"Slug of the target of a "
    "relation\"},"
    "\"default\":{\"description\":\"For scalar types\"},"
    "\"interface\":{\"type\":[\"string\",\"null\"],\"description\":\"dropdown allows only the "
    "values in options.choices\"},"
    "\"options\":" OR_NULL("object") ","
				     "\"validation\":{\"type\":[\"object\",\"null\"],"
				     "\"description\":\"min, max, minLength, "
				     "maxLength, regex, format (email, url), integer, minDate, "
				     "maxDate, minSelect, maxSelect, rule, "
				     "message, severity\"},"
				     "\"visibleWhen\":" OR_NULL(
					 "object") ",\"group\":" TEXT ",\"vectorize\":" FLAG ","
						   "\"label\":" TEXT ",\"description\":" TEXT
						   "},\"additionalProperties\":false}}";

#undef OR_NULL
#undef FLAG
#undef TEXT

static const char indexes_schema[] = "{\"type\":\"array\",\"description\":\"Indexes over several "
				     "fields, for filters and sorts that are used often: equality "
				     "fields first, then the sort. The list replaces the one "
				     "before.\",\"items\":{\"type\":\"object\",\"required\":["
				     "\"fields\"],\"properties\":{\"fields\":{\"type\":\"array\","
				     "\"items\":{\"type\":\"string\"}},\"unique\":{\"type\":"
				     "\"boolean\"}},\"additionalProperties\":false}}";

#define IN struct ddl_collection_in

#define TEXT_PARAMS                                                                                \
	PARAM(IN, singular, "singular", PARAM_NULLABLE, .max = 120,                                \
	    .given_offset = offsetof(IN, singular_given), .doc = "What one row is called."),       \
	    PARAM(IN, plural, "plural", PARAM_NULLABLE, .max = 120,                                \
		.given_offset = offsetof(IN, plural_given), .doc = "What the rows are called."),   \
	    PARAM(IN, note, "note", PARAM_NULLABLE, .max = 4000,                                   \
		.given_offset = offsetof(IN, note_given),                                          \
		.doc = "What the collection is for; shown wherever it is listed."),                \
	    PARAM(IN, default_sort, "defaultSort", PARAM_NULLABLE, .max = 255,                     \
		.given_offset = offsetof(IN, default_sort_given),                                  \
		.doc = "Sort where a call names none, such as -published_at."),                    \
	    PARAM(IN, vectorize_model, "vectorizeModel", PARAM_NULLABLE, .max = 64,                \
		.given_offset = offsetof(IN, vectorize_model_given),                               \
		.doc = "Embedding model for vectorize."),                                          \
	    PARAM(IN, owner_scoped, "ownerScoped", 0,                                              \
		.doc = "Rows belong to who made them; the role authenticated is given its own "    \
		       "rows."),                                                                   \
	    PARAM(IN, versioned, "versioned", 0, .doc = "Keep a revision of every change."),       \
	    PARAM(IN, vectorize, "vectorize", 0,                                                   \
		.doc = "Keep embeddings of the fields marked vectorize."),                         \
	    PARAM(IN, indexes, "indexes", 0, .type_name = "array", .schema = indexes_schema),      \
	    PARAM(IN, display_template, "displayTemplate", PARAM_REST_ONLY | PARAM_NULLABLE,       \
		.max = 500, .given_offset = offsetof(IN, display_template_given),                  \
		.doc = "How a row is named for people.")

static const struct param create_params[] = {
    PARAM(IN, slug, "slug", REQUIRED, .min = 1, .max = 64,
	.doc = "Name used in calls: lower-case letters, digits and _, beginning with a letter."),
    PARAM(IN, fields, "fields", REQUIRED, .type_name = "array", .schema = fields_schema),
    TEXT_PARAMS,
    PARAM(IN, tenant_scoped, "tenantScoped", 0,
	.doc = "Kept for compatibility; every collection belongs to one workspace."),
    PARAM(IN, adopted, "adopted", 0,
	.doc = "Take an existing table of the database as it is; for instance operators."),
    PARAM(IN, physical_table, "physicalTable", 0, .max = 64, .doc = "The table to adopt."),
    PARAM(IN, pk_column, "pkColumn", PARAM_REST_ONLY, .max = 64,
	.doc = "Its primary key; default: found."),
    PARAM(IN, created_at_column, "createdAtColumn", PARAM_REST_ONLY, .max = 64,
	.doc = "Its column for the time of creation."),
    PARAM(IN, updated_at_column, "updatedAtColumn", PARAM_REST_ONLY, .max = 64,
	.doc = "Its column for the time of change."),
    PARAM(IN, owner_id_column, "ownerIdColumn", PARAM_REST_ONLY, .max = 64,
	.doc = "Its column for the owner's user id."),
    PARAM_END,
};

static int
schema_create_collection(struct rq *rq, const void *args)
{
	const struct ddl_collection_in *in = args;

	return ddl_create(rq, in);
}

static const struct param update_params[] = {
    PARAM(IN, slug, "slug", REQUIRED, .min = 1, .max = 64, .doc = "Slug of the collection."),
    PARAM(IN, fields, "fields", 0, .type_name = "array", .schema = fields_schema),
    TEXT_PARAMS,
    PARAM(IN, new_slug, "newSlug", PARAM_REST_ONLY, .min = 1, .max = 64, .doc = "Rename it."),
    PARAM_END,
};

static int
schema_update_collection(struct rq *rq, const void *args)
{
	return ddl_update(rq, args);
}

struct slug_in {
	const char *slug;
};

static const struct param slug_params[] = {
    PARAM(struct slug_in, slug, "slug", REQUIRED, .min = 1, .max = 64, .alias = "collection",
	.doc = "Slug of the collection."),
    PARAM_END,
};

static int
schema_drop_collection(struct rq *rq, const void *args)
{
	const struct slug_in *in = args;

	return ddl_drop(rq, in->slug);
}

static int
schema_restore_collection(struct rq *rq, const void *args)
{
	const struct slug_in *in = args;

	return ddl_restore(rq, in->slug);
}

struct field_in {
	const char *slug, *name;
};

static const struct param field_params[] = {
    PARAM(struct field_in, slug, "slug", REQUIRED, .min = 1, .max = 64,
	.doc = "Slug of the collection."),
    PARAM(
	struct field_in, name, "name", REQUIRED, .min = 1, .max = 64, .doc = "Name of the field."),
    PARAM_END,
};

static int
schema_drop_field(struct rq *rq, const void *args)
{
	const struct field_in *in = args;

	return ddl_drop_field(rq, in->slug, in->name);
}

#define LIST_OUTPUT(member)                                                                        \
	"{\"type\":\"object\",\"properties\":{\"" member                                           \
	"\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"                   \
	"\"slug\":{\"type\":\"string\"},\"singular\":{\"type\":[\"string\",\"null\"]},"            \
	"\"plural\":{\"type\":[\"string\",\"null\"]},\"note\":{\"type\":[\"string\",\"null\"]},"   \
	"\"fieldCount\":{\"type\":\"integer\"},\"ownerScoped\":{\"type\":\"boolean\"},"            \
	"\"tenantScoped\":{\"type\":\"boolean\"},\"adopted\":{\"type\":\"boolean\"},"              \
	"\"versioned\":{\"type\":\"boolean\"},\"vectorize\":{\"type\":\"boolean\"}},"              \
	"\"required\":[\"slug\",\"fieldCount\"]}}},\"required\":[\"" member "\"]}"

static const char describe_output[] =
    "{\"type\":\"object\",\"properties\":{\"slug\":{\"type\":\"string\"},\"singular\":{\"type\":["
    "\"string\",\"null\"]},"
    "\"plural\":{\"type\":[\"string\",\"null\"]},\"note\":{\"type\":[\"string\",\"null\"]},"
    "\"ownerScoped\":{\"type\":"
    "\"boolean\"},\"tenantScoped\":{\"type\":\"boolean\"},\"adopted\":{\"type\":\"boolean\"},"
    "\"versioned\":{\"type\":"
    "\"boolean\"},\"vectorize\":{\"type\":\"boolean\"},\"fields\":{\"type\":\"array\",\"items\":{"
    "\"type\":\"object\","
    "\"properties\":{\"name\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"}},\"required\":["
    "\"name\",\"type\"]}}},"
    "\"required\":[\"fields\"]}";

enum { CHANGES = TOOL_ADMIN | TOOL_CONFIG | TOOL_JOURNAL | TOOL_SCHEMA };

const struct tool schema_tools[] = {
    {
	.name = "schema.list_collections",
	.title = "List collections",
	.description = "List the collections the caller may read, with their notes and numbers of "
		       "fields. The place to start.",
	.kind = TOOL_READ,
	.flags = TOOL_USER,
	.params = list_params,
	.run = schema_list_collections,
	.output_schema = LIST_OUTPUT("collections"),
	.rest_schema = LIST_OUTPUT("data"),
	.method = "GET",
	.path = "/api/collections",
    },
    {
	.name = "schema.describe_collection",
	.title = "Describe a collection",
	.description = "Describe one collection: its fields in order with types, rules and "
		       "relations, and its indexes.",
	.kind = TOOL_READ,
	.flags = TOOL_USER | TOOL_WRAP,
	.params = describe_params,
	.run = schema_describe_collection,
	.output_schema = describe_output,
	.content = link_collection,
	.method = "GET",
	.path = "/api/collections/{slug}",
    },
    {
	.name = "schema.create_collection",
	.title = "Create a collection",
	.description = "Create a typed collection: a table with one column per field. Relations "
		       "name the slug of their target.",
	.kind = TOOL_WRITE,
	.flags = CHANGES,
	.params = create_params,
	.run = schema_create_collection,
	.content = link_collection,
	.method = "POST",
	.path = "/api/collections",
	.status = 201,
    },
    {
	.name = "schema.update_collection",
	.title = "Change a collection",
	.description = "Change a collection: fields that are new in the list are added, known ones "
		       "change their rules; fields left "
		       "out stay. Types never change.",
	.kind = TOOL_WRITE,
	.flags = CHANGES,
	.params = update_params,
	.run = schema_update_collection,
	.method = "PATCH",
	.path = "/api/collections/{slug}",
    },
    {
	.name = "schema.drop_collection",
	.title = "Drop a collection",
	.description = "Drop a collection with all its rows, for good. An adopted table is only "
		       "put out of sight and stays as it is.",
	.kind = TOOL_DESTRUCT,
	.flags = CHANGES,
	.params = slug_params,
	.run = schema_drop_collection,
	.method = "DELETE",
	.path = "/api/collections/{slug}",
    },
    {
	.name = "schema.restore_collection",
	.title = "Restore a collection",
	.description = "Bring an archived collection back.",
	.kind = TOOL_WRITE,
	.flags = CHANGES | TOOL_REST_ONLY,
	.params = slug_params,
	.run = schema_restore_collection,
	.method = "POST",
	.path = "/api/collections/{slug}/restore",
    },
    {
	.name = "schema.drop_field",
	.title = "Drop a field",
	.description = "Drop a field of a collection with all its values, for good.",
	.kind = TOOL_DESTRUCT,
	.flags = CHANGES | TOOL_REST_ONLY,
	.params = field_params,
	.run = schema_drop_field,
	.method = "DELETE",
	.path = "/api/collections/{slug}/fields/{name}",
    },
    TOOL_END,
};
