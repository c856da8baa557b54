/* Server-sent events over the answer of a POST, started with the first message. */
#include <fcgiapp.h>
#include <poll.h>
#include <string.h>

#include "arena.h"
#include "fcgi.h"
#include "metrics.h"
#include "rq.h"
#include "stream.h"

/* The web server closes its end when the client has left. */
static bool
peer_left(const FCGX_Request *fcgi)
{
	struct pollfd p = {.fd = fcgi->ipcFd, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static void
start(struct stream *stream, FCGX_Stream *out)
{
	stream->started = true;
	FCGX_PutS("Status: 200 OK\r\n"
		  "Content-Type: text/event-stream\r\n"
		  "Cache-Control: no-cache, no-transform\r\n"
		  "X-Accel-Buffering: no\r\n"
		  "X-Content-Type-Options: nosniff\r\n\r\n",
	    out);
}

/* Without a free slot nothing is started and the client gets one plain answer. */
static int
send(struct stream *stream, const char *json, size_t len)
{
	FCGX_Request *fcgi = stream->ctx;

	if (!stream->started) {
		if (stream->refused || !metrics_stream_take()) {
			stream->refused = true;
			return 0;
		}
		start(stream, fcgi->out);
	}
	if (peer_left(fcgi))
		return -1;
	FCGX_PutS("event: message\ndata: ", fcgi->out);
	FCGX_PutStr(json, (int)len, fcgi->out);
	FCGX_PutS("\n\n", fcgi->out);
	return FCGX_FFlush(fcgi->out) < 0 || FCGX_GetError(fcgi->out) ? -1 : 0;
}

struct stream *
fcgi_stream(struct rq *rq, FCGX_Request *fcgi)
{
	struct stream *stream = NEW(rq->mem, struct stream);

	stream->send = send;
	stream->ctx = fcgi;
	return stream;
}

void
fcgi_stream_close(struct stream *stream)
{
	if (stream && stream->started)
		metrics_stream_give();
}
