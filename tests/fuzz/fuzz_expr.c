/* Whatever is given as a condition is refused with its place, or makes SQL in which nothing of it
 * stands but placeholders, and a verdict whose negation is its opposite. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../expr/shape.h"
#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "sqlb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char row_text[] =
    "{\"title\":\"Abc\",\"views\":5,\"price\":2.5,\"live\":true,\"at\":\"2026-01-31T09:30:00Z\","
    "\"ref\":\"01890000-0000-7000-8000-00000000000a\",\"meta\":{\"a\":1},\"tags\":[]}";

static const char *const roles[] = {"editor"};

static struct json_object *
json(struct rq *rq, const char *text, size_t len)
{
	struct json_object *root;
	struct err err = {.code = E_NONE};

	return json_in_parse(rq->mem, &err, text, len, &root) == 0 ? root : NULL;
}

static void
check_failure(const struct rq *rq)
{
	assert(rq->err.code == E_VALIDATION);
	assert(rq->err.path != NULL && strncmp(rq->err.path, "filter", 6) == 0);
	assert(strlen(rq->err.path) < 8000 && strlen(rq->err.message) < 4000);
}

/* Parentheses match, every bind has its place, and nothing stands there that is not ours. */
static void
check_sql(struct sqlb *b)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_ ().,=<>?'\"|`$[]*";
	const char *text = buf_text(&b->text);
	size_t binds = 0;
	int depth = 0;

	assert(strspn(text, allowed) == b->text.len);
	for (; *text != '\0'; text++) {
		binds += *text == '?';
		depth += (*text == '(') - (*text == ')');
		assert(depth >= 0);
	}
	assert(depth == 0);
	assert(binds == b->nbinds);
}

static void
check_condition(struct rq *rq, struct expr *expr, const struct expr_vars *vars)
{
	struct expr negation = {.kind = EXPR_NOT, .at = "", .nkids = 1, .kids = &expr};
	const struct expr *const both[] = {expr, &negation};
	struct json_object *row = json(rq, row_text, sizeof(row_text) - 1);
	struct expr_sql ctx;
	struct sqlb b;
	int verdict = expr_eval(expr, row, vars), opposite = expr_eval(&negation, row, vars);

	assert(verdict == -1 ? opposite == -1 : opposite == !verdict);
	for (size_t i = 0; i < 2; i++) {
		expr_sql_init(&ctx, rq, vars);
		sqlb_init(&b, rq->mem);
		if (expr_sql(&ctx, both[i], 0, &b) < 0) {
			assert(rq->err.code == E_VALIDATION);
			rq->err = (struct err){0};
			continue;
		}
		expr_sql_joins(&ctx, &b);
		check_sql(&b);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shape shape;
	struct rq rq;
	struct expr_vars vars = {.nroles = 1, .roles = roles, .workspace_id = "x"};
	struct expr_scope scope = {.rq = &rq, .at = "filter"};
	struct json_object *root;
	struct expr *expr;

	if (shape.collections[0].slug == NULL)
		shape_build(&shape);
	rq_init(&rq, arena_new());
	root = json(&rq, (const char *)data, size);
	vars.now = rq.now;
	vars.attributes = root;
	for (int i = 0; i < 4; i++) {
		scope.variables = i & 1;
		scope.readable = i & 2 ? shape_reader : NULL;
		rq.err = (struct err){0};
		if (expr_parse(&scope, &shape.collections[0], root, &expr) < 0)
			check_failure(&rq);
		else
			check_condition(&rq, expr, i & 1 ? &vars : NULL);
	}
	arena_free(&rq.mem);
	return 0;
}
