/* FastCGI parameters and body to struct request, and struct response to the wire. */
#include "fcgi.h"

#include <fcgiapp.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "conf.h"
#include "forwarded.h"
#include "rq.h"
#include "str.h"
#include "stream.h"

/* The parameters with the lengths of their names: some forty are asked for in a request. */
struct variables {
	size_t n;
	struct variable {
		const char *text;
		size_t name_len;
	} * rows;
};

static const struct variables *
read_variables(struct rq *rq, char **envp)
{
	struct variables *v = NEW(rq->mem, struct variables);
	size_t n = 0;

	while (envp[n])
		n++;
	v->rows = NEWV(rq->mem, struct variable, n);
	for (; v->n < n; v->n++)
		v->rows[v->n] = (struct variable){envp[v->n], strcspn(envp[v->n], "=")};
	return v;
}

static const char *
variable(const struct variables *v, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < v->n; i++)
		if (v->rows[i].name_len == len && memcmp(v->rows[i].text, name, len) == 0)
			return v->rows[i].text + len + 1;
	return NULL;
}

static const char *
header(const struct request *req, const char *cgi_name)
{
	return variable(req->ctx, cgi_name);
}

static const char *
copy(struct rq *rq, const char *text)
{
	return text ? arena_strdup(rq->mem, text) : NULL;
}

/* What of a header is not UTF-8 becomes question marks: the database takes no other text. */
static const char *
copy_text(struct rq *rq, const char *text)
{
	char *copied = text ? arena_strdup(rq->mem, text) : NULL;
	size_t len;

	for (char *p = copied; p && *p; p += len ? len : 1) {
		len = str_utf8_sequence(p, strlen(p));
		if (!len)
			*p = '?';
	}
	return copied;
}

/* The web server folds "Mcp-Method" and "Mcp_Method" into one name; some pass both on.  Two values
 * for one name mean that somebody downstream may have judged the other one. */
static int
refuse_double_headers(struct rq *rq, const struct variables *v)
{
	for (const struct variable *a = v->rows, *end = a + v->n; a < end; a++) {
		if (strncmp(a->text, "HTTP_", 5) != 0)
			continue;
		for (const struct variable *b = a + 1; b < end; b++)
			if (b->name_len == a->name_len &&
			    memcmp(b->text, a->text, a->name_len) == 0)
				return fail(rq, E_BAD_REQUEST,
				    "the header %.*s was sent twice, in two spellings",
				    (int)a->name_len - 5, a->text + 5);
	}
	return 0;
}

/* Read and drop what is left: a web server that cannot send on would not pass the answer back. */
static void
drop(FCGX_Stream *in)
{
	char scrap[16384];

	while (FCGX_GetStr(scrap, sizeof scrap, in) > 0)
		;
}

static int
too_large(struct rq *rq, FCGX_Stream *in)
{
	drop(in);
	return fail(rq, E_PAYLOAD_TOO_LARGE, "the body is larger than %lld bytes",
	    (long long)conf->max_body);
}

static bool
may_have_body(const struct request *req)
{
	return strcmp(req->method, "GET") != 0 && strcmp(req->method, "HEAD") != 0 &&
	       strcmp(req->method, "OPTIONS") != 0;
}

/* Not every web server waits for the end of a chunked body to tell its length. */
static int
read_body_of_unknown_length(struct rq *rq, FCGX_Request *fcgi, struct request *req)
{
	enum { STEP = 65536 };
	struct buf body;
	int n;

	if (!may_have_body(req))
		return 0;
	buf_init(&body, rq->mem);
	while ((n = FCGX_GetStr(buf_reserve(&body, STEP), STEP, fcgi->in)) > 0) {
		body.len += (size_t)n;
		if (body.len > (size_t)conf->max_body)
			return too_large(rq, fcgi->in);
	}
	req->body = buf_text(&body);
	req->body_len = body.len;
	return 0;
}

static int
read_body(struct rq *rq, FCGX_Request *fcgi, struct request *req)
{
	const char *text = header(req, "CONTENT_LENGTH");
	int64_t len = 0;
	char *body;

	req->body = "";
	if (!text || !*text)
		return read_body_of_unknown_length(rq, fcgi, req);
	if (!str_int(text, &len) || len < 0)
		return fail(rq, E_BAD_REQUEST, "malformed Content-Length");
	if (len > conf->max_body)
		return too_large(rq, fcgi->in);
	if (len == 0)
		return 0;
	body = arena_alloc(rq->mem, (size_t)len + 1);
	req->body_len = (size_t)FCGX_GetStr(body, (int)len, fcgi->in);
	req->body = body;
	if (req->body_len != (size_t)len)
		return fail(rq, E_BAD_REQUEST, "the body ended after %zu of %lld bytes",
		    req->body_len, (long long)len);
	return 0;
}

/* REQUEST_URI without query and base path: the web servers disagree about SCRIPT_NAME and
 * PATH_INFO. */
