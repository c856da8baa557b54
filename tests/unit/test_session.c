/* Signing up, in and out; the first of all; throttling and lockout. */
#include "door.h"

#include <sys/wait.h>

#include "auth.h"
#include "session.h"
#include "str.h"
#include "throttle.h"

static const char password[] = "correct horse";

static int
sign_up(struct rq *rq, const char *email, struct session *session)
{
	rq->err = (struct err){0};
	return session_sign_up(rq, email, password, "Name", session);
}

static int
sign_in(const char *email, const char *word)
{
	struct session session;

	rq1->err = (struct err){0};
	return session_sign_in(rq1, email, word, &session);
}

static const struct caller *
caller_of(const char *cookie)
{
	struct credentials *credentials = NEW(rq1->mem, struct credentials);

	credentials->session = cookie;
	assert_ok(auth_who(rq1, credentials, AUTH_READ));
	return rq1->caller;
}

static void
configure(const char *name, const char *value)
{
	setenv(name, value, 1);
	database_configure("mariadb.sock");
	unsetenv(name);
}

static void
test_first(void **state)
{
	struct session session;
	const struct caller *caller;

	(void)state;
	assert_ok(sign_up(rq1, "First@Example.ORG", &session));
	assert_int_equal(strlen(session.cookie), 43);
	assert_int_equal(session.expires_at - rq1->now, INT64_C(30) * 24 * 3600 * 1000000);
	caller = caller_of(session.cookie);
	assert_string_equal(caller->user_id, session.user_id);
	assert_string_equal(caller->email, "first@example.org");
	assert_string_equal(caller->name, "Name");
	assert_true(caller->is_operator && caller->is_admin);
	assert_string_equal(caller->member_role, "owner");
	assert_string_equal(caller->workspace_slug, "default");
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_user WHERE password_hash LIKE '$argon2id$%'"),
	    1);
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_session WHERE LENGTH(hash) = 32"), 1);
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_activity WHERE action = 'auth.sign_up'"
			" AND user_id IS NOT NULL AND workspace_id IS NOT NULL"),
	    1);
}

static void
test_later(void **state)
{
	struct session session;
	const struct caller *caller;

	(void)state;
	assert_fails(rq1, E_FORBIDDEN, sign_up(rq1, "new@example.org", &session));
	sql(rq2,
	    "INSERT INTO coffer_setting (workspace_id, name, value) VALUES (?, 'openSignup', "
	    "'true')",
	    B(world.workspace));
	assert_ok(sign_up(rq1, "new@example.org", &session));
	caller = caller_of(session.cookie);
	assert_false(caller->is_operator || caller->is_admin);
	assert_int_equal(caller->nroles, 0);
	assert_string_equal(caller->member_role, "member");
	assert_fails(rq1, E_CONFLICT, sign_up(rq1, "NEW@example.org", &session));

	db_rollback(rq1);
	sql(rq2, "UPDATE coffer_setting SET value = 'false'");
	assert_fails(rq1, E_FORBIDDEN, sign_up(rq1, "newer@example.org", &session));
	configure("COFFER_SECURITY_OPEN_SIGNUP", "true");
	assert_ok(sign_up(rq1, "newer@example.org", &session));
	database_configure("mariadb.sock");
}

static void
test_input(void **state)
{
	struct session session;
	char eight[] = "1234567", word[202];

	(void)state;
	memset(word, 'x', sizeof(word));
	word[201] = '\0';
	assert_fails(rq1, E_VALIDATION, sign_up(rq1, "no-address", &session));
	assert_fails(rq1, E_VALIDATION, session_sign_up(rq1, "a@b", eight, NULL, &session));
	assert_fails(rq1, E_VALIDATION, session_sign_up(rq1, "a@b", word, NULL, &session));
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_user"), 0);
	word[200] = '\0';
	assert_ok(session_sign_up(rq1, "a@b", word, NULL, &session));
	assert_ok(sign_in("a@b", word));
}

static void
wait_for_waiting(int64_t count)
{
	int tries = 0;

	while (number(rq1,
		   "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND = 'Execute'"
		   " AND INFO LIKE '%coffer_counter%' AND ID <> CONNECTION_ID()") < count) {
		assert_true(tries++ < 200);
		usleep(20000);
	}
}

/* Many at once in an empty instance: one is the first, and the others find the door closed.  They
 * are held up at the row that is to bring them into line until all have seen that nobody is there.
 */
