/* The JSON-RPC envelope: what a message must look like, and how answers begin. */
#include "jsonrpc.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "json_in.h"
#include "out.h"

int
rpc_fail(struct arena *mem, struct rpc_error *e, int status, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*e = (struct rpc_error){
	    .status = status,
	    .code = code,
	    .message = arena_vprintf(mem, fmt, ap),
	};
	va_end(ap);
	return -1;
}

/* An integer as it is written: no fraction, no exponent.  1.0 is a float to JSON-RPC. */
static bool
is_integer(const char *raw, size_t len)
{
	size_t i = len > 0 && raw[0] == '-';

	return len > i && strspn(raw + i, "0123456789") >= len - i;
}

/* true if the id may stand in a message; m->id is set then. */
static bool
read_id(const struct json_object *node, struct rpc_message *m)
{
	const struct json_object *id = json_in_get(node, "id");
	size_t len;
	const char *raw = json_in_raw(id, &len);

	if (id == NULL || (json_in_str(id) == NULL && !is_integer(raw, len)))
		return false;
	m->id = raw;
	m->id_len = len;
	return true;
}

static int
read_params(
    struct arena *mem, const struct json_object *node, struct rpc_message *m, struct rpc_error *e)
{
	if (!json_in_has(node, "params"))
		return 0;
	m->params = json_in_get(node, "params");
	if (json_object_is_type(m->params, json_type_object))
		return 0;
	return rpc_fail(mem, e, 400, RPC_PARAMS, "params must be an object, this is %s",
	    json_in_type_name(m->params));
}

int
rpc_read(
    struct arena *mem, const struct json_object *node, struct rpc_message *m, struct rpc_error *e)
{
	const char *version;
	bool id_valid;

	*m = (struct rpc_message){.kind = RPC_REQUEST};
	if (!json_object_is_type(node, json_type_object))
		return rpc_fail(mem, e, 400, RPC_INVALID,
		    "a message must be a JSON object, this is %s", json_in_type_name(node));
	id_valid = read_id(node, m);
	version = json_in_str(json_in_get(node, "jsonrpc"));
	if (version == NULL || strcmp(version, "2.0") != 0)
		return rpc_fail(mem, e, 400, RPC_INVALID, "the member \"jsonrpc\" must be \"2.0\"");
	if (json_in_has(node, "id") && !id_valid)
		return rpc_fail(mem, e, 400, RPC_INVALID, "id must be a string or an integer");
	m->method = json_in_str(json_in_get(node, "method"));
	if (m->method == NULL && json_in_has(node, "method"))
		return rpc_fail(mem, e, 400, RPC_INVALID, "method must be a string");
	if (m->method == NULL) {
		m->kind = RPC_RESPONSE;
		if (json_in_has(node, "result") || json_in_has(node, "error"))
			return 0;
		return rpc_fail(mem, e, 400, RPC_INVALID,
		    "a message needs a method, or a result or error if it is an answer");
	}
	if (m->id == NULL)
		m->kind = RPC_NOTIFICATION;
	return read_params(mem, node, m, e);
}

void
rpc_open(struct out *out, const struct rpc_message *m)
{
	out_object(out);
	out_kstr(out, "jsonrpc", "2.0");
	if (m == NULL || m->id == NULL)
		return;
	out_key(out, "id");
	out_raw(out, m->id, m->id_len);
}

void
rpc_error_out(struct out *out, const struct rpc_message *m, const struct rpc_error *e)
{
	rpc_open(out, m);
	out_key(out, "error");
	out_object(out);
	out_kint(out, "code", e->code);
	out_kstr(out, "message", e->message);
	if (e->data != NULL)
		out_kraw(out, "data", e->data);
	out_end(out);
	out_end(out);
}
