/*
 * Rights that change while somebody works: the three races that the epoch protocol is there for,
 * with processes of their own on connections of their own.  Each race is first shown to be one
 * without the protocol; then the door is asked.
 */
#include "door.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tool.h"
#include "who.h"

enum { SHORT_MS = 400, LONG_MS = 20000 };

static const char *const begin_text = "old content";

/* ---- a process with a connection of its own that does as it is told ---- */

struct other {
	pid_t pid;
	int to, from;
};

/* In the other process: what to do for a word, and the byte to answer with. */
static char (*obey)(struct rq *rq, char word);
static int hear = -1, tell = -1;

static struct other
start_other(void)
{
	struct other other;
	int down[2], up[2];

	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	other.pid = fork();
	assert_true(other.pid >= 0);
	if (other.pid == 0) {
		struct rq rq;
		char word, result;

		close(down[1]);
		close(up[0]);
		hear = down[0];
		tell = up[1];
		rq_open(&rq);
		while (read(hear, &word, 1) == 1 && word != 'x') {
			result = obey(&rq, word);
			rq_again(&rq);
			if (write(tell, &result, 1) != 1)
				break;
		}
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	other.to = down[1];
	other.from = up[0];
	return other;
}

static void
order(const struct other *other, char word)
{
	assert_int_equal(write(other->to, &word, 1), 1);
}

static void
stop_other(struct other *other)
{
	order(other, 'x');
	close(other->to);
	close(other->from);
	assert_int_equal(waitpid(other->pid, NULL, 0), other->pid);
}

/* 0: nothing was heard in that time. */
static char
reply(const struct other *other, int ms)
{
	struct pollfd fd = {.fd = other->from, .events = POLLIN};
	char result;

	if (poll(&fd, 1, ms) == 0)
		return 0;
	assert_int_equal(read(other->from, &result, 1), 1);
	return result;
}

/* ---- operations ---- */

static const struct other *admin;        /* told from within handlers */
static char heard_within, word_to_admin; /* what a handler heard while it waited */
static int pause_in_config;

static void
do_sql(struct rq *rq, const char *statement, struct bind a, struct bind b)
{
	struct bind binds[] = {a, b};

	if (db_exec_(rq, statement, binds, b.type == BIND_NULL ? 1 : 2) < 0 &&
	    rq->err.code != E_RETRY)
		print_error("%s\nin: %s\n", db_error_text(rq->db), statement);
}

/* The editor loses the role, the role gets more, and there is something new to read: what no epoch
 * ever showed together. */
static int
swap_run(struct rq *rq, const void *args)
{
	(void)args;
	do_sql(rq, "DELETE FROM coffer_user_role WHERE user_id = ?", B(world.editor), bind_null());
	do_sql(rq,
	    "INSERT INTO coffer_grant (id, workspace_id, role_id, system_name, action, created_at)"
	    " VALUES (UUID(), ?, ?, 'salary', 'read', NOW())",
	    B(world.workspace), B(world.role));
	do_sql(rq, "UPDATE content SET text = ?", B("new content"), bind_null());
	out_null(&rq->out);
	return rq->err.code == E_NONE ? 0 : -1;
}

static int
revoke_run(struct rq *rq, const void *args)
{
	char go;

	(void)args;
	do_sql(rq, "UPDATE coffer_api_key SET revoked_at = NOW() WHERE id = ?",
	    B(world.editor_key_id), bind_null());
	if (pause_in_config && (write(tell, "i", 1) != 1 || read(hear, &go, 1) != 1))
		return fail(rq, E_INTERNAL, "nobody listens");
	out_null(&rq->out);
	return rq->err.code == E_NONE ? 0 : -1;
}

static int
read_run(struct rq *rq, const void *args)
{
	const char *found = NULL;

	(void)args;
	order(admin, word_to_admin);
	heard_within = reply(admin, LONG_MS);
	if (db_text(rq, &found, "SELECT text FROM content") < 0)
		return -1;
	out_str(&rq->out, found);
	return 0;
}

static int
write_run(struct rq *rq, const void *args)
{
	(void)args;
	if (word_to_admin) {
		order(admin, word_to_admin);
		heard_within = reply(admin, SHORT_MS);
	}
	out_null(&rq->out);
	return db_exec(rq, "INSERT INTO deed (epoch) VALUES (?)", B(rq->caller->epoch));
}

static const struct tool swap_tool = {.name = "races.swap",
			     .kind = TOOL_WRITE,
			     .flags = TOOL_CONFIG | TOOL_ADMIN,
			     .run = swap_run},
			 revoke_tool = {.name = "races.revoke",
			     .kind = TOOL_DESTRUCT,
			     .flags = TOOL_CONFIG | TOOL_ADMIN,
			     .run = revoke_run},
			 read_tool = {.name = "races.read", .kind = TOOL_READ, .run = read_run},
			 write_tool = {.name = "races.write", .kind = TOOL_WRITE, .run = write_run};

static int
call_as(struct rq *rq, const char *key, const struct tool *tool)
{
	struct credentials *credentials = NEW(rq->mem, struct credentials);
	struct call call = {.tool = tool};
	int done;

	credentials->bearer = key;
	rq->err = (struct err){0};
	out_init(&rq->out, rq->mem);
	rq->face = FACE_REST;
	auth_remember(rq, credentials);
	done = tool_call(rq, &call);
	tool_done(rq);
	return done;
}

/* s: swap, r: revoke, p: revoke with a pause in the middle, w: write as the editor.  Answers with d
 * (done) or the first letter of the failure. */
static char
obey_word(struct rq *rq, char word)
{
	const struct tool *tool = word == 's'   ? &swap_tool
				  : word == 'w' ? &write_tool
						: &revoke_tool;

	pause_in_config = word == 'p';
	word_to_admin = 0;
	if (call_as(rq, word == 'w' ? world.editor_key : world.admin_key, tool) == 0)
		return 'd';
	return err_name(rq->err.code)[0];
}

static int
races(void **state)
{
	people(state);
	sql(rq1, "CREATE TABLE IF NOT EXISTS content (text VARCHAR(40)) ENGINE=InnoDB");
	sql(rq1, "CREATE TABLE IF NOT EXISTS deed (id INT AUTO_INCREMENT PRIMARY KEY, epoch BIGINT,"
		 " end_epoch BIGINT, may BOOLEAN, granted BOOLEAN) ENGINE=InnoDB");
	sql(rq1, "CREATE TABLE IF NOT EXISTS law (epoch BIGINT PRIMARY KEY, may BOOLEAN, granted "
		 "BOOLEAN)"
		 " ENGINE=InnoDB");
	sql(rq1, "DELETE FROM content");
	sql(rq1, "DELETE FROM deed");
	sql(rq1, "DELETE FROM law");
	sql(rq1, "INSERT INTO content VALUES (?)", B(begin_text));
	obey = obey_word;
	return database_fresh(state);
}

/* ---- 1: a caller with the roles of one epoch and the grants of another ---- */

static bool
salary_granted(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->ngrants; i++)
		if (snap->grants[i].system_name &&
		    strcmp(snap->grants[i].system_name, "salary") == 0)
			return true;
	return false;
}

