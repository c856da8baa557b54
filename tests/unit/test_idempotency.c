/* Writes that are repeated, and writes that cannot be one transaction. */
#include "probe.h"

#include <sys/wait.h>

static void
test_repeated(void **state)
{
	(void)state;
	assert_ok(call_once(&tool_insert, "{\"text\":\"a\",\"notes\":1,\"partial\":true}", "k1"));
	assert_answer("{\"text\":\"a\",\"run\":1}");
	for (int i = 0; i < 3; i++) {
		assert_ok(
		    call_once(&tool_insert, "{\"text\":\"a\",\"notes\":1,\"partial\":true}", "k1"));
		assert_int_equal(runs, 0);
		assert_answer("{\"text\":\"a\",\"run\":1}");
		assert_true(rq1->is_error);
	}
	assert_int_equal(rows(), 1);
	assert_int_equal(logged("item.create"), 1);
	assert_ok(call_once(&tool_insert, "{\"text\":\"a\",\"notes\":1}", "k2"));
	assert_false(rq1->is_error);
	assert_int_equal(rows(), 2);
}

static void
test_repeated_otherwise(void **state)
{
	static const char words[] = "this idempotency key was used with another operation or other "
				    "arguments; use a new one";
	char long_key[257];

	(void)state;
	assert_ok(call_once(&tool_insert, "{\"text\":\"a\"}", "k"));
	assert_refused(E_VALIDATION, words, call_once(&tool_insert, "{\"text\":\"b\"}", "k"));
	assert_refused(E_VALIDATION, words, call_once(&tool_delete, "{\"text\":\"a\"}", "k"));
	/* somebody else's key is another key */
	caller.bearer = world.editor_key;
	assert_ok(call_once(&tool_insert, "{\"text\":\"b\"}", "k"));
	assert_int_equal(rows(), 2);
	/* what failed may be tried again */
	assert_int_equal(call_once(&tool_insert, "{\"text\":\"c\",\"broken\":true}", "k3"), -1);
	assert_ok(call_once(&tool_insert, "{\"text\":\"c\"}", "k3"));
	memset(long_key, 'k', 256);
	long_key[256] = '\0';
	assert_refused(E_VALIDATION, "the idempotency key must have 1 to 255 characters",
	    call_once(&tool_insert, "{\"text\":\"a\"}", long_key));
	assert_refused(E_VALIDATION, "the idempotency key must have 1 to 255 characters",
	    call_once(&tool_insert, "{\"text\":\"a\"}", ""));
	assert_ok(call_once(&tool_insert, "{\"text\":\"a\"}", long_key + 1));
	/* after a day it is forgotten */
	sql(rq2, "UPDATE coffer_idempotency SET created_at = created_at - INTERVAL 25 HOUR");
	assert_ok(call_once(&tool_insert, "{\"text\":\"d\"}", "k3"));
	assert_int_equal(runs, 1);
	assert_ok(call_once(&tool_insert, "{\"text\":\"d\"}", "k3"));
	assert_int_equal(runs, 0);
}

/* The same call from several workers at once, while one of them takes its time: every one gets the
 * one answer. */
static void
take_time(struct rq *rq)
{
	(void)rq;
	usleep(200000);
}

static void
test_repeated_at_once(void **state)
{
	enum { WORKERS = 4 };
	pid_t workers[WORKERS];
	int status, ran = 0;

	(void)state;
	meanwhile = take_time;
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		assert_true(workers[i] >= 0);
		if (workers[i] == 0) {
			struct rq rq;
			struct call call;

			rq_open(&rq);
			call = a_call(&rq, &tool_insert, "{\"text\":\"a\",\"notes\":1}");
			call.idempotency_key = "at once";
			if (run_call(&rq, &call) < 0 ||
			    strcmp(buf_text(&rq.out.buf), "{\"text\":\"a\",\"run\":1}") != 0)
				_exit(2);
			_exit(runs);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) < 2);
		ran += WEXITSTATUS(status);
	}
	assert_int_equal(ran, 1);
	assert_int_equal(rows(), 1);
	assert_int_equal(logged("item.create"), 1);
}

/* ---- what cannot be one transaction ---- */

