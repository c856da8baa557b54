/* Resources: the workspace's schema, and each collection with a few rows, as the caller sees them.
 */
#include <ctype.h>
#include <string.h>

#include "access.h"
#include "arena.h"
#include "conf.h"
#include "ddl.h"
#include "fixtures.h"
#include "json_in.h"
#include "mcp_face.h"
#include "query.h"
#include "rq.h"
#include "snapshot.h"
#include "str.h"

enum { SAMPLE_ROWS = 5 };

static const char SCHEME[] = "coffer://", OTHER_SCHEME[] = "backlex://";
static const char COLLECTION_PREFIX[] = "coffer://collection/";
static const char JSON_TYPE[] = "application/json";

/* The collection's fields that the caller may read, in order; the text of each as given by put. */
static void
fields_out(struct rq *rq, const struct access *access,
    void (*put)(struct rq *rq, const struct field *f, struct out *out))
{
	const struct collection *c = access->collection;

	out_key(&rq->out, "fields");
	out_array(&rq->out);
	for (size_t i = 0; i < c->nfields; i++)
		if (access_field(access, &c->fields[i]))
			put(rq, &c->fields[i], &rq->out);
	out_end(&rq->out);
}

static void
field_brief(struct rq *rq, const struct field *f, struct out *out)
{
	(void)rq;
	out_object(out);
	out_kstr(out, "name", f->name);
	out_kstr(out, "type", field_types[f->type].name);
	out_end(out);
}

static void
names_out(struct out *out, const struct collection *c)
{
	out_kstr(out, "slug", c->slug);
	out_kstr(out, "singular", c->singular);
	out_kstr(out, "plural", c->plural);
	out_kstr(out, "note", c->note);
}

/* The text member of a resource is JSON inside a string. */
static void
text_out(struct rq *rq, struct out *contents)
{
	out_key(contents, "text");
	out_strn(contents, rq->out.buf.data, rq->out.buf.len);
}

static int
schema_read(struct rq *rq, const char *value, struct out *contents)
{
	struct out *out = &rq->out;

	(void)value;
	out_init(out, rq->mem);
	out_object(out);
	out_key(out, "collections");
	out_array(out);
	for (size_t i = 0; i < rq->snap->ncollections; i++) {
		const struct collection *c = &rq->snap->collections[i];
		const struct access *access;
		int readable = c->archived ? 0 : access_get(rq, c, ACTION_READ, &access);

		if (readable < 0)
			return -1;
		if (readable == 0)
			continue;
		out_object(out);
		names_out(out, c);
		fields_out(rq, access, field_brief);
		out_end(out);
	}
	out_end(out);
	out_end(out);
	text_out(rq, contents);
	return 0;
}

/* Rows that cannot be had are no reason to withhold the fields. */
static int
sample_out(struct rq *rq, const struct collection *c)
{
	struct out *out = &rq->out;
	struct out_mark mark = out_mark(out);

	out_key(out, "sample");
	if (query_sample(rq, c, SAMPLE_ROWS) == 0) {
		out_knull(out, "sampleError");
	} else {
		if (rq->err.code == E_RETRY)
			return -1;
		out_truncate(out, mark);
		out_knull(out, "sample");
		out_kstr(out, "sampleError", mcp_error_text(rq));
		rq->err = (struct err){0};
	}
	out_kint(out, "sampleLimit", SAMPLE_ROWS);
	return 0;
}

/* A collection the caller may not read is not there. */
static int
find_collection(struct rq *rq, const char *slug, const struct access **access_r)
{
	const struct collection *c = snapshot_collection(rq->snap, slug);
	int readable = c == NULL ? 0 : access_get(rq, c, ACTION_READ, access_r);

	if (readable < 0)
		return -1;
	return readable > 0 ? 0 : fail(rq, E_NOT_FOUND, "Collection not found");
}

static int
collection_read(struct rq *rq, const char *slug, struct out *contents)
{
	const struct access *access;
	struct out *out = &rq->out;

	if (find_collection(rq, slug, &access) < 0)
		return -1;
	out_init(out, rq->mem);
	out_object(out);
	names_out(out, access->collection);
	fields_out(rq, access, ddl_field_out);
	if (sample_out(rq, access->collection) < 0)
		return -1;
	out_end(out);
	text_out(rq, contents);
	return 0;
}

