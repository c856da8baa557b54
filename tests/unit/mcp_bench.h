#ifndef COFFER_TEST_MCP_BENCH_H
#define COFFER_TEST_MCP_BENCH_H

/*
 * The MCP face without a database: the layers below it, played by this file, with a made-up caller
 * and workspace, and a POST to it.  One program includes it once.
 */
#include "unit.h"

#include <stdlib.h>

#include "access.h"
#include "activity_log.h"
#include "arena.h"
#include "auth.h"
#include "caller.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "ddl.h"
#include "fixtures.h"
#include "json_in.h"
#include "mcp.h"
#include "message.h"
#include "query.h"
#include "retry.h"
#include "rq.h"
#include "snapshot.h"
#include "stream.h"
#include "tool.h"

enum { COLLECTIONS = 450, HEADERS_MAX = 8 };

static struct arena *mem;

/* --- the layers below, as this test wants them --- */

const char *const tool_kind_names[TOOL_KIND__MAX] = {"read", "write", "destruct"};
const struct field_type_row field_types[FIELD__MAX] = {[FIELD_TEXT] = {.name = "text"}};

static struct caller who = {
    .plane = CALLER_USER,
    .user_id = "018f0000-0000-7000-8000-000000000001",
    .workspace_id = "018f0000-0000-7000-8000-000000000002",
    .workspace_slug = "default",
    .is_admin = true,
};
static struct collection collections[COLLECTIONS];
static struct snapshot snap = {.collections = collections};
static struct field title = {
    .name = "title",
    .type = FIELD_TEXT,
    .required = true,
    .definition_text = "{\"name\":\"title\",\"type\":\"text\",\"required\":true}",
};
static enum errcode who_fails, sample_fails;
static const char *allowed; /* the only tool; NULL: all */
static int who_asked, calls;
static struct call last_call;

int
auth_who(struct rq *rq, const struct credentials *credentials, enum auth_lock lock)
{
	(void)lock;
	who_asked++;
	if (credentials->bearer != NULL && strcmp(credentials->bearer, "good") != 0)
		return fail(rq, E_UNAUTHORIZED, "Sign in required");
	if (who_fails != E_NONE)
		return fail(rq, who_fails, "who fails");
	rq->caller = &who;
	rq->snap = &snap;
	return 0;
}

void
auth_remember(struct rq *rq, const struct credentials *credentials)
{
	rq->credentials = credentials;
}

static int
echo(struct rq *rq, const void *in)
{
	(void)in;
	out_object(&rq->out);
	out_kstr(&rq->out, "said", "\"yes\"");
	out_end(&rq->out);
	return 0;
}

static int
refuse(struct rq *rq, const void *in)
{
	(void)in;
	return fail_at(rq, E_VALIDATION, "data.x", "Unknown field \"x\"");
}

static int
forget_caller(struct rq *rq, const void *in)
{
	(void)in;
	return fail(rq, E_UNAUTHORIZED, "Sign in required");
}

static int
partial(struct rq *rq, const void *in)
{
	rq->is_error = true;
	return echo(rq, in);
}

#define TOOL(name_, kind_, run_, ...)                                                              \
	{                                                                                          \
		.name = name_, .title = "Title", .description = "Does what it is told to",         \
		.kind = kind_, .run = run_, __VA_ARGS__                                            \
	}

static const struct tool tools[] = {
    TOOL("schema.list_collections", TOOL_READ, echo, ),
    TOOL("schema.describe_collection", TOOL_READ, echo, ),
    TOOL("collections.list", TOOL_READ, echo, ),
    TOOL("collections.insert", TOOL_WRITE, refuse, ),
    TOOL("collections.delete", TOOL_DESTRUCT, forget_caller, ),
    TOOL("collections.bulk_insert", TOOL_WRITE, partial, .flags = TOOL_IDEMPOTENT),
    TOOL("functions.list", TOOL_READ, echo, .flags = TOOL_ADMIN_ONLY,
	.output_schema = "{\"type\":\"object\"}"),
    TOOL("route.only", TOOL_READ, echo, .flags = TOOL_REST_ONLY),
};

const struct tool *
tool_next(const struct tool *tool)
{
	if (tool == NULL)
		return tools;
	if (tool == tools + COUNT(tools) - 1)
		return fixture_tools;
	return tool[1].name == NULL ? NULL : tool + 1;
}

