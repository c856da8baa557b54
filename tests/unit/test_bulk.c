/* Many rows in one command. */
#include "database.h"

#include "clock.h"
#include "sqlb.h"

static int
make_table(void **state)
{
	database_fresh(state);
	assert_ok(db_exec(rq1, "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, s VARCHAR(40), d "
			       "DOUBLE, u BIGINT UNSIGNED,"
			       " b BLOB, at DATETIME(6), k UUID, UNIQUE KEY s (s))"
			       " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"));
	return 0;
}

/* (id, s) for ids from first on. */
static struct bind *
pairs(int first, size_t n)
{
	struct bind *values = NEWV(rq1->mem, struct bind, 2 * n);
	size_t i;

	for (i = 0; i < n; i++) {
		values[2 * i] = B(first + (int)i);
		values[2 * i + 1] = B(arena_printf(rq1->mem, "text %zu", (size_t)first + i));
	}
	return values;
}

static void
test_all_types(void **state)
{
	static const char id[] = "018f2f4e-7a30-7000-8000-0123456789ab";
	int64_t at;
	const struct bind values[] = {B(1), B("one"), B(0.5), B(UINT64_MAX), bind_blob("\0\1", 2),
	    bind_time(INT64_C(1795000000123456)), B(id), B(2), bind_null(), bind_null(),
	    bind_null(), bind_null(), bind_null(), bind_null(), B(3), B(""), B(-1e300),
	    B(UINT64_C(0)), bind_blob("", 0), bind_time(0),
	    B("FFFFFFFF-7a30-7000-8000-0123456789ab")};
	struct rows *rows;
	size_t i;
	(void)state;

	assert_ok(db_bulk_(rq1,
	    "INSERT INTO t (id, s, d, u, b, at, k) VALUES (?, ?, ?, ?, ?, ?, ?)", values, 7, 3));
	assert_int_equal(db_affected(rq1->db), 3);
	assert_ok(db_query(rq1, &rows, "SELECT s, d, u, b, at, k FROM t ORDER BY id"));
	assert_int_equal(rows_next(rows), 1);
	assert_string_equal(rows_text(rows, 0, NULL), "one");
	assert_true(rows_double(rows, 1) == 0.5);
	assert_string_equal(rows_text(rows, 2, NULL), "18446744073709551615");
	assert_memory_equal(rows_text(rows, 3, NULL), "\0\1", 2);
	at = rows_time(rows, 4);
	assert_true(at == INT64_C(1795000000123456));
	assert_string_equal(rows_text(rows, 5, NULL), id);
	assert_int_equal(rows_next(rows), 1);
	for (i = 0; i < 6; i++)
		assert_true(rows_null(rows, i));
	assert_int_equal(rows_next(rows), 1);
	assert_string_equal(rows_text(rows, 0, NULL), "");
	assert_true(rows_double(rows, 1) == -1e300);
	assert_false(rows_null(rows, 3));
	assert_string_equal(rows_text(rows, 4, NULL), "1970-01-01T00:00:00.000Z");
	assert_string_equal(rows_text(rows, 5, NULL), "ffffffff-7a30-7000-8000-0123456789ab");
}

static void
test_column_of_nulls(void **state)
{
	const struct bind values[] = {B(1), bind_null(), B(2), bind_null()};
	(void)state;

	assert_ok(db_bulk_(rq1, "INSERT INTO t (id, d) VALUES (?, ?)", values, 2, 2));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t WHERE d IS NULL"), 2);
}

static void
test_mixed_types_refused(void **state)
{
	const struct bind values[] = {B(1), B(0.5), B(2), B("0.5")};
	(void)state;

	assert_fails(
	    rq1, E_INTERNAL, db_bulk_(rq1, "INSERT INTO t (id, d) VALUES (?, ?)", values, 2, 2));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 0);
}

