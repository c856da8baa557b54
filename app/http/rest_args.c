/* REST: from path, query and body to the arguments of an operation. */
#include <string.h>

#include "arena.h"
#include "json_in.h"
#include "message.h"
#include "rest.h"
#include "str.h"

static bool
match_segment(struct rq *rq, const char *pattern, size_t pattern_len, const char *segment,
    size_t len, struct rest_match *match)
{
	const char *value;

	if (pattern[0] != '{')
		return pattern_len == len && memcmp(pattern, segment, len) == 0;
	value = str_url_decode(rq->mem, segment, len, false);
	if (!value || !*value || match->n == REST_SEGMENTS_MAX)
		return false;
	match->names[match->n] = arena_strndup(rq->mem, pattern + 1, pattern_len - 2);
	match->values[match->n++] = value;
	return true;
}

static bool
match_path(struct rq *rq, const char *pattern, const char *path, struct rest_match *match)
{
	match->n = 0;
	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");

		if (!match_segment(rq, pattern, pattern_len, path, len, match))
			return false;
		pattern += pattern_len;
		path += len;
	}
	return !*pattern && !*path;
}

/* "/api/items/_search" is not the item "_search": a route without names wins over one with. */
static bool
better(const struct rest_match *found, const struct rest_match *best)
{
	return !best->tool || found->n < best->n;
}

int
rest_find(struct rq *rq, const char *method, const char *path, struct rest_match *match,
    const char **allow_r)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	struct buf allow;

	buf_init(&allow, rq->mem);
	*match = (struct rest_match){0};
	for (const struct tool *t = tool_next(NULL); t; t = tool_next(t)) {
		struct rest_match found = {.tool = t};

		if (!t->path || !match_path(rq, t->path, path, &found))
			continue;
		buf_printf(&allow, "%s%s%s", allow.len ? ", " : "", t->method,
		    strcmp(t->method, "GET") == 0 ? ", HEAD" : "");
		if (strcmp(t->method, wanted) == 0 && better(&found, match))
			*match = found;
	}
	*allow_r = buf_text(&allow);
	if (match->tool)
		return 1;
	return allow.len ? -1 : 0;
}

static const struct param *
find_param(const struct tool *tool, const char *name)
{
	for (const struct param *p = tool->params; p && p->name; p++)
		if (strcmp(p->name, name) == 0 || (p->alias && strcmp(p->alias, name) == 0))
			return p;
	return NULL;
}

/* JSON text stands as it is; anything else is a string ("*", "filter_count"). */
static int
put_json(struct rq *rq, struct out *out, const struct param *param, const char *value)
{
	struct json_object *root;
	struct err err = {0};

	if (json_in_parse(rq->mem, &err, value, strlen(value), &root) == 0) {
		out_raw(out, value, strlen(value));
		return 0;
	}
	if (param->type_name)
		return fail_at(rq, E_VALIDATION, param->name, "Invalid `%s` JSON: %s", param->name,
		    err.message);
	out_str(out, value);
	return 0;
}

static void
put_list(struct rq *rq, struct out *out, const char *value)
{
	char **parts;
	size_t n = str_split(rq->mem, value, ',', &parts);

	out_array(out);
	for (size_t i = 0; i < n; i++)
		out_str(out, parts[i]);
	out_end(out);
}

/* The text of a path segment or query parameter as the JSON value its input row wants.  What does
 * not fit goes on as a string, and the decoder says what is wrong with it. */
static int
put_text(struct rq *rq, struct out *out, const struct param *param, const char *value)
{
	int64_t n;

	switch (param ? param->type : PARAM_STRING) {
	case PARAM_INTEGER:
	case PARAM_OPT_INTEGER:
		if (str_int(value, &n))
			out_int(out, n);
		else
			out_str(out, value);
		return 0;
	case PARAM_BOOLEAN:
	case PARAM_OPT_BOOLEAN:
		if (strcmp(value, "true") == 0 || strcmp(value, "1") == 0)
			out_bool(out, true);
		else if (strcmp(value, "false") == 0 || strcmp(value, "0") == 0)
			out_bool(out, false);
		else
			out_str(out, value);
		return 0;
	case PARAM_JSON:
	case PARAM_NUMBER:
		return put_json(rq, out, param, value);
	case PARAM_STRINGS:
		put_list(rq, out, value);
		return 0;
	case PARAM_STRING:
		break;
	}
	out_str(out, value);
	return 0;
}

/* ?read_only=1 is about the call and no argument of it. */
static bool
narrows(const struct tool *tool, const char *key)
{
	return strcmp(key, "read_only") == 0 && !find_param(tool, key);
}

static int
put_query(struct rq *rq, struct out *out, const struct tool *tool, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&"), key_len = strcspn(query, "=&");
		const char *key = str_url_decode(rq->mem, query, key_len, true), *value = "";

		if (query[key_len] == '=')
			value =
			    str_url_decode(rq->mem, query + key_len + 1, len - key_len - 1, true);
		if (!key || !value)
			return fail(rq, E_VALIDATION,
			    "the query string is not valid percent-encoded UTF-8");
		if (*key && !narrows(tool, key)) {
			out_key(out, key);
			if (put_text(rq, out, find_param(tool, key), value) < 0)
				return -1;
		}
		query += len + (query[len] == '&');
	}
	return 0;
}

static int
put_members(struct rq *rq, struct out *out, struct json_object *body)
{
	if (!json_object_is_type(body, json_type_object))
		return fail(rq, E_VALIDATION, "the body must be a JSON object, not %s",
		    json_in_type_name(body));
	json_object_object_foreach(body, key, value)
	{
		size_t len;
		const char *raw = json_in_raw(value, &len);

		out_key(out, key);
		out_raw(out, raw, len);
	}
	return 0;
}

static int
put_body(struct rq *rq, struct out *out, const struct tool *tool, const struct request *req)
{
	struct json_object *body;

	if (strcmp(req->method, "GET") == 0 || req->body_len == 0)
		return 0;
	if (!request_is_json(req))
		return fail(rq, E_UNSUPPORTED_MEDIA_TYPE, "send the body as application/json");
	if (json_in_parse(rq->mem, &rq->err, req->body, req->body_len, &body) < 0)
		return -1;
	if (!tool->body)
		return put_members(rq, out, body);
	out_key(out, tool->body);
	out_raw(out, req->body, req->body_len);
	return 0;
}

int
rest_args(struct rq *rq, const struct request *req, const struct rest_match *match,
    struct json_object **args_r)
{
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	for (size_t i = 0; i < match->n; i++) {
		out_key(&out, match->names[i]);
		if (put_text(rq, &out, find_param(match->tool, match->names[i]), match->values[i]) <
		    0)
			return -1;
	}
	if (put_query(rq, &out, match->tool, req->query) < 0 ||
	    put_body(rq, &out, match->tool, req) < 0)
		return -1;
	out_end(&out);
	if (json_in_parse(rq->mem, &rq->err, out.buf.data, out.buf.len, args_r) == 0)
		return 0;
	/* The body alone was fine: with the arguments around it, it is one level deeper, or too
	 * heavy. */
	if (rq->err.code != E_BAD_REQUEST)
		return -1;
	/* An argument given twice (path, query, body) is a duplicate key. */
	rq->err = (struct err){0};
	return fail(
	    rq, E_VALIDATION, "an argument is given twice, in the path, the query or the body");
}
