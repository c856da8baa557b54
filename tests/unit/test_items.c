/* Writing single rows, against MariaDB. */
#include "data.h"

static const char nobody[] = "01900000-0000-7000-8000-00000000dead";

static void
make_posts(void)
{
	make(rq1, "people", "[{'name':'name','type':'text'}]");
	make(rq1, "posts",
	    "[{'name':'title','type':'text','required':true},"
	    "{'name':'views','type':'integer','default':7,'validation':{'min':0}},"
	    "{'name':'code','type':'text','unique':true},"
	    "{'name':'author','type':'relation','to':'people'},"
	    "{'name':'readers','type':'relation_many','to':'people'},"
	    "{'name':'rating','type':'number'},{'name':'live','type':'boolean'},"
	    "{'name':'meta','type':'json'},{'name':'due','type':'timestamp'},"
	    "{'name':'names','type':'i18n_text'}]");
}

/* One call in a transaction of its own, as an administrator. */
static int
insert(const char *slug, const char *data)
{
	const char *kept = strdupa(data);

	as_admin(rq1);
	if (items_insert(rq1, slug, json(rq1, kept)) < 0)
		return -1;
	return db_commit(rq1);
}

static int
update(const char *slug, const char *id, const char *data)
{
	const char *kept_id = strdupa(id), *kept = strdupa(data);

	as_admin(rq1);
	if (items_update(rq1, slug, kept_id, json(rq1, kept)) < 0)
		return -1;
	return db_commit(rq1);
}

static int delete (const char *slug, const char *id)
{
	const char *kept = strdupa(id);

	as_admin(rq1);
	if (items_delete(rq1, slug, kept) < 0)
		return -1;
	return db_commit(rq1);
}

/* The id of the last answer, on the stack of the caller. */
#define last_id() strdupa(text_at(rq1, "data.id"))

static void
test_insert(void **state)
{
	const char *person;

	(void)state;
	make_posts();
	assert_int_equal(insert("people", "{'name':'Ann'}"), 0);
	person = last_id();
	assert_int_equal(
	    insert("posts", "{'title':'Hi \\u00e9','views':12,'rating':1.5,'live':true,"
			    "'meta':{'a':[1, 2.50]},'due':'2026-03-01T10:00:00+02:00',"
			    "'names':{'en':'Hi'},'author':null,'code':''}"),
	    0);
	assert_at(rq1, "data.title", "'Hi é'");
	assert_at(rq1, "data.views", "12");
	assert_at(rq1, "data.rating", "1.5");
	assert_at(rq1, "data.live", "true");
	/* byte for byte */
	assert_at(rq1, "data.meta", "{'a':[1, 2.50]}");
	assert_at(rq1, "data.due", "'2026-03-01T08:00:00.000Z'");
	assert_at(rq1, "data.names", "{'en':'Hi'}");
	assert_at(rq1, "data.author", "null");
	assert_at(rq1, "data.code", "''");
	assert_string_equal(at(rq1, "data.createdAt"), at(rq1, "data.updatedAt"));
	/* of version 7 */
	assert_int_equal(text_at(rq1, "data.id")[14], '7');
	assert_int_equal(
	    insert("posts", arena_printf(rq1->mem, "{'title':'b','author':'%s','readers':['%s']}",
				person, person)),
	    0);
	/* the default stands in for what is absent */
	assert_at(rq1, "data.views", "7");
	assert_string_equal(text_at(rq1, "data.author"), person);
	assert_int_equal(insert("posts", "{'title':'c','views':null}"), 0);
	assert_at(rq1, "data.views", "null");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE owner_id = '" ADMIN_ID
				    "' AND version = 1"),
	    3);
}

