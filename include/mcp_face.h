#ifndef COFFER_MCP_FACE_H
#define COFFER_MCP_FACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"
#include "jsonrpc.h"
#include "mcp_era.h"
#include "out.h"

/* What the files of the MCP face share: one message being answered, and the table of methods. */

struct request;
struct response;
struct rq;
struct stream;

enum { MCP_PAGE = 200, MCP_BATCH_MAX = 100 };

struct mcp {
	struct rq *rq;
	const struct request *req;
	int64_t started; /* clock_monotonic() */
	/* how this connection is narrowed, by URL and headers */
	const char *const *toolset; /* ended by NULL; NULL: all */
	bool read_only;
	bool flat_names;
	/* the message */
	struct rpc_message msg;
	enum mcp_version version;
	bool batched;
	bool admin;          /* the mount that demands the admin role */
	bool identified;     /* "who" was asked for the message to come */
	enum auth_lock lock; /* in this way */
	struct out out;      /* the body of the HTTP answer */
	int status;          /* and its status */
	struct rpc_error error;
};

/* Ask who calls, as mcp->lock says.  -1: nobody who may use this mount, or a failure; recorded. */
int mcp_identify(struct mcp *mcp);

/* Whether the headers and _meta of a modern request are as they must be.  -1: mcp->error. */
int mcp_check_modern(struct mcp *mcp);

/* Put a refusal or failure outside the door (rq->err) on record. */
void mcp_record_failure(struct mcp *mcp);

/* The same for what the protocol refuses (mcp->error), in the words of rq->err. */
void mcp_record_error(struct mcp *mcp);

/* Run the request mcp->msg and write its answer to mcp->out, be it an error.  stream: for messages
 * before the answer, or NULL.  -1: nothing was written, because the caller is no longer known
 * (E_UNAUTHORIZED is recorded). */
int mcp_answer(struct mcp *mcp, struct stream *stream);

enum mcp_method_flags {
	MCP_LEGACY = 1 << 0,
	MCP_MODERN = 1 << 1,
	MCP_ASKS = 1 << 2,   /* may answer input_required */
	MCP_PUBLIC = 1 << 3, /* the same for every caller: caches may share it */
};

struct mcp_method {
	const char *name;
	/* Write the members of the result into mcp->out.  -1: mcp->error is filled in, or a failure
	 * is recorded in rq->err. */
	int (*run)(struct mcp *mcp);
	unsigned flags;
	const char *subject; /* the parameter that Mcp-Name mirrors, or NULL */
	int ttl;             /* milliseconds a client may keep the result; 0: no cache hints */
};

/* NULL if there is none for this version. */
const struct mcp_method *mcp_method_find(const char *name, enum mcp_version version);

/* {"name","title","version"} */
void mcp_server_info(struct out *out);

int mcp_tools_list(struct mcp *mcp);
int mcp_tools_call(struct mcp *mcp);
int mcp_resources_list(struct mcp *mcp);
int mcp_resources_templates(struct mcp *mcp);
int mcp_resources_read(struct mcp *mcp);
int mcp_prompts_list(struct mcp *mcp);
int mcp_prompts_get(struct mcp *mcp);
int mcp_complete(struct mcp *mcp);

/* return mcp_refuse(mcp, RPC_PARAMS, "..."): the request fails with HTTP status 200. */
#define mcp_refuse(mcp, code, ...) rpc_fail((mcp)->rq->mem, &(mcp)->error, 200, (code), __VA_ARGS__)

/* rq->err for a reader: `CODE: message`, and the JSON path where there is one. */
const char *mcp_error_text(struct rq *rq);

/* A required string parameter; NULL: refused. */
const char *mcp_param(struct mcp *mcp, const char *name);

/* What params.cursor says: *after_r is the entry that was listed last, NULL for the first page.
 * -1: not a cursor of this list. */
int mcp_cursor_read(struct mcp *mcp, const char **after_r);
/* Add nextCursor to the result. */
void mcp_cursor_out(struct mcp *mcp, const char *after);

/* May the caller, on this connection, use the tool?  What a tool would refuse to show, resources,
 * prompts and completion do not show either. */
bool mcp_may_use(const struct mcp *mcp, const char *tool);
/* -1 with E_FORBIDDEN unless every one of needs (ended by NULL) may be used; what: for the text. */
int mcp_require(struct mcp *mcp, const char *what, const char *const *needs);

/* A resource, or a kind of them. */
enum { MCP_NEEDS_MAX = 3 };
struct mcp_resource {
	const char *uri; /* with one {variable}: a template; NULL ends a table */
	const char *name, *title, *description, *mime_type;
	const char *needs[MCP_NEEDS_MAX]; /* tools the caller must be allowed, ended by NULL */
	/* Write text or blob of the resource; value: what the variable stands for, else "".  -1:
	 * recorded, E_NOT_FOUND for none. */
	int (*read)(struct rq *rq, const char *value, struct out *contents);
	/* Templates: list those there are, after the URI after (NULL: from the start); NULL: not
	 * listed. */
	int (*list)(struct mcp *mcp, const char *after);
};

enum { MCP_ARGUMENTS_MAX = 3 };
struct mcp_prompt {
	const char *name; /* NULL ends a table */
	const char *title, *description;
	struct {
		const char *name, *description;
		bool required;
	} arguments[MCP_ARGUMENTS_MAX]; /* ended by name NULL */
	const char *needs[MCP_NEEDS_MAX];
	/* Write the messages; values in the order of arguments, NULL where absent. */
	int (*get)(struct rq *rq, const char *const *values, struct out *messages);
};

/* NULL if there is none. */
const struct mcp_prompt *mcp_prompt_find(const char *name);
/* The row whose uri is template, or that serves it; NULL if there is none.  *value_r (may be NULL)
 * is what the variable stands for. */
const struct mcp_resource *mcp_resource_find(struct rq *rq, const char *uri, const char **value_r);

#endif
