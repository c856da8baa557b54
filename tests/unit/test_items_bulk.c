/* Writing many rows in one call, against MariaDB. */
#include "data.h"

static const char nobody[] = "01900000-0000-7000-8000-00000000dead";

static void
make_posts(void)
{
	make(rq1, "people", "[{'name':'name','type':'text'}]");
	make(rq1, "posts",
	    "[{'name':'title','type':'text','required':true},"
	    "{'name':'views','type':'integer','default':7},{'name':'code','type':'text','unique':"
	    "true},"
	    "{'name':'author','type':'relation','to':'people'},"
	    "{'name':'readers','type':'relation_many','to':'people'}]");
}

static int
insert(const char *slug, const char *rows, bool atomic)
{
	as_admin(rq1);
	if (items_bulk_insert(rq1, slug, json(rq1, rows), atomic) < 0)
		return -1;
	return db_commit(rq1);
}

static int
update(const char *slug, const char *updates, bool atomic)
{
	as_admin(rq1);
	if (items_bulk_update(rq1, slug, json(rq1, updates), atomic) < 0)
		return -1;
	return db_commit(rq1);
}

/* An array of n rows {"title":"row i"} with rest in each. */
static const char *
many(size_t n, const char *rest)
{
	struct buf b;

	buf_init(&b, rq2->mem);
	buf_putc(&b, '[');
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s{'title':'row %zu'%s}", i == 0 ? "" : ",", i, rest);
	buf_putc(&b, ']');
	return buf_text(&b);
}

/* Acceptance B10: four rows, one bad. */
static void
test_one_bad(void **state)
{
	(void)state;
	make_posts();
	assert_int_equal(insert("posts",
			     "[{'title':'a','views':1},{'title':'b'},{'views':3},"
			     "{'title':'d','code':'x'}]",
			     false),
	    0);
	assert_true(rq1->is_error);
	assert_at(rq1, "total", "4");
	assert_at(rq1, "succeeded", "3");
	assert_at(rq1, "failed", "1");
	assert_at(rq1, "results.0.ok", "true");
	assert_at(rq1, "results.0.data.title", "'a'");
	assert_at(rq1, "results.0.data.views", "1");
	assert_at(rq1, "results.1.data.title", "'b'");
	/* defaults, row by row */
	assert_at(rq1, "results.1.data.views", "7");
	assert_at(rq1, "results.1.data.code", "null");
	assert_at(rq1, "results.2",
	    "{'ok':false,'error':{'code':'VALIDATION','message':'Field \\\"title\\\" is "
	    "required'}}");
	assert_at(rq1, "results.3.data.code", "'x'");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2"), 3);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE owner_id = '" ADMIN_ID "'"), 3);
}

static void
test_all_good(void **state)
{
	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "[]", false), 0);
	assert_string_equal(
	    buf_text(&rq1->out.buf), "{\"total\":0,\"succeeded\":0,\"failed\":0,\"results\":[]}");
	assert_int_equal(insert("posts", many(200, ""), false), 0);
	assert_false(rq1->is_error);
	assert_at(rq1, "succeeded", "200");
	assert_at(rq1, "results.199.data.title", "'row 199'");
	/* over 200 rows a success is its id */
	assert_int_equal(insert("posts", many(201, ""), false), 0);
	assert_at(rq1, "results.0.data", "");
	assert_int_equal(strlen(text_at(rq1, "results.200.id")), 36);
	assert_int_equal(json_object_object_length(
			     json_object_array_get_idx(json_in_get(answer(rq1), "results"), 0)),
	    2);
}

/* The database finds these: the chunk goes back and is written row by row. */
static void
test_conflicts(void **state)
{
	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "[{'title':'a','code':'x'}]", false), 0);
	assert_int_equal(insert("posts",
			     "[{'title':'b','code':'y'},{'title':'c','code':'x'},"
			     "{'title':'d','code':'z'},{'title':'e','code':'z'}]",
			     false),
	    0);
	assert_at(rq1, "succeeded", "2");
	assert_at(rq1, "results.0.data.code", "'y'");
	assert_at(rq1, "results.1.error.code", "'CONFLICT'");
	assert_at(rq1, "results.1.error.message", "'code: a row with this value exists already'");
	assert_at(rq1, "results.2.ok", "true");
	assert_at(rq1, "results.3.ok", "false");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2"), 3);
}