static void
test_insert_refused(void **state)
{
	(void)state;
	make_posts();
	assert_refused(rq1, E_NOT_FOUND, "Collection not found", insert("nothing", "{}"));
	assert_refused(rq1, E_VALIDATION, "data: must be an object of fields, not array",
	    insert("posts", "[]"));
	assert_refused(rq1, E_VALIDATION,
	    "Unknown field \"x\"; fields to write are: title, views, code, author, readers, "
	    "rating, "
	    "live, meta, due, names",
	    insert("posts", "{'title':'a','x':1}"));
	assert_refused(rq1, E_VALIDATION, "Field \"title\" is required", insert("posts", "{}"));
	assert_refused(
	    rq1, E_VALIDATION, "Field \"title\" is required", insert("posts", "{'title':null}"));
	/* in this order: unknown keys, what is required, values */
	assert_int_equal(insert("posts", "{'views':'x','nope':1}"), -1);
	assert_non_null(strstr(rq1->err.message, "Unknown field \"nope\""));
	assert_refused(
	    rq1, E_VALIDATION, "Field \"title\" is required", insert("posts", "{'views':'x'}"));
	assert_int_equal(insert("posts", "{'title':'a','views':'x'}"), -1);
	assert_string_equal(rq1->err.path, "data.views");
	assert_refused(rq1, E_VALIDATION, "views: must be an integer, not string",
	    insert("posts", "{'title':'a','views':'x'}"));
	assert_refused(rq1, E_VALIDATION, "views: must be at least 0",
	    insert("posts", "{'title':'a','views':-1}"));
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2"), 0);
}

static void
test_system_columns(void **state)
{
	static const char *const names[] = {
	    "id", "owner_id", "ownerId", "created_at", "createdAt", "updated_at", "version"};

	(void)state;
	make_posts();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		as_admin(rq1);
		assert_int_equal(
		    items_insert(rq1, "posts",
			json(rq1, arena_printf(rq1->mem, "{'title':'a','%s':'x'}", names[i]))),
		    -1);
		assert_int_equal(rq1->err.code, E_VALIDATION);
		assert_memory_equal(rq1->err.message,
		    arena_printf(rq1->mem, "Unknown field \"%s\"", names[i]),
		    strlen("Unknown field \"\"") + strlen(names[i]));
	}
}

static void
test_relations(void **state)
{
	const char *person;

	(void)state;
	make_posts();
	assert_int_equal(insert("people", "{'name':'Ann'}"), 0);
	person = last_id();
	assert_refused(rq1, E_VALIDATION,
	    arena_printf(rq2->mem, "Relation target \"people\" has no row(s) with id: %s", nobody),
	    insert("posts", arena_printf(rq2->mem, "{'title':'a','author':'%s'}", nobody)));
	assert_refused(rq1, E_VALIDATION,
	    arena_printf(rq2->mem, "Relation target \"people\" has no row(s) with id: %s", nobody),
	    insert("posts",
		arena_printf(rq2->mem, "{'title':'a','readers':['%s','%s']}", person, nobody)));
	assert_refused(rq1, E_VALIDATION,
	    "author: must be a UUID such as \"01890a5d-ac96-774b-bcce-b302099a8057\"",
	    insert("posts", "{'title':'a','author':'ann'}"));
	/* written canonically */
	for (char *p = (char *)(uintptr_t)person; *p != '\0'; p++)
		*p = (char)(*p >= 'a' ? *p - 32 : *p);
	assert_int_equal(
	    insert("posts", arena_printf(rq2->mem, "{'title':'a','author':'%s','readers':['%s']}",
				person, person)),
	    0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM c_1_2 a JOIN c_1_1 p ON a.f_4 = p.id"
				    " WHERE a.f_5 = CONCAT('[\"', p.id, '\"]')"),
	    1);
}

static void
test_unique(void **state)
{
	const char *second;

	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "{'title':'a','code':'x'}"), 0);
	assert_refused(rq1, E_CONFLICT, "code: a row with this value exists already",
	    insert("posts", "{'title':'b','code':'x'}"));
	/* neither letter case nor blanks at the end are the same */
	assert_int_equal(insert("posts", "{'title':'b','code':'X'}"), 0);
	assert_int_equal(insert("posts", "{'title':'b','code':'x '}"), 0);
	second = last_id();
	assert_refused(rq1, E_CONFLICT, "code: a row with this value exists already",
	    update("posts", second, "{'code':'x'}"));
	assert_int_equal(insert("posts", "{'title':'none'}"), 0);
	assert_int_equal(insert("posts", "{'title':'none'}"), 0);
}

