/* REST: the same operations as MCP, one route each, rendered from the same rows. */
#include "rest.h"

#include <string.h>

#include "activity_log.h"
#include "clock.h"
#include "db.h"
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

/* What does not come as far as the door, which writes the log, is an error of somebody we know all
 * the same. */
static void
record(struct rq *rq, const struct request *req, int64_t started)
{
	const struct credentials *credentials = &req->credentials;
	bool stranger = !credentials->session && !credentials->bearer;
	struct err err = rq->err;

	rq->err = (struct err){0};
	if (stranger || auth_who(rq, credentials, AUTH_READ) < 0)
		rq->caller = NULL;
	rq->err = err;
	db_rollback(rq);
	activity_failed(rq, NULL, started);
}

static int
read_call(struct rq *rq, const struct request *req, struct response *res, struct rest_match *match,
    struct call *call)
{
	if (find(rq, req, res, match) < 0)
		return -1;
	rq->tool = call->tool = match->tool;
	return rest_args(rq, req, match, &call->args);
}

static int
call(struct rq *rq, const struct request *req, struct response *res, struct rest_match *match)
{
	struct call call = {0};
	int64_t started = clock_monotonic();

	if (read_call(rq, req, res, match, &call) < 0) {
		record(rq, req, started);
		return -1;
	}
	auth_remember(rq, &req->credentials);
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