/* Who, then the change elsewhere, then the snapshot; ended: as if each statement stood alone. */
static bool
mixed(bool ended)
{
	const struct credentials credentials = {.bearer = world.editor_key};
	struct caller caller;
	struct other other = start_other();

	assert_int_equal(who_find(rq1, &credentials, false, &caller), 1);
	order(&other, 's');
	assert_int_equal(reply(&other, LONG_MS), 'd');
	stop_other(&other);
	if (ended)
		db_rollback(rq1);
	rq1->caller = &caller;
	assert_ok(snapshot_get(rq1));
	return caller.nroles == 1 && salary_granted(rq1->snap);
}

static void
test_mixed_without(void **state)
{
	(void)state;
	assert_true(mixed(true));
}

static void
test_mixed(void **state)
{
	(void)state;
	assert_false(mixed(false));
	/* and the next request sees all of the change */
	assert_ok(auth_who(rq1, &(struct credentials){.bearer = world.editor_key}, AUTH_READ));
	assert_int_equal(rq1->caller->nroles, 0);
	assert_true(salary_granted(rq1->snap));
}

/* ---- 2: reading with rights that are gone what came after them ---- */

static void
test_read_after_revoke_without(void **state)
{
	const struct credentials credentials = {.bearer = world.editor_key};
	struct other other = start_other();
	struct caller caller;

	(void)state;
	assert_int_equal(who_find(rq1, &credentials, false, &caller), 1);
	db_rollback(rq1);
	order(&other, 's');
	assert_int_equal(reply(&other, LONG_MS), 'd');
	stop_other(&other);
	assert_int_equal(caller.nroles, 1);
	assert_string_equal(text(rq1, "SELECT text FROM content"), "new content");
}

