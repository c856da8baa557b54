/* Migrations, with a list of this test's own instead of the one compiled into the programs. */
#include "database.h"

#include <pthread.h>

#include "migrate.h"
#include "migrations.h"

static char second_text[256];
static const char second_good[] = "CREATE TABLE IF NOT EXISTS two (id INT PRIMARY KEY);\n"
				  "INSERT IGNORE INTO two VALUES (1), (2);\n";
static const char second_bad[] = "CREATE TABLE IF NOT EXISTS two (id INT PRIMARY KEY);\n"
				 "INSERT INTO two VALUES (1), (1);\n";

const struct migration migrations[] = {
    {"0001_one",
	"-- it's the first; really\n"
	"CREATE TABLE IF NOT EXISTS one (id INT PRIMARY KEY, s VARCHAR(50));\n"
	"INSERT IGNORE INTO one VALUES (1, 'a;\nb -- ''c''');\n",
	"1111111111111111111111111111111111111111111111111111111111111111"},
    {"0002_two", second_text, "2222222222222222222222222222222222222222222222222222222222222222"},
    {NULL, NULL, NULL},
};

static int64_t
number(struct rq *rq, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_int_(rq, &n, sql, NULL, 0), 1);
	assert_ok(db_commit(rq));
	return n;
}

static int
empty_database(void **state)
{
	database_fresh(state);
	assert_ok(db_exec(rq1, "DROP TABLE IF EXISTS coffer_lock, coffer_migration, one, two"));
	strcpy(second_text, second_good);
	return 0;
}

static void
test_from_nothing(void **state)
{
	const char *text;
	int unknown = -1;
	(void)state;

	assert_int_equal(migrate_pending(rq1, &unknown), 2);
	assert_int_equal(unknown, 0);
	assert_int_equal(migrate(rq1), 2);
	assert_int_equal(migrate_pending(rq1, &unknown), 0);
	assert_int_equal(unknown, 0);
	assert_int_equal(db_text(rq1, &text, "SELECT s FROM one"), 1);
	assert_string_equal(text, "a;\nb -- 'c'");
	assert_int_equal(number(rq1, "SELECT COUNT(*) FROM two"), 2);
	assert_int_equal(number(rq1, "SELECT COUNT(*) FROM coffer_migration"
				     " WHERE finished_at >= started_at"),
	    2);
	assert_int_equal(
	    number(rq1, "SELECT COUNT(*) FROM coffer_lock WHERE holder IS NOT NULL"), 0);
	assert_int_equal(number(rq1, "SELECT @@max_statement_time"), 30);

	assert_int_equal(migrate(rq1), 0);
	assert_int_equal(number(rq1, "SELECT COUNT(*) FROM two"), 2);
}

static void
test_failure_and_second_attempt(void **state)
{
	int unknown;
	(void)state;

	strcpy(second_text, second_bad);
	assert_fails(rq1, E_CONFLICT, migrate(rq1));
	assert_int_equal(migrate_pending(rq1, &unknown), 1);
	assert_int_equal(number(rq1, "SELECT COUNT(*) FROM coffer_migration"
				     " WHERE finished_at IS NULL"),
	    1);
	assert_int_equal(
	    number(rq1, "SELECT COUNT(*) FROM coffer_lock WHERE holder IS NOT NULL"), 0);
	strcpy(second_text, second_good);
	assert_int_equal(migrate(rq1), 1);
	assert_int_equal(migrate_pending(rq1, &unknown), 0);
}

static void
test_unknown_and_changed(void **state)
{
	int unknown;
	(void)state;

	assert_int_equal(migrate(rq1), 2);
	assert_ok(db_exec(rq1, "INSERT INTO coffer_migration (name, sha, started_at, finished_at)"
			       " VALUES ('0003_newer', '', NOW(6), NOW(6))"));
	assert_ok(
	    db_exec(rq1, "UPDATE coffer_migration SET sha = 'other' WHERE name = '0002_two'"));
	assert_ok(db_commit(rq1));
	{
		char path[128], line[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "%s/migrate.log", database_dir);
		log_open(path, LOG_LEVEL_WARN);
		assert_int_equal(migrate_pending(rq1, &unknown), 0);
		log_open(NULL, LOG_LEVEL_ERROR);
		f = fopen(path, "r");
		assert_non_null(fgets(line, sizeof(line), f));
		assert_non_null(strstr(line, "warn"));
		assert_non_null(strstr(line, "0002_two"));
		assert_null(fgets(line, sizeof(line), f));
		fclose(f);
	}
	assert_int_equal(unknown, 1);
}

static void *
migrate_too(void *arg)
{
	int *applied = arg;

	*applied = migrate(rq2);
	return NULL;
}

static void
test_two_at_once(void **state)
{
	pthread_t thread;
	int mine, other = -1;
	(void)state;

	/* long enough for the two to meet */
	snprintf(second_text, sizeof(second_text), "DO SLEEP(1);\n%s", second_good);
	assert_int_equal(pthread_create(&thread, NULL, migrate_too, &other), 0);
	mine = migrate(rq1);
	pthread_join(thread, NULL);
	assert_int_equal(mine + other, 2);
	assert_true(mine == 0 || other == 0);
	assert_int_equal(number(rq1, "SELECT COUNT(*) FROM two"), 2);
}

static void
test_lease_of_the_dead(void **state)
{
	(void)state;
	assert_int_equal(migrate(rq1), 2);
	assert_ok(db_exec(rq1, "DELETE FROM coffer_migration WHERE name = '0002_two'"));

	/* of this server: its row lock is free, so the holder is dead */
	assert_ok(db_exec(rq1, "UPDATE coffer_lock SET holder = CONCAT(@@hostname, ':', @@port),"
			       " expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR"
			       " WHERE name = 'migrate-lease'"));
	assert_ok(db_commit(rq1));
	assert_int_equal(migrate(rq1), 1);

	/* of another node: honoured until it expires */
	assert_ok(db_exec(rq1, "DELETE FROM coffer_migration WHERE name = '0002_two'"));
	assert_ok(db_exec(rq1, "UPDATE coffer_lock SET holder = 'elsewhere:3306',"
			       " expires_at = UTC_TIMESTAMP(6) + INTERVAL 2 SECOND"
			       " WHERE name = 'migrate-lease'"));
	assert_ok(db_commit(rq1));
	assert_int_equal(migrate(rq1), 1);
	assert_int_equal(number(rq1, "SELECT finished_at - INTERVAL 1 SECOND >= (SELECT started_at"
				     " FROM coffer_migration WHERE name = '0001_one')"
				     " FROM coffer_migration WHERE name = '0002_two'"),
	    1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_from_nothing, empty_database),
	    cmocka_unit_test_setup(test_failure_and_second_attempt, empty_database),
	    cmocka_unit_test_setup(test_unknown_and_changed, empty_database),
	    cmocka_unit_test_setup(test_two_at_once, empty_database),
	    cmocka_unit_test_setup(test_lease_of_the_dead, empty_database),
	};

	return cmocka_run_group_tests(tests, database_start, database_stop);
}
