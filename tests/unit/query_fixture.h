#ifndef COFFER_TEST_QUERY_FIXTURE_H
#define COFFER_TEST_QUERY_FIXTURE_H

/*
 * Calls of collections.* on the rows of tests/fixture/query.sql, as an administrator and as a
 * reader.  JSON is written with ' for ".
 */
#include "database.h"

#include <json-c/json.h>

#include "caller.h"
#include "json_in.h"
#include "migrate.h"
#include "query.h"
#include "snapshot.h"
#include "tool.h"

#define ID(kind, n) "01900000-0000-7000-8000-" #kind "000000000" #n

extern const struct tool collections_tools[];

static const char *reader_roles[] = {"01900000-0000-7000-8000-0000000000ee"};

static const struct caller admin = {
    .plane = CALLER_USER,
    .user_id = "01900000-0000-7000-8000-0000000000aa",
    .email = "ann@example.org",
    .workspace_id = "01900000-0000-7000-8000-000000000007",
    .workspace_slug = "main",
    .workspace_no = 7,
    .epoch = 1,
    .is_admin = true,
};

static const struct caller reader = {
    .plane = CALLER_USER,
    .user_id = "01900000-0000-7000-8000-0000000000bb",
    .email = "bob@example.org",
    .workspace_id = "01900000-0000-7000-8000-000000000007",
    .workspace_slug = "main",
    .workspace_no = 7,
    .epoch = 1,
    .nroles = 1,
    .role_ids = reader_roles,
};

/* The answer of the last call that succeeded. */
static struct json_object *answer;

static inline int
query_start(void **state)
{
	const char *srcdir = getenv("srcdir");

	if (database_start(state) != 0)
		return -1;
	crypto_set_secret("a secret of at least thirty-two characters");
	if (migrate(rq1) < 1)
		return -1;
	return database_command("mariadb --no-defaults --default-character-set=utf8mb4"
				" --socket=%s/mariadb.sock --user=root coffer_test"
				" <%s/tests/fixture/query.sql",
	    database_dir, srcdir != NULL ? srcdir : ".");
}

static inline void
begin(const struct caller *caller)
{
	rq_again(rq1);
	rq1->caller = caller;
	assert_ok(snapshot_get(rq1));
}

static inline const struct tool *
tool_named(const char *name)
{
	const struct tool *tool = collections_tools;

	while (strcmp(tool->name, name) != 0)
		tool++;
	return tool;
}

static inline struct json_object *
parse(const char *text, size_t len)
{
	struct json_object *root;
	struct err why = {0};

	if (json_in_parse(rq1->mem, &why, text, len, &root) < 0)
		fail_msg("%s in %.*s", why.message, (int)len, text);
	return root;
}

/* Run a tool the way the door does: decode, handler. */
static inline int
call_json(const struct caller *caller, const char *name, const char *args)
{
	const struct tool *tool = tool_named(name);
	void *in;

	begin(caller);
	if (param_decode(rq1, tool->params, parse(args, strlen(args)), &in) < 0 ||
	    tool->run(rq1, in) < 0)
		return -1;
	assert_int_equal(rq1->out.depth, 0);
	answer = parse(rq1->out.buf.data, rq1->out.buf.len);
	return 0;
}

static inline char *
quoted(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return text;
}

__attribute__((format(printf, 3, 4))) static inline int
call(const struct caller *caller, const char *name, const char *format, ...)
{
	static char args[64 * 1024];
	va_list ap;

	va_start(ap, format);
	assert_true(vsnprintf(args, sizeof(args), format, ap) < (int)sizeof(args));
	va_end(ap);
	return call_json(caller, name, quoted(args));
}

#define answers(caller, name, ...)                                                                 \
	do {                                                                                       \
		if (call(caller, name, __VA_ARGS__) < 0)                                           \
			fail_msg("%s: %s", err_name(rq1->err.code), rq1->err.message);             \
	} while (0)

/* The call fails with this code and a message that begins so. */
#define refuses(code_, text, caller, name, ...)                                                    \
	do {                                                                                       \
		assert_int_equal(call(caller, name, __VA_ARGS__), -1);                             \
		assert_string_equal(err_name(rq1->err.code), err_name(code_));                     \
		if (strncmp(rq1->err.message, text, strlen(text)) != 0)                            \
			fail_msg("the message is: %s", rq1->err.message);                          \
	} while (0)

static inline size_t
nrows(void)
{
	return json_object_array_length(json_in_get(answer, "data"));
}

static inline struct json_object *
row(size_t i)
{
	return json_object_array_get_idx(json_in_get(answer, "data"), i);
}

static inline int64_t
number(const char *key)
{
	int64_t n = -1;

	json_in_int(json_in_get(answer, key), &n);
	return n;
}

static inline bool
truth(const char *key)
{
	return json_object_get_boolean(json_in_get(answer, key));
}

static inline const char *
next_cursor(void)
{
	return json_in_str(json_in_get(answer, "next_cursor"));
}

/* The values of a field in all rows, "-" for null. */
static inline const char *
column(const char *key)
{
	struct buf b;

	buf_init(&b, rq1->mem);
	for (size_t i = 0; i < nrows(); i++) {
		const struct json_object *value = json_in_get(row(i), key);
		const char *text = value ? json_in_str(value) : "-";
		size_t len;

		if (i > 0)
			buf_putc(&b, ' ');
		if (!text) {
			text = json_in_raw(value, &len);
			buf_add(&b, text, len);
		} else {
			buf_puts(&b, text);
		}
	}
	return buf_text(&b);
}

/* A member's JSON text as it stands in the answer, with ' for ". */
static inline const char *
raw(const struct json_object *node, const char *key)
{
	struct json_object *value = key ? json_in_get(node, key) : (struct json_object *)node;
	size_t len;
	const char *text = json_in_raw(value, &len);
	char *copy = arena_strndup(rq1->mem, text, len);

	for (char *c = copy; *c; c++)
		if (*c == '"')
			*c = '\'';
	return copy;
}

/* Rows of a list, by one of their fields. */
#define lists(caller, args, key, expected)                                                         \
	do {                                                                                       \
		answers(caller, "collections.list", "%s", args);                                   \
		assert_string_equal(column(key), expected);                                        \
	} while (0)

/* What MariaDB counted for this connection since it began. */
static inline int64_t
server_counter(const char *name)
{
	const char *value = NULL;

	assert_int_equal(db_text(rq1, &value,
			     "SELECT VARIABLE_VALUE FROM INFORMATION_SCHEMA.SESSION_STATUS"
			     " WHERE VARIABLE_NAME = ?",
			     B(name)),
	    1);
	return strtoll(value, NULL, 10);
}

#endif
