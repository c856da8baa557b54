/* The rule tables judged by MariaDB, and what the SQL of conditions looks like. */
#include "database.h"

#include "../expr/rules.h"
#include "expr_fold.h"
#include "expr_value.h"
#include "sqlb.h"
#include "uuid.h"

static struct shape shape;

static void
create(const struct collection *c)
{
	struct sqlb b;

	sqlb_init(&b, rq1->mem);
	sqlb_lit(&b, "CREATE TABLE ");
	sqlb_ident(&b, &c->table);
	sqlb_lit(
	    &b, " (id UUID NOT NULL PRIMARY KEY, owner_id UUID NULL, created_at DATETIME(6) NULL");
	for (size_t i = 0; i < c->nfields; i++) {
		const struct field *f = &c->fields[i];
		const struct field_type_row *type = &field_types[f->type];

		sqlb_lit(&b, ", ");
		sqlb_ident(&b, &f->column);
		sqlb_lit(&b, " ");
		if (f->type == FIELD_RELATION && f->kind == VALUE_INTEGER)
			sqlb_lit(&b, "BIGINT");
		else
			sqlb_text_(&b,
			    strcmp(f->name, "label") == 0 ? type->indexed_column : type->column);
		sqlb_lit(&b, " NULL");
	}
	sqlb_lit(&b, ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin");
	assert_ok(sqlb_exec(rq1, &b));
}

static int
start(void **state)
{
	if (database_start(state) != 0)
		return -1;
	shape_build(&shape);
	for (size_t i = 0; i < SHAPE_COLLECTIONS; i++) {
		if (!shape.collections[i].adopted)
			create(&shape.collections[i]);
	}
	assert_ok(db_exec(rq1,
	    "CREATE TABLE `old posts` (ID BIGINT NOT NULL PRIMARY KEY,"
	    " heading VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,"
	    " latin VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,"
	    " KEY heading (heading), KEY latin (latin)) ENGINE=InnoDB"));
	return 0;
}

/* ---- the tables ---- */

static struct bind
stored(const struct field *f, struct json_object *value)
{
	char uuid[UUID_TEXT_SIZE];
	struct bind bind;
	size_t len;
	const char *raw;

	if (value == NULL)
		return bind_null();
	if (f->kind == VALUE_JSON) {
		raw = json_in_raw(value, &len);
		return bind_strn(raw, len);
	}
	if (!expr_constant(f->kind, value, uuid, &bind))
		fail_msg("bad value for %s", f->name);
	return f->kind == VALUE_UUID ? bind_str(arena_strdup(rq1->mem, uuid)) : bind;
}

/* The key of the row that was put last. */
static struct bind last_key;

static void
put(struct rules *rules, const struct collection *c, struct json_object *row)
{
	char uuid[UUID_TEXT_SIZE];
	struct sqlb into, values;
	const struct field *f;

	uuid_new(uuid);
	last_key = bind_str(arena_strdup(rq1->mem, uuid));
	sqlb_init(&into, rq1->mem);
	sqlb_init(&values, rq1->mem);
	sqlb_lit(&into, "REPLACE INTO ");
	sqlb_ident(&into, &c->table);
	sqlb_lit(&into, " (");
	json_object_object_foreach(row, key, value)
	{
		f = collection_field(c, key, strlen(key));
		if (f == NULL)
			fail_msg("%s:%u: no field %s", rules->file, rules->line, key);
		if (f == c->pk) {
			last_key = stored(f, value);
			continue;
		}
		sqlb_ident(&into, &f->column);
		sqlb_lit(&into, ", ");
		sqlb_bind(&values, stored(f, value));
		sqlb_lit(&values, ", ");
	}
	sqlb_ident(&into, &c->pk->column);
	sqlb_bind(&values, last_key);
	sqlb_lit(&into, ") VALUES (");
	sqlb_append(&into, &values);
	sqlb_lit(&into, ")");
	assert_ok(sqlb_exec(rq1, &into));
}

/* " FROM t0, its joins WHERE the row" */
static void
from_row(const struct expr_sql *ctx, const struct collection *c, struct sqlb *b)
{
	sqlb_lit(b, " FROM ");
	sqlb_ident(b, &c->table);
	sqlb_lit(b, " ");
	sqlb_alias(b, 0);
	expr_sql_joins(ctx, b);
	sqlb_lit(b, " WHERE ");
	sqlb_column(b, 0, &c->pk->column);
	sqlb_lit(b, " = ");
	sqlb_bind(b, last_key);
}

static struct rows *
query(struct sqlb *b)
{
	struct rows *rows = NULL;

	if (sqlb_query(rq1, b, &rows) < 0)
		fail_msg("%s: %s", rq1->err.message, buf_text(&b->text));
	return rows;
}

/* The verdict as a column, and again as what a WHERE lets through. */
static int
judge(struct rules *r, const struct expr *expr)
{
	struct expr_sql ctx;
	struct sqlb condition, select, where;
	struct rows *rows;
	int verdict;

	expr_sql_init(&ctx, rq1, &r->vars);
	sqlb_init(&condition, rq1->mem);
	sqlb_init(&select, rq1->mem);
	sqlb_init(&where, rq1->mem);
	assert_ok(expr_sql(&ctx, expr, 0, &condition));
	sqlb_lit(&select, "SELECT ");
	sqlb_append(&select, &condition);
	from_row(&ctx, r->c, &select);
	rows = query(&select);
	assert_int_equal(rows_next(rows), 1);
	verdict = rows_null(rows, 0) ? -1 : (int)rows_int(rows, 0);
	assert_int_equal(rows_next(rows), 0);
	sqlb_lit(&where, "SELECT 1");
	from_row(&ctx, r->c, &where);
	sqlb_lit(&where, " AND ");
	sqlb_append(&where, &condition);
	assert_int_equal(rows_next(query(&where)), verdict == 1);
	return verdict;
}

static void
judges_the_tables(void **state)
{
	static const struct rules_judge by_mariadb = {.put = put, .judge = judge};

	(void)state;
	rules_run(&by_mariadb, rq1);
}

/* ---- the text ---- */

static struct expr *
parsed(const char *collection, const char *json)
{
	const struct expr_scope scope = {.rq = rq1, .at = "filter", .variables = true};
	struct rules r = {.rq = rq1, .file = "test", .shape = &shape};
	struct expr *expr;

	if (expr_parse(&scope, shape_find(&shape, collection), rules_json(&r, json), &expr) < 0)
		fail_msg("%s: %s", rq1->err.path, rq1->err.message);
	return expr;
}

static const char *
sql_of(struct expr_sql *ctx, const char *json)
{
	struct sqlb b;

	sqlb_init(&b, rq1->mem);
	assert_ok(expr_sql(ctx, parsed("thing", json), 0, &b));
	return buf_text(&b.text);
}

static void
binds_all_values(void **state)
{
	struct expr_sql ctx;
	struct sqlb b;

	(void)state;
	expr_sql_init(&ctx, rq1, NULL);
	sqlb_init(&b, rq1->mem);
	assert_ok(expr_sql(&ctx,
	    parsed("thing", "{\"title\":{\"_eq\":\"x' OR 1=1\"},\"views\":{\"_in\":[1,2]},"
			    "\"label\":{\"_contains\":\"50%\"}}"),
	    0, &b));
	assert_string_equal(buf_text(&b.text),
	    "((t0.`f_1` = ?) AND (t0.`f_4` IN (?, ?)) AND (t0.`f_2` LIKE ? ESCAPE '|'))");
	assert_int_equal(b.nbinds, 4);
	assert_string_equal(b.binds[0].s, "x' OR 1=1");
	assert_int_equal(b.binds[1].i, 1);
	assert_int_equal(b.binds[3].len, strlen("%50|%%"));
	assert_memory_equal(b.binds[3].s, "%50|%%", b.binds[3].len);
}

static void
pushes_not_to_the_leaves(void **state)
{
	struct expr_sql ctx;

	(void)state;
	expr_sql_init(&ctx, rq1, NULL);
	assert_string_equal(
	    sql_of(&ctx,
		"{\"_not\":{\"_or\":[{\"views\":{\"_gt\":1}},{\"_not\":{\"title\":\"a\"}}]}}"),
	    "((t0.`f_4` <= ?) AND (t0.`f_1` = ?))");
	assert_string_equal(sql_of(&ctx, "{\"_not\":{\"title\":{\"_in\":[]}}}"), "(TRUE)");
	assert_string_equal(sql_of(&ctx, "{}"), "(TRUE)");
}

static void
shares_joins(void **state)
{
	struct expr_sql ctx;
	struct sqlb b;

	(void)state;
	expr_sql_init(&ctx, rq1, NULL);
	assert_string_equal(
	    sql_of(&ctx, "{\"owner.home.name\":\"x\",\"owner\":{\"name\":\"y\"},"
			 "\"owner.home.country.code\":\"z\",\"keeper.name\":\"k\"}"),
	    "((t2.`f_1` = ?) AND (t1.`f_1` = ?) AND (t3.`f_1` = ?) AND (t4.`f_1` = ?))");
	assert_int_equal(ctx.njoins, 4);
	sqlb_init(&b, rq1->mem);
	expr_sql_joins(&ctx, &b);
	assert_string_equal(buf_text(&b.text), " LEFT JOIN `c_1_2` t1 ON t1.`id` = t0.`f_13`"
					       " LEFT JOIN `c_1_3` t2 ON t2.`id` = t1.`f_3`"
					       " LEFT JOIN `c_1_4` t3 ON t3.`id` = t2.`f_2`"
					       " LEFT JOIN `c_1_2` t4 ON t4.`id` = t0.`f_14`");
}

/* Every quantifier is a path, and every other way over relations. */
static void
limits_paths(void **state)
{
	struct expr_sql ctx;
	struct buf json;
	struct sqlb b;

	(void)state;
	expr_sql_init(&ctx, rq1, NULL);
	buf_init(&json, rq1->mem);
	buf_puts(&json, "{\"_and\":[{\"tags\":{\"_none\":{}}}");
	for (int i = 1; i < EXPR_PATHS_MAX; i++)
		buf_puts(&json, ",{\"tags.name\":\"x\"}");
	sqlb_init(&b, rq1->mem);
	assert_ok(expr_sql(
	    &ctx, parsed("thing", arena_printf(rq1->mem, "%s]}", buf_text(&json))), 0, &b));
	assert_int_equal(expr_sql(&ctx, parsed("thing", "{\"owner.name\":\"x\"}"), 0, &b), -1);
	assert_int_equal(rq1->err.code, E_VALIDATION);
	assert_non_null(strstr(rq1->err.message, "more than 20 relation paths"));
}

/* ---- rules of targets ---- */

static const struct expr *person_rule, *tag_rule;

static int
target_rule(struct rq *rq, const struct collection *target, const struct expr **rule_r)
{
	(void)rq;
	if (strcmp(target->slug, "person") == 0)
		*rule_r = person_rule;
	else
		*rule_r = strcmp(target->slug, "tag") == 0 ? tag_rule : NULL;
	return 0;
}

static int
under_rules(const char *json)
{
	struct expr_vars vars = {.user_email = "Ada"};
	struct expr_sql ctx;
	struct sqlb select, condition;
	struct rows *rows;

	expr_sql_init(&ctx, rq1, &vars);
	ctx.target_rule = target_rule;
	sqlb_init(&select, rq1->mem);
	sqlb_init(&condition, rq1->mem);
	assert_ok(expr_sql(&ctx, parsed("thing", json), 0, &condition));
	sqlb_lit(&select, "SELECT ");
	sqlb_append(&select, &condition);
	from_row(&ctx, shape_find(&shape, "thing"), &select);
	rows = query(&select);
	assert_int_equal(rows_next(rows), 1);
	return rows_null(rows, 0) ? -1 : (int)rows_int(rows, 0);
}

static void
put_text(const char *collection, const char *json)
{
	struct rules r = {.rq = rq1, .file = "test", .shape = &shape};

	put(&r, shape_find(&shape, collection), rules_json(&r, json));
}

#define ID(last) "\"01890000-0000-7000-8000-0000000000" last "\""

static void
follows_relations_to_readable_rows_only(void **state)
{
	static const struct expr never = {.kind = EXPR_NEVER, .at = ""};

	(void)state;
	put_text("place", "{\"id\":" ID("d1") ",\"name\":\"Paris\"}");
	put_text(
	    "person", "{\"id\":" ID("b1") ",\"name\":\"Ada\",\"age\":36,\"home\":" ID("d1") "}");
	put_text(
	    "person", "{\"id\":" ID("b2") ",\"name\":\"Bob\",\"age\":50,\"boss\":" ID("b1") "}");
	put_text("tag", "{\"id\":" ID("c1") ",\"name\":\"red\",\"place\":" ID("d1") "}");
	put_text("tag", "{\"id\":" ID("c2") ",\"name\":\"blue\"}");
	put_text("thing", "{\"owner\":" ID("b1") ",\"keeper\":" ID("b2") ",\"tags\":[" ID(
			      "c1") "," ID("c2") "]}");
	person_rule = tag_rule = NULL;
	assert_int_equal(under_rules("{\"owner.name\":\"Ada\",\"keeper.name\":\"Bob\"}"), 1);

	/* a plain rule: an unreadable row is as good as none */
	person_rule = parsed("person", "{\"age\":{\"_gt\":40}}");
	assert_int_equal(under_rules("{\"owner.name\":\"Ada\"}"), -1);
	assert_int_equal(under_rules("{\"owner.name\":{\"_null\":true}}"), 1);
	assert_int_equal(under_rules("{\"keeper.name\":\"Bob\"}"), 1);
	assert_int_equal(under_rules("{\"keeper.boss.name\":\"Ada\"}"), -1);

	/* a rule with relations of its own, which sees what its caller does not */
	person_rule = parsed("person", "{\"boss.home.name\":\"Paris\"}");
	assert_int_equal(under_rules("{\"owner.name\":\"Ada\"}"), -1);
	assert_int_equal(under_rules("{\"keeper.name\":\"Bob\"}"), 1);
	assert_int_equal(
	    under_rules("{\"keeper.name\":\"Bob\",\"keeper.boss.name\":{\"_null\":true}}"), 1);

	/* a rule with a variable, and one in parentheses */
	person_rule = parsed("person", "{\"name\":\"$user.email\"}");
	assert_int_equal(under_rules("{\"owner.age\":36}"), 1);
	assert_int_equal(under_rules("{\"keeper.age\":{\"_null\":true}}"), 1);
	person_rule = parsed("person", "{\"_or\":[{\"name\":\"Bob\"},{\"home.name\":\"x\"}]}");
	assert_int_equal(under_rules("{\"owner.age\":36}"), -1);
	assert_int_equal(under_rules("{\"keeper.age\":50}"), 1);

	/* quantifiers see readable rows only */
	tag_rule = parsed("tag", "{\"place.name\":\"Paris\"}");
	assert_int_equal(under_rules("{\"tags.name\":\"red\"}"), 1);
	assert_int_equal(under_rules("{\"tags.name\":\"blue\"}"), 0);
	assert_int_equal(under_rules("{\"tags\":{\"_every\":{\"name\":\"red\"}}}"), 1);
	assert_int_equal(under_rules("{\"tags\":{\"_none\":{\"name\":\"blue\"}}}"), 1);
	person_rule = tag_rule = &never;
	assert_int_equal(under_rules("{\"tags\":{\"_some\":{}}}"), 0);
	assert_int_equal(under_rules("{\"tags\":{\"_none\":{}}}"), 1);
	assert_int_equal(under_rules("{\"owner.id\":{\"_null\":true}}"), 1);
}

/* ---- what both evaluators must agree on ---- */

static void
folds_letters_as_mariadb_does(void **state)
{
	struct rows *rows;
	uint32_t expected = 1, c;
	unsigned folded = 0;

	(void)state;
	assert_ok(db_query(rq1, &rows,
	    "SELECT c, CAST(CONV(HEX(CONVERT(LOWER(text) USING utf32)), 16, 10) AS INT) FROM"
	    " (SELECT seq AS c, CONVERT(CONVERT(UNHEX(LPAD(HEX(seq), 8, '0')) USING utf32) USING "
	    "utf8mb4)"
	    " COLLATE utf8mb4_nopad_bin AS text FROM seq_1_to_1114111"
	    " WHERE seq NOT BETWEEN 55296 AND 57343) AS letters"
	    " WHERE LOWER(text) <> text ORDER BY c"));
	while (rows_next(rows) > 0) {
		c = (uint32_t)rows_int(rows, 0);
		for (; expected < c; expected++)
			assert_int_equal(expr_fold(expected), expected);
		assert_int_equal(expr_fold(c), rows_int(rows, 1));
		expected = c + 1;
		folded++;
	}
	for (; expected < 0x110000; expected++)
		assert_int_equal(expr_fold(expected), expected);
	assert_true(folded > 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(judges_the_tables),
	    cmocka_unit_test(binds_all_values),
	    cmocka_unit_test(pushes_not_to_the_leaves),
	    cmocka_unit_test(shares_joins),
	    cmocka_unit_test_setup(limits_paths, database_fresh),
	    cmocka_unit_test_setup(follows_relations_to_readable_rows_only, database_fresh),
	    cmocka_unit_test_setup(folds_letters_as_mariadb_does, database_fresh),
	};

	return cmocka_run_group_tests(tests, start, database_stop);
}
