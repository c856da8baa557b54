/*
 * Bringing the database to this build's shape.  MariaDB commits at every DDL statement, so a
 * migration is no transaction: its statements can be run again, and coffer_migration says when it
 * was begun and when it was finished.
 *
 * Two locks keep others out.  A second connection holds a row of coffer_lock; it falls free by
 * itself when the process dies.  Galera does not show row locks to other nodes, so that a lease
 * with an expiry is written as well, which they honour.
 */
#include "migrate.h"

#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "migrations.h"
#include "rq.h"
#include "sql_split.h"

enum {
	WAIT_SECONDS = 60,
	/* a statement ends before its lease does */
	LEASE_SECONDS = 3600,
	STATEMENT_SECONDS = 3300,
	ATTEMPTS = 5,
};

struct migration_run {
	struct rq *rq;
	struct rq guard; /* holds the row lock */
	const char *server;
	int64_t give_up_at;
};

static int
make_tables(struct rq *rq)
{
	if (db_exec(rq,
		"CREATE TABLE IF NOT EXISTS coffer_lock ("
		"name VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,"
		"holder VARCHAR(255) NULL, expires_at DATETIME(6) NULL"
		") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin") < 0)
		return -1;
	if (db_exec(rq,
		"CREATE TABLE IF NOT EXISTS coffer_migration ("
		"name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,"
		"sha CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,"
		"started_at DATETIME(6) NOT NULL, finished_at DATETIME(6) NULL"
		") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin") < 0)
		return -1;
	if (db_exec(rq,
		"INSERT IGNORE INTO coffer_lock (name) VALUES ('migrate'), ('migrate-lease')") < 0)
		return -1;
	return db_commit(rq);
}

/* After a failure that another attempt may cure: undo, wait, and forget the failure.  false: it may
 * not, or there is no time left. */
static bool
try_again(struct rq *rq, int64_t give_up_at)
{
	db_rollback(rq);
	if (rq->err.code != E_RETRY || clock_monotonic() >= give_up_at)
		return false;
	rq->err = (struct err){.code = E_NONE};
	sleep(1);
	return true;
}

static int
occupied(struct rq *rq)
{
	rq->err = (struct err){.code = E_NONE};
	return fail(rq, E_UNAVAILABLE, "another process is migrating this database; wait for it");
}

/* The row lock, on a connection that stays idle while the migration runs. */
static int
lock_row(struct migration_run *run)
{
	struct rq *guard = &run->guard;
	struct rows *rows;

	do {
		if (db_exec(guard, "SET wait_timeout=86400, idle_transaction_timeout=0") == 0 &&
		    db_query(guard, &rows,
			"SELECT name FROM coffer_lock WHERE name='migrate' FOR UPDATE") == 0)
			return 0;
	} while (try_again(guard, run->give_up_at));
	return guard->err.code == E_RETRY
		   ? occupied(run->rq)
		   : fail(run->rq, guard->err.code, "%s", guard->err.message);
}

/* 1 the lease is ours, 0 another node's, -1 failed. */
static int
take_lease(struct migration_run *run)
{
	struct rq *rq = run->rq;
	int64_t taken;

	if (db_int(rq, &taken,
		"SELECT holder IS NOT NULL AND holder <> ? AND expires_at > UTC_TIMESTAMP(6)"
		" FROM coffer_lock WHERE name='migrate-lease' FOR UPDATE",
		B(run->server)) < 0)
		return -1;
	if (taken) {
		db_rollback(rq);
		return 0;
	}
	if (db_exec(rq,
		"UPDATE coffer_lock SET holder=?, expires_at=UTC_TIMESTAMP(6) + INTERVAL ? SECOND"
		" WHERE name='migrate-lease'",
		B(run->server), B((int)LEASE_SECONDS)) < 0)
		return -1;
	return db_commit(rq) < 0 ? -1 : 1;
}

static int
lock_lease(struct migration_run *run)
{
	int status;

	do {
		status = take_lease(run);
		if (status > 0)
			return 0;
		if (status == 0)
			fail(run->rq, E_RETRY, "%s", err_default_text(E_RETRY));
	} while (try_again(run->rq, run->give_up_at));
	return run->rq->err.code == E_RETRY ? occupied(run->rq) : -1;
}

static void
unlock(struct migration_run *run)
{
	struct rq *rq = run->rq;

	db_rollback(rq);
	if (db_exec(rq,
		"UPDATE coffer_lock SET holder=NULL, expires_at=NULL"
		" WHERE name='migrate-lease' AND holder=?",
		B(run->server)) < 0 ||
	    db_commit(rq) < 0)
		db_rollback(rq);
}

