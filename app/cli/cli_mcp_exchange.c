/* One message on its way: the HTTP request, its answer as JSON or as a stream, what goes wrong. */
#include "cli_mcp_exchange.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "arena.h"
#include "cli.h"
#include "cli_mcp_sse.h"
#include "err.h"
#include "json_in.h"
#include "out.h"

enum {
	CONNECT_SECONDS = 10,
	PROBE_SECONDS = 30,
	QUOTE_LENGTH = 200,
	ANSWER_MAX = 64 << 20,
	RPC_INTERNAL = -32603,
};

struct proxy_exchange {
	struct proxy_exchange *next;
	struct proxy *proxy;
	struct arena *mem;
	CURL *easy;
	struct proxy_message message;
	struct buf body; /* of an answer that is no stream */
	struct proxy_sse stream;
	bool has_begun;
	bool is_stream;
	bool is_cancelled; /* in the legacy era, where the request goes on all the same */
	const char *failure;
	const char **probe; /* the proxy's own request: where the failure goes */
	char curl_text[CURL_ERROR_SIZE];
};

static void
write_all(struct proxy *p, const char *bytes, size_t len)
{
	while (len > 0 && !p->client_gone) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n >= 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			p->client_gone = true;
		}
	}
}

/* One message is one line.  JSON has line ends between its tokens only. */
static void
write_line(struct proxy *p, struct buf *json)
{
	for (size_t i = 0; i < json->len; i++)
		if (json->data[i] == '\n' || json->data[i] == '\r')
			json->data[i] = ' ';
	buf_putc(json, '\n');
	write_all(p, json->data, json->len);
}

/* Write an error under an id: the one the server sent, or NULL and the proxy's own words. */
static void
write_error(struct proxy_exchange *x, const struct json_object *id, const struct json_object *error,
    const char *why)
{
	struct out out;
	size_t len;
	const char *raw = json_in_raw(id, &len);

	out_init(&out, x->mem);
	out_object(&out);
	out_kstr(&out, "jsonrpc", "2.0");
	out_key(&out, "id");
	out_raw(&out, raw, len);
	out_key(&out, "error");
	if (error) {
		raw = json_in_raw(error, &len);
		out_raw(&out, raw, len);
	} else {
		out_object(&out);
		out_kint(&out, "code", RPC_INTERNAL);
		out_kstr(&out, "message", why);
		out_end(&out);
	}
	out_end(&out);
	write_line(x->proxy, &out.buf);
}