const struct tool *
tool_find(const char *name)
{
	const struct tool *tool = NULL;

	while ((tool = tool_next(tool)) != NULL && strcmp(tool->name, name) != 0)
		;
	return tool;
}

bool
tool_listed(const struct rq *rq, const struct tool *tool, const char *const *toolset)
{
	size_t len = strcspn(tool->name, ".");

	(void)rq;
	if (allowed != NULL && strcmp(allowed, tool->name) != 0)
		return false;
	for (; toolset != NULL && *toolset != NULL; toolset++)
		if (strncmp(*toolset, tool->name, len) == 0)
			return true;
	return toolset == NULL;
}

enum auth_lock
tool_lock(const struct tool *tool)
{
	return tool->kind == TOOL_READ ? AUTH_READ : AUTH_SHARE;
}

int
tool_call(struct rq *rq, const struct call *call)
{
	void *in;

	calls++;
	last_call = *call;
	rq->is_error = false;
	if (param_decode(rq, call->tool->params, call->args, &in) < 0)
		return -1;
	return call->tool->run(rq, in);
}

int
tool_progress(struct rq *rq, int64_t done, int64_t total, const char *message)
{
	const char *text;

	(void)message;
	if (rq->stream == NULL)
		return 0;
	text = arena_printf(rq->mem, "{\"progressToken\":%s,\"progress\":%d,\"total\":%d}",
	    rq->stream->progress_token, (int)done, (int)total);
	return rq->stream->send(rq->stream, text, strlen(text));
}

int
access_get(
    struct rq *rq, const struct collection *c, enum action action, const struct access **access_r)
{
	struct access *access = NEW(rq->mem, struct access);

	*access = (struct access){.collection = c, .action = action, .all_fields = true};
	*access_r = access;
	return strcmp(c->slug, "secret") != 0;
}

int
access_require(struct rq *rq, const char *slug, enum action action, const struct access **access_r)
{
	const struct collection *c = snapshot_collection(rq->snap, slug);

	return c != NULL && access_get(rq, c, action, access_r)
		   ? 0
		   : fail(rq, E_NOT_FOUND, "Collection not found");
}

bool
access_field(const struct access *access, const struct field *f)
{
	(void)access;
	return f == &title;
}

void
ddl_field_out(struct rq *rq, const struct field *f, struct out *out)
{
	(void)rq;
	out_raw(out, f->definition_text, strlen(f->definition_text));
}

int
query_sample(struct rq *rq, const struct collection *c, int n)
{
	(void)c;
	if (sample_fails != E_NONE)
		return fail(rq, sample_fails, "no sample");
	out_array(&rq->out);
	out_int(&rq->out, n);
	out_end(&rq->out);
	return 0;
}

const struct collection *
snapshot_collection(const struct snapshot *s, const char *slug)
{
	for (size_t i = 0; i < s->ncollections; i++)
		if (strcmp(s->collections[i].slug, slug) == 0 && !s->collections[i].archived)
			return &s->collections[i];
	return NULL;
}

void
db_rollback(struct rq *rq)
{
	(void)rq;
}

void
activity_failed(struct rq *rq, struct json_object *args, int64_t started)
{
	(void)rq;
	(void)args;
	(void)started;
}

bool
retry_again(struct rq *rq, unsigned *attempt)
{
	if (*attempt == RETRY_MAX) {
		rq->err.code = E_UNAVAILABLE;
		return false;
	}
	(*attempt)++;
	rq->err = (struct err){0};
	return true;
}

/* --- a request --- */

struct header {
	const char *name, *value;
};

struct post {
	const char *body;
	const char *method;       /* NULL: POST */
	const char *query;        /* NULL: none */
	const char *content_type; /* NULL: application/json */
	const char *accept;       /* NULL: both types */
	const char *bearer;       /* NULL: "good"; "": none */
	const char *host;
	struct header headers[HEADERS_MAX];
	bool admin;
};

static struct rq rq;
static struct response res;
static struct buf events;
static bool client_left;

static inline const char *
find_header(const struct request *req, const char *cgi_name)
{
	const struct header *h = req->ctx;

	for (; h->name != NULL; h++)
		if (strcmp(h->name, cgi_name) == 0)
			return h->value;
	return NULL;
}

