/* Who calls: keys, sessions, nobody; workspaces, narrowing, locks, limits. */
#include "door.h"

#include "clock.h"
#include "key_use.h"
#include "str.h"
#include "who.h"

static const char new_session[] = "0190a6e2-7c1b-7d3e-8f00-0000000000f1";

static int
ask(struct rq *rq, struct credentials credentials, enum auth_lock lock)
{
	struct credentials *kept = NEW(rq->mem, struct credentials);

	*kept = credentials;
	rq->err = (struct err){0};
	return auth_who(rq, kept, lock);
}

/* The locking spelling and the plain one; only the read view of the latter stays. */
static const struct caller *
ask_well(struct rq *rq, struct credentials credentials)
{
	const struct caller *locking;

	if (ask(rq, credentials, AUTH_SHARE) < 0)
		print_error("refused: %s %s\n", err_name(rq->err.code), rq->err.message);
	assert_int_equal(rq->err.code, E_NONE);
	locking = rq->caller;
	assert_ok(ask(rq, credentials, AUTH_READ));
	assert_string_equal(rq->caller->workspace_id, locking->workspace_id);
	assert_int_equal(rq->caller->nroles, locking->nroles);
	assert_int_equal(rq->caller->is_admin, locking->is_admin);
	return rq->caller;
}

#define BEARER(secret)  ((struct credentials){.bearer = (secret)})
#define SESSION(cookie) ((struct credentials){.session = (cookie)})

/* A session row whose cookie is the given text. */
static void
make_session(const char *user_id, const char *cookie, int64_t expires_at)
{
	unsigned char hash[CRYPTO_HASH];

	crypto_sha256(cookie, strlen(cookie), hash);
	sql(rq1,
	    "INSERT INTO coffer_session (id, hash, user_id, expires_at, created_at) VALUES (?, ?, "
	    "?, ?, ?)",
	    B(new_session), bind_blob(hash, sizeof(hash)), B(user_id), bind_time(expires_at),
	    bind_time(rq1->now));
}

static void
test_key(void **state)
{
	const struct caller *caller = ask_well(rq1, BEARER(world.admin_key));

	(void)state;
	assert_int_equal(caller->plane, CALLER_USER);
	assert_string_equal(caller->user_id, world.admin);
	assert_string_equal(caller->email, "admin@example.org");
	assert_true(caller->is_operator && caller->is_admin);
	assert_string_equal(caller->workspace_slug, "default");
	assert_string_equal(caller->workspace_id, world.workspace);
	assert_string_equal(caller->member_role, "owner");
	assert_string_equal(caller->key_id, world.admin_key_id);
	assert_int_equal(strlen(caller->key_prefix), 12);
	assert_memory_equal(caller->key_prefix, world.admin_key, 12);
	assert_false(caller->restricted || caller->read_only);
	assert_null(caller->session_id);
	assert_non_null(rq1->snap);
	assert_string_equal(rq1->snap->workspace_id, world.workspace);

	caller = ask_well(rq1, BEARER(world.editor_key));
	assert_false(caller->is_operator || caller->is_admin);
	assert_int_equal(caller->nroles, 1);
	assert_string_equal(caller->role_ids[0], world.role);
}

static void
test_guards(void **state)
{
	struct key_in in = {.workspace_id = world.workspace,
	    .user_id = world.admin,
	    .tools_json = "[\"roles.list\",\"collections.list\"]",
	    .read_only = true};
	const char *id;
	const struct caller *caller = ask_well(rq1, BEARER(make_key(&in, &id)));

	(void)state;
	assert_true(caller->restricted && caller->read_only);
	assert_int_equal(caller->ntools, 2);
	assert_true(caller_may_use(caller, "roles.list"));
	assert_false(caller_may_use(caller, "roles.create"));
	assert_false(caller_may_use(caller, "roles"));

	in.tools_json = "[]";
	caller = ask_well(rq1, BEARER(make_key(&in, &id)));
	assert_true(caller->restricted);
	assert_false(caller_may_use(caller, "roles.list"));

	log_open("/dev/null", LOG_LEVEL_ERROR);
	in.tools_json = "{\"damaged\"";
	caller = ask_well(rq1, BEARER(make_key(&in, &id)));
	log_open(NULL, LOG_LEVEL_ERROR);
	assert_false(caller_may_use(caller, "roles.list"));
}

