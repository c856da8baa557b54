/* Which era a request belongs to, and headers that mirror the body. */
#include "unit.h"

#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "mcp_era.h"
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

static struct json_object *
parsed(const char *text)
{
	struct json_object *root = NULL;
	struct err err = {0};

	assert_int_equal(json_in_parse(mem, &err, text, strlen(text), &root), 0);
	return root;
}

static const struct {
	const char *body; /* _meta's protocolVersion as JSON; NULL: absent */
	const char *header;
	int version; /* or the error code */
} decisions[] = {
    {NULL, NULL, MCP_2025_03_26},
    {NULL, "2024-11-05", MCP_2024_11_05},
    {NULL, "2025-03-26", MCP_2025_03_26},
    {NULL, "2025-06-18", MCP_2025_06_18},
    {NULL, " 2025-11-25\t", MCP_2025_11_25},
    {NULL, "2026-07-28", RPC_PARAMS},
    {NULL, "2023-01-01", RPC_VERSION},
    {NULL, "", RPC_VERSION},
    {"\"2026-07-28\"", "2026-07-28", MCP_2026_07_28},
    {"\"2026-07-28\"", "  2026-07-28 ", MCP_2026_07_28},
    {"\"v999.0.0\"", "v999.0.0", RPC_VERSION},
    {"\"2025-11-25\"", "2025-11-25", RPC_VERSION},
    {"\"v999.0.0\"", "2026-07-28", RPC_HEADER},
    {"\"2026-07-28\"", "2025-11-25", RPC_HEADER},
    {"\"2026-07-28\"", NULL, RPC_HEADER},
    {"20260728", "2026-07-28", RPC_PARAMS},
};

static void
test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(decisions); i++) {
		const char *params = "{\"_meta\":{}}";
		enum mcp_version version;
		struct rpc_error e = {0};

		if (decisions[i].body != NULL)
			params = arena_printf(mem,
			    "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":%s}}",
			    decisions[i].body);
		if (mcp_request_version(mem, parsed(params), decisions[i].header, &version, &e) ==
		    0)
			assert_int_equal(version, decisions[i].version);
		else
			assert_int_equal(e.code, decisions[i].version);
		if (e.code != 0)
			assert_int_equal(e.status, 400);
	}
}

static void
test_unsupported_data(void **state)
{
	enum mcp_version version;
	struct rpc_error e;

	(void)state;
	assert_int_equal(mcp_header_version(mem, "v9", &version, &e), -1);
	assert_string_equal(e.data,
	    "{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\","
	    "\"2024-11-05\"],\"requested\":\"v9\"}");
}

static const struct {
	const char *raw, *value; /* value NULL: malformed */
} encodings[] = {
    {"plain", "plain"},
    {"  padded \t", "padded"},
    {"=?base64?SGVsbG8=?=", "Hello"},
    {" =?base64?w6k=?= ", "\xc3\xa9"},
    {"=?base64?"
     "?=",
	""},
    {"=?base64?SGVsbG8?=", NULL},
    {"=?base64?SGVs!!!bG8=?=", NULL},
    {"=?base64?SGVsbG8==?=", NULL},
    {"=?base64?AGE=?=", NULL},
    {"SGVsbG8=", "SGVsbG8="},
    {"=?base64?SGVsbG8=", "=?base64?SGVsbG8="},
    {"=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="},
    {"=?base64?=", "=?base64?="},
};

static void
test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(encodings); i++) {
		const char *value = mcp_header_decode(mem, encodings[i].raw);

		if (encodings[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, encodings[i].value);
	}
}

static const struct {
	const char *raw;
	const char *argument; /* JSON; NULL: absent */
	bool mirrors;
} parameters[] = {
    {NULL, NULL, true},
    {NULL, "null", true},
    {NULL, "\"x\"", false},
    {"x", "\"x\"", true},
    {"X", "\"x\"", false},
    {"x", NULL, false},
    {"x", "null", false},
    {"=?base64?w6k=?=", "\"\\u00e9\"", true},
    {"=?base64?w6k?=", "\"\\u00e9\"", false},
    {"42", "42", true},
    {"42.0", "42", true},
    {"-7", "-7", true},
    {"43", "42", false},
    {"42abc", "42", false},
    {"", "42", false},
    {"true", "true", true},
    {"false", "false", true},
    {"True", "true", false},
    {"1", "true", false},
};

static void
test_parameters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parameters); i++) {
		const char *text = parameters[i].argument;
		struct json_object *argument =
		    parsed(text == NULL ? "{}" : arena_printf(mem, "{\"a\":%s}", text));
		struct rpc_error e = {0};
		int same = mcp_param_mirrors(
		    mem, "Mcp-Param-A", parameters[i].raw, json_in_get(argument, "a"), &e);

		if ((same == 0) != parameters[i].mirrors)
			fail_msg("row %zu: %s", i, e.message == NULL ? "taken" : e.message);
		assert_int_equal(e.code, same == 0 ? 0 : RPC_HEADER);
	}
}

static void
test_names(void **state)
{
	struct rpc_error e = {0};

	(void)state;
	assert_int_equal(mcp_header_mirrors(mem, "Mcp-Name", NULL, NULL, &e), 0);
	assert_int_equal(mcp_header_mirrors(mem, "Mcp-Name", "  a.b ", "a.b", &e), 0);
	assert_int_equal(mcp_header_mirrors(mem, "Mcp-Name", "A.B", "a.b", &e), -1);
	assert_int_equal(mcp_header_mirrors(mem, "Mcp-Name", "a", NULL, &e), -1);
	assert_int_equal(mcp_header_mirrors(mem, "Mcp-Name", NULL, "a", &e), -1);
	assert_int_equal(e.code, RPC_HEADER);
	assert_string_equal(e.message, "the header Mcp-Name is missing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_decisions, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_unsupported_data, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_decode, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_parameters, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
