/* Going through many rows: cursors, and answers that would be too large. */
#include "query_fixture.h"

/* Where every row of a walk was seen. */
struct walk {
	size_t n, pages;
	bool truncated;
	char ids[256][UUID_TEXT_SIZE + 2]; /* as they stand in the answer */
};

static void
take_page(struct walk *walk)
{
	for (size_t i = 0; i < nrows(); i++) {
		const char *id = raw(row(i), "id");

		assert_true(walk->n < 256);
		for (size_t j = 0; j < walk->n; j++)
			assert_string_not_equal(walk->ids[j], id);
		strcpy(walk->ids[walk->n++], id);
	}
	walk->pages++;
	walk->truncated = walk->truncated || truth("truncated");
}

/* Follow next_cursor to the end; args without the closing brace. */
static void
follow(struct walk *walk, const struct caller *caller, const char *args)
{
	char cursor[2048];

	*walk = (struct walk){0};
	answers(caller, "collections.list", "%s}", args);
	for (;;) {
		take_page(walk);
		assert_int_equal(truth("has_more"), next_cursor() != NULL);
		if (!next_cursor())
			return;
		assert_true(nrows() > 0);
		strcpy(cursor, next_cursor());
		answers(caller, "collections.list", "%s,'cursor':'%s'}", args, cursor);
	}
}

/* In pages of any size the same rows come in the same order as in one. */
static void
walk_all(const char *args, size_t expected)
{
	static const int limits[] = {1, 7, 40, 119};
	static struct walk whole, walk;
	char limited[1024];

	snprintf(limited, sizeof(limited), "%s,'limit':200", args);
	follow(&whole, &admin, limited);
	assert_int_equal(whole.pages, 1);
	assert_int_equal(whole.n, expected);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		snprintf(limited, sizeof(limited), "%s,'limit':%d", args, limits[i]);
		follow(&walk, &admin, limited);
		assert_int_equal(walk.n, expected);
		assert_true(expected < 2 || limits[i] > 1 || walk.pages == expected);
		for (size_t j = 0; j < expected; j++)
			assert_string_equal(walk.ids[j], whole.ids[j]);
	}
}

static void
test_walks(void **state)
{
	static const char *const sorts[] = {"n", "-n", "s", "-s", "x", "-x", "t", "-t", "b", "-b",
	    "words", "-words", "created_at", "-created_at", "id", "-id", "n,s", "-n,-s", "n,-s",
	    "-n,s", "-b,x,-t", "customer", "-customer.name", "customer.name,n",
	    "customer.country.name,-s", "words,-n,s,-x,t,b,customer"};
	char args[256];
	(void)state;

	walk_all("{'collection':'walk'", 120);
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		snprintf(
		    args, sizeof(args), "{'collection':'walk','fields':'id','sort':'%s'", sorts[i]);
		walk_all(args, 120);
	}
}

static void
test_filtered_walks(void **state)
{
	(void)state;
	/* 24 of 120 have no n, 40 no s; every fourth is x before that */
	walk_all("{'collection':'walk','filter':{'n':{'_null':true}},'sort':'-s'", 24);
	walk_all("{'collection':'walk','filter':{'s':{'_null':true}},'sort':'n'", 40);
	walk_all("{'collection':'walk','filter':{'s':{'_in':['x','X']}},'sort':'-n'", 40);
	walk_all("{'collection':'walk','q':'Y Z','sort':'-n'", 20);
	/* served by the composite index (s, n) */
	walk_all("{'collection':'walk','filter':{'s':'X'},'sort':'-n'", 20);
	walk_all("{'collection':'walk','filter':{'s':'X'},'sort':'n'", 20);
	walk_all("{'collection':'walk','filter':{'customer.country.name':'Peru'},'sort':'-n'", 24);
	walk_all("{'collection':'walk','fields':'n,customer.name','sort':'customer.name'", 120);
}

static void
test_adopted_walks(void **state)
{
	(void)state;
	walk_all("{'collection':'legacy'", 5);
	walk_all("{'collection':'legacy','sort':'title'", 5);
	walk_all("{'collection':'legacy','sort':'-price'", 5);
	walk_all("{'collection':'legacy','sort':'price'", 5);
	walk_all("{'collection':'legacy','sort':'weight'", 5);
	walk_all("{'collection':'legacy','sort':'-weight,title'", 5);
	walk_all("{'collection':'legacy','sort':'sent'", 5);
	walk_all("{'collection':'legacy','sort':'-sent'", 5);
	walk_all("{'collection':'legacy','sort':'-id'", 5);
}

