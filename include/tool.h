#ifndef COFFER_TOOL_H
#define COFFER_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "auth.h"
#include "param.h"
#include "rq.h"

/*
 * An operation is declared once: name, kind, who may, inputs, REST route, handler.  MCP, REST,
 * OpenAPI, the coffer command and the documentation are rendered from this row, and every face
 * comes through tool_call().
 */

enum tool_kind { TOOL_READ, TOOL_WRITE, TOOL_DESTRUCT, TOOL_KIND__MAX };
extern const char *const tool_kind_names[TOOL_KIND__MAX]; /* read, write, destruct */

enum tool_flags {
	TOOL_ADMIN = 1 << 0,      /* the admin role of the workspace */
	TOOL_OPERATOR = 1 << 1,   /* an instance operator */
	TOOL_ADMIN_ONLY = 1 << 2, /* advertised adminOnly:true (facts: functions.*) */
	TOOL_CONFIG = 1 << 3, /* changes rights or shape: the transaction begins with the epoch */
	TOOL_JOURNAL =
	    1
	    << 4, /* cannot be one transaction (DDL): the handler journals and commits by itself */
	TOOL_OPEN = 1 << 5,        /* unknown arguments are passed on (settings.update) */
	TOOL_PUBLIC = 1 << 6,      /* may be called without identity */
	TOOL_USER = 1 << 7,        /* needs a signed-in user, whatever the grants */
	TOOL_REST_ONLY = 1 << 8,   /* no MCP tool: a route only */
	TOOL_WRAP = 1 << 9,        /* REST answers {"data": <the result>} */
	TOOL_FIXTURE = 1 << 10,    /* listed only with test_fixtures */
	TOOL_LONG = 1 << 11,       /* may report progress */
	TOOL_IDEMPOTENT = 1 << 12, /* idempotentHint although it writes */
	TOOL_SCHEMA = 1 << 13,     /* refused in a protected workspace (design, section 4) */
	TOOL_PARTS = 1 << 14,      /* content() writes all of MCP's content; the answer is only
				      structuredContent, left out when it is {} */
};

struct tool {
	const char *name; /* "collections.list"; NULL ends a table */
	const char *title;
	const char *description; /* at least 20 characters; says what it answers */
	enum tool_kind kind;
	unsigned flags;
	const struct param *params; /* NULL: no arguments */
	int (*run)(struct rq *rq, const void *in);
	const char *output_schema; /* JSON text, or NULL */
	const char *rest_schema;   /* of what REST answers, where that is something else; or NULL */
	const char *input_schema;  /* JSON text instead of the one rendered from params; or NULL */
	const char *method, *path; /* REST: "GET", "/api/items/{collection}/{id}"; NULL: none */
	const char
	    *body;  /* the argument that the whole REST body is; NULL: its members are arguments */
	int status; /* REST status of success; 0: 200 */
	void (*content)(struct rq *rq,
	    struct out *content); /* extra MCP content parts (resource links), or NULL */
};
#define TOOL_END                                                                                   \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* All domains' tables in order of listing; ends with NULL. */
extern const struct tool *const registry[];

/* By canonical or flat name ("collections-list"); NULL if there is none (or a fixture while those
 * are off).  REST-only rows are found too: the MCP faces do not serve them. */
const struct tool *tool_find(const char *name);
/* Iterate: tool_next(NULL) is the first.  REST-only rows are included; fixtures only when on. */
const struct tool *tool_next(const struct tool *tool);

/* The lock auth_who() has to take for call.authenticated. */
enum auth_lock tool_lock(const struct tool *tool);

/* How a call arrived. */
struct call {
	const struct tool *tool;
	struct json_object *args;    /* object or NULL */
	const char *idempotency_key; /* or NULL */
	const char *const
	    *toolset;       /* domains this connection is narrowed to, ended by NULL; NULL: all */
	bool read_only;     /* the connection is narrowed to reading */
	bool authenticated; /* rq->caller was read for this very call with the right lock: the first
			       try need not ask again */
};

/*
 * The one door.  In order: guards (allowlist, read-only, admin, operator), input table, transaction
 * by kind (read; write: who with a share lock; config: epoch first), idempotency, handler,
 * activity, commit.  On E_RETRY: roll back, drop snapshot and statements, run again from who, three
 * times, then E_UNAVAILABLE. 0: the answer stands in rq->out.  -1: rq->err; rq->out is cut back;
 * refusals of known callers are in the activity log. Nothing is held open afterwards but the read
 * view, which tool_done() ends after the answer has left.
 */
int tool_call(struct rq *rq, const struct call *call);

/* After the answer has left: end the read view, note the key's use, bounded after-work. */
void tool_done(struct rq *rq);

/* The guard alone: may this caller see the tool in lists (allowlist, toolset, admin mount)? */
bool tool_listed(const struct rq *rq, const struct tool *tool, const char *const *toolset);

/* Progress of a TOOL_LONG handler, at most one per 1,000 rows; -1 when a modern client went away:
 * roll back. */
int tool_progress(struct rq *rq, int64_t done, int64_t total, const char *message);

#endif
