/* Resources, prompts and completion, and the allowlist that gates them. */
#include "mcp_bench.h"

static void
test_resources(void **state)
{
	const char *body =
	    post(&(struct post){.body = LEGACY("resources/read", "\"uri\":\"coffer://schema\"")});
	const char *text;

	(void)state;
	assert_text(body, "result.contents.0.uri", "coffer://schema");
	assert_text(body, "result.contents.0.mimeType", "application/json");
	text = json_in_str(at(body, "result.contents.0.text"));
	assert_text(text, "collections.0.slug", "c000");
	assert_text(text, "collections.0.fields.0.name", "title");
	assert_text(text, "collections.0.fields.0.type", "text");
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "gone"));
	body = post(&(struct post){
	    .body = LEGACY("resources/read", "\"uri\":\"backlex://collection/c001\"")});
	assert_text(body, "result.contents.0.uri", "backlex://collection/c001");
	text = json_in_str(at(body, "result.contents.0.text"));
	assert_string_equal(text,
	    "{\"slug\":\"c001\",\"singular\":null,\"plural\":\"Cs\",\"note\":null,\"fields\":[{"
	    "\"name\":\"title\",\"type\":\"text\",\"required\":true}],\"sample\":[5],"
	    "\"sampleError\":null,\"sampleLimit\":5}");
	sample_fails = E_FORBIDDEN;
	body = post(&(struct post){
	    .body = LEGACY("resources/read", "\"uri\":\"coffer://collection/c001\"")});
	assert_contains(json_in_str(at(body, "result.contents.0.text")),
	    "\"sample\":null,\"sampleError\":\"FORBIDDEN: no sample\",\"sampleLimit\":5}");
	sample_fails = E_RETRY;
	body = post(&(struct post){
	    .body = LEGACY("resources/read", "\"uri\":\"coffer://collection/c001\"")});
	sample_fails = E_NONE;
	assert_contains(body, "UNAVAILABLE");
	assert_int_equal(who_asked, 1 + RETRY_MAX);
}

static void
test_resource_pages(void **state)
{
	const char *cursor = "";
	size_t listed = 0, pages = 0;

	(void)state;
	for (; cursor != NULL; pages++) {
		struct post p = {.body = arena_printf(mem,
				     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/list\","
				     "\"params\":{\"cursor\":\"%s\"}}",
				     cursor)};
		const char *body = post(&p);

		listed += json_object_array_length(at(body, "result.resources"));
		if (pages == 0)
			assert_text(body, "result.resources.0.uri", "coffer://schema");
		cursor = json_in_str(at(body, "result.nextCursor"));
		assert_true(pages < 10);
		if (pages == 0) {
			p.body =
			    arena_printf(mem, LEGACY("prompts/list", "\"cursor\":\"%s\""), cursor);
			assert_contains(post(&p), "-32602");
		}
	}
	/* one is unreadable, one archived; the schema and three fixtures come first */
	assert_int_equal(listed, COLLECTIONS - 2 + 4);
	assert_int_equal(pages, 3);
}

static void
test_gates(void **state)
{
	const char *body;

	(void)state;
	allowed = "schema.list_collections";
	body = post(&(struct post){.body = LEGACY("resources/list", "")});
	assert_text(body, "result.resources.0.uri", "coffer://schema");
	assert_null(strstr(body, "coffer://collection"));
	body = post(&(struct post){
	    .body = LEGACY("resources/read", "\"uri\":\"coffer://collection/c001\"")});
	assert_contains(body, "FORBIDDEN");
	assert_contains(body, "allowlist");
	body = post(&(struct post){.body = LEGACY("prompts/list", "")});
	assert_null(strstr(body, "describe_collection"));
	body = post(&(struct post){
	    .body = LEGACY("prompts/get", "\"name\":\"describe_collection\",\"arguments\":{"
					  "\"collection\":\"c001\"}")});
	assert_contains(body, "FORBIDDEN");
	allowed = "roles.list";
	body = post(&(struct post){.body = LEGACY("resources/templates/list", "")});
	assert_null(strstr(body, "coffer://"));
	body = post(&(struct post){
	    .body = LEGACY("completion/complete",
		"\"ref\":{\"type\":\"ref/prompt\",\"name\":\"describe_collection\"},\"argument\":{"
		"\"name\":\"collection\",\"value\":\"c00\"}")});
	allowed = NULL;
	assert_contains(body, "\"values\":[],\"total\":0,\"hasMore\":false");
}

static void
test_prompts(void **state)
{
	const char *body = post(&(struct post){.body = LEGACY("prompts/list", "")}), *text;

	(void)state;
	assert_text(body, "result.prompts.0.name", "describe_collection");
	assert_text(body, "result.prompts.1.name", "generate_queries");
	assert_text(body, "result.prompts.2.name", "permission_rule");
	assert_text(body, "result.prompts.2.arguments.1.name", "intent");
	body = post(&(struct post){
	    .body = LEGACY("prompts/get", "\"name\":\"describe_collection\",\"arguments\":{"
					  "\"collection\":\"c001\"}")});
	assert_text(body, "result.messages.0.role", "user");
	text = json_in_str(at(body, "result.messages.0.content.text"));
	assert_contains(text, "c001 (Cs)");
	assert_contains(text, "- title: text (required)\n");
	assert_contains(text, "[3]");
	assert_null(at(body, "result.messages.1"));
	body = post(&(struct post){
	    .body = LEGACY("prompts/get", "\"name\":\"permission_rule\",\"arguments\":{"
					  "\"collection\":\"c001\",\"intent\":\"authors edit\"}")});
	assert_contains(json_in_str(at(body, "result.messages.0.content.text")), "authors edit");
}

static void
test_completion(void **state)
{
	const char *body = post(&(struct post){
	    .body = LEGACY("completion/complete",
		"\"ref\":{\"type\":\"ref/resource\",\"uri\":\"coffer://collection/{slug}\"},"
		"\"argument\":{\"name\":\"slug\",\"value\":\"C00\"}")});

	(void)state;
	assert_int_equal(json_object_array_length(at(body, "result.completion.values")), 10);
	assert_text(body, "result.completion.values.0", "c000");
	assert_contains(body, "\"total\":10,\"hasMore\":false");
	body = post(
	    &(struct post){.body = LEGACY("completion/complete",
			       "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"describe_collection\"},"
			       "\"argument\":{\"name\":\"collection\",\"value\":\"\"}")});
	assert_int_equal(json_object_array_length(at(body, "result.completion.values")), 100);
	assert_contains(body, "\"total\":448,\"hasMore\":true");
	body = post(
	    &(struct post){.body = LEGACY("completion/complete",
			       "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"permission_rule\"},"
			       "\"argument\":{\"name\":\"intent\",\"value\":\"a\"}")});
	assert_contains(body, "\"values\":[]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_resources),
	    TEST(test_resource_pages),
	    TEST(test_gates),
	    TEST(test_prompts),
	    TEST(test_completion),
	};

	return cmocka_run_group_tests(tests, configure, NULL);
}