static void
test_composite_unique(void **state)
{
	struct ddl_collection_in in = {.slug = "seats"};

	(void)state;
	as_admin(rq1);
	in.fields = json(rq1, "[{'name':'row','type':'integer'},{'name':'seat','type':'integer'}]");
	in.indexes = json(rq1, "[{'fields':['row','seat'],'unique':true}]");
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_int_equal(insert("seats", "{'row':1,'seat':1}"), 0);
	assert_int_equal(insert("seats", "{'row':1,'seat':2}"), 0);
	assert_refused(rq1, E_CONFLICT, "row, seat: a row with this value exists already",
	    insert("seats", "{'row':1,'seat':2}"));
}

static void
test_update(void **state)
{
	const char *id;
	char upper[37];

	(void)state;
	make_posts();
	assert_int_equal(insert("posts", "{'title':'a','views':1,'meta':{'k':1},'code':'x'}"), 0);
	id = last_id();
	assert_int_equal(update("posts", id, "{'views':2,'meta':null}"), 0);
	assert_at(rq1, "data.title", "'a'");
	assert_at(rq1, "data.views", "2");
	assert_at(rq1, "data.meta", "null");
	assert_at(rq1, "data.code", "'x'");
	assert_string_not_equal(at(rq1, "data.createdAt"), at(rq1, "data.updatedAt"));
	assert_int_equal(count(rq1, "SELECT version FROM c_1_2"), 2);
	for (size_t i = 0; i <= 36; i++)
		upper[i] = (char)(id[i] >= 'a' ? id[i] - 32 : id[i]);
	assert_int_equal(update("posts", upper, "{'views':3}"), 0);
	assert_string_equal(text_at(rq1, "data.id"), id);
	/* a default is for new rows */
	assert_int_equal(update("posts", id, "{'views':null}"), 0);
	assert_at(rq1, "data.views", "null");
	assert_refused(rq1, E_VALIDATION, "Field \"title\" is required",
	    update("posts", id, "{'title':null}"));
	assert_refused(
	    rq1, E_VALIDATION, "views: must be at least 0", update("posts", id, "{'views':-1}"));
	assert_refused(rq1, E_VALIDATION, "data: must hold at least one field to change",
	    update("posts", id, "{}"));
	assert_refused(rq1, E_NOT_FOUND, "Item not found", update("posts", nobody, "{'views':1}"));
	assert_refused(
	    rq1, E_NOT_FOUND, "Item not found", update("posts", "nonsense", "{'views':1}"));
	assert_refused(rq1, E_VALIDATION,
	    arena_printf(rq2->mem, "Relation target \"people\" has no row(s) with id: %s", nobody),
	    update("posts", id, arena_printf(rq2->mem, "{'author':'%s'}", nobody)));
	assert_int_equal(count(rq1, "SELECT version FROM c_1_2"), 4);
}

static void
test_cross_field(void **state)
{
	const char *id;

	(void)state;
	make(rq1, "events",
	    "[{'name':'start','type':'timestamp'},"
	    "{'name':'end','type':'timestamp','validation':{'rule':{'end':{'_gt':{'$field':'start'}"
	    "}},"
	    "'message':'must come after start'}},{'name':'note','type':'text'}]");
	assert_refused(rq1, E_VALIDATION, "end: must come after start",
	    insert("events", "{'start':'2026-01-02','end':'2026-01-01'}"));
	/* without one of them there is nothing to compare */
	assert_int_equal(insert("events", "{'end':'2026-01-01'}"), 0);
	assert_int_equal(insert("events", "{'start':'2026-01-01','end':'2026-01-03'}"), 0);
	id = last_id();
	/* the field the rule hangs on does not change, the one it looks at does */
	assert_refused(rq1, E_VALIDATION, "end: must come after start",
	    update("events", id, "{'start':'2026-01-04'}"));
	assert_int_equal(update("events", id, "{'start':'2026-01-04','end':'2026-01-05'}"), 0);
	assert_int_equal(update("events", id, "{'note':'x'}"), 0);
}

