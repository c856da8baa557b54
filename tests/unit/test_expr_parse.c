/* What the parser of conditions refuses and says, its limits, and paths. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "../expr/rules.h"
#include "expr_op.h"

static struct rq rq;
static struct shape shape;

static int
set_up(void **state)
{
	(void)state;
	rq_init(&rq, arena_new());
	shape_build(&shape);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&rq.mem);
	return 0;
}

/* ---- the tables of refusals ---- */

struct refusals {
	const char *file;
	unsigned line, seen, wrong;
	bool rules, reader;
};

static struct expr_scope
scope_of(const struct refusals *r)
{
	return (struct expr_scope){
	    .rq = &rq,
	    .at = "filter",
	    .variables = r->rules,
	    .readable = r->reader ? shape_reader : NULL,
	    .unknown_text = "Cannot filter on field: %s",
	};
}

static void
refusal(struct refusals *r, char *line)
{
	const struct expr_scope scope = scope_of(r);
	struct rules text = {.rq = &rq, .file = r->file, .line = r->line, .shape = &shape};
	char *part = strstr(line, " :: "), *json = part != NULL ? strstr(part + 4, " :: ") : NULL;
	struct expr *expr;

	if (json == NULL)
		fail_msg("%s:%u: no two \" :: \"", r->file, r->line);
	*part = *json = '\0';
	part += 4;
	json += 4;
	rq.err = (struct err){0};
	r->seen++;
	if (expr_parse(&scope, shape_find(&shape, "thing"), rules_json(&text, json), &expr) == 0)
		print_error("%s:%u: was let pass: %s", r->file, r->line, json);
	else if (rq.err.code == E_VALIDATION && strcmp(rq.err.path, line) == 0 &&
		 strstr(rq.err.message, part) != NULL)
		return;
	else
		print_error("%s:%u: %s: %s\n", r->file, r->line, rq.err.path, rq.err.message);
	r->wrong++;
}

static void
read_refusals(struct refusals *r, const char *path)
{
	char line[4096];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	*r = (struct refusals){.file = path, .seen = r->seen, .wrong = r->wrong};
	while (fgets(line, sizeof(line), f) != NULL) {
		r->line++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (strncmp(line, "mode ", 5) == 0)
			r->rules = strncmp(line + 5, "rule", 4) == 0;
		else if (strncmp(line, "caller ", 7) == 0)
			r->reader = strncmp(line + 7, "reader", 6) == 0;
		else
			refusal(r, line);
	}
	fclose(f);
}

static void
refuses_the_tables(void **state)
{
	const char *srcdir = getenv("srcdir");
	static const char *const files[] = {"filter.bad", "reader.bad", "rule.bad"};
	struct refusals r = {0};
	char path[512];

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/tests/expr/%s", srcdir != NULL ? srcdir : ".",
		    files[i]);
		read_refusals(&r, path);
	}
	print_message("%u refusals seen, %u wrong\n", r.seen, r.wrong);
	assert_true(r.seen > 100);
	assert_int_equal(r.wrong, 0);
}

/* ---- limits ---- */

static int
parse_as(const char *text, bool rules, bool reader, struct expr **expr_r)
{
	const struct refusals r = {.rules = rules, .reader = reader};
	const struct expr_scope scope = scope_of(&r);
	struct rules reading = {.rq = &rq, .file = "test", .shape = &shape};

	rq.err = (struct err){0};
	return expr_parse(&scope, shape_find(&shape, "thing"), rules_json(&reading, text), expr_r);
}

static int
parse(const char *text, struct expr **expr_r)
{
	return parse_as(text, false, false, expr_r);
}

/* open, n times; middle; close, n times */
static const char *
nest(const char *open, unsigned n, const char *middle, const char *close)
{
	struct buf b;

	buf_init(&b, rq.mem);
	for (unsigned i = 0; i < n; i++)
		buf_puts(&b, open);
	buf_puts(&b, middle);
	for (unsigned i = 0; i < n; i++)
		buf_puts(&b, close);
	return buf_text(&b);
}

/* first, n times with commas, last */
static const char *
repeat(const char *first, const char *item, unsigned n, const char *last)
{
	struct buf b;

	buf_init(&b, rq.mem);
	buf_puts(&b, first);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i == 0 ? "" : ",", item);
	buf_puts(&b, last);
	return buf_text(&b);
}

static void
assert_refused(const char *text, const char *path, const char *part)
{
	struct expr *expr;

	assert_int_equal(parse(text, &expr), -1);
	assert_int_equal(rq.err.code, E_VALIDATION);
	if (path != NULL)
		assert_string_equal(rq.err.path, path);
	if (strstr(rq.err.message, part) == NULL)
		fail_msg("the message is: %s", rq.err.message);
}

