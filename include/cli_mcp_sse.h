#ifndef COFFER_CLI_MCP_SSE_H
#define COFFER_CLI_MCP_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* A stream of server-sent events, taken apart as it arrives. */
struct proxy_sse {
	struct buf line;
	struct buf data;
	bool after_cr;
	/* Called with the data of each event, which it may change. */
	void (*event)(void *arg, struct buf *data);
	void *arg;
};

void proxy_sse_init(
    struct proxy_sse *s, struct arena *mem, void (*event)(void *, struct buf *), void *arg);
void proxy_sse_feed(struct proxy_sse *s, const char *bytes, size_t len);

/* The stream is over.  An event that lacks only its closing blank line counts. */
void proxy_sse_end(struct proxy_sse *s);

#endif
