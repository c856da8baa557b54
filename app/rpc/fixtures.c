/* The tools of the MCP conformance suite, served only where the configuration asks for them.  Their
 * names, arguments and texts are the suite's. */
#include "fixtures.h"

#include <string.h>
#include <time.h>

#include "arena.h"
#include "json_in.h"
#include "mcp_input.h"
#include "param.h"
#include "rq.h"

#define WAV "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA=="

#define TEXT_PART(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define MEDIA_PART(type, data, mime)                                                               \
	"{\"type\":\"" type "\",\"data\":\"" data "\",\"mimeType\":\"" mime "\"}"
#define RESOURCE_PART(uri, mime, text)                                                             \
	"{\"type\":\"resource\",\"resource\":{\"uri\":\"" uri "\",\"mimeType\":\"" mime            \
	"\",\"text\":\"" text "\"}}"

#define part(out, json) out_raw((out), (json), sizeof(json) - 1)

/* {"key":"text"} as the whole answer. */
static int
answer(struct rq *rq, const char *key, const char *text)
{
	out_object(&rq->out);
	out_kstr(&rq->out, key, text);
	out_end(&rq->out);
	return 0;
}

static int
nothing(struct rq *rq, const void *in)
{
	(void)in;
	out_object(&rq->out);
	out_end(&rq->out);
	return 0;
}

static void
pause_shortly(void)
{
	struct timespec time = {.tv_nsec = 50 * 1000 * 1000};

	nanosleep(&time, NULL);
}

static void
simple_text(struct rq *rq, struct out *content)
{
	(void)rq;
	part(content, TEXT_PART("This is a simple text response for testing."));
}

static void
image(struct rq *rq, struct out *content)
{
	(void)rq;
	part(content, MEDIA_PART("image", FIXTURE_PNG, "image/png"));
}

static void
audio(struct rq *rq, struct out *content)
{
	(void)rq;
	part(content, MEDIA_PART("audio", WAV, "audio/wav"));
}

static void
embedded(struct rq *rq, struct out *content)
{
	(void)rq;
	part(content, RESOURCE_PART("test://embedded-resource", "text/plain",
			  "This is an embedded resource content."));
}

static void
mixed(struct rq *rq, struct out *content)
{
	(void)rq;
	part(content, TEXT_PART("Multiple content types test:"));
	part(content, MEDIA_PART("image", FIXTURE_PNG, "image/png"));
	part(content, RESOURCE_PART("test://mixed-content-resource", "application/json",
			  "{\\\"test\\\":\\\"data\\\",\\\"value\\\":123}"));
}

static int
error(struct rq *rq, const void *in)
{
	(void)in;
	return fail(rq, E_BAD_REQUEST, "This tool intentionally returns an error for testing");
}

static int
with_progress(struct rq *rq, const void *in)
{
	(void)in;
	for (int done = 0; done <= 100; done += 50) {
		if (done > 0)
			pause_shortly();
		if (tool_progress(rq, done, 100, NULL) < 0)
			return -1;
	}
	return answer(rq, "status", "100 of 100 done");
}

static int
with_logging(struct rq *rq, const void *in)
{
	static const char *const lines[] = {
	    "Tool execution started", "Tool processing data", "Tool execution completed"};

	(void)in;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (i > 0)
			pause_shortly();
		if (input_log(rq, "info", lines[i]) < 0)
			return -1;
	}
	return answer(rq, "status", "3 lines logged");
}

#define ASK_NAME                                                                                   \
	"{\"mode\":\"form\",\"message\":\"What is your name?\",\"requestedSchema\":{\"type\":"     \
	"\"object\",\"properties\":{\"name\":{\"type\":\"string\"}},\"required\":[\"name\"]}}"
#define ASK_OK                                                                                     \
	"{\"mode\":\"form\",\"message\":\"Please confirm\",\"requestedSchema\":{\"type\":"         \
	"\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}},\"required\":[\"ok\"]}}"
#define ASK_COLOR                                                                                  \
	"{\"mode\":\"form\",\"message\":\"What is your favorite color?\",\"requestedSchema\":{"    \
	"\"type\":\"object\",\"properties\":{\"color\":{\"type\":\"string\"}},\"required\":["      \
	"\"color\"]}}"
#define ASK_MODEL(question)                                                                        \
	"{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"" question    \
	"\"}}],\"maxTokens\":100}"

/* The member of what the person entered, "" if the client has asked in vain; NULL: now it is asked.
 */
