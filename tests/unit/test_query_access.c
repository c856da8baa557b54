/* What a caller who may not read everything gets, and what hostile input does. */
#include "query_fixture.h"

#define ALPHA ID(4, 01)

static const struct caller stranger = {
    .plane = CALLER_ANONYMOUS,
    .workspace_id = "01900000-0000-7000-8000-000000000007",
    .workspace_slug = "main",
    .workspace_no = 7,
    .epoch = 1,
};

/* The name of a field that may not be read is refused as one that nobody has, and comes back only
 * as the caller's own word. */
static void
same_refusal(const char *tool, const char *format, const char *text)
{
	static const char *const names[] = {"secret", "sacret"};

	for (size_t i = 0; i < 2; i++) {
		char expected[128];

		snprintf(expected, sizeof(expected), "%s%s; usable fields are ", text, names[i]);
		refuses(E_VALIDATION, expected, &reader, tool, format, names[i]);
		assert_null(strstr(rq1->err.message + strlen(expected), "secret"));
	}
}

static void
test_unreadable(void **state)
{
	(void)state;
	answers(&reader, "collections.read", "{'collection':'post','id':'" ALPHA "'}");
	assert_false(json_in_has(json_in_get(answer, "data"), "secret"));
	assert_true(json_in_has(json_in_get(answer, "data"), "title"));
	answers(&reader, "collections.list", "{'collection':'post','fields':'*'}");
	for (size_t i = 0; i < nrows(); i++)
		assert_false(json_in_has(row(i), "secret"));
	answers(&reader, "collections.list", "{'collection':'post','expand':'customer,tags'}");
	assert_null(strstr(rq1->out.buf.data, "pays late"));
	assert_null(strstr(rq1->out.buf.data, "weight"));
	/* the default sort by -weight would tell */
	lists(&reader, "{'collection':'tag'}", "label", "blue red");

	same_refusal("collections.list", "{'collection':'post','fields':'%s'}", "Unknown field: ");
	same_refusal("collections.list", "{'collection':'post','expand':'%s'}", "Unknown field: ");
	same_refusal(
	    "collections.list", "{'collection':'post','sort':'%s'}", "Cannot sort on field: ");
	same_refusal("collections.list", "{'collection':'post','filter':{'%s':'x'}}",
	    "Cannot filter on field: ");
	same_refusal("collections.aggregate", "{'collection':'post','agg':'count','groupBy':'%s'}",
	    "Unknown field: ");
	same_refusal("collections.aggregate", "{'collection':'post','agg':'sum','field':'%s'}",
	    "Unknown field: ");

	refuses(E_FORBIDDEN, "No read permission on relation target: country", &reader,
	    "collections.list", "{'collection':'customer','expand':'country'}");
	refuses(E_FORBIDDEN, "No read permission on relation target: country", &reader,
	    "collections.list", "{'collection':'customer','fields':'country.name'}");
	refuses(E_FORBIDDEN, "No read permission on relation target: country", &reader,
	    "collections.list", "{'collection':'customer','filter':{'country.name':'Peru'}}");
	refuses(E_FORBIDDEN, "No read permission on relation target: country", &reader,
	    "collections.list", "{'collection':'customer','sort':'country.name'}");
	refuses(E_FORBIDDEN, "No permission to read on \"country\"", &reader, "collections.list",
	    "{'collection':'country'}");
	refuses(E_FORBIDDEN, "No permission to read on \"nowhere\"", &reader, "collections.list",
	    "{'collection':'nowhere'}");
	refuses(E_UNAUTHORIZED, "Sign in required", &stranger, "collections.list",
	    "{'collection':'post'}");
	refuses(E_UNAUTHORIZED, "Sign in required", &stranger, "collections.aggregate",
	    "{'collection':'nowhere','agg':'count'}");
}

static void
test_injection(void **state)
{
	/* as they stand inside of a JSON string */
	static const char *const attempts[] = {
	    "' OR 1=1 -- ",
	    "\\\" OR \\\"\\\"=\\\"",
	    "x`; DROP TABLE c_7_4; --",
	    "t0.f_13",
	    "f_13",
	    "1) UNION SELECT f_13 FROM c_7_4 #",
	    "\\\\' OR 1=1 -- ",
	    "title /*!50000 OR 1=1 */",
	    "(SELECT f_13 FROM c_7_4 LIMIT 1)",
	    "id,(SELECT 1)",
	};
	static const char *const values[][2] = {
	    {"filter\":{\"title\":", "}"},
	    {"filter\":{\"body\":{\"_contains\":", "}}"},
	    {"q\":", ""},
	};
	static const char *const names[] = {"sort\":", "fields\":", "expand\":"};
	(void)state;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		char args[512];

		for (size_t j = 0; j < 3; j++) {
			snprintf(args, sizeof(args), "{\"collection\":\"post\",\"%s\"%s\"%s}",
			    values[j][0], attempts[i], values[j][1]);
			assert_int_equal(call_json(&admin, "collections.list", args), 0);
			assert_int_equal(nrows(), 0);
			snprintf(args, sizeof(args), "{\"collection\":\"post\",\"%s\"%s\"}",
			    names[j], attempts[i]);
			assert_int_equal(call_json(&admin, "collections.list", args), -1);
			assert_string_equal(err_name(rq1->err.code), "VALIDATION");
		}
		snprintf(
		    args, sizeof(args), "{\"collection\":\"post\",\"id\":\"%s\"}", attempts[i]);
		assert_int_equal(call_json(&admin, "collections.read", args), -1);
		assert_string_equal(err_name(rq1->err.code), "NOT_FOUND");
	}
	answers(&admin, "collections.aggregate", "{'collection':'post','agg':'count'}");
	assert_string_equal(raw(answer, "data"), "[{'value':6}]");
}

