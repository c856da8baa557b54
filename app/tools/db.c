/* db.*: the database as its operator sees it. */
#include <string.h>

#include "activity.h"
#include "answer.h"
#include "arena.h"
#include "caller.h"
#include "db.h"
#include "registry.h"
#include "retry.h"
#include "rq.h"
#include "sql_run.h"
#include "str.h"
#include "tool.h"

enum { TABLES_MAX = 500 };

struct execute_in {
	const char *sql;
	bool writes;
};

static const struct param execute_params[] = {
    PARAM(struct execute_in, sql, "sql", REQUIRED, .min = 1, .max = 10000,
	.doc = "One or more statements, separated by semicolons."),
    PARAM(struct execute_in, writes, "writes", 0,
	.doc = "Let statements change data or shape; this is the confirmation. Default false: a "
	       "read-only session."),
    PARAM_END,
};

/* A log entry says what was run, not what it found. */
static const char *
payload(struct rq *rq, const struct execute_in *in)
{
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	out_key(&out, "sql");
	out_strn(&out, in->sql, str_utf8_prefix(in->sql, strlen(in->sql), 512));
	out_kbool(&out, "writes", in->writes);
	out_end(&out);
	return buf_text(&out.buf);
}

/* REST knows no guards, but SQL that writes could widen the key itself. */
static int
check_guards(struct rq *rq, const struct execute_in *in)
{
	const struct caller *caller = rq->caller;

	if (!in->writes || (!caller->read_only && caller_may_use(caller, "db.execute_sql")))
		return 0;
	return fail(rq, E_FORBIDDEN,
	    "this API key is narrowed, and statements that write could widen it; use another key");
}

/* The log entry, and who calls asked once more. */
static int
settle(struct rq *rq)
{
	if (rq->finish && rq->finish(rq) < 0)
		return -1;
	return db_commit(rq);
}

static int
not_settled(struct rq *rq)
{
	const char *why = rq->err.message;

	rq->err = (struct err){0};
	return fail(rq, E_UNAVAILABLE,
	    "the statements were run and what they changed stands, but this could not be put on "
	    "record: %s; do not run them again",
	    why);
}

/* The statements run and are committed on a connection of their own; the log entry follows.  It is
 * tried again by itself, for the door would run the statements again as well. */
static int
db_execute_sql(struct rq *rq, const void *args)
{
	const struct execute_in *in = args;
	unsigned attempt = 0;

	if (check_guards(rq, in) < 0 || sql_run(rq, in->sql, in->writes) < 0)
		return -1;
	activity_note(rq, "db.execute_sql", "system_database", NULL, payload(rq, in));
	while (settle(rq) < 0)
		if (!retry_again(rq, &attempt))
			return in->writes ? not_settled(rq) : -1;
	return 0;
}

struct tables_in {
	int64_t limit;
};

static const struct param tables_params[] = {
    PARAM(struct tables_in, limit, "limit", PARAM_CLAMP, .min = 1, .max = TABLES_MAX,
	.doc = "At most this many; default 200."),
    PARAM_END,
};

static int
db_list_tables(struct rq *rq, const void *args)
{
	const struct tables_in *in = args;
	struct rows *rows;

	if (db_query(rq, &rows,
		"SELECT table_name, table_rows FROM information_schema.tables"
		" WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY "
		"table_name LIMIT ?",
		B(in->limit ? in->limit : (int64_t)200)) < 0)
		return -1;
	return answer_list(rq, rows, "name rows");
}

const struct tool db_tools[] = {
    {
	.name = "db.execute_sql",
	.title = "Run SQL",
	.description = "Run SQL on the instance's own database, which holds every workspace; for "
		       "instance operators only. Reads "
		       "unless writes is true.",
	.kind = TOOL_WRITE,
	.flags = TOOL_ADMIN | TOOL_OPERATOR | TOOL_JOURNAL,
	.params = execute_params,
	.run = db_execute_sql,
	.method = "POST",
	.path = "/api/admin/db/sql/run",
    },
    {
	.name = "db.list_tables",
	.title = "List tables",
	.description = "List the tables of the database with their estimated numbers of rows; for "
		       "instance operators only.",
	.kind = TOOL_READ,
	.flags = TOOL_ADMIN | TOOL_OPERATOR,
	.params = tables_params,
	.run = db_list_tables,
	.method = "GET",
	.path = "/api/admin/db/tables",
    },
    TOOL_END,
};
