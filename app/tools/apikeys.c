/* apikeys.*: keys that act for their owner, narrowed by a role and by guards. */
#include <string.h>

#include "activity.h"
#include "answer.h"
#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "conf.h"
#include "db.h"
#include "json_in.h"
#include "registry.h"
#include "rq.h"
#include "snapshot.h"
#include "throttle.h"
#include "tool.h"
#include "workspace.h"

#define KEY_COLUMNS                                                                                \
	"k.id, k.workspace_id, k.prefix, k.name, k.user_id, k.role_id, r.name, k.expires_at, "     \
	"s.last_used_at,"                                                                          \
	" k.revoked_at, k.created_at, k.mcp_tools, k.mcp_read_only"
#define KEY_TABLES                                                                                 \
	" FROM coffer_api_key k LEFT JOIN coffer_role r ON r.id = k.role_id LEFT JOIN "            \
	"coffer_api_key_use s ON s.key_id = k.id"

static const char columns[] =
    "id tenantId prefix name userId roleId roleName expiresAt lastUsedAt revokedAt createdAt "
    "mcpTools{} mcpReadOnly?";

static int
apikeys_list(struct rq *rq, const void *args)
{
	struct rows *rows;

	(void)args;
	if (db_query(rq, &rows,
		"SELECT " KEY_COLUMNS KEY_TABLES
		" WHERE k.workspace_id = ? AND (? OR k.user_id = ?) ORDER BY k.id",
		B(rq->caller->workspace_id), B(rq->caller->is_admin), B(rq->caller->user_id)) < 0)
		return -1;
	return answer_list(rq, rows, columns);
}

struct create_in {
	const char *name;
	const char *user_id;
	const char *role_id;
	const char *expires_at;
	struct json_object *mcp_tools;
	bool mcp_tools_given;
	bool mcp_read_only;
};

static const char tools_schema[] =
    "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":"
    "120},"
    "\"description\":\"Tools the key may call over MCP: names; [] none, null all.\"}";

static const struct param create_params[] = {
    PARAM(struct create_in, name, "name", 0, .max = 120,
	.doc = "Name of the key. Default: Key and the time."),
    PARAM(struct create_in, role_id, "roleId", 0, .format = "uuid",
	.doc = "Narrow the key to one role that its owner holds. Absent: all roles of the owner."),
    PARAM(struct create_in, expires_at, "expiresAt", 0, .format = "date-time",
	.doc = "When the key stops working, in the future, ISO 8601. Absent: never."),
    PARAM(struct create_in, user_id, "userId", PARAM_REST_ONLY, .format = "uuid",
	.doc = "Owner; administrators only. Default: the caller."),
    PARAM(struct create_in, mcp_tools, "mcpTools", PARAM_REST_ONLY | PARAM_NULLABLE,
	.schema = tools_schema, .given_offset = offsetof(struct create_in, mcp_tools_given)),
    PARAM(struct create_in, mcp_read_only, "mcpReadOnly", PARAM_REST_ONLY,
	.doc = "Refuse every tool that writes, over MCP. Default false."),
    PARAM_END,
};

/* An allowlist: every entry is a name of 1 to 120 characters. */
static int
check_tools(struct rq *rq, struct json_object *tools)
{
	size_t n;

	if (!tools)
		return 0;
	if (!json_object_is_type(tools, json_type_array))
		return fail_at(
		    rq, E_VALIDATION, "mcpTools", "mcpTools must be a list of tool names or null");
	n = json_object_array_length(tools);
	if (n > 500)
		return fail_at(rq, E_VALIDATION, "mcpTools",
		    "mcpTools has %zu entries, at most 500 are taken", n);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_in_str(json_object_array_get_idx(tools, i));

		if (!name || !*name || strlen(name) > 120)
			return fail_at(rq, E_VALIDATION, "mcpTools",
			    "mcpTools[%zu] must be a tool name of 1 to 120 characters", i);
	}
	return 0;
}

/* A key never hands out more than it has (design, section 5.8): its allowlist, read-only flag, role
 * and expiry bound the new one.  any: tools is the list, NULL for all of them; else none are asked
 * for. */