static void
test_first_race(void **state)
{
	enum { RACERS = 6 };
	pid_t racers[RACERS];
	int status, winners = 0;

	(void)state;
	assert_ok(db_exec(rq2, "UPDATE coffer_counter SET value = value + 1"));
	for (int i = 0; i < RACERS; i++) {
		racers[i] = fork();
		assert_true(racers[i] >= 0);
		if (racers[i] == 0) {
			struct rq rq;
			struct session session;

			rq_open(&rq);
			_exit(sign_up(&rq, arena_printf(rq.mem, "racer%d@example.org", i),
				  &session) == 0
				  ? 0
			      : rq.err.code == E_FORBIDDEN ? 1
							   : 2);
		}
	}
	wait_for_waiting(RACERS);
	db_rollback(rq2);
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		winners += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(winners, 1);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_user WHERE is_operator"), 1);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_user"), 1);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_workspace"), 1);
}

static void
test_sign_in(void **state)
{
	struct session session;

	(void)state;
	assert_ok(sign_up(rq1, "first@example.org", &session));
	assert_ok(session_sign_in(rq1, "FIRST@example.org", password, &session));
	assert_int_equal(strlen(session.cookie), 43);
	assert_true(caller_of(session.cookie)->is_admin);
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_activity WHERE action = 'auth.sign_in'"), 1);

	assert_ok(session_sign_out(rq1, session.cookie));
	rq1->credentials = NULL;
	assert_fails(rq1, E_UNAUTHORIZED,
	    auth_who(rq1, &(struct credentials){.session = session.cookie}, AUTH_READ));
	assert_ok(session_sign_out(rq1, session.cookie));
	assert_ok(session_sign_out(rq1, "no such cookie"));
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_activity WHERE action = 'auth.sign_out'"), 1);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_session"), 1);
}

static const char *
refusal(const char *email, const char *word)
{
	assert_int_equal(sign_in(email, word), -1);
	assert_int_equal(rq1->err.code, E_UNAUTHORIZED);
	return rq1->err.message;
}

/* Nobody can tell an unknown email from a wrong password by the words; both cost one check of a
 * password. */
static void
test_same_answer(void **state)
{
	struct session session;
	const char *wrong, *unknown;

	(void)state;
	assert_ok(sign_up(rq1, "first@example.org", &session));
	wrong = refusal("first@example.org", "wrong password");
	unknown = refusal("nobody@example.org", "wrong password");
	assert_string_equal(wrong, unknown);
	assert_string_equal(refusal("not an address", ""), unknown);
	/* nor by whether something was made durable */
	rq1->ip = "192.0.2.9";
	for (int i = 0; i < 2; i++) {
		refusal("first@example.org", "wrong password");
		refusal("nobody@example.org", "wrong password");
		assert_int_equal(number(rq2, "SELECT SUM(attempts) FROM coffer_throttle"
					     " WHERE bucket = 'sign-in-failed:192.0.2.9'"),
		    2 + 2 * i);
	}
	rq1->ip = NULL;
	/* an account without a password */
	assert_ok(user_insert(rq1, &(struct user_in){.email = "bare@example.org"}, &wrong));
	assert_ok(db_commit(rq1));
	assert_string_equal(refusal("bare@example.org", ""), unknown);
}

static void
test_lockout(void **state)
{
	struct session session;

	(void)state;
	assert_ok(sign_up(rq1, "first@example.org", &session));
	for (int i = 0; i < 7; i++)
		refusal("first@example.org", "wrong password");
	assert_ok(sign_in("first@example.org", password)); /* counting begins anew */
	for (int i = 0; i < 8; i++)
		refusal("first@example.org", "wrong password");
	refusal("first@example.org", password);
	rq1->now += INT64_C(14) * 60 * 1000000;
	refusal("first@example.org", password);
	rq1->now += INT64_C(61) * 1000000;
	refusal("first@example.org", "wrong password");
	assert_ok(sign_in("first@example.org", password));
}

static void
test_throttle(void **state)
{
	struct session session;

	(void)state;
	rq1->ip = "192.0.2.1";
	for (int i = 0; i < 10; i++)
		assert_fails(rq1, E_UNAUTHORIZED, sign_in("nobody@example.org", "x"));
	assert_fails(rq1, E_RATE_LIMITED, sign_in("nobody@example.org", "x"));
	rq1->ip = "192.0.2.2";
	assert_fails(rq1, E_UNAUTHORIZED, sign_in("nobody@example.org", "x"));
	rq1->ip = "192.0.2.1";
	rq1->now += 60 * 1000000;
	assert_fails(rq1, E_UNAUTHORIZED, sign_in("nobody@example.org", "x"));

	for (int i = 0; i < 5; i++)
		assert_fails(rq1, E_VALIDATION, sign_up(rq1, "no-address", &session));
	assert_fails(rq1, E_RATE_LIMITED, sign_up(rq1, "no-address", &session));

	/* old minutes go away */
	rq1->now += INT64_C(600) * 1000000;
	assert_fails(rq1, E_VALIDATION, sign_up(rq1, "no-address", &session));
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_throttle"), 1);

	/* inside a transaction what is undone does not count */
	for (int i = 0; i < 3; i++) {
		assert_ok(throttle_within(rq1, "keys", "x", 1));
		db_rollback(rq1);
	}
	assert_ok(throttle_within(rq1, "keys", "x", 1));
	assert_ok(db_commit(rq1));
	assert_fails(rq1, E_RATE_LIMITED, throttle_within(rq1, "keys", "x", 1));
}

