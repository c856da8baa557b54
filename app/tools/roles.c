/* roles.*: named bundles of permissions, and who holds them. */
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

static const char columns[] = "id tenantId name description admin? system?";

static int
roles_list(struct rq *rq, const void *args)
{
	struct rows *rows;

	(void)args;
	if (db_query(rq, &rows,
		"SELECT id, workspace_id, name, description, is_admin, is_system FROM coffer_role"
		" WHERE workspace_id = ? ORDER BY is_system DESC, name",
		B(rq->caller->workspace_id)) < 0)
		return -1;
	return answer_list(rq, rows, columns);
}

struct create_in {
	const char *name;
	const char *description;
	bool admin;
};

static const struct param create_params[] = {
    PARAM(struct create_in, name, "name", REQUIRED, .min = 1, .max = 64,
	.doc = "Name of the role, unique in the workspace."),
    PARAM(struct create_in, description, "description", 0, .max = 500,
	.doc = "What the role is for; shown to administrators."),
    PARAM(struct create_in, admin, "admin", 0,
	.doc = "Holders bypass all permissions in this workspace. Default false."),
    PARAM_END,
};

static int
roles_create(struct rq *rq, const void *args)
{
	const struct create_in *in = args;
	char id[UUID_TEXT_SIZE];
	struct rows *rows;

	uuid_new(id);
	if (snapshot_role_by_name(rq->snap, in->name))
		return fail_at(
		    rq, E_CONFLICT, "name", "a role named \"%s\" exists already", in->name);
	if (db_exec(rq,
		"INSERT INTO coffer_role (id, workspace_id, name, description, is_admin, "
		"created_at)"
		" VALUES (?, ?, ?, ?, ?, ?)",
		B(id), B(rq->caller->workspace_id), B(in->name), B(in->description), B(in->admin),
		bind_time(rq->now)) < 0)
		return -1;
	activity_note(rq, "role.create", "system_roles", id, NULL);
	if (db_query(rq, &rows,
		"SELECT id, workspace_id, name, description, is_admin, is_system FROM coffer_role "
		"WHERE id = ?",
		B(id)) < 0)
		return -1;
	return answer_one(rq, rows, columns, "Role not found");
}

struct id_in {
	const char *id;
};

static const struct param id_params[] = {
    PARAM(struct id_in, id, "id", REQUIRED, .format = "uuid", .doc = "Id of the role."),
    PARAM_END,
};

static int
roles_delete(struct rq *rq, const void *args)
{
	const struct id_in *in = args;
	const struct role *role = snapshot_role(rq->snap, in->id);

	if (!role)
		return fail(rq, E_NOT_FOUND, "Role not found");
	if (role->is_system)
		return fail(rq, E_FORBIDDEN,
		    "the role \"%s\" belongs to the system and cannot be deleted", role->name);
	if (db_exec(rq,
		"UPDATE coffer_api_key SET revoked_at = ? WHERE role_id = ? AND revoked_at IS NULL",
		bind_time(rq->now), B(in->id)) < 0 ||
	    db_exec(rq, "DELETE FROM coffer_role WHERE id = ?", B(in->id)) < 0 ||
	    (role->is_admin && members_require_admin(rq) < 0))
		return -1;
	activity_note(rq, "role.delete", "system_roles", in->id, NULL);
	return answer_ok(rq);
}

struct assign_in {
	const char *user_id;
	const char *role_id;
};

static const struct param assign_params[] = {
    PARAM(struct assign_in, user_id, "userId", REQUIRED, .format = "uuid",
	.doc = "Id of a member of this workspace; users.list names them."),
    PARAM(struct assign_in, role_id, "roleId", REQUIRED, .format = "uuid",
	.doc = "Id of a role of this workspace; roles.list names them."),
    PARAM_END,
};

static int
check_role_and_member(struct rq *rq, const struct assign_in *in)
{
	const char *status;
	int found;

	if (!snapshot_role(rq->snap, in->role_id))
		return fail(rq, E_NOT_FOUND, "Role not found");
	found = db_text(rq, &status,
	    "SELECT status FROM coffer_member WHERE user_id = ? AND workspace_id = ? LOCK IN SHARE "
	    "MODE",
	    B(in->user_id), B(rq->caller->workspace_id));
	if (found < 0)
		return -1;
	return found ? 0 : fail(rq, E_NOT_FOUND, "User not found");
}

static int
roles_assign(struct rq *rq, const void *args)
{
	const struct assign_in *in = args;

	if (check_role_and_member(rq, in) < 0 ||
	    db_exec(rq,
		"INSERT INTO coffer_user_role (user_id, role_id, workspace_id, created_at) VALUES "
		"(?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE user_id = VALUES(user_id)",
		B(in->user_id), B(in->role_id), B(rq->caller->workspace_id),
		bind_time(rq->now)) < 0)
		return -1;
	activity_note(rq, "role.assign", "system_roles", in->role_id, NULL);
	return answer_ok(rq);
}

static int
roles_unassign(struct rq *rq, const void *args)
{
	const struct assign_in *in = args;

	if (check_role_and_member(rq, in) < 0 ||
	    db_exec(rq,
		"DELETE FROM coffer_user_role WHERE user_id = ? AND workspace_id = ? AND role_id = "
		"?",
		B(in->user_id), B(rq->caller->workspace_id), B(in->role_id)) < 0 ||
	    (snapshot_role(rq->snap, in->role_id)->is_admin && members_require_admin(rq) < 0))
		return -1;
	activity_note(rq, "role.unassign", "system_roles", in->role_id, NULL);
	return answer_ok(rq);
}

const struct tool roles_tools[] = {
    {
	.name = "roles.list",
	.title = "List roles",
	.description = "List the roles of this workspace: id, name, description, and whether "
		       "holders are administrators.",
	.kind = TOOL_READ,
	.flags = TOOL_ADMIN,
	.run = roles_list,
	.method = "GET",
	.path = "/api/roles",
    },
    {
	.name = "roles.create",
	.title = "Create a role",
	.description = "Create a role. It allows nothing until permissions.grant gives it "
		       "something, unless admin is true.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_CONFIG,
	.params = create_params,
	.run = roles_create,
	.method = "POST",
	.path = "/api/roles",
	.status = 201,
    },
    {
	.name = "roles.assign",
	.title = "Give a user a role",
	.description = "Give a member of this workspace a role. Giving it twice changes nothing.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_CONFIG | TOOL_IDEMPOTENT,
	.params = assign_params,
	.run = roles_assign,
	.method = "POST",
	.path = "/api/users/{userId}/roles",
    },
    {
	.name = "roles.unassign",
	.title = "Take a role from a user",
	.description = "Take a role from a member of this workspace. The last administrator keeps "
		       "the admin role.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_CONFIG | TOOL_IDEMPOTENT,
	.params = assign_params,
	.run = roles_unassign,
	.method = "DELETE",
	.path = "/api/users/{userId}/roles/{roleId}",
    },
    {
	.name = "roles.delete",
	.title = "Delete a role",
	.description = "Delete a role with its grants; API keys narrowed to it are revoked. System "
		       "roles stay.",
	.kind = TOOL_DESTRUCT,
	.flags = TOOL_ADMIN | TOOL_CONFIG | TOOL_REST_ONLY,
	.params = id_params,
	.run = roles_delete,
	.method = "DELETE",
	.path = "/api/roles/{id}",
    },
    TOOL_END,
};
