/* coffer mcp: MCP on standard input and output, relayed to a coffer server over HTTP. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "buf.h"
#include "cli.h"
#include "cli_mcp_exchange.h"
#include "err.h"
#include "json_in.h"

#define DEFAULT_URL "http://localhost:8080/mcp"

enum {
	LINE_LIMIT = 64 << 20,
	CHUNK_SIZE = 64 << 10,
	EXCHANGES_MAX = 256, /* under way at once; standard input waits beyond that */
	HOST_CONNECTIONS = 64,
	POLL_MS = 60000,
};

static const char handshake[] =
    "{\"jsonrpc\":\"2.0\",\"id\":\"coffer-mcp\",\"method\":\"initialize\",\"params\":{"
    "\"protocolVersion\":\"2025-03-26\",\"capabilities\":{},"
    "\"clientInfo\":{\"name\":\"coffer mcp\",\"version\":\"" PACKAGE_VERSION "\"}}}";

/* Standard input, cut into lines. */
struct input {
	struct arena *mem; /* of the line that is being read */
	struct buf line;
	bool is_too_long;
	bool is_over;
};

static void
new_line(struct input *in)
{
	in->mem = arena_new();
	buf_init(&in->line, in->mem);
	in->is_too_long = false;
}

/* The line is of no use to anyone else: its memory serves the next one. */
static void
reuse_line(struct input *in)
{
	arena_reset(in->mem);
	buf_init(&in->line, in->mem);
	in->is_too_long = false;
}

static void
trim(struct buf *line)
{
	while (line->len > 0 && strchr(" \t\r", line->data[line->len - 1]))
		buf_truncate(line, line->len - 1);
}

/* In the modern era a cancelled request is one whose connection closes; there is nothing to post.
 */
static bool
is_handled_here(struct proxy *p, const struct proxy_message *m)
{
	if (!proxy_message_is(m, "notifications/cancelled"))
		return false;
	return proxy_exchange_cancel(p, json_in_get(m->params, "requestId")) || m->version;
}

static void
take_line(struct proxy *p, struct input *in)
{
	struct proxy_message message;
	struct err err = {0};

	trim(&in->line);
	if (in->is_too_long)
		cli_note("a line longer than 64 MiB was dropped");
	else if (in->line.len == 0)
		;
	else if (proxy_message_read(in->mem, &err, in->line.data, in->line.len, &message) < 0)
		cli_note("a line was dropped: %s", err.message);
	else if (!is_handled_here(p, &message)) {
		proxy_exchange_start(p, in->mem, &message, in->line.data, in->line.len);
		new_line(in);
		return;
	}
	reuse_line(in);
}

static void
add_to_line(struct input *in, const char *bytes, size_t len)
{
	if (in->is_too_long || in->line.len + len > LINE_LIMIT)
		in->is_too_long = true;
	else
		buf_add(&in->line, bytes, len);
}

static void
read_input(struct proxy *p, struct input *in)
{
	char chunk[CHUNK_SIZE];
	const char *at = chunk, *stop;
	ssize_t len = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len <= 0) {
		in->is_over = true;
		take_line(p, in);
		return;
	}
	while ((stop = memchr(at, '\n', (size_t)(chunk + len - at)))) {
		add_to_line(in, at, (size_t)(stop - at));
		take_line(p, in);
		at = stop + 1;
	}
	add_to_line(in, at, (size_t)(chunk + len - at));
}

/* libcurl's poll does not tell that the other end hung up, so standard input is asked again. */
static bool
has_input(void)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static int
serve(struct proxy *p)
{
	struct curl_waitfd fd = {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN};
	struct input in = {0};

	new_line(&in);
	for (;;) {
		bool is_listening;

		proxy_exchange_turn(p);
		if (in.is_over)
			proxy_exchange_close_idle(p);
		if (p->client_gone || (in.is_over && !p->exchanges))
			break;
		is_listening = !in.is_over && p->exchange_count < EXCHANGES_MAX;
		curl_multi_poll(p->multi, &fd, is_listening ? 1 : 0, POLL_MS, NULL);
		if (is_listening && has_input())
			read_input(p, &in);
	}
	arena_free(&in.mem);
	if (p->client_gone)
		return cli_fail("standard output is closed");
	return CLI_OK;
}

/* Take the address apart: it must be HTTP, and what is shown of it holds no password. */
static int
read_url(struct proxy *p, const char *url)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *shown = NULL;
	int status = -1;

	if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    strncmp(scheme, "http", 4) == 0) {
		curl_url_set(parts, CURLUPART_USER, NULL, 0);
		curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
		if (curl_url_get(parts, CURLUPART_URL, &shown, 0) == CURLUE_OK)
			status = 0;
	}
	if (status == 0) {
		p->url = arena_strdup(p->mem, url);
		p->shown_url = arena_strdup(p->mem, shown);
	}
	curl_free(scheme);
	curl_free(shown);
	curl_url_cleanup(parts);
	return status;
}

static const char *
or_environment(const char *value, const char *name)
{
	if (!value)
		value = getenv(name);
	return value && *value ? value : NULL;
}

static int
run(struct proxy *p)
{
	const char *why;
	int status;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	p->multi = curl_multi_init();
	curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS);
	signal(SIGPIPE, SIG_IGN);
	if (proxy_exchange_probe(p, handshake, strlen(handshake), &why) < 0)
		status = cli_fail("the handshake with %s failed: %s", p->shown_url, why);
	else
		status = serve(p);
	curl_multi_cleanup(p->multi);
	curl_global_cleanup();
	return status;
}

/* 0, or the status to end with after a complaint. */
static int
configure(struct proxy *p, const char *url, const char *key, const char *workspace)
{
	if (read_url(p, url) < 0)
		return cli_usage("mcp", "the URL must look like " DEFAULT_URL);
	if (!key)
		return cli_fail("there is no API key: give --key or set COFFER_KEY");
	if (!proxy_header_is_plain(key))
		return cli_fail("the API key holds characters that no key has");
	if (workspace && !proxy_header_is_plain(workspace))
		return cli_usage("mcp", "the workspace is not a slug");
	p->key = arena_strdup(p->mem, key);
	p->workspace = workspace;
	return 0;
}

int
cli_mcp(int argc, char **argv)
{
	const char *url = NULL, *key = NULL, *workspace = NULL;
	const struct cli_option options[] = {
	    {"url", "URL", "The server; else $COFFER_URL, else " DEFAULT_URL ".", &url, NULL},
	    {"key", "KEY", "The API key; else $COFFER_KEY.", &key, NULL},
	    {"workspace", "SLUG", "The workspace; else the key's own.", &workspace, NULL},
	    {NULL, NULL, NULL, NULL, NULL},
	};
	struct proxy p = {0};
	int status;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("mcp", "there are no arguments besides the options");
	p.mem = arena_new();
	p.params.mem = arena_new();
	url = or_environment(url, "COFFER_URL");
	status =
	    configure(&p, url ? url : DEFAULT_URL, or_environment(key, "COFFER_KEY"), workspace);
	/* every account on the host can read a command line */
	if (key)
		memset((char *)key, '*', strlen(key));
	if (status == 0)
		status = run(&p);
	arena_free(&p.params.mem);
	arena_free(&p.mem);
	return status;
}
