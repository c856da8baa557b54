/* Answering one MCP request: checks of its era, the method, and the envelope of what comes out. */
#include <string.h>

#include "activity_log.h"
#include "arena.h"
#include "caller.h"
#include "db.h"
#include "json_in.h"
#include "mcp_face.h"
#include "mcp_input.h"
#include "message.h"
#include "retry.h"
#include "rq.h"
#include "stream.h"

int
mcp_identify(struct mcp *mcp)
{
	struct rq *rq = mcp->rq;

	if (auth_who(rq, rq->credentials, mcp->lock) < 0)
		return -1;
	if (rq->caller->plane == CALLER_ANONYMOUS)
		return fail(rq, E_UNAUTHORIZED, "%s", err_default_text(E_UNAUTHORIZED));
	if (mcp->admin && !rq->caller->is_admin)
		return fail(rq, E_FORBIDDEN, "Admin role required");
	return 0;
}

static int
check_meta(struct mcp *mcp)
{
	const struct json_object *params = mcp->msg.params;
	const struct json_object *level = mcp_meta(params, MCP_META "logLevel");

	if (!json_object_is_type(mcp_meta(params, MCP_META "clientCapabilities"), json_type_object))
		return rpc_fail(mcp->rq->mem, &mcp->error, 400, RPC_PARAMS,
		    "params._meta[\"" MCP_META "clientCapabilities\"] must be an object");
	if (level != NULL && input_log_level(json_in_str(level)) < 0)
		return rpc_fail(mcp->rq->mem, &mcp->error, 400, RPC_PARAMS,
		    "params._meta[\"" MCP_META "logLevel\"] is not a log level");
	return 0;
}

int
mcp_check_modern(struct mcp *mcp)
{
	const struct request *req = mcp->req;
	const struct mcp_method *method = mcp_method_find(mcp->msg.method, mcp->version);
	struct arena *mem = mcp->rq->mem;

	if (check_meta(mcp) < 0 ||
	    mcp_header_mirrors(mem, "Mcp-Method", req->header(req, "HTTP_MCP_METHOD"),
		mcp->msg.method, &mcp->error) < 0)
		return -1;
	if (method == NULL || method->subject == NULL)
		return 0;
	return mcp_header_mirrors(mem, "Mcp-Name", req->header(req, "HTTP_MCP_NAME"),
	    json_in_str(json_in_get(mcp->msg.params, method->subject)), &mcp->error);
}

/* Progress is sent only to who asked for it and can take it before the answer. */
static int
open_progress(struct mcp *mcp, struct stream *stream)
{
	const struct json_object *token = mcp_meta(mcp->msg.params, "progressToken");
	size_t len;
	const char *raw = json_in_raw(token, &len);

	mcp->rq->stream = NULL;
	if (stream != NULL)
		stream->cancels = mcp_modern(mcp->version);
	if (token == NULL)
		return 0;
	if (json_in_str(token) == NULL && strspn(raw, "-0123456789") < len)
		return mcp_refuse(
		    mcp, RPC_PARAMS, "params._meta.progressToken must be a string or an integer");
	if (stream == NULL)
		return 0;
	stream->progress_token = arena_strndup(mcp->rq->mem, raw, len);
	mcp->rq->stream = stream;
	return 0;
}

static int
open_input(struct mcp *mcp, const struct mcp_method *method, struct stream *stream)
{
	const struct json_object *params = mcp->msg.params;
	const char *subject =
	    method->subject == NULL ? NULL : json_in_str(json_in_get(params, method->subject));

	return input_open(mcp->rq,
	    &(struct input_request){
		.method = method->name,
		.subject = subject == NULL ? "" : subject,
		.params = params,
		.modern = mcp_modern(mcp->version),
		.answers = method->flags & MCP_ASKS && !mcp->batched,
		.stream = stream,
	    },
	    &mcp->error);
}

static void
server_info(struct mcp *mcp)
{
	out_key(&mcp->out, "_meta");
	out_object(&mcp->out);
	out_key(&mcp->out, MCP_META "serverInfo");
	mcp_server_info(&mcp->out);
	out_end(&mcp->out);
}

static void
close_result(struct mcp *mcp, const struct mcp_method *method, bool complete)
{
	if (mcp_modern(mcp->version)) {
		if (complete)
			out_kstr(&mcp->out, "resultType", "complete");
		if (complete && method->ttl > 0) {
			out_kint(&mcp->out, "ttlMs", method->ttl);
			out_kstr(&mcp->out, "cacheScope",
			    method->flags & MCP_PUBLIC ? "public" : "private");
		}
		server_info(mcp);
	}
	out_end(&mcp->out);
	out_end(&mcp->out);
}

