/* The door: guards, inputs, transactions, running again, the activity log, progress. */
#include "probe.h"

#include "cut_proxy.h"
#include "retry.h"
#include "stream.h"

static void
guard_key(const char *tools, bool read_only)
{
	caller.bearer = make_key(&(struct key_in){.workspace_id = world.workspace,
				     .user_id = world.admin,
				     .tools_json = tools,
				     .read_only = read_only},
	    NULL);
}

static void
test_allowlist(void **state)
{
	static const enum face open[] = {FACE_REST, FACE_CLI};

	(void)state;
	guard_key("[\"probe.read\"]", false);
	rq1->face = FACE_MCP_ADMIN;
	assert_ok(call_tool(&tool_read, NULL));
	assert_refused(E_FORBIDDEN, "tool \"probe.insert\" is not in this API key's MCP allowlist",
	    call_tool(&tool_insert, "{\"text\":\"a\"}"));
	rq1->face = FACE_MCP;
	assert_refused(E_FORBIDDEN, "tool \"probe.insert\" is not in this API key's MCP allowlist",
	    call_tool(&tool_insert, "{\"text\":\"a\"}"));
	assert_true(tool_listed(rq1, &tool_read, NULL));
	assert_false(tool_listed(rq1, &tool_insert, NULL));
	assert_int_equal(rows(), 0);
	/* the guards are of MCP */
	for (size_t i = 0; i < 2; i++) {
		rq1->face = open[i];
		assert_ok(call_tool(&tool_insert, "{\"text\":\"a\"}"));
	}
	assert_int_equal(rows(), 2);
}

static void
test_read_only(void **state)
{
	(void)state;
	guard_key(NULL, true);
	assert_ok(call_tool(&tool_read, NULL));
	assert_refused(E_FORBIDDEN,
	    "tool \"probe.insert\" is a write operation; this API key is MCP read-only",
	    call_tool(&tool_insert, "{\"text\":\"a\"}"));
	assert_refused(E_FORBIDDEN,
	    "tool \"probe.delete\" is a write operation; this API key is MCP read-only",
	    call_tool(&tool_delete, "{\"text\":\"a\"}"));
	assert_true(tool_listed(rq1, &tool_insert, NULL));
	assert_int_equal(rows(), 0);
}

static void
test_narrowed_connection(void **state)
{
	static const char *const toolset[] = {"config", "probe", NULL}, *const other[] = {
									    "prob", NULL};
	struct call call = a_call(rq1, &tool_insert, "{\"text\":\"a\"}");

	(void)state;
	rq1->face = FACE_REST;
	call.toolset = other;
	assert_refused(E_FORBIDDEN,
	    "tool \"probe.insert\" is outside the toolset this connection was narrowed to",
	    run_call(rq1, &call));
	assert_false(tool_listed(rq1, &tool_insert, other));
	call.toolset = toolset;
	call.read_only = true;
	assert_refused(E_FORBIDDEN,
	    "tool \"probe.insert\" is a write operation; this connection is read-only",
	    run_call(rq1, &call));
	call.read_only = false;
	assert_ok(run_call(rq1, &call));
	assert_true(tool_listed(rq1, &tool_insert, toolset));
	assert_false(tool_listed(rq1, &tool_rest, toolset));
}

static void
test_who_may(void **state)
{
	(void)state;
	assert_ok(call_tool(&tool_admin, NULL));
	assert_ok(call_tool(&tool_operator, NULL));
	caller.bearer = world.editor_key;
	assert_ok(call_tool(&tool_read, NULL));
	assert_refused(E_FORBIDDEN, "Admin role required", call_tool(&tool_admin, NULL));
	assert_refused(E_FORBIDDEN,
	    "only an operator of this instance may do this, because it reaches beyond one "
	    "workspace",
	    call_tool(&tool_operator, NULL));
	rq1->face = FACE_MCP_ADMIN;
	assert_refused(E_FORBIDDEN, "Admin role required", call_tool(&tool_read, NULL));
	rq1->face = FACE_MCP;
	assert_refused(E_NOT_FOUND, "unknown tool: probe.rest", call_tool(&tool_rest, NULL));
	rq1->face = FACE_REST;
	assert_ok(call_tool(&tool_rest, NULL));

	caller = (struct credentials){0};
	assert_refused(E_UNAUTHORIZED, "Sign in required", call_tool(&tool_read, NULL));
	assert_ok(call_tool(&tool_public, NULL));
	caller.bearer = "pak_00000000_deadbeef";
	assert_refused(E_UNAUTHORIZED, "Sign in required", call_tool(&tool_public, NULL));
}

