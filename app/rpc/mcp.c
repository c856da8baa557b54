/* The MCP face: one POST from HTTP to messages, who calls, and the answer back. */
#include "mcp.h"

#include <string.h>
#include <strings.h>

#include "arena.h"
#include "clock.h"
#include "json_in.h"
#include "mcp_face.h"
#include "message.h"
#include "rq.h"
#include "str.h"
#include "stream.h"
#include "tool.h"

/* Bytes of a media type without its parameters. */
static size_t
media_length(const char *text)
{
	size_t len = strcspn(text, ";,");

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return len;
}

static bool
media_is(const char *text, const char *type)
{
	size_t len = media_length(text);

	return len == strlen(type) && strncasecmp(text, type, len) == 0;
}

/* No Accept means JSON; a list may hold the type itself or a range it falls into. */
static bool
accepts(const char *accept, const char *type, const char *range)
{
	if (accept == NULL)
		return false;
	while (*accept != '\0') {
		accept += strspn(accept, ", \t");
		if (media_is(accept, type) || media_is(accept, range))
			return true;
		accept += strcspn(accept, ",");
	}
	return false;
}

static bool
accepts_json(const struct request *req)
{
	return req->accept == NULL || accepts(req->accept, "application/json", "application/*") ||
	       accepts(req->accept, "*/*", "*/*");
}

static bool
accepts_events(const struct request *req)
{
	return accepts(req->accept, "text/event-stream", "text/*");
}

/* An HTTP-level refusal: the envelope of the REST interface, as clients that have not reached a
 * protocol yet expect it. */
static void
refuse(struct rq *rq, const struct request *req, struct response *res)
{
	if (rq->err.code == E_UNAUTHORIZED)
		response_header(res, "WWW-Authenticate",
		    req->credentials.bearer == NULL
			? "Bearer realm=\"coffer\""
			: "Bearer realm=\"coffer\", error=\"invalid_token\"");
	response_error(rq, res);
}

/* The body as JSON.  -1: mcp->error says why there is none. */
static int
read_body(struct mcp *mcp, struct json_object **root_r)
{
	const struct request *req = mcp->req;
	struct arena *mem = mcp->rq->mem;
	struct err err = {0};

	if (req->content_type == NULL || !media_is(req->content_type, "application/json"))
		return rpc_fail(mem, &mcp->error, 415, RPC_INVALID,
		    "the Content-Type must be application/json");
	if (!accepts_json(req) && !accepts_events(req))
		return rpc_fail(mem, &mcp->error, 406, RPC_INVALID,
		    "answers are application/json or text/event-stream; Accept takes neither");
	if (json_in_parse(mem, &err, req->body, req->body_len, root_r) == 0)
		return 0;
	return rpc_fail(mem, &mcp->error, 400, err_rpc_code(err.code), "%s", err.message);
}

/* A tool that is alone in its POST gets the "who" it needs at once; but nobody raises an epoch
 * before the door has let them in. */
static enum auth_lock
wanted_lock(const struct json_object *root)
{
	const char *method = json_in_str(json_in_get(root, "method"));
	const char *name = json_in_str(json_in_get(json_in_get(root, "params"), "name"));
	const struct tool *tool = NULL;

	if (method != NULL && name != NULL && strcmp(method, "tools/call") == 0)
		tool = tool_find(name);
	if (tool == NULL || tool_lock(tool) == AUTH_CONFIG)
		return AUTH_READ;
	return tool_lock(tool);
}

/* No stranger gets as far as a method, and on the admin mount nobody without the role. */
static int
authenticate(struct mcp *mcp)
{
	const struct credentials *credentials = &mcp->req->credentials;

	auth_remember(mcp->rq, credentials);
	if (credentials->session == NULL && credentials->bearer == NULL)
		return fail(mcp->rq, E_UNAUTHORIZED, "%s", err_default_text(E_UNAUTHORIZED));
	if (mcp_identify(mcp) < 0)
		return -1;
	mcp->identified = true;
	return 0;
}

