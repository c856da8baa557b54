/* users.*: the members of this workspace.  me.get: who the caller is. */
#include <string.h>

#include "activity.h"
#include "answer.h"
#include "caller.h"
#include "db.h"
#include "members.h"
#include "registry.h"
#include "rq.h"
#include "snapshot.h"
#include "tool.h"

static int
users_list(struct rq *rq, const void *args)
{
	struct rows *rows;

	(void)args;
	if (db_query(rq, &rows,
		"SELECT u.id, u.email, u.name, m.status, m.role, u.created_at,"
		" (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(JSON_OBJECT('id', r.id, 'name', "
		"r.name) ORDER BY r.name), ''), ']')"
		" FROM coffer_user_role ur JOIN coffer_role r ON r.id = ur.role_id"
		" WHERE ur.user_id = u.id AND ur.workspace_id = m.workspace_id),"
		" m.last_seen_at"
		" FROM coffer_member m JOIN coffer_user u ON u.id = m.user_id"
		" WHERE m.workspace_id = ? ORDER BY u.created_at, u.id",
		B(rq->caller->workspace_id)) < 0)
		return -1;
	return answer_list(
	    rq, rows, "id email name status memberRole createdAt roles{} lastSeenAt");
}

struct id_in {
	const char *id;
};

static const struct param id_params[] = {
    PARAM(struct id_in, id, "id", REQUIRED, .format = "uuid",
	.doc = "Id of the user; users.list names them."),
    PARAM_END,
};

static int
set_status(struct rq *rq, const char *id, const char *status)
{
	int64_t n;

	if (db_int(rq, &n,
		"SELECT COUNT(*) FROM coffer_member WHERE user_id = ? AND workspace_id = ?", B(id),
		B(rq->caller->workspace_id)) < 0)
		return -1;
	if (n == 0)
		return fail(rq, E_NOT_FOUND, "User not found");
	return db_exec(rq,
	    "UPDATE coffer_member SET status = ? WHERE user_id = ? AND workspace_id = ?", B(status),
	    B(id), B(rq->caller->workspace_id));
}

static int
users_suspend(struct rq *rq, const void *args)
{
	const struct id_in *in = args;

	if (strcmp(in->id, rq->caller->user_id) == 0)
		return fail(
		    rq, E_CONFLICT, "you cannot suspend yourself; ask another administrator");
	if (set_status(rq, in->id, "suspended") < 0 ||
	    db_exec(rq, "DELETE FROM coffer_session WHERE user_id = ?", B(in->id)) < 0 ||
	    members_require_admin(rq) < 0)
		return -1;
	activity_note(rq, "user.suspend", "system_users", in->id, NULL);
	return answer_ok(rq);
}

static int
users_activate(struct rq *rq, const void *args)
{
	const struct id_in *in = args;

	if (set_status(rq, in->id, "active") < 0)
		return -1;
	activity_note(rq, "user.activate", "system_users", in->id, NULL);
	return answer_ok(rq);
}

static void
put_roles(struct rq *rq)
{
	const struct caller *caller = rq->caller;

	out_key(&rq->out, "roles");
	out_array(&rq->out);
	for (size_t i = 0; i < caller->nroles; i++) {
		const struct role *role = snapshot_role(rq->snap, caller->role_ids[i]);

		if (role)
			out_str(&rq->out, role->name);
	}
	if (!caller->key_role_id)
		out_str(&rq->out, "authenticated");
	out_end(&rq->out);
}

static void
put_guards(struct rq *rq)
{
	const struct caller *caller = rq->caller;

	out_key(&rq->out, "mcp");
	out_object(&rq->out);
	out_kbool(&rq->out, "readOnly", caller->read_only);
	out_key(&rq->out, "allowlist");
	if (caller->restricted) {
		out_array(&rq->out);
		for (size_t i = 0; i < caller->ntools; i++)
			out_str(&rq->out, caller->tools[i]);
		out_end(&rq->out);
	} else {
		out_null(&rq->out);
	}
	out_end(&rq->out);
}

static int
me_get(struct rq *rq, const void *args)
{
	const struct caller *caller = rq->caller;
	struct out *out = &rq->out;

	(void)args;
	out_object(out);
	out_kstr(out, "id", caller->user_id);
	out_kstr(out, "email", caller->email);
	out_kstr(out, "name", caller->name);
	put_roles(rq);
	out_kbool(out, "isAdmin", caller->is_admin);
	out_kbool(out, "isOperator", caller->is_operator);
	out_kstr(out, "tenantId", caller->workspace_id);
	out_kstr(out, "tenantSlug", caller->workspace_slug);
	put_guards(rq);
	out_end(out);
	return 0;
}

const struct tool users_tools[] = {
    {
	.name = "users.list",
	.title = "List members",
	.description = "List the members of this workspace with their roles, status and when they "
		       "were last seen.",
	.kind = TOOL_READ,
	.flags = TOOL_ADMIN,
	.run = users_list,
	.method = "GET",
	.path = "/api/users",
    },
    {
	.name = "users.suspend",
	.title = "Suspend a member",
	.description =
	    "Suspend a member: their sessions end and their API keys stop working here at once.",
	.kind = TOOL_DESTRUCT,
	.flags = TOOL_ADMIN | TOOL_CONFIG,
	.params = id_params,
	.run = users_suspend,
	.method = "PATCH",
	.path = "/api/users/{id}/suspend",
    },
    {
	.name = "users.activate",
	.title = "Activate a member",
	.description = "Let a suspended member in again. Their API keys work again; they have to "
		       "sign in anew.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_CONFIG | TOOL_IDEMPOTENT,
	.params = id_params,
	.run = users_activate,
	.method = "PATCH",
	.path = "/api/users/{id}/activate",
    },
    {
	.name = "me.get",
	.title = "Who am I",
	.description =
	    "Tell who the caller is: user, roles in this workspace, and what narrows the key.",
	.kind = TOOL_READ,
	.flags = TOOL_USER | TOOL_REST_ONLY | TOOL_WRAP,
	.run = me_get,
	.method = "GET",
	.path = "/api/me",
    },
    TOOL_END,
};
