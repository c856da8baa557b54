/* tools/list and tools/call. */
#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "caller.h"
#include "conf.h"
#include "json_in.h"
#include "mcp_face.h"
#include "message.h"
#include "param.h"
#include "rq.h"
#include "tool.h"

enum { NAME_DOTTED, NAME_FLAT, NAME__MAX };

/* An argument that the client repeats in a header (x-mcp-header in the schema). */
struct mirrored {
	const char *argument;
	const char *header;   /* Mcp-Param-Region */
	const char *cgi_name; /* HTTP_MCP_PARAM_REGION */
};

/* A tool as tools/list shows it. */
struct descriptor {
	const struct tool *tool;
	const char *json[NAME__MAX];
	size_t len[NAME__MAX];
	size_t nmirrored;
	struct mirrored *mirrored;
};

/* Rendered once per process: the rows of the registry do not change while it runs. */
static struct {
	struct arena *mem;
	bool fixtures;
	size_t n;
	struct descriptor *rows;
} rendered;

static void
annotations_out(struct out *out, const struct tool *tool)
{
	out_key(out, "annotations");
	out_object(out);
	if (tool->title != NULL)
		out_kstr(out, "title", tool->title);
	out_kbool(out, "readOnlyHint", tool->kind == TOOL_READ);
	out_kbool(out, "destructiveHint", tool->kind == TOOL_DESTRUCT);
	out_kbool(out, "idempotentHint", tool->kind == TOOL_READ || tool->flags & TOOL_IDEMPOTENT);
	out_kbool(out, "openWorldHint", false);
	out_end(out);
}

static const char *
wire_name(struct arena *mem, const char *name, int spelling)
{
	char *text = arena_strdup(mem, name);

	if (spelling == NAME_FLAT)
		for (char *dot = strchr(text, '.'); dot != NULL; dot = strchr(dot, '.'))
			*dot = '-';
	return text;
}

static const char *
input_schema(struct arena *mem, const struct tool *tool)
{
	struct out out;

	if (tool->input_schema != NULL)
		return tool->input_schema;
	out_init(&out, mem);
	param_schema(&out, tool->params, tool->flags & TOOL_OPEN);
	return buf_text(&out.buf);
}

static void
render(struct descriptor *d, int spelling, const char *schema)
{
	const struct tool *tool = d->tool;
	struct out out;

	out_init(&out, rendered.mem);
	out_object(&out);
	out_kstr(&out, "name", wire_name(rendered.mem, tool->name, spelling));
	if (tool->title != NULL)
		out_kstr(&out, "title", tool->title);
	out_kstr(&out, "description", tool->description);
	out_kraw(&out, "inputSchema", schema);
	if (tool->output_schema != NULL)
		out_kraw(&out, "outputSchema", tool->output_schema);
	annotations_out(&out, tool);
	out_kstr(&out, "kind", tool_kind_names[tool->kind]);
	if (tool->flags & TOOL_ADMIN_ONLY)
		out_kbool(&out, "adminOnly", true);
	out_end(&out);
	d->json[spelling] = buf_text(&out.buf);
	d->len[spelling] = out.buf.len;
}

