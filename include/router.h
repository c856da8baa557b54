#ifndef COFFER_ROUTER_H
#define COFFER_ROUTER_H

struct request;
struct response;
struct rq;

/* Answer a request: find the face by its path (design, section 1) and let it fill res. */
void router_handle(struct rq *rq, const struct request *req, struct response *res);

/* The faces behind it, one file each. */
void rest_handle(struct rq *rq, const struct request *req, struct response *res);
void openapi_handle(struct rq *rq, const struct request *req, struct response *res);
void auth_routes_handle(struct rq *rq, const struct request *req, struct response *res);
void health_handle(struct rq *rq, const struct request *req, struct response *res);
void metrics_handle(struct rq *rq, const struct request *req, struct response *res);

#endif