/* The key, with the character at i replaced. */
static const char *
spoiled(const char *key, size_t i, char c)
{
	char *copy = arena_strdup(rq1->mem, key);

	copy[i] = c;
	return copy;
}

static void
refused(const char *bearer)
{
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, BEARER(bearer), AUTH_READ));
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, BEARER(bearer), AUTH_SHARE));
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, BEARER(bearer), AUTH_CONFIG));
}

static void
test_bad_keys(void **state)
{
	const char *key = world.admin_key;

	(void)state;
	refused("");
	refused("pak_00000000_deadbeef");
	refused("garbage");
	refused(arena_printf(rq1->mem, "%s0", key));
	refused(arena_printf(rq1->mem, "pak_%s", key + 4 + 1));
	refused(spoiled(key, 5, key[5] == '0' ? '1' : '0'));
	refused(spoiled(key, 20, key[20] == '0' ? '1' : '0'));
	refused(spoiled(key, 0, 'q'));
	assert_int_equal(ask(rq1, BEARER(""), AUTH_READ), -1);
	assert_string_equal(rq1->err.message, "Sign in required");
}

static void
test_dead_keys(void **state)
{
	(void)state;
	ask_well(rq1, BEARER(world.editor_key));
	/* dead at the next request, on every connection */
	sql(rq2, "UPDATE coffer_api_key SET revoked_at = NOW(6) WHERE id = ?",
	    B(world.editor_key_id));
	refused(world.editor_key);
	sql(rq2, "UPDATE coffer_api_key SET revoked_at = NULL WHERE id = ?",
	    B(world.editor_key_id));
	db_rollback(rq1);
	ask_well(rq1, BEARER(world.editor_key));

	sql(rq2, "UPDATE coffer_api_key SET expires_at = ? WHERE id = ?", bind_time(rq1->now),
	    B(world.editor_key_id));
	refused(world.editor_key);
	sql(rq2, "UPDATE coffer_api_key SET expires_at = ? WHERE id = ?", bind_time(rq1->now + 1),
	    B(world.editor_key_id));
	assert_int_equal(ask_well(rq1, BEARER(world.editor_key))->key_expires_at, rq1->now + 1);

	db_rollback(rq1);
	sql(rq2, "UPDATE coffer_member SET status = 'suspended' WHERE user_id = ?",
	    B(world.editor));
	refused(world.editor_key);
	sql(rq2, "DELETE FROM coffer_member WHERE user_id = ?", B(world.editor));
	refused(world.editor_key);
}

static void
test_key_workspace(void **state)
{
	struct credentials named = BEARER(world.admin_key);

	(void)state;
	named.workspace = "default";
	ask_well(rq1, named);
	named.workspace = world.workspace;
	ask_well(rq1, named);
	named.workspace = "other";
	assert_fails(rq1, E_FORBIDDEN, ask(rq1, named, AUTH_READ));
	named.workspace = world.other;
	assert_fails(rq1, E_FORBIDDEN, ask(rq1, named, AUTH_SHARE));
	named.workspace = "no-such";
	assert_fails(rq1, E_FORBIDDEN, ask(rq1, named, AUTH_READ));
	/* a cookie names nothing for a key */
	named.workspace = NULL;
	named.cookie_workspace = "other";
	assert_string_equal(ask_well(rq1, named)->workspace_slug, "default");
}

static const char *
role_id(const char *name)
{
	return text(rq2, "SELECT id FROM coffer_role WHERE workspace_id = ? AND name = ?",
	    B(world.workspace), B(name));
}

static const char *
narrowed_key(const char *user_id, const char *role)
{
	return make_key(
	    &(struct key_in){.workspace_id = world.workspace, .user_id = user_id, .role_id = role},
	    NULL);
}

