#ifndef COFFER_MESSAGE_H
#define COFFER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "auth.h"
#include "buf.h"

struct rq;
struct stream;

/* An HTTP request and its answer, as the faces (MCP, REST) see them.  Everything is on rq->mem. */
struct request {
	const char *method; /* "POST" */
	const char *path;   /* decoded by segment is the router's task; here as sent, without base
			       path and query */
	const char *query;  /* without '?'; "" if none */
	const char *content_type; /* NULL if absent */
	const char *accept, *origin, *host, *authorization;
	bool https;
	const char *body; /* NUL-terminated */
	size_t body_len;
	/* Any other header by its CGI name: header(req, "HTTP_MCP_METHOD"); NULL if absent. */
	const char *(*header)(const struct request *req, const char *cgi_name);
	const void *ctx;
	struct credentials credentials;
	struct stream
	    *stream; /* offered when the client accepts server-sent events; NULL otherwise */
};

struct response {
	int status; /* 200 unless set */
	const char
	    *content_type;  /* application/json unless set; NULL: no body and no Content-Type */
	struct buf headers; /* further lines, "Allow: POST\r\n" */
	struct buf body;
};

/* Add a header line; value must be free of control characters (asserted). */
void response_header(struct response *res, const char *name, const char *value);

/* The REST error envelope {"error":{"code","message","details"?},"requestId"} of rq->err, with its
 * status. */
void response_error(struct rq *rq, struct response *res);

/* Whether the request's Origin may call: absent, loopback when the Host is loopback too (any port),
 * the origin of conf->public_url, or one of conf->allowed_origins.  A page whose name was rebound
 * to our address sends its own name as Origin and is refused, whatever it sends as Host. */
bool request_origin_allowed(const struct request *req);

/* The Host is localhost, 127.0.0.1 or [::1], with any port. */
bool request_on_loopback(const struct request *req);

/* Whether the Host is one of ours: loopback, the host of conf->public_url, or any while that is
 * empty.  Ports do not matter, a proxy may map them.  An absent Host is no browser's.  With any
 * Host taken, what keeps pages of rebound names out is that they send an Origin; see above. */
bool request_host_allowed(const struct request *req);

/* The body is said to be JSON, or nothing is said about it. */
bool request_is_json(const struct request *req);

/* A query parameter, percent-decoded; NULL if absent. */
const char *request_query(struct rq *rq, const struct request *req, const char *name);

/* The connection is narrowed to reading, by ?read_only=1 or X-Coffer-Read-Only: 1.  Neither can
 * lift the other, and any value but 0 and false narrows. */
bool request_read_only(struct rq *rq, const struct request *req);

#endif