static void
test_dropdown(void **state)
{
	(void)state;
	make(rq1, "tasks",
	    "[{'name':'status','type':'text','interface':'dropdown','options':{'choices':"
	    "[{'value':'open','label':'Open'},{'value':'done'}]}},"
	    "{'name':'size','type':'integer','interface':'dropdown','options':{'values':[1,2]}},"
	    "{'name':'free','type':'text','options':{'values':['a']}}]");
	assert_int_equal(insert("tasks", "{'status':'open','size':2,'free':'b'}"), 0);
	assert_refused(rq1, E_VALIDATION, "status: must be one of \"open\", \"done\"",
	    insert("tasks", "{'status':'Open'}"));
	assert_refused(
	    rq1, E_VALIDATION, "size: must be one of \"1\", \"2\"", insert("tasks", "{'size':3}"));
}

static void
test_delete(void **state)
{
	const char *person, *post;

	(void)state;
	make_posts();
	assert_int_equal(insert("people", "{'name':'Ann'}"), 0);
	person = last_id();
	assert_int_equal(
	    insert("posts", arena_printf(rq2->mem, "{'title':'a','author':'%s'}", person)), 0);
	post = last_id();
	assert_refused(rq1, E_VALIDATION,
	    "rows of \"posts\" refer to this item in \"author\"; change or delete them first",
	    delete ("people", person));
	assert_int_equal(delete ("posts", post), 0);
	assert_string_equal(buf_text(&rq1->out.buf), "{\"ok\":true}");
	assert_refused(rq1, E_NOT_FOUND, "Item not found", delete ("posts", post));
	assert_refused(rq1, E_NOT_FOUND, "Item not found", delete ("posts", "x"));
	assert_int_equal(delete ("people", person), 0);
}

static void
test_grants(void **state)
{
	const char *id;

	(void)state;
	make_posts();
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to create on \"posts\"",
	    items_insert(rq1, "posts", json(rq1, "{'title':'a'}")));
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to create on \"nothing\"",
	    items_insert(rq1, "nothing", json(rq1, "{'title':'a'}")));
	grant(rq1, "posts", "create", "['title','views']");
	grant(rq1, "posts", "read", "['title','code']");
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to write field \"code\"",
	    items_insert(rq1, "posts", json(rq1, "{'title':'a','code':'x'}")));
	/* what may neither be read nor written is as if it were not there */
	as_member(rq1);
	assert_refused(rq1, E_VALIDATION,
	    "Unknown field \"rating\"; fields to write are: title, views",
	    items_insert(rq1, "posts", json(rq1, "{'title':'a','rating':1}")));
	as_member(rq1);
	assert_refused(rq1, E_VALIDATION,
	    "Unknown field \"no_such\"; fields to write are: title, views",
	    items_insert(rq1, "posts", json(rq1, "{'title':'a','no_such':1}")));
	/* the right is asked for before the type */
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to write field \"code\"",
	    items_insert(rq1, "posts", json(rq1, "{'title':5,'code':'x'}")));
	/* the answer shows what may be read */
	as_member(rq1);
	assert_int_equal(items_insert(rq1, "posts", json(rq1, "{'title':'a','views':3}")), 0);
	assert_int_equal(db_commit(rq1), 0);
	assert_at(rq1, "data.title", "'a'");
	assert_at(rq1, "data.code", "null");
	assert_at(rq1, "data.views", "");
	id = last_id();
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM c_1_2 WHERE owner_id = '" MEMBER_ID "' AND f_2 = 3"),
	    1);
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to update on \"posts\"",
	    items_update(rq1, "posts", id, json(rq1, "{'title':'b'}")));
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to delete on \"posts\"",
	    items_delete(rq1, "posts", id));
}