static void
test_relations(void **state)
{
	const char *ann;

	(void)state;
	make_posts();
	assert_int_equal(insert("people", "[{'name':'Ann'}]", false), 0);
	ann = strdupa(text_at(rq1, "results.0.data.id"));
	assert_int_equal(insert("posts",
			     arena_printf(rq2->mem,
				 "[{'title':'a','author':'%s'},{'title':'b','author':'%s'},"
				 "{'title':'c','readers':['%s','%s']},{'title':'d','readers':['%s']"
				 "},{'title':'e'}]",
				 ann, nobody, ann, nobody, ann),
			     false),
	    0);
	assert_at(rq1, "succeeded", "3");
	assert_at(rq1, "results.1.error.message",
	    arena_printf(
		rq2->mem, "'Relation target \\\"people\\\" has no row(s) with id: %s'", nobody));
	assert_at(rq1, "results.2.error.message",
	    arena_printf(
		rq2->mem, "'Relation target \\\"people\\\" has no row(s) with id: %s'", nobody));
	assert_at(rq1, "results.3.ok", "true");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE f_4 IS NOT NULL"), 1);
}

static void
test_atomic(void **state)
{
	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "[{'title':'a','code':'x'}]", true), 0);
	assert_at(rq1, "succeeded", "1");
	assert_int_equal(insert("posts", "[{'title':'b'},{'views':1}]", true), -1);
	assert_string_equal(rq1->err.path, "rows[1].title");
	assert_refused(rq1, E_VALIDATION,
	    "rows[1]: Field \"title\" is required; nothing was written",
	    insert("posts", "[{'title':'b'},{'views':1}]", true));
	assert_refused(rq1, E_CONFLICT,
	    "rows[1]: code: a row with this value exists already; nothing was written",
	    insert("posts", "[{'title':'b'},{'title':'c','code':'x'}]", true));
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2"), 1);
}

static void
test_refused(void **state)
{
	(void)state;
	make_posts();
	assert_refused(rq1, E_VALIDATION, "rows: must be an array, not object",
	    insert("posts", "{'title':'a'}", false));
	assert_refused(rq1, E_VALIDATION,
	    "rows: at most 10000 rows in one call, not 10001; send the rest in further calls",
	    insert("posts", many(10001, ""), false));
	assert_int_equal(insert("posts", "[1,{'title':'a'},null]", false), 0);
	assert_at(
	    rq1, "results.0.error.message", "'rows[0]: must be an object of fields, not number'");
	assert_at(rq1, "results.1.ok", "true");
	assert_at(rq1, "failed", "2");
}

static int reports;
static int64_t last_done, last_total;

static int
report(struct rq *rq, int64_t done, int64_t total, const char *message)
{
	(void)rq;
	(void)message;
	reports++;
	last_done = done;
	last_total = total;
	return 0;
}

static int
report_gone(struct rq *rq, int64_t done, int64_t total, const char *message)
{
	(void)total;
	(void)message;
	return done < 2000 ? 0 : fail(rq, E_UNAVAILABLE, "the client went away");
}

static void
test_ten_thousand(void **state)
{
	(void)state;
	make_posts();
	reports = 0;
	as_admin(rq1);
	rq1->progress = report;
	assert_int_equal(
	    items_bulk_insert(rq1, "posts", json(rq1, many(10000, ",'views':1")), false), 0);
	assert_int_equal(db_commit(rq1), 0);
	assert_at(rq1, "succeeded", "10000");
	assert_int_equal(reports, 10);
	assert_int_equal(last_done, 10000);
	assert_int_equal(last_total, 10000);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE f_1 LIKE 'row %' AND f_2 = 1"), 10000);
	/* ids follow the order of the input */
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM (SELECT f_1 AS title, ROW_NUMBER() OVER (ORDER BY id)"
		       " - 1 AS n FROM c_1_2) AS t WHERE title = CONCAT('row ', n)"),
	    10000);
	/* a client that has gone stops it */
	as_admin(rq1);
	rq1->progress = report_gone;
	assert_refused(rq1, E_UNAVAILABLE, "the client went away",
	    items_bulk_insert(rq1, "posts", json(rq1, many(5000, "")), false));
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2"), 10000);
}