/* The order itself, by hand: descending with the nulls at the end, then by id descending. */
static void
test_order(void **state)
{
	(void)state;
	lists(&admin,
	    "{'collection':'walk','sort':'-n','filter':{'created_at':{'_lt':'2026-03-01T00:00:02Z'}"
	    "}}",
	    "n", "6 4 3 2 1 0 -");
	answers(&admin, "collections.list", "{'collection':'post','sort':'-views','limit':4}");
	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'-views','limit':4,'cursor':'%s'}", next_cursor());
	assert_string_equal(column("id"), ID(4, 06) " " ID(4, 03));
	assert_int_equal(number("offset"), 0);
	/* a cursor goes on from a page that was found by offset */
	answers(
	    &admin, "collections.list", "{'collection':'post','sort':'id','limit':2,'offset':1}");
	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','limit':2,'cursor':'%s'}", next_cursor());
	assert_string_equal(column("title"), "delta epsilon");
}

static const char first_page[] =
    "{'collection':'walk','sort':'-n','filter':{ 's' : 'X' },'q':'x','limit':3";

static void
bad_cursor(const struct caller *caller, const char *args, const char *cursor)
{
	char copy[2048];

	strcpy(copy, cursor);
	refuses(E_VALIDATION, "invalid cursor", caller, "collections.list", "%s,'cursor':'%s'}",
	    args, copy);
}

static void
test_foreign_cursors(void **state)
{
	char cursor[2048], changed[2048];
	(void)state;

	answers(&admin, "collections.list", "%s}", first_page);
	strcpy(cursor, next_cursor());
	/* blanks and the limit may change */
	answers(&admin, "collections.list",
	    "{'collection':'walk','sort':'-n','filter':{'s':'X'},'q':'x','limit':9,'cursor':'%s'}",
	    cursor);
	bad_cursor(&admin, "{'collection':'walk','sort':'n','filter':{'s':'X'},'q':'x'", cursor);
	bad_cursor(&admin, "{'collection':'walk','sort':'-n','filter':{'s':'x'},'q':'x'", cursor);
	bad_cursor(&admin, "{'collection':'walk','sort':'-n','filter':{'s':'X'},'q':'y'", cursor);
	bad_cursor(&admin, "{'collection':'walk','sort':'-n','filter':{'s':'X'}", cursor);
	bad_cursor(&admin, "{'collection':'walk','sort':'-n','q':'x'", cursor);
	bad_cursor(&admin, "{'collection':'walk','sort':'-n,s','filter':{'s':'X'},'q':'x'", cursor);
	for (size_t i = 0; i < strlen(cursor); i += 5) {
		strcpy(changed, cursor);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		bad_cursor(&admin, first_page, changed);
	}
	strcpy(changed, cursor);
	changed[strlen(changed) - 1] = '\0';
	bad_cursor(&admin, first_page, changed);
	bad_cursor(&admin, first_page, "");
	bad_cursor(&admin, first_page, "nonsense!");

	/* other fields may be read: another query */
	answers(&admin, "collections.list", "{'collection':'post','sort':'id','limit':2}");
	strcpy(cursor, next_cursor());
	bad_cursor(&reader, "{'collection':'post','sort':'id'", cursor);
	bad_cursor(&admin, "{'collection':'customer','sort':'id'", cursor);
	refuses(E_VALIDATION, "give either a cursor or an offset", &admin, "collections.list",
	    "{'collection':'post','sort':'id','offset':1,'cursor':'%s'}", cursor);
}

/* Give answers this many bytes; 0: what the configuration says by itself. */
static void
answer_limit(int bytes)
{
	const char *why;
	char text[16], path[128];

	snprintf(text, sizeof(text), "%d", bytes);
	if (bytes > 0)
		setenv("COFFER_SERVER_MAX_ANSWER", text, 1);
	else
		unsetenv("COFFER_SERVER_MAX_ANSWER");
	snprintf(path, sizeof(path), "%s/coffer.conf", database_dir);
	assert_int_equal(conf_load(path, &why), 0);
}

static void
test_truncation(void **state)
{
	static struct walk walk;
	(void)state;

	answers(&admin, "collections.list", "{'collection':'page','limit':200,'meta':true}");
	assert_true(truth("truncated"));
	assert_true(truth("has_more"));
	assert_true(rq1->out.buf.len <= 64 * 1024);
	assert_true(rq1->out.buf.len > 60 * 1024);
	assert_int_equal(nrows(), 15);
	assert_int_equal(number("limit"), 200);
	assert_string_equal(raw(answer, "meta"), "{'filter_count':41,'total_count':41}");

	follow(&walk, &admin, "{'collection':'page','limit':200");
	assert_int_equal(walk.n, 41);
	assert_true(walk.truncated);
	/* the last row is larger than an answer, and comes alone */
	assert_true(rq1->out.buf.len > 100000);
	assert_int_equal(nrows(), 1);
	assert_false(truth("truncated"));

	answers(&admin, "collections.list",
	    "{'collection':'page','limit':200,'offset':30,'sort':'name'}");
	assert_int_equal(nrows(), 10);
	assert_true(truth("truncated"));
	answers(&admin, "collections.list",
	    "{'collection':'page','limit':200,'sort':'name','cursor':'%s'}", next_cursor());
	assert_string_equal(column("name"), "p41");

	/* without the long field everything fits */
	answers(&admin, "collections.list", "{'collection':'page','limit':200,'fields':'name'}");
	assert_int_equal(nrows(), 41);
	assert_false(json_in_has(answer, "truncated"));
}

