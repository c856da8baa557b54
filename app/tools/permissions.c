/* permissions.*: grants, each one role, one collection, one action. */
#include <string.h>

#include "activity.h"
#include "answer.h"
#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "db.h"
#include "expr.h"
#include "json_in.h"
#include "registry.h"
#include "rq.h"
#include "snapshot.h"
#include "tool.h"

/* Collections that are not tables of their own. */
static const char *const system_names[] = {"*", "system_files", NULL};

static bool
is_system_name(const char *name)
{
	for (const char *const *s = system_names; *s; s++)
		if (strcmp(*s, name) == 0)
			return true;
	return false;
}

static void
put_fields(struct out *out, const struct grant *grant)
{
	const struct collection *c = grant->collection;

	out_key(out, "fields");
	if (!grant->fields) {
		out_null(out);
		return;
	}
	out_array(out);
	for (size_t i = 0; c && i < c->nfields; i++)
		if (bits_get(grant->fields, (unsigned)i))
			out_str(out, c->fields[i].name);
	out_end(out);
}

static void
put_grant(struct out *out, const struct grant *grant, const struct rows *created)
{
	out_object(out);
	out_kstr(out, "id", grant->id);
	out_kstr(out, "roleId", grant->role->id);
	out_kstr(
	    out, "collection", grant->collection ? grant->collection->slug : grant->system_name);
	out_kstr(out, "action", action_names[grant->action]);
	put_fields(out, grant);
	out_kraw(out, "condition", grant->rule_text);
	out_key(out, "createdAt");
	rows_out(created, 1, out);
	out_end(out);
}

static const struct grant *
find_grant(const struct snapshot *snap, const char *id)
{
	for (size_t i = 0; i < snap->ngrants; i++)
		if (strcmp(snap->grants[i].id, id) == 0)
			return &snap->grants[i];
	return NULL;
}

struct role_in {
	const char *role_id;
};

static const struct param role_params[] = {
    PARAM(struct role_in, role_id, "roleId", REQUIRED, .format = "uuid",
	.doc = "Id of the role; roles.list names them."),
    PARAM_END,
};

static int
permissions_list_for_role(struct rq *rq, const void *args)
{
	const struct role_in *in = args;
	struct rows *rows;
	int found;

	if (!snapshot_role(rq->snap, in->role_id))
		return fail(rq, E_NOT_FOUND, "Role not found");
	if (db_query(rq, &rows,
		"SELECT id, created_at FROM coffer_grant WHERE role_id = ? ORDER BY id",
		B(in->role_id)) < 0)
		return -1;
	out_object(&rq->out);
	out_key(&rq->out, "data");
	out_array(&rq->out);
	while ((found = rows_next(rows)) == 1) {
		const struct grant *grant = find_grant(rq->snap, rows_text(rows, 0, NULL));

		if (grant)
			put_grant(&rq->out, grant, rows);
	}
	out_end(&rq->out);
	out_end(&rq->out);
	return found;
}

struct grant_in {
	const char *role_id;
	const char *collection;
	const char *action;
	struct json_object *condition;
	struct str_list fields;
};

static const char *const actions[] = {"create", "read", "update", "delete", NULL};

static const struct param grant_params[] = {
    PARAM(struct grant_in, role_id, "roleId", REQUIRED, .format = "uuid",
	.doc = "Id of the role that is allowed more."),
    PARAM(struct grant_in, collection, "collection", REQUIRED, .max = 64,
	.doc = "Slug of a collection, system_files, or * for every collection."),
    PARAM(struct grant_in, action, "action", REQUIRED, .options = actions,
	.doc = "What the role may do."),
    PARAM(struct grant_in, condition, "condition", PARAM_NULLABLE, .type_name = "object",
	.doc = "Only rows for which this holds, in the filter language, e.g. "
	       "{\"owner_id\":{\"_eq\":\"$user.id\"}}. "
	       "Absent or null: all rows."),
    PARAM(struct grant_in, fields, "fields", PARAM_NULLABLE,
	.doc = "Only these fields. Absent or null: all fields."),
    PARAM_END,
};

/* What every managed table has: rules on "*" and on system collections may speak of these alone. */
static const struct collection *
common_columns(struct rq *rq)
{
	static const char *const names[] = {"id", "owner_id", "created_at", "updated_at"};
	struct collection *c = NEW(rq->mem, struct collection);
	struct field *fields = NEWV(rq->mem, struct field, 4);

	for (unsigned i = 0; i < 4; i++) {
		fields[i] = (struct field){
		    .name = names[i], .wire_name = names[i], .system = true, .index = i};
		fields[i].type = i < 2 ? FIELD_UUID : FIELD_TIMESTAMP;
		fields[i].kind = i < 2 ? VALUE_UUID : VALUE_TIME;
	}
	c->slug = "*";
	c->nsystem = 4;
	c->fields = fields;
	c->pk = &fields[0];
	return c;
}

static int
check_condition(struct rq *rq, const struct collection *c, struct json_object *condition)
{
	struct expr_scope scope = {
	    .rq = rq,
	    .at = "condition",
	    .variables = true,
	    .unknown_text = "unknown field in condition: %s",
	};
	struct expr *expr;

	return condition ? expr_parse(&scope, c ? c : common_columns(rq), condition, &expr) : 0;
}

/* Grants refer to ids: a field dropped and made again inherits nothing. */
static int
field_ids(
    struct rq *rq, const struct collection *c, const struct str_list *names, const char **json_r)
{
	struct out out;