static long
http_status(struct proxy_exchange *x)
{
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool
is_message(const struct json_object *root)
{
	const char *rpc;

	if (json_object_is_type(root, json_type_array) && json_object_array_length(root) > 0)
		root = json_object_array_get_idx(root, 0);
	rpc = json_in_str(json_in_get(root, "jsonrpc"));
	return rpc && strcmp(rpc, "2.0") == 0;
}

/* "HTTP 401 UNAUTHORIZED: Sign in required", or how the answer begins. */
static const char *
describe(struct proxy_exchange *x, const struct json_object *root)
{
	const struct json_object *error = json_in_get(root, "error");
	const char *message = json_in_str(json_in_get(error, "message"));
	const char *code = json_in_str(json_in_get(error, "code"));
	const char *text = buf_text(&x->body);
	size_t len = 0, count = 0;

	if (message)
		return arena_printf(x->mem, "HTTP %ld%s%s: %s", http_status(x), code ? " " : "",
		    code ? code : "", message);
	/* counts characters in text that may not be UTF-8 at all */
	for (; text[len]; len++) {
		if (((unsigned char)text[len] & 0xc0) != 0x80 && ++count > QUOTE_LENGTH)
			break;
	}
	return arena_printf(x->mem, "HTTP %ld with an answer that is no JSON-RPC message: %.*s",
	    http_status(x), (int)len, text);
}

/* What the proxy itself takes from a result that passes. */
static void
learn(struct proxy_exchange *x, const struct json_object *result)
{
	struct proxy *p = x->proxy;
	const char *version = json_in_str(json_in_get(result, "protocolVersion"));

	if (proxy_message_is(&x->message, "tools/list"))
		proxy_params_learn(&p->params, result, !json_in_has(x->message.params, "cursor"));
	if (proxy_message_is(&x->message, "initialize") && version)
		snprintf(p->version, sizeof(p->version), "%s", version);
}

/* Strike the answer off those that are due. */
static void
settle(struct proxy_exchange *x, const struct json_object *answer)
{
	bool is_result = json_in_has(answer, "result");
	struct proxy_due *due;

	if (!is_result && !json_in_has(answer, "error"))
		return;
	due = proxy_message_due(&x->message, json_in_get(answer, "id"));
	if (!due)
		return;
	due->answered = true;
	if (is_result && !x->probe)
		learn(x, json_in_get(answer, "result"));
	if (!is_result && x->probe)
		x->failure = arena_strdup(x->proxy->mem, describe(x, answer));
}

static bool
has_settled(const struct proxy_exchange *x)
{
	for (size_t i = 0; i < x->message.due_count; i++)
		if (!x->message.due[i].answered)
			return false;
	return true;
}

/* A server that could not read the id leaves it out; the client needs it. */
static bool
lacks_id(const struct proxy_exchange *x, const struct json_object *root)
{
	return x->message.due_count == 1 && !x->message.due->answered && !x->probe &&
	       json_in_has(root, "error") && !json_in_get(root, "id");
}

/* Hand a message of the server to the client. */
static void
relay(struct proxy_exchange *x, const struct json_object *root, struct buf *json)
{
	if (lacks_id(x, root)) {
		x->message.due->answered = true;
		write_error(x, x->message.due->id, json_in_get(root, "error"), NULL);
		return;
	}
	if (json_object_is_type(root, json_type_array))
		for (size_t i = 0; i < json_object_array_length(root); i++)
			settle(x, json_object_array_get_idx(root, i));
	else
		settle(x, root);
	if (!x->probe)
		write_line(x->proxy, json);
}

/* One event of a stream.  Streams can be long, so nothing of it is kept. */
static void
on_event(void *arg, struct buf *data)
{
	struct proxy_exchange *x = arg;
	struct err err = {0};
	struct json_object *root;
	struct arena_mark mark;

	buf_reserve(data, 1); /* for the line end: beyond the mark nothing may grow */
	mark = arena_mark(x->mem);
	if (json_in_parse(x->mem, &err, data->data, data->len, &root) == 0 && is_message(root))
		relay(x, root, data);
	else
		cli_note("an event that is no JSON-RPC message was dropped");
	arena_release(x->mem, mark);
}

static void
begin_answer(struct proxy_exchange *x)
{
	static const char stream[] = "text/event-stream";
	char *type = NULL;

	x->has_begun = true;
	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	x->is_stream = type && strncasecmp(type, stream, sizeof(stream) - 1) == 0;
}

static size_t
on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
	struct proxy_exchange *x = arg;
	size_t len = size * count;

	if (!x->has_begun)
		begin_answer(x);
	if (x->body.len + x->stream.line.len + x->stream.data.len + len > ANSWER_MAX) {
		x->failure = "the answer is larger than 64 MiB";
		return 0;
	}
	if (x->is_stream)
		proxy_sse_feed(&x->stream, bytes, len);
	else
		buf_add(&x->body, bytes, len);
	return len;
}

/* The whole of an answer that is no stream: NULL when it was relayed or none was owed. */
static const char *
read_body(struct proxy_exchange *x)
{
	long status = http_status(x);
	struct err err = {0};
	struct json_object *root = NULL;
	char *elsewhere = NULL;

	curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &elsewhere);
	if (elsewhere)
		return arena_printf(x->mem, "HTTP %ld: the server is at %s", status, elsewhere);
	if (status == 202)
		return NULL;
	if (x->body.len == 0)
		return status < 300 ? NULL
				    : arena_printf(x->mem, "HTTP %ld without a body", status);
	if (json_in_parse(x->mem, &err, x->body.data, x->body.len, &root) < 0 || !is_message(root))
		return describe(x, root);
	if (x->message.due_count == 0 && status >= 300)
		return describe(x, root);
	relay(x, root, &x->body);
	return x->failure;
}

/* NULL when all is well, or why there is no answer. */
static const char *
outcome(struct proxy_exchange *x, CURLcode code)
{
	if (x->is_stream)
		proxy_sse_end(&x->stream);
	if (x->failure)
		return x->failure;
	if (code != CURLE_OK)
		return arena_printf(x->mem, "no answer from %s: %s", x->proxy->shown_url,
		    *x->curl_text ? x->curl_text : curl_easy_strerror(code));
	if (x->is_stream)
		return has_settled(x) ? NULL : "the stream ended without an answer";
	return read_body(x);
}

static void
drop(struct proxy_exchange *x)
{
	struct proxy *p = x->proxy;
	struct proxy_exchange **link = &p->exchanges;
	struct arena *mem = x->mem;

	while (*link != x)
		link = &(*link)->next;
	*link = x->next;
	p->exchange_count--;
	curl_multi_remove_handle(p->multi, x->easy);
	arena_free(&mem);
}

static void
finish(struct proxy_exchange *x, CURLcode code)
{
	const char *why = outcome(x, code);

	if (x->probe) {
		if (!why && !has_settled(x))
			why = arena_printf(x->mem, "HTTP %ld without an answer", http_status(x));
		*x->probe = why ? arena_strdup(x->proxy->mem, why) : NULL;
	} else if (why) {
		for (size_t i = 0; i < x->message.due_count; i++)
			if (!x->message.due[i].answered)
				write_error(x, x->message.due[i].id, NULL, why);
		if (x->message.due_count == 0)
			cli_note("a message was not accepted: %s", why);
	}
	drop(x);
}

