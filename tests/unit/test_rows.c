/* Values on their way into MariaDB and back, and results of every size. */
#include "database.h"

#include <float.h>
#include <math.h>

#include "clock.h"
#include "sqlb.h"

enum { BIG = 1024 * 1024 };

static struct rows *rows;

static void
one_row(void)
{
	assert_int_equal(rows_next(rows), 1);
}

/* What rows_out() writes for a column. */
static const char *
json(size_t column)
{
	struct out out;

	out_init(&out, rq1->mem);
	rows_out(rows, column, &out);
	return buf_text(&out.buf);
}

static int
make_table(void **state)
{
	database_fresh(state);
	assert_ok(db_exec(rq1,
	    "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, i BIGINT,"
	    " u BIGINT UNSIGNED, d DOUBLE, s VARCHAR(50), txt LONGTEXT, b LONGBLOB, t DATETIME(6),"
	    " k UUID, de DECIMAL(30,6), day DATE, j JSON)"
	    " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"));
	return 0;
}

static void
test_integers(void **state)
{
	static const int64_t values[] = {0, 1, -1, INT32_MIN, INT64_MIN, INT64_MAX};
	size_t i;
	(void)state;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_ok(
		    db_query(rq1, &rows, "INSERT INTO t (i) VALUES (?) RETURNING i", B(values[i])));
		one_row();
		assert_false(rows_null(rows, 0));
		assert_true(rows_int(rows, 0) == values[i]);
		assert_string_equal(rows_text(rows, 0, NULL), json(0));
		assert_int_equal(rows_next(rows), 0);
	}
	assert_ok(
	    db_query(rq1, &rows, "INSERT INTO t (u) VALUES (?) RETURNING u, u - 1", B(UINT64_MAX)));
	one_row();
	assert_string_equal(json(0), "18446744073709551615");
	assert_string_equal(rows_text(rows, 1, NULL), "18446744073709551614");
	assert_true((uint64_t)rows_int(rows, 0) == UINT64_MAX);
	assert_ok(db_query(rq1, &rows, "SELECT ? + 0, ? + 0", B((bool)true), B((uint32_t)7)));
	one_row();
	assert_int_equal(rows_int(rows, 0), 1);
	assert_int_equal(rows_int(rows, 1), 7);
}

static void
test_doubles(void **state)
{
	static const double values[] = {
	    0, -0.0, 0.1, -2.5, 1e300, DBL_MIN, DBL_MAX, 1.0 / 3, 5e-324};
	size_t i;
	(void)state;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_ok(
		    db_query(rq1, &rows, "INSERT INTO t (d) VALUES (?) RETURNING d", B(values[i])));
		one_row();
		assert_true(rows_double(rows, 0) == values[i]);
		assert_true(strtod(rows_text(rows, 0, NULL), NULL) == values[i]);
	}
	assert_ok(db_query(rq1, &rows, "SELECT 0.1e0, CAST(1.1 AS FLOAT), 1e19, -1e19, 2.9e0"));
	one_row();
	assert_string_equal(json(0), "0.1");
	assert_string_equal(json(1), "1.1");
	assert_true(rows_int(rows, 2) == INT64_MAX);
	assert_true(rows_int(rows, 3) == INT64_MIN);
	assert_int_equal(rows_int(rows, 4), 2);
}

static void
test_decimals(void **state)
{
	(void)state;
	assert_ok(db_query(rq1, &rows,
	    "SELECT CAST(? AS DECIMAL(30,6)), CAST(-0.5 AS DECIMAL(4,2)), SUM(s.seq), 0.5"
	    " FROM seq_1_to_4 s",
	    B("123456789012345678901234.567891")));
	one_row();
	assert_string_equal(json(0), "123456789012345678901234.567891");
	assert_string_equal(json(1), "-0.50");
	assert_string_equal(json(2), "10");
	assert_string_equal(json(3), "0.5");
	assert_int_equal(rows_int(rows, 2), 10);
	assert_true(rows_double(rows, 1) == -0.5);

	assert_ok(
	    db_exec(rq1, "CREATE OR REPLACE TABLE z (a DECIMAL(8,2) ZEROFILL, b INT ZEROFILL)"));
	assert_ok(db_exec(rq1, "INSERT INTO z VALUES (?, ?)", B("7.50"), B(7)));
	assert_ok(db_exec(rq1, "INSERT INTO z VALUES (?, ?)", B("0"), B(0)));
	assert_ok(db_query(rq1, &rows, "SELECT a, b FROM z ORDER BY a DESC"));
	one_row();
	assert_string_equal(json(0), "7.50");
	assert_string_equal(json(1), "7");
	one_row();
	assert_string_equal(json(0), "0.00");
}