static void
test_narrowing(void **state)
{
	const char *admin_role = role_id("admin"), *authenticated = role_id("authenticated");
	const char *to_role, *to_admin, *to_authenticated;
	const struct caller *caller;

	(void)state;
	sql(rq1,
	    "INSERT INTO coffer_user_role (user_id, role_id, workspace_id, created_at) VALUES (?, "
	    "?, ?, NOW())",
	    B(world.admin), B(world.role), B(world.workspace));
	to_role = narrowed_key(world.admin, world.role);
	to_admin = narrowed_key(world.admin, admin_role);
	to_authenticated = narrowed_key(world.admin, authenticated);

	caller = ask_well(rq1, BEARER(world.admin_key));
	assert_int_equal(caller->nroles, 2);
	caller = ask_well(rq1, BEARER(to_role));
	assert_int_equal(caller->nroles, 1);
	assert_string_equal(caller->role_ids[0], world.role);
	assert_false(caller->is_admin || caller->is_operator);
	caller = ask_well(rq1, BEARER(to_admin));
	assert_true(caller->is_admin && caller->is_operator);
	assert_int_equal(caller->nroles, 1);
	/* every member has it without holding it */
	caller = ask_well(rq1, BEARER(to_authenticated));
	assert_int_equal(caller->nroles, 1);
	assert_string_equal(caller->role_ids[0], authenticated);
	assert_false(caller->is_admin || caller->is_operator);

	/* only while the owner holds it */
	db_rollback(rq1);
	sql(rq2, "DELETE FROM coffer_user_role WHERE user_id = ? AND role_id = ?", B(world.admin),
	    B(world.role));
	caller = ask_well(rq1, BEARER(to_role));
	assert_int_equal(caller->nroles, 0);
	assert_string_equal(caller->key_role_id, world.role);
}

static void
test_session(void **state)
{
	const struct caller *caller;

	(void)state;
	make_session(world.editor, "cookie-of-editor", rq1->now + 1000000);
	caller = ask_well(rq1, SESSION("cookie-of-editor"));
	assert_string_equal(caller->user_id, world.editor);
	assert_string_equal(caller->session_id, new_session);
	assert_null(caller->key_id);
	assert_string_equal(caller->workspace_slug, "default");
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, SESSION("cookie-of-nobody"), AUTH_READ));

	/* the session goes before a bearer, and a dead one steps aside */
	caller = ask_well(
	    rq1, (struct credentials){.session = "cookie-of-editor", .bearer = world.admin_key});
	assert_string_equal(caller->user_id, world.editor);
	caller = ask_well(rq1, (struct credentials){.session = "gone", .bearer = world.admin_key});
	assert_string_equal(caller->user_id, world.admin);

	rq1->now += 1000000;
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, SESSION("cookie-of-editor"), AUTH_READ));
	rq1->now -= 1000000;
	db_rollback(rq1);
	sql(rq2, "UPDATE coffer_member SET status = 'suspended' WHERE user_id = ?",
	    B(world.editor));
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, SESSION("cookie-of-editor"), AUTH_READ));
}

static const struct caller *
in_workspace(const char *header, const char *cookie)
{
	return ask_well(
	    rq1, (struct credentials){
		     .session = "cookie", .workspace = header, .cookie_workspace = cookie});
}

static void
test_session_workspace(void **state)
{
	const struct caller *caller;

	(void)state;
	make_session(world.editor, "cookie", rq1->now + 1000000);
	sql(rq1,
	    "INSERT INTO coffer_member (user_id, workspace_id, created_at) VALUES (?, ?, NOW() + "
	    "INTERVAL 1 HOUR)",
	    B(world.editor), B(world.other));

	assert_string_equal(in_workspace(NULL, NULL)->workspace_slug, "default"); /* first one */
	assert_string_equal(in_workspace("other", NULL)->workspace_slug, "other");
	assert_int_equal(rq1->caller->nroles, 0);
	assert_string_equal(in_workspace(world.other, "default")->workspace_slug, "other");
	assert_string_equal(in_workspace(NULL, "other")->workspace_slug, "other");
	assert_string_equal(in_workspace("no-such", NULL)->workspace_slug, "default");
	assert_string_equal(in_workspace("no-such", "other")->workspace_slug, "other");
	db_rollback(rq1);
	sql(rq2, "UPDATE coffer_user SET active_workspace_id = ? WHERE id = ?", B(world.other),
	    B(world.editor));
	assert_string_equal(in_workspace(NULL, NULL)->workspace_slug, "other");
	assert_string_equal(in_workspace("default", NULL)->workspace_slug, "default");

	/* no member there: as if it were not named, also where it is the active one */
	db_rollback(rq1);
	sql(rq2, "DELETE FROM coffer_member WHERE workspace_id = ?", B(world.other));
	assert_string_equal(in_workspace("other", NULL)->workspace_slug, "default");
	assert_string_equal(in_workspace(NULL, NULL)->workspace_slug, "default");

	/* an administrator gets anywhere, without roles */
	db_rollback(rq1);
	sql(rq2, "UPDATE coffer_session SET user_id = ?", B(world.admin));
	caller = in_workspace("other", NULL);
	assert_string_equal(caller->workspace_slug, "other");
	assert_false(caller->is_admin);
	assert_int_equal(caller->nroles, 0);
	assert_null(caller->member_role);
	assert_true(in_workspace(NULL, NULL)->is_admin);

	/* who is in no workspace at all is in the default one, as no member */
	db_rollback(rq1);
	sql(rq2, "UPDATE coffer_session SET user_id = ?", B(world.stranger));
	caller = in_workspace(NULL, NULL);
	assert_string_equal(caller->workspace_slug, "default");
	assert_null(caller->member_role);
}