static const char *
entered(struct rq *rq, const char *key, const char *params, const char *member)
{
	const struct json_object *reply = input_answer(rq, key);
	const char *value = json_in_str(json_in_get(input_accepted(reply), member));

	if (reply != NULL)
		return value == NULL ? "" : value;
	input_ask(rq, key, INPUT_ELICIT, params);
	return NULL;
}

static int
ask_name(struct rq *rq, const void *in)
{
	const char *name;

	(void)in;
	if (input_require(rq, INPUT_ELICIT) < 0)
		return -1;
	name = entered(rq, "user_name", ASK_NAME, "name");
	return name == NULL ? input_wait(rq)
			    : answer(rq, "greeting", arena_printf(rq->mem, "Hello, %s!", name));
}

/* What the model said. */
static const char *
sampled(struct rq *rq, const char *key, const char *params)
{
	const struct json_object *reply = input_answer(rq, key);
	const char *text = json_in_str(json_in_get(json_in_get(reply, "content"), "text"));

	if (reply != NULL)
		return text == NULL ? "" : text;
	input_ask(rq, key, INPUT_SAMPLE, params);
	return NULL;
}

static int
ask_model(struct rq *rq, const void *in)
{
	const char *text;

	(void)in;
	if (input_require(rq, INPUT_SAMPLE) < 0)
		return -1;
	text = sampled(rq, "capital_question", ASK_MODEL("What is the capital of France?"));
	return text == NULL ? input_wait(rq) : answer(rq, "answer", text);
}

static const char *
first_root(struct rq *rq)
{
	const struct json_object *reply = input_answer(rq, "client_roots");
	struct json_object *roots = json_in_get(reply, "roots");

	if (json_object_is_type(roots, json_type_array)) {
		const char *uri =
		    json_in_str(json_in_get(json_object_array_get_idx(roots, 0), "uri"));

		return uri == NULL ? "" : uri;
	}
	input_ask(rq, "client_roots", INPUT_ROOTS, "{}");
	return NULL;
}

static int
ask_roots(struct rq *rq, const void *in)
{
	const char *uri;

	(void)in;
	if (input_require(rq, INPUT_ROOTS) < 0)
		return -1;
	uri = first_root(rq);
	return uri == NULL ? input_wait(rq) : answer(rq, "root", uri);
}

/* A confirmation that counts only together with the state this server issued. */
static int
confirm(struct rq *rq, const void *in)
{
	const struct json_object *reply;

	(void)in;
	if (input_require(rq, INPUT_ELICIT) < 0)
		return -1;
	input_keep(rq);
	reply = input_answer(rq, "confirm");
	if (reply != NULL)
		return answer(rq, "status", "state-ok");
	input_ask(rq, "confirm", INPUT_ELICIT, ASK_OK);
	return input_wait(rq);
}

static int
ask_everything(struct rq *rq, const void *in)
{
	const char *name, *greeting, *root;

	(void)in;
	if (input_require(rq, INPUT_ELICIT) < 0 || input_require(rq, INPUT_SAMPLE) < 0 ||
	    input_require(rq, INPUT_ROOTS) < 0)
		return -1;
	input_keep(rq);
	name = entered(rq, "user_name", ASK_NAME, "name");
	greeting = sampled(rq, "greeting", ASK_MODEL("Generate a greeting"));
	root = first_root(rq);
	if (name == NULL || greeting == NULL || root == NULL)
		return input_wait(rq);
	return answer(
	    rq, "summary", arena_printf(rq->mem, "%s %s, working in %s", greeting, name, root));
}

static int
ask_twice(struct rq *rq, const void *in)
{
	const char *name, *color;

	(void)in;
	if (input_require(rq, INPUT_ELICIT) < 0)
		return -1;
	input_keep(rq);
	name = entered(rq, "step1", ASK_NAME, "name");
	if (name == NULL)
		return input_wait(rq);
	color = entered(rq, "step2", ASK_COLOR, "color");
	if (color == NULL)
		return input_wait(rq);
	return answer(rq, "summary", arena_printf(rq->mem, "%s likes %s", name, color));
}

/* Asks in whatever way the client declared. */
static int
ask_as_declared(struct rq *rq, const void *in)
{
	if (!input_can(rq, INPUT_ELICIT) && !input_can(rq, INPUT_SAMPLE))
		return answer(rq, "status", "the client offers nothing to ask");
	return input_can(rq, INPUT_ELICIT) ? ask_name(rq, in) : ask_model(rq, in);
}

static int
needs_sampling(struct rq *rq, const void *in)
{
	(void)in;
	if (input_require(rq, INPUT_SAMPLE) < 0)
		return -1;
	return answer(rq, "status", "the client declared sampling");
}