static void
test_workspaces(void **state)
{
	const char *a, *b, *c;

	(void)state;
	assert_ok(workspace_create(
	    rq1, "My Big Workspace, the Second One", NULL, world.stranger, true, &a));
	assert_ok(workspace_create(rq1, "My Big Workspace, the Second One", NULL, NULL, false, &b));
	assert_ok(workspace_create(rq1, "\xe6\x97\xa5\xe6\x9c\xac", NULL, NULL, false, &c));
	assert_fails(rq1, E_CONFLICT, workspace_create(rq1, "Other", "other", NULL, false, &c));
	assert_fails(
	    rq1, E_VALIDATION, workspace_create(rq1, "Other", "Not A Slug", NULL, false, &c));
	assert_fails(rq1, E_VALIDATION, workspace_create(rq1, "x", NULL, NULL, false, &c));
	assert_ok(db_commit(rq1));
	assert_string_equal(text(rq2, "SELECT slug FROM coffer_workspace WHERE id = ?", B(a)),
	    "my-big-workspace-the");
	assert_string_equal(text(rq2, "SELECT slug FROM coffer_workspace WHERE id = ?", B(b)),
	    "my-big-workspace-the-2");
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM coffer_workspace WHERE slug = 'workspace'"), 1);
	assert_int_equal(
	    number(rq2, "SELECT is_protected FROM coffer_workspace WHERE id = ?", B(a)), 1);
	assert_int_equal(number(rq2,
			     "SELECT COUNT(*) FROM coffer_member m JOIN coffer_user_role h"
			     " ON h.user_id = m.user_id AND h.workspace_id = m.workspace_id"
			     " JOIN coffer_role r ON r.id = h.role_id AND r.is_admin"
			     " WHERE m.workspace_id = ? AND m.user_id = ? AND m.role = 'owner'",
			     B(a), B(world.stranger)),
	    1);
	/* joining is idempotent and keeps what is there */
	assert_ok(user_join(rq1, world.stranger, a, "member", "admin"));
	assert_fails(rq1, E_NOT_FOUND, user_join(rq1, world.stranger, a, "member", "no such role"));
	assert_ok(db_commit(rq1));
	assert_string_equal(
	    text(rq2, "SELECT role FROM coffer_member WHERE workspace_id = ?", B(a)), "owner");
	assert_int_equal(
	    number(rq2, "SELECT COUNT(DISTINCT no) = COUNT(*) FROM coffer_workspace"), 1);
}

static bool
is_hex(const char *s, size_t len)
{
	return strspn(s, "0123456789abcdef") >= len;
}

static void
test_keys(void **state)
{
	const char *id, *secret;
	struct key_in in = {.workspace_id = world.workspace, .user_id = world.admin};

	(void)state;
	rq1->now = INT64_C(1795341600000000); /* 2026-11-22T10:00:00Z */
	assert_ok(key_create(rq1, &in, &id, &secret));
	assert_ok(db_commit(rq1));
	assert_int_equal(strlen(secret), 77);
	assert_memory_equal(secret, "pak_", 4);
	assert_true(is_hex(secret + 4, 8) && secret[12] == '_' && is_hex(secret + 13, 64));
	assert_string_equal(text(rq2, "SELECT name FROM coffer_api_key WHERE id = ?", B(id)),
	    "Key \xe2\x80\x94 2026-11-22 10:00");
	assert_int_equal(
	    number(rq2,
		"SELECT prefix = ? AND hash = UNHEX(SHA2(?, 256)) AND mcp_tools IS NULL"
		" AND NOT mcp_read_only AND expires_at IS NULL FROM coffer_api_key WHERE id = ?",
		bind_strn(secret, 12), B(secret + 13), B(id)),
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_first, nobody),
	    cmocka_unit_test_setup(test_later, people),
	    cmocka_unit_test_setup(test_input, nobody),
	    cmocka_unit_test_setup(test_first_race, nobody),
	    cmocka_unit_test_setup(test_sign_in, nobody),
	    cmocka_unit_test_setup(test_same_answer, nobody),
	    cmocka_unit_test_setup(test_lockout, nobody),
	    cmocka_unit_test_setup(test_throttle, nobody),
	    cmocka_unit_test_setup(test_workspaces, people),
	    cmocka_unit_test_setup(test_keys, people),
	};

	return cmocka_run_group_tests(tests, door_start, door_stop);
}
