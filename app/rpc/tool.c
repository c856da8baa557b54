/*
 * The one door: every face calls operations through here, and nothing else begins a transaction for
 * them.  A read runs in the read view that who opened; a write in the transaction that who locked;
 * what cannot be one transaction (TOOL_JOURNAL) commits by itself and settles with the door through
 * rq->finish.
 */
#include "tool.h"

#include <inttypes.h>
#include <string.h>

#include "activity_log.h"
#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "db.h"
#include "idempotency.h"
#include "key_use.h"
#include "retry.h"
#include "rq.h"
#include "stream.h"

const char *const tool_kind_names[TOOL_KIND__MAX] = {
    [TOOL_READ] = "read", [TOOL_WRITE] = "write", [TOOL_DESTRUCT] = "destruct"};

struct door {
	const struct call *call;
	const void *in; /* decoded once; NULL before */
	int64_t started;
	struct out_mark mark;
	struct idempotency idem;
	bool finished; /* a journalled handler settled in its last transaction */
};

enum auth_lock
tool_lock(const struct tool *tool)
{
	if (tool->kind == TOOL_READ || tool->flags & TOOL_JOURNAL)
		return AUTH_READ;
	return tool->flags & TOOL_CONFIG ? AUTH_CONFIG : AUTH_SHARE;
}

static bool
is_mcp(const struct rq *rq)
{
	return rq->face == FACE_MCP || rq->face == FACE_MCP_ADMIN;
}

/* "collections" of "collections.list" is one of the connection's domains. */
static bool
in_toolset(const struct tool *tool, const char *const *toolset)
{
	size_t len = strcspn(tool->name, ".");

	if (!toolset)
		return true;
	for (; *toolset; toolset++)
		if (strlen(*toolset) == len && strncmp(*toolset, tool->name, len) == 0)
			return true;
	return false;
}

bool
tool_listed(const struct rq *rq, const struct tool *tool, const char *const *toolset)
{
	return !(tool->flags & TOOL_REST_ONLY) && in_toolset(tool, toolset) &&
	       caller_may_use(rq->caller, tool->name);
}

/* What narrows a key or a connection. */
static int
guard_narrowing(struct rq *rq, const struct call *call)
{
	const char *name = call->tool->name;
	bool writes = call->tool->kind != TOOL_READ;

	if (is_mcp(rq) && !caller_may_use(rq->caller, name))
		return fail(
		    rq, E_FORBIDDEN, "tool \"%s\" is not in this API key's MCP allowlist", name);
	if (is_mcp(rq) && rq->caller->read_only && writes)
		return fail(rq, E_FORBIDDEN,
		    "tool \"%s\" is a write operation; this API key is MCP read-only", name);
	if (!in_toolset(call->tool, call->toolset))
		return fail(rq, E_FORBIDDEN,
		    "tool \"%s\" is outside the toolset this connection was narrowed to", name);
	if (call->read_only && writes)
		return fail(rq, E_FORBIDDEN,
		    "tool \"%s\" is a write operation; this connection is read-only", name);
	return 0;
}

static int
guard(struct rq *rq, const struct call *call)
{
	const struct caller *caller = rq->caller;
	unsigned flags = call->tool->flags;

	if (is_mcp(rq) && flags & TOOL_REST_ONLY)
		return fail(rq, E_NOT_FOUND, "unknown tool: %s", call->tool->name);
	if (caller->plane == CALLER_ANONYMOUS && (flags & TOOL_USER || !(flags & TOOL_PUBLIC)))
		return fail(rq, E_UNAUTHORIZED, "Sign in required");
	if (guard_narrowing(rq, call) < 0)
		return -1;
	if ((flags & TOOL_ADMIN || rq->face == FACE_MCP_ADMIN) && !caller->is_admin)
		return fail(rq, E_FORBIDDEN, "Admin role required");
	if (flags & TOOL_OPERATOR && !caller->is_operator)
		return fail(rq, E_FORBIDDEN,
		    "only an operator of this instance may do this, because it reaches beyond one "
		    "workspace");
	if (flags & TOOL_SCHEMA && caller->workspace_protected)
		return fail(rq, E_FORBIDDEN,
		    "workspace \"%s\" is protected; make this change in a preview of it and "
		    "promote that",
		    caller->workspace_slug);
	return 0;
}

/* Guards, then inputs.  The inputs stay decoded when the call is run again. */
static int
admit(struct rq *rq, struct door *door)
{
	void *in;

	if (guard(rq, door->call) < 0)
		return -1;
	if (door->in)
		return 0;
	if (param_decode(rq, door->call->tool->params, door->call->args, &in) < 0 ||
	    idempotency_init(rq, &door->idem, door->call) < 0)
		return -1;
	door->in = in;
	return 0;
}