static int
check_within_own_key(struct rq *rq, bool any, struct json_object *tools, bool read_only)
{
	const struct caller *caller = rq->caller;

	if (!caller->key_id)
		return 0;
	if (caller->read_only && !read_only)
		return fail(rq, E_FORBIDDEN,
		    "this key is read-only, and a key it makes must be too: set mcpReadOnly");
	if (!caller->restricted || !any)
		return 0;
	if (!tools)
		return fail(
		    rq, E_FORBIDDEN, "this key has an MCP allowlist; mcpTools must stay within it");
	for (size_t i = 0; i < json_object_array_length(tools); i++) {
		const char *name = json_in_str(json_object_array_get_idx(tools, i));

		if (!caller_may_use(caller, name))
			return fail(rq, E_FORBIDDEN,
			    "tool \"%s\" is not in this API key's MCP allowlist", name);
	}
	return 0;
}

static int
check_role(struct rq *rq, const char *role_id, const char *owner_id)
{
	const struct caller *caller = rq->caller;
	int64_t held;

	if (caller->key_role_id && (!role_id || strcmp(role_id, caller->key_role_id) != 0))
		return fail(rq, E_FORBIDDEN,
		    "this key is narrowed to one role; a key it makes must have the same roleId");
	if (!role_id)
		return 0;
	if (!snapshot_role(rq->snap, role_id))
		return fail_at(rq, E_NOT_FOUND, "roleId", "Role not found");
	if (strcmp(snapshot_role(rq->snap, role_id)->name, "authenticated") == 0)
		return 0; /* every signed-in user holds it */
	if (db_int(rq, &held,
		"SELECT COUNT(*) FROM coffer_user_role WHERE user_id = ? AND workspace_id = ? AND "
		"role_id = ?",
		B(owner_id), B(caller->workspace_id), B(role_id)) < 0)
		return -1;
	return held ? 0
		    : fail_at(rq, E_FORBIDDEN, "roleId",
			  "the owner of the key does not hold this role");
}

static int
check_expiry(struct rq *rq, const char *text, int64_t *us_r)
{
	int64_t own = rq->caller->key_expires_at;

	*us_r = 0;
	if (text && !clock_parse(text, strlen(text), us_r))
		return fail_at(rq, E_VALIDATION, "expiresAt", "expiresAt must be an ISO 8601 time");
	if (text && *us_r <= rq->now)
		return fail_at(rq, E_VALIDATION, "expiresAt", "expiresAt must be in the future");
	if (rq->caller->key_id && own && (!*us_r || *us_r > own))
		return fail_at(rq, E_FORBIDDEN, "expiresAt",
		    "a key cannot outlive the key that makes it; set an earlier expiresAt");
	return 0;
}

static int
check_owner(struct rq *rq, const char *owner_id)
{
	int64_t is_operator;
	int found;

	/* Administrators of any workspace may look into others, but leave nothing there. */
	if (!rq->caller->member_role)
		return fail(rq, E_FORBIDDEN, "only members of a workspace make API keys for it");
	if (strcmp(owner_id, rq->caller->user_id) == 0)
		return 0;
	if (!rq->caller->is_admin)
		return fail_at(
		    rq, E_FORBIDDEN, "userId", "only administrators make keys for others");
	/* Another owner may hold more than the role this key is narrowed to. */
	if (rq->caller->key_id)
		return fail_at(
		    rq, E_FORBIDDEN, "userId", "a key makes keys for its own owner only");
	found = db_int(rq, &is_operator,
	    "SELECT u.is_operator FROM coffer_member m JOIN coffer_user u ON u.id = m.user_id"
	    " WHERE m.user_id = ? AND m.workspace_id = ?",
	    B(owner_id), B(rq->caller->workspace_id));
	if (found <= 0)
		return found < 0 ? -1 : fail_at(rq, E_NOT_FOUND, "userId", "User not found");
	/* Their key reaches beyond this workspace, and so beyond its administrators. */
	if (is_operator && !rq->caller->is_operator)
		return fail_at(rq, E_FORBIDDEN, "userId",
		    "only an operator of this instance makes keys for an operator");
	return 0;
}

static const char *
default_name(struct rq *rq)
{
	char now[CLOCK_TEXT_SIZE];

	clock_format(rq->now, now);
	return arena_printf(rq->mem, "Key \xe2\x80\x94 %.10s %.5s", now, now + 11);
}

static const char *
json_text(struct rq *rq, struct json_object *json)
{
	size_t len;
	const char *raw = json_in_raw(json, &len);

	return json ? arena_strndup(rq->mem, raw, len) : NULL;
}