static void
test_texts(void **state)
{
	static const char with_nul[] = "a\0b";
	char *big = malloc(BIG + 1);
	size_t len;
	(void)state;

	memset(big, 'x', BIG);
	big[BIG] = '\0';
	big[BIG - 1] = '!';
	assert_ok(db_query(rq1, &rows,
	    "INSERT INTO t (s, txt, j) VALUES (?, ?, ?) RETURNING s, txt, j, CONCAT(txt, 'y')",
	    B(""), B(big), B("{\"a\":[1,null]}")));
	one_row();
	assert_false(rows_null(rows, 0));
	assert_string_equal(rows_text(rows, 0, &len), "");
	assert_int_equal(len, 0);
	assert_string_equal(rows_text(rows, 1, &len), big);
	assert_int_equal(len, BIG);
	assert_int_equal(strlen(rows_text(rows, 3, NULL)), BIG + 1);
	assert_string_equal(json(2), "\"{\\\"a\\\":[1,null]}\"");

	assert_ok(db_query(rq1, &rows, "SELECT ?, ?, ?", bind_strn(with_nul, 3),
	    B("\xf0\x9f\x98\x80 \"\\ \xc3\xa4 '"), bind_strn(big, 256)));
	one_row();
	assert_memory_equal(rows_text(rows, 0, &len), with_nul, 4);
	assert_int_equal(len, 3);
	assert_string_equal(json(0), "\"a\\u0000b\"");
	assert_string_equal(rows_text(rows, 1, NULL), "\xf0\x9f\x98\x80 \"\\ \xc3\xa4 '");
	assert_string_equal(rows_text(rows, 2, &len), rows_dup(rows, 2));
	assert_int_equal(len, 256);
	free(big);
}

static void
test_json_as_it_is(void **state)
{
	struct out out;
	(void)state;

	assert_ok(db_query(rq1, &rows, "SELECT ?, NULL", B("{\"a\": [1,  null]}")));
	one_row();
	out_init(&out, rq1->mem);
	out_array(&out);
	rows_out_json(rows, 0, &out);
	rows_out_json(rows, 1, &out);
	out_end(&out);
	assert_string_equal(buf_text(&out.buf), "[{\"a\": [1,  null]},null]");
}

static void
test_binary(void **state)
{
	static const unsigned char bytes[] = {0, 1, 255, '\'', 0x80};
	size_t len;
	(void)state;

	assert_ok(db_query(rq1, &rows, "INSERT INTO t (b) VALUES (?) RETURNING b, b'1000000001'",
	    bind_blob(bytes, sizeof(bytes))));
	one_row();
	assert_memory_equal(rows_text(rows, 0, &len), bytes, sizeof(bytes));
	assert_int_equal(len, sizeof(bytes));
	assert_string_equal(json(0), "\"AAH/J4A=\"");
	assert_ok(db_exec(rq1, "CREATE OR REPLACE TABLE z (a BIT(10), b BIT(1))"));
	assert_ok(db_exec(rq1, "INSERT INTO z VALUES (b'1000000001', b'1')"));
	assert_ok(db_query(rq1, &rows, "SELECT a, b FROM z"));
	one_row();
	assert_int_equal(rows_int(rows, 0), 513);
	assert_string_equal(json(0), "513");
	assert_string_equal(rows_text(rows, 1, NULL), "1");
}

