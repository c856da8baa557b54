#ifndef COFFER_TEST_DOOR_H
#define COFFER_TEST_DOOR_H

/* A database with the system tables and some people in it, for tests of the door. */
#include "database.h"

#include "auth.h"
#include "caller.h"
#include "crypto.h"
#include "migrate.h"
#include "snapshot.h"
#include "workspace.h"

/* Made anew for every test. */
static struct {
	struct arena *mem;
	const char *workspace; /* "default" */
	const char *other;     /* "other" */
	const char *admin, *editor,
	    *stranger;                      /* users; admin is operator, stranger in no workspace */
	const char *role;                   /* "editors", which editor holds */
	const char *admin_key, *editor_key; /* secrets, without guards */
	const char *admin_key_id, *editor_key_id;
} world;

static inline void
sql_(struct rq *rq, const char *sql, const struct bind *binds, size_t n)
{
	if (db_exec_(rq, sql, binds, n) < 0 || db_commit(rq) < 0) {
		print_error("%s\nin: %s\n", db_error_text(rq->db), sql);
		_fail(__FILE__, __LINE__);
	}
}
/* Run and commit. */
#define sql(rq, text, ...) sql_((rq), text, BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))

static inline int64_t
number_(struct rq *rq, const char *text, const struct bind *binds, size_t n)
{
	int64_t value = -1;

	assert_true(db_int_(rq, &value, text, binds, n) >= 0);
	db_rollback(rq);
	return value;
}
/* The number a query answers, -1 for none; on a connection without a transaction. */
#define number(rq, text, ...) number_((rq), text, BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))

static inline const char *
text_(struct rq *rq, const char *text, const struct bind *binds, size_t n)
{
	const char *value = NULL;

	assert_true(db_text_(rq, &value, text, binds, n) >= 0);
	db_rollback(rq);
	return value ? arena_strdup(world.mem, value) : NULL;
}
#define text(rq, query, ...) text_((rq), query, BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))

static inline const char *
keep(const char *s)
{
	return arena_strdup(world.mem, s);
}

static inline const char *
make_user(const char *email, const char *workspace_id, const char *member_role, const char *role)
{
	struct user_in in = {
	    .email = email, .is_operator = strcmp(email, "admin@example.org") == 0};
	const char *id;

	assert_ok(user_insert(rq1, &in, &id));
	if (workspace_id)
		assert_ok(user_join(rq1, id, workspace_id, member_role, role));
	return keep(id);
}

static inline const char *
make_key(const struct key_in *in, const char **id_r)
{
	const char *id, *secret;

	assert_ok(key_create(rq1, in, &id, &secret));
	assert_ok(db_commit(rq1));
	if (id_r)
		*id_r = keep(id);
	return keep(secret);
}

static inline const char *
plain_key(const char *workspace_id, const char *user_id, const char **id_r)
{
	return make_key(&(struct key_in){.workspace_id = workspace_id, .user_id = user_id}, id_r);
}

static inline void
make_people(void)
{
	const char *id;

	assert_ok(workspace_default(rq1, &id));
	world.workspace = keep(id);
	assert_ok(workspace_create(rq1, "Other", "other", NULL, false, &id));
	world.other = keep(id);
	world.role = "0190a6e2-7c1b-7d3e-8f00-0000000000e0";
	assert_ok(db_exec(rq1,
	    "INSERT INTO coffer_role (id, workspace_id, name, created_at) VALUES (?, ?, 'editors', "
	    "NOW())",
	    B(world.role), B(world.workspace)));
	world.admin = make_user("admin@example.org", world.workspace, "owner", "admin");
	world.editor = make_user("editor@example.org", world.workspace, "member", "editors");
	world.stranger = make_user("stranger@example.org", NULL, NULL, NULL);
	world.admin_key = plain_key(world.workspace, world.admin, &world.admin_key_id);
	world.editor_key = plain_key(world.workspace, world.editor, &world.editor_key_id);
}

static inline void
empty_tables(void)
{
	static const char *const tables[] = {"DELETE FROM coffer_user",
	    "DELETE FROM coffer_workspace", "DELETE FROM coffer_activity",
	    "DELETE FROM coffer_idempotency", "DELETE FROM coffer_throttle",
	    "DELETE FROM coffer_api_key_use", NULL};

	for (const char *const *table = tables; *table; table++)
		sql(rq1, *table);
}

/* Set-up of a test: no rows but these people. */
static inline int
people(void **state)
{
	database_fresh(state);
	if (!world.mem)
		world.mem = arena_new();
	arena_reset(world.mem);
	empty_tables();
	make_people();
	database_fresh(state);
	return 0;
}

/* Set-up of a test: the tables are empty. */
static inline int
nobody(void **state)
{
	database_fresh(state);
	if (!world.mem)
		world.mem = arena_new();
	arena_reset(world.mem);
	empty_tables();
	return database_fresh(state);
}

/* Set-up of the group. */
static inline int
door_start(void **state)
{
	if (database_start(state) != 0 || migrate(rq1) < 0)
		return -1;
	crypto_set_secret("a secret of at least thirty-two characters");
	return 0;
}

static inline int
door_stop(void **state)
{
	arena_free(&world.mem);
	snapshot_drop(NULL);
	return database_stop(state);
}

#endif
