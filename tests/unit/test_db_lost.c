/* Connections that are lost, cannot be made, or are not what they should be. */
#include "database.h"

#include <signal.h>
#include <sys/time.h>

#include "cut_proxy.h"

static int
make_table(void **state)
{
	database_fresh(state);
	assert_ok(
	    db_exec(rq1, "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, n INT) ENGINE=InnoDB"));
	assert_ok(db_exec(rq1, "INSERT INTO t VALUES (1, 1), (2, 2)"));
	assert_ok(db_commit(rq1));
	return 0;
}

static void
kill_connection(struct rq *rq)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "KILL %lld",
	    (long long)database_number(rq, "SELECT CONNECTION_ID()"));
	assert_ok(db_exec_(rq2, sql, NULL, 0));
	usleep(50000);
}

static void
test_killed(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	kill_connection(rq1);
	assert_fails(rq1, E_RETRY, db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(10)));
	/* not on a new connection, without its first half */
	assert_fails(rq1, E_RETRY, db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(10)));
	assert_fails(rq1, E_RETRY, db_commit(rq1));
	db_rollback(rq1);
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 2);

	kill_connection(rq1);
	assert_fails(rq1, E_RETRY, db_commit(rq1));
	db_rollback(rq1);
	kill_connection(rq1);
	db_rollback(rq1);
	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	assert_ok(db_commit(rq1));
}

static void
test_killed_while_streaming(void **state)
{
	struct rows *rows;
	int status;
	(void)state;

	assert_int_equal(database_number(rq1, "SELECT 1"), 1);
	{
		int64_t id = database_number(rq1, "SELECT CONNECTION_ID()");
		char sql[64];

		assert_ok(db_stream_(
		    rq1, &rows, "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_1000000", NULL, 0));
		assert_int_equal(rows_next(rows), 1);
		snprintf(sql, sizeof(sql), "KILL %lld", (long long)id);
		assert_ok(db_exec_(rq2, sql, NULL, 0));
	}
	while ((status = rows_next(rows)) > 0)
		;
	assert_fails(rq1, E_RETRY, status);
	rows_close(rows);
	db_rollback(rq1);
	assert_int_equal(database_number(rq1, "SELECT 1"), 1);
}

static void
test_answer_to_commit_lost(void **state)
{
	struct cut_proxy proxy;
	(void)state;

	proxy_start(&proxy, database_dir, "COMMIT");
	database_configure("proxy.sock");
	db_close(rq1->db);

	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	assert_int_equal(db_commit(rq1), -1);
	assert_int_equal(rq1->err.code, E_UNAVAILABLE);
	assert_non_null(strstr(rq1->err.message, "idempotency key"));
	rq_again(rq1);
	assert_int_equal(database_number(rq2, "SELECT COUNT(*) FROM t WHERE id = 9"), 1);

	/* nothing changed: nothing is unknown */
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 3);
	assert_fails(rq1, E_RETRY, db_commit(rq1));

	db_close(rq1->db);
	proxy_stop(&proxy);
	database_configure("mariadb.sock");
}

static void
test_answer_to_statement_lost(void **state)
{
	struct cut_proxy proxy;
	(void)state;

	proxy_start(&proxy, database_dir, "INTO t");
	database_configure("proxy.sock");
	db_close(rq1->db);

	assert_ok(db_exec(rq1, "UPDATE t SET n = 77 WHERE id = 1"));
	assert_fails(rq1, E_RETRY, db_exec(rq1, "INSERT INTO t (id) VALUES (9)"));
	db_rollback(rq1);
	usleep(100000);
	assert_int_equal(database_number(rq2, "SELECT COUNT(*) FROM t WHERE id = 9 OR n = 77"), 0);

	db_close(rq1->db);
	proxy_stop(&proxy);
	proxy_start(&proxy, database_dir, "CREATE");
	/* it commits by itself, so nobody knows */
	assert_fails(rq1, E_UNAVAILABLE, db_exec(rq1, "CREATE TABLE late (id INT)"));
	db_close(rq1->db);
	proxy_stop(&proxy);
	database_configure("mariadb.sock");
	db_rollback(rq1);
	assert_ok(db_exec(rq1, "DROP TABLE late"));
}

static void
on_alarm(int signal)
{
	(void)signal;
}

static void
test_signals(void **state)
{
	const struct itimerval often = {{0, 2000}, {0, 2000}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = on_alarm};
	(void)state;

	/* without SA_RESTART */
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	assert_int_equal(database_number(rq1, "SELECT SLEEP(0.3)"), 0);
	db_close(rq1->db);
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 2);
	setitimer(ITIMER_REAL, &never, NULL);
}

static void
test_server_gone(void **state)
{
	(void)state;
	assert_int_equal(database_number(rq1, "SELECT 1"), 1);
	assert_ok(db_commit(rq1));
	assert_int_equal(database_script("stop"), 0);
	assert_fails(rq1, E_RETRY, db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	db_rollback(rq1);
	assert_fails(rq1, E_UNAVAILABLE, db_ready(rq1));
	assert_fails(rq1, E_UNAVAILABLE, db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	db_rollback(rq1);
	assert_int_equal(database_script("start"), 0);
	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	assert_ok(db_commit(rq1));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 3);
}

static void
test_old_server_refused(void **state)
{
	char path[128], line[256] = "";
	FILE *f;
	(void)state;

	assert_int_equal(database_script("stop"), 0);
	assert_int_equal(database_script_with("start", "--version=10.11.4-MariaDB"), 0);
	snprintf(path, sizeof(path), "%s/db.log", database_dir);
	log_open(path, LOG_LEVEL_ERROR);
	db_close(rq1->db);
	assert_fails(rq1, E_UNAVAILABLE, db_ready(rq1));
	log_open(NULL, LOG_LEVEL_ERROR);
	f = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_non_null(strstr(line, "10.11.4-MariaDB; MariaDB 10.11.5 or later is needed"));
	assert_int_equal(database_script("stop"), 0);
	assert_int_equal(database_script("start"), 0);
	assert_ok(db_ready(rq1));
}

static void
test_no_unencrypted_connection(void **state)
{
	(void)state;
	database_configure_with("mariadb.sock", "tls = true\n");
	db_close(rq1->db);
	assert_fails(rq1, E_UNAVAILABLE, db_ready(rq1));
	database_configure("mariadb.sock");
	assert_ok(db_ready(rq1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_killed, make_table),
	    cmocka_unit_test_setup(test_killed_while_streaming, make_table),
	    cmocka_unit_test_setup(test_answer_to_commit_lost, make_table),
	    cmocka_unit_test_setup(test_answer_to_statement_lost, make_table),
	    cmocka_unit_test_setup(test_signals, make_table),
	    cmocka_unit_test_setup(test_server_gone, make_table),
	    cmocka_unit_test_setup(test_old_server_refused, make_table),
	    cmocka_unit_test_setup(test_no_unencrypted_connection, make_table),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
