/* Adopting tables of somebody else, and relations to them. */
#include "shapes.h"

static void
allow_tables(const char *list)
{
	const char *why;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/coffer.conf", database_dir);
	f = fopen(path, "w");
	fprintf(f,
	    "[database]\nsocket = %s/mariadb.sock\nname = coffer_test\nuser = root\n"
	    "adoptable_tables = %s\n",
	    database_dir, list);
	fclose(f);
	assert_int_equal(conf_load(path, &why), 0);
}

static struct ddl_collection_in
adoption(const char *table, const char *fields)
{
	struct ddl_collection_in in = shape(rq1, "orders", fields);

	in.adopted = (struct opt_bool){true, true};
	in.physical_table = table;
	return in;
}

static void
test_adopt(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	allow_tables("old_*, wp_posts");
	as_admin(rq1);
	run_sql(rq1,
	    "CREATE TABLE old_orders (order_no INT PRIMARY KEY, Title VARCHAR(40), made DATETIME,"
	    " price DECIMAL(8,2), extra LONGTEXT, blob_ BLOB)");
	run_sql(rq1, "CREATE TABLE old_pairs (a INT, b INT, PRIMARY KEY (a, b))");
	in = adoption(
	    "old_orders", "[{'name':'title','type':'text'},{'name':'price','type':'number'}]");
	in.created_at_column = "made";
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_at(rq1, "data.adopted", "true");
	assert_at(rq1, "data.physicalTable", "'old_orders'");
	assert_string_equal(stored("orders")->pk->column.text, "`order_no`");
	assert_string_equal(field_of(stored("orders"), "title")->column.text, "`Title`");
	/* no DDL, and so no journal */
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_journal"), 0);
	assert_int_equal(update("orders", "[{'name':'extra','type':'json'}]"), 0);
	assert_refused(rq1, E_VALIDATION,
	    "fields[0].name: table \"old_orders\" has no column \"nothing\"",
	    update("orders", "[{'name':'nothing','type':'text'}]"));
	assert_refused(rq1, E_VALIDATION,
	    "fields[0].type: column \"blob_\" is of type blob, which cannot be a field of type "
	    "text",
	    update("orders", "[{'name':'blob_','type':'text'}]"));
	assert_refused(rq1, E_VALIDATION,
	    "fields[0]: an adopted table keeps the indexes it has; leave unique and indexed out",
	    update("orders", "[{'name':'title','indexed':true}]"));
	/* archived instead of dropped, and back */
	as_admin(rq1);
	assert_int_equal(ddl_drop(rq1, "orders"), 0);
	assert_string_equal(buf_text(&rq1->out.buf), quoted(rq1, "{'ok':true,'archived':true}"));
	assert_null(stored("orders"));
	in = shape(rq1, "orders", "[]");
	assert_refused(rq1, E_CONFLICT, "Slug already exists", ddl_create(rq1, &in));
	as_admin(rq1);
	assert_int_equal(ddl_restore(rq1, "orders"), 0);
	assert_int_equal(stored("orders")->nfields, 3);
	assert_int_equal(ddl_drop_field(rq1, "orders", "extra"), 0);
	assert_has(table_text("old_orders"), "`extra`");
}