static void
test_nobody(void **state)
{
	const struct caller *caller = ask_well(rq1, (struct credentials){0});

	(void)state;
	assert_int_equal(caller->plane, CALLER_ANONYMOUS);
	assert_null(caller->user_id);
	assert_string_equal(caller->workspace_slug, "default");
	assert_int_equal(caller->nroles, 0);
	caller = ask_well(rq1, (struct credentials){.workspace = "other"});
	assert_string_equal(caller->workspace_slug, "other");
	caller = ask_well(rq1, (struct credentials){.workspace = "no-such"});
	assert_string_equal(caller->workspace_slug, "default");
}

static void
test_default_on_demand(void **state)
{
	(void)state;
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_workspace"), 0);
	assert_string_equal(ask_well(rq1, (struct credentials){0})->workspace_slug, "default");
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_workspace"), 1);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_role WHERE is_system"), 3);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_role WHERE is_admin"), 1);
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_grant g JOIN coffer_role r ON r.id = g.role_id"
			" WHERE r.name = 'authenticated' AND g.system_name = 'system_files'"),
	    4);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_grant WHERE rule IS NULL"), 1);
	/* credentials that are not good make nothing */
	refused(world.mem ? "garbage" : "");
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_workspace"), 1);
}

static void
test_command_line(void **state)
{
	struct credentials as = {.user_id = world.admin, .workspace = "default"};

	(void)state;
	assert_true(ask_well(rq1, as)->is_admin);
	as.workspace = "other";
	assert_false(ask_well(rq1, as)->is_admin);
	as.workspace = NULL;
	assert_string_equal(ask_well(rq1, as)->workspace_slug, "default");
	as.workspace = "no-such";
	assert_fails(rq1, E_UNAUTHORIZED, ask(rq1, as, AUTH_READ));
}

static void
test_epoch(void **state)
{
	int64_t before = number(rq2, "SELECT epoch FROM coffer_workspace WHERE slug = 'default'");
	int64_t other = number(rq2, "SELECT epoch FROM coffer_workspace WHERE slug = 'other'");

	(void)state;
	assert_ok(ask(rq1, BEARER(world.admin_key), AUTH_CONFIG));
	assert_int_equal(rq1->caller->epoch, before);
	db_rollback(rq1);
	assert_int_equal(
	    number(rq2, "SELECT epoch FROM coffer_workspace WHERE slug = 'default'"), before);
	assert_ok(ask(rq1, BEARER(world.admin_key), AUTH_CONFIG));
	assert_ok(db_commit(rq1));
	assert_int_equal(
	    number(rq2, "SELECT epoch FROM coffer_workspace WHERE slug = 'default'"), before + 1);
	assert_int_equal(
	    number(rq2, "SELECT epoch FROM coffer_workspace WHERE slug = 'other'"), other);
	assert_ok(ask(rq1, BEARER(world.admin_key), AUTH_SHARE));
	assert_int_equal(rq1->caller->epoch, before + 1);
}

