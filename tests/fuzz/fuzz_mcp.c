/* A POST on the MCP endpoint with any body and a choice of headers: it is answered, whatever it is,
 * and what is answered is JSON.  The layers below are those of the unit tests. */
#include "../unit/mcp_bench.h"

static const struct header choices[][4] = {
    {{NULL, NULL}},
    {{"HTTP_MCP_PROTOCOL_VERSION", "2024-11-05"}},
    {{"HTTP_MCP_PROTOCOL_VERSION", "2025-11-25"}},
    {V2026, METHOD("tools/call"), NAME("collections.list")},
    {V2026, METHOD("tools/list")},
    {V2026, METHOD("prompts/get"), NAME("test_simple_prompt")},
    {V2026, METHOD("resources/read"), NAME("coffer://schema")},
    {V2026, METHOD("tools/call"), NAME("test_input_required_result_multi_round")},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
prepare(void)
{
	static bool ready;

	if (!ready) {
		configure(NULL);
		mem = arena_new();
		make_workspace();
		ready = true;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena_mark mark;
	struct post p = {0};
	const char *body;

	prepare();
	if (size == 0)
		return 0;
	mark = arena_mark(mem);
	memcpy(p.headers, choices[data[0] % COUNT(choices)], sizeof choices[0]);
	/* the request ends where a string would: a NUL is refused in JSON anyway */
	p.body =
	    arena_strndup(mem, (const char *)data + 1, strnlen((const char *)data + 1, size - 1));
	body = post(&p);
	if (res.status == 202)
		assert_string_equal(body, "");
	else
		assert_non_null(json(body));
	arena_release(mem, mark);
	return 0;
}
