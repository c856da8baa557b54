/* The era of an MCP request, and the headers that must mirror its body. */
#include "mcp_era.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "out.h"
#include "str.h"

const char *const mcp_versions[MCP_VERSION__MAX] = {
    [MCP_2024_11_05] = "2024-11-05",
    [MCP_2025_03_26] = "2025-03-26",
    [MCP_2025_06_18] = "2025-06-18",
    [MCP_2025_11_25] = "2025-11-25",
    [MCP_2026_07_28] = "2026-07-28",
};

enum mcp_version
mcp_version_find(const char *text)
{
	enum mcp_version v = 0;

	while (v < MCP_VERSION__MAX && (text == NULL || strcmp(mcp_versions[v], text) != 0))
		v++;
	return v;
}

void
mcp_versions_out(struct out *out, enum mcp_version oldest)
{
	out_array(out);
	for (int v = MCP_VERSION__MAX - 1; v >= (int)oldest; v--)
		out_str(out, mcp_versions[v]);
	out_end(out);
}

struct json_object *
mcp_meta(const struct json_object *params, const char *name)
{
	return json_in_get(json_in_get(params, "_meta"), name);
}

/* A legacy version in _meta is known, but not served in that way: only the modern ones help. */
static int
unsupported(struct arena *mem, const char *requested, struct rpc_error *e)
{
	bool known = mcp_version_find(requested) < MCP_VERSION__MAX;
	struct out data;

	rpc_fail(mem, e, 400, RPC_VERSION,
	    "protocol version \"%.64s\" is not supported; the data lists the versions that are",
	    requested);
	out_init(&data, mem);
	out_object(&data);
	out_key(&data, "supported");
	mcp_versions_out(&data, known ? MCP_LEGACY_NEWEST + 1 : 0);
	out_kstr(&data, "requested", requested);
	out_end(&data);
	e->data = buf_text(&data.buf);
	return -1;
}

/* Optional white space around a header value is not part of it. */
static const char *
trim(struct arena *mem, const char *raw)
{
	size_t len;

	raw += strspn(raw, " \t");
	len = strlen(raw);
	while (len > 0 && (raw[len - 1] == ' ' || raw[len - 1] == '\t'))
		len--;
	return arena_strndup(mem, raw, len);
}

int
mcp_header_version(
    struct arena *mem, const char *header, enum mcp_version *version_r, struct rpc_error *e)
{
	*version_r = MCP_ASSUMED;
	if (header == NULL)
		return 0;
	header = trim(mem, header);
	*version_r = mcp_version_find(header);
	return *version_r < MCP_VERSION__MAX ? 0 : unsupported(mem, header, e);
}

int
mcp_request_version(struct arena *mem, const struct json_object *params, const char *header,
    enum mcp_version *version_r, struct rpc_error *e)
{
	const struct json_object *node = mcp_meta(params, MCP_META "protocolVersion");
	const char *body = json_in_str(node);

	if (node == NULL) {
		if (mcp_header_version(mem, header, version_r, e) < 0)
			return -1;
		if (!mcp_modern(*version_r))
			return 0;
		return rpc_fail(mem, e, 400, RPC_PARAMS,
		    "params._meta[\"" MCP_META "protocolVersion\"] is required by version %s",
		    mcp_versions[*version_r]);
	}
	if (body == NULL)
		return rpc_fail(mem, e, 400, RPC_PARAMS,
		    "params._meta[\"" MCP_META "protocolVersion\"] must be a string");
	if (mcp_header_mirrors(mem, "MCP-Protocol-Version", header, body, e) < 0)
		return -1;
	*version_r = mcp_version_find(body);
	if (*version_r == MCP_VERSION__MAX || !mcp_modern(*version_r))
		return unsupported(mem, body, e);
	return 0;
}

const char *
mcp_header_decode(struct arena *mem, const char *raw)
{
	static const char prefix[] = "=?base64?", suffix[] = "?=";
	enum { PREFIX = sizeof prefix - 1, SUFFIX = sizeof suffix - 1 };
	const char *value = trim(mem, raw);
	size_t len = strlen(value), decoded;
	char *text;

	if (len < PREFIX + SUFFIX || strncmp(value, prefix, PREFIX) != 0 ||
	    strcmp(value + len - SUFFIX, suffix) != 0)
		return value;
	text = str_unbase64(mem, value + PREFIX, len - PREFIX - SUFFIX, &decoded);
	if (text == NULL || memchr(text, '\0', decoded) != NULL)
		return NULL;
	return arena_strndup(mem, text, decoded);
}

/* 1: *value_r is what the header says; 0: neither header nor body says anything; -1: recorded. */
static int
header_value(struct arena *mem, const char *name, const char *raw, bool expected,
    struct rpc_error *e, const char **value_r)
{
	if (raw == NULL && !expected)
		return 0;
	if (raw == NULL)
		return rpc_fail(mem, e, 400, RPC_HEADER, "the header %s is missing", name);
	*value_r = mcp_header_decode(mem, raw);
	if (*value_r == NULL)
		return rpc_fail(mem, e, 400, RPC_HEADER, "the header %s is malformed base64", name);
	return 1;
}

static int
disagrees(struct arena *mem, const char *name, struct rpc_error *e)
{
	return rpc_fail(
	    mem, e, 400, RPC_HEADER, "the header %s does not say what the body says", name);
}

int
mcp_header_mirrors(
    struct arena *mem, const char *name, const char *raw, const char *body, struct rpc_error *e)
{
	const char *value;
	int found = header_value(mem, name, raw, body != NULL, e, &value);

	if (found <= 0)
		return found;
	if (body == NULL || strcmp(value, body) != 0)
		return disagrees(mem, name, e);
	return 0;
}

/* "42.0" in a header is the integer 42 in the body. */
static bool
same_number(struct arena *mem, const char *value, const struct json_object *number)
{
	struct json_object *node;
	struct err ignored = {0};
	double a, b;

	if (json_in_parse(mem, &ignored, value, strlen(value), &node) < 0)
		return false;
	return json_in_double(node, &a, NULL) && json_in_double(number, &b, NULL) && a == b;
}

int
mcp_param_mirrors(struct arena *mem, const char *name, const char *raw,
    const struct json_object *argument, struct rpc_error *e)
{
	const char *value, *text = json_in_str(argument);
	size_t len;
	int found = header_value(mem, name, raw, argument != NULL, e, &value);

	if (found <= 0)
		return found;
	if (argument == NULL)
		return disagrees(mem, name, e);
	if (json_object_is_type(argument, json_type_boolean))
		text = json_in_raw(argument, &len)[0] == 't' ? "true" : "false";
	if (text != NULL ? strcmp(value, text) == 0 : same_number(mem, value, argument))
		return 0;
	return disagrees(mem, name, e);
}
