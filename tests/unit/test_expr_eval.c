/* The rule tables judged in memory, and what only evaluation in memory has to do with. */
#include "unit.h"

#include "../expr/rules.h"
#include "expr_fold.h"
#include "expr_op.h"

static struct rq rq;

static int
set_up(void **state)
{
	(void)state;
	rq_init(&rq, arena_new());
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&rq.mem);
	return 0;
}

static int
judge(struct rules *r, const struct expr *expr)
{
	return expr_eval(expr, r->row, &r->vars);
}

static void
judges_the_tables(void **state)
{
	static const struct rules_judge in_memory = {.judge = judge, .in_memory = true};

	(void)state;
	rules_run(&in_memory, &rq);
}

static int
eval(const char *condition, const char *row_text)
{
	struct shape shape;
	struct rules r = {.rq = &rq, .file = "test", .shape = &shape};
	struct expr_scope scope = {.rq = &rq, .at = "rule", .variables = true};
	struct expr *expr;

	shape_build(&shape);
	r.row = rules_json(&r, row_text);
	assert_int_equal(
	    expr_parse(&scope, shape_find(&shape, "thing"), rules_json(&r, condition), &expr), 0);
	return expr_eval(expr, r.row, NULL);
}

static void
takes_odd_rows(void **state)
{
	(void)state;
	/* a row whose value is of another type than its field says nothing */
	assert_int_equal(eval("{\"views\":5}", "{\"views\":\"5\"}"), -1);
	assert_int_equal(eval("{\"title\":\"a\"}", "{\"title\":{\"a\":1}}"), -1);
	assert_int_equal(eval("{\"at\":{\"_gt\":\"2026-01-01\"}}", "{\"at\":\"soon\"}"), -1);
	assert_int_equal(eval("{\"ref\":{\"_gt\":\"01890000-0000-7000-8000-00000000000a\"}}",
			     "{\"ref\":\"soon\"}"),
	    -1);
	/* no row at all */
	assert_int_equal(eval("{\"views\":{\"_null\":true}}", "null"), 1);
	assert_int_equal(eval("{\"views\":5}", "[5]"), -1);
	/* wire names of system columns */
	assert_int_equal(
	    eval("{\"created_at\":{\"_gt\":\"2026-01-01\"}}", "{\"createdAt\":\"2026-02-01\"}"), 1);
}

static void
has_no_variables_without_vars(void **state)
{
	(void)state;
	assert_int_equal(eval("{\"owner\":\"$user.id\"}",
			     "{\"owner\":\"01890000-0000-7000-8000-00000000000a\"}"),
	    -1);
	assert_int_equal(eval("{\"title\":{\"_in\":\"$user.roles\"}}", "{\"title\":\"a\"}"), -1);
	assert_int_equal(eval("{\"at\":{\"_lt\":\"$now\"}}", "{\"at\":\"2026-01-01\"}"), -1);
}

static void
folds_letters(void **state)
{
	(void)state;
	assert_int_equal(expr_fold('A'), 'a');
	assert_int_equal(expr_fold('Z'), 'z');
	assert_int_equal(expr_fold('['), '[');
	assert_int_equal(expr_fold('a'), 'a');
	assert_int_equal(expr_fold(0xd7), 0xd7);
	assert_int_equal(expr_fold(0x100), 0x101);
	assert_int_equal(expr_fold(0x101), 0x101);
	assert_int_equal(expr_fold(0x130), 'i');
	assert_int_equal(expr_fold(0x212a), 'k');
	assert_int_equal(expr_fold(0x10400), 0x10400);
}

#define LIKE(text, part, detail) expr_like(text, strlen(text), part, strlen(part), detail)

static void
finds_parts(void **state)
{
	(void)state;
	assert_true(LIKE("ababac", "abac", EXPR_BEFORE));
	assert_true(LIKE("ababac", "aba", EXPR_BEFORE | EXPR_AFTER));
	assert_false(LIKE("ababac", "aba", EXPR_BEFORE));
	assert_false(LIKE("ab", "abc", EXPR_AFTER));
	assert_true(LIKE("ab", "ab", 0));
	assert_false(LIKE("ab", "a", 0));
	assert_true(LIKE("", "", 0));
	/* the second byte of one letter is not the start of another */
	assert_false(LIKE("\xc3\xa9", "\xa9", EXPR_BEFORE | EXPR_AFTER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(judges_the_tables),
	    cmocka_unit_test(takes_odd_rows),
	    cmocka_unit_test(has_no_variables_without_vars),
	    cmocka_unit_test(folds_letters),
	    cmocka_unit_test(finds_parts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
