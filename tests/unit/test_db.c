/* The session, the statement cache, transactions, and what every kind of failure of a statement is
 * answered with. */
#include "database.h"

#include <pthread.h>

static int
make_table(void **state)
{
	database_fresh(state);
	assert_ok(
	    db_exec(rq1, "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, email VARCHAR(50), n INT,"
			 " m INT NOT NULL DEFAULT 0, d DATETIME(6), UNIQUE KEY email (email),"
			 " CONSTRAINT n_small CHECK (n < 1000))"
			 " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"));
	assert_ok(db_exec(rq1, "INSERT INTO t (id, email, n) VALUES (1, 'a@x', 1), (2, 'b@x', 2)"));
	assert_ok(db_commit(rq1));
	return 0;
}

static void
test_session(void **state)
{
	struct rows *rows;
	const char *mode;
	(void)state;

	assert_ok(db_query(rq1, &rows,
	    "SELECT @@autocommit, @@tx_isolation, @@time_zone, @@collation_connection,"
	    " @@character_set_client, @@innodb_lock_wait_timeout, @@lock_wait_timeout,"
	    " @@max_statement_time, @@sql_mode, _utf8mb4'a' = 'a '"));
	assert_int_equal(rows_next(rows), 1);
	assert_int_equal(rows_int(rows, 0), 0);
	assert_string_equal(rows_text(rows, 1, NULL), "REPEATABLE-READ");
	assert_string_equal(rows_text(rows, 2, NULL), "+00:00");
	assert_string_equal(rows_text(rows, 3, NULL), "utf8mb4_nopad_bin");
	assert_string_equal(rows_text(rows, 4, NULL), "utf8mb4");
	assert_int_equal(rows_int(rows, 5), 5);
	assert_int_equal(rows_int(rows, 6), 5);
	assert_int_equal(rows_int(rows, 7), 30);
	mode = rows_text(rows, 8, NULL);
	assert_non_null(strstr(mode, "STRICT_ALL_TABLES"));
	assert_non_null(strstr(mode, "NO_ZERO_DATE"));
	assert_non_null(strstr(mode, "ERROR_FOR_DIVISION_BY_ZERO"));
	assert_non_null(strstr(mode, "NO_ENGINE_SUBSTITUTION"));
	assert_null(strstr(mode, "NO_BACKSLASH_ESCAPES"));
	assert_int_equal(rows_int(rows, 9), 0);
}

static void
test_patience(void **state)
{
	(void)state;
	assert_int_equal(database_number(rq1, "SELECT @@max_statement_time"), 30);
	db_rollback(rq1);
	db_patience(rq1->db, 120);
	assert_int_equal(database_number(rq1, "SELECT @@max_statement_time"), 120);
	db_rollback(rq1);
	db_patience(rq1->db, 0);
	assert_int_equal(database_number(rq1, "SELECT @@max_statement_time"), 30);
}

