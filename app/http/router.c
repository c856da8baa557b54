/* From a path to the face that answers it. */
#include "router.h"

#include <string.h>

#include "mcp.h"
#include "message.h"
#include "rq.h"

static void
mcp_workspace(struct rq *rq, const struct request *req, struct response *res)
{
	rq->face = FACE_MCP;
	mcp_handle(rq, req, res, false);
}

static void
mcp_admin(struct rq *rq, const struct request *req, struct response *res)
{
	rq->face = FACE_MCP_ADMIN;
	mcp_handle(rq, req, res, true);
}

struct face_row {
	const char *path;
	bool prefix; /* everything below it, too */
	void (*handle)(struct rq *rq, const struct request *req, struct response *res);
};

static const struct face_row faces[] = {
    {"/mcp", false, mcp_workspace},
    {"/api/admin/mcp", false, mcp_admin},
    {"/health", false, health_handle},
    {"/metrics", false, metrics_handle},
    {"/api/openapi.json", false, openapi_handle},
    {"/api/auth/", true, auth_routes_handle},
    {"/api/", true, rest_handle},
};

static const struct face_row *
find_face(const char *path)
{
	for (size_t i = 0; i < sizeof faces / sizeof *faces; i++) {
		const struct face_row *face = &faces[i];
		size_t len = strlen(face->path);

		if (face->prefix ? strncmp(path, face->path, len) == 0
				 : strcmp(path, face->path) == 0)
			return face;
	}
	return NULL;
}

/* Browsers of allowed origins may read the answers; what they need is spelled out (facts: mcp,
 * section 9). */
static void
cross_origin(const struct request *req, struct response *res)
{
	response_header(res, "Access-Control-Allow-Origin", req->origin);
	response_header(res, "Vary", "Origin");
	response_header(res, "Access-Control-Expose-Headers", "WWW-Authenticate");
}

static void
preflight(const struct request *req, struct response *res)
{
	const char *wanted = req->header(req, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");

	res->status = 204;
	res->content_type = NULL;
	response_header(
	    res, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS");
	response_header(res, "Access-Control-Max-Age", "600");
	if (wanted &&
	    strspn(wanted, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_, ") ==
		strlen(wanted))
		response_header(res, "Access-Control-Allow-Headers", wanted);
}

static bool
plain_header(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value <= ' ' || (unsigned char)*value >= 0x7f)
			return false;
	return true;
}

static bool
refuse_origin(struct rq *rq, const struct request *req, struct response *res)
{
	if (!req->origin)
		return false;
	if (request_origin_allowed(req) && plain_header(req->origin)) {
		cross_origin(req, res);
		return false;
	}
	fail(
	    rq, E_FORBIDDEN, "this origin is not allowed; the owner can add it to allowed_origins");
	response_error(rq, res);
	return true;
}

void
router_handle(struct rq *rq, const struct request *req, struct response *res)
{
	const struct face_row *face = find_face(req->path);

	rq->face = FACE_REST;
	if (!face) {
		fail(rq, E_NOT_FOUND,
		    "there is nothing at this path; MCP is at /mcp, the REST interface is "
		    "described by "
		    "/api/openapi.json");
		response_error(rq, res);
		return;
	}
	if (refuse_origin(rq, req, res))
		return;
	if (strcmp(req->method, "OPTIONS") == 0 && req->origin) {
		preflight(req, res);
		return;
	}
	face->handle(rq, req, res);
}