static void
insert_many(int first, size_t n)
{
	struct bind *values = pairs(first, n);
	int64_t begun = clock_monotonic();

	assert_ok(db_bulk_(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", values, 2, n));
	print_message("%zu rows in %.1f ms\n", n, (double)(clock_monotonic() - begun) / 1000);
	assert_int_equal(db_affected(rq1->db), n);
}

static void
test_many(void **state)
{
	(void)state;
	insert_many(0, 1000);
	insert_many(1000, 10000);
	insert_many(11000, 1);
	assert_int_equal(
	    database_number(rq1, "SELECT COUNT(*) FROM t WHERE s = CONCAT('text ', id)"), 11001);
	/* the same statement for one row */
	assert_ok(db_exec(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", B(20000), B("single")));
	assert_int_equal(db_affected(rq1->db), 1);
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 11002);
}

static void
test_duplicate_undoes_all(void **state)
{
	struct bind *values = pairs(0, 1000);
	(void)state;

	assert_ok(db_exec(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", B(5000), B("before")));
	assert_ok(db_savepoint(rq1, "chunk"));
	values[2 * 500 + 1] = B("text 7");
	assert_fails(
	    rq1, E_CONFLICT, db_bulk_(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", values, 2, 1000));
	assert_string_equal(db_duplicate_key(rq1->db), "s");
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 1);
	assert_ok(db_rollback_to(rq1, "chunk"));

	/* row by row with the same statement, as bulk_insert goes on */
	assert_ok(db_exec(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", values[0], values[1]));
	values[2 * 500 + 1] = B("text 500");
	assert_fails(
	    rq1, E_CONFLICT, db_bulk_(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", values, 2, 1000));
	assert_string_equal(db_duplicate_key(rq1->db), "PRIMARY");
	assert_ok(db_bulk_(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", values + 2, 2, 999));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 1001);
}

static void
test_too_long_undoes_all(void **state)
{
	struct bind *values = pairs(0, 10);
	(void)state;

	values[2 * 5 + 1] = B("12345678901234567890123456789012345678901");
	assert_fails(
	    rq1, E_VALIDATION, db_bulk_(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", values, 2, 10));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 0);
}

static void
test_update(void **state)
{
	struct bind *values = NEWV(rq1->mem, struct bind, 2 * 100);
	struct sqlb b;
	size_t i;
	(void)state;

	insert_many(0, 100);
	for (i = 0; i < 100; i++) {
		values[2 * i] = B(arena_printf(rq1->mem, "new %zu", i));
		values[2 * i + 1] = B((int)i);
	}
	sqlb_init(&b, rq1->mem);
	sqlb_lit(&b, "UPDATE t SET s = ");
	sqlb_each(&b);
	sqlb_lit(&b, ", d = ");
	sqlb_bind(&b, B(2.5));
	sqlb_lit(&b, " WHERE id = ");
	sqlb_each(&b);
	sqlb_lit(&b, " AND id < ");
	sqlb_bind(&b, B(90));
	assert_ok(sqlb_bulk(rq1, &b, values, 100, NULL));
	assert_int_equal(db_affected(rq1->db), 90);
	assert_int_equal(
	    database_number(rq1, "SELECT COUNT(*) FROM t WHERE s = CONCAT('new ', id) AND d = 2.5"),
	    90);
	assert_int_equal(
	    database_number(rq1, "SELECT COUNT(*) FROM t WHERE s = CONCAT('text ', id)"), 10);
}

static void
returning(struct sqlb *b)
{
	sqlb_init(b, rq1->mem);
	sqlb_lit(b, "INSERT INTO t (id, s) VALUES (");
	sqlb_each(b);
	sqlb_lit(b, ", ");
	sqlb_each(b);
	sqlb_lit(b, ") RETURNING id, s, (id < ");
	sqlb_bind(b, B(2));
	sqlb_lit(b, ") AS ok");
}

static void
test_returning(void **state)
{
	struct bind *values = pairs(0, 1000);
	char expected[20];
	struct rows *rows;
	struct sqlb b;
	int i;
	(void)state;

	returning(&b);
	assert_ok(sqlb_bulk(rq1, &b, values, 1000, &rows));
	for (i = 0; rows_next(rows) > 0; i++) {
		snprintf(expected, sizeof(expected), "text %d", i);
		assert_int_equal(rows_int(rows, 0), i);
		assert_string_equal(rows_text(rows, 1, NULL), expected);
		assert_int_equal(rows_int(rows, 2), i < 2);
	}
	assert_int_equal(i, 1000);
	assert_string_equal(rows_name(rows, 2), "ok");

	values = pairs(1000, 1000);
	values[2 * 999 + 1] = B("text 3");
	assert_fails(rq1, E_CONFLICT, sqlb_bulk(rq1, &b, values, 1000, &rows));
	assert_string_equal(db_duplicate_key(rq1->db), "s");
	assert_fails(rq1, E_CONFLICT, sqlb_bulk(rq1, &b, values, 1000, NULL));
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 1000);
	assert_ok(sqlb_bulk(rq1, &b, values, 999, NULL));
	assert_int_equal(db_affected(rq1->db), 999);
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 1999);
}

static void
test_too_large(void **state)
{
	enum { EACH = 20000, N = 1000 };
	struct bind *values = NEWV(rq1->mem, struct bind, 2 * N);
	char *text = arena_alloc(rq1->mem, EACH);
	int64_t connection = database_number(rq1, "SELECT CONNECTION_ID()");
	size_t i;
	(void)state;

	memset(text, 'x', EACH);
	for (i = 0; i < N; i++) {
		values[2 * i] = B((int)i);
		values[2 * i + 1] = bind_blob(text, EACH);
	}
	assert_fails(rq1, E_PAYLOAD_TOO_LARGE,
	    db_bulk_(rq1, "INSERT INTO t (id, b) VALUES (?, ?)", values, 2, N));
	assert_ok(db_bulk_(rq1, "INSERT INTO t (id, b) VALUES (?, ?)", values, 2, N / 2));
	assert_int_equal(database_number(rq1, "SELECT CONNECTION_ID()"), connection);
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), N / 2);
}

static void
test_killed(void **state)
{
	char sql[64];
	(void)state;

	insert_many(0, 10);
	snprintf(sql, sizeof(sql), "KILL %lld",
	    (long long)database_number(rq1, "SELECT CONNECTION_ID()"));
	assert_ok(db_exec_(rq2, sql, NULL, 0));
	usleep(50000);
	assert_fails(rq1, E_RETRY,
	    db_bulk_(rq1, "INSERT INTO t (id, s) VALUES (?, ?)", pairs(10, 10), 2, 10));
	db_rollback(rq1);
	assert_int_equal(database_number(rq1, "SELECT COUNT(*) FROM t"), 0);
	insert_many(0, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_all_types, make_table),
	    cmocka_unit_test_setup(test_column_of_nulls, make_table),
	    cmocka_unit_test_setup(test_mixed_types_refused, make_table),
	    cmocka_unit_test_setup(test_many, make_table),
	    cmocka_unit_test_setup(test_duplicate_undoes_all, make_table),
	    cmocka_unit_test_setup(test_too_long_undoes_all, make_table),
	    cmocka_unit_test_setup(test_update, make_table),
	    cmocka_unit_test_setup(test_returning, make_table),
	    cmocka_unit_test_setup(test_too_large, make_table),
	    cmocka_unit_test_setup(test_killed, make_table),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