struct prompt_in {
	const char *prompt;
};

static const struct param prompt_params[] = {
    PARAM(struct prompt_in, prompt, "prompt", REQUIRED, .doc = "What to ask the model."),
    PARAM_END,
};

static int
sampling(struct rq *rq, const void *args)
{
	const struct prompt_in *in = args;
	struct out params;
	const char *text;

	if (input_require(rq, INPUT_SAMPLE) < 0)
		return -1;
	out_init(&params, rq->mem);
	out_object(&params);
	out_key(&params, "messages");
	out_array(&params);
	out_object(&params);
	out_kstr(&params, "role", "user");
	out_key(&params, "content");
	out_object(&params);
	out_kstr(&params, "type", "text");
	out_kstr(&params, "text", in->prompt);
	out_end(&params);
	out_end(&params);
	out_end(&params);
	out_kint(&params, "maxTokens", 100);
	out_end(&params);
	text = sampled(rq, "sampling", buf_text(&params.buf));
	return text == NULL ? input_wait(rq) : answer(rq, "LLM response", text);
}

/* Hand on the whole reply of a form. */
static int
form(struct rq *rq, const char *params)
{
	const struct json_object *reply;
	const char *raw;
	size_t len;

	if (input_require(rq, INPUT_ELICIT) < 0)
		return -1;
	reply = input_answer(rq, "form");
	if (reply == NULL) {
		input_ask(rq, "form", INPUT_ELICIT, params);
		return input_wait(rq);
	}
	raw = json_in_raw(reply, &len);
	out_object(&rq->out);
	out_key(&rq->out, "response");
	out_raw(&rq->out, raw, len);
	out_end(&rq->out);
	return 0;
}

struct message_in {
	const char *message;
};

static const struct param message_params[] = {
    PARAM(struct message_in, message, "message", REQUIRED, .doc = "What to show."),
    PARAM_END,
};

static int
elicitation(struct rq *rq, const void *args)
{
	static const char schema[] =
	    "{\"type\":\"object\",\"properties\":{\"username\":{\"type\":\"string\"},\"email\":{"
	    "\"type\":\"string\"}},\"required\":[\"username\",\"email\"]}";
	const struct message_in *in = args;
	struct out params;

	out_init(&params, rq->mem);
	out_object(&params);
	out_kstr(&params, "mode", "form");
	out_kstr(&params, "message", in->message);
	out_kraw(&params, "requestedSchema", schema);
	out_end(&params);
	return form(rq, buf_text(&params.buf));
}

static int
elicitation_defaults(struct rq *rq, const void *in)
{
	(void)in;
	return form(rq,
	    "{\"mode\":\"form\",\"message\":\"Values with defaults\",\"requestedSchema\":{"
	    "\"type\":\"object\",\"properties\":{"
	    "\"name\":{\"type\":\"string\",\"default\":\"John Doe\"},"
	    "\"age\":{\"type\":\"integer\",\"default\":30},"
	    "\"score\":{\"type\":\"number\",\"default\":95.5},"
	    "\"status\":{\"type\":\"string\",\"enum\":[\"active\",\"inactive\",\"pending\"],"
	    "\"default\":\"active\"},"
	    "\"verified\":{\"type\":\"boolean\",\"default\":true}}}}");
}

#define THREE_TITLED                                                                               \
	"[{\"const\":\"value1\",\"title\":\"First\"},{\"const\":\"value2\",\"title\":\"Second\"}," \
	"{\"const\":\"value3\",\"title\":\"Third\"}]"

static int
elicitation_enums(struct rq *rq, const void *in)
{
	(void)in;
	return form(rq,
	    "{\"mode\":\"form\",\"message\":\"Choices\",\"requestedSchema\":{\"type\":\"object\","
	    "\"properties\":{"
	    "\"untitledSingle\":{\"type\":\"string\",\"enum\":[\"option1\",\"option2\","
	    "\"option3\"]},"
	    "\"titledSingle\":{\"type\":\"string\",\"oneOf\":" THREE_TITLED "},"
	    "\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\",\"opt2\",\"opt3\"],"
	    "\"enumNames\":[\"One\",\"Two\",\"Three\"]},"
	    "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":["
	    "\"option1\",\"option2\",\"option3\"]}},"
	    "\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":" THREE_TITLED "}}}}}");
}

struct region_in {
	const char *region;
};

static const struct param region_params[] = {
    PARAM(struct region_in, region, "region", 0,
	.schema = "{\"type\":\"string\",\"description\":\"Repeated in the header "
		  "Mcp-Param-Region.\",\"x-mcp-header\":\"Region\"}"),
    PARAM_END,
};