static void
limits_depth(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse(nest("{\"_not\":", 15, "{\"views\":1}", "}"), &expr), 0);
	assert_refused(nest("{\"_not\":", 16, "{\"views\":1}", "}"), NULL, "deeper than 16 levels");
	assert_refused(
	    nest("{\"_and\":[", 16, "{\"views\":1}", "]}"), NULL, "deeper than 16 levels");
	assert_refused(
	    nest("{\"_or\":[", 31, "{\"views\":1}", "]}"), NULL, "deeper than 16 levels");
	assert_refused(
	    nest("{\"_not\":", 15, "{\"tags\":{\"_some\":{\"weight\":1}}}", "}"), NULL, "deeper");
}

static void
limits_parts(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse(repeat("{\"_or\":[", "{\"views\":1}", 199, "]}"), &expr), 0);
	assert_int_equal(expr->nkids, 199);
	assert_refused(repeat("{\"_or\":[", "{\"views\":1}", 200, "]}"), "filter._or[199].views",
	    "more than 200 parts");
	assert_refused(repeat("{\"_or\":[", "{\"_not\":{\"views\":1}}", 150, "]}"), NULL,
	    "more than 200 parts");
	assert_refused(repeat("{\"_or\":[", "{\"views\":{\"_gt\":1,\"_lt\":2}}", 100, "]}"), NULL,
	    "more than 200 parts");
	assert_refused(repeat("{\"_or\":[", "{\"tags\":{\"_some\":{\"weight\":1}}}", 100, "]}"),
	    NULL, "more than 200 parts");
}

static void
limits_lists(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse(repeat("{\"views\":{\"_in\":[", "1", 1000, "]}}"), &expr), 0);
	assert_int_equal(expr->nvalues, 1000);
	assert_refused(
	    repeat("{\"views\":{\"_in\":[", "1", 1001, "]}}"), "filter.views._in", "1000 values");
	assert_refused(
	    repeat("{\"views\":{\"_in\":[", "1", 5000, "]}}"), "filter.views._in", "1000 values");
	/* of all lists together: no condition has more placeholders than a statement may */
	assert_refused(repeat("{\"views\":{\"_in\":[1],\"_nin\":[", "1", 1000, "]}}"),
	    "filter.views._nin", "1000 values");
}

static void
limits_hops(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse("{\"owner.boss.boss.name\":\"x\"}", &expr), 0);
	assert_int_equal(expr->path.nhops, 3);
	assert_int_equal(
	    parse("{\"tags\":{\"_some\":{\"place.guides\":{\"_some\":{\"name\":\"x\"}}}}}", &expr),
	    0);
	assert_refused(
	    nest("{\"boss\":", 15, "{\"name\":\"x\"}", "}"), NULL, "Cannot filter on field: boss");
	assert_refused(
	    arena_printf(rq.mem, "{\"owner\":%s}", nest("{\"boss\":", 14, "{\"name\":\"x\"}", "}")),
	    "filter.owner.boss.boss.boss", "exceeds max depth");
}

static void
cuts_what_it_shows(void **state)
{
	struct buf key;

	(void)state;
	buf_init(&key, rq.mem);
	buf_puts(&key, "{\"");
	for (int i = 0; i < 1000 * 1000 / 2; i++)
		buf_puts(&key, "é");
	buf_puts(&key, "\":1}");
	assert_refused(buf_text(&key), NULL, "Cannot filter on field: éé");
	assert_true(strlen(rq.err.message) < 1000);
	assert_true(strlen(rq.err.path) < 300);
	assert_non_null(strstr(rq.err.path, "é..."));
	assert_refused(repeat("{\"title\":{\"_", "x", 100000, "\":1}}"), NULL, "unknown operator");
	assert_true(strlen(rq.err.message) < 1000);
	assert_refused(repeat("{\"views\":\"", "x", 100000, "\"}"), "filter.views", "got string");
	assert_true(strlen(rq.err.message) < 300);
}

/* ---- unknown and unreadable ---- */

/* The same request, where the field is hidden and where it does not exist, fails byte for byte
 * alike. */
static void
hides_what_is_unreadable(void **state)
{
	static const char *const filters[] = {
	    "{\"secret\":\"a\"}",
	    "{\"secret\":{\"_eqq\":1}}",
	    "{\"secret.name\":\"a\"}",
	    "{\"_not\":{\"secret\":5}}",
	    "{\"title\":{\"_eq\":{\"$field\":\"secret\"}}}",
	    "{\"secre\":1}",
	};
	struct shape *without = NEW(rq.mem, struct shape);
	const struct refusals r = {.reader = true};
	const struct expr_scope scope = scope_of(&r);
	struct rules reading = {.rq = &rq, .file = "test", .shape = &shape};
	struct expr *expr;
	struct err hidden;

	(void)state;
	shape_build(without);
	for (size_t i = 0; i < without->collections[0].nnames; i++) {
		if (strcmp(without->names[0][i].text, "secret") == 0)
			without->names[0][i].text = "secres";
	}
	for (size_t i = 0; i < COUNT(filters); i++) {
		assert_int_equal(parse_as(filters[i], false, true, &expr), -1);
		hidden = rq.err;
		rq.err = (struct err){0};
		assert_int_equal(expr_parse(&scope, &without->collections[0],
				     rules_json(&reading, filters[i]), &expr),
		    -1);
		assert_string_equal(rq.err.message, hidden.message);
		assert_string_equal(rq.err.path, hidden.path);
		assert_null(strstr(rq.err.message, "secret,"));
	}
}

