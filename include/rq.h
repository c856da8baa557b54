#ifndef COFFER_RQ_H
#define COFFER_RQ_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "out.h"

struct caller;
struct db;
struct snapshot;
struct tool;
struct stream;
struct activity;
struct credentials;
struct mcp_input;
struct door;

/* Which door a call came through; written to the activity log. */
enum face { FACE_MCP, FACE_MCP_ADMIN, FACE_REST, FACE_CLI, FACE__MAX };

/*
 * One request: the only request state there is.  The worker serves strangers one after another, so
 * nothing of a request lives in a static variable.
 */
struct rq {
	struct arena *mem;           /* everything of this request; reset at the top of the loop */
	struct err err;              /* the first failure */
	struct out out;              /* what the handler answers, written as JSON */
	struct db *db;               /* this worker's connection; NULL in tests of pure modules */
	const struct caller *caller; /* who calls; NULL before authentication */
	const struct snapshot *snap; /* the workspace as of the caller's epoch; NULL before */
	const struct tool *tool;     /* the operation that runs, or ran last; NULL before */
	struct stream *stream;       /* where progress goes; NULL: nobody asked for any */
	struct mcp_input *input; /* for asking the client back, see mcp_input.h; NULL outside MCP */
	struct activity *activity;             /* what handlers noted so far; see activity.h */
	const struct credentials *credentials; /* for the door's retries; see auth.h */
	struct door *door; /* the door's own state of the running call; see rpc/tool.c */
	/* Called by journalled handlers (TOOL_JOURNAL) inside their last transaction, after the
	 * answer is written to out and before the commit: asks once more who calls, writes the
	 * activity rows and the idempotent answer.  -1: roll back and undo.  Once that
	 * transaction is committed the handler returns 0, for -1 with E_RETRY would run it again.
	 * NULL outside the door.
	 */
	int (*finish)(struct rq *rq);
	/* Where long work reports how far it is (tool_progress()); NULL: nobody is told.  -1: stop
	 * and roll back. */
	int (*progress)(struct rq *rq, int64_t done, int64_t total, const char *message);
	enum face face;
	bool is_error;  /* the handler's answer reports failures (bulk operations) */
	int64_t now;    /* microseconds since 1970, one reading per request */
	char id[37];    /* request id, for the log and error answers */
	const char *ip; /* of the client, after trusted_proxies; NULL on the command line */
	const char *user_agent;
};

/* Prepare rq for a request on mem: clears everything, reads the clock, makes the id. */
void rq_init(struct rq *rq, struct arena *mem);

/* return fail(rq, E_NOT_FOUND, "no role '%s'", in->id); */
#define fail(rq, code, ...)          err_set(&(rq)->err, (rq)->mem, (code), NULL, __VA_ARGS__)
#define fail_at(rq, code, path, ...) err_set(&(rq)->err, (rq)->mem, (code), (path), __VA_ARGS__)

#endif
