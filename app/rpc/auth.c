/* From credentials to a caller with rights: who, the snapshot of the workspace, narrowing. */
#include "auth.h"

#include <string.h>

#include "arena.h"
#include "caller.h"
#include "conf.h"
#include "db.h"
#include "retry.h"
#include "rq.h"
#include "snapshot.h"
#include "throttle.h"
#include "who.h"
#include "workspace.h"

bool
caller_may_use(const struct caller *caller, const char *tool)
{
	if (!caller->restricted)
		return true;
	for (size_t i = 0; i < caller->ntools; i++)
		if (strcmp(caller->tools[i], tool) == 0)
			return true;
	return false;
}

void
auth_remember(struct rq *rq, const struct credentials *credentials)
{
	rq->credentials = credentials;
}

static int
unauthorized(struct rq *rq)
{
	return fail(rq, E_UNAUTHORIZED, "Sign in required");
}

/* A key never leaves its workspace.  A name that stands for no workspace at all is refused in the
 * same words: whoever holds a key learns nothing about other workspaces. */
static int
check_key_workspace(
    struct rq *rq, const struct credentials *credentials, const struct caller *caller)
{
	char id[UUID_TEXT_SIZE];
	const char *named = credentials->workspace;

	if (!caller->key_id || !named || strcmp(named, caller->workspace_slug) == 0)
		return 0;
	if (uuid_canonical(named, strlen(named), id) && strcmp(id, caller->workspace_id) == 0)
		return 0;
	return fail(rq, E_FORBIDDEN,
	    "this API key belongs to workspace \"%s\"; leave the workspace header out or use "
	    "another key",
	    caller->workspace_slug);
}

static int
ask(struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller)
{
	int found = who_find(rq, credentials, lock, caller);

	if (found < 0)
		return -1;
	if (!found)
		return unauthorized(rq);
	if (check_key_workspace(rq, credentials, caller) == 0)
		return 0;
	/* Refused, but known: the log says who. */
	rq->caller = caller;
	return -1;
}

static bool
is_nobody(const struct credentials *credentials)
{
	return !credentials->user_id && !credentials->session && !credentials->bearer;
}

/* Nobody finds no workspace only when there is not even the default one: it is made. */
static int
ask_or_found(struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller)
{
	const char *id;

	if (ask(rq, credentials, lock, caller) == 0)
		return 0;
	if (rq->err.code != E_UNAUTHORIZED || !is_nobody(credentials))
		return -1;
	rq->err = (struct err){0};
	db_rollback(rq);
	if (workspace_default(rq, &id) < 0 || db_commit(rq) < 0)
		return -1;
	return ask(rq, credentials, lock, caller);
}

static bool
holds(const struct caller *caller, const char *role_id)
{
	for (size_t i = 0; i < caller->nroles; i++)
		if (strcmp(caller->role_ids[i], role_id) == 0)
			return true;
	return false;
}

/* A key narrowed to a role has that role and no other, and only while its owner has it; every
 * member has "authenticated". */
static void
narrow(struct rq *rq, struct caller *caller)
{
	const struct role *role;

	if (!caller->key_role_id)
		return;
	role = snapshot_role(rq->snap, caller->key_role_id);
	if (role && (holds(caller, role->id) ||
			(role->is_system && strcmp(role->name, "authenticated") == 0))) {
		caller->role_ids = NEW(rq->mem, const char *);
		caller->role_ids[0] = caller->key_role_id;
		caller->nroles = 1;
	} else {
		caller->nroles = 0;
	}
}

static void
judge(struct rq *rq, struct caller *caller)
{
	narrow(rq, caller);
	caller->is_admin = false;
	for (size_t i = 0; i < caller->nroles; i++) {
		const struct role *role = snapshot_role(rq->snap, caller->role_ids[i]);

		caller->is_admin = caller->is_admin || (role && role->is_admin);
	}
	if (caller->key_role_id && !caller->is_admin)
		caller->is_operator = false;
}

/* The workspace is known from an earlier look without locks.  Should the answer be another one now
 * (the user switched), everything is asked again. */
static int
ask_raising(struct rq *rq, const struct credentials *credentials, struct caller *caller)
{
	const char *workspace_id;

	if (!rq->caller) {
		if (ask(rq, credentials, false, caller) < 0)
			return -1;
		rq->caller = caller;
		db_rollback(rq);
	}
	workspace_id = rq->caller->workspace_id;
	if (who_raise_epoch(rq, workspace_id) < 0 || ask(rq, credentials, true, caller) < 0)
		return -1;
	rq->caller = caller;
	if (strcmp(caller->workspace_id, workspace_id) != 0)
		return fail(rq, E_RETRY, "the workspace was switched meanwhile");
	caller->epoch--;
	return 0;
}

static int
who_once(struct rq *rq, const struct credentials *credentials, enum auth_lock lock)
{
	struct caller *caller = NEW(rq->mem, struct caller);
	int done;

	done = lock == AUTH_CONFIG ? ask_raising(rq, credentials, caller)
				   : ask_or_found(rq, credentials, lock == AUTH_SHARE, caller);
	if (done < 0)
		return -1;
	rq->caller = caller;
	if (snapshot_get(rq) < 0)
		return -1;
	judge(rq, caller);
	return 0;
}

static int
who_retrying(struct rq *rq, const struct credentials *credentials, enum auth_lock lock)
{
	unsigned attempt = 0;

	db_rollback(rq);
	while (who_once(rq, credentials, lock) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	return 0;
}

int
auth_who(struct rq *rq, const struct credentials *credentials, enum auth_lock lock)
{
	static const struct credentials none;
	bool first = !rq->caller;

	if (!credentials)
		credentials = &none;
	if (who_retrying(rq, credentials, lock) < 0)
		return -1;
	if (!first || conf->key_rate_limit <= 0 || !rq->caller->key_id)
		return 0;
	/* Only keys that are good are counted, or strangers would write here; once per request. */
	db_rollback(rq);
	if (throttle_hit(rq, "key", rq->caller->key_id, conf->key_rate_limit) < 0)
		return -1;
	return who_retrying(rq, credentials, lock);
}

/* The admin flag of the roles held now, straight from the tables: the snapshot is as old as the
 * call. */
static int
find_admin(struct rq *rq, struct caller *caller)
{
	int64_t n;

	if (db_int(rq, &n,
		"SELECT COUNT(*) FROM coffer_user_role h JOIN coffer_role r ON r.id = h.role_id"
		" WHERE h.user_id = ? AND h.workspace_id = ? AND r.is_admin AND r.id = COALESCE(?, "
		"r.id)"
		" LOCK IN SHARE MODE",
		B(caller->user_id), B(caller->workspace_id), B(caller->key_role_id)) < 0)
		return -1;
	caller->is_admin = n > 0;
	return 0;
}

int
auth_again(struct rq *rq, const struct credentials *credentials)
{
	struct caller *caller = NEW(rq->mem, struct caller);
	const struct caller *before = rq->caller;

	if (ask(rq, credentials, true, caller) < 0)
		return -1;
	if (strcmp(caller->workspace_id, before->workspace_id) != 0)
		return fail(rq, E_CONFLICT,
		    "the workspace was switched while the change was made; try again");
	narrow(rq, caller);
	if (find_admin(rq, caller) < 0)
		return -1;
	if (caller->key_role_id && !caller->is_admin)
		caller->is_operator = false;
	caller->epoch = before->epoch;
	rq->caller = caller;
	return 0;
}
