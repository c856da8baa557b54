#ifndef COFFER_FCGI_H
#define COFFER_FCGI_H

#include <stdbool.h>

#include "message.h"

struct FCGX_Request;
struct rq;

/* The FastCGI side of a request: parameters and body in, answer out. */

/* Fill req from the FastCGI parameters and read the body.  0, or -1 with the failure recorded:
 * E_BAD_REQUEST (a header sent in two spellings, a malformed length), E_PAYLOAD_TOO_LARGE (the body
 * was read and dropped, so that the client sees the answer). */
int fcgi_read(struct rq *rq, struct FCGX_Request *fcgi, struct request *req);

/* Send the answer.  When a stream was started its final event is sent instead.  0, or -1 when the
 * client is gone. */
int fcgi_write(struct FCGX_Request *fcgi, const struct request *req, struct response *res);

/* A stream of server-sent events over this request, not yet started; cgi name of the request's
 * parameters as in req. */
struct stream *fcgi_stream(struct rq *rq, struct FCGX_Request *fcgi);
void fcgi_stream_close(struct stream *stream);

#endif
