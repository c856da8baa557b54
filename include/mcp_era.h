#ifndef COFFER_MCP_ERA_H
#define COFFER_MCP_ERA_H

#include <stdbool.h>

#include "jsonrpc.h"

struct arena;
struct json_object;
struct out;

/*
 * Which protocol a request speaks, and whether its headers mirror its body (facts: mcp, section 2).
 * Legacy is 2024-11-05 to 2025-11-25, negotiated by initialize and named by a header; modern is
 * 2026-07-28, named by _meta in every request and repeated in headers.
 */

enum mcp_version {
	MCP_2024_11_05,
	MCP_2025_03_26,
	MCP_2025_06_18,
	MCP_2025_11_25,
	MCP_2026_07_28,
	MCP_VERSION__MAX,
	MCP_ASSUMED = MCP_2025_03_26,       /* a legacy request without the header */
	MCP_LEGACY_NEWEST = MCP_2025_11_25, /* what initialize offers at most */
};
extern const char *const mcp_versions[MCP_VERSION__MAX];

/* MCP_VERSION__MAX if text (may be NULL) is none of ours. */
enum mcp_version mcp_version_find(const char *text);

/* A JSON array of the versions served, the newest first, down to oldest. */
void mcp_versions_out(struct out *out, enum mcp_version oldest);

static inline bool
mcp_modern(enum mcp_version version)
{
	return version > MCP_LEGACY_NEWEST;
}

/* Keys of _meta are written with this prefix. */
#define MCP_META "io.modelcontextprotocol/"

/* params._meta[name], NULL if absent or null. */
struct json_object *mcp_meta(const struct json_object *params, const char *name);

/* The version of a legacy message, a batch or a notification: by the header alone (NULL: absent).
 * -1: RPC_VERSION. */
int mcp_header_version(
    struct arena *mem, const char *header, enum mcp_version *version_r, struct rpc_error *e);

/* The version of a request: by its _meta, which the header must repeat. */
int mcp_request_version(struct arena *mem, const struct json_object *params, const char *header,
    enum mcp_version *version_r, struct rpc_error *e);

/* The value of a mirrored header: blanks around it removed, =?base64?...?= decoded strictly.  NULL
 * if that is malformed. */
const char *mcp_header_decode(struct arena *mem, const char *raw);

/* The header name (for the message; raw NULL: absent) must say what the body says (NULL: nothing).
 * -1: RPC_HEADER. */
int mcp_header_mirrors(
    struct arena *mem, const char *name, const char *raw, const char *body, struct rpc_error *e);

/* The same for an argument of any scalar type; integers are compared as numbers.  An argument that
 * is absent or null has no header. */
int mcp_param_mirrors(struct arena *mem, const char *name, const char *raw,
    const struct json_object *argument, struct rpc_error *e);

#endif