static void
test_read_after_revoke(void **state)
{
	struct other other = start_other();

	(void)state;
	admin = &other;
	word_to_admin = 's';
	assert_ok(call_as(rq1, world.editor_key, &read_tool));
	assert_int_equal(heard_within, 'd'); /* the change did not wait for the reader */
	assert_string_equal(buf_text(&rq1->out.buf), "\"old content\"");
	word_to_admin = 'r';
	assert_ok(call_as(rq1, world.editor_key, &read_tool));
	assert_int_equal(heard_within, 'd');
	assert_string_equal(buf_text(&rq1->out.buf), "\"new content\"");
	assert_fails(rq1, E_UNAUTHORIZED, call_as(rq1, world.editor_key, &read_tool));
	stop_other(&other);
}

/* ---- 3: writing with rights that are gone ---- */

static void
test_write_after_revoke_without(void **state)
{
	const struct credentials credentials = {.bearer = world.editor_key};
	struct other other = start_other();
	struct caller caller;

	(void)state;
	assert_int_equal(who_find(rq1, &credentials, false, &caller), 1);
	order(&other, 'r');
	assert_int_equal(reply(&other, LONG_MS), 'd');
	sql(rq1, "INSERT INTO deed (epoch) VALUES (?)", B(caller.epoch));
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM deed d JOIN coffer_workspace w"
				     " ON w.slug = 'default' WHERE d.epoch < w.epoch"),
	    1);
	stop_other(&other);
}

/* The write comes first: the revocation waits until it is through. */
static void
test_write_before_revoke(void **state)
{
	struct other other = start_other();

	(void)state;
	admin = &other;
	word_to_admin = 'r';
	assert_ok(call_as(rq1, world.editor_key, &write_tool));
	assert_int_equal(heard_within, 0);
	assert_int_equal(reply(&other, LONG_MS), 'd');
	word_to_admin = 0;
	assert_fails(rq1, E_UNAUTHORIZED, call_as(rq1, world.editor_key, &write_tool));
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM deed"), 1);
	stop_other(&other);
}

/* The revocation comes first: the write waits, and is refused. */
static void
test_write_during_revoke(void **state)
{
	struct other revoker = start_other(), writer = start_other();

	(void)state;
	order(&revoker, 'p');
	assert_int_equal(reply(&revoker, LONG_MS), 'i');
	order(&writer, 'w');
	assert_int_equal(reply(&writer, SHORT_MS), 0);
	order(&revoker, 'g');
	assert_int_equal(reply(&revoker, LONG_MS), 'd');
	assert_int_equal(reply(&writer, LONG_MS), 'U');
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM deed"), 0);
	stop_other(&revoker);
	stop_other(&writer);
}

/* ---- all of it at once ---- */

enum { WRITERS = 3, READERS = 2, CHANGERS = 2, SECONDS = 3 };

/* Counted by all processes. */
static struct tally {
	int changes, writes, refusals, reads, mixed, failures;
} * tally;

static bool
may_now(const struct rq *rq)
{
	return rq->caller->nroles == 1;
}

/* Turn role and grant over, each in its own rhythm, and write down what holds in the new epoch. */
static int
turn_run(struct rq *rq, const void *args)
{
	int64_t epoch = (int64_t)rq->caller->epoch + 1;
	bool may = epoch % 2 == 0, granted = epoch / 2 % 2 == 0;

	(void)args;
	if (may)
		do_sql(rq,
		    "INSERT IGNORE INTO coffer_user_role (user_id, role_id, workspace_id, "
		    "created_at)"
		    " SELECT ?, r.id, r.workspace_id, NOW() FROM coffer_role r WHERE r.id = ?",
		    B(world.editor), B(world.role));
	else
		do_sql(rq, "DELETE FROM coffer_user_role WHERE user_id = ?", B(world.editor),
		    bind_null());
	do_sql(rq, "DELETE FROM coffer_grant WHERE role_id = ?", B(world.role), bind_null());
	if (granted)
		do_sql(rq,
		    "INSERT INTO coffer_grant (id, workspace_id, role_id, system_name, action, "
		    "created_at)"
		    " VALUES (UUID(), ?, ?, 'salary', 'read', NOW())",
		    B(world.workspace), B(world.role));
	do_sql(rq, "UPDATE content SET text = ?", B(epoch), bind_null());
	out_null(&rq->out);
	if (rq->err.code != E_NONE)
		return -1;
	return db_exec(rq, "INSERT INTO law (epoch, may, granted) VALUES (?, ?, ?)", B(epoch),
	    B(may), B(granted));
}