static void
test_protected(void **state)
{
	(void)state;
	assert_ok(call_tool(&tool_schema, "{\"text\":\"a\"}"));
	sql(rq2, "UPDATE coffer_workspace SET is_protected = TRUE");
	assert_refused(E_FORBIDDEN,
	    "workspace \"default\" is protected; make this change in a preview of it and promote "
	    "that",
	    call_tool(&tool_schema, "{\"text\":\"a\"}"));
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\"}"));
}

static void
test_inputs(void **state)
{
	(void)state;
	assert_refused(E_VALIDATION, "unknown argument \"txt\"; did you mean \"text\"?",
	    call_tool(&tool_insert, "{\"txt\":\"a\"}"));
	assert_int_equal(runs, 0);
	/* who may not is not told what is wrong with the arguments */
	caller.bearer = world.editor_key;
	assert_refused(
	    E_FORBIDDEN, "Admin role required", call_tool(&tool_config, "{\"txt\":\"a\"}"));
}

static void
test_activity(void **state)
{
	(void)state;
	rq1->ip = "192.0.2.7";
	rq1->user_agent = "probe/1";
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\",\"notes\":1}"));
	assert_answer("{\"text\":\"a\",\"run\":1}");
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_activity"), 1);
	assert_string_equal(
	    first_row("face, tool, action, collection, item_id, outcome, ip, user_agent, payload"),
	    "mcp|probe.insert|item.create|probe|0|ok|192.0.2.7|probe/1|{\"a\":1}");
	assert_int_equal(
	    number(rq2,
		"SELECT COUNT(*) FROM coffer_activity WHERE workspace_id = ? AND user_id = ?"
		" AND key_id = ? AND duration_ms < 5000 AND response IS NULL",
		B(world.workspace), B(world.admin), B(world.admin_key_id)),
	    1);
}

static void
test_activity_unnoted(void **state)
{
	(void)state;
	assert_ok(
	    call_tool(&tool_insert, "{\"text\":\"a\",\"password\":\"hush\",\"partial\":true}"));
	assert_string_equal(first_row("face, tool, action, collection, item_id, outcome, payload"),
	    "mcp|probe.insert|mcp.call|system_mcp|probe.insert|partial|"
	    "{\"args\":{\"text\":\"a\",\"password\":\"[redacted]\",\"partial\":true}}");
	assert_ok(call_tool(&tool_read, NULL));
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_activity"), 1);
	rq1->face = FACE_REST;
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\"}"));
	assert_int_equal(logged("request.call"), 1);
}

static void
test_activity_many(void **state)
{
	(void)state;
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\",\"notes\":2500}"));
	assert_int_equal(
	    number(rq2, "SELECT COUNT(DISTINCT item_id) FROM coffer_activity WHERE"
			" action = 'item.create' AND collection = 'probe' AND outcome = 'ok'"),
	    2500);
}

static void
test_refusals_logged(void **state)
{
	(void)state;
	caller.bearer = world.editor_key;
	assert_int_equal(call_tool(&tool_admin, NULL), -1);
	assert_string_equal(first_row("face, tool, action, item_id, outcome, response"),
	    "mcp|probe.admin|mcp.denied|probe.admin|FORBIDDEN|"
	    "{\"code\":\"FORBIDDEN\",\"message\":\"Admin role required\"}");
	assert_int_equal(
	    call_tool(&tool_insert, "{\"text\":\"a\",\"broken\":true,\"notes\":3}"), -1);
	assert_string_equal(rq1->err.message, "it is broken");
	assert_int_equal(rows(), 0);
	assert_int_equal(logged("item.create"), 0);
	assert_int_equal(logged("mcp.error"), 1);
	assert_int_equal(number(rq2,
			     "SELECT COUNT(*) FROM coffer_activity WHERE outcome = 'CONFLICT' AND"
			     " response LIKE '%\"path\":\"text\"%' AND user_id = ?",
			     B(world.editor)),
	    1);
	assert_int_equal(call_tool(&tool_insert, "{}"), -1);
	assert_int_equal(logged("mcp.error"), 2);
	/* waiting for the person is no failure */
	assert_int_equal(call_tool(&tool_insert, "{\"text\":\"a\",\"ask\":true}"), -1);
	assert_int_equal(rq1->err.code, E_INPUT);
	assert_int_equal(rows(), 0);
	/* strangers do not write */
	caller = (struct credentials){.bearer = "garbage"};
	assert_int_equal(call_tool(&tool_insert, "{}"), -1);
	caller = (struct credentials){0};
	assert_int_equal(call_tool(&tool_insert, "{}"), -1);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM coffer_activity"), 3);
}