	*json_r = NULL;
	if (!names->set)
		return 0;
	if (!c)
		return fail_at(rq, E_VALIDATION, "fields",
		    "a list of fields needs one collection; leave it out here");
	if (names->n == 0)
		return fail_at(rq, E_VALIDATION, "fields",
		    "an empty list allows nothing; leave it out for all fields");
	out_init(&out, rq->mem);
	out_array(&out);
	for (size_t i = 0; i < names->n; i++) {
		const struct field *f =
		    collection_field(c, names->items[i], strlen(names->items[i]));

		if (!f)
			return fail_at(
			    rq, E_VALIDATION, "fields", "Unknown field: %s", names->items[i]);
		if (!f->system)
			out_str(&out, f->id);
	}
	out_end(&out);
	*json_r = buf_text(&out.buf);
	return 0;
}

static const char *
raw_text(struct rq *rq, struct json_object *json)
{
	size_t len;
	const char *raw;

	if (!json)
		return NULL;
	raw = json_in_raw(json, &len);
	return arena_strndup(rq->mem, raw, len);
}

static int
find_collection(struct rq *rq, const char *name, const struct collection **c_r)
{
	*c_r = NULL;
	if (is_system_name(name))
		return 0;
	*c_r = snapshot_collection(rq->snap, name);
	return *c_r ? 0 : fail_at(rq, E_NOT_FOUND, "collection", "Collection not found");
}

static bool
is_named(const struct str_list *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

/* As put_fields() will show them: in the collection's order, each once. */
static void
put_named_fields(struct out *out, const struct collection *c, const struct str_list *names)
{
	out_key(out, "fields");
	if (!names->set) {
		out_null(out);
		return;
	}
	out_array(out);
	for (size_t i = 0; c && i < c->nfields; i++)
		if (is_named(names, c->fields[i].name))
			out_str(out, c->fields[i].name);
	out_end(out);
}

static void
answer_grant(struct rq *rq, const struct grant_in *in, const struct collection *c, const char *id)
{
	char now[CLOCK_TEXT_SIZE];
	struct out *out = &rq->out;

	clock_format(rq->now, now);
	out_object(out);
	out_key(out, "data");
	out_object(out);
	out_kstr(out, "id", id);
	out_kstr(out, "roleId", in->role_id);
	out_kstr(out, "collection", in->collection);
	out_kstr(out, "action", in->action);
	put_named_fields(out, c, &in->fields);
	out_kraw(out, "condition", raw_text(rq, in->condition));
	out_kstr(out, "createdAt", now);
	out_end(out);
	out_end(out);
}

static int
permissions_grant(struct rq *rq, const void *args)
{
	const struct grant_in *in = args;
	const struct collection *c;
	const char *fields, *system_name;
	char id[UUID_TEXT_SIZE];

	if (!snapshot_role(rq->snap, in->role_id))
		return fail_at(rq, E_NOT_FOUND, "roleId", "Role not found");
	if (find_collection(rq, in->collection, &c) < 0 ||
	    check_condition(rq, c, in->condition) < 0 || field_ids(rq, c, &in->fields, &fields) < 0)
		return -1;
	uuid_new(id);
	system_name = c ? NULL : in->collection;
	if (db_exec(rq,
		"INSERT INTO coffer_grant (id, workspace_id, role_id, collection_id, system_name, "
		"action, rule, field_ids,"
		" created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		B(id), B(rq->caller->workspace_id), B(in->role_id), bind_str(c ? c->id : NULL),
		B(system_name), B(in->action), B(raw_text(rq, in->condition)), B(fields),
		bind_time(rq->now)) < 0)
		return -1;
	activity_note(rq, "role.grant", "system_permissions", id, NULL);
	answer_grant(rq, in, c, id);
	return 0;
}

struct id_in {
	const char *id;
};

static const struct param id_params[] = {
    PARAM(struct id_in, id, "id", REQUIRED, .format = "uuid",
	.doc = "Id of the grant; permissions.list_for_role names them."),
    PARAM_END,
};

static int
permissions_revoke(struct rq *rq, const void *args)
{
	const struct id_in *in = args;

	if (db_exec(rq, "DELETE FROM coffer_grant WHERE id = ? AND workspace_id = ?", B(in->id),
		B(rq->caller->workspace_id)) < 0)
		return -1;
	if (db_affected(rq->db) == 0)
		return fail(rq, E_NOT_FOUND, "Permission not found");
	activity_note(rq, "role.revoke", "system_permissions", in->id, NULL);
	return answer_ok(rq);
}

const struct tool permissions_tools[] = {
    {
	.name = "permissions.list_for_role",
	.title = "List a role's permissions",
	.description =
	    "List what a role may do: collection, action, fields and condition of each grant.",
	.kind = TOOL_READ,
	.flags = TOOL_ADMIN,
	.params = role_params,
	.run = permissions_list_for_role,
	.method = "GET",
	.path = "/api/roles/{roleId}/permissions",
    },
    {
	.name = "permissions.grant",
	.title = "Allow a role something",
	.description = "Allow a role one action on a collection, for all rows or those a condition "
		       "selects, and for all or some "
		       "fields. Grants add up.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_CONFIG,
	.params = grant_params,
	.run = permissions_grant,
	.method = "POST",
	.path = "/api/roles/{roleId}/permissions",
	.status = 201,
    },
    {
	.name = "permissions.revoke",
	.title = "Take a permission back",
	.description =
	    "Remove a grant. It is out of force for every request that begins afterwards.",
	.kind = TOOL_DESTRUCT,
	.flags = TOOL_ADMIN | TOOL_CONFIG,
	.params = id_params,
	.run = permissions_revoke,
	.method = "DELETE",
	.path = "/api/permissions/{id}",
    },
    TOOL_END,
};