static int
broken_readable(struct rq *request, const struct collection *c, const struct field *f)
{
	(void)c;
	(void)f;
	return fail_at(request, E_FORBIDDEN, "here", "no");
}

static void
passes_failures_on(void **state)
{
	const struct expr_scope scope = {.rq = &rq, .at = "filter", .readable = broken_readable};
	struct rules reading = {.rq = &rq, .file = "test", .shape = &shape};
	struct expr *expr;

	(void)state;
	rq.err = (struct err){0};
	assert_int_equal(expr_parse(&scope, shape_find(&shape, "thing"),
			     rules_json(&reading, "{\"title\":\"a\"}"), &expr),
	    -1);
	assert_int_equal(rq.err.code, E_FORBIDDEN);
	rq.err = (struct err){0};
	assert_int_equal(expr_parse(&scope, shape_find(&shape, "thing"),
			     rules_json(&reading, "{\"nope\":\"a\"}"), &expr),
	    -1);
	assert_int_equal(rq.err.code, E_FORBIDDEN);
}

/* ---- trees ---- */

static void
makes_trees(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse("{}", &expr), 0);
	assert_int_equal(expr->kind, EXPR_ALWAYS);
	assert_int_equal(parse("{\"title\":\"a\"}", &expr), 0);
	assert_int_equal(expr->kind, EXPR_LEAF);
	assert_int_equal(expr->op, EXPR_OP_EQ);
	assert_string_equal(expr->at, "filter.title");
	assert_string_equal(expr->values[0].constant.s, "a");
	assert_int_equal(
	    parse("{\"_and\":[{\"views\":{\"_gt\":1}},{\"ref\":\"01890000-0000-7000-8000-"
		  "00000000000A\"}]}",
		&expr),
	    0);
	assert_int_equal(expr->kind, EXPR_AND);
	assert_string_equal(expr->at, "filter._and");
	assert_string_equal(expr->kids[0]->at, "filter._and[0].views._gt");
	assert_int_equal(expr->kids[0]->values[0].constant.type, BIND_INT);
	assert_string_equal(
	    expr->kids[1]->values[0].constant.s, "01890000-0000-7000-8000-00000000000a");
	assert_int_equal(parse("{\"at\":{\"_lt\":\"1970-01-01T00:00:01Z\"}}", &expr), 0);
	assert_int_equal(expr->values[0].constant.type, BIND_TIME);
	assert_int_equal(expr->values[0].constant.i, 1000000);
}

static void
says_the_same_with_fewer_operators(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse("{\"title\":{\"_null\":false}}", &expr), 0);
	assert_int_equal(expr->op, EXPR_OP_NNULL);
	assert_int_equal(parse("{\"title\":{\"_nnull\":false}}", &expr), 0);
	assert_int_equal(expr->op, EXPR_OP_NULL);
	assert_int_equal(parse("{\"title\":{\"_neq\":null}}", &expr), 0);
	assert_int_equal(expr->op, EXPR_OP_NNULL);
	assert_int_equal(parse("{\"tags.name\":\"x\"}", &expr), 0);
	assert_int_equal(expr->op, EXPR_OP_SOME);
	assert_int_equal(expr->path.nhops, 0);
	assert_string_equal(expr->path.field->name, "tags");
	assert_string_equal(expr->kids[0]->path.field->name, "name");
	assert_int_equal(parse("{\"owner.home.guides.name\":\"x\"}", &expr), 0);
	assert_int_equal(expr->path.nhops, 2);
	assert_string_equal(expr->path.field->name, "guides");
	assert_int_equal(expr->kids[0]->path.nhops, 0);
}

