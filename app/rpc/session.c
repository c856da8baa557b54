/* People signing up, in and out: accounts, passwords and cookie sessions. */
#include "session.h"

#include <string.h>

#include "activity.h"
#include "activity_log.h"
#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "log.h"
#include "retry.h"
#include "rq.h"
#include "str.h"
#include "throttle.h"
#include "uuid.h"
#include "who.h"
#include "workspace.h"

enum { FAILURES_MAX = 8, LOCK_MINUTES = 15, COOKIE_BYTES = 32, AGENT_MAX = 255, IP_MAX = 45 };

static const int64_t day_us = INT64_C(24) * 3600 * 1000000;

/* The activity log wants to know who; nothing else does here. */
static void
act_as(struct rq *rq, const char *user_id, const char *workspace_id)
{
	struct caller *caller = NEW(rq->mem, struct caller);

	*caller =
	    (struct caller){.plane = CALLER_USER, .user_id = user_id, .workspace_id = workspace_id};
	rq->caller = caller;
	rq->activity = NULL;
}

static int
open_session(struct rq *rq, const char *user_id, struct session *session)
{
	unsigned char random[COOKIE_BYTES], hash[CRYPTO_HASH];
	char *id = arena_alloc(rq->mem, UUID_TEXT_SIZE);
	const char *agent = rq->user_agent;

	crypto_random(random, sizeof(random));
	uuid_new(id);
	*session = (struct session){.user_id = user_id,
	    .cookie = str_base64url(rq->mem, random, sizeof(random)),
	    .expires_at = rq->now + conf->session_days * day_us};
	crypto_sha256(session->cookie, strlen(session->cookie), hash);
	return db_exec(rq,
	    "INSERT INTO coffer_session (id, hash, user_id, ip, user_agent, expires_at, created_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?)",
	    B(id), bind_blob(hash, sizeof(hash)), B(user_id),
	    rq->ip ? bind_strn(rq->ip, strnlen(rq->ip, IP_MAX)) : bind_null(),
	    agent ? bind_strn(agent, str_utf8_prefix(agent, strlen(agent), AGENT_MAX))
		  : bind_null(),
	    bind_time(session->expires_at), bind_time(rq->now));
}

static int
sign_up_open(struct rq *rq)
{
	int64_t open = 0;

	if (conf->open_signup)
		return 0;
	if (db_int(rq, &open,
		"SELECT s.value = 'true' FROM coffer_setting s JOIN coffer_workspace w"
		" ON w.id = s.workspace_id WHERE w.slug = ? AND s.name = 'openSignup'",
		B("default")) < 0)
		return -1;
	return open ? 0
		    : fail(rq, E_FORBIDDEN,
			  "sign-up is closed; ask an administrator for an account");
}

static int
any_user(struct rq *rq)
{
	int64_t one;

	return db_int(rq, &one, "SELECT 1 FROM coffer_user LIMIT 1");
}

/* Two first ones at the same time: the second waits for the first here, and then is not the first.
 * The row is locked before the transaction has a read view. */
static int
check_first(struct rq *rq, struct user_in *in)
{
	int64_t value;
	int there;

	if (db_int(rq, &value, "SELECT value FROM coffer_counter WHERE name = ? FOR UPDATE",
		B("workspace")) < 0)
		return -1;
	there = any_user(rq);
	in->is_operator = there == 0;
	return there < 0 ? -1 : 0;
}

static int
sign_up_once(struct rq *rq, struct user_in *in, struct session *session)
{
	const char *user_id, *workspace_id;

	if (in->is_operator && check_first(rq, in) < 0)
		return -1;
	if (!in->is_operator && sign_up_open(rq) < 0)
		return -1;
	if (workspace_default(rq, &workspace_id) < 0 || who_raise_epoch(rq, workspace_id) < 0)
		return -1;
	if (user_insert(rq, in, &user_id) < 0 ||
	    user_join(rq, user_id, workspace_id, in->is_operator ? "owner" : "member",
		in->is_operator ? "admin" : NULL) < 0 ||
	    open_session(rq, user_id, session) < 0)
		return -1;
	act_as(rq, user_id, workspace_id);
	activity_note(rq, "auth.sign_up", "system_users", user_id, NULL);
	if (activity_write(rq, NULL, clock_monotonic()) < 0)
		return -1;
	return db_commit(rq);
}

/* Closed for this one?  Asked before the costly hash of the password, and again when it counts. */
static int
pre_check(struct rq *rq, struct user_in *in)
{
	int there = any_user(rq);

	if (there < 0)
		return -1;
	in->is_operator = there == 0;
	return in->is_operator ? 0 : sign_up_open(rq);
}

int
session_sign_up(struct rq *rq, const char *email, const char *password, const char *name,
    struct session *session)
{
	struct user_in in = {.name = name};
	unsigned attempt = 0;