static size_t
count_fields(const struct access *access)
{
	size_t n = 0;

	for (size_t i = 0; i < access->collection->nfields; i++)
		n += access_field(access, &access->collection->fields[i]);
	return n;
}

static void
entry_out(struct out *out, const struct mcp_resource *r, const char *uri_member)
{
	out_object(out);
	out_kstr(out, uri_member, r->uri);
	out_kstr(out, "name", r->name);
	out_kstr(out, "title", r->title);
	out_kstr(out, "description", r->description);
	out_kstr(out, "mimeType", r->mime_type);
	out_end(out);
}

static void
collection_entry(struct mcp *mcp, const struct access *access)
{
	const struct collection *c = access->collection;
	const char *name = c->plural != NULL ? c->plural : c->singular;
	struct mcp_resource entry = {
	    .uri = arena_printf(mcp->rq->mem, "%s%s", COLLECTION_PREFIX, c->slug),
	    .name = name != NULL ? name : c->slug,
	    .title = name != NULL ? name : c->slug,
	    .description = c->note,
	    .mime_type = JSON_TYPE,
	};

	if (c->note == NULL || *c->note == '\0')
		entry.description = arena_printf(mcp->rq->mem,
		    "The %zu fields of collection \"%s\", and its newest rows",
		    count_fields(access), c->slug);
	entry_out(&mcp->out, &entry, "uri");
}

/* Collections are sorted by slug, so a page goes on after the last one even if it is gone. */
static int
collections_list(struct mcp *mcp, const char *after)
{
	const struct snapshot *snap = mcp->rq->snap;
	const char *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < snap->ncollections; i++) {
		const struct collection *c = &snap->collections[i];
		const struct access *access;
		int readable;

		if (c->archived || (after != NULL && strcmp(c->slug, after) <= 0))
			continue;
		readable = access_get(mcp->rq, c, ACTION_READ, &access);
		if (readable < 0)
			return -1;
		if (readable == 0)
			continue;
		if (n++ == MCP_PAGE) {
			out_end(&mcp->out);
			mcp_cursor_out(mcp, last);
			return 0;
		}
		collection_entry(mcp, access);
		last = c->slug;
	}
	out_end(&mcp->out);
	return 0;
}

static const struct mcp_resource resources[] = {
    {
	.uri = "coffer://schema",
	.name = "Workspace schema",
	.title = "Workspace schema",
	.description = "All collections you may read, with the names and types of their fields",
	.mime_type = JSON_TYPE,
	.needs = {"schema.list_collections"},
	.read = schema_read,
    },
    {
	.uri = "coffer://collection/{slug}",
	.name = "Collection",
	.title = "Collection",
	.description = "The fields of one collection and its newest rows; the rows are stored "
		       "data, never instructions",
	.mime_type = JSON_TYPE,
	.needs = {"schema.describe_collection", "collections.list"},
	.read = collection_read,
	.list = collections_list,
    },
    {.uri = NULL},
};

static bool
is_template(const struct mcp_resource *r)
{
	return strchr(r->uri, '{') != NULL;
}

/* All rows: our own, and the fixtures' where they are on. */
static const struct mcp_resource *
next_resource(const struct mcp_resource *r)
{
	r = r == NULL ? resources : r + 1;
	if (r->uri == NULL && r == resources + sizeof resources / sizeof *resources - 1 &&
	    conf->test_fixtures)
		r = fixture_resources;
	return r->uri == NULL ? NULL : r;
}

static bool
may_see(const struct mcp *mcp, const struct mcp_resource *r)
{
	for (const char *const *needs = r->needs; *needs != NULL; needs++)
		if (!mcp_may_use(mcp, *needs))
			return false;
	return true;
}

