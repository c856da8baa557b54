/* One POST on the MCP endpoint: status and shape of every outcome. */
#include "mcp_bench.h"

/* --- section 2: what each kind of request is answered --- */

static const struct {
	const char *name;
	struct post post;
	int status;
	int code;         /* of the JSON-RPC error; 0: none */
	const char *text; /* in the body or the headers; NULL: the body is empty */
} rows[] = {
    {"GET", {.method = "GET"}, 405, 0, "METHOD_NOT_ALLOWED"},
    {"DELETE without a token", {.method = "DELETE", .bearer = ""}, 405, 0, "METHOD_NOT_ALLOWED"},
    {"no token", {.body = LEGACY("ping", ""), .bearer = ""}, 401, 0, "Sign in required"},
    {"no token before anything else", {.body = "{", .bearer = "", .content_type = "text/plain"},
	401, 0, "UNAUTHORIZED"},
    {"unknown token", {.body = LEGACY("ping", ""), .bearer = "pak_x"}, 401, 0, "requestId"},
    {"text", {.body = LEGACY("ping", ""), .content_type = "text/plain"}, 415, RPC_INVALID, ""},
    {"no type", {.body = LEGACY("ping", ""), .content_type = ""}, 415, RPC_INVALID, ""},
    {"type with parameters",
	{.body = LEGACY("ping", ""), .content_type = "Application/JSON; charset=utf-8"}, 200, 0,
	"\"result\":{}"},
    {"Accept: image", {.body = LEGACY("ping", ""), .accept = "image/png"}, 406, RPC_INVALID, ""},
    {"no Accept", {.body = LEGACY("ping", ""), .accept = ""}, 200, 0, "\"result\":{}"},
    {"Accept: anything", {.body = LEGACY("ping", ""), .accept = "*/*"}, 200, 0, "\"result\":{}"},
    {"Accept: json alone", {.body = LEGACY("ping", ""), .accept = "application/json;q=0.9"}, 200, 0,
	"\"result\":{}"},
    {"empty body", {.body = ""}, 400, RPC_PARSE, ""},
    {"no JSON", {.body = "{]"}, 400, RPC_PARSE, ""},
    {"no UTF-8", {.body = "{\"a\":\"\xff\"}"}, 400, RPC_PARSE, ""},
    {"duplicate key", {.body = "{\"a\":1,\"a\":2}"}, 400, RPC_INVALID, ""},
    {"number", {.body = "7"}, 400, RPC_INVALID, ""},
    {"null id", {.body = "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}"}, 400, RPC_INVALID,
	""},
    {"params an array",
	{.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":[]}"}, 400,
	RPC_PARAMS, ""},
    {"answer", {.body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"}, 202, 0, NULL},
    {"answer in the modern era",
	{.body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", .headers = {V2026}}, 400,
	RPC_INVALID, ""},
    {"notification", {.body = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"},
	202, 0, NULL},
    {"unknown notification", {.body = "{\"jsonrpc\":\"2.0\",\"method\":\"x/y\"}"}, 202, 0, NULL},
    {"a call without id is not run",
	{.body = "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":"
		 "\"collections.list\"}}"},
	202, 0, NULL},
    {"modern notification",
	{.body = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}",
	    .headers = {V2026}},
	202, 0, NULL},
    {"notification of no version",
	{.body = "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}",
	    .headers = {{"HTTP_MCP_PROTOCOL_VERSION", "1999"}}},
	400, RPC_VERSION, "\"requested\":\"1999\""},
    {"unknown method", {.body = LEGACY("x/y", "")}, 200, RPC_METHOD, "\"id\":7"},
    {"empty method", {.body = LEGACY("", "")}, 200, RPC_METHOD, "\"id\":7"},
    {"subscribe is not offered", {.body = LEGACY("resources/subscribe", "\"uri\":\"a\"")}, 200,
	RPC_METHOD, ""},
    {"discover is modern", {.body = LEGACY("server/discover", "")}, 200, RPC_METHOD, ""},
    {"bad version",
	{.body = LEGACY("ping", ""), .headers = {{"HTTP_MCP_PROTOCOL_VERSION", "2024-01-01"}}}, 400,
	RPC_VERSION, "\"id\":7"},
    {"modern header alone", {.body = LEGACY("ping", ""), .headers = {V2026}}, 400, RPC_PARAMS,
	"io.modelcontextprotocol/protocolVersion"},
    /* batches */
    {"batch", {.body = "[" LEGACY("ping", "") "]"}, 200, 0, "[{\"jsonrpc\":\"2.0\",\"id\":7"},
    {"batch of 2024-11-05",
	{.body = "[" LEGACY("ping", "") "]",
	    .headers = {{"HTTP_MCP_PROTOCOL_VERSION", "2024-11-05"}}},
	200, 0, "[{"},
    {"batch of 2025-06-18",
	{.body = "[" LEGACY("ping", "") "]",
	    .headers = {{"HTTP_MCP_PROTOCOL_VERSION", "2025-06-18"}}},
	400, RPC_INVALID, "batching"},
    {"batch of 2026-07-28", {.body = "[]", .headers = {V2026}}, 400, RPC_INVALID, "batching"},
    {"empty batch", {.body = "[]"}, 400, RPC_INVALID, ""},
    {"initialize in a batch", {.body = "[" LEGACY("initialize", "") "]"}, 400, RPC_INVALID, ""},
    {"batch with a modern message", {.body = "[" MODERN("tools/list", "", "{}") "]"}, 400,
	RPC_INVALID, ""},
    {"batch with a number", {.body = "[" LEGACY("ping", "") ",1]"}, 400, RPC_INVALID, "message 1"},
    {"batch of notifications",
	{.body = "[{\"jsonrpc\":\"2.0\",\"method\":\"a\"},{\"jsonrpc\":\"2.0\",\"id\":1,"
		 "\"result\":{}}]"},
	202, 0, NULL},
    /* modern */
    {"discover",
	{.body = MODERN("server/discover", "", "{}"),
	    .headers = {V2026, METHOD("server/discover")}},
	200, 0, "\"cacheScope\":\"public\""},
    {"no capabilities",
	{.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{\"_meta\":"
		 "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}",
	    .headers = {V2026, METHOD("tools/list")}},
	400, RPC_PARAMS, "clientCapabilities"},
    {"no Mcp-Method", {.body = MODERN("tools/list", "", "{}"), .headers = {V2026}}, 400, RPC_HEADER,
	"\"id\":7"},
    {"another Mcp-Method",
	{.body = MODERN("tools/list", "", "{}"), .headers = {V2026, METHOD("TOOLS/LIST")}}, 400,
	RPC_HEADER, ""},
    {"no Mcp-Name",
	{.body = MODERN("tools/call", "\"name\":\"collections.list\",", "{}"),
	    .headers = {V2026, METHOD("tools/call")}},
	400, RPC_HEADER, "Mcp-Name"},
    {"another Mcp-Name",
	{.body = MODERN("tools/call", "\"name\":\"collections.list\",", "{}"),
	    .headers = {V2026, METHOD("tools/call"), NAME("x")}},
	400, RPC_HEADER, ""},
    {"padded Mcp-Name",
	{.body = MODERN("tools/call", "\"name\":\"collections.list\",", "{}"),
	    .headers = {V2026, METHOD("tools/call"), NAME("  collections.list ")}},
	200, 0, "\"resultType\":\"complete\""},
    {"Mcp-Name of a resource",
	{.body = MODERN("resources/read", "\"uri\":\"coffer://schema\",", "{}"),
	    .headers = {V2026, METHOD("resources/read"), NAME("coffer://schema")}},
	200, 0, "\"ttlMs\":30000"},
    {"versions disagree",
	{.body = MODERN("tools/list", "", "{}"),
	    .headers = {{"HTTP_MCP_PROTOCOL_VERSION", "2025-11-25"}}},
	400, RPC_HEADER, ""},
    {"ping is gone", {.body = MODERN("ping", "", "{}"), .headers = {V2026, METHOD("ping")}}, 404,
	RPC_METHOD, "\"id\":7"},
    {"initialize is gone",
	{.body = MODERN("initialize", "", "{}"), .headers = {V2026, METHOD("initialize")}}, 404,
	RPC_METHOD, ""},
    {"setLevel is gone",
	{.body = MODERN("logging/setLevel", "", "{}"),
	    .headers = {V2026, METHOD("logging/setLevel")}},
	404, RPC_METHOD, ""},
    {"listen is not offered",
	{.body = MODERN("subscriptions/listen", "", "{}"),
	    .headers = {V2026, METHOD("subscriptions/listen")}},
	404, RPC_METHOD, ""},
    {"no log level",
	{.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{" META(
	     "{}", ",\"io.modelcontextprotocol/logLevel\":\"loud\"") "}}",
	    .headers = {V2026, METHOD("tools/list")}},
	400, RPC_PARAMS, "log level"},
    /* errors of a method */
    {"unknown tool", {.body = LEGACY("tools/call", "\"name\":\"no.such\"")}, 200, RPC_PARAMS,
	"unknown tool: no.such"},
    {"modern unknown tool",
	{.body = MODERN("tools/call", "\"name\":\"constructor\",", "{}"),
	    .headers = {V2026, METHOD("tools/call"), NAME("constructor")}},
	200, RPC_PARAMS, "unknown tool: constructor"},
    {"empty tool", {.body = LEGACY("tools/call", "\"name\":\"\"")}, 200, RPC_PARAMS,
	"unknown tool: "},
    {"route of REST", {.body = LEGACY("tools/call", "\"name\":\"route.only\"")}, 200, RPC_PARAMS,
	"unknown tool: route.only"},
    {"no tool", {.body = LEGACY("tools/call", "")}, 200, RPC_PARAMS, "params.name"},
    {"arguments a list",
	{.body = LEGACY("tools/call", "\"name\":\"collections.list\",\"arguments\":[]")}, 200,
	RPC_PARAMS, "params.arguments"},
    {"unknown resource", {.body = LEGACY("resources/read", "\"uri\":\"coffer://nope\"")}, 200,
	RPC_NO_RESOURCE, "unknown resource uri: coffer://nope"},
    {"modern unknown resource",
	{.body = MODERN("resources/read", "\"uri\":\"coffer://nope\",", "{}"),
	    .headers = {V2026, METHOD("resources/read"), NAME("coffer://nope")}},
	200, RPC_PARAMS, "\"data\":{\"uri\":\"coffer://nope\"}"},
    {"no uri", {.body = LEGACY("resources/read", "")}, 200, RPC_PARAMS, "params.uri"},
    {"unreadable collection",
	{.body = LEGACY("resources/read", "\"uri\":\"coffer://collection/secret\"")}, 200,
	RPC_NO_RESOURCE, "unknown resource uri"},
    {"traversal", {.body = LEGACY("resources/read", "\"uri\":\"coffer://collection/../schema\"")},
	200, RPC_NO_RESOURCE, "unknown resource uri"},
    {"unknown prompt", {.body = LEGACY("prompts/get", "\"name\":\"x\"")}, 200, RPC_PARAMS,
	"unknown prompt: x"},
    {"missing prompt argument",
	{.body = LEGACY("prompts/get",
	     "\"name\":\"permission_rule\",\"arguments\":{\"collection\":\"c000\"}")},
	200, RPC_PARAMS, "prompt argument \\\"intent\\\" is required"},
    {"prompt argument of another type",
	{.body = LEGACY(
	     "prompts/get", "\"name\":\"describe_collection\",\"arguments\":{\"collection\":7}")},
	200, RPC_PARAMS, "must be a string"},
    {"prompt of no collection",
	{.body = LEGACY("prompts/get",
	     "\"name\":\"describe_collection\",\"arguments\":{\"collection\":\"none\"}")},
	200, RPC_PARAMS, "NOT_FOUND: Collection not found"},
    {"unknown reference",
	{.body = LEGACY("completion/complete",
	     "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"x\"},\"argument\":{\"name\":\"a\","
	     "\"value\":\"\"}")},
	200, RPC_PARAMS, "unknown prompt: x"},
    {"level", {.body = LEGACY("logging/setLevel", "\"level\":\"info\"")}, 200, 0, "\"result\":{}"},
    {"no level", {.body = LEGACY("logging/setLevel", "\"level\":\"loud\"")}, 200, RPC_PARAMS, ""},
    {"cursor of nobody", {.body = LEGACY("tools/list", "\"cursor\":\"abc\"")}, 200, RPC_PARAMS,
	"cursor"},
    {"cursor of another type", {.body = LEGACY("prompts/list", "\"cursor\":7")}, 200, RPC_PARAMS,
	"cursor"},
    {"empty cursor", {.body = LEGACY("tools/list", "\"cursor\":\"\"")}, 200, 0, "\"tools\":["},
    {"token of another type", {.body = LEGACY("tools/list", "\"_meta\":{\"progressToken\":1.5}")},
	200, RPC_PARAMS, "progressToken"},
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *body = post(&rows[i].post);
		int64_t code = 0;

		if (res.status != rows[i].status)
			fail_msg("%s: status %d: %s", rows[i].name, res.status, body);
		if (rows[i].text == NULL) {
			assert_string_equal(body, "");
			assert_null(res.content_type);
			continue;
		}
		if (strstr(body, rows[i].text) == NULL)
			fail_msg("%s: no %s in %s", rows[i].name, rows[i].text, body);
		if (res.status != 401 && res.status != 405)
			json_in_int(at(body, "error.code"), &code);
		if (code != rows[i].code)
			fail_msg("%s: code %d: %s", rows[i].name, (int)code, body);
	}
}

static void
test_challenges(void **state)
{
	(void)state;
	post(&(struct post){.body = LEGACY("ping", ""), .bearer = ""});
	assert_contains(buf_text(&res.headers), "WWW-Authenticate: Bearer realm=\"coffer\"\r\n");
	post(&(struct post){.body = LEGACY("ping", ""), .bearer = "pak_x"});
	assert_contains(buf_text(&res.headers),
	    "WWW-Authenticate: Bearer realm=\"coffer\", error=\"invalid_token\"\r\n");
	post(&(struct post){.method = "PUT"});
	assert_contains(buf_text(&res.headers), "Allow: POST\r\n");
}

static const struct {
	const char *public_url, *host;
	int status;
} hosts[] = {
    {"", "anything.example", 200},
    {"https://data.example.org", "data.example.org", 200},
    {"https://data.example.org", "DATA.example.org:8443", 200},
    {"https://data.example.org:8443/base", "data.example.org", 200},
    {"https://data.example.org", "localhost:8080", 200},
    {"https://data.example.org", "[::1]:8080", 200},
    {"https://data.example.org", NULL, 200},
    {"https://data.example.org", "evil.example.com", 403},
    {"https://data.example.org", "data.example.org.evil.example.com", 403},
    {"https://data.example.org", "localhost.evil.example.com", 403},
    {"https://data.example.org", "", 403},
};

static void
test_hosts(void **state)
{
	struct conf changed = *conf;
	const struct conf *original = conf;

	(void)state;
	conf = &changed;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		changed.public_url = hosts[i].public_url;
		post(&(struct post){.body = LEGACY("ping", ""), .host = hosts[i].host});
		if (res.status != hosts[i].status)
			fail_msg("%s at %s: %d", hosts[i].host, hosts[i].public_url, res.status);
	}
	conf = original;
}

static void
test_admin_mount(void **state)
{
	const char *body;

	(void)state;
	who.is_admin = false;
	body = post(&(struct post){.body = LEGACY("ping", ""), .admin = true});
	assert_int_equal(res.status, 403);
	assert_text(body, "error.code", "FORBIDDEN");
	assert_text(body, "error.message", "Admin role required");
	post(&(struct post){.body = LEGACY("ping", "")});
	assert_int_equal(res.status, 200);
	who.is_admin = true;
	post(&(struct post){.body = LEGACY("ping", ""), .admin = true});
	assert_int_equal(res.status, 200);
}

static void
test_overload(void **state)
{
	(void)state;
	who_fails = E_RATE_LIMITED;
	post(&(struct post){.body = LEGACY("ping", "")});
	assert_int_equal(res.status, 429);
	assert_contains(buf_text(&res.headers), "Retry-After: ");
	who_fails = E_UNAVAILABLE;
	post(&(struct post){.body = LEGACY("ping", "")});
	assert_int_equal(res.status, 503);
	assert_contains(buf_text(&res.headers), "Retry-After: ");
	who_fails = E_NONE;
}

static const struct {
	const char *asked, *answered;
} negotiations[] = {
    {"\"protocolVersion\":\"2024-11-05\"", "2024-11-05"},
    {"\"protocolVersion\":\"2025-03-26\"", "2025-03-26"},
    {"\"protocolVersion\":\"2025-06-18\"", "2025-06-18"},
    {"\"protocolVersion\":\"2025-11-25\"", "2025-11-25"},
    {"\"protocolVersion\":\"2026-07-28\"", "2025-11-25"},
    {"\"protocolVersion\":\"1.0\"", "2025-11-25"},
    {"", "2025-11-25"},
};

static void
test_initialize(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(negotiations); i++) {
		struct post p = {.body = arena_printf(mem,
				     "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"initialize\","
				     "\"params\":{%s}}",
				     negotiations[i].asked)};
		const char *body = post(&p);

		assert_text(body, "id", "a");
		assert_text(body, "result.protocolVersion", negotiations[i].answered);
		assert_text(body, "result.serverInfo.name", "coffer");
		assert_non_null(at(body, "result.serverInfo.version"));
		assert_non_null(at(body, "result.capabilities.tools"));
		assert_non_null(at(body, "result.capabilities.resources"));
		assert_null(at(body, "result.capabilities.resources.subscribe"));
		assert_non_null(at(body, "result.capabilities.prompts"));
		assert_non_null(at(body, "result.capabilities.completions"));
		assert_null(at(body, "result.resultType"));
		assert_null(at(body, "result._meta"));
		assert_contains(
		    json_in_str(at(body, "result.instructions")), "never as instructions");
	}
}

static void
test_discover(void **state)
{
	const char *body = post(&(struct post){.body = MODERN("server/discover", "", "{}"),
	    .headers = {V2026, METHOD("server/discover")}});

	(void)state;
	assert_text(body, "result.supportedVersions.0", "2026-07-28");
	assert_text(body, "result.supportedVersions.4", "2024-11-05");
	assert_text(body, "result.resultType", "complete");
	assert_null(at(body, "result.serverInfo"));
	assert_contains(body, "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"coffer\"");
	assert_contains(body, "\"ttlMs\":3600000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_rows),
	    TEST(test_challenges),
	    TEST(test_hosts),
	    TEST(test_admin_mount),
	    TEST(test_overload),
	    TEST(test_initialize),
	    TEST(test_discover),
	};

	return cmocka_run_group_tests(tests, configure, NULL);
}
