/* GET /api/openapi.json: the REST interface, described by the same rows that serve it
 * (OpenAPI 3.1). */
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "message.h"
#include "router.h"
#include "rq.h"
#include "tool.h"

static bool
has_name(const char *path, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = strchr(path, '{'); p; p = strchr(p + 1, '{'))
		if (strncmp(p + 1, name, len) == 0 && p[len + 1] == '}')
			return true;
	return false;
}

/* The name in {braces} of the path that stands for an input, its own or its alias; NULL if none
 * does. */
static const char *
in_path(const char *path, const struct param *param)
{
	const char *names[] = {param->name, param->alias};

	for (int i = 0; i < 2; i++)
		if (names[i] && has_name(path, names[i]))
			return names[i];
	return NULL;
}

static bool
has_body(const struct tool *t)
{
	return strcmp(t->method, "GET") != 0 && strcmp(t->method, "DELETE") != 0;
}

static void
json_content(struct out *out)
{
	out_key(out, "content");
	out_object(out);
	out_key(out, "application/json");
	out_object(out);
	out_key(out, "schema");
}

static void
parameter(struct out *out, const struct tool *t, const struct param *p)
{
	const char *path = in_path(t->path, p);

	out_object(out);
	out_kstr(out, "name", path ? path : p->name);
	out_kstr(out, "in", path ? "path" : "query");
	out_kbool(out, "required", path || (p->flags & REQUIRED));
	if (p->doc)
		out_kstr(out, "description", p->doc);
	if (p->type == PARAM_JSON) {
		json_content(out);
		param_schema_of(out, p);
		out_end(out);
		out_end(out);
	} else {
		out_key(out, "schema");
		param_schema_of(out, p);
	}
	out_end(out);
}

static void
parameters(struct out *out, const struct tool *t)
{
	bool any = false;

	for (const struct param *p = t->params; p && p->name; p++) {
		if (has_body(t) && !in_path(t->path, p))
			continue;
		if (!any) {
			out_key(out, "parameters");
			out_array(out);
			any = true;
		}
		parameter(out, t, p);
	}
	if (any)
		out_end(out);
}

/* The body's members: every input that is not in the path. */
static void
body_object(struct out *out, const struct tool *t)
{
	bool required = false;

	out_object(out);
	out_kstr(out, "type", "object");
	out_key(out, "properties");
	out_object(out);
	for (const struct param *p = t->params; p && p->name; p++) {
		if (in_path(t->path, p) || p->flags & PARAM_ALL)
			continue;
		out_key(out, p->name);
		param_schema_of(out, p);
		required = required || p->flags & REQUIRED;
	}
	out_end(out);
	if (required) {
		out_key(out, "required");
		out_array(out);
		for (const struct param *p = t->params; p && p->name; p++)
			if (p->flags & REQUIRED && !in_path(t->path, p))
				out_str(out, p->name);
		out_end(out);
	}
	out_kbool(out, "additionalProperties", (t->flags & TOOL_OPEN) != 0);
	out_end(out);
}

