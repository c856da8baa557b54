/* REST: the same operations as MCP, one route each, rendered from the same rows. */
#include "rest.h"

#include <string.h>

#include "message.h"
#include "router.h"

static void
answer(struct rq *rq, const struct tool *tool, struct response *res)
{
	res->status = tool->status ? tool->status : 200;
	if (tool->flags & TOOL_WRAP)
		buf_puts(&res->body, "{\"data\":");
	buf_add(&res->body, rq->out.buf.data, rq->out.buf.len);
	if (tool->flags & TOOL_WRAP)
		buf_putc(&res->body, '}');
}

static int
find(struct rq *rq, const struct request *req, struct response *res, struct rest_match *match)
{
	const char *allow;

	switch (rest_find(rq, req->method, req->path, match, &allow)) {
	case 1:
		return 0;
	case 0:
		return fail(rq, E_NOT_FOUND, "no such route; /api/openapi.json lists them");
	default:
		response_header(res, "Allow", allow);
		return fail(
		    rq, E_METHOD_NOT_ALLOWED, "%s is not offered here; use %s", req->method, allow);
	}
}

static int
call(struct rq *rq, const struct request *req, struct response *res, struct rest_match *match)
{
	struct call call = {0};

	if (find(rq, req, res, match) < 0)
		return -1;
	auth_remember(rq, &req->credentials);
	if (rest_args(rq, req, match, &call.args) < 0)
		return -1;
	call.tool = match->tool;
	call.idempotency_key = req->header(req, "HTTP_IDEMPOTENCY_KEY");
	call.read_only = request_read_only(rq, req);
	return tool_call(rq, &call);
}

void
rest_handle(struct rq *rq, const struct request *req, struct response *res)
{
	struct rest_match match;

	response_header(res, "Cache-Control", "no-store");
	if (call(rq, req, res, &match) < 0) {
		if (rq->err.code == E_UNAUTHORIZED)
			response_header(res, "WWW-Authenticate", "Bearer realm=\"coffer\"");
		response_error(rq, res);
		return;
	}
	answer(rq, match.tool, res);
}
