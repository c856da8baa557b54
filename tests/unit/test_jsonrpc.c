/* The JSON-RPC envelope: which messages are taken, how ids come back. */
#include "unit.h"

#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "jsonrpc.h"
#include "out.h"

static struct arena *mem;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static int
read_message(const char *text, struct rpc_message *m, struct rpc_error *e)
{
	struct json_object *root = NULL;
	struct err err = {0};

	*e = (struct rpc_error){0};
	assert_int_equal(json_in_parse(mem, &err, text, strlen(text), &root), 0);
	return rpc_read(mem, root, m, e);
}

static const struct {
	const char *text;
	enum rpc_kind kind;
	const char *id; /* NULL: none */
} taken[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", RPC_REQUEST, "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":-7,\"method\":\"ping\"}", RPC_REQUEST, "-7"},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"a\\u00e9\",\"method\":\"ping\"}", RPC_REQUEST, "\"a\\u00e9\""},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"ping\",\"params\":{}}", RPC_REQUEST, "\"\""},
    {"{\"jsonrpc\":\"2.0\",\"id\":123456789012345678901234567890,\"method\":\"ping\"}", RPC_REQUEST,
	"123456789012345678901234567890"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", RPC_NOTIFICATION, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{}}", RPC_RESPONSE, "4"},
    {"{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-1,\"message\":\"x\"}}", RPC_RESPONSE, "4"},
    {"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"\"}", RPC_REQUEST, "5"},
};

static void
test_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++) {
		struct rpc_message m;
		struct rpc_error e;

		if (read_message(taken[i].text, &m, &e) < 0)
			fail_msg("%s: %s", taken[i].text, e.message);
		assert_int_equal(m.kind, taken[i].kind);
		if (taken[i].id == NULL) {
			assert_null(m.id);
			continue;
		}
		assert_int_equal(m.id_len, strlen(taken[i].id));
		assert_memory_equal(m.id, taken[i].id, m.id_len);
	}
}

static const struct {
	const char *text;
	int code;
	bool id; /* could be read all the same */
} refused[] = {
    {"1", RPC_INVALID, false},
    {"null", RPC_INVALID, false},
    {"\"x\"", RPC_INVALID, false},
    {"[]", RPC_INVALID, false},
    {"{}", RPC_INVALID, false},
    {"{\"id\":1,\"method\":\"ping\"}", RPC_INVALID, true},
    {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", RPC_INVALID, true},
    {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", RPC_INVALID, true},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", RPC_INVALID, false},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", RPC_INVALID, false},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"ping\"}", RPC_INVALID, false},
    {"{\"jsonrpc\":\"2.0\",\"id\":1e3,\"method\":\"ping\"}", RPC_INVALID, false},
    {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}", RPC_INVALID, false},
    {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", RPC_INVALID, false},
    {"{\"jsonrpc\":\"2.0\",\"id\":1}", RPC_INVALID, true},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", RPC_INVALID, true},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}", RPC_INVALID, true},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", RPC_PARAMS, true},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":null}", RPC_PARAMS, true},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":3}", RPC_PARAMS, false},
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct rpc_message m;
		struct rpc_error e;

		if (read_message(refused[i].text, &m, &e) == 0)
			fail_msg("taken: %s", refused[i].text);
		assert_int_equal(e.code, refused[i].code);
		assert_int_equal(e.status, 400);
		assert_int_equal(m.id != NULL, refused[i].id);
	}
}

static void
test_error_out(void **state)
{
	struct rpc_error e = {.status = 400, .code = -32022, .message = "no \"x\"", .data = "[1]"};
	struct rpc_message m = {.id = "12345678901234567890", .id_len = 20};
	struct out out;

	(void)state;
	out_init(&out, mem);
	rpc_error_out(&out, &m, &e);
	assert_string_equal(buf_text(&out.buf),
	    "{\"jsonrpc\":\"2.0\",\"id\":12345678901234567890,\"error\":{\"code\":-32022,"
	    "\"message\":\"no \\\"x\\\"\",\"data\":[1]}}");
	out_init(&out, mem);
	e.data = NULL;
	rpc_error_out(&out, NULL, &e);
	assert_string_equal(buf_text(&out.buf),
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32022,\"message\":\"no \\\"x\\\"\"}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_taken, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_error_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