static int64_t
statements(struct rq *rq)
{
	struct rows *found;
	int64_t n;

	assert_ok(db_query(rq, &found, "SHOW SESSION STATUS LIKE 'Questions'"));
	assert_int_equal(rows_next(found), 1);
	n = rows_int(found, 1);
	db_rollback(rq);
	return n;
}

/* What a durable insert costs: who, the row, the activity row, COMMIT. */
static void
test_hot_path(void **state)
{
	struct call call = a_call(rq1, &tool_insert, "{\"text\":\"a\",\"notes\":1}");
	int64_t before, idle;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_ok(run_call(rq1, &call)); /* snapshot and statements are there now */
	before = statements(rq1);
	idle = statements(rq1) - before;
	before = statements(rq1);
	assert_ok(run_call(rq1, &call));
	assert_int_equal(statements(rq1) - before - idle, 4);
	/* and a read: who and the data; the view ends after the answer */
	call = a_call(rq1, &tool_read, NULL);
	assert_ok(run_call(rq1, &call));
	tool_done(rq1);
	before = statements(rq1);
	assert_ok(run_call(rq1, &call));
	tool_done(rq1);
	assert_int_equal(statements(rq1) - before - idle, 3);
}

static void
test_authenticated(void **state)
{
	struct call call = a_call(rq1, &tool_insert, "{\"text\":\"a\",\"notes\":1,\"retries\":1}");
	int64_t before;

	(void)state;
	assert_int_equal(tool_lock(&tool_read), AUTH_READ);
	assert_int_equal(tool_lock(&tool_insert), AUTH_SHARE);
	assert_int_equal(tool_lock(&tool_delete), AUTH_SHARE);
	assert_int_equal(tool_lock(&tool_config), AUTH_CONFIG);
	assert_int_equal(tool_lock(&tool_journal), AUTH_READ);
	auth_remember(rq1, &caller);
	assert_ok(auth_who(rq1, &caller, tool_lock(&tool_insert)));
	call.authenticated = true;
	runs = 0;
	before = rows();
	assert_ok(tool_call(rq1, &call));
	assert_int_equal(runs, 2);
	assert_int_equal(rows(), before + 1);
}

static void
test_again(void **state)
{
	(void)state;
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\",\"retries\":3,\"notes\":1}"));
	assert_answer("{\"text\":\"a\",\"run\":4}");
	assert_int_equal(rows(), 1);
	assert_int_equal(logged("item.create"), 1);
	assert_refused(E_UNAVAILABLE, "the database is busy; try again in a moment",
	    call_tool(&tool_insert, "{\"text\":\"a\",\"retries\":4}"));
	assert_int_equal(runs, 1 + RETRY_MAX);
	assert_int_equal(rows(), 1);
}

static void
kill_once(struct rq *rq)
{
	int64_t id;

	if (runs > 1)
		return;
	assert_int_equal(db_int(rq, &id, "SELECT CONNECTION_ID()"), 1);
	assert_int_equal(
	    database_command("mariadb --no-defaults --socket=%s/mariadb.sock --user=root"
			     " --execute='KILL %d'",
		database_dir, (int)id),
	    0);
}

static void
test_connection_lost(void **state)
{
	(void)state;
	log_open("/dev/null", LOG_LEVEL_ERROR);
	meanwhile = kill_once;
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\",\"notes\":1}"));
	assert_int_equal(runs, 2);
	assert_ok(call_tool(&tool_read, NULL));
	assert_int_equal(runs, 2);
	log_open(NULL, LOG_LEVEL_ERROR);
	assert_int_equal(rows(), 1);
	assert_int_equal(logged("item.create"), 1);
}