static void
test_times(void **state)
{
	static const char *const texts[] = {"1970-01-01T00:00:00.000Z", "2026-11-22T10:20:30.123Z",
	    "2026-11-22T10:20:30.123456Z", "1969-12-31T23:59:59.999999Z",
	    "9999-12-31T23:59:59.999999Z", "1000-01-01T00:00:00.000Z"};
	char quoted[CLOCK_TEXT_SIZE + 2];
	int64_t us;
	size_t i;
	(void)state;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(clock_parse(texts[i], strlen(texts[i]), &us));
		assert_ok(db_query(rq1, &rows,
		    "INSERT INTO t (t) VALUES (?) RETURNING t, DATE_FORMAT(t, '%Y-%m-%dT%T.%f')",
		    bind_time(us)));
		one_row();
		assert_true(rows_time(rows, 0) == us);
		assert_string_equal(rows_text(rows, 0, NULL), texts[i]);
		assert_memory_equal(rows_text(rows, 1, NULL), texts[i], 23);
		snprintf(quoted, sizeof(quoted), "\"%s\"", texts[i]);
		assert_string_equal(json(0), quoted);
	}
	assert_true(clock_parse("2026-11-22", 10, &us));
	assert_ok(db_query(rq1, &rows,
	    "SELECT CAST(? AS DATE), TIMESTAMP'2026-11-22 00:00:00', TIME'10:20:30.5'",
	    B("2026-11-22")));
	one_row();
	assert_string_equal(json(0), "\"2026-11-22\"");
	assert_true(rows_time(rows, 0) == us);
	assert_true(rows_time(rows, 1) == us);
	assert_string_equal(json(2), "\"10:20:30.5\"");
}

/* Other software may have left such dates in an adopted table. */
static void
test_zero_dates(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "SET sql_mode=''"));
	assert_ok(db_exec(rq1, "INSERT INTO t (t) VALUES ('0000-00-00')"));
	assert_ok(db_query(rq1, &rows, "SELECT t, t IS NULL FROM t"));
	one_row();
	assert_int_equal(rows_int(rows, 1), 0);
	assert_true(rows_null(rows, 0));
	assert_string_equal(json(0), "null");
	db_close(rq1->db);
	assert_fails(rq1, E_VALIDATION, db_exec(rq1, "INSERT INTO t (t) VALUES ('0000-00-00')"));
}

static void
test_uuids(void **state)
{
	static const char id[] = "018f2f4e-7a30-7000-8000-0123456789ab";
	(void)state;

	assert_ok(db_query(rq1, &rows, "INSERT INTO t (k) VALUES (?) RETURNING k", B(id)));
	one_row();
	assert_string_equal(rows_text(rows, 0, NULL), id);
	assert_string_equal(json(0), "\"018f2f4e-7a30-7000-8000-0123456789ab\"");
	assert_ok(db_query(rq1, &rows, "SELECT k FROM t WHERE k = ?", B(id)));
	one_row();
	assert_string_equal(rows_text(rows, 0, NULL), id);
}

static void
test_nulls(void **state)
{
	size_t i;
	(void)state;

	assert_ok(db_query(rq1, &rows,
	    "INSERT INTO t (i, u, d, s, txt, b, t, k, de, day, j)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " RETURNING i, u, d, s, txt, b, t, k, de, day, j, NULL",
	    B(((struct opt_int){.set = false})), bind_null(), bind_null(), B((const char *)NULL),
	    B((char *)NULL), bind_blob(NULL, 5), bind_null(), bind_null(), bind_null(), bind_null(),
	    bind_null()));
	one_row();
	assert_int_equal(rows_columns(rows), 12);
	for (i = 0; i < 12; i++) {
		assert_true(rows_null(rows, i));
		assert_null(rows_text(rows, i, NULL));
		assert_null(rows_dup(rows, i));
		assert_int_equal(rows_int(rows, i), 0);
		assert_true(rows_double(rows, i) == 0);
		assert_true(rows_time(rows, i) == 0);
		assert_string_equal(json(i), "null");
	}
	/* the statement is the same, the values are not */
	assert_ok(db_query(rq1, &rows,
	    "INSERT INTO t (i, u, d, s, txt, b, t, k, de, day, j)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " RETURNING i, u, d, s, txt, b, t, k, de, day, j, NULL",
	    B(1), B((uint64_t)2), B(0.5), B("s"), B("t"), bind_blob("b", 1), bind_time(0),
	    B("018f2f4e-7a30-7000-8000-0123456789ab"), B("1.5"), B("2026-01-01"), B("[]")));
	one_row();
	for (i = 0; i < 11; i++)
		assert_false(rows_null(rows, i));
	assert_string_equal(json(8), "1.500000");
}

