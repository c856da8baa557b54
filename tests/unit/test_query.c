/* Lists, reads and aggregates on a real server: what rows look like and which ones come. */
#include "query_fixture.h"

#define ALPHA ID(4, 01)

static void
test_whole_row(void **state)
{
	(void)state;
	answers(&admin, "collections.read", "{'collection':'post','id':'" ALPHA "'}");
	assert_string_equal(raw(answer, NULL),
	    "{'data':{'id':'" ALPHA "','title':'alpha','body':'One \\'quoted\\'\\nline','views':10,"
	    "'rating':1.5,'live':true,'due':'2026-01-01T00:00:00.000Z','meta':{'a':[1,null]},"
	    "'customer':'" ID(2, 01) "','tags':['" ID(3, 01) "','" ID(
		3, 02) "'],"
		       "'cover':'files/a.png','names':{'en':'one','de':'eins'},"
		       "'ref':'0190a6e2-7c1b-7d3e-8f00-1234567890ab','secret':'sesame',"
		       "'createdAt':'2026-02-01T00:00:01.000Z','updatedAt':'2026-02-02T10:20:30."
		       "123456Z',"
		       "'ownerId':'01900000-0000-7000-8000-0000000000aa'}}");
	answers(&admin, "collections.read", "{'collection':'post','id':'" ID(4, 06) "'}");
	assert_string_equal(raw(answer, NULL),
	    "{'data':{'id':'" ID(
		4, 06) "','title':null,'body':null,'views':null,'rating':null,"
		       "'live':null,'due':null,'meta':null,'customer':'" ID(
			   2, 09) "','tags':null,'cover':null,"
				  "'names':null,'ref':null,'secret':null,'createdAt':'2026-02-"
				  "01T00:00:06.000Z',"
				  "'updatedAt':'2026-02-02T00:00:06.000Z','ownerId':null}}");
	/* not owner-scoped: no ownerId */
	answers(&admin, "collections.read", "{'collection':'country','id':'" ID(1, 01) "'}");
	assert_string_equal(raw(answer, NULL),
	    "{'data':{'id':'" ID(1, 01) "','name':'Peru','createdAt':'2026-01-01T00:00:01.000Z',"
					"'updatedAt':'2026-01-01T00:00:01.000Z'}}");
}

static void
test_read(void **state)
{
	(void)state;
	answers(&admin, "collections.read",
	    "{'collection':'post','id':'01900000-0000-7000-8000-400000000001','fields':'title,"
	    "views'}");
	assert_string_equal(raw(answer, NULL),
	    "{'data':{'id':'" ALPHA "','title':'alpha','views':10,"
	    "'createdAt':'2026-02-01T00:00:01.000Z','updatedAt':'2026-02-02T10:20:30.123456Z',"
	    "'ownerId':'01900000-0000-7000-8000-0000000000aa'}}");
	answers(&admin, "collections.read",
	    "{'collection':'post','id':'" ALPHA "','fields':['customer.country.name']}");
	assert_string_equal(raw(json_in_get(answer, "data"), "customer"),
	    "{'id':'" ID(2, 01) "','country':{'id':'" ID(1, 01) "','name':'Peru'}}");
	refuses(E_NOT_FOUND, "Item not found", &admin, "collections.read",
	    "{'collection':'post','id':'" ID(4, 99) "'}");
	refuses(E_NOT_FOUND, "Item not found", &admin, "collections.read",
	    "{'collection':'post','id':'nonsense'}");
	/* MariaDB would take it for the same id */
	refuses(E_NOT_FOUND, "Item not found", &admin, "collections.read",
	    "{'collection':'post','id':'01900000000070008000400000000001'}");
	refuses(E_NOT_FOUND, "Collection not found", &admin, "collections.read",
	    "{'collection':'nowhere','id':'" ALPHA "'}");
}

#define FILTER(filter) "{'collection':'post','sort':'title','filter':" filter "}"