static void
open_result(struct mcp *mcp)
{
	rpc_open(&mcp->out, &mcp->msg);
	out_key(&mcp->out, "result");
	out_object(&mcp->out);
}

void
mcp_record_failure(struct mcp *mcp)
{
	struct rq *rq = mcp->rq;

	if (rq->err.code == E_UNAUTHORIZED || rq->db == NULL)
		return;
	db_rollback(rq);
	activity_failed(rq, NULL, mcp->started);
}

static enum errcode
errcode_of(int rpc_code)
{
	switch (rpc_code) {
	case RPC_PARSE:
		return E_PARSE;
	case RPC_METHOD:
	case RPC_NO_RESOURCE:
		return E_NOT_FOUND;
	case RPC_PARAMS:
		return E_VALIDATION;
	case RPC_INTERNAL:
		return E_INTERNAL;
	default:
		return E_BAD_REQUEST;
	}
}

void
mcp_record_error(struct mcp *mcp)
{
	mcp->rq->err = (struct err){
	    .code = errcode_of(mcp->error.code),
	    .message = mcp->error.message,
	};
	mcp_record_failure(mcp);
}

const char *
mcp_error_text(struct rq *rq)
{
	const char *name = err_name(rq->err.code);

	if (rq->err.path == NULL)
		return arena_printf(rq->mem, "%s: %s", name, rq->err.message);
	return arena_printf(rq->mem, "%s: %s (at %s)", name, rq->err.message, rq->err.path);
}

/* What a method recorded in rq->err, as a protocol error. */
static void
translate(struct mcp *mcp)
{
	mcp_refuse(mcp, err_rpc_code(mcp->rq->err.code), "%s", mcp_error_text(mcp->rq));
}

static int
answer_error(struct mcp *mcp, bool started)
{
	if (mcp->error.code == 0) {
		if (mcp->rq->err.code == E_UNAUTHORIZED && !mcp->batched && !started)
			return -1;
		mcp_record_failure(mcp);
		translate(mcp);
	} else {
		mcp_record_error(mcp);
	}
	mcp->status = mcp->error.status;
	rpc_error_out(&mcp->out, &mcp->msg, &mcp->error);
	return 0;
}

/* 0 the members of the result are written, -1 not. */
static int
run(struct mcp *mcp, const struct mcp_method *method, struct stream *stream)
{
	struct rq *rq = mcp->rq;
	struct out_mark mark = out_mark(&mcp->out);
	unsigned attempt = 0;

	if (open_progress(mcp, stream) < 0 || open_input(mcp, method, stream) < 0)
		return -1;
	while (method->run(mcp) < 0) {
		out_truncate(&mcp->out, mark);
		if (mcp->error.code != 0 || rq->err.code != E_RETRY || !retry_again(rq, &attempt))
			return -1;
		if (mcp_identify(mcp) < 0)
			return -1;
	}
	return 0;
}

/* Each message of a batch is a call of its own, with its own "who". */
static int
renew(struct mcp *mcp)
{
	bool identified = mcp->identified;

	mcp->identified = false;
	mcp->error = (struct rpc_error){0};
	if (identified)
		return 0;
	mcp->rq->err = (struct err){0};
	mcp->rq->is_error = false;
	return mcp_identify(mcp);
}

int
mcp_answer(struct mcp *mcp, struct stream *stream)
{
	const struct mcp_method *method = mcp_method_find(mcp->msg.method, mcp->version);
	struct out_mark mark = out_mark(&mcp->out);
	int ran;

	if (renew(mcp) < 0)
		return answer_error(mcp, false);
	if (method == NULL) {
		rpc_fail(mcp->rq->mem, &mcp->error, mcp_modern(mcp->version) ? 404 : 200,
		    RPC_METHOD, "there is no method \"%.128s\"", mcp->msg.method);
		return answer_error(mcp, false);
	}
	open_result(mcp);
	ran = run(mcp, method, stream);
	if (ran == 0) {
		close_result(mcp, method, true);
		return 0;
	}
	if (mcp->error.code == 0 && mcp->rq->err.code == E_INPUT &&
	    input_close(mcp->rq, &mcp->out, &mcp->error) == 0) {
		close_result(mcp, method, false);
		return 0;
	}
	out_truncate(&mcp->out, mark);
	return answer_error(mcp, stream != NULL && stream->started);
}