static void
test_several_statements_refused(void **state)
{
	(void)state;
	assert_fails(rq1, E_INTERNAL, db_exec(rq1, "SELECT 1; DROP TABLE t"));
	assert_fails(rq1, E_INTERNAL, db_exec(rq1, "SELECT ?; DROP TABLE t", B(1)));
	assert_fails(
	    rq1, E_INTERNAL, db_exec(rq1, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t"));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 2);
}

static int64_t
prepares(void)
{
	return database_number(rq1, "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS"
				    " WHERE VARIABLE_NAME = 'COM_STMT_PREPARE'");
}

static int64_t
statements_open(void)
{
	return database_number(rq2, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
				    " WHERE VARIABLE_NAME = 'PREPARED_STMT_COUNT'");
}

/* Runs n different statements. */
static void
run_different(struct rq *rq, int from, int n)
{
	struct bind one = B(1);
	struct rows *rows;
	char sql[64];
	int i;

	for (i = from; i < from + n; i++) {
		snprintf(sql, sizeof(sql), "SELECT ? + %d", i);
		assert_ok(db_query_(rq, &rows, sql, &one, 1));
		assert_int_equal(rows_next(rows), 1);
		assert_int_equal(rows_int(rows, 0), 1 + i);
	}
}

static void
test_cache(void **state)
{
	int64_t before;
	(void)state;

	db_forget_statements(rq1->db);
	db_forget_statements(rq2->db);
	before = prepares();
	run_different(rq1, 0, 100);
	assert_int_equal(prepares(), before + 100);
	run_different(rq1, 0, 100);
	assert_int_equal(prepares(), before + 100);
	assert_int_equal(statements_open(), 100 + 1 + 1);

	/* the 100 recent ones stay, of the older ones the least recently used go */
	run_different(rq1, 100, 27);
	run_different(rq1, 0, 50);
	run_different(rq1, 200, 50);
	assert_int_equal(statements_open(), 128 + 1);
	before = prepares();
	run_different(rq1, 0, 50);
	run_different(rq1, 200, 50);
	assert_int_equal(prepares(), before);
	run_different(rq1, 50, 10);
	assert_int_equal(prepares(), before + 10);

	/* closing has no answer to wait for, but the next statement comes after it */
	db_forget_statements(rq1->db);
	run_different(rq1, 0, 2);
	assert_int_equal(statements_open(), 2 + 1);
}

static void
test_too_many_statements_on_the_server(void **state)
{
	struct bind one = B(1);
	struct rows *rows;
	char sql[64];
	int refused = 0;
	int i;
	(void)state;

	assert_ok(db_exec(rq2, "SET GLOBAL max_prepared_stmt_count = 20"));
	for (i = 0; i < 60; i++) {
		snprintf(sql, sizeof(sql), "SELECT ? - %d", i);
		if (db_query_(rq1, &rows, sql, &one, 1) == 0)
			continue;
		refused++;
		assert_fails(rq1, E_RETRY, -1);
		assert_int_equal(db_errno(rq1->db), 1461);
		assert_ok(db_query_(rq1, &rows, sql, &one, 1));
	}
	assert_in_range(refused, 2, 5);
	assert_ok(db_exec(rq2, "SET GLOBAL max_prepared_stmt_count = 16382"));
}

static void
test_wrong_number_of_values(void **state)
{
	(void)state;
	assert_fails(rq1, E_INTERNAL, db_exec(rq1, "SELECT ?, ?", B(1)));
	assert_ok(db_exec(rq1, "SELECT ?, ?", B(1), B(2)));
}

static void
test_transactions(void **state)
{
	(void)state;
	assert_ok(db_commit(rq1));
	db_rollback(rq1);
	assert_ok(db_exec(rq1, "UPDATE t SET n = ? WHERE id = ?", B(5), B(1)));
	assert_int_equal(db_affected(rq1->db), 1);
	assert_int_equal(database_number(rq2, "SELECT n FROM t WHERE id = 1"), 1);
	db_rollback(rq1);
	assert_int_equal(database_number(rq1, "SELECT n FROM t WHERE id = 1"), 1);
	assert_ok(db_exec(rq1, "UPDATE t SET n = ? WHERE id = ?", B(6), B(1)));
	assert_ok(db_commit(rq1));
	/* the read view of the other transaction is older */
	assert_int_equal(database_number(rq2, "SELECT n FROM t WHERE id = 1"), 1);
	assert_ok(db_commit(rq2));
	assert_int_equal(database_number(rq2, "SELECT n FROM t WHERE id = 1"), 6);
	assert_ok(db_exec(rq1, "DELETE FROM t WHERE id > ?", B(0)));
	assert_int_equal(db_affected(rq1->db), 2);
	assert_ok(db_exec(rq1, "DELETE FROM t"));
	assert_int_equal(db_affected(rq1->db), 0);
}

static void
test_duplicate(void **state)
{
	struct rows *rows;
	(void)state;

	assert_fails(rq1, E_CONFLICT,
	    db_exec(rq1, "INSERT INTO t (id, email) VALUES (?, ?)", B(3), B("a@x")));
	assert_int_equal(db_errno(rq1->db), 1062);
	assert_string_equal(db_duplicate_key(rq1->db), "email");

	assert_fails(rq1, E_CONFLICT,
	    db_query(rq1, &rows, "INSERT INTO t (id, email) VALUES (?, ?) RETURNING id", B(1),
		B("c@x")));
	assert_string_equal(db_duplicate_key(rq1->db), "PRIMARY");
	assert_fails(rq1, E_CONFLICT,
	    db_exec(rq1, "INSERT INTO t (id, email) VALUES (?, ?) RETURNING id", B(1), B("c@x")));

	/* the same statements work after their failure */
	assert_ok(db_query(
	    rq1, &rows, "INSERT INTO t (id, email) VALUES (?, ?) RETURNING id", B(3), B("c@x")));
	assert_int_equal(rows_next(rows), 1);
	assert_int_equal(db_errno(rq1->db), 0);
	assert_string_equal(db_duplicate_key(rq1->db), "");

	/* a value that looks like the rest of the message */
	assert_ok(db_exec(
	    rq1, "INSERT INTO t (id, email) VALUES (?, ?)", B(4), B("x' for key 'PRIMARY")));
	assert_fails(rq1, E_CONFLICT,
	    db_exec(
		rq1, "INSERT INTO t (id, email) VALUES (?, ?)", B(5), B("x' for key 'PRIMARY")));
	assert_string_equal(db_duplicate_key(rq1->db), "email");
}

static void
test_savepoint(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(10)));
	assert_ok(db_savepoint(rq1, "chunk"));
	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(11)));
	assert_fails(rq1, E_CONFLICT, db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(1)));
	assert_ok(db_rollback_to(rq1, "chunk"));
	assert_ok(db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(12)));
	assert_ok(db_commit(rq1));
	assert_int_equal(database_number(rq2, "SELECT SUM(id) FROM t WHERE id >= 10"), 10 + 12);
}