static int
answer_created(struct rq *rq, const char *id, const char *secret)
{
	struct rows *rows;

	if (db_query(rq, &rows, "SELECT ?, " KEY_COLUMNS KEY_TABLES " WHERE k.id = ?", B(secret),
		B(id)) < 0)
		return -1;
	if (rows_next(rows) != 1)
		return fail(rq, E_INTERNAL, "the new key is not there");
	out_object(&rq->out);
	out_key(&rq->out, "data");
	answer_object(&rq->out, rows,
	    "secret id tenantId prefix name userId roleId roleName expiresAt lastUsedAt revokedAt "
	    "createdAt mcpTools{} "
	    "mcpReadOnly?");
	rows_close(rows);
	out_kstr(&rq->out, "warning", "The secret is shown only once; store it now.");
	out_end(&rq->out);
	return 0;
}

static int
apikeys_create(struct rq *rq, const void *args)
{
	const struct create_in *in = args;
	const char *owner = in->user_id ? in->user_id : rq->caller->user_id, *id, *secret;
	/* What is not named is denied: a key minted without mcpTools may call nothing over MCP
	 * (facts: API keys). */
	const char *tools = in->mcp_tools_given ? json_text(rq, in->mcp_tools) : "[]";
	struct key_in key = {0};

	if (throttle_within(rq, "api-keys", rq->ip, conf->keys_per_minute) < 0)
		return -1;
	if (check_tools(rq, in->mcp_tools) < 0 || check_owner(rq, owner) < 0 ||
	    check_role(rq, in->role_id, owner) < 0 ||
	    check_expiry(rq, in->expires_at, &key.expires_at) < 0 ||
	    check_within_own_key(rq, in->mcp_tools_given, in->mcp_tools, in->mcp_read_only) < 0)
		return -1;
	key.workspace_id = rq->caller->workspace_id;
	key.user_id = owner;
	key.role_id = in->role_id;
	key.name = in->name && *in->name ? in->name : default_name(rq);
	key.tools_json = tools;
	key.read_only = in->mcp_read_only;
	if (key_create(rq, &key, &id, &secret) < 0)
		return -1;
	activity_note(rq, "apikey.create", "system_api_keys", id, NULL);
	return answer_created(rq, id, secret);
}

struct id_in {
	const char *id;
};

static const struct param id_params[] = {
    PARAM(struct id_in, id, "id", REQUIRED, .format = "uuid",
	.doc = "Id of the key; apikeys.list names them."),
    PARAM_END,
};

/* Own keys, or any of the workspace for administrators; others are not there. */
static int
find_key(struct rq *rq, const char *id)
{
	int64_t n;

	if (db_int(rq, &n,
		"SELECT COUNT(*) FROM coffer_api_key WHERE id = ? AND workspace_id = ? AND (? OR "
		"user_id = ?)",
		B(id), B(rq->caller->workspace_id), B(rq->caller->is_admin),
		B(rq->caller->user_id)) < 0)
		return -1;
	return n ? 0 : fail(rq, E_NOT_FOUND, "API key not found");
}

static int
apikeys_revoke(struct rq *rq, const void *args)
{
	const struct id_in *in = args;

	if (find_key(rq, in->id) < 0 ||
	    db_exec(rq,
		"UPDATE coffer_api_key SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?",
		bind_time(rq->now), B(in->id)) < 0)
		return -1;
	activity_note(rq, "apikey.revoke", "system_api_keys", in->id, NULL);
	return answer_ok(rq);
}

struct guards_in {
	const char *id;
	struct json_object *mcp_tools;
	bool mcp_tools_given;
	struct opt_bool mcp_read_only;
};

static const struct param guards_params[] = {
    PARAM(struct guards_in, id, "id", REQUIRED, .format = "uuid", .doc = "Id of the key."),
    PARAM(struct guards_in, mcp_tools, "mcpTools", PARAM_NULLABLE, .schema = tools_schema,
	.given_offset = offsetof(struct guards_in, mcp_tools_given)),
    PARAM(struct guards_in, mcp_read_only, "mcpReadOnly", 0,
	.doc = "Refuse every tool that writes, over MCP."),
    PARAM_END,
};

