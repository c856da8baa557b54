/*
 * The connection of a worker to MariaDB: its life, transactions, and the short forms of running a
 * statement.
 */
#include "db.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db_impl.h"
#include "log.h"
#include "rq.h"

enum { IDLE_PING = 10 * 1000 * 1000 };

void *
db_alloc(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (p == NULL) {
		log_error("out of memory: %zu times %zu bytes were asked for", count, size);
		abort();
	}
	return p;
}

struct db *
db_new(void)
{
	return db_alloc(1, sizeof(struct db));
}

void
db_free(struct db **db)
{
	if (*db == NULL)
		return;
	db_close(*db);
	free(*db);
	*db = NULL;
}

void
db_close(struct db *db)
{
	/* the connection goes first, so that closing the statements sends nothing */
	if (db->mysql != NULL)
		mysql_close(db->mysql);
	db->mysql = NULL;
	db->streaming = NULL;
	db_forget_statements(db);
	db->in_transaction = db->wrote = db->doomed = false;
}

void
db_patience(struct db *db, unsigned seconds)
{
	if (db->patience == seconds)
		return;
	db->patience = seconds;
	db_close(db);
}

int
db_ready(struct rq *rq)
{
	struct db *db = rq->db;
	int64_t now;

	if (db->in_transaction || db->doomed)
		return 0;
	now = clock_monotonic();
	if (db->mysql != NULL && now - db->used_at > IDLE_PING && mysql_ping(db->mysql) != 0)
		db_close(db);
	db->used_at = now;
	return db->mysql != NULL ? 0 : db_connect(rq);
}

int
db_enter(struct rq *rq, bool writes)
{
	struct db *db = rq->db;

	if (db->doomed)
		return fail(rq, E_RETRY, "%s", err_default_text(E_RETRY));
	if (db->streaming != NULL) {
		log_error("a statement was run while rows of another were still coming");
		return fail(rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
	}
	if (db_ready(rq) < 0)
		return -1;
	db->error = 0;
	db->duplicate_key[0] = '\0';
	db->affected = 0;
	db->in_transaction = true;
	db->wrote = db->wrote || writes;
	return 0;
}

static void
close_stream(struct db *db)
{
	if (db->streaming == NULL)
		return;
	stmt_abandon(db->streaming);
	db->streaming = NULL;
}

static void
transaction_ended(struct db *db)
{
	db->in_transaction = db->wrote = db->doomed = false;
	db->used_at = clock_monotonic();
}

int
db_commit(struct rq *rq)
{
	struct db *db = rq->db;

	close_stream(db);
	if (db->doomed)
		return fail(rq, E_RETRY, "%s", err_default_text(E_RETRY));
	if (!db->in_transaction)
		return 0;
	if (mysql_commit(db->mysql) != 0)
		return db_fail_commit(rq, mysql_errno(db->mysql), mysql_error(db->mysql), "COMMIT");
	transaction_ended(db);
	return 0;
}

void
db_rollback(struct rq *rq)
{
	struct db *db = rq->db;

	close_stream(db);
	if (db->mysql != NULL && db->in_transaction && mysql_rollback(db->mysql) != 0)
		db_close(db);
	transaction_ended(db);
}

unsigned
db_errno(const struct db *db)
{
	return db->error;
}

const char *
db_duplicate_key(const struct db *db)
{
	return db->duplicate_key;
}

const char *
db_error_text(const struct db *db)
{
	return db->error > 0 ? db->error_text : "";
}

uint64_t
db_affected(const struct db *db)
{
	return db->affected;
}

/* Read and drop whatever the unprepared statement returned. */
static int
drop_results(MYSQL *mysql)
{
	MYSQL_RES *result;
	int more;

	do {
		result = mysql_store_result(mysql);
		if (result == NULL && mysql_errno(mysql) != 0)
			return -1;
		mysql_free_result(result);
		more = mysql_next_result(mysql);
	} while (more == 0);
	return more > 0 ? -1 : 0;
}

static int
exec_text(struct rq *rq, const char *sql)
{
	/* each of them commits by itself */
	static const char *const ddl[] = {"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", NULL};
	struct db *db = rq->db;

	if (db_enter(rq, sql_writes(sql)) < 0)
		return -1;
	if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0 || drop_results(db->mysql) < 0) {
		if (sql_begins(sql, ddl))
			return db_fail_commit(
			    rq, mysql_errno(db->mysql), mysql_error(db->mysql), sql);
		return db_fail(rq, mysql_errno(db->mysql), mysql_error(db->mysql), sql);
	}
	db->affected = mysql_affected_rows(db->mysql);
	if (db->affected == (uint64_t)-1)
		db->affected = 0;
	return 0;
}

int
db_exec_(struct rq *rq, const char *sql, const struct bind *binds, size_t n)
{
	struct stmt *stmt;

	if (n == 0)
		return exec_text(rq, sql);
	stmt = stmt_execute(rq, sql, binds, n);
	return stmt == NULL ? -1 : stmt_finish(rq, stmt);
}

int
db_query_(struct rq *rq, struct rows **rows_r, const char *sql, const struct bind *binds, size_t n)
{
	struct stmt *stmt = stmt_execute(rq, sql, binds, n);

	return stmt == NULL ? -1 : rows_read(rq, stmt, rows_r);
}

int
db_stream_(struct rq *rq, struct rows **rows_r, const char *sql, const struct bind *binds, size_t n)
{
	struct stmt *stmt = stmt_execute(rq, sql, binds, n);

	if (stmt == NULL)
		return -1;
	if (mysql_stmt_field_count(stmt->handle) == 0)
		return rows_read(rq, stmt, rows_r);
	rows_open(rq, stmt, rows_r);
	return 0;
}

int
db_text_(struct rq *rq, const char **text_r, const char *sql, const struct bind *binds, size_t n)
{
	struct rows *rows;
	int found;

	if (db_query_(rq, &rows, sql, binds, n) < 0)
		return -1;
	found = rows_next(rows);
	if (found > 0)
		*text_r = rows_dup(rows, 0);
	return found;
}

int
db_int_(struct rq *rq, int64_t *int_r, const char *sql, const struct bind *binds, size_t n)
{
	struct rows *rows;
	int found;

	if (db_query_(rq, &rows, sql, binds, n) < 0)
		return -1;
	found = rows_next(rows);
	if (found > 0)
		*int_r = rows_int(rows, 0);
	return found;
}

int
db_bulk_(struct rq *rq, const char *sql, const struct bind *binds, size_t ncolumns, size_t nrows)
{
	struct bind *each = NEWV(rq->mem, struct bind, ncolumns);
	size_t i;

	for (i = 0; i < ncolumns; i++)
		each[i].type = BIND_EACH;
	return bulk_run(rq,
	    &(struct bulk){
		.sql = sql, .binds = each, .n = ncolumns, .values = binds, .nrows = nrows},
	    NULL);
}
