#ifndef COFFER_CLI_MCP_EXCHANGE_H
#define COFFER_CLI_MCP_EXCHANGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli_mcp_message.h"
#include "cli_mcp_param.h"

struct arena;
struct proxy_exchange;

/* The proxy: many messages under way at once, each an HTTP request of its own. */
struct proxy {
	struct arena *mem; /* lives as long as the process */
	const char *url;
	const char *shown_url; /* without user and password */
	const char *key;
	const char *workspace; /* NULL: the key's own */
	CURLM *multi;
	struct proxy_exchange *exchanges;
	size_t exchange_count;
	char version[32]; /* agreed on by the initialize that passed through; "" before */
	struct proxy_params params;
	bool client_gone; /* standard output is closed */
};

/* Send a message.  mem holds it and its text, and belongs to the exchange from now on.  Answers go
 * to standard output, one line each, as they come; a failure becomes a JSON-RPC error for each
 * answer due, or a note on standard error when none is. */
void proxy_exchange_start(struct proxy *p, struct arena *mem, const struct proxy_message *m,
    const char *text, size_t len);

/* Send a request of the proxy's own and wait.  0 when the answer is a result.  -1 with the reason
 * in *why_r otherwise. */
int proxy_exchange_probe(struct proxy *p, const char *text, size_t len, const char **why_r);

/* Move the transfers on and finish those that are over. */
void proxy_exchange_turn(struct proxy *p);

/* The client cancels a request.  true if it was of the modern era and under way: its HTTP request
 * is closed, which is what tells the server, and nothing more is written for it. */
bool proxy_exchange_cancel(struct proxy *p, const struct json_object *id);

/* The client will say no more: close the requests that owe it nothing, or have no end of their
 * own. */
void proxy_exchange_close_idle(struct proxy *p);

#endif