/* ?toolset=a,b  ?read_only=1 or X-Coffer-Read-Only: 1  ?names=flat */
static void
read_narrowing(struct mcp *mcp)
{
	const struct request *req = mcp->req;
	struct rq *rq = mcp->rq;
	const char *toolset = request_query(rq, req, "toolset");
	const char *names = request_query(rq, req, "names");
	size_t n = 0;
	char **domains = NULL;

	mcp->flat_names = names != NULL && strcmp(names, "flat") == 0;
	mcp->read_only = request_read_only(rq, req);
	if (toolset == NULL)
		return;
	n = str_split(rq->mem, toolset, ',', &domains);
	mcp->toolset = NEWV(rq->mem, const char *, n + 1);
	if (n > 0)
		memcpy((void *)mcp->toolset, domains, n * sizeof *domains);
}

/* -1: mcp->error. */
static int
check_batch(struct mcp *mcp, const struct json_object *batch)
{
	struct arena *mem = mcp->rq->mem;
	const char *header = mcp->req->header(mcp->req, "HTTP_MCP_PROTOCOL_VERSION");
	size_t n = json_object_array_length(batch);

	if (mcp_header_version(mem, header, &mcp->version, &mcp->error) < 0)
		return -1;
	if (mcp->version > MCP_2025_03_26)
		return rpc_fail(mem, &mcp->error, 400, RPC_INVALID,
		    "batching is not part of version %s; send one message in each POST",
		    mcp_versions[mcp->version]);
	if (n == 0 || n > MCP_BATCH_MAX)
		return rpc_fail(mem, &mcp->error, 400, RPC_INVALID,
		    "a batch holds 1 to %d messages, this one has %zu", MCP_BATCH_MAX, n);
	return 0;
}

static int
check_batched(struct mcp *mcp, const struct json_object *node, size_t i)
{
	struct arena *mem = mcp->rq->mem;

	if (rpc_read(mem, node, &mcp->msg, &mcp->error) < 0) {
		mcp->error.message =
		    arena_printf(mem, "message %zu of the batch: %s", i, mcp->error.message);
		return -1;
	}
	if (mcp->msg.method != NULL && strcmp(mcp->msg.method, "initialize") == 0)
		return rpc_fail(
		    mem, &mcp->error, 400, RPC_INVALID, "initialize must not be part of a batch");
	if (mcp_meta(mcp->msg.params, MCP_META "protocolVersion") != NULL)
		return rpc_fail(mem, &mcp->error, 400, RPC_INVALID,
		    "message %zu of the batch speaks a version that has no batches", i);
	return 0;
}

enum outcome {
	ANSWERED, /* mcp->out holds the answer */
	ACCEPTED, /* there was nothing to answer */
	REFUSED,  /* mcp->error says why */
	UNKNOWN,  /* the caller is no longer known */
};

/* Every message is judged before the first one runs. */
static enum outcome
run_batch(struct mcp *mcp, const struct json_object *batch)
{
	size_t n = json_object_array_length(batch), answers = 0;

	mcp->batched = true;
	if (check_batch(mcp, batch) < 0)
		return REFUSED;
	for (size_t i = 0; i < n; i++)
		if (check_batched(mcp, json_object_array_get_idx(batch, i), i) < 0)
			return REFUSED;
	out_array(&mcp->out);
	for (size_t i = 0; i < n; i++) {
		rpc_read(mcp->rq->mem, json_object_array_get_idx(batch, i), &mcp->msg, &mcp->error);
		if (mcp->msg.kind != RPC_REQUEST)
			continue;
		mcp_answer(mcp, NULL);
		answers++;
	}
	out_end(&mcp->out);
	mcp->status = 200;
	return answers > 0 ? ANSWERED : ACCEPTED;
}

static enum outcome
run_request(struct mcp *mcp, const char *header)
{
	if (mcp_request_version(mcp->rq->mem, mcp->msg.params, header, &mcp->version, &mcp->error) <
	    0)
		return REFUSED;
	if (mcp_modern(mcp->version) && mcp_check_modern(mcp) < 0)
		return REFUSED;
	return mcp_answer(mcp, mcp->req->stream) < 0 ? UNKNOWN : ANSWERED;
}