/* Who may create but not read is told the id and nothing else. */
static void
test_write_only(void **state)
{
	(void)state;
	make_posts();
	grant(rq1, "posts", "create", "['title','author']");
	as_member(rq1);
	assert_int_equal(items_insert(rq1, "posts", json(rq1, "{'title':'a'}")), 0);
	assert_int_equal(json_object_object_length(json_in_get(answer(rq1), "data")), 1);
	assert_int_equal(strlen(text_at(rq1, "data.id")), 36);
	assert_int_equal(db_commit(rq1), 0);
	/* and cannot find out by relations which rows exist elsewhere */
	assert_int_equal(insert("people", "{'name':'Ann'}"), 0);
	{
		const char *person = last_id();

		as_member(rq1);
		assert_refused(rq1, E_VALIDATION,
		    arena_printf(
			rq2->mem, "Relation target \"people\" has no row(s) with id: %s", person),
		    items_insert(rq1, "posts",
			json(rq1, arena_printf(rq1->mem, "{'title':'a','author':'%s'}", person))));
		grant(rq1, "people", "read", NULL);
		as_member(rq1);
		assert_int_equal(
		    items_insert(rq1, "posts",
			json(rq1, arena_printf(rq1->mem, "{'title':'a','author':'%s'}", person))),
		    0);
	}
	/* a field that is required but unknown to the caller is not named */
	make(rq1, "forms",
	    "[{'name':'a','type':'text'},{'name':'secret','type':'text','required':true}]");
	grant(rq1, "forms", "create", "['a']");
	as_member(rq1);
	assert_refused(rq1, E_FORBIDDEN, "No permission to create on \"forms\"",
	    items_insert(rq1, "forms", json(rq1, "{'a':'x'}")));
}

static void
adopt(const char *slug, const char *table, const char *fields)
{
	struct ddl_collection_in in = {
	    .slug = slug, .adopted = {true, true}, .physical_table = table};
	const char *why;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/coffer.conf", database_dir);
	f = fopen(path, "a");
	fprintf(f, "adoptable_tables = old_*\n");
	fclose(f);
	assert_int_equal(conf_load(path, &why), 0);
	as_admin(rq1);
	in.fields = json(rq1, fields);
	assert_int_equal(ddl_create(rq1, &in), 0);
	database_configure("mariadb.sock");
}