/* Rows of a megabyte: a chunk ends at four, and none is longer than a packet. */
static void
test_large_rows(void **state)
{
	struct buf rows;

	(void)state;
	make(rq1, "texts", "[{'name':'t','type':'longtext'}]");
	buf_init(&rows, rq2->mem);
	buf_putc(&rows, '[');
	for (int i = 0; i < 20; i++) {
		buf_puts(&rows, i == 0 ? "{'t':'" : ",{'t':'");
		memset(buf_reserve(&rows, 1 << 20), 'x', 1 << 20);
		rows.len += 1 << 20;
		buf_puts(&rows, "'}");
	}
	buf_putc(&rows, ']');
	assert_int_equal(insert("texts", buf_text(&rows), false), 0);
	assert_at(rq1, "succeeded", "20");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_1 WHERE LENGTH(f_1) = 1048576"), 20);
}

/* The answer stays within what a model can read: then ids alone, as over 200 rows. */
static void
test_large_answer(void **state)
{
	struct buf rows;

	(void)state;
	make(rq1, "texts", "[{'name':'t','type':'longtext'}]");
	buf_init(&rows, rq2->mem);
	for (int i = 0; i < 100; i++) {
		buf_puts(&rows, i == 0 ? "[{'t':'" : ",{'t':'");
		memset(buf_reserve(&rows, 2000), 'x', 2000);
		rows.len += 2000;
		buf_puts(&rows, "'}");
	}
	buf_putc(&rows, ']');
	assert_int_equal(insert("texts", buf_text(&rows), false), 0);
	assert_true(rq1->out.buf.len < 80000);
	assert_int_equal(strlen(text_at(rq1, "results.0.data.t")), 2000);
	assert_at(rq1, "results.99.data", "");
	assert_int_equal(strlen(text_at(rq1, "results.99.id")), 36);
}

/* Acceptance B11, and what stands alone in an update. */
static void
test_update(void **state)
{
	const char *a, *b;

	(void)state;
	make_posts();
	assert_int_equal(
	    insert("posts", "[{'title':'a','code':'x'},{'title':'b','code':'y'}]", false), 0);
	a = strdupa(text_at(rq1, "results.0.data.id"));
	b = strdupa(text_at(rq1, "results.1.data.id"));
	assert_int_equal(
	    update("posts",
		arena_printf(rq2->mem,
		    "[{'id':'%s','data':{'views':1}},{'id':'%s','data':{'views':2}}]", b, a),
		false),
	    0);
	assert_at(rq1, "succeeded", "2");
	assert_false(rq1->is_error);
	assert_at(rq1, "results.0.data.title", "'b'");
	assert_at(rq1, "results.0.data.views", "1");
	assert_at(rq1, "results.1.data.views", "2");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE version = 2"), 2);
	assert_int_equal(
	    update("posts",
		arena_printf(rq2->mem,
		    "[{'id':'%s','data':{'title':'A'}},{'id':'%s','data':{'views':9}},"
		    "{'data':{'views':9}},{'id':'x','data':{'views':9}},{'id':7,'data':{'views':9}}"
		    ","
		    "{'id':'%s','views':9},{'id':'%s','data':{'code':'x'}},"
		    "{'id':'%s','data':{'views':'x'}},{'id':'%s','data':{'title':null}},"
		    "{'id':'%s','data':{'title':'B','views':4}},{'id':'%s','data':{}},"
		    "{'id':'%s','data':{'author':'%s'}}]",
		    a, nobody, b, b, b, b, b, b, b, nobody),
		false),
	    0);
	assert_true(rq1->is_error);
	assert_at(rq1, "succeeded", "2");
	assert_at(rq1, "results.0.data.title", "'A'");
	assert_at(rq1, "results.1.error.code", "'NOT_FOUND'");
	assert_at(rq1, "results.1.error.message", "'Item not found'");
	assert_at(rq1, "results.2.error.message", "'id is required'");
	assert_at(rq1, "results.2.error.code", "'VALIDATION'");
	assert_at(rq1, "results.3.error.code", "'NOT_FOUND'");
	assert_at(rq1, "results.4.error.code", "'NOT_FOUND'");
	assert_at(rq1, "results.5.error.message",
	    "'updates[5]: unknown key \\\"views\\\"; fields belong into \\\"data\\\"'");
	assert_at(rq1, "results.6.error.code", "'CONFLICT'");
	assert_at(rq1, "results.7.error.message", "'views: must be an integer, not string'");
	assert_at(rq1, "results.8.error.message", "'Field \\\"title\\\" is required'");
	assert_at(rq1, "results.9.data.title", "'B'");
	assert_at(rq1, "results.9.data.views", "4");
	assert_at(
	    rq1, "results.10.error.message", "'data: must hold at least one field to change'");
	assert_at(rq1, "results.11.error.message",
	    arena_printf(
		rq2->mem, "'Relation target \\\"people\\\" has no row(s) with id: %s'", nobody));
	assert_refused(rq1, E_NOT_FOUND, "updates[1]: Item not found; nothing was written",
	    update("posts",
		arena_printf(rq2->mem,
		    "[{'id':'%s','data':{'views':100}},{'id':'%s','data':{'views':1}}]", a, nobody),
		true));
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE f_2 = 100"), 0);
}

