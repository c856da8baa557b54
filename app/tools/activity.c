/* activity.search: who did what. */
#include <string.h>

#include "answer.h"
#include "caller.h"
#include "clock.h"
#include "conf.h"
#include "db.h"
#include "json_in.h"
#include "registry.h"
#include "rq.h"
#include "sqlb.h"
#include "str.h"
#include "tool.h"

enum { LIMIT_MAX = 200, LIMIT_DEFAULT = 50 };

struct search_in {
	const char *action, *collection, *item_id, *user_id;
	struct json_object *since, *until;
	const char *meta;
	int64_t limit, offset;
};

static const char *const metas[] = {"count", NULL};

static const struct param search_params[] = {
    PARAM(struct search_in, action, "action", 0, .max = 64,
	.doc = "Beginning of the action: item., item.create, schema., mcp.denied."),
    PARAM(struct search_in, collection, "collection", 0, .max = 64,
	.doc = "Slug of a collection, or a system name such as system_roles."),
    PARAM(struct search_in, item_id, "itemId", 0, .max = 191, .doc = "Id of the record or object."),
    PARAM(struct search_in, user_id, "userId", 0, .format = "uuid", .doc = "Who did it."),
    PARAM(struct search_in, since, "since", 0, .alias = "from",
	.schema = "{\"type\":[\"string\",\"integer\"],\"description\":\"From this time on: ISO "
		  "8601 or milliseconds since 1970.\"}"),
    PARAM(struct search_in, until, "until", 0, .alias = "to",
	.schema = "{\"type\":[\"string\",\"integer\"],\"description\":\"Before this time: ISO 8601 "
		  "or milliseconds since 1970.\"}"),
    PARAM(struct search_in, meta, "meta", 0, .options = metas,
	.doc = "count adds meta.count, the number of all matching entries."),
    PARAM(struct search_in, limit, "limit", PARAM_CLAMP, .min = 1, .max = LIMIT_MAX,
	.doc = "At most this many; default 50."),
    PARAM(struct search_in, offset, "offset", PARAM_CLAMP, .min = 0, .max = INT64_MAX,
	.doc = "Skip this many."),
    PARAM_END,
};

/* The query parameter of a REST call may be digits too. */
static int
parse_time(struct rq *rq, const char *name, struct json_object *given, int64_t *us_r)
{
	const char *text = json_in_str(given);
	int64_t ms, us;

	if (text ? str_int(text, &ms) : json_in_int(given, &ms)) {
		/* from year 1 to 9999 */
		if (!__builtin_mul_overflow(ms, 1000, &us) && clock_add(us, 0, 0, us_r))
			return 0;
	} else if (text && clock_parse(text, strlen(text), us_r)) {
		return 0;
	}
	return fail_at(
	    rq, E_VALIDATION, name, "%s must be an ISO 8601 time or milliseconds since 1970", name);
}

/* Prefix match without wildcards in the caller's text: a range over the binary collation. */
static void
where_prefix(struct sqlb *b, struct rq *rq, const char *prefix)
{
	struct buf end;

	if (!str_is_ascii(prefix)) {
		sqlb_lit(b, " AND FALSE");
		return;
	}
	buf_init(&end, rq->mem);
	buf_puts(&end, prefix);
	buf_putc(&end, 0x7f);
	sqlb_lit(b, " AND action >= ");
	sqlb_bind(b, B(prefix));
	sqlb_lit(b, " AND action < ");
	sqlb_bind(b, bind_str(buf_text(&end)));
}

static int
where_time(struct sqlb *b, struct rq *rq, const struct search_in *in)
{
	int64_t us;

	if (in->since) {
		if (parse_time(rq, "since", in->since, &us) < 0)
			return -1;
		sqlb_lit(b, " AND created_at >= ");
		sqlb_bind(b, bind_time(us));
	}
	if (in->until) {
		if (parse_time(rq, "until", in->until, &us) < 0)
			return -1;
		sqlb_lit(b, " AND created_at < ");
		sqlb_bind(b, bind_time(us));
	}
	return 0;
}