static void
reads_variables(void **state)
{
	struct expr *expr;

	(void)state;
	assert_int_equal(parse_as("{\"owner\":\"$user.id\"}", true, false, &expr), 0);
	assert_int_equal(expr->values[0].kind, EXPR_VARIABLE);
	assert_string_equal(expr->values[0].variable, "$user.id");
	assert_int_equal(parse_as("{\"ref\":\"$user.tenant_id\"}", true, false, &expr), 0);
	assert_string_equal(expr->values[0].variable, "$tenant.id");
	assert_int_equal(
	    parse_as("{\"at\":{\"_gt\":{\"$now\":{\"sub\":{\"years\":1,\"months\":2,"
		     "\"weeks\":1,\"days\":1,\"hours\":1,\"minutes\":1,\"seconds\":1}}}}}",
		true, false, &expr),
	    0);
	assert_int_equal(expr->values[0].add_months, -14);
	assert_int_equal(expr->values[0].add_seconds, -(8 * 86400 + 3600 + 60 + 1));
	assert_int_equal(parse("{\"title\":\"$user.id\"}", &expr), 0);
	assert_int_equal(expr->values[0].kind, EXPR_CONST);
}

/* ---- paths ---- */

static int
path(const char *text, bool many_ok, bool reader, struct expr_path *path_r)
{
	const struct expr_scope scope = {
	    .rq = &rq,
	    .at = "sort",
	    .readable = reader ? shape_reader : NULL,
	    .unknown_text = "Cannot sort on field: %s",
	};

	rq.err = (struct err){0};
	return expr_path_parse(&scope, shape_find(&shape, "thing"), text, many_ok, path_r);
}

static void
assert_no_path(const char *text, bool reader, const char *part)
{
	struct expr_path found;

	assert_int_equal(path(text, false, reader, &found), -1);
	assert_int_equal(rq.err.code, E_VALIDATION);
	assert_string_equal(rq.err.path, "sort");
	if (strstr(rq.err.message, part) == NULL)
		fail_msg("the message is: %s", rq.err.message);
}

static void
reads_paths(void **state)
{
	struct expr_path found;

	(void)state;
	assert_int_equal(path("title", false, true, &found), 0);
	assert_int_equal(found.nhops, 0);
	assert_int_equal(path("createdAt", false, true, &found), 0);
	assert_string_equal(found.field->name, "created_at");
	assert_int_equal(path("owner.home.country.code", false, true, &found), 0);
	assert_int_equal(found.nhops, 3);
	assert_string_equal(found.hops[1]->name, "home");
	assert_string_equal(found.field->name, "code");
	assert_int_equal(path("tags.place.name", true, true, &found), 0);
	assert_int_equal(found.nhops, 2);
	assert_string_equal(found.hops[0]->name, "tags");

	assert_no_path("titel", false, "Cannot sort on field: titel; usable fields are title,");
	assert_no_path("", false, "Cannot sort on field: ");
	assert_no_path(
	    "title.", false, "Cannot sort on field: title.; \"title\" is not a relation");
	assert_no_path(
	    "tags.name", false, "Cannot sort on field: tags.name; \"tags\" leads to more");
	assert_no_path("owner.boss.boss.boss.name", false, "exceeds max depth");
	assert_no_path("secret", true, "Cannot sort on field: secret");
	assert_no_path("owner.pin", true, "Cannot sort on field: owner.pin");
	assert_no_path("safe.id", true, "Cannot sort on field: safe.id");
}

/* ---- the operator table ---- */

static void
has_complements_in_pairs(void **state)
{
	unsigned without = 0;

	(void)state;
	for (enum expr_op op = 0; op < EXPR_OP__MAX; op++) {
		const struct expr_op_row *row = &expr_ops[op], *other;

		assert_int_equal(expr_op_find(row->text), op);
		if (row->complement == EXPR_OP_NONE) {
			without++;
			continue;
		}
		other = &expr_ops[row->complement];
		assert_int_equal(other->complement, op);
		assert_int_equal(other->form, row->form);
		assert_int_equal(other->operand, row->operand);
		assert_int_equal(other->kinds, row->kinds);
		if (row->form == EXPR_FORM_COMPARE)
			assert_int_equal(
			    row->detail ^ other->detail, EXPR_LESS | EXPR_SAME | EXPR_MORE);
		else
			assert_int_equal(row->detail ^ other->detail, EXPR_NEGATED);
	}
	assert_int_equal(without, 1);
	assert_int_equal(expr_op_find("_eqq"), EXPR_OP_NONE);
	assert_int_equal(expr_op_find(""), EXPR_OP_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_the_tables),
	    cmocka_unit_test(limits_depth),
	    cmocka_unit_test(limits_parts),
	    cmocka_unit_test(limits_lists),
	    cmocka_unit_test(limits_hops),
	    cmocka_unit_test(cuts_what_it_shows),
	    cmocka_unit_test(hides_what_is_unreadable),
	    cmocka_unit_test(passes_failures_on),
	    cmocka_unit_test(makes_trees),
	    cmocka_unit_test(says_the_same_with_fewer_operators),
	    cmocka_unit_test(reads_variables),
	    cmocka_unit_test(reads_paths),
	    cmocka_unit_test(has_complements_in_pairs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
