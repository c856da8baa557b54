#ifndef COFFER_TEST_DATA_H
#define COFFER_TEST_DATA_H

/*
 * A workspace in a private database, for tests of what writes to it: an administrator, a member
 * with grants, and JSON with single quotes.
 */
#include "database.h"

#include "access.h"
#include "caller.h"
#include "ddl.h"
#include "items.h"
#include "json_in.h"
#include "migrate.h"
#include "snapshot.h"

#define WORKSPACE_ID "01900000-0000-7000-8000-000000000001"
#define ADMIN_ID     "01900000-0000-7000-8000-0000000000aa"
#define MEMBER_ID    "01900000-0000-7000-8000-0000000000bb"
#define MEMBER_ROLE  "01900000-0000-7000-8000-0000000000cc"

/* Single quotes stand for double ones. */
static inline const char *
quoted(struct rq *rq, const char *text)
{
	char *s = arena_strdup(rq->mem, text), *p;

	for (p = s; *p != '\0'; p++) {
		if (*p == '\'')
			*p = '"';
	}
	return s;
}

static inline struct json_object *
json(struct rq *rq, const char *text)
{
	const char *s = quoted(rq, text);
	struct json_object *root;

	assert_int_equal(json_in_parse(rq->mem, &rq->err, s, strlen(s), &root), 0);
	return root;
}

/* -1: as the database has it. */
static inline int
data_try_caller(struct rq *rq, bool is_admin)
{
	static const char *const roles[] = {MEMBER_ROLE};
	struct caller *caller = NEW(rq->mem, struct caller);
	int64_t epoch;

	if (db_int(rq, &epoch, "SELECT epoch FROM coffer_workspace WHERE id = ?",
		B(WORKSPACE_ID)) <= 0)
		return -1;
	db_rollback(rq);
	*caller = (struct caller){
	    .plane = CALLER_USER,
	    .user_id = is_admin ? ADMIN_ID : MEMBER_ID,
	    .workspace_id = WORKSPACE_ID,
	    .workspace_slug = "default",
	    .workspace_no = 1,
	    .epoch = (uint64_t)epoch,
	    .member_role = "member",
	    .is_admin = is_admin,
	    .is_operator = is_admin,
	    .nroles = is_admin ? 0 : 1,
	    .role_ids = (const char **)(uintptr_t)roles,
	};
	rq->caller = caller;
	return snapshot_get(rq);
}

static inline void
data_caller(struct rq *rq, bool is_admin)
{
	assert_int_equal(data_try_caller(rq, is_admin), 0);
}

/* A new request of an administrator, or of the member. */
static inline void
as_admin(struct rq *rq)
{
	rq_again(rq);
	out_init(&rq->out, rq->mem);
	data_caller(rq, true);
}

static inline void
as_member(struct rq *rq)
{
	rq_again(rq);
	out_init(&rq->out, rq->mem);
	data_caller(rq, false);
}

static inline struct json_object *
answer(struct rq *rq)
{
	struct json_object *root;

	assert_int_equal(
	    json_in_parse(rq->mem, &rq->err, buf_text(&rq->out.buf), rq->out.buf.len, &root), 0);
	return root;
}

/* What stands at a path like "data.title" or "results.2.error.code", as JSON text; "" if nothing.
 */
static inline const char *
at(struct rq *rq, const char *path)
{
	const struct json_object *node = answer(rq);
	char *copy = arena_strdup(rq->mem, path), *part;
	const char *raw;
	size_t len;

	for (part = strtok(copy, "."); part != NULL; part = strtok(NULL, ".")) {
		if (json_object_is_type(node, json_type_array)) {
			node = json_object_array_get_idx(node, (size_t)atoi(part));
		} else {
			if (!json_in_has(node, part))
				return "";
			node = json_in_get(node, part);
		}
	}
	raw = json_in_raw(node, &len);
	return arena_strndup(rq->mem, raw, len);
}

/* A string without its quotes. */
static inline const char *
text_at(struct rq *rq, const char *path)
{
	const char *raw = at(rq, path);

	return *raw == '"' ? arena_strndup(rq->mem, raw + 1, strlen(raw) - 2) : raw;
}

#define assert_at(rq, path, expected)                                                              \
	assert_string_equal(at((rq), (path)), quoted((rq), (expected)))

#define assert_refused(rq, what, text, call)                                                       \
	do {                                                                                       \
		assert_int_equal((call), -1);                                                      \
		assert_non_null((rq)->err.message);                                                \
		assert_string_equal((rq)->err.message, (text));                                    \
		assert_string_equal(err_name((rq)->err.code), err_name(what));                     \
		(rq)->err = (struct err){.code = E_NONE};                                          \
		db_rollback(rq);                                                                   \
	} while (0)