static int
where(struct sqlb *b, struct rq *rq, const struct search_in *in)
{
	sqlb_lit(b, " FROM coffer_activity WHERE workspace_id = ");
	sqlb_bind(b, B(rq->caller->workspace_id));
	if (!rq->caller->is_admin) {
		sqlb_lit(b, " AND user_id = ");
		sqlb_bind(b, B(rq->caller->user_id));
	}
	/* What its owner did with more rights tells of what the key may not see. */
	if (!rq->caller->is_admin && rq->caller->key_role_id) {
		sqlb_lit(b, " AND key_id = ");
		sqlb_bind(b, B(rq->caller->key_id));
	}
	if (in->user_id) {
		sqlb_lit(b, " AND user_id = ");
		sqlb_bind(b, B(in->user_id));
	}
	if (in->action)
		where_prefix(b, rq, in->action);
	if (in->collection) {
		sqlb_lit(b, " AND collection = ");
		sqlb_bind(b, B(in->collection));
	}
	if (in->item_id) {
		sqlb_lit(b, " AND item_id = ");
		sqlb_bind(b, B(in->item_id));
	}
	return where_time(b, rq, in);
}

/* Entries until the limit, or until the answer is as large as a tool's answer may be; the number
 * written in *n_r. */
static int
put_entries(struct rq *rq, struct rows *rows, bool *truncated_r)
{
	int found;

	*truncated_r = false;
	while ((found = rows_next(rows)) == 1) {
		struct out_mark mark = out_mark(&rq->out);

		answer_object(&rq->out, rows,
		    "id userId keyId face tool action collection itemId outcome ip userAgent "
		    "payload{} response{} durationMs "
		    "createdAt");
		if (mark.filled && rq->out.buf.len > (size_t)conf->max_answer) {
			out_truncate(&rq->out, mark);
			*truncated_r = true;
			break;
		}
	}
	rows_close(rows);
	return found < 0 ? -1 : 0;
}

static int
put_count(struct rq *rq, const struct search_in *in)
{
	struct sqlb b;
	struct rows *rows;

	if (!in->meta)
		return 0;
	sqlb_init(&b, rq->mem);
	sqlb_lit(&b, "SELECT COUNT(*)");
	if (where(&b, rq, in) < 0 || sqlb_query(rq, &b, &rows) < 0 || rows_next(rows) < 0)
		return -1;
	out_key(&rq->out, "meta");
	out_object(&rq->out);
	out_kint(&rq->out, "count", rows_int(rows, 0));
	out_end(&rq->out);
	rows_close(rows);
	return 0;
}

static int
activity_search(struct rq *rq, const void *args)
{
	const struct search_in *in = args;
	int64_t limit = in->limit ? in->limit : LIMIT_DEFAULT;
	struct rows *rows;
	struct sqlb b;
	bool truncated;

	sqlb_init(&b, rq->mem);
	sqlb_lit(&b, "SELECT id, user_id, key_id, face, tool, action, collection, item_id, "
		     "outcome, ip, user_agent, payload, response,"
		     " duration_ms, created_at");
	if (where(&b, rq, in) < 0)
		return -1;
	sqlb_lit(&b, " ORDER BY created_at DESC, id DESC LIMIT ");
	sqlb_uint(&b, (uint64_t)limit);
	sqlb_lit(&b, " OFFSET ");
	sqlb_uint(&b, (uint64_t)in->offset);
	if (sqlb_query(rq, &b, &rows) < 0)
		return -1;
	out_object(&rq->out);
	out_key(&rq->out, "data");
	out_array(&rq->out);
	if (put_entries(rq, rows, &truncated) < 0)
		return -1;
	out_end(&rq->out);
	out_kint(&rq->out, "limit", limit);
	out_kint(&rq->out, "offset", in->offset);
	if (truncated)
		out_kbool(&rq->out, "truncated", true);
	if (put_count(rq, in) < 0)
		return -1;
	out_end(&rq->out);
	return 0;
}

const struct tool activity_tools[] = {
    {
	.name = "activity.search",
	.title = "Search the activity log",
	.description = "Search who did what, newest first: by action, collection, record, user and "
		       "time. Non-administrators see their "
		       "own entries.",
	.kind = TOOL_READ,
	.flags = TOOL_USER,
	.params = search_params,
	.run = activity_search,
	.method = "GET",
	.path = "/api/activity",
    },
    TOOL_END,
};
