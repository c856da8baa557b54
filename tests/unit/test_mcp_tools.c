/* tools/list and tools/call, batches, and messages before the answer. */
#include "mcp_bench.h"

static void
test_tools_list(void **state)
{
	const char *body = post(&(struct post){.body = LEGACY("tools/list", "")});
	const char *again = arena_strdup(mem, body);

	(void)state;
	assert_text(body, "result.tools.0.name", "schema.list_collections");
	assert_text(body, "result.tools.0.title", "Title");
	assert_text(body, "result.tools.0.kind", "read");
	assert_text(body, "result.tools.4.kind", "destruct");
	assert_contains(body,
	    "{\"name\":\"collections.bulk_insert\",\"title\":\"Title\",\"description\":\"Does what "
	    "it is told to\",\"inputSchema\":{\"type\":\"object\",\"properties\":{},"
	    "\"additionalProperties\":false},\"annotations\":{\"title\":\"Title\","
	    "\"readOnlyHint\":false,\"destructiveHint\":false,\"idempotentHint\":true,"
	    "\"openWorldHint\":false},\"kind\":\"write\"}");
	assert_contains(body, "\"outputSchema\":{\"type\":\"object\"}");
	assert_contains(body, "\"adminOnly\":true");
	assert_null(strstr(body, "route.only"));
	assert_string_equal(post(&(struct post){.body = LEGACY("tools/list", "")}), again);
	body = post(&(struct post){.body = LEGACY("tools/list", ""), .query = "names=flat"});
	assert_text(body, "result.tools.0.name", "schema-list_collections");
	body = post(&(struct post){.body = LEGACY("tools/list", ""), .query = "toolset=functions"});
	assert_text(body, "result.tools.0.name", "functions.list");
	assert_null(at(body, "result.tools.1"));
	allowed = "collections.list";
	body = post(&(struct post){.body = LEGACY("tools/list", "")});
	allowed = NULL;
	assert_text(body, "result.tools.0.name", "collections.list");
	assert_null(at(body, "result.tools.1"));
}

static void
test_tools_call(void **state)
{
	const char *body =
	    post(&(struct post){.body = LEGACY("tools/call", "\"name\":\"collections.list\"")});

	(void)state;
	assert_text(body, "result.content.0.type", "text");
	assert_text(body, "result.content.0.text", "{\"said\":\"\\\"yes\\\"\"}");
	assert_text(body, "result.structuredContent.said", "\"yes\"");
	assert_contains(body, "\"isError\":false");
	assert_null(at(body, "result.resultType"));
	assert_true(last_call.authenticated);
	assert_int_equal(who_asked, 1);
	body = post(&(struct post){.body = LEGACY("tools/call",
				       "\"name\":\"collections.bulk_insert\",\"arguments\":null")});
	assert_contains(body, "\"isError\":true");
	assert_text(body, "result.structuredContent.said", "\"yes\"");
	body = post(&(struct post){
	    .body = LEGACY("tools/call", "\"name\":\"collections.insert\",\"arguments\":{}")});
	assert_text(body, "result.content.0.text", "VALIDATION: Unknown field \"x\" (at data.x)");
	assert_contains(body, "\"isError\":true");
	assert_null(at(body, "result.structuredContent"));
	body = post(&(struct post){
	    .body = LEGACY("tools/call", "\"name\":\"collections.list\",\"arguments\":{\"z\":1}")});
	assert_contains(body, "\"isError\":true");
	assert_contains(body, "VALIDATION: unknown argument");
	post(&(struct post){.body = LEGACY("tools/call", "\"name\":\"collections.delete\"")});
	assert_int_equal(res.status, 401);
}

static void
test_call_options(void **state)
{
	struct post p = {
	    .body = LEGACY("tools/call", "\"name\":\"collections.list\",\"_meta\":{\"coffer/"
					 "idempotencyKey\":\"k1\"}"),
	    .query = "toolset=collections,schema&read_only=1",
	    .headers = {{"HTTP_IDEMPOTENCY_KEY", "k2"}},
	};

	(void)state;
	post(&p);
	assert_string_equal(last_call.idempotency_key, "k1");
	assert_true(last_call.read_only);
	assert_string_equal(last_call.toolset[0], "collections");
	assert_string_equal(last_call.toolset[1], "schema");
	assert_null(last_call.toolset[2]);
	p.body = LEGACY("tools/call", "\"name\":\"collections.list\"");
	p.query = NULL;
	post(&p);
	assert_string_equal(last_call.idempotency_key, "k2");
	assert_false(last_call.read_only);
	assert_null(last_call.toolset);
	p.headers[1] = (struct header){"HTTP_X_COFFER_READ_ONLY", "1"};
	post(&p);
	assert_true(last_call.read_only);
}