static void
test_names_and_counts(void **state)
{
	(void)state;
	assert_ok(
	    db_query(rq1, &rows, "SELECT seq AS first, seq * 2 AS `the second` FROM seq_1_to_3"));
	assert_int_equal(rows_columns(rows), 2);
	assert_string_equal(rows_name(rows, 0), "first");
	assert_string_equal(rows_name(rows, 1), "the second");
	assert_int_equal(db_affected(rq1->db), 3);
	/* the rows stay when the statement does not */
	db_forget_statements(rq1->db);
	assert_string_equal(rows_name(rows, 1), "the second");
	one_row();
	one_row();
	assert_int_equal(rows_int(rows, 1), 4);
	one_row();
	assert_int_equal(rows_next(rows), 0);
	assert_int_equal(rows_next(rows), 0);
}

static void
test_same_statement_nested(void **state)
{
	struct rows *outer, *inner;
	int seen = 0;
	(void)state;

	assert_ok(db_query(rq1, &outer, "SELECT seq FROM seq_1_to_9 WHERE seq > ?", B(6)));
	while (rows_next(outer) > 0) {
		assert_ok(db_query(rq1, &inner, "SELECT seq FROM seq_1_to_9 WHERE seq > ?",
		    B(rows_int(outer, 0))));
		while (rows_next(inner) > 0)
			seen++;
	}
	assert_int_equal(seen, 2 + 1);
}

static void
test_look_ups(void **state)
{
	const char *text = "untouched";
	int64_t n = -1;
	(void)state;

	assert_int_equal(db_text(rq1, &text, "SELECT 'x' FROM t WHERE id = ?", B(1)), 0);
	assert_string_equal(text, "untouched");
	assert_int_equal(db_text(rq1, &text, "SELECT CONCAT(?, '!')", B("yes")), 1);
	assert_string_equal(text, "yes!");
	assert_int_equal(db_text(rq1, &text, "SELECT NULL"), 1);
	assert_null(text);
	assert_int_equal(db_int(rq1, &n, "SELECT COUNT(*) FROM t"), 1);
	assert_int_equal(n, 0);
	assert_fails(rq1, E_INTERNAL, db_int(rq1, &n, "SELEC 1"));
	assert_int_equal(db_errno(rq1->db), 1064);
	assert_non_null(strstr(db_error_text(rq1->db), "SELEC"));
}

static void
test_without_result(void **state)
{
	(void)state;
	assert_ok(db_query(rq1, &rows, "INSERT INTO t (i) VALUES (?)", B(1)));
	assert_int_equal(rows_columns(rows), 0);
	assert_int_equal(rows_next(rows), 0);
	assert_int_equal(db_affected(rq1->db), 1);
	assert_ok(db_stream_(rq1, &rows, "UPDATE t SET i = 2", NULL, 0));
	assert_int_equal(rows_next(rows), 0);
	assert_int_equal(db_affected(rq1->db), 1);
	assert_ok(db_exec(rq1, "SELECT 1"));
	assert_ok(db_exec(rq1, "SELECT ?", B(1)));
}

static void
test_procedure(void **state)
{
	(void)state;
	assert_ok(db_exec(rq1, "CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END"));
	assert_ok(db_query(rq1, &rows, "CALL p()"));
	one_row();
	assert_int_equal(rows_int(rows, 0), 1);
	assert_ok(db_exec(rq1, "CALL p()"));
	assert_ok(db_query(rq1, &rows, "SELECT 3"));
	one_row();
	assert_int_equal(rows_int(rows, 0), 3);
}