/* What INSERT ... RETURNING gives back, projected with read rights. */
static void
test_returned_row(void **state)
{
	const struct access *access;
	const struct collection *c;
	struct sqlb sql;
	struct rows *rows;
	(void)state;

	begin(&reader);
	assert_ok(access_require(rq1, "tag", ACTION_READ, &access));
	c = access->collection;
	sqlb_init(&sql, rq1->mem);
	sqlb_lit(&sql, "INSERT INTO c_7_3 (id, created_at, updated_at, f_1, f_2) VALUES ('" ID(
			   3, 07) "', '2026-01-09', '2026-01-09', 'green', 9) RETURNING 'first', ");
	query_columns(&sql, c, access, SQLB_BARE);
	sqlb_lit(&sql, ", ");
	query_columns(&sql, c, NULL, SQLB_BARE);
	assert_ok(sqlb_query(rq1, &sql, &rows));
	assert_int_equal(rows_next(rows), 1);
	out_array(&rq1->out);
	query_row_out(rq1, rows, 1, c, access);
	query_row_out(rq1, rows, 5, c, NULL);
	out_end(&rq1->out);
	assert_string_equal(buf_text(&rq1->out.buf),
	    "[{\"id\":\"" ID(3, 07) "\",\"label\":\"green\","
				    "\"createdAt\":\"2026-01-09T00:00:00.000Z\",\"updatedAt\":"
				    "\"2026-01-09T00:00:00.000Z\"},"
				    "{\"id\":\"" ID(3, 07) "\"}]");
}

static void
test_rows_for_others(void **state)
{
	const struct access *access;
	const struct collection *c;
	(void)state;

	begin(&reader);
	assert_ok(access_require(rq1, "customer", ACTION_READ, &access));
	c = access->collection;
	assert_ok(query_row(rq1, access, c, ID(2, 02)));
	assert_string_equal(buf_text(&rq1->out.buf),
	    "{\"id\":\"" ID(2, 02) "\",\"name\":\"Bob\",\"country\":\"" ID(
		1, 02) "\","
		       "\"createdAt\":\"2026-01-02T00:00:02.000Z\",\"updatedAt\":\"2026-01-02T00:"
		       "00:02.000Z\"}");
	begin(&reader);
	assert_ok(access_require(rq1, "customer", ACTION_READ, &access));
	assert_ok(query_row(rq1, access, c = access->collection, ID(2, 09)));
	assert_string_equal(buf_text(&rq1->out.buf), "null");
	begin(&reader);
	c = snapshot_collection(rq1->snap, "customer");
	assert_ok(query_row(rq1, NULL, c, ID(2, 02)));
	assert_string_equal(buf_text(&rq1->out.buf), "{\"id\":\"" ID(2, 02) "\"}");
	begin(&reader);
	c = snapshot_collection(rq1->snap, "customer");
	assert_ok(query_sample(rq1, c, 2));
	answer = parse(rq1->out.buf.data, rq1->out.buf.len);
	assert_int_equal(json_object_array_length(answer), 2);
	assert_string_equal(raw(json_object_array_get_idx(answer, 0), "name"), "'Cyd'");
	begin(&reader);
	assert_fails(
	    rq1, E_FORBIDDEN, query_sample(rq1, snapshot_collection(rq1->snap, "country"), 2));
}

/* A row that a rule hides is not there. */
static void
test_hidden_row(void **state)
{
	const struct expr_scope scope = {.rq = rq1, .at = "rule", .variables = true};
	static const char rule_text[] = "{\"_or\":[{\"name\":\"Ana\"},{\"name\":\"$user.email\"}]}";
	const struct access *access;
	const struct collection *c;
	struct access ruled;
	struct expr *rule;
	(void)state;

	begin(&reader);
	assert_ok(access_require(rq1, "customer", ACTION_READ, &access));
	c = access->collection;
	assert_ok(expr_parse(&scope, c, parse(rule_text, strlen(rule_text)), &rule));
	ruled = *access;
	ruled.rule = rule;
	out_array(&rq1->out);
	assert_ok(query_row(rq1, &ruled, c, ID(2, 02)));
	assert_ok(query_row(rq1, &ruled, c, ID(2, 01)));
	out_end(&rq1->out);
	assert_string_equal(buf_text(&rq1->out.buf),
	    "[null,{\"id\":\"" ID(2, 01) "\",\"name\":\"Ana\",\"country\":\"" ID(
		1, 01) "\","
		       "\"createdAt\":\"2026-01-02T00:00:01.000Z\",\"updatedAt\":\"2026-01-02T00:"
		       "00:01.000Z\"}]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_injection),
	    cmocka_unit_test(test_returned_row),
	    cmocka_unit_test(test_rows_for_others),
	    cmocka_unit_test(test_hidden_row),
	};

	return cmocka_run_group_tests(tests, query_start, database_stop);
}