	db_rollback(rq);
	if (throttle_hit(rq, "sign-up", rq->ip, conf->sign_up_per_minute) < 0)
		return -1;
	while (pre_check(rq, &in) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	db_rollback(rq);
	if (!(in.email = user_email(rq, email)) ||
	    !(in.password_hash = user_password_hash(rq, password)))
		return -1;
	while (sign_up_once(rq, &in, session) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	return 0;
}

struct account {
	const char *id, *workspace_id;
	const char *password_hash;
	bool locked;
};

static int
find_account(struct rq *rq, const char *email, struct account *account)
{
	struct rows *rows;
	int found;

	*account = (struct account){0};
	if (db_query(rq, &rows,
		"SELECT u.id, u.password_hash, u.locked_until,"
		" COALESCE(u.active_workspace_id, (SELECT MIN(m.workspace_id) FROM coffer_member m"
		" WHERE m.user_id = u.id)) FROM coffer_user u WHERE u.email = ?",
		B(email)) < 0)
		return -1;
	found = rows_next(rows);
	if (found <= 0)
		return found;
	account->id = rows_dup(rows, 0);
	account->password_hash = rows_dup(rows, 1);
	account->locked = rows_time(rows, 2) > rq->now;
	account->workspace_id = rows_dup(rows, 3);
	return 1;
}

/* Counting begins anew when a lock has run out.  Whether there is such an account, and whether it
 * is locked, makes no difference to what is done: one statement, and one row that has to be
 * durable. */
static int
count_failure(struct rq *rq, const struct account *account)
{
	if (db_exec(rq,
		"UPDATE coffer_user SET"
		" failed_sign_ins = IF(locked_until IS NULL, failed_sign_ins + 1, 1),"
		" locked_until = IF(failed_sign_ins >= ?, ?, NULL) WHERE id = ?"
		" AND (locked_until IS NULL OR locked_until <= ?)",
		B((int)FAILURES_MAX), bind_time(rq->now + LOCK_MINUTES * INT64_C(60000000)),
		B(account->id), bind_time(rq->now)) < 0 ||
	    throttle_within(rq, "sign-in-failed", rq->ip, INT64_MAX) < 0)
		return -1;
	return db_commit(rq);
}

static int
refuse_sign_in(struct rq *rq, const struct account *account)
{
	unsigned attempt = 0;

	while (count_failure(rq, account) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	log_info("a sign-in failed at %s [%s]", rq->ip ? rq->ip : "-", rq->id);
	return fail(rq, E_UNAUTHORIZED,
	    "Invalid email or password, or too many failures; after 8 an account is locked for 15 "
	    "minutes");
}

/* The account as it is now, locked: failures that came in while the password was checked count. */
static int
still_good(struct rq *rq, const struct account *account)
{
	struct rows *rows;
	int found;

	if (db_query(rq, &rows,
		"SELECT password_hash, locked_until FROM coffer_user WHERE id = ? FOR UPDATE",
		B(account->id)) < 0)
		return -1;
	found = rows_next(rows);
	if (found <= 0)
		return found;
	return !rows_null(rows, 0) && rows_time(rows, 1) <= rq->now &&
	       strcmp(rows_text(rows, 0, NULL), account->password_hash) == 0;
}

/* 1 signed in, 0 not any more, -1 failed. */
static int
sign_in_once(struct rq *rq, const struct account *account, struct session *session)
{
	int good = still_good(rq, account);

	if (good <= 0)
		return good;
	if (db_exec(rq,
		"UPDATE coffer_user SET failed_sign_ins = 0, locked_until = NULL"
		" WHERE id = ? AND failed_sign_ins > 0",
		B(account->id)) < 0 ||
	    open_session(rq, account->id, session) < 0)
		return -1;
	act_as(rq, account->id, account->workspace_id);
	activity_note(rq, "auth.sign_in", "system_users", account->id, NULL);
	if (activity_write(rq, NULL, clock_monotonic()) < 0)
		return -1;
	return db_commit(rq) < 0 ? -1 : 1;
}

static int
look_up_account(struct rq *rq, const char *email, struct account *account)
{
	unsigned attempt = 0;
	const char *lower;

	if (!(lower = user_email(rq, email))) {
		rq->err = (struct err){0};
		lower = "";
	}
	while (find_account(rq, lower, account) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	db_rollback(rq);
	return 0;
}

int
session_sign_in(struct rq *rq, const char *email, const char *password, struct session *session)
{
	struct account account;
	unsigned attempt = 0;
	int done;

	db_rollback(rq);
	if (throttle_hit(rq, "sign-in", rq->ip, conf->sign_in_per_minute) < 0 ||
	    look_up_account(rq, email, &account) < 0)
		return -1;
	if (!crypto_password_check(account.password_hash, password) || account.locked)
		return refuse_sign_in(rq, &account);
	while ((done = sign_in_once(rq, &account, session)) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	if (done > 0)
		return 0;
	db_rollback(rq);
	return refuse_sign_in(rq, &account);
}

static int
sign_out_once(struct rq *rq, const unsigned char hash[CRYPTO_HASH])
{
	const char *user_id, *workspace_id = NULL;
	int found =
	    db_text(rq, &user_id, "SELECT user_id FROM coffer_session WHERE hash = ? FOR UPDATE",
		bind_blob(hash, CRYPTO_HASH));

	if (found <= 0)
		return found;
	if (db_text(rq, &workspace_id,
		"SELECT COALESCE(u.active_workspace_id, (SELECT MIN(m.workspace_id) FROM "
		"coffer_member m"
		" WHERE m.user_id = u.id)) FROM coffer_user u WHERE u.id = ?",
		B(user_id)) < 0 ||
	    db_exec(rq, "DELETE FROM coffer_session WHERE hash = ?", bind_blob(hash, CRYPTO_HASH)) <
		0)
		return -1;
	act_as(rq, user_id, workspace_id);
	activity_note(rq, "auth.sign_out", "system_users", user_id, NULL);
	if (activity_write(rq, NULL, clock_monotonic()) < 0)
		return -1;
	return db_commit(rq);
}

int
session_sign_out(struct rq *rq, const char *cookie)
{
	unsigned char hash[CRYPTO_HASH];
	unsigned attempt = 0;

	db_rollback(rq);
	crypto_sha256(cookie, strlen(cookie), hash);
	while (sign_out_once(rq, hash) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	db_rollback(rq);
	return 0;
}