static void
set_path(struct rq *rq, struct request *req)
{
	const char *uri = header(req, "REQUEST_URI");
	size_t base = strlen(conf->base_path), len;

	if (!uri)
		uri = "/";
	if (strncasecmp(uri, "http://", 7) == 0 || strncasecmp(uri, "https://", 8) == 0) {
		const char *slash = strchr(strstr(uri, "//") + 2, '/');

		uri = slash ? slash : "/";
	}
	len = strcspn(uri, "?#");
	req->query = uri[len] == '?' ? uri + len + 1 : "";
	if (base && base < len && strncmp(uri, conf->base_path, base) == 0 && uri[base] == '/') {
		uri += base;
		len -= base;
	}
	req->path = arena_strndup(rq->mem, uri, len);
}

static const char *
cookie(struct rq *rq, const char *cookies, const char *name)
{
	size_t name_len = strlen(name);

	while (cookies && *cookies) {
		size_t len;

		cookies += strspn(cookies, "; \t");
		len = strcspn(cookies, ";");
		if (len > name_len && strncmp(cookies, name, name_len) == 0 &&
		    cookies[name_len] == '=')
			return arena_strndup(rq->mem, cookies + name_len + 1, len - name_len - 1);
		cookies += len;
	}
	return NULL;
}

static void
set_credentials(struct rq *rq, struct request *req)
{
	struct credentials *c = &req->credentials;
	const char *cookies = header(req, "HTTP_COOKIE"), *auth;

	auth = header(req, "HTTP_AUTHORIZATION");
	if (!auth || !*auth)
		auth = header(req, "REDIRECT_HTTP_AUTHORIZATION");
	req->authorization = auth && *auth ? auth : NULL;
	if (req->authorization && strncasecmp(auth, "Bearer", 6) == 0 &&
	    (auth[6] == ' ' || !auth[6]))
		c->bearer = auth + 6 + strspn(auth + 6, " ");
	else
		c->bearer = req->authorization ? req->authorization : header(req, "HTTP_X_API_KEY");
	c->session = cookie(rq, cookies, "coffer_session");
	c->workspace = header(req, "HTTP_X_COFFER_WORKSPACE");
	if (!c->workspace)
		c->workspace = header(req, "HTTP_X_BACKLEX_TENANT");
	c->cookie_workspace = cookie(rq, cookies, "coffer_workspace");
}

int
fcgi_read(struct rq *rq, FCGX_Request *fcgi, struct request *req)
{
	const struct variables *variables = read_variables(rq, fcgi->envp);

	req->ctx = variables;
	req->header = header;
	/* What is read again after FCGX_Finish_r(), which takes the parameters away, is copied. */
	req->method = copy(rq, header(req, "REQUEST_METHOD"));
	if (!req->method)
		req->method = "GET";
	req->content_type = header(req, "CONTENT_TYPE");
	if (req->content_type && !*req->content_type)
		req->content_type = NULL;
	req->accept = header(req, "HTTP_ACCEPT");
	req->origin = header(req, "HTTP_ORIGIN");
	req->host = header(req, "HTTP_HOST");
	rq->user_agent = copy_text(rq, header(req, "HTTP_USER_AGENT"));
	rq->ip = copy(rq, forwarded_ip(rq, req));
	req->https = forwarded_https(req);
	set_path(rq, req);
	set_credentials(rq, req);
	if (refuse_double_headers(rq, variables) < 0) {
		drop(fcgi->in);
		return -1;
	}
	return read_body(rq, fcgi, req);
}

static const char *
reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 202:
		return "Accepted";
	case 204:
		return "No Content";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 429:
		return "Too Many Requests";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return status < 400 ? "OK" : "Error";
	}
}

static int
send_stream_end(struct FCGX_Request *fcgi, struct stream *stream, struct response *res)
{
	if (stream->send(stream, buf_text(&res->body), res->body.len) < 0)
		return -1;
	return FCGX_FFlush(fcgi->out);
}

/* The library counts in ints. */
static void
put_body(FCGX_Stream *out, const struct buf *body)
{
	enum { STEP = 1 << 30 };
	size_t n;

	for (size_t at = 0; at < body->len && !FCGX_GetError(out); at += n) {
		n = body->len - at < STEP ? body->len - at : STEP;
		FCGX_PutStr(body->data + at, (int)n, out);
	}
}

int
fcgi_write(FCGX_Request *fcgi, const struct request *req, struct response *res)
{
	FCGX_Stream *out = fcgi->out;

	if (req->stream && req->stream->started)
		return send_stream_end(fcgi, req->stream, res);
	FCGX_FPrintF(out, "Status: %d %s\r\n", res->status, reason(res->status));
	if (res->content_type)
		FCGX_FPrintF(out, "Content-Type: %s\r\n", res->content_type);
	if (res->status != 204)
		FCGX_FPrintF(out, "Content-Length: %lu\r\n", (unsigned long)res->body.len);
	if (res->headers.len)
		FCGX_PutStr(res->headers.data, (int)res->headers.len, out);
	FCGX_PutS("X-Content-Type-Options: nosniff\r\n\r\n", out);
	if (strcmp(req->method, "HEAD") != 0)
		put_body(out, &res->body);
	return FCGX_GetError(out) ? -1 : 0;
}