static inline int
send_event(struct stream *stream, const char *json, size_t len)
{
	if (client_left)
		return -1;
	stream->started = true;
	buf_add(&events, json, len);
	buf_putc(&events, '\n');
	return 0;
}

static const char * or (const char *value, const char *otherwise)
{
	return value == NULL ? otherwise : value;
}

/* The answer's body. */
static inline const char *
post(const struct post *p)
{
	struct stream stream = {.send = send_event};
	const char *accept = or (p->accept, "application/json, text/event-stream");
	struct request req = {
	    .method = or (p->method, "POST"),
	    .path = "/mcp",
	    .query = or (p->query, ""),
	    .content_type = or (p->content_type, "application/json"),
	    .accept = *accept == '\0' ? NULL : accept,
	    .body = or (p->body, ""),
	    .body_len = strlen(or (p->body, "")),
	    .host = p->host,
	    .header = find_header,
	    .ctx = p->headers,
	    .stream = strstr(accept, "event-stream") == NULL ? NULL : &stream,
	};
	const char *bearer = or (p->bearer, "good");

	req.credentials.bearer = *bearer == '\0' ? NULL : bearer;
	rq_init(&rq, mem);
	res = (struct response){.status = 200, .content_type = "application/json"};
	buf_init(&res.headers, mem);
	buf_init(&res.body, mem);
	buf_init(&events, mem);
	who_asked = calls = 0;
	mcp_handle(&rq, &req, &res, p->admin);
	return buf_text(&res.body);
}

/* Headers and _meta of a modern request. */
#define META(capabilities, rest)                                                                   \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                   \
	"\"io.modelcontextprotocol/clientCapabilities\":" capabilities rest "}"
#define MODERN(method_, params, capabilities)                                                      \
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" method_ "\",\"params\":{" params META(       \
	    capabilities, "") "}}"
#define V2026                                                                                      \
	{                                                                                          \
		"HTTP_MCP_PROTOCOL_VERSION", "2026-07-28"                                          \
	}
#define METHOD(name)                                                                               \
	{                                                                                          \
		"HTTP_MCP_METHOD", name                                                            \
	}
#define NAME(name)                                                                                 \
	{                                                                                          \
		"HTTP_MCP_NAME", name                                                              \
	}
#define LEGACY(method_, params)                                                                    \
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" method_ "\",\"params\":{" params "}}"

static inline struct json_object *
json(const char *text)
{
	struct json_object *root = NULL;
	struct err err = {0};

	if (json_in_parse(mem, &err, text, strlen(text), &root) < 0)
		fail_msg("%s: %s", err.message, text);
	return root;
}

/* "result.tools" of an answer. */
static inline struct json_object *
at(const char *body, const char *path)
{
	struct json_object *node = json(body);
	char *copy = arena_strdup(mem, path), *rest = copy;

	for (char *name; (name = strsep(&rest, ".")) != NULL;)
		node = json_object_is_type(node, json_type_array)
			   ? json_object_array_get_idx(node, (size_t)atoi(name))
			   : json_in_get(node, name);
	return node;
}

static inline void
assert_text(const char *body, const char *path, const char *expected)
{
	const char *text = json_in_str(at(body, path));

	if (text == NULL || strcmp(text, expected) != 0)
		fail_msg("%s is not \"%s\" in %s", path, expected, body);
}

static inline void
assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in %s", part, text);
}

/* --- */

static inline void
make_workspace(void)
{
	for (size_t i = 0; i < COLLECTIONS; i++)
		collections[i] = (struct collection){
		    .slug = arena_printf(mem, "c%03zu", i),
		    .plural = "Cs",
		    .nfields = 1,
		    .fields = &title,
		};
	collections[COLLECTIONS - 2].slug = "gone";
	collections[COLLECTIONS - 2].archived = true;
	collections[COLLECTIONS - 1].slug = "secret";
	snap.ncollections = COLLECTIONS;
}

static inline int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	make_workspace();
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static inline int
configure(void **state)
{
	const char *why;

	(void)state;
	setenv("COFFER_SERVER_TEST_FIXTURES", "true", 1);
	setenv("COFFER_SECURITY_SECRET", "0123456789abcdef0123456789abcdef", 1);
	crypto_init();
	if (conf_load("/dev/null", &why) < 0)
		fail_msg("%s", why);
	crypto_set_secret(conf->secret);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
