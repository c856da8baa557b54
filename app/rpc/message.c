/* What every HTTP face needs of a request and its answer. */
#include "message.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "conf.h"
#include "rq.h"
#include "str.h"

void
response_header(struct response *res, const char *name, const char *value)
{
	for (const char *p = value; *p; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	buf_printf(&res->headers, "%s: %s\r\n", name, value);
}

void
response_error(struct rq *rq, struct response *res)
{
	enum errcode code = rq->err.code == E_NONE ? E_INTERNAL : rq->err.code;
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	out_key(&out, "error");
	out_object(&out);
	out_kstr(&out, "code", err_name(code));
	out_kstr(&out, "message", rq->err.message ? rq->err.message : err_default_text(code));
	if (rq->err.path) {
		out_key(&out, "details");
		out_object(&out);
		out_kstr(&out, "path", rq->err.path);
		out_end(&out);
	}
	out_end(&out);
	out_kstr(&out, "requestId", rq->id);
	out_end(&out);
	res->status = err_http_status(code);
	res->content_type = "application/json";
	buf_truncate(&res->body, 0);
	buf_add(&res->body, out.buf.data, out.buf.len);
	if (res->status == 503 || res->status == 429)
		response_header(res, "Retry-After", res->status == 429 ? "60" : "2");
}

/* "https://host:port" of a URL: its length. */
static size_t
origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

static bool
same_origin(const char *origin, const char *url, size_t url_len)
{
	size_t len = origin_length(url);

	if (len > url_len)
		len = url_len;
	return len && strlen(origin) == len && strncasecmp(origin, url, len) == 0;
}

static bool
is_port(const char *s)
{
	return !*s || (*s == ':' && !s[1 + strspn(s + 1, "0123456789")]);
}

/* host or host:port */
static bool
is_loopback(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);

		if (strncasecmp(host, names[i], len) == 0 && is_port(host + len))
			return true;
	}
	return false;
}

bool
request_on_loopback(const struct request *req)
{
	return is_loopback(req->host);
}

/* Bytes of a host name or address, without port. */
static size_t
host_length(const char *host)
{
	return *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
}

bool
request_host_allowed(const struct request *req)
{
	const char *own = strstr(conf->public_url, "://");
	size_t len;

	if (!own || !req->host || is_loopback(req->host))
		return true;
	own += 3;
	len = host_length(own);
	return host_length(req->host) == len && strncasecmp(req->host, own, len) == 0;
}

bool
request_origin_allowed(const struct request *req)
{
	const char *origin = req->origin, *host, *list = conf->allowed_origins;

	if (!origin)
		return true;
	host = strstr(origin, "://");
	if (host && is_loopback(host + 3) && is_loopback(req->host))
		return true;
	if (same_origin(origin, conf->public_url, strlen(conf->public_url)))
		return true;
	while (*list) {
		size_t len;

		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (same_origin(origin, list, len))
			return true;
		list += len;
	}
	return false;
}

const char *
request_query(struct rq *rq, const struct request *req, const char *name)
{
	const char *p = req->query;
	size_t name_len = strlen(name);

	while (*p) {
		size_t len = strcspn(p, "&"), key = strcspn(p, "=&");

		if (key == name_len && strncmp(p, name, key) == 0) {
			const char *value = p[key] == '=' ? p + key + 1 : "";

			return str_url_decode(
			    rq->mem, value, p[key] == '=' ? len - key - 1 : 0, true);
		}
		p += len + (p[len] == '&');
	}
	return NULL;
}

bool
request_is_json(const struct request *req)
{
	static const char json[] = "application/json";
	const char *type = req->content_type;
	size_t len = sizeof json - 1;

	return !type || (strncasecmp(type, json, len) == 0 && strchr("; \t", type[len]));
}

static bool
is_on(const char *flag)
{
	return flag && *flag && strcmp(flag, "0") != 0 && strcasecmp(flag, "false") != 0;
}

bool
request_read_only(struct rq *rq, const struct request *req)
{
	return is_on(request_query(rq, req, "read_only")) ||
	       is_on(req->header(req, "HTTP_X_COFFER_READ_ONLY"));
}