/* The same row twice: in order. */
static void
test_update_twice(void **state)
{
	const char *a;

	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "[{'title':'a'}]", false), 0);
	a = strdupa(text_at(rq1, "results.0.data.id"));
	assert_int_equal(update("posts",
			     arena_printf(rq2->mem,
				 "[{'id':'%s','data':{'views':1}},{'id':'%s','data':{'views':2}},"
				 "{'id':'%s','data':{'title':'b'}}]",
				 a, a, a),
			     false),
	    0);
	assert_at(rq1, "succeeded", "3");
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE f_1 = 'b' AND f_2 = 2 AND version = 4"),
	    1);
}

static void
test_update_many(void **state)
{
	struct buf updates;
	struct rows *rows;
	size_t n = 0;

	(void)state;
	make_posts();
	assert_int_equal(insert("posts", many(2500, ""), false), 0);
	as_admin(rq1);
	buf_init(&updates, rq2->mem);
	assert_int_equal(db_query(rq1, &rows, "SELECT id FROM c_1_2 ORDER BY RAND(1)"), 0);
	while (rows_next(rows) > 0)
		buf_printf(&updates, "%c{'id':'%s','data':{'views':%zu}}", n == 0 ? '[' : ',',
		    rows_text(rows, 0, NULL), 1000 + n),
		    n++;
	buf_putc(&updates, ']');
	assert_int_equal(update("posts", buf_text(&updates), false), 0);
	assert_at(rq1, "succeeded", "2500");
	assert_int_equal(
	    count(rq1, "SELECT COUNT(DISTINCT f_2) FROM c_1_2 WHERE f_2 >= 1000"), 2500);
}

/* Rules that look at several fields see the stored row. */
static void
test_update_cross_field(void **state)
{
	const char *a, *b;

	(void)state;
	make(rq1, "spans",
	    "[{'name':'low','type':'integer'},{'name':'high','type':'integer','validation':"
	    "{'rule':{'high':{'_gte':{'$field':'low'}}}}}]");
	assert_int_equal(
	    insert("spans", "[{'low':1,'high':2},{'low':5,'high':9},{'low':2,'high':1}]", false),
	    0);
	assert_at(rq1, "results.2.error.message",
	    "'high: does not fit the other fields, its validation rule refuses it'");
	a = strdupa(text_at(rq1, "results.0.data.id"));
	b = strdupa(text_at(rq1, "results.1.data.id"));
	assert_int_equal(
	    update("spans",
		arena_printf(
		    rq2->mem, "[{'id':'%s','data':{'low':3}},{'id':'%s','data':{'low':3}}]", a, b),
		false),
	    0);
	assert_at(rq1, "results.0.ok", "false");
	assert_at(rq1, "results.1.ok", "true");
}

/* All rows are locked, in the order of their ids, before the first is changed: calls that name the
 * same rows in another order wait for each other and do not meet in a deadlock. */