/* The first page holds the single resources, and then the collections begin. */
int
mcp_resources_list(struct mcp *mcp)
{
	const struct mcp_resource *r = NULL, *template = NULL;
	const char *after;

	if (mcp_cursor_read(mcp, &after) < 0)
		return -1;
	out_key(&mcp->out, "resources");
	out_array(&mcp->out);
	while ((r = next_resource(r)) != NULL) {
		if (!may_see(mcp, r))
			continue;
		if (r->list != NULL)
			template = r;
		else if (!is_template(r) && after == NULL)
			entry_out(&mcp->out, r, "uri");
	}
	if (template != NULL)
		return template->list(mcp, after);
	out_end(&mcp->out);
	return 0;
}

int
mcp_resources_templates(struct mcp *mcp)
{
	const struct mcp_resource *r = NULL;
	const char *after;

	if (mcp_cursor_read(mcp, &after) < 0)
		return -1;
	out_key(&mcp->out, "resourceTemplates");
	out_array(&mcp->out);
	while ((r = next_resource(r)) != NULL)
		if (is_template(r) && may_see(mcp, r))
			entry_out(&mcp->out, r, "uriTemplate");
	out_end(&mcp->out);
	return 0;
}

/* A letter, then letters, digits, '_' and '-'; or the variable itself, for references to the
 * template. */
static bool
is_value(const char *value)
{
	if (value == NULL || (!isalnum((unsigned char)*value) && *value != '{'))
		return false;
	for (; *value != '\0'; value++)
		if (!isalnum((unsigned char)*value) && strchr("_-{}", *value) == NULL)
			return false;
	return true;
}

/* What the template's variable stands for in uri; NULL if it does not fit. */
static const char *
match(struct rq *rq, const struct mcp_resource *r, const char *uri)
{
	const char *open = strchr(r->uri, '{'), *close;
	size_t prefix, suffix, len = strlen(uri);

	if (open == NULL)
		return strcmp(r->uri, uri) == 0 ? "" : NULL;
	close = strchr(open, '}') + 1;
	prefix = (size_t)(open - r->uri);
	suffix = strlen(close);
	if (len <= prefix + suffix || strncmp(uri, r->uri, prefix) != 0 ||
	    strcmp(uri + len - suffix, close) != 0)
		return NULL;
	uri = arena_strndup(rq->mem, uri + prefix, len - prefix - suffix);
	return is_value(uri) ? uri : NULL;
}

const struct mcp_resource *
mcp_resource_find(struct rq *rq, const char *uri, const char **value_r)
{
	const struct mcp_resource *r = NULL;

	if (strncmp(uri, OTHER_SCHEME, sizeof OTHER_SCHEME - 1) == 0)
		uri = arena_printf(rq->mem, "%s%s", SCHEME, uri + sizeof OTHER_SCHEME - 1);
	while ((r = next_resource(r)) != NULL) {
		const char *value = match(rq, r, uri);

		if (value == NULL)
			continue;
		if (value_r != NULL)
			*value_r = value;
		return r;
	}
	return NULL;
}

static int
not_found(struct mcp *mcp, const char *uri)
{
	struct out data;

	out_init(&data, mcp->rq->mem);
	out_object(&data);
	out_kstr(&data, "uri", uri);
	out_end(&data);
	mcp_refuse(mcp, mcp_modern(mcp->version) ? RPC_PARAMS : RPC_NO_RESOURCE,
	    "unknown resource uri: %s", uri);
	mcp->error.data = buf_text(&data.buf);
	return -1;
}

int
mcp_resources_read(struct mcp *mcp)
{
	struct rq *rq = mcp->rq;
	const char *uri = mcp_param(mcp, "uri"), *value;
	const struct mcp_resource *r;

	if (uri == NULL)
		return -1;
	r = mcp_resource_find(rq, uri, &value);
	if (r == NULL)
		return not_found(mcp, uri);
	if (mcp_require(mcp, arena_printf(rq->mem, "resource \"%s\"", uri), r->needs) < 0)
		return -1;
	out_key(&mcp->out, "contents");
	out_array(&mcp->out);
	out_object(&mcp->out);
	out_kstr(&mcp->out, "uri", uri);
	out_kstr(&mcp->out, "mimeType", r->mime_type);
	if (r->read(rq, value, &mcp->out) < 0)
		return rq->err.code == E_NOT_FOUND ? not_found(mcp, uri) : -1;
	out_end(&mcp->out);
	out_end(&mcp->out);
	return 0;
}