static int
identify(struct rq *rq, struct door *door, unsigned attempt)
{
	enum auth_lock lock = tool_lock(door->call->tool);

	if (door->call->authenticated && attempt == 0)
		return 0;
	/* Nobody raises an epoch who would be refused anyway. */
	if (lock == AUTH_CONFIG) {
		if (!rq->caller && auth_who(rq, rq->credentials, AUTH_READ) < 0)
			return -1;
		if (admit(rq, door) < 0)
			return -1;
	}
	return auth_who(rq, rq->credentials, lock);
}

/* A connection lost at COMMIT leaves open whether the change was made, but the activity row that is
 * part of it tells. */
static int
commit(struct rq *rq)
{
	struct err lost;
	int stands;

	if (db_commit(rq) == 0)
		return 0;
	if (rq->err.code != E_UNAVAILABLE)
		return -1;
	lost = rq->err;
	rq->err = (struct err){0};
	db_rollback(rq);
	stands = activity_stands(rq);
	db_rollback(rq);
	if (stands > 0)
		return 0;
	rq->err = (struct err){0};
	if (stands == 0)
		return fail(rq, E_RETRY, "the change was undone by the database");
	rq->err = lost;
	return -1;
}

static int
settle(struct rq *rq, struct door *door)
{
	if (activity_write(rq, door->call->args, door->started) < 0)
		return -1;
	return idempotency_store(rq, &door->idem, door->mark);
}

static int
run_write(struct rq *rq, struct door *door)
{
	int begun = idempotency_begin(rq, &door->idem);

	if (begun > 0)
		db_rollback(rq);
	if (begun != 0)
		return begun < 0 ? -1 : 0;
	if (door->call->tool->run(rq, door->in) < 0 || settle(rq, door) < 0)
		return -1;
	return commit(rq);
}

/* rq->finish of journalled handlers. */
static int
finish(struct rq *rq)
{
	struct door *door = rq->door;

	if (auth_again(rq, rq->credentials) < 0 || guard(rq, door->call) < 0 ||
	    settle(rq, door) < 0)
		return -1;
	door->finished = true;
	return 0;
}

/* A handler that found nothing to change had no last transaction: it is settled here. */
static int
run_journalled(struct rq *rq, struct door *door)
{
	int begun;

	db_rollback(rq);
	begun = idempotency_claim(rq, &door->idem);
	if (begun != 0) {
		db_rollback(rq);
		return begun < 0 ? -1 : 0;
	}
	rq->finish = finish;
	door->finished = false;
	if (door->call->tool->run(rq, door->in) < 0)
		return -1;
	if (door->finished)
		return 0;
	return settle(rq, door) < 0 ? -1 : commit(rq);
}

static int
run(struct rq *rq, struct door *door, unsigned attempt)
{
	const struct tool *tool = door->call->tool;

	if (identify(rq, door, attempt) < 0 || admit(rq, door) < 0)
		return -1;
	if (tool->kind == TOOL_READ)
		return tool->run(rq, door->in);
	return tool->flags & TOOL_JOURNAL ? run_journalled(rq, door) : run_write(rq, door);
}

static void
forget_run(struct rq *rq, const struct door *door)
{
	out_truncate(&rq->out, door->mark);
	rq->activity = NULL;
	rq->is_error = false;
}

static void
refuse(struct rq *rq, struct door *door)
{
	idempotency_release(rq, &door->idem);
	/* Waiting for the client's answer is no failure. */
	if (rq->err.code != E_INPUT)
		activity_failed(rq, door->call->args, door->started);
}

int
tool_call(struct rq *rq, const struct call *call)
{
	struct door door = {.call = call, .started = clock_monotonic(), .mark = out_mark(&rq->out)};
	unsigned attempt = 0;
	int done;

	rq->tool = call->tool;
	rq->door = &door;
	forget_run(rq, &door);
	while ((done = run(rq, &door, attempt)) < 0) {
		bool once_more = retry_again(rq, &attempt);

		forget_run(rq, &door);
		if (!once_more)
			break;
	}
	if (done < 0)
		refuse(rq, &door);
	rq->finish = NULL;
	rq->door = NULL;
	return done;
}

void
tool_done(struct rq *rq)
{
	db_rollback(rq);
	key_use_note(rq);
}

int
tool_progress(struct rq *rq, int64_t done, int64_t total, const char *message)
{
	struct stream *stream = rq->stream;
	struct out out;

	if (!stream || !stream->progress_token ||
	    (stream->started && (double)done <= stream->last_progress))
		return 0;
	stream->last_progress = (double)done;
	out_init(&out, rq->mem);
	out_object(&out);
	out_kstr(&out, "jsonrpc", "2.0");
	out_kstr(&out, "method", "notifications/progress");
	out_key(&out, "params");
	out_object(&out);
	out_kraw(&out, "progressToken", stream->progress_token);
	out_kint(&out, "progress", done);
	if (total > 0)
		out_kint(&out, "total", total);
	if (message)
		out_kstr(&out, "message", message);
	out_end(&out);
	out_end(&out);
	if (stream->send(stream, out.buf.data, out.buf.len) == 0 || !stream->cancels)
		return 0;
	return fail(rq, E_UNAVAILABLE, "the client went away, so the call was stopped and undone");
}