/* What the key will have afterwards must lie within the key that makes the change. */
static int
check_new_guards(struct rq *rq, const struct guards_in *in)
{
	const struct caller *caller = rq->caller;
	struct json_object *after = in->mcp_tools;
	struct rows *rows;
	bool read_only;

	if (!caller->key_id)
		return 0;
	if (db_query(rq, &rows,
		"SELECT mcp_tools, mcp_read_only, role_id, expires_at FROM coffer_api_key WHERE id "
		"= ?",
		B(in->id)) < 0 ||
	    rows_next(rows) < 0)
		return -1;
	if (caller->key_role_id &&
	    (rows_null(rows, 2) || strcmp(rows_text(rows, 2, NULL), caller->key_role_id) != 0))
		return fail(rq, E_FORBIDDEN,
		    "this key is narrowed to one role and changes only keys with the same role");
	if (caller->key_expires_at &&
	    (rows_null(rows, 3) || rows_time(rows, 3) > caller->key_expires_at))
		return fail(
		    rq, E_FORBIDDEN, "this key expires earlier than the one it would change");
	read_only = in->mcp_read_only.set ? in->mcp_read_only.value : rows_int(rows, 1) != 0;
	if (!in->mcp_tools_given && !rows_null(rows, 0)) {
		const char *tools = rows_dup(rows, 0);

		if (json_in_parse(rq->mem, &rq->err, tools, strlen(tools), &after) < 0)
			return -1;
	}
	rows_close(rows);
	return check_within_own_key(rq, true, after, read_only);
}

static int
apikeys_set_guards(struct rq *rq, const void *args)
{
	const struct guards_in *in = args;

	if (find_key(rq, in->id) < 0 || check_tools(rq, in->mcp_tools) < 0 ||
	    check_new_guards(rq, in) < 0)
		return -1;
	if (in->mcp_tools_given &&
	    db_exec(rq, "UPDATE coffer_api_key SET mcp_tools = ? WHERE id = ?",
		B(json_text(rq, in->mcp_tools)), B(in->id)) < 0)
		return -1;
	if (in->mcp_read_only.set &&
	    db_exec(rq, "UPDATE coffer_api_key SET mcp_read_only = ? WHERE id = ?",
		B(in->mcp_read_only), B(in->id)) < 0)
		return -1;
	activity_note(rq, "apikey.guards", "system_api_keys", in->id, NULL);
	return answer_ok(rq);
}

static int
apikeys_available_roles(struct rq *rq, const void *args)
{
	struct rows *rows;

	(void)args;
	if (db_query(rq, &rows,
		"SELECT r.id, r.name, r.is_admin FROM coffer_role r WHERE r.workspace_id = ? AND "
		"(r.name = 'authenticated' OR"
		" EXISTS (SELECT 1 FROM coffer_user_role ur WHERE ur.role_id = r.id AND ur.user_id "
		"= ?)) ORDER BY r.name",
		B(rq->caller->workspace_id), B(rq->caller->user_id)) < 0)
		return -1;
	return answer_list(rq, rows, "id name admin?");
}

const struct tool apikeys_tools[] = {
    {
	.name = "apikeys.list",
	.title = "List API keys",
	.description = "List the caller's API keys, or all of the workspace for administrators. "
		       "Secrets are never shown.",
	.kind = TOOL_READ,
	.flags = TOOL_USER,
	.run = apikeys_list,
	.method = "GET",
	.path = "/api/api-keys",
    },
    {
	.name = "apikeys.create",
	.title = "Create an API key",
	.description = "Create an API key for the caller and show its secret once. Made here, it "
		       "may call no MCP tool until a "
		       "person widens its guards.",
	.kind = TOOL_WRITE,
	.flags = TOOL_USER | TOOL_CONFIG,
	.params = create_params,
	.run = apikeys_create,
	.method = "POST",
	.path = "/api/api-keys",
	.status = 201,
    },
    {
	.name = "apikeys.revoke",
	.title = "Revoke an API key",
	.description = "Revoke an API key for good. The next request with it is refused.",
	.kind = TOOL_DESTRUCT,
	.flags = TOOL_USER | TOOL_CONFIG,
	.params = id_params,
	.run = apikeys_revoke,
	.method = "DELETE",
	.path = "/api/api-keys/{id}",
    },
    {
	.name = "apikeys.set_guards",
	.title = "Change a key's guards",
	.description = "Change which tools a key may call over MCP, and whether it may only read.",
	.kind = TOOL_WRITE,
	.flags = TOOL_USER | TOOL_CONFIG | TOOL_REST_ONLY,
	.params = guards_params,
	.run = apikeys_set_guards,
	.method = "PATCH",
	.path = "/api/api-keys/{id}/mcp-guards",
    },
    {
	.name = "apikeys.available_roles",
	.title = "Roles a key may have",
	.description = "List the roles that the caller holds and may narrow a key to.",
	.kind = TOOL_READ,
	.flags = TOOL_USER | TOOL_REST_ONLY,
	.run = apikeys_available_roles,
	.method = "GET",
	.path = "/api/api-keys/available-roles",
    },
    TOOL_END,
};
