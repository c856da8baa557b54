/* GET /health and GET /metrics. */
#include <string.h>

#include "conf.h"
#include "db.h"
#include "forwarded.h"
#include "message.h"
#include "metrics.h"
#include "migrate.h"
#include "router.h"
#include "rq.h"

static bool
only_get(struct rq *rq, const struct request *req, struct response *res)
{
	if (strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0)
		return true;
	fail(rq, E_METHOD_NOT_ALLOWED, "use GET");
	response_header(res, "Allow", "GET, HEAD");
	response_error(rq, res);
	return false;
}

/* Many hosts strip the Authorization header; whoever installs coffer sees it here. */
static void
authorization_hint(struct rq *rq, const struct request *req)
{
	out_kstr(&rq->out, "authorization", req->authorization ? "passed" : "absent");
	if (!req->authorization)
		out_kstr(&rq->out, "hint",
		    "this request carried no Authorization header; if the client sent one, the web "
		    "server does not hand it "
		    "over: see deploy/README.md, or send the key as X-API-Key");
}

void
health_handle(struct rq *rq, const struct request *req, struct response *res)
{
	int64_t one = 0;
	int unknown = 0, pending = -1;
	bool ok;

	if (!only_get(rq, req, res))
		return;
	ok = db_ready(rq) == 0 && db_int(rq, &one, "SELECT 1") == 1;
	if (ok)
		pending = migrate_pending(rq, &unknown);
	db_rollback(rq);
	out_object(&rq->out);
	out_kstr(&rq->out, "status", ok && pending == 0 ? "ok" : "failing");
	out_kstr(&rq->out, "version", PACKAGE_VERSION);
	out_kstr(&rq->out, "database", ok ? "ok" : "unreachable");
	if (ok)
		out_kstr(
		    &rq->out, "migrations", pending == 0 ? "ok" : "pending: run `coffer migrate`");
	authorization_hint(rq, req);
	out_end(&rq->out);
	res->status = ok && pending == 0 ? 200 : 503;
	response_header(res, "Cache-Control", "no-store");
	buf_add(&res->body, rq->out.buf.data, rq->out.buf.len);
}

void
metrics_handle(struct rq *rq, const struct request *req, struct response *res)
{
	if (!only_get(rq, req, res))
		return;
	if (!rq->ip || !forwarded_in_list(rq->ip, conf->metrics_allowed)) {
		fail(rq, E_FORBIDDEN, "this address may not read the metrics; see metrics_allowed");
		response_error(rq, res);
		return;
	}
	res->content_type = "text/plain; version=0.0.4; charset=utf-8";
	response_header(res, "Cache-Control", "no-store");
	metrics_render(&res->body);
}