static void
test_journalled(void **state)
{
	(void)state;
	assert_ok(call_once(&tool_journal, "{\"text\":\"a\",\"retries\":2}", "k"));
	assert_answer("{\"made\":\"a\",\"run\":3}");
	assert_string_equal(
	    first_row("tool, action, collection, outcome"), "probe.journal|schema.create|a|ok");
	assert_ok(call_once(&tool_journal, "{\"text\":\"a\",\"retries\":2}", "k"));
	assert_int_equal(runs, 0);
	assert_answer("{\"made\":\"a\",\"run\":3}");
	assert_int_equal(rows(), 1);

	/* a failure frees the key */
	assert_int_equal(call_once(&tool_journal, "{\"text\":\"b\",\"broken\":true}", "k2"), -1);
	assert_int_equal(logged("mcp.error"), 1);
	assert_ok(call_once(&tool_journal, "{\"text\":\"b\"}", "k2"));
	assert_int_equal(rows(), 2);

	/* a handler that has nothing to settle is settled by the door */
	assert_ok(call_once(&tool_journal, "{\"text\":\"nothing\"}", "k3"));
	assert_int_equal(logged("mcp.call"), 1);
	assert_ok(call_once(&tool_journal, "{\"text\":\"nothing\"}", "k3"));
	assert_int_equal(runs, 0);
}

static void
repeat_elsewhere(struct rq *rq)
{
	struct call call = a_call(rq2, &tool_journal, "{\"text\":\"a\"}");
	struct out out = rq2->out;
	int runs_here = runs;

	(void)rq;
	meanwhile = NULL;
	call.idempotency_key = "k";
	assert_int_equal(run_call(rq2, &call), -1);
	assert_int_equal(runs, 0);
	assert_int_equal(rq2->err.code, E_CONFLICT);
	assert_string_equal(rq2->err.message,
	    "the call with this idempotency key is still running; repeat it later for its answer");
	rq2->out = out;
	runs = runs_here;
}

static void
test_journalled_at_once(void **state)
{
	(void)state;
	meanwhile = repeat_elsewhere;
	assert_ok(call_once(&tool_journal, "{\"text\":\"a\"}", "k"));
	assert_null(meanwhile);
	assert_int_equal(rows(), 1);
	/* the worker of an earlier call died long ago */
	sql(rq2, "UPDATE coffer_idempotency SET answer = NULL, created_at = created_at - INTERVAL "
		 "9 MINUTE");
	assert_int_equal(call_once(&tool_journal, "{\"text\":\"a\"}", "k"), -1);
	sql(rq2, "UPDATE coffer_idempotency SET created_at = created_at - INTERVAL 2 MINUTE");
	assert_ok(call_once(&tool_journal, "{\"text\":\"a\"}", "k"));
	assert_int_equal(runs, 1);
}

static void
revoke_key(struct rq *rq)
{
	(void)rq;
	sql(rq2, "UPDATE coffer_api_key SET revoked_at = NOW(6) WHERE id = ?",
	    B(world.admin_key_id));
}

static void
take_role(struct rq *rq)
{
	(void)rq;
	sql(rq2, "DELETE FROM coffer_user_role WHERE user_id = ?", B(world.admin));
}

/* Rights that end while the handler works end before it can settle. */
static void
test_journalled_revoked(void **state)
{
	(void)state;
	meanwhile = revoke_key;
	assert_refused(
	    E_UNAUTHORIZED, "Sign in required", call_once(&tool_journal, "{\"text\":\"a\"}", "k"));
	assert_int_equal(rows(), 0);
	sql(rq2, "UPDATE coffer_api_key SET revoked_at = NULL");
	meanwhile = take_role;
	assert_refused(
	    E_FORBIDDEN, "Admin role required", call_once(&tool_journal, "{\"text\":\"a\"}", "k"));
	assert_int_equal(rows(), 0);
	assert_int_equal(logged("schema.create"), 0);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_idempotency"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_repeated, probes),
	    cmocka_unit_test_setup(test_repeated_otherwise, probes),
	    cmocka_unit_test_setup(test_repeated_at_once, probes),
	    cmocka_unit_test_setup(test_journalled, probes),
	    cmocka_unit_test_setup(test_journalled_at_once, probes),
	    cmocka_unit_test_setup(test_journalled_revoked, probes),
	};

	return cmocka_run_group_tests(tests, door_start, door_stop);
}