static void
test_adopted(void **state)
{
	(void)state;
	as_admin(rq1);
	run_sql(rq1, "CREATE TABLE old_lands (code CHAR(2) PRIMARY KEY, name VARCHAR(5) NOT NULL,"
		     " size INT NOT NULL DEFAULT 4, UNIQUE KEY name (name)) CHARSET utf8mb4");
	adopt("lands", "old_lands",
	    "[{'name':'name','type':'text'},{'name':'size','type':'integer'}]");
	assert_refused(rq1, E_VALIDATION,
	    "Primary key \"id\" is required: this collection is an adopted table",
	    insert("lands", "{'name':'Peru'}"));
	assert_int_equal(insert("lands", "{'id':'PE','name':'Peru'}"), 0);
	assert_at(rq1, "data.id", "'PE'");
	/* the column's own default */
	assert_at(rq1, "data.size", "4");
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_item_owner WHERE item_id = 'PE' AND owner_id"
		       " = '" ADMIN_ID "'"),
	    1);
	assert_refused(rq1, E_CONFLICT, "id: a row with this value exists already",
	    insert("lands", "{'id':'PE','name':'x'}"));
	assert_refused(rq1, E_CONFLICT, "a row with the same unique value exists",
	    insert("lands", "{'id':'XX','name':'Peru'}"));
	assert_refused(rq1, E_VALIDATION, "a text is too long for its column",
	    insert("lands", "{'id':'CL','name':'Chile?'}"));
	assert_int_equal(update("lands", "PE", "{'size':9}"), 0);
	assert_at(rq1, "data.size", "9");
	assert_refused(rq1, E_VALIDATION, "id: the primary key of a row cannot be changed",
	    update("lands", "PE", "{'id':'XX','size':1}"));
	assert_int_equal(delete ("lands", "PE"), 0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_item_owner"), 0);
	/* a number is one key, however it is spelled */
	run_sql(rq1, "CREATE TABLE old_steps (n INT PRIMARY KEY, t VARCHAR(5))");
	adopt("steps", "old_steps", "[{'name':'t','type':'text'}]");
	assert_int_equal(insert("steps", "{'id':'007','t':'x'}"), 0);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_item_owner WHERE item_id = '7'"), 1);
	assert_int_equal(delete ("steps", "+07"), 0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_item_owner"), 0);
	/* a table without transactions is for reading */
	run_sql(rq1, "CREATE TABLE old_log (n INT PRIMARY KEY, t TEXT) ENGINE=MyISAM");
	adopt("log", "old_log", "[{'name':'t','type':'text'}]");
	assert_refused(rq1, E_VALIDATION,
	    "\"log\" can only be read: its table has no transactions; convert it to InnoDB to "
	    "write",
	    insert("log", "{'id':1,'t':'x'}"));
}

/* The key of an adopted table may be a declared field; relations to it are looked up. */
static void
test_adopted_key(void **state)
{
	(void)state;
	as_admin(rq1);
	run_sql(rq1, "CREATE TABLE old_orders (no INT PRIMARY KEY, t VARCHAR(20))");
	adopt(
	    "orders", "old_orders", "[{'name':'no','type':'integer'},{'name':'t','type':'text'}]");
	make(rq1, "notes",
	    "[{'name':'o','type':'relation','to':'orders'},"
	    "{'name':'all_','type':'relation_many','to':'orders'}]");
	assert_refused(rq1, E_VALIDATION,
	    "Primary key \"no\" is required: this collection is an adopted table",
	    insert("orders", "{'t':'x'}"));
	assert_int_equal(insert("orders", "{'no':5,'t':'x'}"), 0);
	assert_at(rq1, "data.id", "5");
	assert_int_equal(insert("notes", "{'o':5,'all_':[5]}"), 0);
	assert_at(rq1, "data.o", "5");
	assert_refused(rq1, E_VALIDATION, "Relation target \"orders\" has no row(s) with id: 6",
	    insert("notes", "{'o':6}"));
	assert_refused(rq1, E_VALIDATION, "Relation target \"orders\" has no row(s) with id: 7",
	    insert("notes", "{'o':5,'all_':[5,7]}"));
	assert_refused(rq1, E_VALIDATION, "no: the primary key of a row cannot be changed",
	    update("orders", "5", "{'no':6}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_insert, data_fresh),
	    cmocka_unit_test_setup(test_insert_refused, data_fresh),
	    cmocka_unit_test_setup(test_system_columns, data_fresh),
	    cmocka_unit_test_setup(test_relations, data_fresh),
	    cmocka_unit_test_setup(test_unique, data_fresh),
	    cmocka_unit_test_setup(test_composite_unique, data_fresh),
	    cmocka_unit_test_setup(test_update, data_fresh),
	    cmocka_unit_test_setup(test_cross_field, data_fresh),
	    cmocka_unit_test_setup(test_dropdown, data_fresh),
	    cmocka_unit_test_setup(test_delete, data_fresh),
	    cmocka_unit_test_setup(test_grants, data_fresh),
	    cmocka_unit_test_setup(test_write_only, data_fresh),
	    cmocka_unit_test_setup(test_adopted, data_fresh),
	    cmocka_unit_test_setup(test_adopted_key, data_fresh),
	};

	return cmocka_run_group_tests(tests, data_start, database_stop);
}