static inline int64_t
count(struct rq *rq, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_int_(rq, &n, sql, NULL, 0), 1);
	return n;
}

static inline void
run_sql(struct rq *rq, const char *sql)
{
	assert_int_equal(db_exec_(rq, sql, NULL, 0), 0);
	assert_int_equal(db_commit(rq), 0);
}

/* A collection made by an administrator. */
static inline void
make(struct rq *rq, const char *slug, const char *fields)
{
	struct ddl_collection_in in = {.slug = slug};

	as_admin(rq);
	in.fields = json(rq, fields);
	assert_int_equal(ddl_create(rq, &in), 0);
	as_admin(rq);
}

static inline void
drop_all(struct rq *rq)
{
	struct rows *rows;

	as_admin(rq);
	run_sql(rq, "SET foreign_key_checks = 0");
	assert_int_equal(
	    db_query(rq, &rows,
		"SELECT CONCAT('DROP TABLE ', TABLE_NAME) FROM INFORMATION_SCHEMA.TABLES"
		" WHERE TABLE_SCHEMA = DATABASE()"
		" AND (TABLE_NAME LIKE 'c\\_%' OR TABLE_NAME LIKE 'old\\_%')"),
	    0);
	while (rows_next(rows) > 0)
		run_sql(rq, rows_dup(rows, 0));
	run_sql(rq, "SET foreign_key_checks = 1");
	run_sql(rq, "DELETE FROM coffer_grant");
	run_sql(rq, "DELETE FROM coffer_collection");
	run_sql(rq, "DELETE FROM coffer_journal");
	run_sql(rq, "DELETE FROM coffer_item_owner");
	run_sql(rq, "UPDATE coffer_workspace SET epoch = epoch + 1, last_collection_no = 0");
}

/* Give the member's role an action on a collection; fields: a JSON array of names, or NULL. */
static inline void
grant(struct rq *rq, const char *slug, const char *action, const char *fields)
{
	const struct collection *c;
	struct json_object *names;
	struct out ids;

	as_admin(rq);
	c = snapshot_collection(rq->snap, slug);
	out_init(&ids, rq->mem);
	out_array(&ids);
	names = json(rq, fields == NULL ? "[]" : fields);
	for (size_t i = 0; i < json_object_array_length(names); i++) {
		const char *name = json_in_str(json_object_array_get_idx(names, i));

		out_str(&ids, collection_field(c, name, strlen(name))->id);
	}
	out_end(&ids);
	assert_int_equal(db_exec(rq,
			     "INSERT INTO coffer_grant (id, workspace_id, role_id, collection_id, "
			     "action, field_ids,"
			     " created_at) VALUES (UUID(), ?, ?, ?, ?, ?, NOW(6))",
			     B(WORKSPACE_ID), B(MEMBER_ROLE), B(c->id), B(action),
			     B(fields == NULL ? (const char *)NULL : buf_text(&ids.buf))),
	    0);
	run_sql(rq, "UPDATE coffer_workspace SET epoch = epoch + 1");
}

static inline int
data_start(void **state)
{
	if (database_start(state) < 0 || migrate(rq1) < 0)
		return -1;
	run_sql(rq1, "INSERT INTO coffer_user (id, email, is_operator, created_at) VALUES"
		     " ('" ADMIN_ID "', 'ann@example.org', 1, NOW(6)),"
		     " ('" MEMBER_ID "', 'bob@example.org', 0, NOW(6))");
	run_sql(rq1, "INSERT INTO coffer_workspace (id, no, slug, name, created_at)"
		     " VALUES ('" WORKSPACE_ID "', 1, 'default', 'Default', NOW(6))");
	run_sql(rq1, "INSERT INTO coffer_role (id, workspace_id, name, is_admin, is_system, "
		     "created_at) VALUES"
		     " (UUID(), '" WORKSPACE_ID "', 'admin', 1, 1, NOW(6)),"
		     " (UUID(), '" WORKSPACE_ID "', 'authenticated', 0, 1, NOW(6)),"
		     " ('" MEMBER_ROLE "', '" WORKSPACE_ID "', 'clerk', 0, 0, NOW(6))");
	return 0;
}

static inline int
data_fresh(void **state)
{
	(void)state;
	drop_all(rq1);
	rq_again(rq1);
	rq_again(rq2);
	return 0;
}

#endif
