/* /api/auth/...: signing up, in and out with a cookie.  These are no operations of a workspace and
 * so no rows of the registry. */
#include <string.h>

#include "arena.h"
#include "auth.h"
#include "caller.h"
#include "conf.h"
#include "db.h"
#include "json_in.h"
#include "message.h"
#include "param.h"
#include "router.h"
#include "rq.h"
#include "session.h"

struct sign_in {
	const char *email, *password, *name;
};

static const struct param sign_up_params[] = {
    PARAM(struct sign_in, email, "email", REQUIRED, .format = "email"),
    PARAM(struct sign_in, password, "password", REQUIRED | PARAM_SECRET, .min = 8, .max = 200),
    PARAM(struct sign_in, name, "name", 0, .max = 120),
    PARAM_END,
};

static const struct param sign_in_params[] = {
    PARAM(struct sign_in, email, "email", REQUIRED, .max = 320),
    PARAM(struct sign_in, password, "password", REQUIRED | PARAM_SECRET, .max = 1000),
    PARAM_END,
};

static int
read_input(
    struct rq *rq, const struct request *req, const struct param *params, struct sign_in **in_r)
{
	struct json_object *body;
	void *in;

	if (!request_is_json(req))
		return fail(rq, E_UNSUPPORTED_MEDIA_TYPE, "send the body as application/json");
	if (json_in_parse(rq->mem, &rq->err, req->body, req->body_len, &body) < 0)
		return -1;
	if (!json_object_is_type(body, json_type_object))
		return fail(rq, E_VALIDATION, "the body must be a JSON object, not %s",
		    json_in_type_name(body));
	if (param_decode(rq, params, body, &in) < 0)
		return -1;
	*in_r = in;
	return 0;
}

/* max_age 0 ends the cookie. */
static void
set_cookie(struct rq *rq, const struct request *req, struct response *res, const char *value,
    int64_t max_age)
{
	bool secure = req->https || (conf->secure_cookies && !request_on_loopback(req));

	response_header(res, "Set-Cookie",
	    arena_printf(rq->mem,
		"coffer_session=%s; Path=%s/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", value,
		conf->base_path, (long long)max_age, secure ? "; Secure" : ""));
}

static void
answer_user(struct rq *rq, const char *user_id, const char *email, const char *name)
{
	struct out *out = &rq->out;

	out_object(out);
	out_key(out, "user");
	out_object(out);
	out_kstr(out, "id", user_id);
	out_kstr(out, "email", email);
	out_kstr(out, "name", name);
	out_end(out);
	out_end(out);
}

static int
signed_in(
    struct rq *rq, const struct request *req, struct response *res, const struct session *session)
{
	struct rows *rows;

	set_cookie(rq, req, res, session->cookie, (session->expires_at - rq->now) / 1000000);
	if (db_query(rq, &rows, "SELECT email, name FROM coffer_user WHERE id = ?",
		B(session->user_id)) < 0 ||
	    rows_next(rows) != 1)
		return fail(rq, E_INTERNAL, "the user is gone");
	answer_user(rq, session->user_id, rows_dup(rows, 0), rows_dup(rows, 1));
	rows_close(rows);
	return 0;
}

static int
sign_up(struct rq *rq, const struct request *req, struct response *res)
{
	struct session session;
	struct sign_in *in;

	if (read_input(rq, req, sign_up_params, &in) < 0 ||
	    session_sign_up(rq, in->email, in->password, in->name ? in->name : "", &session) < 0)
		return -1;
	return signed_in(rq, req, res, &session);
}

static int
sign_in(struct rq *rq, const struct request *req, struct response *res)
{
	struct session session;
	struct sign_in *in;

	if (read_input(rq, req, sign_in_params, &in) < 0 ||
	    session_sign_in(rq, in->email, in->password, &session) < 0)
		return -1;
	return signed_in(rq, req, res, &session);
}

static int
sign_out(struct rq *rq, const struct request *req, struct response *res)
{
	if (req->credentials.session && session_sign_out(rq, req->credentials.session) < 0)
		return -1;
	set_cookie(rq, req, res, "", 0);
	out_object(&rq->out);
	out_kbool(&rq->out, "ok", true);
	out_end(&rq->out);
	return 0;
}

/* Who is signed in with this cookie; null when nobody is. */
static int
get_session(struct rq *rq, const struct request *req, struct response *res)
{
	struct credentials credentials = {.session = req->credentials.session};

	(void)res;
	if (!credentials.session || auth_who(rq, &credentials, AUTH_READ) < 0 ||
	    !rq->caller->user_id) {
		if (rq->err.code != E_NONE && rq->err.code != E_UNAUTHORIZED)
			return -1;
		rq->err = (struct err){0};
		out_null(&rq->out);
		return 0;
	}
	answer_user(rq, rq->caller->user_id, rq->caller->email, rq->caller->name);
	return 0;
}

struct auth_route {
	const char *path, *method;
	int (*run)(struct rq *rq, const struct request *req, struct response *res);
};

static const struct auth_route routes[] = {
    {"/api/auth/sign-up/email", "POST", sign_up},
    {"/api/auth/sign-in/email", "POST", sign_in},
    {"/api/auth/sign-out", "POST", sign_out},
    {"/api/auth/get-session", "GET", get_session},
};

static int
dispatch(struct rq *rq, const struct request *req, struct response *res)
{
	const char *method = strcmp(req->method, "HEAD") == 0 ? "GET" : req->method;

	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		const struct auth_route *route = &routes[i];

		if (strcmp(route->path, req->path) != 0)
			continue;
		if (strcmp(route->method, method) == 0)
			return route->run(rq, req, res);
		response_header(res, "Allow", route->method);
		return fail(rq, E_METHOD_NOT_ALLOWED, "use %s", route->method);
	}
	return fail(rq, E_NOT_FOUND,
	    "no such route; sign-up/email, sign-in/email, sign-out and get-session are offered");
}

void
auth_routes_handle(struct rq *rq, const struct request *req, struct response *res)
{
	response_header(res, "Cache-Control", "no-store");
	if (dispatch(rq, req, res) < 0) {
		response_error(rq, res);
		return;
	}
	buf_add(&res->body, rq->out.buf.data, rq->out.buf.len);
}
