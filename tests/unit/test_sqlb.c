/* SQL text made at run time: what comes out, and that no caller's text gets in. */
#include "unit.h"

#include "arena.h"
#include "sql_split.h"
#include "sqlb.h"

static struct arena *mem;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static void
test_identifiers(void **state)
{
	char name[65];
	(void)state;

	assert_string_equal(ident_table(7, 42).text, "`c_7_42`");
	assert_string_equal(ident_table(UINT32_MAX, UINT32_MAX).text, "`c_4294967295_4294967295`");
	assert_string_equal(ident_column(3).text, "`f_3`");
	assert_string_equal(ident_index(5).text, "`ix_5`");
	assert_string_equal(ident_literal("created_at").text, "`created_at`");
	assert_string_equal(ident_existing("wp posts").text, "`wp posts`");
	assert_string_equal(ident_existing("a`; DROP TABLE x; --").text, "`a``; DROP TABLE x; --`");

	memset(name, '`', 64);
	name[64] = '\0';
	assert_int_equal(strlen(ident_existing(name).text), 2 * 64 + 2);
}

static void
test_longest_name(void **state)
{
	char name[3 * 64 + 1] = "";
	int i;
	(void)state;

	for (i = 0; i < 64; i++)
		strcat(name, "\xe2\x82\xac");
	assert_int_equal(strlen(ident_existing(name).text), 3 * 64 + 2);
}

static void
test_parts(void **state)
{
	struct ident table = ident_table(1, 2);
	struct ident column = ident_column(3);
	struct sqlb b, bare;
	(void)state;

	sqlb_init(&b, mem);
	sqlb_lit(&b, "SELECT ");
	sqlb_column(&b, 0, &column);
	sqlb_lit(&b, " FROM ");
	sqlb_ident(&b, &table);
	sqlb_lit(&b, " AS ");
	sqlb_alias(&b, 0);
	sqlb_lit(&b, " WHERE ");
	sqlb_column(&b, 0, &column);
	sqlb_lit(&b, " = ");
	sqlb_bind(&b, B("x' OR '1'='1"));
	sqlb_lit(&b, " LIMIT ");
	sqlb_uint(&b, 18446744073709551615u);
	assert_string_equal(buf_text(&b.text),
	    "SELECT t0.`f_3` FROM `c_1_2` AS t0 WHERE t0.`f_3` = ? LIMIT 18446744073709551615");
	sqlb_init(&bare, mem);
	sqlb_column(&bare, SQLB_BARE, &column);
	assert_string_equal(buf_text(&bare.text), "`f_3`");
	assert_int_equal(b.nbinds, 1);
	assert_int_equal(b.binds[0].type, BIND_STR);
	assert_string_equal(b.binds[0].s, "x' OR '1'='1");
}

static void
test_append_keeps_order(void **state)
{
	struct sqlb all, part;
	int i;
	(void)state;

	sqlb_init(&all, mem);
	sqlb_init(&part, mem);
	for (i = 0; i < 40; i++) {
		sqlb_lit(&part, ",");
		sqlb_bind(&part, B(100 + i));
	}
	sqlb_bind(&all, B(1));
	sqlb_append(&all, &part);
	sqlb_lit(&all, ",");
	sqlb_bind(&all, B(2));
	assert_int_equal(all.text.len, 1 + 40 * 2 + 2);
	assert_int_equal(all.nbinds, 42);
	assert_int_equal(all.binds[0].i, 1);
	assert_int_equal(all.binds[1].i, 100);
	assert_int_equal(all.binds[40].i, 139);
	assert_int_equal(all.binds[41].i, 2);
}

static void
test_append_nothing(void **state)
{
	struct sqlb all, nothing;
	(void)state;

	sqlb_init(&all, mem);
	sqlb_init(&nothing, mem);
	sqlb_lit(&all, "1");
	sqlb_append(&all, &nothing);
	assert_string_equal(buf_text(&all.text), "1");
	assert_int_equal(all.nbinds, 0);
}