static enum outcome
run_single(struct mcp *mcp, const struct json_object *node)
{
	struct arena *mem = mcp->rq->mem;
	const char *header = mcp->req->header(mcp->req, "HTTP_MCP_PROTOCOL_VERSION");

	if (rpc_read(mem, node, &mcp->msg, &mcp->error) < 0)
		return REFUSED;
	if (mcp->msg.kind == RPC_REQUEST)
		return run_request(mcp, header);
	if (mcp_header_version(mem, header, &mcp->version, &mcp->error) < 0)
		return REFUSED;
	if (mcp->msg.kind == RPC_NOTIFICATION || !mcp_modern(mcp->version))
		return ACCEPTED;
	rpc_fail(mem, &mcp->error, 400, RPC_INVALID,
	    "answers to the server are given in inputResponses, not as messages");
	return REFUSED;
}

static enum outcome
run(struct mcp *mcp, enum outcome readable, const struct json_object *root)
{
	enum outcome outcome = readable;

	if (readable == ANSWERED)
		outcome = json_object_is_type(root, json_type_array) ? run_batch(mcp, root)
								     : run_single(mcp, root);
	if (outcome != REFUSED)
		return outcome;
	mcp_record_error(mcp);
	out_init(&mcp->out, mcp->rq->mem);
	rpc_error_out(&mcp->out, mcp->batched ? NULL : &mcp->msg, &mcp->error);
	mcp->status = mcp->error.status;
	return ANSWERED;
}

/* Stored JSON may have line ends between its tokens.  An event ends there, and so does a message on
 * the standard output of the proxy. */
static void
put_on_one_line(struct buf *json)
{
	static const char ends[] = {'\r', '\n'};
	size_t i;
	char *p;

	for (i = 0; i < sizeof ends && json->len > 0; i++) {
		p = json->data;
		while ((p = memchr(p, ends[i], json->len - (size_t)(p - json->data))) != NULL)
			*p = ' ';
	}
}

/* The answer as the client takes it. */
static void
finish(struct mcp *mcp, struct response *res)
{
	const struct request *req = mcp->req;
	bool started = req->stream != NULL && req->stream->started;
	bool events = !started && !accepts_json(req) && accepts_events(req);

	response_header(res, "Cache-Control", events ? "no-cache, no-transform" : "no-store");
	res->status = mcp->status;
	put_on_one_line(&mcp->out.buf);
	if (!events) {
		res->body = mcp->out.buf;
		return;
	}
	res->content_type = "text/event-stream";
	buf_puts(&res->body, "event: message\ndata: ");
	buf_add(&res->body, mcp->out.buf.data, mcp->out.buf.len);
	buf_puts(&res->body, "\n\n");
}

static void
post(struct mcp *mcp, struct response *res)
{
	struct rq *rq = mcp->rq;
	struct json_object *root = NULL;
	enum outcome outcome = read_body(mcp, &root) < 0 ? REFUSED : ANSWERED;

	mcp->lock = wanted_lock(root);
	if (authenticate(mcp) < 0) {
		mcp_record_failure(mcp);
		refuse(rq, mcp->req, res);
		return;
	}
	read_narrowing(mcp);
	outcome = run(mcp, outcome, root);
	if (outcome == UNKNOWN) {
		refuse(rq, mcp->req, res);
	} else if (outcome == ACCEPTED) {
		res->status = 202;
		res->content_type = NULL;
	} else {
		finish(mcp, res);
	}
}

void
mcp_handle(struct rq *rq, const struct request *req, struct response *res, int admin)
{
	struct mcp mcp = {
	    .rq = rq,
	    .req = req,
	    .started = clock_monotonic(),
	    .admin = admin,
	    .status = 200,
	};

	out_init(&mcp.out, rq->mem);
	if (!request_host_allowed(req)) {
		fail(rq, E_FORBIDDEN,
		    "this server does not answer to that Host; the owner sets public_url");
	} else if (strcmp(req->method, "POST") == 0) {
		post(&mcp, res);
		return;
	} else {
		response_header(res, "Allow", "POST");
		fail(rq, E_METHOD_NOT_ALLOWED,
		    "MCP is spoken by POST only; there is no stream to GET");
	}
	response_error(rq, res);
}