/* The answer to COMMIT is lost, and the activity row tells that the change was made. */
static void
test_commit_lost(void **state)
{
	struct cut_proxy proxy;

	(void)state;
	log_open("/dev/null", LOG_LEVEL_ERROR);
	proxy_start(&proxy, database_dir, "COMMIT");
	database_configure("proxy.sock");
	db_close(rq1->db);
	assert_ok(call_tool(&tool_insert, "{\"text\":\"a\",\"notes\":1}"));
	db_close(rq1->db);
	database_configure("mariadb.sock");
	proxy_stop(&proxy);
	log_open(NULL, LOG_LEVEL_ERROR);
	assert_int_equal(runs, 1);
	assert_answer("{\"text\":\"a\",\"run\":1}");
	assert_int_equal(rows(), 1);
}

static int64_t
epoch(void)
{
	return number(rq2, "SELECT epoch FROM coffer_workspace WHERE slug = 'default'");
}

static void
test_config(void **state)
{
	int64_t before = epoch();

	(void)state;
	assert_ok(call_tool(&tool_config, "{\"text\":\"a\"}"));
	assert_int_equal(epoch(), before + 1);
	assert_int_equal(call_tool(&tool_config, "{\"text\":\"a\",\"broken\":true}"), -1);
	assert_int_equal(epoch(), before + 1);
	/* who may not does not even try */
	caller.bearer = world.editor_key;
	assert_ok(db_exec(rq2, "UPDATE coffer_workspace SET epoch = epoch"));
	assert_refused(
	    E_FORBIDDEN, "Admin role required", call_tool(&tool_config, "{\"text\":\"a\"}"));
	db_rollback(rq2);
}

/* ---- progress ---- */

static struct buf sent;
static int send_answer;

static int
send_here(struct stream *stream, const char *json, size_t len)
{
	stream->started = true;
	buf_add(&sent, json, len);
	buf_putc(&sent, '\n');
	return send_answer;
}

static void
test_progress(void **state)
{
	struct stream stream = {.send = send_here};

	(void)state;
	buf_init(&sent, rq1->mem);
	send_answer = 0;
	assert_ok(tool_progress(rq1, 1, 2, NULL));
	rq1->stream = &stream;
	assert_ok(tool_progress(rq1, 1, 2, NULL));
	assert_int_equal(sent.len, 0);
	stream.progress_token = "\"t\\u0022\"";
	assert_ok(tool_progress(rq1, 0, 0, NULL));
	assert_ok(tool_progress(rq1, 1000, 2000, "half"));
	assert_ok(tool_progress(rq1, 1000, 2000, "half"));
	assert_ok(tool_progress(rq1, 999, 2000, "back"));
	assert_ok(tool_progress(rq1, 2000, 2000, NULL));
	assert_string_equal(buf_text(&sent),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
	    "progress\",\"params\":{\"progressToken\":"
	    "\"t\\u0022\",\"progress\":0}}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
	    "progress\",\"params\":{\"progressToken\":"
	    "\"t\\u0022\",\"progress\":1000,\"total\":2000,\"message\":\"half\"}}\n"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
	    "progress\",\"params\":{\"progressToken\":"
	    "\"t\\u0022\",\"progress\":2000,\"total\":2000}}\n");
	send_answer = -1;
	assert_ok(tool_progress(rq1, 3000, 0, NULL));
	stream.cancels = true;
	assert_fails(rq1, E_UNAVAILABLE, tool_progress(rq1, 4000, 0, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_allowlist, probes),
	    cmocka_unit_test_setup(test_read_only, probes),
	    cmocka_unit_test_setup(test_narrowed_connection, probes),
	    cmocka_unit_test_setup(test_who_may, probes),
	    cmocka_unit_test_setup(test_protected, probes),
	    cmocka_unit_test_setup(test_inputs, probes),
	    cmocka_unit_test_setup(test_activity, probes),
	    cmocka_unit_test_setup(test_activity_unnoted, probes),
	    cmocka_unit_test_setup(test_activity_many, probes),
	    cmocka_unit_test_setup(test_refusals_logged, probes),
	    cmocka_unit_test_setup(test_hot_path, probes),
	    cmocka_unit_test_setup(test_authenticated, probes),
	    cmocka_unit_test_setup(test_again, probes),
	    cmocka_unit_test_setup(test_connection_lost, probes),
	    cmocka_unit_test_setup(test_commit_lost, probes),
	    cmocka_unit_test_setup(test_config, probes),
	    cmocka_unit_test_setup(test_progress, probes),
	};

	return cmocka_run_group_tests(tests, door_start, door_stop);
}
