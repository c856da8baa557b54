/* Multi round trip: what is asked, and the sealed state between the rounds. */
#include "mcp_bench.h"

#define ALL "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}"

static const char *
round_trip(const char *tool, const char *capabilities, const char *rest)
{
	struct post p = {.headers = {V2026, METHOD("tools/call"), NAME(tool)}};

	p.body = arena_printf(mem,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\","
	    "\"arguments\":{},%s\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
	    "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":%s}}}",
	    tool, rest, capabilities);
	return post(&p);
}

#define ROUNDS "test_input_required_result_"

static void
test_round_trip(void **state)
{
	const char *body = round_trip(ROUNDS "elicitation", ALL, "");

	(void)state;
	assert_text(body, "result.resultType", "input_required");
	assert_text(body, "result.inputRequests.user_name.method", "elicitation/create");
	assert_null(at(body, "result.requestState"));
	assert_null(at(body, "result.content"));
	assert_non_null(at(body, "result._meta"));
	body = round_trip(ROUNDS "elicitation", ALL,
	    "\"inputResponses\":{\"user_name\":{\"action\":\"accept\",\"content\":{\"name\":"
	    "\"Alice\"}},\"more\":{}},");
	assert_text(body, "result.resultType", "complete");
	assert_text(body, "result.structuredContent.greeting", "Hello, Alice!");
	body = round_trip(
	    ROUNDS "elicitation", ALL, "\"inputResponses\":{\"other\":{\"action\":\"accept\"}},");
	assert_text(body, "result.resultType", "input_required");
	body = round_trip(ROUNDS "elicitation", ALL, "\"inputResponses\":{\"user_name\":12345},");
	assert_text(body, "result.resultType", "input_required");
	body = round_trip(ROUNDS "elicitation", ALL, "\"inputResponses\":null,");
	assert_contains(body, "-32602");
	assert_int_equal(res.status, 200);
	body = round_trip(ROUNDS "elicitation", ALL, "\"inputResponses\":[],");
	assert_contains(body, "-32602");
}

static void
test_undeclared(void **state)
{
	const char *body = round_trip("test_missing_capability", "{\"elicitation\":{}}", "");

	(void)state;
	assert_int_equal(res.status, 400);
	assert_contains(body, "\"code\":-32021");
	assert_non_null(at(body, "error.data.requiredCapabilities.sampling"));
	assert_null(at(body, "error.data.requiredCapabilities.elicitation"));
	body = round_trip(ROUNDS "capabilities", "{\"sampling\":{}}", "");
	assert_text(body, "result.inputRequests.capital_question.method", "sampling/createMessage");
	assert_null(at(body, "result.inputRequests.user_name"));
	body = post(
	    &(struct post){.body = LEGACY("tools/call", "\"name\":\"test_missing_capability\"")});
	assert_contains(body, "\"isError\":true");
	assert_contains(body, "UNAVAILABLE: ");
}

static const char *
state_of(const char *body)
{
	const char *sealed = json_in_str(at(body, "result.requestState"));

	if (sealed == NULL)
		fail_msg("no requestState in %s", body);
	return sealed;
}

#define CONFIRMED                                                                                  \
	"\"inputResponses\":{\"confirm\":{\"action\":\"accept\",\"content\":{\"ok\":true}}},"

static const char *
confirmed(const char *tool, const char *sealed)
{
	return round_trip(
	    tool, ALL, arena_printf(mem, CONFIRMED "\"requestState\":\"%s\",", sealed));
}

static void
test_state(void **state)
{
	const char *sealed = state_of(round_trip(ROUNDS "request_state", ALL, ""));
	const char *user = who.user_id, *body;

	(void)state;
	assert_text(confirmed(ROUNDS "request_state", sealed), "result.structuredContent.status",
	    "state-ok");
	/* without the state the answer counts for nothing */
	assert_text(round_trip(ROUNDS "request_state", ALL, CONFIRMED), "result.resultType",
	    "input_required");
	assert_contains(confirmed(ROUNDS "request_state", arena_printf(mem, "%s-TAMPERED", sealed)),
	    "\"code\":-32602");
	assert_int_equal(res.status, 200);
	assert_contains(confirmed(ROUNDS "tampered_state", sealed), "\"code\":-32602");
	who.user_id = "018f0000-0000-7000-8000-00000000000f";
	body = confirmed(ROUNDS "request_state", sealed);
	who.user_id = user;
	assert_contains(body, "\"code\":-32602");
	assert_contains(
	    round_trip(ROUNDS "request_state", ALL, "\"requestState\":7,"), "\"code\":-32602");
}

static void
test_rounds(void **state)
{
	const char *first = round_trip(ROUNDS "multi_round", ALL, "");
	const char *one = state_of(first), *two, *body;

	(void)state;
	assert_non_null(at(first, "result.inputRequests.step1"));
	body = round_trip(ROUNDS "multi_round", ALL,
	    arena_printf(mem,
		"\"inputResponses\":{\"step1\":{\"action\":\"accept\",\"content\":{\"name\":"
		"\"Ann\"}}},\"requestState\":\"%s\",",
		one));
	assert_non_null(at(body, "result.inputRequests.step2"));
	assert_null(at(body, "result.inputRequests.step1"));
	two = state_of(body);
	assert_string_not_equal(one, two);
	body = round_trip(ROUNDS "multi_round", ALL,
	    arena_printf(mem,
		"\"inputResponses\":{\"step2\":{\"action\":\"accept\",\"content\":{\"color\":"
		"\"blue\"}}},\"requestState\":\"%s\",",
		two));
	assert_text(body, "result.structuredContent.summary", "Ann likes blue");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_round_trip),
	    TEST(test_undeclared),
	    TEST(test_state),
	    TEST(test_rounds),
	};

	return cmocka_run_group_tests(tests, configure, NULL);
}
