/* SQL that an instance operator wrote. */
#include "sql_run.h"

#include <string.h>
#include <strings.h>

#include "arena.h"
#include "clock.h"
#include "conf.h"
#include "db.h"
#include "db_impl.h"
#include "rq.h"
#include "sql_split.h"

enum { ROWS_MAX = 1000, STATEMENTS_MAX = 100 };

static const char *const reading[] = {
    "SELECT", "WITH", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "VALUES", "TABLE", NULL};

/* A comment that MariaDB executes could hold anything. */
static bool
has_executable_comment(const char *sql)
{
	return strstr(sql, "/*!") || strcasestr(sql, "/*M!");
}

static int
check_reading(struct rq *rq, const char *sql)
{
	if (has_executable_comment(sql))
		return fail_at(rq, E_VALIDATION, "sql",
		    "executable comments are refused; set writes to run them");
	if (!sql_begins(sql, reading))
		return fail_at(rq, E_FORBIDDEN, "sql",
		    "only statements that read are run; set writes:true to change data");
	return 0;
}

static int
sql_error(struct rq *rq)
{
	rq->err = (struct err){0};
	return fail_at(rq, E_VALIDATION, "sql", "SQL error: %s", rq->db->error_text);
}

static void
put_row(struct rq *rq, const struct rows *rows)
{
	out_object(&rq->out);
	for (size_t i = 0; i < rows_columns(rows); i++) {
		out_key(&rq->out, rows_name(rows, i));
		rows_out(rows, i, &rq->out);
	}
	out_end(&rq->out);
}

/* Rows until a limit is met; 1 when there were more. */
static int
put_rows(struct rq *rq, struct rows *rows)
{
	size_t max = (size_t)conf->max_answer;
	int found, n = 0;

	out_key(&rq->out, "rows");
	out_array(&rq->out);
	while ((found = rows_next(rows)) == 1 && n < ROWS_MAX) {
		struct out_mark mark = out_mark(&rq->out);

		put_row(rq, rows);
		/* One row is always given, be it too long. */
		if (rq->out.buf.len > max && (n > 0 || mark.len > max)) {
			out_truncate(&rq->out, mark);
			break;
		}
		n++;
	}
	rows_close(rows);
	out_end(&rq->out);
	return found;
}

static int
run_one(struct rq *rq, const char *sql, bool writes)
{
	int64_t started = clock_monotonic();
	struct rows *rows;
	int more;

	if (!writes && check_reading(rq, sql) < 0)
		return -1;
	if (db_stream_(rq, &rows, sql, NULL, 0) < 0)
		return sql_error(rq);
	out_object(&rq->out);
	more = put_rows(rq, rows);
	if (more < 0)
		return sql_error(rq);
	if (more)
		out_kbool(&rq->out, "truncated", true);
	out_kint(&rq->out, "ms", (clock_monotonic() - started) / 1000);
	out_end(&rq->out);
	return 0;
}

/* Nothing is to be run again: some statements commit by themselves. */
static int
commit(struct rq *rq)
{
	if (db_commit(rq) == 0)
		return 0;
	return rq->err.code == E_RETRY ? sql_error(rq) : -1;
}

static int
run_all(struct rq *rq, const char *text, bool writes)
{
	int64_t started = clock_monotonic();
	const char *at = text, *sql;
	int n = 0;

	if (!writes && db_exec(rq, "SET SESSION TRANSACTION READ ONLY") < 0)
		return -1;
	db_rollback(rq);
	out_object(&rq->out);
	out_key(&rq->out, "data");
	out_array(&rq->out);
	while ((sql = sql_split_any(rq->mem, &at))) {
		if (n++ == STATEMENTS_MAX)
			return fail_at(rq, E_VALIDATION, "sql",
			    "at most %d statements are run at once", STATEMENTS_MAX);
		if (run_one(rq, sql, writes) < 0)
			return -1;
	}
	if (n == 0)
		return fail_at(rq, E_VALIDATION, "sql", "sql holds no statement");
	out_end(&rq->out);
	out_kint(&rq->out, "ms", (clock_monotonic() - started) / 1000);
	out_kint(&rq->out, "count", n);
	out_end(&rq->out);
	return writes ? commit(rq) : 0;
}

int
sql_run(struct rq *rq, const char *text, bool writes)
{
	struct db *main = rq->db;
	int result;

	rq->db = db_new();
	result = db_ready(rq) < 0 ? -1 : run_all(rq, text, writes);
	db_rollback(rq);
	db_free(&rq->db);
	rq->db = main;
	return result;
}