static void
test_data_errors(void **state)
{
	char text[60];
	(void)state;

	memset(text, 'x', sizeof(text));
	assert_fails(rq1, E_VALIDATION,
	    db_exec(rq1, "INSERT INTO t (id, email) VALUES (?, ?)", B(3), bind_strn(text, 51)));
	assert_int_equal(db_errno(rq1->db), 1406);
	assert_fails(rq1, E_VALIDATION,
	    db_exec(rq1, "INSERT INTO t (id, n) VALUES (?, ?)", B(3), B(INT64_MAX)));
	assert_fails(
	    rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO t (id, n) VALUES (?, ?)", B(3), B("x")));
	assert_fails(
	    rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO t (id, d) VALUES (?, ?)", B(3), B("x")));
	assert_fails(rq1, E_VALIDATION,
	    db_exec(rq1, "INSERT INTO t (id, m) VALUES (?, ?)", B(3), bind_null()));
	assert_fails(rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO t (n) VALUES (?)", B(3)));
	assert_fails(
	    rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO t (id, n) VALUES (?, ?)", B(3), B(1000)));
	assert_int_equal(db_errno(rq1->db), 4025);
	assert_fails(rq1, E_VALIDATION,
	    db_exec(rq1, "INSERT INTO t (id, email) VALUES (?, ?)", B(3), B("\xff\xfe")));
	assert_fails(rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO t (id, n) VALUES (3, 1 / 0)"));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 2);
}

static void
test_foreign_keys(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "CREATE OR REPLACE TABLE child (id INT PRIMARY KEY, t INT,"
			       " FOREIGN KEY (t) REFERENCES t (id)) ENGINE=InnoDB"));
	assert_fails(
	    rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO child VALUES (?, ?)", B(1), B(9)));
	assert_ok(db_exec(rq1, "INSERT INTO child VALUES (?, ?)", B(1), B(1)));
	assert_fails(rq1, E_VALIDATION, db_exec(rq1, "DELETE FROM t WHERE id = ?", B(1)));
	assert_ok(db_exec(rq1, "DROP TABLE child"));
}

static void
test_statement_timeout(void **state)
{
	int64_t n;
	(void)state;

	assert_ok(db_exec(rq1, "SET max_statement_time = 0.2"));
	assert_fails(rq1, E_TIMEOUT,
	    db_int(rq1, &n, "SELECT COUNT(*) FROM seq_1_to_100000000 WHERE seq > ?", B(5)));
	assert_int_equal(database_number(rq1, "SELECT 1"), 1);
	db_close(rq1->db);
}

static void
test_too_large(void **state)
{
	size_t len = 17 * 1024 * 1024;
	char *text = malloc(len);
	int64_t connection;
	(void)state;

	memset(text, 'x', len);
	connection = database_number(rq1, "SELECT CONNECTION_ID()");
	assert_fails(rq1, E_PAYLOAD_TOO_LARGE, db_exec(rq1, "SELECT ?", bind_strn(text, len)));
	assert_int_equal(database_number(rq1, "SELECT CONNECTION_ID()"), connection);
	assert_ok(db_exec(rq1, "SELECT ?", bind_strn(text, 15 * 1024 * 1024)));
	free(text);
}

static void
test_lock_wait(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "SET innodb_lock_wait_timeout = 0"));
	assert_ok(db_exec(rq2, "UPDATE t SET n = 7 WHERE id = 1"));
	assert_ok(db_exec(rq1, "UPDATE t SET n = 8 WHERE id = 2"));
	assert_fails(rq1, E_RETRY, db_exec(rq1, "UPDATE t SET n = ? WHERE id = ?", B(8), B(1)));
	assert_int_equal(db_errno(rq1->db), 1205);
	/* what was done before must not be committed alone */
	assert_fails(rq1, E_RETRY, db_exec(rq1, "INSERT INTO t (id) VALUES (?)", B(9)));
	assert_fails(rq1, E_RETRY, db_commit(rq1));
	db_rollback(rq1);
	assert_int_equal(database_number(rq1, "SELECT n FROM t WHERE id = 2"), 2);
	db_close(rq1->db);
}

static void *
update_first(void *arg)
{
	struct rq *rq = arg;

	db_exec(rq, "UPDATE t SET n = n + 1 WHERE id = ?", B(1));
	return NULL;
}

static void
test_deadlock(void **state)
{
	struct rq *victim, *winner;
	pthread_t thread;
	(void)state;

	assert_ok(db_exec(rq1, "UPDATE t SET n = n + 1 WHERE id = ?", B(1)));
	assert_ok(db_exec(rq2, "UPDATE t SET n = n + 1 WHERE id = ?", B(2)));
	assert_int_equal(pthread_create(&thread, NULL, update_first, rq2), 0);
	usleep(200000);
	db_exec(rq1, "UPDATE t SET n = n + 1 WHERE id = ?", B(2));
	pthread_join(thread, NULL);
	victim = rq1->err.code != E_NONE ? rq1 : rq2;
	winner = victim == rq1 ? rq2 : rq1;
	assert_int_equal(winner->err.code, E_NONE);
	assert_int_equal(victim->err.code, E_RETRY);
	assert_int_equal(db_errno(victim->db), 1213);
	assert_ok(db_commit(winner));

	rq_again(victim);
	assert_ok(db_exec(victim, "UPDATE t SET n = n + 1 WHERE id = ?", B(1)));
	assert_ok(db_exec(victim, "UPDATE t SET n = n + 1 WHERE id = ?", B(2)));
	assert_ok(db_commit(victim));
	assert_int_equal(database_number(rq1, "SELECT SUM(n) FROM t"), 1 + 2 + 4);
}

static void
test_changed_since_read(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "SET innodb_snapshot_isolation = ON"));
	assert_int_equal(database_number(rq1, "SELECT n FROM t WHERE id = 1"), 1);
	assert_ok(db_exec(rq2, "UPDATE t SET n = 5 WHERE id = 1"));
	assert_ok(db_commit(rq2));
	assert_fails(rq1, E_RETRY, db_exec(rq1, "UPDATE t SET n = n + ? WHERE id = 1", B(1)));
	assert_int_equal(db_errno(rq1->db), 1020);
	assert_fails(rq1, E_RETRY, db_commit(rq1));
	db_close(rq1->db);
}