static int
run_statement(struct migration_run *run, const char *sql)
{
	struct rq *rq = run->rq;
	int attempts = 0;

	do {
		if (take_lease(run) > 0 && db_exec_(rq, sql, NULL, 0) == 0 && db_commit(rq) == 0)
			return 0;
	} while (++attempts < ATTEMPTS && try_again(rq, INT64_MAX));
	return rq->err.code == E_NONE || rq->err.code == E_RETRY ? occupied(rq) : -1;
}

static int
run_statements(struct migration_run *run, const struct migration *m)
{
	struct arena *mem = run->rq->mem;
	const char *at = m->text;
	const char *sql;
	int n = 0;

	while ((sql = sql_split(mem, &at)) != NULL) {
		n++;
		if (run_statement(run, sql) < 0) {
			log_error("migration %s, statement %d: %s", m->name, n,
			    db_error_text(run->rq->db));
			return -1;
		}
	}
	return 0;
}

static int
apply(struct migration_run *run, const struct migration *m)
{
	struct rq *rq = run->rq;
	int64_t begun = clock_monotonic();

	if (db_exec(rq,
		"INSERT INTO coffer_migration (name, sha, started_at)"
		" VALUES (?, ?, UTC_TIMESTAMP(6))"
		" ON DUPLICATE KEY UPDATE sha=VALUES(sha), started_at=VALUES(started_at)",
		B(m->name), B(m->sha)) < 0 ||
	    db_commit(rq) < 0 || run_statements(run, m) < 0)
		return -1;
	if (db_exec(rq, "UPDATE coffer_migration SET finished_at=UTC_TIMESTAMP(6) WHERE name=?",
		B(m->name)) < 0 ||
	    db_commit(rq) < 0)
		return -1;
	log_info("migration %s applied in %lld ms", m->name,
	    (long long)(clock_monotonic() - begun) / 1000);
	return 0;
}

/* 1 finished before, 0 not, -1 failed. */
static int
is_applied(struct rq *rq, const struct migration *m)
{
	int64_t finished = 0;

	if (db_int(rq, &finished,
		"SELECT finished_at IS NOT NULL FROM coffer_migration WHERE name=?",
		B(m->name)) < 0)
		return -1;
	return finished ? 1 : 0;
}

static int
apply_missing(struct migration_run *run)
{
	const struct migration *m;
	int applied = 0;
	int done;

	for (m = migrations; m->name != NULL; m++) {
		done = is_applied(run->rq, m);
		if (done < 0 || (done == 0 && apply(run, m) < 0))
			return -1;
		if (done == 0)
			applied++;
	}
	return applied;
}

static int
migrate_alone(struct migration_run *run)
{
	int applied;

	if (db_text(run->rq, &run->server, "SELECT CONCAT(@@hostname, ':', @@port)") < 0 ||
	    lock_row(run) < 0 || lock_lease(run) < 0)
		return -1;
	applied = apply_missing(run);
	unlock(run);
	return applied;
}

int
migrate(struct rq *rq)
{
	struct migration_run run = {.rq = rq, .guard = {.mem = rq->mem}};
	int applied;

	run.give_up_at = clock_monotonic() + WAIT_SECONDS * INT64_C(1000000);
	run.guard.db = db_new();
	db_patience(rq->db, STATEMENT_SECONDS);
	applied = make_tables(rq) < 0 ? -1 : migrate_alone(&run);
	db_free(&run.guard.db);
	db_patience(rq->db, 0);
	return applied;
}

static const struct migration *
find(const char *name)
{
	const struct migration *m;

	for (m = migrations; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static int
count_missing(struct rq *rq, int *unknown_r)
{
	const struct migration *m;
	struct rows *rows;
	int missing = 0;
	int status;

	for (m = migrations; m->name != NULL; m++)
		missing++;
	if (db_query(rq, &rows,
		"SELECT name, sha FROM coffer_migration WHERE finished_at IS NOT NULL") < 0)
		return -1;
	while ((status = rows_next(rows)) > 0) {
		m = find(rows_text(rows, 0, NULL));
		if (m == NULL) {
			++*unknown_r;
			continue;
		}
		missing--;
		if (strcmp(m->sha, rows_text(rows, 1, NULL)) != 0)
			log_warn("migration %s is not what was applied to this database", m->name);
	}
	return status < 0 ? -1 : missing;
}

int
migrate_pending(struct rq *rq, int *unknown_r)
{
	const struct migration *m;
	int64_t has_table;
	int missing = 0;

	*unknown_r = 0;
	if (db_int(rq, &has_table,
		"SELECT COUNT(*) FROM information_schema.TABLES"
		" WHERE TABLE_SCHEMA=DATABASE() AND TABLE_NAME='coffer_migration'") < 0)
		return -1;
	if (has_table)
		missing = count_missing(rq, unknown_r);
	else
		for (m = migrations; m->name != NULL; m++)
			missing++;
	return missing < 0 || db_commit(rq) < 0 ? -1 : missing;
}
