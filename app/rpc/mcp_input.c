/* Multi round trip: what a handler asks the client, and the sealed state between the rounds. */
#include "mcp_input.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "caller.h"
#include "crypto.h"
#include "json_in.h"
#include "jsonrpc.h"
#include "mcp_era.h"
#include "rq.h"
#include "str.h"
#include "stream.h"

static const char PURPOSE[] = "request-state";
static const int64_t MINUTE = 60000000;

static const struct {
	const char *capability, *method;
} kinds[INPUT__MAX] = {
    [INPUT_ELICIT] = {"elicitation", "elicitation/create"},
    [INPUT_SAMPLE] = {"sampling", "sampling/createMessage"},
    [INPUT_ROOTS] = {"roots", "roots/list"},
};

static const char *const log_levels[] = {
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

enum { LOG_LEVELS = sizeof log_levels / sizeof *log_levels, LOG_INFO_RANK = 1 };

int
input_log_level(const char *name)
{
	for (int i = 0; name != NULL && i < LOG_LEVELS; i++)
		if (strcmp(log_levels[i], name) == 0)
			return i;
	return -1;
}

bool
input_can(const struct rq *rq, enum input_kind kind)
{
	return rq->input != NULL && rq->input->declared[kind];
}

int
input_require(struct rq *rq, enum input_kind kind)
{
	if (input_can(rq, kind))
		return 0;
	if (rq->input == NULL || !rq->input->modern)
		return fail(rq, E_UNAVAILABLE,
		    "this needs a client that offers %s in MCP %s or later", kinds[kind].capability,
		    mcp_versions[MCP_2026_07_28]);
	rq->input->lacking[kind] = true;
	return input_wait(rq);
}

void
input_keep(struct rq *rq)
{
	if (rq->input != NULL)
		rq->input->keep = true;
}

/* A handler may be run again by the door, so the same key comes twice. */
static void
remember(struct mcp_input *input, const char *key, const struct json_object *answer)
{
	for (size_t i = 0; i < input->nused; i++)
		if (strcmp(input->used[i].key, key) == 0)
			return;
	assert(input->nused < INPUT_ASKED_MAX);
	input->used[input->nused++] = (struct input_used){key, answer};
}

struct json_object *
input_answer(struct rq *rq, const char *key)
{
	struct mcp_input *input = rq->input;
	struct json_object *answer = NULL;

	if (input == NULL)
		return NULL;
	if (input->keep)
		answer = json_in_get(input->kept, key);
	if (answer == NULL && (!input->keep || input->kept != NULL))
		answer = json_in_get(input->responses, key);
	if (!json_object_is_type(answer, json_type_object))
		return NULL;
	remember(input, key, answer);
	return answer;
}

struct json_object *
input_accepted(const struct json_object *answer)
{
	const char *action = json_in_str(json_in_get(answer, "action"));
	struct json_object *content = json_in_get(answer, "content");

	if (action == NULL || strcmp(action, "accept") != 0)
		return NULL;
	return json_object_is_type(content, json_type_object) ? content : NULL;
}

void
input_ask(struct rq *rq, const char *key, enum input_kind kind, const char *params)
{
	struct mcp_input *input = rq->input;

	assert(input_can(rq, kind));
	for (size_t i = 0; i < input->nasked; i++)
		if (strcmp(input->asked[i].key, key) == 0)
			return;
	assert(input->nasked < INPUT_ASKED_MAX);
	input->asked[input->nasked++] = (struct input_question){key, kind, params};
}

int
input_wait(struct rq *rq)
{
	return fail(rq, E_INPUT, "%s", err_default_text(E_INPUT));
}

int
input_log(struct rq *rq, const char *level, const char *text)
{
	struct mcp_input *input = rq->input;
	struct out out;

	if (input == NULL || input->stream == NULL || input->log_level < 0 ||
	    input_log_level(level) < input->log_level)
		return 0;
	out_init(&out, rq->mem);
	out_object(&out);
	out_kstr(&out, "jsonrpc", "2.0");
	out_kstr(&out, "method", "notifications/message");
	out_key(&out, "params");
	out_object(&out);
	out_kstr(&out, "level", level);
	out_kstr(&out, "logger", "coffer");
	out_kstr(&out, "data", text);
	out_end(&out);
	out_end(&out);
	if (input->stream->send(input->stream, out.buf.data, out.buf.len) == 0 ||
	    !input->stream->cancels)
		return 0;
	return fail(rq, E_UNAVAILABLE, "the client has left");
}

/* Whoever presents the state must be the one it was given to, with the same request. */
static const char *
binding(struct rq *rq, const struct input_request *in)
{
	const struct caller *c = rq->caller;
	unsigned char hash[CRYPTO_HASH];
	char hex[2 * CRYPTO_HASH + 1];
	size_t len;
	const char *raw = json_in_raw(json_in_get(in->params, "arguments"), &len);

	crypto_sha256(raw, len, hash);
	str_hex(hex, hash, sizeof hash);
	return arena_printf(rq->mem, "%s\n%s\n%s\n%s\n%s\n%s", c->workspace_id,
	    c->user_id == NULL ? "" : c->user_id, c->key_id == NULL ? "" : c->key_id, in->method,
	    hex, in->subject);
}

static int
open_state(struct rq *rq, struct mcp_input *input, const char *text, struct rpc_error *e)
{
	size_t len;
	char *plain =
	    text == NULL ? NULL : crypto_open(rq->mem, PURPOSE, text, input->binding, &len);
	struct json_object *state = NULL;
	struct err ignored = {0};
	int64_t expires;

	if (plain == NULL || json_in_parse(rq->mem, &ignored, plain, len, &state) < 0 ||
	    !json_in_int(json_in_get(state, "expires"), &expires))
		return rpc_fail(rq->mem, e, 200, RPC_PARAMS,
		    "requestState was not issued for this request and caller");
	if (expires < rq->now)
		return rpc_fail(rq->mem, e, 200, RPC_PARAMS,
		    "requestState has expired; send the request again without it");
	input->kept = json_in_get(state, "answers");
	return 0;
}

static int
read_answers(
    struct rq *rq, struct mcp_input *input, const struct input_request *in, struct rpc_error *e)
{
	if (json_in_has(in->params, "inputResponses")) {
		input->responses = json_in_get(in->params, "inputResponses");
		if (!json_object_is_type(input->responses, json_type_object))
			return rpc_fail(
			    rq->mem, e, 200, RPC_PARAMS, "inputResponses must be an object");
	}
	if (!json_in_has(in->params, "requestState"))
		return 0;
	return open_state(rq, input, json_in_str(json_in_get(in->params, "requestState")), e);
}

int
input_open(struct rq *rq, const struct input_request *in, struct rpc_error *e)
{
	struct mcp_input *input = NEW(rq->mem, struct mcp_input);
	const struct json_object *capabilities;

	rq->input = input;
	input->modern = in->modern;
	input->stream = in->stream;
	input->log_level = LOG_INFO_RANK;
	if (!in->modern)
		return 0;
	capabilities = mcp_meta(in->params, MCP_META "clientCapabilities");
	for (int k = 0; k < INPUT__MAX; k++)
		input->declared[k] =
		    in->answers && json_in_get(capabilities, kinds[k].capability) != NULL;
	input->log_level = input_log_level(json_in_str(mcp_meta(in->params, MCP_META "logLevel")));
	if (!in->answers)
		return 0;
	input->binding = binding(rq, in);
	return read_answers(rq, input, in, e);
}

static const char *
seal_state(struct rq *rq, const struct mcp_input *input)
{
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	out_kint(&out, "expires", rq->now + INPUT_MINUTES * MINUTE);
	out_key(&out, "answers");
	out_object(&out);
	for (size_t i = 0; i < input->nused; i++) {
		size_t len;
		const char *raw = json_in_raw(input->used[i].answer, &len);

		out_key(&out, input->used[i].key);
		out_raw(&out, raw, len);
	}
	out_end(&out);
	out_end(&out);
	return crypto_seal(rq->mem, PURPOSE, out.buf.data, out.buf.len, input->binding);
}

static int
lacks(struct rq *rq, const struct mcp_input *input, struct rpc_error *e)
{
	struct out data;
	int n = 0;

	out_init(&data, rq->mem);
	out_object(&data);
	out_key(&data, "requiredCapabilities");
	out_object(&data);
	for (int k = 0; k < INPUT__MAX; k++) {
		if (!input->lacking[k])
			continue;
		n++;
		out_key(&data, kinds[k].capability);
		out_object(&data);
		out_end(&data);
	}
	out_end(&data);
	out_end(&data);
	if (n == 0)
		return 0;
	rpc_fail(rq->mem, e, 400, RPC_CAPABILITY,
	    "this needs a capability that the client did not declare");
	e->data = buf_text(&data.buf);
	return -1;
}

int
input_close(struct rq *rq, struct out *out, struct rpc_error *e)
{
	const struct mcp_input *input = rq->input;

	if (lacks(rq, input, e) < 0)
		return -1;
	assert(input->nasked > 0 || input->keep);
	out_kstr(out, "resultType", "input_required");
	if (input->nasked > 0) {
		out_key(out, "inputRequests");
		out_object(out);
		for (size_t i = 0; i < input->nasked; i++) {
			out_key(out, input->asked[i].key);
			out_object(out);
			out_kstr(out, "method", kinds[input->asked[i].kind].method);
			out_kraw(out, "params", input->asked[i].params);
			out_end(out);
		}
		out_end(out);
	}
	if (input->keep)
		out_kstr(out, "requestState", seal_state(rq, input));
	return 0;
}
