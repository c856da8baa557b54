#ifndef COFFER_JSONRPC_H
#define COFFER_JSONRPC_H

#include <stddef.h>

struct arena;
struct json_object;
struct out;

/* JSON-RPC 2.0 as MCP uses it: one message read, one answer written. */

enum rpc_code {
	RPC_PARSE = -32700,
	RPC_INVALID = -32600,
	RPC_METHOD = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_NO_RESOURCE = -32002, /* up to 2025-11-25 only */
	RPC_HEADER = -32020,      /* a header disagrees with the body */
	RPC_CAPABILITY = -32021,  /* the client did not declare what is needed */
	RPC_VERSION = -32022,     /* unsupported protocol version */
};

/* Why a message is refused, and the HTTP status that goes with it. */
struct rpc_error {
	int status;
	int code;
	const char *message;
	const char *data; /* JSON text, or NULL */
};

enum rpc_kind { RPC_REQUEST, RPC_NOTIFICATION, RPC_RESPONSE };

struct rpc_message {
	enum rpc_kind kind;
	const char *id; /* as it was sent, JSON text of id_len bytes; NULL: none, or unreadable */
	size_t id_len;
	const char *method;         /* NULL for a response */
	struct json_object *params; /* an object, or NULL if absent */
};

/* Read one message.  -1: e says why; m->id is set all the same where it could be read. */
int rpc_read(
    struct arena *mem, const struct json_object *node, struct rpc_message *m, struct rpc_error *e);

/* Fill in e; the message is formatted on mem.  Always -1. */
int rpc_fail(struct arena *mem, struct rpc_error *e, int status, int code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Open an answer to m: {"jsonrpc":"2.0","id":...  The caller adds result or error and closes it.
 * m NULL: a message that was never read, so no id. */
void rpc_open(struct out *out, const struct rpc_message *m);

/* The whole error answer. */
void rpc_error_out(struct out *out, const struct rpc_message *m, const struct rpc_error *e);

#endif