/* What is shared must not be changed by others, and no read view may be older than the lock. */
static void
test_share_locks(void **state)
{
	static const char *const changes[] = {"UPDATE coffer_workspace SET epoch = epoch + 1",
	    "UPDATE coffer_api_key SET revoked_at = NOW()", "UPDATE coffer_member SET status = 'x'",
	    "DELETE FROM coffer_user_role", "UPDATE coffer_user SET is_operator = FALSE", NULL};

	(void)state;
	assert_ok(ask(rq1, BEARER(world.admin_key), AUTH_SHARE));
	for (const char *const *change = changes; *change; change++) {
		assert_ok(db_exec(rq2, "SET SESSION innodb_lock_wait_timeout = 0"));
		assert_fails(rq2, E_RETRY, db_exec_(rq2, *change, NULL, 0));
		db_rollback(rq2);
	}
	assert_ok(db_exec(rq2, "SET SESSION innodb_lock_wait_timeout = 5"));
	db_rollback(rq1);
	for (const char *const *change = changes; *change; change++)
		assert_ok(db_exec_(rq2, *change, NULL, 0));
	db_rollback(rq2);
}

/* Connect to the same server with other settings. */
static void
set_conf(const char *name, const char *value)
{
	setenv(name, value, 1);
	database_configure("mariadb.sock");
	unsetenv(name);
}

static void
test_rate_limit(void **state)
{
	set_conf("COFFER_SECURITY_KEY_RATE_LIMIT", "3");
	for (int i = 0; i < 3; i++) {
		ask_well(rq1, BEARER(world.editor_key));
		/* the same request asks again */
		ask_well(rq1, BEARER(world.editor_key));
		rq1->caller = NULL;
	}
	assert_fails(rq1, E_RATE_LIMITED, ask(rq1, BEARER(world.editor_key), AUTH_READ));
	rq1->caller = NULL;
	ask_well(rq1, BEARER(world.admin_key));
	rq1->caller = NULL;
	rq1->now += 60 * 1000000;
	ask_well(rq1, BEARER(world.editor_key));
	rq1->caller = NULL;
	/* strangers are not counted: they would write here */
	db_rollback(rq1);
	refused("pak_00000000_0000000000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_throttle"), 3);
	database_configure("mariadb.sock");
	(void)state;
}

static void
use_key(void)
{
	ask_well(rq1, BEARER(world.editor_key));
	db_rollback(rq1);
	key_use_note(rq1);
	assert_int_equal(rq1->err.code, E_NONE);
}

static int64_t
last_use(void)
{
	const char *at = text(rq2, "SELECT last_used_at FROM coffer_api_key_use WHERE key_id = ?",
	    B(world.editor_key_id));
	int64_t us = 0;

	if (at)
		assert_true(clock_parse(at, strlen(at), &us));
	return us;
}

static void
test_key_use(void **state)
{
	int64_t start = rq1->now, began;

	(void)state;
	assert_int_equal(last_use(), 0);
	use_key();
	assert_int_equal(last_use(), start);
	rq1->now = start + 1000000;
	use_key();
	assert_int_equal(last_use(), start);
	rq1->now = start + 61 * 1000000;
	use_key();
	assert_int_equal(last_use(), start + 61 * 1000000);

	/* somebody else is noting it: left to them at once */
	assert_ok(db_exec(rq2, "UPDATE coffer_api_key_use SET last_used_at = last_used_at"));
	assert_ok(db_exec(rq2, "DELETE FROM coffer_api_key_use"));
	rq1->now = start + 200 * 1000000;
	began = clock_monotonic();
	use_key();
	assert_true(clock_monotonic() - began < 1000000);
	db_rollback(rq2);
	assert_int_equal(last_use(), start + 61 * 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_key, people),
	    cmocka_unit_test_setup(test_guards, people),
	    cmocka_unit_test_setup(test_bad_keys, people),
	    cmocka_unit_test_setup(test_dead_keys, people),
	    cmocka_unit_test_setup(test_key_workspace, people),
	    cmocka_unit_test_setup(test_narrowing, people),
	    cmocka_unit_test_setup(test_session, people),
	    cmocka_unit_test_setup(test_session_workspace, people),
	    cmocka_unit_test_setup(test_nobody, people),
	    cmocka_unit_test_setup(test_default_on_demand, nobody),
	    cmocka_unit_test_setup(test_command_line, people),
	    cmocka_unit_test_setup(test_epoch, people),
	    cmocka_unit_test_setup(test_share_locks, people),
	    cmocka_unit_test_setup(test_rate_limit, people),
	    cmocka_unit_test_setup(test_key_use, people),
	};

	return cmocka_run_group_tests(tests, door_start, door_stop);
}
