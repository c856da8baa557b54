#ifndef COFFER_MCP_INPUT_H
#define COFFER_MCP_INPUT_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;
struct out;
struct rpc_error;
struct rq;
struct stream;

/*
 * Asking back in the middle of a call (multi round trip, 2026-07-28): a handler that needs
 * something from the person or the model asks, gives up with input_wait(), and is run again from
 * its start when the client repeats the request with the answers.  Nothing is kept on the server:
 * what must survive lies in requestState, sealed and bound to the caller, the request and a time.
 *
 *   if (!input_can(rq, INPUT_ELICIT))
 *           ... an older client: do without, or refuse
 *   input_keep(rq);
 *   if (!(answer = input_answer(rq, "confirm"))) {
 *           input_ask(rq, "confirm", INPUT_ELICIT, params);
 *           return input_wait(rq);
 *   }
 *
 * Works in the handlers of tools, prompts and resources.  Writes must come after the last question.
 */

enum input_kind { INPUT_ELICIT, INPUT_SAMPLE, INPUT_ROOTS, INPUT__MAX };

/* Did the client declare it?  Never true on older protocols and other faces. */
bool input_can(const struct rq *rq, enum input_kind kind);

/* 0 if it did.  Otherwise -1: the client is told what it lacks (-32021, or E_UNAVAILABLE on older
 * protocols). */
int input_require(struct rq *rq, enum input_kind kind);

/* Believe only answers that come with the state of an earlier round, and remember them for later
 * rounds.  Without it each round stands alone. */
void input_keep(struct rq *rq);

/* The client's result for key, an object; NULL if it has not answered (or with something else). */
struct json_object *input_answer(struct rq *rq, const char *key);

/* The content of an elicitation the person accepted; NULL if it was declined or cancelled. */
struct json_object *input_accepted(const struct json_object *answer);

/* Ask.  params is the JSON text of the request's params.  The kind must be one the client can. */
void input_ask(struct rq *rq, const char *key, enum input_kind kind, const char *params);

/* Give up for this round; always -1 (E_INPUT, which the door neither logs nor counts as a failure).
 */
int input_wait(struct rq *rq);

/* Send a log line to the client that is waiting, where it wants one (its logLevel; info on older
 * protocols) and can take it.  -1: it has gone and that cancels the call. */
int input_log(struct rq *rq, const char *level, const char *text);

/* --- for the MCP face --- */

enum { INPUT_ASKED_MAX = 8, INPUT_MINUTES = 15 };

struct mcp_input {
	bool declared[INPUT__MAX];
	bool modern;
	bool keep;
	const char *binding;                 /* principal and request, as text */
	const struct json_object *responses; /* what the client sent now, or NULL */
	const struct json_object *kept; /* answers of earlier rounds; NULL: no valid state came */
	size_t nused, nasked;
	struct input_used {
		const char *key;
		const struct json_object *answer;
	} used[INPUT_ASKED_MAX]; /* what the handler looked at: kept for later rounds */
	struct input_question {
		const char *key;
		enum input_kind kind;
		const char *params;
	} asked[INPUT_ASKED_MAX];
	bool lacking[INPUT__MAX];
	struct stream *stream; /* NULL: the client takes no messages before the answer */
	int log_level;         /* of the least important line it wants; -1: none */
};

/* Read capabilities, logLevel, inputResponses and requestState of a request and hang them on
 * rq->input.  subject is what is called or read.  -1: e (a state that was tampered with, is too old
 * or belongs to another request or caller; malformed responses). */
struct input_request {
	const char *method, *subject;
	const struct json_object *params;
	bool modern;
	bool answers; /* a method that may ask back */
	struct stream *stream;
};
int input_open(struct rq *rq, const struct input_request *in, struct rpc_error *e);

/* After E_INPUT: write the members of the result, or fill e (RPC_CAPABILITY). */
int input_close(struct rq *rq, struct out *out, struct rpc_error *e);

/* The rank of a log level, debug 0 to emergency 7; -1 if it is none. */
int input_log_level(const char *name);

#endif