static void
test_operators(void **state)
{
	static const struct {
		const char *filter, *expected;
	} cases[] = {
	    {"{}", "- Beta alpha delta epsilon gamma"},
	    {"{'title':'alpha'}", "alpha"},
	    {"{'title':{'_eq':'ALPHA'}}", ""},
	    {"{'views':{'_neq':10}}", "delta epsilon"},
	    {"{'views':{'_in':[5,30,77]}}", "delta epsilon"},
	    {"{'views':{'_nin':[5,30]}}", "Beta alpha"},
	    {"{'views':{'_gt':10}}", "delta"},
	    {"{'views':{'_gte':10}}", "Beta alpha delta"},
	    {"{'views':{'_lt':10}}", "epsilon"},
	    {"{'rating':{'_lte':1.5}}", "alpha delta epsilon"},
	    {"{'views':{'_gt':5,'_lt':30}}", "Beta alpha"},
	    {"{'views':{'_between':[5,10]}}", "Beta alpha epsilon"},
	    {"{'views':{'_nbetween':[5,10]}}", "delta"},
	    {"{'views':{'_null':true}}", "- gamma"},
	    {"{'views':{'_null':false}}", "Beta alpha delta epsilon"},
	    {"{'views':{'_nnull':true}}", "Beta alpha delta epsilon"},
	    {"{'body':{'_empty':true}}", "- delta gamma"},
	    {"{'body':{'_nempty':true}}", "Beta alpha epsilon"},
	    {"{'title':{'_contains':'a'}}", "Beta alpha delta gamma"},
	    {"{'title':{'_ncontains':'a'}}", "epsilon"},
	    {"{'body':{'_contains':'100%'}}", "Beta"},
	    {"{'body':{'_contains':'%'}}", "Beta"},
	    {"{'title':{'_contains':'_'}}", ""},
	    {"{'title':{'_icontains':'B'}}", "Beta"},
	    {"{'title':{'_nicontains':'B'}}", "alpha delta epsilon gamma"},
	    {"{'title':{'_starts_with':'b'}}", ""},
	    {"{'title':{'_istarts_with':'b'}}", "Beta"},
	    {"{'title':{'_nstarts_with':'a'}}", "Beta delta epsilon gamma"},
	    {"{'title':{'_ends_with':'ta'}}", "Beta delta"},
	    {"{'title':{'_iends_with':'TA'}}", "Beta delta"},
	    {"{'title':{'_nends_with':'ta'}}", "alpha epsilon gamma"},
	    {"{'live':true}", "alpha delta"},
	    {"{'due':{'_gt':'2026-01-31T00:00:00Z'}}", "delta gamma"},
	    {"{'created_at':{'_gte':'2026-02-01T00:00:05Z'}}", "- epsilon"},
	    {"{'createdAt':{'_gte':'2026-02-01T00:00:05Z'}}", "- epsilon"},
	    {"{'id':'" ALPHA "'}", "alpha"},
	    {"{'owner_id':'01900000-0000-7000-8000-0000000000aa'}", "alpha"},
	    {"{'_or':[{'title':'alpha'},{'views':30}]}", "alpha delta"},
	    {"{'$and':[{'views':10},{'live':false}]}", "Beta"},
	    {"{'_not':{'views':10}}", "delta epsilon"},
	    {"{'title':'$user.id'}", ""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answers(&admin, "collections.list", FILTER("%s"), cases[i].filter);
		if (strcmp(column("title"), cases[i].expected) != 0)
			fail_msg("%s gives %s", cases[i].filter, column("title"));
	}
}

static void
test_relation_filters(void **state)
{
	(void)state;
	lists(&admin, FILTER("{'customer.name':'Ana'}"), "title", "alpha delta");
	lists(&admin, FILTER("{'customer':{'name':{'_eq':'Ana'}}}"), "title", "alpha delta");
	lists(&admin, FILTER("{'customer.country.name':'Chad'}"), "title", "Beta");
	lists(
	    &admin, FILTER("{'customer.country.name':{'_null':true}}"), "title", "- epsilon gamma");
	lists(&admin, FILTER("{'tags.label':'blue'}"), "title", "Beta alpha");
	lists(&admin, FILTER("{'tags':{'_none':{'label':'blue'}}}"), "title",
	    "- delta epsilon gamma");
	refuses(E_VALIDATION, "\"customer.country.x.y.z\" exceeds max depth", &admin,
	    "collections.list", FILTER("{'customer.country.x.y.z':1}"));
	refuses(E_VALIDATION, "Cannot filter on field: nope", &admin, "collections.list",
	    FILTER("{'nope':1}"));
	refuses(E_VALIDATION, "Cannot filter on field: customer.nope", &admin, "collections.list",
	    FILTER("{'customer.nope':1}"));
	refuses(E_VALIDATION, "Invalid `filter` JSON", &admin, "collections.list", FILTER("'{'"));
	/* a client that sends the object as text */
	lists(&admin, FILTER("'{\\'views\\':30}'"), "title", "delta");
}

static void
test_sort(void **state)
{
	(void)state;
	lists(&admin, "{'collection':'post'}", "title", "- epsilon delta gamma Beta alpha");
	lists(&admin, "{'collection':'customer'}", "name", "Ana Bob Cyd");
	/* the collection's own order, and what is not there any more */
	lists(&admin, "{'collection':'tag'}", "label", "red blue");
	lists(&admin, "{'collection':'post','sort':'views'}", "title",
	    "gamma - epsilon alpha Beta delta");
	lists(&admin, "{'collection':'post','sort':'-views'}", "title",
	    "delta Beta alpha epsilon - gamma");
	lists(&admin, "{'collection':'post','sort':'views, -title'}", "title",
	    "gamma - epsilon alpha Beta delta");
	lists(&admin, "{'collection':'post','sort':'-live,createdAt'}", "title",
	    "alpha delta Beta epsilon gamma -");
	lists(&admin, "{'collection':'post','sort':'customer.name,-created_at'}", "title",
	    "- gamma delta alpha Beta epsilon");
	lists(&admin, "{'collection':'post','sort':'-customer.country.name'}", "title",
	    "delta alpha Beta - epsilon gamma");
	lists(&admin, "{'collection':'post','sort':'id,views'}", "title",
	    "alpha Beta gamma delta epsilon -");
	refuses(E_VALIDATION, "Cannot sort on field: nope", &admin, "collections.list",
	    "{'collection':'post','sort':'title,-nope'}");
	refuses(E_VALIDATION, "Cannot sort on field: tags.label", &admin, "collections.list",
	    "{'collection':'post','sort':'tags.label'}");
	refuses(E_VALIDATION, "Cannot sort on field: meta", &admin, "collections.list",
	    "{'collection':'post','sort':'-meta'}");
	refuses(E_VALIDATION, "at most 8 sort keys", &admin, "collections.list",
	    "{'collection':'post','sort':'title,body,views,rating,live,due,cover,ref,secret'}");
}

static void
test_fields(void **state)
{
	(void)state;
	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','limit':1,'fields':'views,title,views'}");
	assert_string_equal(raw(row(0), NULL),
	    "{'id':'" ALPHA "','title':'alpha','views':10,'createdAt':'2026-02-01T00:00:01.000Z',"
	    "'updatedAt':'2026-02-02T10:20:30.123456Z',"
	    "'ownerId':'01900000-0000-7000-8000-0000000000aa'}");
	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','limit':3,'fields':['title','customer.*']}");
	assert_string_equal(raw(row(0), "customer"),
	    "{'id':'" ID(2, 01) "','name':'Ana','country':'" ID(
		1, 01) "','notes':'pays late',"
		       "'createdAt':'2026-01-02T00:00:01.000Z','updatedAt':'2026-01-02T00:00:01."
		       "000Z'}");
	assert_null(json_in_get(row(2), "customer"));
	assert_true(json_in_has(row(2), "customer"));
	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','fields':'tags.label,customer.name'}");
	assert_string_equal(raw(row(0), "tags"),
	    "[{'id':'" ID(3, 01) "','label':'red'},{'id':'" ID(3, 02) "','label':'blue'}]");
	assert_string_equal(raw(row(1), "customer"), "{'id':'" ID(2, 02) "','name':'Bob'}");
	answers(&admin, "collections.list", "{'collection':'country','fields':'*'}");
	assert_string_equal(column("name"), "Chad Peru");
	refuses(E_VALIDATION, "Unknown field: nope", &admin, "collections.list",
	    "{'collection':'post','fields':'title,nope'}");
	refuses(E_VALIDATION, "Unknown field: customer.nope", &admin, "collections.list",
	    "{'collection':'post','fields':'customer.nope'}");
	refuses(E_VALIDATION, "Unknown field: title.x", &admin, "collections.list",
	    "{'collection':'post','fields':'title.x'}");
	refuses(E_VALIDATION, "Unknown field: title.*", &admin, "collections.list",
	    "{'collection':'post','fields':'title.*'}");
	refuses(E_VALIDATION, "Unknown field: version", &admin, "collections.list",
	    "{'collection':'post','fields':'version'}");
	refuses(E_VALIDATION, "\"customer.country.name.a.b\" exceeds max depth", &admin,
	    "collections.list", "{'collection':'post','fields':'customer.country.name.a.b'}");
}

static void
test_expand(void **state)
{
	int64_t before, after;
	(void)state;

	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','fields':'title','expand':'customer,tags'}");
	assert_string_equal(raw(json_in_get(row(0), "customer"), "name"), "'Ana'");
	assert_string_equal(raw(json_in_get(row(3), "customer"), "name"), "'Ana'");
	assert_string_equal(raw(row(0), "tags"),
	    "[{'id':'" ID(
		3, 01) "','label':'red','weight':2,'createdAt':'2026-01-03T00:00:01.000Z',"
		       "'updatedAt':'2026-01-03T00:00:01.000Z'},"
		       "{'id':'" ID(3,
			   02) "','label':'blue','weight':1,'createdAt':'2026-01-03T00:00:02.000Z',"
			       "'updatedAt':'2026-01-03T00:00:02.000Z'}]");
	/* null, empty, dangling */
	assert_string_equal(raw(row(2), "tags"), "[]");
	assert_string_equal(raw(row(2), "customer"), "null");
	assert_string_equal(raw(row(3), "tags"), "[]");
	assert_int_equal(json_object_array_length(json_in_get(row(4), "tags")), 1);
	assert_string_equal(raw(row(5), "customer"), "null");

	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','fields':'title','expand':['customer.country']}");
	assert_string_equal(raw(json_in_get(row(1), "customer"), "country"),
	    "{'id':'" ID(1, 02) "','name':'Chad','createdAt':'2026-01-01T00:00:02.000Z',"
				"'updatedAt':'2026-01-01T00:00:02.000Z'}");
	assert_string_equal(raw(json_in_get(row(1), "customer"), "name"), "'Bob'");

	/* fields choose, expand does not add to it */
	answers(&admin, "collections.list",
	    "{'collection':'post','sort':'id','fields':'customer.name','expand':'customer'}");
	assert_string_equal(raw(row(0), "customer"), "{'id':'" ID(2, 01) "','name':'Ana'}");

	/* one statement per relation and page, however many rows */
	before = server_counter("COM_STMT_EXECUTE");
	answers(&admin, "collections.list",
	    "{'collection':'post','fields':'title','expand':'customer,tags,customer.country'}");
	after = server_counter("COM_STMT_EXECUTE");
	assert_int_equal(after - before - 1, 1 + 3);

	refuses(E_VALIDATION, "Unknown field: nope", &admin, "collections.list",
	    "{'collection':'post','expand':'nope'}");
	refuses(E_VALIDATION, "field \"title\" is no relation", &admin, "collections.list",
	    "{'collection':'post','expand':'title'}");
}

static void
test_search(void **state)
{
	(void)state;
	lists(&admin, "{'collection':'post','sort':'title','q':'alpha'}", "title", "alpha epsilon");
	lists(&admin, "{'collection':'post','sort':'title','q':'BETA'}", "title", "Beta");
	lists(&admin, "{'collection':'post','sort':'title','q':'0%'}", "title", "Beta");
	lists(&admin, "{'collection':'post','sort':'title','q':'sesame'}", "title", "alpha");
	lists(&admin, "{'collection':'post','sort':'title','q':'a','filter':{'views':10}}", "title",
	    "Beta alpha");
	lists(&admin, "{'collection':'post','sort':'title','q':''}", "title",
	    "- Beta alpha delta epsilon gamma");
	/* no part of a secret can be found by one who may not read it */
	lists(&reader, "{'collection':'post','sort':'title','q':'sesame'}", "title", "");
}

static void
test_counts(void **state)
{
	(void)state;
	answers(&admin, "collections.list",
	    "{'collection':'post','limit':1,'filter':{'views':10},'meta':true}");
	assert_string_equal(raw(answer, "meta"), "{'filter_count':2,'total_count':6}");
	answers(&admin, "collections.list",
	    "{'collection':'post','filter':{'customer.name':'Ana'},'meta':'filter_count'}");
	assert_string_equal(raw(answer, "meta"), "{'filter_count':2}");
	answers(&admin, "collections.list", "{'collection':'post','q':'alpha','meta':'*'}");
	assert_string_equal(raw(answer, "meta"), "{'filter_count':2,'total_count':6}");
	answers(
	    &admin, "collections.list", "{'collection':'post','meta':'total_count,filter_count'}");
	assert_string_equal(raw(answer, "meta"), "{'filter_count':6,'total_count':6}");
	answers(&admin, "collections.list", "{'collection':'post','meta':false}");
	assert_false(json_in_has(answer, "meta"));
	refuses(E_VALIDATION, "unknown meta \"count\"", &admin, "collections.list",
	    "{'collection':'post','meta':'count'}");
	refuses(E_VALIDATION, "unknown meta", &admin, "collections.list",
	    "{'collection':'post','meta':7}");
}

static void
test_limits(void **state)
{
	(void)state;
	answers(&admin, "collections.list", "{'collection':'walk'}");
	assert_int_equal(nrows(), 50);
	assert_int_equal(number("limit"), 50);
	assert_int_equal(number("offset"), 0);
	assert_true(truth("has_more"));
	assert_non_null(next_cursor());
	answers(&admin, "collections.list", "{'collection':'walk','limit':1000}");
	assert_int_equal(number("limit"), 200);
	assert_int_equal(nrows(), 120);
	assert_false(truth("has_more"));
	assert_false(json_in_has(answer, "next_cursor"));
	assert_false(json_in_has(answer, "truncated"));
	answers(&admin, "collections.list", "{'collection':'walk','limit':0}");
	assert_int_equal(number("limit"), 1);
	answers(&admin, "collections.list", "{'collection':'walk','limit':-5}");
	assert_int_equal(nrows(), 1);
	lists(&admin, "{'collection':'post','sort':'id','limit':2,'offset':2}", "title",
	    "gamma delta");
	assert_int_equal(number("offset"), 2);
	assert_true(truth("has_more"));
	lists(
	    &admin, "{'collection':'post','sort':'id','limit':2,'offset':4}", "title", "epsilon -");
	assert_false(truth("has_more"));
	lists(&admin, "{'collection':'post','offset':99}", "title", "");
	refuses(E_VALIDATION, "argument \"offset\"", &admin, "collections.list",
	    "{'collection':'post','offset':-1}");
}

static void
test_aggregate(void **state)
{
	static const struct {
		const char *args, *expected;
	} cases[] = {
	    {"'agg':'count'", "[{'value':6}]"},
	    {"'agg':'count','field':'views'", "[{'value':4}]"},
	    {"'agg':'sum','field':'views'", "[{'value':55}]"},
	    {"'agg':'avg','field':'views'", "[{'value':13.75}]"},
	    {"'agg':'avg','field':'rating'", "[{'value':1.125}]"},
	    {"'agg':'min','field':'rating'", "[{'value':-1}]"},
	    {"'agg':'max','field':'title'", "[{'value':'gamma'}]"},
	    {"'agg':'max','field':'due'", "[{'value':'2026-03-01T10:20:30.500Z'}]"},
	    {"'agg':'min','field':'live'", "[{'value':false}]"},
	    {"'agg':'max','field':'created_at'", "[{'value':'2026-02-01T00:00:06.000Z'}]"},
	    {"'agg':'sum','field':'views','filter':{'views':77}", "[{'value':null}]"},
	    {"'agg':'count','filter':{'customer.name':'Ana'}", "[{'value':2}]"},
	    {"'agg':'count','groupBy':'live'",
		"[{'label':null,'value':2},{'label':false,'value':2},{'label':true,'value':2}]"},
	    {"'agg':'sum','field':'views','groupBy':'customer.name'",
		"[{'label':'Ana','value':40},{'label':'Bob','value':10},{'label':'Cyd','value':5},"
		"{'label':null,'value':null}]"},
	    {"'agg':'count','groupBy':'views','limit':2",
		"[{'label':null,'value':2},{'label':10,'value':2}]"},
	    {"'agg':'count','groupBy':'title','filter':{'views':77}", "[]"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answers(&admin, "collections.aggregate", "{'collection':'post',%s}", cases[i].args);
		assert_string_equal(raw(answer, "data"), cases[i].expected);
		assert_int_equal(truth("truncated"), strstr(cases[i].args, "limit") != NULL);
	}
	refuses(E_VALIDATION, "agg \"sum\" needs a field", &admin, "collections.aggregate",
	    "{'collection':'post','agg':'sum'}");
	refuses(E_VALIDATION, "agg \"avg\" needs a numeric field", &admin, "collections.aggregate",
	    "{'collection':'post','agg':'avg','field':'title'}");
	refuses(E_VALIDATION, "agg \"min\" cannot compare", &admin, "collections.aggregate",
	    "{'collection':'post','agg':'min','field':'meta'}");
	refuses(E_VALIDATION, "cannot group by field \"body\"", &admin, "collections.aggregate",
	    "{'collection':'post','agg':'count','groupBy':'body'}");
	refuses(E_VALIDATION, "Unknown field: nope", &admin, "collections.aggregate",
	    "{'collection':'post','agg':'sum','field':'nope'}");
	refuses(E_VALIDATION, "argument \"agg\" must be one of", &admin, "collections.aggregate",
	    "{'collection':'post','agg':'median','field':'views'}");
}

static void
test_adopted(void **state)
{
	(void)state;
	answers(&admin, "collections.list", "{'collection':'legacy','sort':'id','limit':2}");
	assert_string_equal(raw(answer, "data"),
	    "[{'id':1,'title':'Lamp','price':10.10,'weight':1.1,'extra':{'ok':true},'sent':null,"
	    "'createdAt':'2026-01-01T00:00:00.000Z'},"
	    "{'id':2,'title':'lamp','price':10.10,'weight':1.1,'extra':'not json',"
	    "'sent':'2026-01-05T00:00:00.000Z','createdAt':'2026-01-01T00:00:00.000Z'}]");
	answers(&admin, "collections.read", "{'collection':'legacy','id':'4000000000'}");
	assert_string_equal(raw(json_in_get(answer, "data"), "price"), "99999999.99");
	refuses(E_NOT_FOUND, "Item not found", &admin, "collections.read",
	    "{'collection':'legacy','id':'1 OR 1=1'}");
}

/* After the caller is known, a read is one statement, and so is a page. */
static void
test_statements(void **state)
{
	int64_t before, after;
	(void)state;

	before = server_counter("COM_STMT_EXECUTE");
	answers(&admin, "collections.read", "{'collection':'post','id':'" ALPHA "'}");
	after = server_counter("COM_STMT_EXECUTE");
	assert_int_equal(after - before, 1 + 1);
	before = after;
	answers(&admin, "collections.list", "{'collection':'walk','limit':25,'filter':{'n':3}}");
	after = server_counter("COM_STMT_EXECUTE");
	assert_int_equal(after - before, 1 + 1);
	/* other values, another page: the statement is known already */
	before = server_counter("COM_STMT_PREPARE");
	answers(&admin, "collections.list",
	    "{'collection':'walk','limit':3,'offset':4,'filter':{'n':4}}");
	assert_int_equal(server_counter("COM_STMT_PREPARE"), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole_row),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_operators),
	    cmocka_unit_test(test_relation_filters),
	    cmocka_unit_test(test_sort),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_expand),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_aggregate),
	    cmocka_unit_test(test_adopted),
	    cmocka_unit_test(test_statements),
	};

	return cmocka_run_group_tests(tests, query_start, database_stop);
}
