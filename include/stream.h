#ifndef COFFER_STREAM_H
#define COFFER_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/* Messages sent before the answer (server-sent events on the POST).  Decided late: nothing is
 * started until the first send.  Filled in by the HTTP layer, used by the door and by MCP. */
struct stream {
	/* One JSON message without newlines.  0, or -1 when the client has gone. */
	int (*send)(struct stream *stream, const char *json, size_t len);
	void *ctx;
	bool started;
	bool refused; /* no slot was free: nothing is sent before the answer */
	bool cancels; /* a client that leaves cancels (2026-07-28); else it just stops listening */
	const char *progress_token; /* JSON text of the token; NULL: no progress wanted */
	double last_progress;
};

#endif
