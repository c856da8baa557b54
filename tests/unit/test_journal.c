/* Changes of shape that meet failures, crashes and each other. */
#include "shapes.h"

#include <signal.h>
#include <sys/wait.h>

#include "cut_proxy.h"

#define TABLES(alias)                                                                              \
	"INFORMATION_SCHEMA.TABLES " alias                                                         \
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'c\\_1\\_%'"
#define COLUMNS(alias)                                                                             \
	"INFORMATION_SCHEMA.COLUMNS " alias                                                        \
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'c\\_1\\_%'"                         \
	" AND COLUMN_NAME LIKE 'f\\_%'"

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

/* An entry somebody still works on is left alone, and other changes in its workspace wait. */
static void
test_busy(void **state)
{
	(void)state;
	make(rq1, "a", "[]");
	leave("open", "{'undo':{'workspace':1,'collection':1,'columns':[1]},'after':{}}");
	run_sql(rq1, "UPDATE coffer_journal SET expires_at = NOW(6) + INTERVAL 1 HOUR"
		     " WHERE state = 'open'");
	assert_int_equal(ddl_reconcile(rq1), 0);
	assert_refused(rq1, E_CONFLICT,
	    "another change of this workspace's schema is under way; try again when it is done",
	    update("a", "[{'name':'x','type':'integer'}]"));
	/* not those of other workspaces */
	run_sql(rq1, "UPDATE coffer_journal SET workspace_id = UUID() WHERE state = 'open'");
	assert_int_equal(create("b", "[]"), 0);
	run_sql(rq1, "UPDATE coffer_journal SET workspace_id = '" WORKSPACE_ID "'");
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

static struct cut_proxy proxy;

/* The next commit is made, and its answer lost. */
static int
cut_next_commit(struct rq *rq)
{
	(void)rq;
	proxy.cut_at = "COMMIT";
	return 0;
}

/* The change stands, and the caller is told so. */
static void
test_lost_commit(void **state)
{
	struct ddl_collection_in in;

	(void)state;
	make(rq1, "a", "[]");
	proxy_start(&proxy, database_dir, NULL);
	proxy.once = true;
	database_configure("proxy.sock");
	db_close(rq2->db);
	in = shape(rq2, "b", "[{'name':'x','type':'integer'}]");
	rq2->finish = cut_next_commit;
	assert_int_equal(ddl_create(rq2, &in), 0);
	assert_null(proxy.cut_at);
	assert_at(rq2, "data.slug", "'b'");
	in = shape(rq2, "a", "[{'name':'y','type':'integer','indexed':true}]");
	rq2->finish = cut_next_commit;
	assert_int_equal(ddl_update(rq2, &in), 0);
	as_admin(rq2);
	rq2->finish = cut_next_commit;
	assert_int_equal(ddl_drop(rq2, "b"), 0);
	assert_null(proxy.cut_at);
	database_configure("mariadb.sock");
	db_close(rq2->db);
	proxy_stop(&proxy);
	assert_null(stored("b"));
	assert_int_equal(stored("a")->nfields, 1);
	assert_has(table_text("c_1_1"), "KEY `fx_1` (`f_1`)");
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM " TABLES("t")), 1);
	assert_int_equal(open_entries(), 0);
}

static int
any_change(struct rq *rq, unsigned *seed)
{
	static const char *const slugs[] = {"s0", "s1", "s2"};
	const char *slug = slugs[rand_r(seed) % 3], *other = slugs[rand_r(seed) % 3];
	struct ddl_collection_in in = {.slug = slug};
	int number = rand_r(seed) % 4;

	switch (rand_r(seed) % 6) {
	case 0:
		in.fields = json(rq, "[{'name':'t','type':'text','unique':true}]");
		return ddl_create(rq, &in);
	case 1:
		return ddl_drop(rq, slug);
	case 2:
		return ddl_drop_field(rq, slug, arena_printf(rq->mem, "f%d", number));
	case 3:
		in.fields =
		    json(rq, arena_printf(rq->mem, "[{'name':'f%d','type':'relation','to':'%s'}]",
				 number, other));
		return ddl_update(rq, &in);
	default:
		in.fields =
		    json(rq, arena_printf(rq->mem, "[{'name':'g%d','type':'text','unique':%s}]",
				 number, rand_r(seed) % 2 ? "true" : "false"));
		return ddl_update(rq, &in);
	}
}

/* Change shapes until killed; ends with 1 at a failure that nobody foresaw. */
static void
change_for_ever(unsigned seed)
{
	struct rq rq;

	rq_open(&rq);
	for (;;) {
		rq_again(&rq);
		out_init(&rq.out, rq.mem);
		if (data_try_caller(&rq, true) == 0)
			any_change(&rq, &seed);
		if (rq.err.code == E_INTERNAL)
			_exit(1);
	}
}

static void
assert_catalogue_is_true(void)
{
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM " TABLES(
					"t") " AND NOT EXISTS (SELECT 1 FROM coffer_collection c"
					     " WHERE CONCAT('c_1_', c.no) = t.TABLE_NAME)"),
	    0);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_collection c WHERE NOT EXISTS"
		       " (SELECT 1 FROM " TABLES("t") " AND CONCAT('c_1_', c.no) = t.TABLE_NAME)"),
	    0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM " COLUMNS(
					"t") " AND NOT EXISTS (SELECT 1 FROM coffer_collection c"
					     " JOIN coffer_field f ON f.collection_id = c.id"
					     " WHERE CONCAT('c_1_', c.no) = t.TABLE_NAME"
					     " AND CONCAT('f_', f.no) = t.COLUMN_NAME)"),
	    0);
	assert_int_equal(count(rq1, "SELECT COUNT(*) FROM coffer_collection c"
				    " JOIN coffer_field f ON f.collection_id = c.id"
				    " WHERE NOT EXISTS (SELECT 1 FROM " COLUMNS(
					"t") " AND CONCAT('c_1_', c.no) = t.TABLE_NAME"
					     " AND CONCAT('f_', f.no) = t.COLUMN_NAME)"),
	    0);
	assert_int_equal(
	    count(rq1, "SELECT COUNT(*) FROM coffer_field f WHERE f.to_collection_id IS NOT NULL"
		       " AND NOT EXISTS (SELECT 1 FROM coffer_collection c"
		       " WHERE c.id = f.to_collection_id)"),
	    0);
}

/* Several processes change the same collections and are killed in the middle of it, again and
 * again: what they leave is finished or undone, and the catalogue says what there is. */
static void
test_killed(void **state)
{
	enum { ROUNDS = 12, PROCESSES = 3 };
	pid_t children[PROCESSES];
	int status;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < PROCESSES; i++) {
			children[i] = fork();
			if (children[i] == 0)
				change_for_ever(round * PROCESSES + i);
		}
		usleep(50000 + round * 17000);
		for (unsigned i = 0; i < PROCESSES; i++) {
			kill(children[i], SIGKILL);
			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_true(WIFSIGNALED(status));
		}
	}
	as_admin(rq1);
	assert_true(ddl_reconcile(rq1) >= 0);
	assert_int_equal(open_entries(), 0);
	assert_true(count(rq1, "SELECT COUNT(*) FROM coffer_journal WHERE state = 'done'") > 0);
	assert_catalogue_is_true();
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
	    cmocka_unit_test_setup(test_lost_commit, data_fresh),
	    cmocka_unit_test_setup(test_killed, data_fresh),
	};

	return cmocka_run_group_tests(tests, data_start, database_stop);
}