static void
test_truncation_of_nested(void **state)
{
	static struct walk walk;
	(void)state;

	answers(&admin, "collections.list", "{'collection':'page','limit':200,'expand':'tags'}");
	assert_true(truth("truncated"));
	assert_true(rq1->out.buf.len <= 64 * 1024);
	assert_int_equal(json_object_array_length(json_in_get(row(0), "tags")), 1);
	follow(&walk, &admin, "{'collection':'page','limit':200,'expand':'tags'");
	assert_int_equal(walk.n, 41);

	answer_limit(2048);
	follow(&walk, &admin, "{'collection':'walk','limit':200,'expand':'customer.country'");
	assert_int_equal(walk.n, 120);
	assert_true(walk.pages > 30);
	follow(&walk, &admin, "{'collection':'post','limit':200,'expand':'tags,customer'");
	assert_int_equal(walk.n, 6);
	follow(&walk, &reader, "{'collection':'post','limit':200,'sort':'-views'");
	assert_int_equal(walk.n, 6);
	assert_true(walk.truncated);
	answers(&admin, "collections.aggregate",
	    "{'collection':'walk','agg':'count','groupBy':'id','limit':200}");
	assert_true(truth("truncated"));
	assert_true(rq1->out.buf.len < 2048 + 256);
	answer_limit(0);
}

static int64_t
rows_touched(void)
{
	return server_counter("HANDLER_READ_PREV") + server_counter("HANDLER_READ_NEXT") +
	       server_counter("HANDLER_READ_RND_NEXT");
}

/* Equality and a descending key: MariaDB would begin at the newest row every time. */
static void
test_index_is_used(void **state)
{
	int64_t before;
	char cursor[2048];
	(void)state;

	begin(&admin);
	assert_ok(db_exec(rq1,
	    "INSERT INTO c_7_5 (id, created_at, updated_at, f_1, f_2)"
	    " SELECT CONCAT('01900000-0000-7000-8000-6', LPAD(seq, 11, '0')), '2026-06-01',"
	    " '2026-06-01', seq, 'deep' FROM seq_1_to_5000"));
	assert_ok(db_commit(rq1));
	answers(&admin, "collections.list",
	    "{'collection':'walk','filter':{'s':'deep'},'sort':'-n','fields':'n','limit':5,"
	    "'offset':4000}");
	assert_string_equal(column("n"), "1000 999 998 997 996");
	strcpy(cursor, next_cursor());
	before = rows_touched();
	answers(&admin, "collections.list",
	    "{'collection':'walk','filter':{'s':'deep'},'sort':'-n','fields':'n','limit':5,"
	    "'cursor':'%s'}",
	    cursor);
	assert_string_equal(column("n"), "995 994 993 992 991");
	assert_true(rows_touched() - before < 50);
}

/* The same for the rows of one owner, newest first: their index is always there. */
static void
test_owner_index_is_used(void **state)
{
	static const char args[] = "{'collection':'post','fields':'views','limit':5,"
				   "'filter':{'owner_id':'" ID(9, 01) "'}";
	int64_t before;
	char cursor[2048];
	(void)state;

	begin(&admin);
	assert_ok(db_exec(rq1,
	    "INSERT INTO c_7_4 (id, owner_id, created_at, updated_at, f_3)"
	    " SELECT CONCAT('01900000-0000-7000-8000-6', LPAD(seq, 11, '0')), '" ID(9,
		01) "', '2026-06-01' + INTERVAL seq SECOND, '2026-06-01', seq FROM seq_1_to_5000"));
	assert_ok(db_commit(rq1));
	answers(&admin, "collections.list", "%s,'offset':4000}", args);
	assert_string_equal(column("views"), "1000 999 998 997 996");
	strcpy(cursor, next_cursor());
	before = rows_touched();
	answers(&admin, "collections.list", "%s,'cursor':'%s'}", args, cursor);
	assert_string_equal(column("views"), "995 994 993 992 991");
	assert_true(rows_touched() - before < 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_walks),
	    cmocka_unit_test(test_filtered_walks),
	    cmocka_unit_test(test_adopted_walks),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_foreign_cursors),
	    cmocka_unit_test(test_truncation),
	    cmocka_unit_test(test_truncation_of_nested),
	    cmocka_unit_test(test_index_is_used),
	    cmocka_unit_test(test_owner_index_is_used),
	};

	return cmocka_run_group_tests(tests, query_start, database_stop);
}