static int
region(struct rq *rq, const void *args)
{
	const struct region_in *in = args;

	return answer(rq, "region", in->region);
}

/* The suite compares this schema word for word. */
static const char DIALECT_SCHEMA[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"$defs\":{\"address\":{\"$anchor\":\"addressDef\",\"type\":\"object\",\"properties\":{"
    "\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"}}}},"
    "\"properties\":{\"name\":{\"type\":\"string\"},\"address\":{\"$ref\":\"#/$defs/address\"},"
    "\"contactMethod\":{\"type\":\"string\",\"enum\":[\"phone\",\"email\"]},"
    "\"phone\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"}},"
    "\"allOf\":[{\"anyOf\":[{\"required\":[\"phone\"]},{\"required\":[\"email\"]}]}],"
    "\"if\":{\"properties\":{\"contactMethod\":{\"const\":\"phone\"}},\"required\":["
    "\"contactMethod\"]},\"then\":{\"required\":[\"phone\"]},\"else\":{\"required\":["
    "\"email\"]},\"additionalProperties\":false}";

struct dialect_in {
	const char *name, *contact_method, *phone, *email;
	struct json_object *address;
};

static const struct param dialect_params[] = {
    PARAM(struct dialect_in, name, "name", 0),
    PARAM(struct dialect_in, contact_method, "contactMethod", 0),
    PARAM(struct dialect_in, phone, "phone", 0),
    PARAM(struct dialect_in, email, "email", 0),
    PARAM(struct dialect_in, address, "address", 0, .type_name = "object"),
    PARAM_END,
};

static int
dialect(struct rq *rq, const void *args)
{
	const struct dialect_in *in = args;

	return answer(rq, "name", in->name);
}

#define FIXTURE(name_, run_, ...)                                                                  \
	{                                                                                          \
		.name = name_, .title = "Conformance fixture", .kind = TOOL_READ,                  \
		.description = "Fixture of the MCP conformance suite: " name_, .run = run_,        \
		__VA_ARGS__                                                                        \
	}
#define PLAIN  .flags = TOOL_FIXTURE
#define PARTS  .flags = TOOL_FIXTURE | TOOL_PARTS
#define ROUNDS "test_input_required_result_"

const struct tool fixture_tools[] = {
    FIXTURE("test_simple_text", nothing, PARTS, .content = simple_text),
    FIXTURE("test_image_content", nothing, PARTS, .content = image),
    FIXTURE("test_audio_content", nothing, PARTS, .content = audio),
    FIXTURE("test_embedded_resource", nothing, PARTS, .content = embedded),
    FIXTURE("test_multiple_content_types", nothing, PARTS, .content = mixed),
    FIXTURE("test_error_handling", error, PLAIN),
    FIXTURE("test_tool_with_progress", with_progress, .flags = TOOL_FIXTURE | TOOL_LONG),
    FIXTURE("test_tool_with_logging", with_logging, PLAIN),
    FIXTURE("test_logging_tool", with_logging, PLAIN),
    FIXTURE("test_sampling", sampling, PLAIN, .params = prompt_params),
    FIXTURE("test_elicitation", elicitation, PLAIN, .params = message_params),
    FIXTURE("test_elicitation_sep1034_defaults", elicitation_defaults, PLAIN),
    FIXTURE("test_elicitation_sep1330_enums", elicitation_enums, PLAIN),
    FIXTURE("test_reconnection", nothing, PLAIN),
    FIXTURE("test_missing_capability", needs_sampling, PLAIN),
    FIXTURE("test_streaming_elicitation", ask_name, PLAIN),
    FIXTURE("test_custom_header", region, PLAIN, .params = region_params),
    FIXTURE("json_schema_2020_12_tool", dialect, PLAIN, .params = dialect_params,
	.input_schema = DIALECT_SCHEMA),
    FIXTURE(ROUNDS "elicitation", ask_name, PLAIN),
    FIXTURE(ROUNDS "sampling", ask_model, PLAIN),
    FIXTURE(ROUNDS "list_roots", ask_roots, PLAIN),
    FIXTURE(ROUNDS "request_state", confirm, PLAIN),
    FIXTURE(ROUNDS "tampered_state", confirm, PLAIN),
    FIXTURE(ROUNDS "multiple_inputs", ask_everything, PLAIN),
    FIXTURE(ROUNDS "multi_round", ask_twice, PLAIN),
    FIXTURE(ROUNDS "capabilities", ask_as_declared, PLAIN),
    TOOL_END,
};
