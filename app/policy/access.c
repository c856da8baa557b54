/* What a caller may do with a collection: the one place where grants are added up. */
#include "access.h"

#include <string.h>

#include "arena.h"
#include "buf.h"
#include "caller.h"
#include "json_in.h"
#include "log.h"
#include "rq.h"

enum { WORDS = sizeof(((struct access *)0)->fields) / sizeof(uint64_t), SLUG_SHOWN_MAX = 64 };

/* The role that callers have without being given it; NULL with a key narrowed to a role, and for
 * those who came from another workspace. */
static const char *
implicit_role(const struct caller *caller)
{
	if (caller->plane == CALLER_ANONYMOUS)
		return "public";
	return caller->key_role_id == NULL && caller->member_role != NULL ? "authenticated" : NULL;
}

static bool
has_role(const struct caller *caller, const struct role *role)
{
	const char *implicit = implicit_role(caller);
	size_t i;

	if (implicit != NULL && role->is_system && strcmp(role->name, implicit) == 0)
		return true;
	for (i = 0; caller->plane != CALLER_ANONYMOUS && i < caller->nroles; i++) {
		if (strcmp(caller->role_ids[i], role->id) == 0)
			return true;
	}
	return false;
}

/* Until rules and presets are judged, a grant that carries them gives nothing. */
static bool
counts(const struct grant *grant, enum action action)
{
	if (grant->action != action || grant->rule != NULL)
		return false;
	return grant->presets == NULL || (action != ACTION_CREATE && action != ACTION_UPDATE);
}

static bool
is_everywhere(const struct grant *grant)
{
	return grant->system_name != NULL && strcmp(grant->system_name, "*") == 0;
}

static void
add_fields(struct access *access, const struct grant *grant)
{
	size_t i;

	if (grant->fields == NULL)
		access->all_fields = true;
	for (i = 0; grant->fields != NULL && i < WORDS; i++)
		access->fields[i] |= grant->fields[i];
}

/* Add up the caller's grants; false if there are none. */
static bool
judge(const struct rq *rq, const struct collection *c, enum action action, struct access *access)
{
	const struct grant *grant;
	bool allowed = rq->caller->is_admin;
	size_t i;

	*access = (struct access){.collection = c, .action = action, .all_fields = allowed};
	if (c->archived)
		return false;
	for (i = 0; !rq->caller->is_admin && i < rq->snap->ngrants; i++) {
		grant = &rq->snap->grants[i];
		if (!counts(grant, action) || !has_role(rq->caller, grant->role) ||
		    (grant->collection != c && !is_everywhere(grant)))
			continue;
		add_fields(access, grant);
		allowed = true;
	}
	return allowed;
}

int
access_get(
    struct rq *rq, const struct collection *c, enum action action, const struct access **access_r)
{
	struct access *access = NEW(rq->mem, struct access);

	*access_r = access;
	return judge(rq, c, action, access);
}

static int
refuse(struct rq *rq, const char *slug, enum action action)
{
	if (rq->caller->is_admin)
		return fail(rq, E_NOT_FOUND, "Collection not found");
	if (rq->caller->plane == CALLER_ANONYMOUS)
		return fail(rq, E_UNAUTHORIZED, "Sign in required");
	return fail(rq, E_FORBIDDEN, "No permission to %s on \"%.*s\"", action_names[action],
	    SLUG_SHOWN_MAX, slug);
}

int
access_require(struct rq *rq, const char *slug, enum action action, const struct access **access_r)
{
	const struct collection *c = snapshot_collection(rq->snap, slug);

	if (c == NULL || !access_get(rq, c, action, access_r))
		return refuse(rq, slug, action);
	return 0;
}

bool
access_system(struct rq *rq, const char *system_name, enum action action)
{
	const struct grant *grant;
	size_t i;

	if (rq->caller->is_admin)
		return true;
	for (i = 0; i < rq->snap->ngrants; i++) {
		grant = &rq->snap->grants[i];
		if (counts(grant, action) && has_role(rq->caller, grant->role) &&
		    grant->system_name != NULL &&
		    (is_everywhere(grant) || strcmp(grant->system_name, system_name) == 0))
			return true;
	}
	return false;
}

bool
access_field(const struct access *access, const struct field *f)
{
	return access->all_fields || f->system || bits_get(access->fields, f->index);
}

int
access_readable(struct rq *rq, const struct collection *c, const struct field *f)
{
	struct access access;

	return judge(rq, c, ACTION_READ, &access) && access_field(&access, f);
}

int
access_target_rule(struct rq *rq, const struct collection *target, const struct expr **rule_r)
{
	static const struct expr nothing = {.kind = EXPR_NEVER, .at = ""};
	struct access access;

	*rule_r = judge(rq, target, ACTION_READ, &access) ? access.rule : &nothing;
	return 0;
}

static const struct json_object *
attributes(struct rq *rq)
{
	struct json_object *node = NULL;
	const char *text = rq->caller->attributes;
	struct err err = {0};

	if (text != NULL && json_in_parse(rq->mem, &err, text, strlen(text), &node) < 0)
		log_error(
		    "the attributes of user %s are not JSON: %s", rq->caller->user_id, err.message);
	return node;
}

void
access_vars(struct rq *rq, struct expr_vars *vars)
{
	const struct caller *caller = rq->caller;
	const struct snapshot *snap = rq->snap;
	const char **names = NEWV(rq->mem, const char *, snap->nroles);
	size_t i, n = 0;

	for (i = 0; i < snap->nroles; i++) {
		if (has_role(caller, &snap->roles[i]))
			names[n++] = snap->roles[i].name;
	}
	*vars = (struct expr_vars){
	    .user_id = caller->user_id,
	    .user_email = caller->email,
	    .nroles = n,
	    .roles = names,
	    .workspace_id = caller->workspace_id,
	    .now = rq->now,
	    .attributes = attributes(rq),
	};
}

const char *
access_field_names(struct rq *rq, const struct access *access)
{
	const struct collection *c = access->collection;
	struct buf names;
	size_t i;

	buf_init(&names, rq->mem);
	for (i = 0; i < c->nfields + c->nsystem; i++) {
		if (access_field(access, &c->fields[i]) && &c->fields[i] != c->version)
			buf_printf(
			    &names, "%s%s", names.len == 0 ? "" : ", ", c->fields[i].wire_name);
	}
	return buf_text(&names);
}