static void
test_adopt_refused(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	allow_tables("old_*");
	as_admin(rq1);
	run_sql(rq1, "CREATE TABLE old_pairs (a INT, b INT, PRIMARY KEY (a, b))");
	run_sql(rq1, "CREATE TABLE old_list (a INT PRIMARY KEY, tenant_id INT, made DATETIME)");
	in = adoption("old_pairs", "[]");
	assert_refused(rq1, E_VALIDATION,
	    "physicalTable: a primary key of one column is needed, table \"old_pairs\" has 2",
	    ddl_create(rq1, &in));
	in = adoption("old_nothing", "[]");
	assert_refused(rq1, E_NOT_FOUND, "Table \"old_nothing\" not found", ddl_create(rq1, &in));
	in = adoption("coffer_user", "[]");
	assert_refused(rq1, E_FORBIDDEN,
	    "physicalTable: \"coffer_user\" is not among the tables that may be adopted; they "
	    "stand in "
	    "the configuration, database.adoptable_tables",
	    ddl_create(rq1, &in));
	in = adoption(NULL, "[]");
	assert_refused(
	    rq1, E_VALIDATION, "physicalTable: is required to adopt a table", ddl_create(rq1, &in));
	in = adoption("old_list", "[]");
	in.pk_column = "made";
	assert_refused(rq1, E_VALIDATION,
	    "pkColumn: the primary key of table \"old_list\" is \"a\"", ddl_create(rq1, &in));
	in = adoption("old_list", "[]");
	in.owner_id_column = "made";
	assert_refused(rq1, E_VALIDATION,
	    "ownerIdColumn: column \"made\" is of type datetime, which does not do",
	    ddl_create(rq1, &in));
	in = adoption("old_list", "[{'name':'tenant_id','type':'integer'}]");
	assert_refused(rq1, E_VALIDATION, "fields[0].name: \"tenant_id\" is a reserved name",
	    ddl_create(rq1, &in));
	in = adoption("old_list", "[{'name':'made','type':'timestamp'}]");
	in.created_at_column = "made";
	assert_refused(rq1, E_VALIDATION,
	    "fields[0]: \"made\" is a system column of this collection already",
	    ddl_create(rq1, &in));
	allow_tables("*");
	in = adoption("coffer_user", "[]");
	assert_int_equal(ddl_create(rq1, &in), -1);
	assert_int_equal(rq1->err.code, E_FORBIDDEN);
	in = adoption("c_1_1", "[]");
	assert_int_equal(ddl_create(rq1, &in), -1);
	assert_int_equal(rq1->err.code, E_FORBIDDEN);
	in = adoption("old_list", "[]");
	((struct caller *)(uintptr_t)rq1->caller)->is_operator = false;
	assert_refused(rq1, E_FORBIDDEN,
	    "only an operator of this instance may adopt a table, because the database holds every "
	    "workspace",
	    ddl_create(rq1, &in));
}

/* What is shown of the table stays the operator's choice, later too. */
static void
test_adopt_more(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	allow_tables("old_*");
	as_admin(rq1);
	run_sql(rq1,
	    "CREATE TABLE old_people (login CHAR(8) PRIMARY KEY, nick CHAR(8), pass CHAR(8),"
	    " Owner CHAR(36), tenant_id INT)");
	in = adoption("old_people", "[{'name':'nick','type':'text'}]");
	in.owner_id_column = "owner";
	assert_int_equal(ddl_create(rq1, &in), 0);
	in = shape(rq1, "orders", "[{'name':'pass','type':'text'}]");
	((struct caller *)(uintptr_t)rq1->caller)->is_operator = false;
	assert_refused(rq1, E_FORBIDDEN,
	    "fields[0]: only an operator of this instance may add fields to an adopted table",
	    ddl_update(rq1, &in));
	assert_int_equal(stored("orders")->nfields, 1);
	in = shape(rq1, "orders", "[{'name':'nick','label':'Nickname'}]");
	((struct caller *)(uintptr_t)rq1->caller)->is_operator = false;
	assert_int_equal(ddl_update(rq1, &in), 0);
	assert_refused(rq1, E_VALIDATION,
	    "fields[0]: \"owner\" is a system column of this collection already",
	    update("orders", "[{'name':'owner','type':'text'}]"));
	assert_refused(rq1, E_VALIDATION, "fields[0].name: \"tenant_id\" is a reserved name",
	    update("orders", "[{'name':'tenant_id','type':'integer'}]"));
	assert_int_equal(update("orders", "[{'name':'pass','type':'text'}]"), 0);
}

/* A relation to an adopted table has the type of its key and no foreign key. */
static void
test_relation_to_adopted(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	allow_tables("old_*");
	as_admin(rq1);
	run_sql(rq1, "CREATE TABLE old_orders (no INT PRIMARY KEY, code CHAR(8))");
	run_sql(rq1, "CREATE TABLE old_lands (code CHAR(2) PRIMARY KEY)");
	in = adoption("old_orders", "[]");
	assert_int_equal(ddl_create(rq1, &in), 0);
	in = adoption("old_lands", "[]");
	in.slug = "lands";
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_int_equal(create("notes", "[{'name':'o','type':'relation','to':'orders'},"
					 "{'name':'l','type':'relation','to':'lands'}]"),
	    0);
	assert_has(table_text("c_1_3"), "`f_1` bigint(20)");
	assert_has(table_text("c_1_3"), "`f_2` varchar(191)");
	assert_has(table_text("c_1_3"), "KEY `fx_1` (`f_1`)");
	assert_lacks(table_text("c_1_3"), "FOREIGN KEY");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_adopt, data_fresh),
	    cmocka_unit_test_setup(test_adopt_refused, data_fresh),
	    cmocka_unit_test_setup(test_adopt_more, data_fresh),
	    cmocka_unit_test_setup(test_relation_to_adopted, data_fresh),
	};

	return cmocka_run_group_tests(tests, data_start, database_stop);
}
