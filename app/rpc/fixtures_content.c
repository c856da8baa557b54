/* The resources and prompts of the MCP conformance suite; see fixtures.c. */
#include <string.h>

#include "arena.h"
#include "fixtures.h"
#include "json_in.h"
#include "mcp_input.h"
#include "rq.h"

static int
static_text(struct rq *rq, const char *value, struct out *contents)
{
	(void)rq;
	(void)value;
	out_kstr(contents, "text", "This is the content of the static text resource.");
	return 0;
}

static int
static_binary(struct rq *rq, const char *value, struct out *contents)
{
	(void)rq;
	(void)value;
	out_kstr(contents, "blob", FIXTURE_PNG);
	return 0;
}

static int
templated(struct rq *rq, const char *value, struct out *contents)
{
	struct out text;

	out_init(&text, rq->mem);
	out_object(&text);
	out_kstr(&text, "id", value);
	out_kbool(&text, "templateTest", true);
	out_kstr(&text, "data", arena_printf(rq->mem, "Data for ID: %s", value));
	out_end(&text);
	out_kstr(contents, "text", buf_text(&text.buf));
	return 0;
}

#define RESOURCE(uri_, name_, mime, read_)                                                         \
	{                                                                                          \
		.uri = uri_, .name = name_, .title = name_, .mime_type = mime, .read = read_,      \
		.description = "Fixture of the MCP conformance suite"                              \
	}

const struct mcp_resource fixture_resources[] = {
    RESOURCE("test://static-text", "Static text", "text/plain", static_text),
    RESOURCE("test://static-binary", "Static image", "image/png", static_binary),
    RESOURCE("test://watched-resource", "Watched resource", "text/plain", static_text),
    RESOURCE("test://template/{id}/data", "Template", "application/json", templated),
    {.uri = NULL},
};

/* {"role":"user","content":<content>}, its content still to be written and both to be closed. */
static void
open_message(struct out *messages)
{
	out_object(messages);
	out_kstr(messages, "role", "user");
	out_key(messages, "content");
}

static void
say(struct out *messages, const char *text)
{
	open_message(messages);
	out_object(messages);
	out_kstr(messages, "type", "text");
	out_kstr(messages, "text", text);
	out_end(messages);
	out_end(messages);
}

static int
simple(struct rq *rq, const char *const *values, struct out *messages)
{
	(void)rq;
	(void)values;
	say(messages, "This is a simple prompt for testing.");
	return 0;
}

static int
with_arguments(struct rq *rq, const char *const *values, struct out *messages)
{
	say(messages, arena_printf(rq->mem, "Prompt with arguments: arg1='%s', arg2='%s'",
			  values[0], values[1]));
	return 0;
}

static int
with_resource(struct rq *rq, const char *const *values, struct out *messages)
{
	(void)rq;
	open_message(messages);
	out_object(messages);
	out_kstr(messages, "type", "resource");
	out_key(messages, "resource");
	out_object(messages);
	out_kstr(messages, "uri", values[0]);
	out_kstr(messages, "mimeType", "text/plain");
	out_kstr(messages, "text", "Embedded resource content for testing.");
	out_end(messages);
	out_end(messages);
	out_end(messages);
	say(messages, "Please process the embedded resource above.");
	return 0;
}

static int
with_image(struct rq *rq, const char *const *values, struct out *messages)
{
	(void)rq;
	(void)values;
	open_message(messages);
	out_object(messages);
	out_kstr(messages, "type", "image");
	out_kstr(messages, "data", FIXTURE_PNG);
	out_kstr(messages, "mimeType", "image/png");
	out_end(messages);
	out_end(messages);
	say(messages, "Please analyze the image above.");
	return 0;
}

static int
with_input(struct rq *rq, const char *const *values, struct out *messages)
{
	static const char params[] =
	    "{\"mode\":\"form\",\"message\":\"What context should the prompt use?\","
	    "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"context\":{\"type\":"
	    "\"string\"}},\"required\":[\"context\"]}}";
	const struct json_object *reply;
	const char *context;

	(void)values;
	if (input_require(rq, INPUT_ELICIT) < 0)
		return -1;
	reply = input_answer(rq, "user_context");
	if (reply == NULL) {
		input_ask(rq, "user_context", INPUT_ELICIT, params);
		return input_wait(rq);
	}
	context = json_in_str(json_in_get(input_accepted(reply), "context"));
	say(messages, arena_printf(rq->mem, "Prompt with context: %s",
			  context == NULL ? "none was given" : context));
	return 0;
}

#define PROMPT(name_, get_, ...)                                                                   \
	{                                                                                          \
		.name = name_, .title = "Conformance fixture", .get = get_,                        \
		.description = "Fixture of the MCP conformance suite", __VA_ARGS__                 \
	}

const struct mcp_prompt fixture_prompts[] = {
    PROMPT("test_simple_prompt", simple, ),
    PROMPT("test_prompt_with_arguments", with_arguments,
	.arguments = {{"arg1", "First argument", true}, {"arg2", "Second argument", true}}),
    PROMPT("test_prompt_with_embedded_resource", with_resource,
	.arguments = {{"resourceUri", "URI of the resource to embed", true}}),
    PROMPT("test_prompt_with_image", with_image, ),
    PROMPT("test_input_required_result_prompt", with_input, ),
    {.name = NULL},
};