static int
deed_run(struct rq *rq, const void *args)
{
	(void)args;
	out_null(&rq->out);
	if (!may_now(rq))
		return fail(rq, E_FORBIDDEN, "not now");
	usleep(1000);
	return db_exec(rq,
	    "INSERT INTO deed (epoch, may, granted, end_epoch) SELECT ?, TRUE, ?, w.epoch"
	    " FROM coffer_workspace w WHERE w.id = ? LOCK IN SHARE MODE",
	    B(rq->caller->epoch), B(salary_granted(rq->snap)), B(rq->caller->workspace_id));
}

/* A reader sees roles, grants and content of one and the same epoch. */
static int
look_run(struct rq *rq, const void *args)
{
	int64_t epoch = (int64_t)rq->caller->epoch, content;

	(void)args;
	usleep(500);
	out_null(&rq->out);
	if (db_int(rq, &content, "SELECT CAST(text AS SIGNED) FROM content") < 0)
		return -1;
	if (content != epoch || may_now(rq) != (epoch % 2 == 0) ||
	    salary_granted(rq->snap) != (epoch / 2 % 2 == 0))
		__atomic_add_fetch(&tally->mixed, 1, __ATOMIC_RELAXED);
	return 0;
}

static const struct tool turn_tool = {.name = "races.turn",
			     .kind = TOOL_WRITE,
			     .flags = TOOL_CONFIG | TOOL_ADMIN,
			     .run = turn_run},
			 deed_tool = {.name = "races.deed", .kind = TOOL_WRITE, .run = deed_run},
			 look_tool = {.name = "races.look", .kind = TOOL_READ, .run = look_run};

static void
work(const char *key, const struct tool *tool, int *count, int pause_us)
{
	struct rq rq;
	int64_t until;

	rq_open(&rq);
	for (until = rq.now + SECONDS * INT64_C(1000000); rq.now < until; rq_again(&rq)) {
		if (call_as(&rq, key, tool) == 0)
			__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
		else if (rq.err.code == E_FORBIDDEN)
			__atomic_add_fetch(&tally->refusals, 1, __ATOMIC_RELAXED);
		else if (__atomic_add_fetch(&tally->failures, 1, __ATOMIC_RELAXED) < 5)
			print_error(
			    "%s: %s %s\n", tool->name, err_name(rq.err.code), rq.err.message);
		usleep((useconds_t)pause_us);
	}
	_exit(0);
}

static void
test_all_at_once(void **state)
{
	pid_t workers[WRITERS + READERS + CHANGERS];
	int n = 0, status;

	(void)state;
	tally =
	    mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(tally != MAP_FAILED);
	assert_ok(call_as(rq1, world.admin_key, &turn_tool));
	for (int i = 0; i < WRITERS + READERS + CHANGERS; i++) {
		workers[n] = fork();
		assert_true(workers[n] >= 0);
		if (workers[n++] != 0)
			continue;
		if (i < WRITERS)
			work(world.editor_key, &deed_tool, &tally->writes, 0);
		else if (i < WRITERS + READERS)
			work(world.editor_key, &look_tool, &tally->reads, 0);
		else
			work(world.admin_key, &turn_tool, &tally->changes, 5000);
	}
	while (n-- > 0) {
		assert_int_equal(waitpid(workers[n], &status, 0), workers[n]);
		assert_int_equal(status, 0);
	}
	print_message("%d changes, %d writes, %d refused, %d reads\n", tally->changes,
	    tally->writes, tally->refusals, tally->reads);
	assert_int_equal(tally->failures, 0);
	assert_int_equal(tally->mixed, 0);
	assert_true(
	    tally->changes > 20 && tally->writes > 20 && tally->refusals > 20 && tally->reads > 20);
	assert_int_equal(number(rq2, "SELECT COUNT(*) FROM deed"), tally->writes);
	assert_int_equal(
	    number(rq2, "SELECT COUNT(*) FROM deed d LEFT JOIN law l ON l.epoch = d.epoch"
			" WHERE l.epoch IS NULL OR l.may <> d.may OR l.granted <> d.granted"
			" OR d.end_epoch <> d.epoch"),
	    0);
	munmap(tally, sizeof(*tally));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_mixed_without, races),
	    cmocka_unit_test_setup(test_mixed, races),
	    cmocka_unit_test_setup(test_read_after_revoke_without, races),
	    cmocka_unit_test_setup(test_read_after_revoke, races),
	    cmocka_unit_test_setup(test_write_after_revoke_without, races),
	    cmocka_unit_test_setup(test_write_before_revoke, races),
	    cmocka_unit_test_setup(test_write_during_revoke, races),
	    cmocka_unit_test_setup(test_all_at_once, races),
	};

	return cmocka_run_group_tests(tests, door_start, door_stop);
}