static void
test_binds(void **state)
{
	(void)state;
	assert_int_equal(B((const char *)NULL).type, BIND_NULL);
	assert_int_equal(B("").type, BIND_STR);
	assert_int_equal(B("").len, 0);
	assert_int_equal(bind_strn("abc", 2).len, 2);
	assert_int_equal(bind_blob(NULL, 0).type, BIND_NULL);
	assert_int_equal(B(-5).i, -5);
	assert_int_equal(B(INT64_MIN).i, INT64_MIN);
	assert_int_equal(B(UINT64_MAX).type, BIND_UINT);
	assert_true(B(UINT64_MAX).u == UINT64_MAX);
	assert_true(B(0.5).d == 0.5);
	assert_int_equal(B((bool)true).i, 1);
	assert_int_equal(B(((struct opt_int){.set = false, .value = 3})).type, BIND_NULL);
	assert_int_equal(B(((struct opt_int){.set = true, .value = 3})).i, 3);
	assert_int_equal(B(((struct opt_bool){.set = false})).type, BIND_NULL);
	assert_int_equal(B(((struct opt_bool){.set = true, .value = false})).i, 0);
	assert_int_equal(B(((struct opt_bool){.set = true, .value = false})).type, BIND_INT);
}

static void
assert_split_by(const char *(*split)(struct arena *, const char **), const char *text,
    const char *const expected[])
{
	const char *sql;

	for (; (sql = split(mem, &text)) != NULL; expected++) {
		assert_non_null(*expected);
		assert_string_equal(sql, *expected);
	}
	assert_null(*expected);
}

static void
assert_split(const char *text, const char *const expected[])
{
	assert_split_by(sql_split, text, expected);
}

static void
test_split(void **state)
{
	(void)state;
	assert_split("", (const char *[]){NULL});
	assert_split(
	    " \n-- only; a comment;\n# another;\n/* and;\n one */\n", (const char *[]){NULL});
	assert_split("A;\nB;", (const char *[]){"A", "B", NULL});
	assert_split("A", (const char *[]){"A", NULL});
	assert_split("A ; \t\r\n  B\nC;\n", (const char *[]){"A ", "B\nC", NULL});
	/* not the last thing on its line */
	assert_split("A; B;\n", (const char *[]){"A; B", NULL});
}

static void
test_split_quotes_and_comments(void **state)
{
	(void)state;
	assert_split("INSERT 'a;\nb';\nB;\n", (const char *[]){"INSERT 'a;\nb'", "B", NULL});
	assert_split("INSERT 'it''s;\n';\nB;\n", (const char *[]){"INSERT 'it''s;\n'", "B", NULL});
	assert_split("INSERT 'it\\';\n';\nB;\n", (const char *[]){"INSERT 'it\\';\n'", "B", NULL});
	assert_split("X \"a;\n\" `b;\n`;\nB;\n", (const char *[]){"X \"a;\n\" `b;\n`", "B", NULL});
	assert_split("X `b\\`;\nB;\n", (const char *[]){"X `b\\`", "B", NULL});
	assert_split("A -- it's;\n+ 1;\nB;\n", (const char *[]){"A -- it's;\n+ 1", "B", NULL});
	assert_split(
	    "A /* it's;\n */ + 1;\nB;\n", (const char *[]){"A /* it's;\n */ + 1", "B", NULL});
	assert_split("-- c\nA;\n-- d\n\nB;\n-- e\n", (const char *[]){"A", "B", NULL});
	/* two minus signs without a blank are arithmetic */
	assert_split("A 1--1;\nB;\n", (const char *[]){"A 1--1", "B", NULL});
}

static void
test_split_anywhere(void **state)
{
	(void)state;
	assert_split_by(sql_split_any, "A; B;;\n ; C 'x;y' -- z;\n;D",
	    (const char *[]){"A", "B", "C 'x;y' -- z;\n", "D", NULL});
	assert_split_by(sql_split_any, " ;; -- c;", (const char *[]){NULL});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_identifiers),
	    cmocka_unit_test(test_longest_name),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_append_keeps_order),
	    cmocka_unit_test(test_append_nothing),
	    cmocka_unit_test(test_binds),
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_split_quotes_and_comments),
	    cmocka_unit_test(test_split_anywhere),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