static void
test_changed_shape(void **state)
{
	struct rows *rows;
	int64_t n;
	(void)state;

	assert_ok(db_query(rq1, &rows, "SELECT * FROM t WHERE id = ?", B(1)));
	assert_int_equal(db_int(rq1, &n, "SELECT n FROM t WHERE id = ?", B(1)), 1);
	assert_ok(db_commit(rq1));

	assert_ok(db_exec(rq2, "ALTER TABLE t ADD COLUMN extra INT"));
	assert_fails(rq1, E_RETRY, db_query(rq1, &rows, "SELECT * FROM t WHERE id = ?", B(1)));
	assert_int_equal(db_errno(rq1->db), 2057);
	db_rollback(rq1);
	assert_ok(db_query(rq1, &rows, "SELECT * FROM t WHERE id = ?", B(1)));
	assert_int_equal(rows_columns(rows), 6);
	assert_ok(db_commit(rq1));

	/* another type under a statement that stays valid */
	assert_ok(db_exec(rq2, "ALTER TABLE t DROP CONSTRAINT n_small, MODIFY n VARCHAR(20)"));
	assert_ok(db_exec(rq2, "UPDATE t SET n = 'many' WHERE id = 1"));
	assert_ok(db_commit(rq2));
	assert_ok(db_query(rq1, &rows, "SELECT n FROM t WHERE id = ?", B(1)));
	assert_int_equal(rows_next(rows), 1);
	assert_string_equal(rows_text(rows, 0, NULL), "many");
	assert_ok(db_commit(rq1));

	/* an index that a statement insists on */
	assert_ok(db_exec(rq2, "ALTER TABLE t ADD KEY by_n (n)"));
	assert_ok(db_query(rq1, &rows, "SELECT n FROM t FORCE INDEX (by_n) WHERE n > ?", B("")));
	assert_ok(db_commit(rq1));
	assert_ok(db_exec(rq2, "ALTER TABLE t DROP KEY by_n"));
	assert_fails(rq1, E_RETRY,
	    db_query(rq1, &rows, "SELECT n FROM t FORCE INDEX (by_n) WHERE n > ?", B("")));
	assert_int_equal(db_errno(rq1->db), 1176);
	db_rollback(rq1);

	assert_ok(db_exec(rq2, "ALTER TABLE t DROP COLUMN n"));
	assert_fails(rq1, E_RETRY, db_query(rq1, &rows, "SELECT n FROM t WHERE id = ?", B(1)));
	assert_int_equal(db_errno(rq1->db), 1054);
	db_rollback(rq1);
	assert_ok(db_exec(rq2, "DROP TABLE t"));
	assert_fails(rq1, E_RETRY, db_query(rq1, &rows, "SELECT * FROM t WHERE id = ?", B(1)));
	assert_int_equal(db_errno(rq1->db), 1146);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_session, make_table),
	    cmocka_unit_test_setup(test_patience, make_table),
	    cmocka_unit_test_setup(test_several_statements_refused, make_table),
	    cmocka_unit_test_setup(test_cache, make_table),
	    cmocka_unit_test_setup(test_too_many_statements_on_the_server, make_table),
	    cmocka_unit_test_setup(test_wrong_number_of_values, make_table),
	    cmocka_unit_test_setup(test_transactions, make_table),
	    cmocka_unit_test_setup(test_duplicate, make_table),
	    cmocka_unit_test_setup(test_savepoint, make_table),
	    cmocka_unit_test_setup(test_data_errors, make_table),
	    cmocka_unit_test_setup(test_foreign_keys, make_table),
	    cmocka_unit_test_setup(test_statement_timeout, make_table),
	    cmocka_unit_test_setup(test_too_large, make_table),
	    cmocka_unit_test_setup(test_lock_wait, make_table),
	    cmocka_unit_test_setup(test_deadlock, make_table),
	    cmocka_unit_test_setup(test_changed_since_read, make_table),
	    cmocka_unit_test_setup(test_changed_shape, make_table),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