static void
test_batch_calls(void **state)
{
	const char *body = post(&(struct post){
	    .body = "[" LEGACY("tools/call",
		"\"name\":\"collections.list\"") ","
						 "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}," LEGACY(
						     "tools/call", "\"name\":\"collections."
								   "insert\"") "," LEGACY("x",
						     "") "," LEGACY("tools/call",
						     "\"name\":\"collections.delete\"") "]"});

	(void)state;
	assert_int_equal(res.status, 200);
	assert_int_equal(json_object_array_length(json(body)), 4);
	assert_text(body, "0.result.structuredContent.said", "\"yes\"");
	assert_text(body, "1.result.content.0.text", "VALIDATION: Unknown field \"x\" (at data.x)");
	assert_contains(body, "-32601");
	assert_text(body, "3.error.message", "UNAUTHORIZED: Sign in required");
	assert_int_equal(calls, 3);
	assert_int_equal(who_asked, 4);
}

static void
test_mirrored_argument(void **state)
{
	struct post p = {
	    .body = MODERN("tools/call",
		"\"name\":\"test_custom_header\",\"arguments\":{\"region\":\"Hello\"},", "{}"),
	    .headers = {V2026, METHOD("tools/call"), NAME("test_custom_header"),
		{"HTTP_MCP_PARAM_REGION", "=?base64?SGVsbG8=?="}}};

	(void)state;
	assert_text(post(&p), "result.structuredContent.region", "Hello");
	p.headers[3].value = "Bye";
	assert_contains(post(&p), "-32020");
	assert_int_equal(res.status, 400);
	p.headers[3].name = NULL;
	assert_contains(post(&p), "-32020");
	p.headers[3] = (struct header){"HTTP_MCP_PARAM_OTHER", "x"};
	p.body = MODERN("tools/call", "\"name\":\"test_custom_header\",", "{}");
	post(&p);
	assert_int_equal(res.status, 200);
}

/* --- messages before the answer --- */

static void
test_progress(void **state)
{
	struct post p = {.body = LEGACY("tools/call", "\"name\":\"test_tool_with_progress\","
						      "\"_meta\":{\"progressToken\":\"t-1\"}")};

	(void)state;
	post(&p);
	assert_string_equal(buf_text(&events),
	    "{\"progressToken\":\"t-1\",\"progress\":0,\"total\":100}\n"
	    "{\"progressToken\":\"t-1\",\"progress\":50,\"total\":100}\n"
	    "{\"progressToken\":\"t-1\",\"progress\":100,\"total\":100}\n");
	p.accept = "application/json";
	post(&p);
	assert_string_equal(buf_text(&events), "");
	p.accept = NULL;
	p.body = LEGACY("tools/call", "\"name\":\"test_tool_with_progress\"");
	post(&p);
	assert_string_equal(buf_text(&events), "");
}

static void
test_only_events(void **state)
{
	const char *body =
	    post(&(struct post){.body = LEGACY("ping", ""), .accept = "text/event-stream"});

	(void)state;
	assert_string_equal(res.content_type, "text/event-stream");
	assert_string_equal(
	    body, "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n");
}

#define LOGGING(rest)                                                                              \
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"            \
	"\"test_tool_with_logging\"," META("{}", rest) "}}"
#define LOG_HEADERS                                                                                \
	{                                                                                          \
		V2026, METHOD("tools/call"), NAME("test_tool_with_logging")                        \
	}

static void
test_logging(void **state)
{
	(void)state;
	post(&(struct post){.body = LEGACY("tools/call", "\"name\":\"test_tool_with_logging\"")});
	assert_contains(buf_text(&events),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":"
	    "\"info\",\"logger\":\"coffer\",\"data\":\"Tool execution started\"}}\n");
	post(&(struct post){.body = LOGGING(""), .headers = LOG_HEADERS});
	assert_string_equal(buf_text(&events), "");
	post(&(struct post){.body = LOGGING(",\"io.modelcontextprotocol/logLevel\":\"warning\""),
	    .headers = LOG_HEADERS});
	assert_string_equal(buf_text(&events), "");
	post(&(struct post){.body = LOGGING(",\"io.modelcontextprotocol/logLevel\":\"debug\""),
	    .headers = LOG_HEADERS});
	assert_contains(buf_text(&events), "Tool execution completed");
}

/* A client that leaves cancels the call in the modern era and only there. */
static void
test_cancelled(void **state)
{
	const char *body;

	(void)state;
	client_left = true;
	body =
	    post(&(struct post){.body = LOGGING(",\"io.modelcontextprotocol/logLevel\":\"info\""),
		.headers = LOG_HEADERS});
	assert_contains(body, "\"isError\":true");
	body = post(
	    &(struct post){.body = LEGACY("tools/call", "\"name\":\"test_tool_with_logging\"")});
	assert_contains(body, "\"isError\":false");
	client_left = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_tools_list),
	    TEST(test_tools_call),
	    TEST(test_call_options),
	    TEST(test_batch_calls),
	    TEST(test_mirrored_argument),
	    TEST(test_progress),
	    TEST(test_only_events),
	    TEST(test_logging),
	    TEST(test_cancelled),
	};

	return cmocka_run_group_tests(tests, configure, NULL);
}
