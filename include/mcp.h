#ifndef COFFER_MCP_H
#define COFFER_MCP_H

struct request;
struct response;
struct rq;

/* One POST on an MCP endpoint, both eras (facts: mcp, sections 2 to 4).  admin: the mount that
 * demands the admin role. Content and status of every outcome are set in res; progress goes out
 * over req->stream. */
void mcp_handle(struct rq *rq, const struct request *req, struct response *res, int admin);

#endif
