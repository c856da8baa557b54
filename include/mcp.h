#ifndef COFFER_MCP_H
#define COFFER_MCP_H

struct request;
struct response;
struct rq;

/*
 * The MCP face.  Against DNS rebinding: a page whose name was rebound to our address sends its own
 * name as Origin and, from a browser, as Host.  The router refuses origins that are not loopback on
 * a loopback Host, public_url or allowed_origins; this face refuses a Host that is not ours, as far
 * as public_url says which one that is.  Behind a web server for many names, set public_url.
 */

/* One POST on an MCP endpoint, both eras (facts: mcp, sections 2 to 4).  admin: the mount that
 * demands the admin role. Content and status of every outcome are set in res; progress goes out
 * over req->stream. */
void mcp_handle(struct rq *rq, const struct request *req, struct response *res, int admin);

#endif