static long
resident_kilobytes(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_int_equal(fscanf(f, "%*s %ld", &pages), 1);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
test_stream_is_flat(void **state)
{
	int64_t sum = 0, begun = clock_monotonic();
	size_t held = 0, len;
	long resident = 0;
	int n = 0;
	(void)state;

	assert_ok(db_stream_(rq1, &rows,
	    "SELECT seq, REPEAT('x', 100 + seq % 1000), NULL, seq / 2, TIMESTAMP'2026-01-01 "
	    "00:00:00'"
	    " FROM seq_1_to_100000",
	    NULL, 0));
	while (rows_next(rows) > 0) {
		n++;
		sum += rows_int(rows, 0);
		assert_int_equal(strlen(rows_text(rows, 1, &len)), 100 + n % 1000);
		assert_true(rows_null(rows, 2));
		assert_non_null(rows_text(rows, 0, NULL));
		assert_non_null(rows_text(rows, 4, NULL));
		if (n == 2000) {
			held = arena_bytes(rq1->mem);
			resident = resident_kilobytes();
		}
	}
	assert_int_equal(n, 100000);
	assert_true(sum == INT64_C(5000050000));
	assert_int_equal(arena_bytes(rq1->mem), held);
	assert_in_range(resident_kilobytes(), 0, resident + 256);
	print_message(
	    "100,000 rows streamed in %lld ms\n", (long long)(clock_monotonic() - begun) / 1000);
}

static void
test_stream_with_large_texts(void **state)
{
	static const size_t lengths[] = {10, 300, 70000, 5, 1000000, 0, 256, 257};
	size_t i = 0, len;
	(void)state;

	assert_ok(db_stream_(rq1, &rows,
	    "SELECT REPEAT('a', l), l, REPEAT('b', l * 2) FROM (SELECT 1 AS n, 10 AS l UNION ALL"
	    " SELECT 2, 300 UNION ALL SELECT 3, 70000 UNION ALL SELECT 4, 5 UNION ALL"
	    " SELECT 5, 1000000 UNION ALL SELECT 6, 0 UNION ALL SELECT 7, 256 UNION ALL"
	    " SELECT 8, 257) x ORDER BY n",
	    NULL, 0));
	for (; rows_next(rows) > 0; i++) {
		assert_int_equal(rows_int(rows, 1), lengths[i]);
		assert_int_equal(strlen(rows_text(rows, 0, &len)), lengths[i]);
		assert_int_equal(len, lengths[i]);
		assert_int_equal(strspn(rows_text(rows, 2, &len), "b"), 2 * lengths[i]);
	}
	assert_int_equal(i, 8);
}

static void
test_stream_closed_early(void **state)
{
	int64_t n;
	(void)state;

	assert_ok(db_exec(rq1, "INSERT INTO t (i) VALUES (?)", B(1)));
	assert_ok(db_stream_(rq1, &rows, "SELECT seq FROM seq_1_to_100000", NULL, 0));
	assert_int_equal(rows_next(rows), 1);
	assert_fails(rq1, E_INTERNAL, db_int(rq1, &n, "SELECT 1"));
	rows_close(rows);
	assert_fails(rq1, E_INTERNAL, rows_next(rows));
	/* in the same transaction */
	assert_int_equal(db_int(rq1, &n, "SELECT COUNT(*) FROM t"), 1);
	assert_int_equal(n, 1);

	assert_ok(db_stream_(rq1, &rows, "SELECT seq FROM seq_1_to_100000", NULL, 0));
	assert_int_equal(rows_next(rows), 1);
	db_rollback(rq1);
	assert_int_equal(db_int(rq1, &n, "SELECT COUNT(*) FROM t"), 1);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_integers, make_table),
	    cmocka_unit_test_setup(test_doubles, make_table),
	    cmocka_unit_test_setup(test_decimals, make_table),
	    cmocka_unit_test_setup(test_texts, make_table),
	    cmocka_unit_test_setup(test_json_as_it_is, make_table),
	    cmocka_unit_test_setup(test_binary, make_table),
	    cmocka_unit_test_setup(test_times, make_table),
	    cmocka_unit_test_setup(test_zero_dates, make_table),
	    cmocka_unit_test_setup(test_uuids, make_table),
	    cmocka_unit_test_setup(test_nulls, make_table),
	    cmocka_unit_test_setup(test_names_and_counts, make_table),
	    cmocka_unit_test_setup(test_same_statement_nested, make_table),
	    cmocka_unit_test_setup(test_look_ups, make_table),
	    cmocka_unit_test_setup(test_without_result, make_table),
	    cmocka_unit_test_setup(test_procedure, make_table),
	    cmocka_unit_test_setup(test_stream_is_flat, make_table),
	    cmocka_unit_test_setup(test_stream_with_large_texts, make_table),
	    cmocka_unit_test_setup(test_stream_closed_early, make_table),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
