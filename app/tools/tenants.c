/* tenants.*: the workspaces of the caller. */
#include <string.h>

#include "activity.h"
#include "answer.h"
#include "caller.h"
#include "db.h"
#include "registry.h"
#include "rq.h"
#include "str.h"
#include "tool.h"
#include "uuid.h"
#include "workspace.h"

static int
tenants_list(struct rq *rq, const void *args)
{
	const char *columns = "id slug name project branch env mark color protected? role";
	struct out *out = &rq->out;
	struct rows *rows;
	int found;

	(void)args;
	if (db_query(rq, &rows,
		"SELECT w.id, w.slug, w.name, w.project, w.branch, w.env, w.mark, w.color, "
		"w.is_protected, m.role"
		" FROM coffer_member m JOIN coffer_workspace w ON w.id = m.workspace_id"
		" WHERE m.user_id = ? AND m.status = 'active' AND (? IS NULL OR w.id = ?) ORDER BY "
		"w.no",
		B(rq->caller->user_id), B(rq->caller->key_id), B(rq->caller->workspace_id)) < 0)
		return -1;
	out_object(out);
	out_key(out, "data");
	out_array(out);
	while ((found = rows_next(rows)) == 1)
		answer_object(out, rows, columns);
	if (found < 0)
		return -1;
	out_end(out);
	out_kstr(out, "active", rq->caller->workspace_id);
	out_end(out);
	return 0;
}

struct switch_in {
	const char *tenant_id;
};

static const struct param switch_params[] = {
    PARAM(struct switch_in, tenant_id, "tenantId", REQUIRED, .min = 1, .max = 64, .alias = "tenant",
	.doc = "Id or slug of a workspace the caller is a member of; tenants.list names them."),
    PARAM_END,
};

/* Keys stay in their workspace; for people the choice is kept with the user. */
static int
tenants_switch(struct rq *rq, const void *args)
{
	const struct switch_in *in = args;
	const char *slug = str_is_ascii(in->tenant_id) ? in->tenant_id : NULL;
	char id[UUID_TEXT_SIZE] = "";
	struct rows *rows;
	int found;

	uuid_canonical(in->tenant_id, strlen(in->tenant_id), id);
	if (db_query(rq, &rows,
		"SELECT w.id, w.slug, m.status FROM coffer_workspace w"
		" LEFT JOIN coffer_member m ON m.workspace_id = w.id AND m.user_id = ? WHERE "
		"w.slug = ? OR w.id = ?",
		B(rq->caller->user_id), B(slug), bind_str(*id ? id : NULL)) < 0)
		return -1;
	found = rows_next(rows);
	if (found < 0)
		return -1;
	if (found == 0)
		return fail(rq, E_NOT_FOUND, "Workspace not found");
	if (rows_null(rows, 2) || strcmp(rows_text(rows, 2, NULL), "active") != 0)
		return fail(rq, E_FORBIDDEN, "you are not a member of this workspace");
	if (rq->caller->key_id && strcmp(rows_text(rows, 0, NULL), rq->caller->workspace_id) != 0)
		return fail(rq, E_FORBIDDEN,
		    "an API key stays in its workspace; use a key of the other one");
	if (db_exec(rq, "UPDATE coffer_user SET active_workspace_id = ? WHERE id = ?",
		bind_str(rows_dup(rows, 0)), B(rq->caller->user_id)) < 0)
		return -1;
	activity_note(rq, "tenant.switch", "system_tenants", rows_dup(rows, 0), NULL);
	out_object(&rq->out);
	out_key(&rq->out, "data");
	answer_object(&rq->out, rows, "id slug");
	out_end(&rq->out);
	rows_close(rows);
	return 0;
}

struct create_in {
	const char *name;
	const char *slug;
};

static const struct param create_params[] = {
    PARAM(struct create_in, name, "name", REQUIRED, .min = 2, .max = 60,
	.doc = "Name of the workspace."),
    PARAM(struct create_in, slug, "slug", 0, .min = 1, .max = 24,
	.doc = "Slug; default: made from the name."),
    PARAM_END,
};

static int
tenants_create(struct rq *rq, const void *args)
{
	const struct create_in *in = args;
	struct rows *rows;
	const char *id;

	if (rq->caller->key_id)
		return fail(
		    rq, E_FORBIDDEN, "an API key stays in its workspace; sign in to make another");
	if (workspace_create(rq, in->name, in->slug, rq->caller->user_id, false, &id) < 0)
		return -1;
	activity_note(rq, "tenant.create", "system_tenants", id, NULL);
	if (db_query(rq, &rows, "SELECT id, slug, name FROM coffer_workspace WHERE id = ?", B(id)) <
	    0)
		return -1;
	return answer_one(rq, rows, "id slug name", "Workspace not found");
}

const struct tool tenants_tools[] = {
    {
	.name = "tenants.list",
	.title = "List workspaces",
	.description = "List the workspaces the caller is a member of, with the caller's "
		       "membership role, and which one is active.",
	.kind = TOOL_READ,
	.flags = TOOL_USER,
	.run = tenants_list,
	.method = "GET",
	.path = "/api/tenants",
    },
    {
	.name = "tenants.switch",
	.title = "Switch workspace",
	.description = "Make another workspace the caller's active one. API keys stay in the "
		       "workspace they were made in.",
	.kind = TOOL_WRITE,
	.flags = TOOL_USER | TOOL_IDEMPOTENT,
	.params = switch_params,
	.run = tenants_switch,
	.method = "POST",
	.path = "/api/tenants/switch",
    },
    {
	.name = "tenants.create",
	.title = "Create a workspace",
	.description = "Create a workspace; the caller becomes its owner and administrator.",
	.kind = TOOL_WRITE,
	.flags = TOOL_USER | TOOL_REST_ONLY,
	.params = create_params,
	.run = tenants_create,
	.method = "POST",
	.path = "/api/tenants",
	.status = 201,
    },
    TOOL_END,
};
