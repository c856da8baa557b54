/* Changes of shape that meet failures, crashes and each other. */
#include "shapes.h"

/* Somebody else's creation of the same name is committed between our check and our commit. */
static void
test_slug_race(void **state)
{
	(void)state;
	as_admin(rq1);
	run_sql(rq1, "CREATE TRIGGER race BEFORE INSERT ON coffer_collection FOR EACH ROW"
		     " SET NEW.slug = 'other'");
	assert_int_equal(create("first", "[]"), 0);
	assert_refused(rq1, E_CONFLICT, "Slug already exists", create("second", "[]"));
	as_admin(rq1);
	run_sql(rq1, "DROP TRIGGER race");
	/* the table of the loser is gone */
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA ="
		       " DATABASE() AND TABLE_NAME LIKE 'c\\_%'"),
	    1);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_journal WHERE state = 'undone'"), 1);
	assert_int_equal(open_entries(), 0);
}

/* The door settles inside the last transaction. */
static int finished;

static int
finish_ok(struct rq *rq)
{
	finished++;
	return db_exec(rq, "UPDATE coffer_workspace SET name = ? WHERE no = 1", B("settled"));
}

static int
finish_failing(struct rq *rq)
{
	finished++;
	return fail(rq, E_FORBIDDEN, "no more");
}

static void
test_door_settles(void **state)
{
	struct ddl_collection_in in = shape(rq1, "a", "[]");

	(void)state;
	finished = 0;
	rq1->finish = finish_ok;
	assert_int_equal(ddl_create(rq1, &in), 0);
	assert_int_equal(finished, 1);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_workspace WHERE name = 'settled'"), 1);
	in = shape(rq1, "b", "[]");
	rq1->finish = finish_failing;
	assert_refused(rq1, E_FORBIDDEN, "no more", ddl_create(rq1, &in));
	in = shape(rq1, "a", "[{'name':'x','type':'integer','indexed':true}]");
	rq1->finish = finish_failing;
	assert_refused(rq1, E_FORBIDDEN, "no more", ddl_update(rq1, &in));
	as_admin(rq1);
	rq1->finish = finish_failing;
	assert_refused(rq1, E_FORBIDDEN, "no more", ddl_drop(rq1, "a"));
	/* and what was added is taken back */
	assert_null(stored("b"));
	assert_int_equal(stored("a")->nfields, 0);
	assert_lacks(table_text("c_1_1"), "f_1");
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA ="
		       " DATABASE() AND TABLE_NAME LIKE 'c\\_%'"),
	    1);
	assert_int_equal(open_entries(), 0);
	run_sql(rq1, "UPDATE coffer_workspace SET name = 'Default'");
}

/* What a process that died left: its entries name a process that is no more. */
static void
leave(const char *state, const char *payload)
{
	as_admin(rq1);
	assert_int_equal(
	    db_exec(rq1,
		"INSERT INTO coffer_journal (id, workspace_id, face, operation, collection_id, "
		"payload,"
		" state, holder, expires_at, created_at)"
		" SELECT UUID(), '" WORKSPACE_ID "', 'rest', 'update', c.id, ?, ?, 'elsewhere/1/1',"
		" NOW(6) - INTERVAL 1 SECOND, NOW(6) FROM coffer_collection c WHERE c.slug = 'a'",
		B(quoted(rq1, payload)), B(state)),
	    0);
	assert_int_equal(db_commit(rq1), 0);
}

static void
test_reconcile(void **state)
{
	(void)state;
	make(rq1, "b", "[]");
	make(rq1, "a", "[{'name':'x','type':'integer','indexed':true}]");
	/* died after the DDL of a creation and of an update */
	run_sql(rq1, "CREATE TABLE c_1_9 (id UUID PRIMARY KEY)");
	leave("open", "{'undo':{'workspace':1,'collection':9,'table':true},'after':{}}");
	run_sql(rq1, "ALTER TABLE c_1_2 ADD f_2 UUID, ADD KEY fx_2 (f_2),"
		     " ADD CONSTRAINT fk_1_2_2 FOREIGN KEY (f_2) REFERENCES c_1_1 (id)");
	leave("open", "{'undo':{'workspace':1,'collection':2,'columns':[2]},'after':{}}");
	/* died before the DDL of an update */
	leave("open",
	    "{'undo':{'workspace':1,'collection':2,'columns':[3],'unique':[1],'composites':[1]}}");
	/* died before the DDL of a removal */
	leave("removing", "{'undo':{},'after':{'workspace':1,'collection':2,'plain':[1]}}");
	as_admin(rq1);
	assert_int_equal(ddl_reconcile(rq1), 4);
	assert_lacks(table_text("c_1_2"), "f_2");
	assert_lacks(table_text("c_1_2"), "fx_1");
	assert_has(table_text("c_1_2"), "f_1");
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA ="
		       " DATABASE() AND TABLE_NAME = 'c_1_9'"),
	    0);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_journal WHERE state = 'undone'"), 3);
	assert_int_equal(open_entries(), 0);
	assert_int_equal(ddl_reconcile(rq1), 0);
}