static void
add_mirrored(struct descriptor *d, const char *argument, const char *header)
{
	struct mirrored *m = &d->mirrored[d->nmirrored++];
	char *cgi = arena_printf(rendered.mem, "HTTP_MCP_PARAM_%s", header);

	for (char *p = cgi; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	m->argument = arena_strdup(rendered.mem, argument);
	m->header = arena_printf(rendered.mem, "Mcp-Param-%s", header);
	m->cgi_name = cgi;
}

static void
find_mirrored(struct descriptor *d, const char *schema)
{
	struct json_object *root = NULL;
	struct json_object *properties;
	struct err err = {0};

	if (strstr(schema, "x-mcp-header") == NULL ||
	    json_in_parse(rendered.mem, &err, schema, strlen(schema), &root) < 0)
		return;
	properties = json_in_get(root, "properties");
	d->mirrored = NEWV(rendered.mem, struct mirrored, json_object_object_length(properties));
	json_object_object_foreach(properties, name, property)
	{
		const char *header = json_in_str(json_in_get(property, "x-mcp-header"));

		if (header != NULL)
			add_mirrored(d, name, header);
	}
}

static bool
is_mcp(const struct tool *tool)
{
	return !(tool->flags & TOOL_REST_ONLY);
}

static void
render_all(void)
{
	const struct tool *tool = NULL;
	size_t n = 0;

	if (rendered.mem != NULL && rendered.fixtures == conf->test_fixtures)
		return;
	arena_free(&rendered.mem);
	rendered.mem = arena_new();
	rendered.fixtures = conf->test_fixtures;
	rendered.n = 0;
	while ((tool = tool_next(tool)) != NULL)
		n += is_mcp(tool);
	rendered.rows = NEWV(rendered.mem, struct descriptor, n);
	while ((tool = tool_next(tool)) != NULL) {
		struct descriptor *d = &rendered.rows[rendered.n];
		const char *schema;

		if (!is_mcp(tool))
			continue;
		d->tool = tool;
		schema = input_schema(rendered.mem, tool);
		for (int spelling = 0; spelling < NAME__MAX; spelling++)
			render(d, spelling, schema);
		find_mirrored(d, schema);
		rendered.n++;
	}
}

/* NULL if MCP does not serve it. */
static const struct descriptor *
find(const char *name)
{
	const struct tool *tool = tool_find(name);

	render_all();
	for (size_t i = 0; tool != NULL && i < rendered.n; i++)
		if (rendered.rows[i].tool == tool)
			return &rendered.rows[i];
	return NULL;
}

int
mcp_tools_list(struct mcp *mcp)
{
	int spelling = mcp->flat_names ? NAME_FLAT : NAME_DOTTED;
	const struct descriptor *d, *last = NULL, *end;
	const char *after;
	size_t n = 0;

	if (mcp_cursor_read(mcp, &after) < 0)
		return -1;
	render_all();
	d = rendered.rows;
	end = rendered.rows + rendered.n;
	if (after != NULL && (last = find(after)) == NULL)
		return mcp_refuse(
		    mcp, RPC_PARAMS, "the list has changed; start again without params.cursor");
	if (last != NULL)
		d = last + 1;
	out_key(&mcp->out, "tools");
	out_array(&mcp->out);
	for (; d < end && n < MCP_PAGE; d++) {
		if (!tool_listed(mcp->rq, d->tool, mcp->toolset))
			continue;
		out_raw(&mcp->out, d->json[spelling], d->len[spelling]);
		last = d;
		n++;
	}
	out_end(&mcp->out);
	while (d < end && !tool_listed(mcp->rq, d->tool, mcp->toolset))
		d++;
	if (d < end)
		mcp_cursor_out(mcp, last->tool->name);
	return 0;
}

static int
check_mirrored(struct mcp *mcp, const struct descriptor *d, const struct json_object *arguments)
{
	const struct request *req = mcp->req;

	if (!mcp_modern(mcp->version))
		return 0;
	for (size_t i = 0; i < d->nmirrored; i++) {
		const struct mirrored *m = &d->mirrored[i];

		if (mcp_param_mirrors(mcp->rq->mem, m->header, req->header(req, m->cgi_name),
			json_in_get(arguments, m->argument), &mcp->error) < 0)
			return -1;
	}
	return 0;
}

/* The key that makes a write safe to repeat: the message's own, or the header. */
static int
read_idempotency_key(struct mcp *mcp, struct call *call)
{
	const struct json_object *node = mcp_meta(mcp->msg.params, "coffer/idempotencyKey");

	call->idempotency_key = json_in_str(node);
	if (node != NULL && call->idempotency_key == NULL)
		return mcp_refuse(
		    mcp, RPC_PARAMS, "params._meta[\"coffer/idempotencyKey\"] must be a string");
	if (node == NULL && !mcp->batched)
		call->idempotency_key = mcp->req->header(mcp->req, "HTTP_IDEMPOTENCY_KEY");
	return 0;
}

static int
read_call(struct mcp *mcp, struct call *call)
{
	const struct json_object *params = mcp->msg.params;
	const char *name = mcp_param(mcp, "name");
	const struct descriptor *d;

	if (name == NULL)
		return -1;
	d = find(name);
	if (d == NULL)
		return mcp_refuse(mcp, RPC_PARAMS, "unknown tool: %.128s", name);
	call->tool = d->tool;
	call->args = json_in_get(params, "arguments");
	if (call->args != NULL && !json_object_is_type(call->args, json_type_object))
		return mcp_refuse(mcp, RPC_PARAMS, "params.arguments must be an object, this is %s",
		    json_in_type_name(call->args));
	if (check_mirrored(mcp, d, call->args) < 0)
		return -1;
	call->toolset = mcp->toolset;
	call->read_only = mcp->read_only;
	call->authenticated = mcp->lock == tool_lock(d->tool);
	return read_idempotency_key(mcp, call);
}

static void
text_out(struct out *out, const char *text, size_t len)
{
	out_object(out);
	out_kstr(out, "type", "text");
	out_key(out, "text");
	out_strn(out, text, len);
	out_end(out);
}

static void
result_out(struct mcp *mcp, const struct tool *tool)
{
	struct rq *rq = mcp->rq;
	const struct buf *answer = &rq->out.buf;
	bool parts = tool->flags & TOOL_PARTS;

	out_key(&mcp->out, "content");
	out_array(&mcp->out);
	if (!parts)
		text_out(&mcp->out, answer->data, answer->len);
	if (tool->content != NULL)
		tool->content(rq, &mcp->out);
	out_end(&mcp->out);
	if (!parts || strcmp(answer->data, "{}") != 0) {
		out_key(&mcp->out, "structuredContent");
		out_raw(&mcp->out, answer->data, answer->len);
	}
	out_kbool(&mcp->out, "isError", rq->is_error);
}

/* A failure is a result, too: the model reads it and tries again. */
static void
failure_out(struct mcp *mcp)
{
	const char *text = mcp_error_text(mcp->rq);

	out_key(&mcp->out, "content");
	out_array(&mcp->out);
	text_out(&mcp->out, text, strlen(text));
	out_end(&mcp->out);
	out_kbool(&mcp->out, "isError", true);
}

int
mcp_tools_call(struct mcp *mcp)
{
	struct rq *rq = mcp->rq;
	struct call call = {0};

	if (read_call(mcp, &call) < 0)
		return -1;
	out_init(&rq->out, rq->mem);
	if (tool_call(rq, &call) == 0) {
		result_out(mcp, call.tool);
		return 0;
	}
	if (rq->err.code == E_UNAUTHORIZED || rq->err.code == E_INPUT)
		return -1;
	failure_out(mcp);
	return 0;
}