static const struct param *
find_param(const struct tool *t, const char *name)
{
	for (const struct param *p = t->params; p && p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void
request_body(struct out *out, const struct tool *t)
{
	const struct param *whole = t->body ? find_param(t, t->body) : NULL;

	if (!has_body(t))
		return;
	out_key(out, "requestBody");
	out_object(out);
	json_content(out);
	if (whole)
		param_schema_of(out, whole);
	else
		body_object(out, t);
	out_end(out);
	out_end(out);
	out_end(out);
}

static void
success(struct out *out, const struct tool *t)
{
	const char *schema = t->rest_schema ? t->rest_schema : t->output_schema;

	if (!schema)
		schema = "{\"type\":\"object\"}";

	out_object(out);
	out_kstr(out, "description", t->title ? t->title : t->name);
	json_content(out);
	if (t->flags & TOOL_WRAP) {
		out_object(out);
		out_kstr(out, "type", "object");
		out_key(out, "properties");
		out_object(out);
		out_kraw(out, "data", schema);
		out_end(out);
		out_end(out);
	} else {
		out_raw(out, schema, strlen(schema));
	}
	out_end(out);
	out_end(out);
	out_end(out);
}

static void
reference(struct out *out, const char *to)
{
	out_object(out);
	out_kstr(out, "$ref", to);
	out_end(out);
}

static void
responses(struct out *out, const struct tool *t)
{
	char status[8];

	snprintf(status, sizeof status, "%d", t->status ? t->status : 200);
	out_key(out, "responses");
	out_object(out);
	out_key(out, status);
	success(out, t);
	out_key(out, "default");
	reference(out, "#/components/responses/Error");
	out_end(out);
}

static void
operation(struct out *out, const struct tool *t)
{
	size_t domain = strcspn(t->name, ".");
	char method[8];
	size_t i = 0;

	for (; t->method[i] && i < sizeof method - 1; i++)
		method[i] = (char)(t->method[i] | 0x20);
	method[i] = '\0';
	out_key(out, method);
	out_object(out);
	out_kstr(out, "operationId", t->name);
	out_key(out, "tags");
	out_array(out);
	out_strn(out, t->name, domain);
	out_end(out);
	out_kstr(out, "summary", t->title ? t->title : t->name);
	out_kstr(out, "description", t->description);
	parameters(out, t);
	request_body(out, t);
	responses(out, t);
	out_end(out);
}

/* The first row with a path writes all methods of that path. */
static bool
first_of_path(const struct tool *tool)
{
	for (const struct tool *t = tool_next(NULL); t != tool; t = tool_next(t))
		if (t->path && strcmp(t->path, tool->path) == 0)
			return false;
	return true;
}

static void
paths(struct out *out)
{
	out_key(out, "paths");
	out_object(out);
	for (const struct tool *t = tool_next(NULL); t; t = tool_next(t)) {
		if (!t->path || !first_of_path(t))
			continue;
		out_key(out, t->path);
		out_object(out);
		for (const struct tool *same = t; same; same = tool_next(same))
			if (same->path && strcmp(same->path, t->path) == 0)
				operation(out, same);
		out_end(out);
	}
	out_end(out);
}

static void
tags(struct out *out)
{
	const struct tool *last = NULL;

	out_key(out, "tags");
	out_array(out);
	for (const struct tool *t = tool_next(NULL); t; t = tool_next(t)) {
		size_t len = strcspn(t->name, ".");

		if (!t->path || (last && strncmp(last->name, t->name, len + 1) == 0))
			continue;
		last = t;
		out_object(out);
		out_key(out, "name");
		out_strn(out, t->name, len);
		out_end(out);
	}
	out_end(out);
}

static const char components[] =
    "{\"securitySchemes\":{"
    "\"key\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"An API key, pak_...\"},"
    "\"header\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"},"
    "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"coffer_session\"}},"
    "\"responses\":{\"Error\":{\"description\":\"What was wrong, and what to "
    "do.\",\"content\":{\"application/json\":{"
    "\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}},"
    "\"schemas\":{\"Error\":{\"type\":\"object\",\"required\":[\"error\",\"requestId\"],"
    "\"properties\":{"
    "\"error\":{\"type\":\"object\",\"required\":[\"code\",\"message\"],\"properties\":{\"code\":{"
    "\"type\":\"string\"},"
    "\"message\":{\"type\":\"string\"},\"details\":{\"type\":\"object\",\"properties\":{\"path\":{"
    "\"type\":\"string\"}}}}},"
    "\"requestId\":{\"type\":\"string\"}}}}}";

/* Where the routes hang: the configured address, or the base path alone. */
static void
servers(struct out *out)
{
	out_key(out, "servers");
	out_array(out);
	out_object(out);
	if (*conf->public_url) {
		out_key(out, "url");
		out_printf(out, "%s%s", conf->public_url, conf->base_path);
	} else {
		out_kstr(out, "url", *conf->base_path ? conf->base_path : "/");
	}
	out_end(out);
	out_end(out);
}

void
openapi_handle(struct rq *rq, const struct request *req, struct response *res)
{
	struct out out;

	if (strcmp(req->method, "GET") != 0 && strcmp(req->method, "HEAD") != 0) {
		fail(rq, E_METHOD_NOT_ALLOWED, "use GET");
		response_header(res, "Allow", "GET, HEAD");
		response_error(rq, res);
		return;
	}
	out_init(&out, rq->mem);
	out_object(&out);
	out_kstr(&out, "openapi", "3.1.0");
	out_key(&out, "info");
	out_object(&out);
	out_kstr(&out, "title", "coffer");
	out_kstr(&out, "version", PACKAGE_VERSION);
	out_kstr(&out, "description",
	    "The operations of this coffer instance: the same as its MCP tools, one route each.");
	out_kraw(&out, "contact", "{\"name\":\"Whoever runs this instance\"}");
	out_kraw(&out, "contact", "{\"name\":\"The operator of this instance\"}");
	out_end(&out);
	servers(&out);
	out_kraw(&out, "security", "[{\"key\":[]},{\"header\":[]},{\"session\":[]}]");
	tags(&out);
	paths(&out);
	out_kraw(&out, "components", components);
	out_end(&out);
	response_header(res, "Cache-Control", "public, max-age=300");
	buf_add(&res->body, out.buf.data, out.buf.len);
}