static void
test_locks_first(void **state)
{
	const char *low, *high;
	struct json_object *updates;

	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "[{'title':'a'},{'title':'b'}]", false), 0);
	low = strdupa(text_at(rq1, "results.0.data.id"));
	high = strdupa(text_at(rq1, "results.1.data.id"));
	as_admin(rq2);
	assert_int_equal(db_exec(rq2, "UPDATE c_1_2 SET f_2 = 1 WHERE id = ?", B(low)), 0);
	as_admin(rq1);
	assert_int_equal(db_exec(rq1, "SET SESSION innodb_lock_wait_timeout = 1"), 0);
	updates = json(
	    rq1, arena_printf(rq1->mem,
		     "[{'id':'%s','data':{'views':2}},{'id':'%s','data':{'views':2}}]", high, low));
	assert_int_equal(items_bulk_update(rq1, "posts", updates, false), -1);
	assert_int_equal(rq1->err.code, E_RETRY);
	/* the second row was not touched before the first was there */
	assert_int_equal(db_exec(rq2, "UPDATE c_1_2 SET f_2 = 1 WHERE id = ?", B(high)), 0);
	db_rollback(rq2);
	db_close(rq1->db);
}

static void
test_adopted(void **state)
{
	struct ddl_collection_in in = {
	    .slug = "lands", .adopted = {true, true}, .physical_table = "old_lands"};
	const char *why;
	char path[128];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/coffer.conf", database_dir);
	f = fopen(path, "a");
	fprintf(f, "adoptable_tables = old_*\n");
	fclose(f);
	assert_int_equal(conf_load(path, &why), 0);
	as_admin(rq1);
	run_sql(rq1, "CREATE TABLE old_lands (code CHAR(2) PRIMARY KEY, name VARCHAR(20),"
		     " size INT NOT NULL DEFAULT 4)");
	in.fields = json(rq1, "[{'name':'name','type':'text'},{'name':'size','type':'integer'}]");
	assert_int_equal(ddl_create(rq1, &in), 0);
	/* rows with different fields keep the defaults of the columns */
	assert_int_equal(insert("lands",
			     "[{'id':'PE','name':'Peru'},{'id':'TD','name':'Chad','size':5},"
			     "{'id':'PE','name':'again'},{'name':'none'}]",
			     false),
	    0);
	assert_at(rq1, "succeeded", "2");
	assert_at(rq1, "results.0.data.size", "4");
	assert_at(rq1, "results.1.data.size", "5");
	assert_at(rq1, "results.2.error.code", "'CONFLICT'");
	assert_at(rq1, "results.3.error.code", "'VALIDATION'");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_item_owner"), 2);
	assert_int_equal(insert("lands", "[{'id':'CL','size':1},{'id':'AR','size':2}]", false), 0);
	assert_at(rq1, "succeeded", "2");
	assert_int_equal(
	    update("lands", "[{'id':'CL','data':{'size':7}},{'id':'AR','data':{'size':8}}]", false),
	    0);
	assert_at(rq1, "results.1.data.size", "8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_one_bad, data_fresh),
	    cmocka_unit_test_setup(test_all_good, data_fresh),
	    cmocka_unit_test_setup(test_conflicts, data_fresh),
	    cmocka_unit_test_setup(test_relations, data_fresh),
	    cmocka_unit_test_setup(test_atomic, data_fresh),
	    cmocka_unit_test_setup(test_refused, data_fresh),
	    cmocka_unit_test_setup(test_ten_thousand, data_fresh),
	    cmocka_unit_test_setup(test_large_rows, data_fresh),
	    cmocka_unit_test_setup(test_large_answer, data_fresh),
	    cmocka_unit_test_setup(test_update, data_fresh),
	    cmocka_unit_test_setup(test_update_twice, data_fresh),
	    cmocka_unit_test_setup(test_update_many, data_fresh),
	    cmocka_unit_test_setup(test_update_cross_field, data_fresh),
	    cmocka_unit_test_setup(test_locks_first, data_fresh),
	    cmocka_unit_test_setup(test_adopted, data_fresh),
	};

	return cmocka_run_group_tests(tests, data_start, database_stop);
}