/* An entry somebody still works on is left alone, and its collection waits. */
static void
test_busy(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	make(rq1, "a", "[]");
	make(rq1, "other", "[]");
	leave("open", "{'undo':{'workspace':1,'collection':1,'columns':[1]},'after':{}}");
	run_sql(rq1, "UPDATE coffer_journal SET expires_at = NOW(6) + INTERVAL 1 HOUR"
		     " WHERE state = 'open'");
	assert_int_equal(ddl_reconcile(rq1), 0);
	in = shape(rq1, "a", "[{'name':'x','type':'integer'}]");
	assert_refused(rq1, E_CONFLICT,
	    "another change of this collection's schema is under way; try again when it is done",
	    ddl_update(rq1, &in));
	/* others do not wait */
	assert_int_equal(update("other", "[{'name':'x','type':'integer'}]"), 0);
	assert_int_equal(create("third", "[]"), 0);
	/* abandoned, it is finished on the way */
	run_sql(rq1, "UPDATE coffer_journal SET expires_at = NOW(6) WHERE state = 'open'");
	assert_int_equal(update("a", "[{'name':'x','type':'integer'}]"), 0);
	assert_int_equal(open_entries(), 0);
}

/* A change made meanwhile by another process is seen: what the caller's snapshot says is not
 * decisive. */
static void
test_fresh_look(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	make(rq1, "a", "[]");
	as_admin(rq2);
	assert_int_equal(update("a", "[{'name':'x','type':'integer'}]"), 0);
	in = (struct ddl_collection_in){.slug = "a"};
	in.fields = json(rq2, "[{'name':'x','type':'text'}]");
	assert_refused(rq2, E_VALIDATION,
	    "fields[0].type: the type of \"x\" is integer and cannot change; add a new field and "
	    "copy "
	    "the values",
	    ddl_update(rq2, &in));
	as_admin(rq2);
	assert_int_equal(create("b", "[]"), 0);
	in = (struct ddl_collection_in){.slug = "b"};
	assert_refused(rq2, E_CONFLICT, "Slug already exists", ddl_create(rq2, &in));
}

/* A reader that does not end: the table is not altered, and nothing is left behind. */
static void
test_table_in_use(void **state)
{
	struct rows *rows;

	(void)state;
	make(rq1, "a", "[]");
	as_admin(rq2);
	assert_int_equal(db_query(rq2, &rows, "SELECT COUNT(*) FROM c_1_1"), 0);
	assert_refused(rq1, E_UNAVAILABLE,
	    "the collection is in use by requests that take long; try again later",
	    update("a", "[{'name':'x','type':'integer'}]"));
	assert_int_equal(open_entries(), 0);
	db_rollback(rq2);
	assert_int_equal(update("a", "[{'name':'x','type':'integer'}]"), 0);
	/* dropped all the same: the catalogue has forgotten it, the table goes later */
	as_admin(rq2);
	assert_int_equal(db_query(rq2, &rows, "SELECT COUNT(*) FROM c_1_1"), 0);
	as_admin(rq1);
	assert_int_equal(ddl_drop(rq1, "a"), 0);
	assert_int_equal(open_entries(), 1);
	db_rollback(rq2);
	assert_int_equal(ddl_reconcile(rq1), 1);
	assert_int_equal(open_entries(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_slug_race, data_fresh),
	    cmocka_unit_test_setup(test_door_settles, data_fresh),
	    cmocka_unit_test_setup(test_reconcile, data_fresh),
	    cmocka_unit_test_setup(test_busy, data_fresh),
	    cmocka_unit_test_setup(test_fresh_look, data_fresh),
	    cmocka_unit_test_setup(test_table_in_use, data_fresh),
	};

	return cmocka_run_group_tests(tests, data_start, database_stop);
}