static struct curl_slist *
all_headers(struct proxy_exchange *x)
{
	const struct proxy *p = x->proxy;
	struct curl_slist *list = NULL;

	list = curl_slist_append(list, "Content-Type: application/json");
	list = curl_slist_append(list, "Accept: application/json, text/event-stream");
	list = curl_slist_append(list, "Expect:");
	list = curl_slist_append(list, arena_printf(x->mem, "Authorization: Bearer %s", p->key));
	if (p->workspace)
		list = curl_slist_append(
		    list, arena_printf(x->mem, "X-Coffer-Workspace: %s", p->workspace));
	list = proxy_message_headers(&x->message, x->mem, list, p->version);
	if (x->message.version && proxy_message_is(&x->message, "tools/call"))
		list = proxy_params_headers(&p->params, x->mem, list, x->message.params);
	return list;
}

static void
free_headers(void *list)
{
	curl_slist_free_all(list);
}

/* Servers of one's own often have an authority of their own: named as for other programs. */
static void
trust(CURL *easy)
{
	const char *authorities = getenv("SSL_CERT_FILE");

	if (authorities && *authorities)
		curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
}

static void
prepare(struct proxy_exchange *x, const char *text, size_t len)
{
	struct curl_slist *headers = all_headers(x);

	arena_defer(x->mem, free_headers, headers);
	x->easy = curl_easy_init();
	assert(x->easy);
	arena_defer(x->mem, curl_easy_cleanup, x->easy);
	curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(x->easy, CURLOPT_URL, x->proxy->url);
	curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	trust(x->easy);
	curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "coffer/" PACKAGE_VERSION);
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, text);
	curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->curl_text);
	curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(x->easy, CURLOPT_TIMEOUT, x->probe ? (long)PROBE_SECONDS : 0L);
	curl_easy_setopt(x->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
}

static void
start(struct proxy_exchange *x, const char *text, size_t len)
{
	struct proxy *p = x->proxy;

	buf_init(&x->body, x->mem);
	proxy_sse_init(&x->stream, x->mem, on_event, x);
	prepare(x, text, len);
	x->next = p->exchanges;
	p->exchanges = x;
	p->exchange_count++;
	curl_multi_add_handle(p->multi, x->easy);
}

void
proxy_exchange_start(
    struct proxy *p, struct arena *mem, const struct proxy_message *m, const char *text, size_t len)
{
	struct proxy_exchange *x = NEW(mem, struct proxy_exchange);

	x->proxy = p;
	x->mem = mem;
	x->message = *m;
	start(x, text, len);
}

int
proxy_exchange_probe(struct proxy *p, const char *text, size_t len, const char **why_r)
{
	struct arena *mem = arena_new();
	struct proxy_exchange *x = NEW(mem, struct proxy_exchange);
	struct err err = {0};

	x->proxy = p;
	x->mem = mem;
	x->probe = why_r;
	*why_r = NULL;
	proxy_message_read(mem, &err, text, len, &x->message);
	start(x, text, len);
	while (p->exchanges) {
		proxy_exchange_turn(p);
		curl_multi_poll(p->multi, NULL, 0, p->exchanges ? 1000 : 0, NULL);
	}
	return *why_r ? -1 : 0;
}

void
proxy_exchange_turn(struct proxy *p)
{
	int running, left;
	CURLMsg *done;

	curl_multi_perform(p->multi, &running);
	while ((done = curl_multi_info_read(p->multi, &left))) {
		struct proxy_exchange *x;

		curl_easy_getinfo(done->easy_handle, CURLINFO_PRIVATE, &x);
		finish(x, done->data.result);
	}
}

bool
proxy_exchange_cancel(struct proxy *p, const struct json_object *id)
{
	for (struct proxy_exchange *x = p->exchanges; x; x = x->next) {
		if (!proxy_message_due(&x->message, id))
			continue;
		if (x->message.version) {
			drop(x);
			return true;
		}
		x->is_cancelled = true;
	}
	return false;
}

/* Nobody waits for more: the last answer was given, the client cancelled, or it is a subscription.
 */
static bool
is_idle(const struct proxy_exchange *x)
{
	if (has_settled(x))
		return x->message.due_count > 0;
	return x->is_cancelled || proxy_message_is(&x->message, "subscriptions/listen");
}

void
proxy_exchange_close_idle(struct proxy *p)
{
	struct proxy_exchange *x, *next;

	for (x = p->exchanges; x; x = next) {
		next = x->next;
		if (is_idle(x))
			drop(x);
	}
}
