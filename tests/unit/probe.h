#ifndef COFFER_TEST_PROBE_H
#define COFFER_TEST_PROBE_H

/* Operations to send through the door, and how to call them. */
#include "door.h"

#include "activity.h"
#include "json_in.h"
#include "param.h"
#include "tool.h"

struct probe_in {
	const char *text;
	int64_t retries; /* fail with E_RETRY so many times first */
	int64_t notes;   /* note so many changes */
	bool broken, partial, ask;
	const char *password;
};

static const struct param probe_params[] = {
    PARAM(struct probe_in, text, "text", REQUIRED, .max = 100),
    PARAM(struct probe_in, retries, "retries", 0, .max = 9),
    PARAM(struct probe_in, notes, "notes", 0, .max = 9999),
    PARAM(struct probe_in, broken, "broken", 0),
    PARAM(struct probe_in, partial, "partial", 0),
    PARAM(struct probe_in, ask, "ask", 0),
    PARAM(struct probe_in, password, "password", 0),
    PARAM_END,
};

static int runs;                         /* how often a handler ran in the call at hand */
static void (*meanwhile)(struct rq *rq); /* what happens elsewhere while it runs */

static inline int
answer(struct rq *rq, const char *key, const char *text_)
{
	out_object(&rq->out);
	out_kstr(&rq->out, key, text_);
	out_kint(&rq->out, "run", runs);
	out_end(&rq->out);
	return 0;
}

static inline int
probe_insert(struct rq *rq, const void *args)
{
	const struct probe_in *in = args;

	runs++;
	if (db_exec(rq, "INSERT INTO probe (text) VALUES (?)", B(in->text)) < 0)
		return -1;
	for (int64_t i = 0; i < in->notes; i++)
		activity_note(
		    rq, "item.create", "probe", arena_printf(rq->mem, "%d", (int)i), "{\"a\":1}");
	answer(rq, "text", in->text);
	if (meanwhile)
		meanwhile(rq);
	if (runs <= in->retries)
		return fail(rq, E_RETRY, "as if there had been a deadlock");
	if (in->ask)
		return fail(rq, E_INPUT, "may I?");
	if (in->broken)
		return fail_at(rq, E_CONFLICT, "text", "it is broken");
	rq->is_error = in->partial;
	return 0;
}

static inline int
probe_read(struct rq *rq, const void *args)
{
	int64_t n;

	(void)args;
	runs++;
	if (meanwhile)
		meanwhile(rq);
	if (db_int(rq, &n, "SELECT COUNT(*) FROM probe") < 0)
		return -1;
	out_object(&rq->out);
	out_kint(&rq->out, "rows", n);
	out_end(&rq->out);
	return 0;
}

/* As a change of shape does it: DDL in between, and the end in a transaction of its own. */
static inline int
probe_journal(struct rq *rq, const void *args)
{
	const struct probe_in *in = args;

	runs++;
	if (runs <= in->retries)
		return fail(rq, E_RETRY, "as if there had been a deadlock");
	if (db_exec(
		rq, "CREATE TABLE IF NOT EXISTS probe_made (id INT PRIMARY KEY) ENGINE=InnoDB") < 0)
		return -1;
	if (meanwhile)
		meanwhile(rq);
	if (in->broken)
		return fail(rq, E_CONFLICT, "it is broken");
	answer(rq, "made", in->text);
	if (strcmp(in->text, "nothing") == 0)
		return 0;
	if (db_exec(rq, "INSERT INTO probe (text) VALUES (?)", B(in->text)) < 0)
		return -1;
	activity_note(rq, "schema.create", in->text, NULL, NULL);
	if (rq->finish(rq) < 0) {
		db_rollback(rq);
		return -1;
	}
	return db_commit(rq);
}

#define PROBE(variable, wire, kind_, flags_, params_, run_)                                        \
	static const struct tool variable = {                                                      \
	    .name = wire, .kind = kind_, .flags = flags_, .params = params_, .run = run_}
PROBE(tool_insert, "probe.insert", TOOL_WRITE, 0, probe_params, probe_insert);
PROBE(tool_delete, "probe.delete", TOOL_DESTRUCT, 0, probe_params, probe_insert);
PROBE(tool_schema, "probe.schema", TOOL_WRITE, TOOL_SCHEMA, probe_params, probe_insert);
PROBE(tool_config, "config.set", TOOL_WRITE, TOOL_CONFIG | TOOL_ADMIN, probe_params, probe_insert);
PROBE(tool_journal, "probe.journal", TOOL_WRITE, TOOL_JOURNAL | TOOL_ADMIN, probe_params,
    probe_journal);
PROBE(tool_read, "probe.read", TOOL_READ, 0, NULL, probe_read);
PROBE(tool_public, "probe.public", TOOL_READ, TOOL_PUBLIC, NULL, probe_read);
PROBE(tool_admin, "probe.admin", TOOL_READ, TOOL_ADMIN, NULL, probe_read);
PROBE(tool_operator, "probe.operator", TOOL_READ, TOOL_OPERATOR, NULL, probe_read);
PROBE(tool_rest, "probe.rest", TOOL_READ, TOOL_REST_ONLY, NULL, probe_read);

/* ---- calling ---- */

static struct credentials caller;

static inline struct call
a_call(struct rq *rq, const struct tool *tool, const char *args)
{
	struct call call = {.tool = tool};

	if (args)
		assert_ok(json_in_parse(rq->mem, &rq->err, args, strlen(args), &call.args));
	return call;
}

/* One request; rq->err and rq->out stay to be looked at. */
static inline int
run_call(struct rq *rq, const struct call *call)
{
	runs = 0;
	rq->err = (struct err){0};
	out_init(&rq->out, rq->mem);
	rq->caller = NULL;
	auth_remember(rq, &caller);
	return tool_call(rq, call);
}

static inline int
call_tool(const struct tool *tool, const char *args)
{
	struct call call = a_call(rq1, tool, args);
	int done = run_call(rq1, &call);

	tool_done(rq1);
	return done;
}

static inline int
call_once(const struct tool *tool, const char *args, const char *key)
{
	struct call call = a_call(rq1, tool, args);
	int done;

	call.idempotency_key = key;
	done = run_call(rq1, &call);
	tool_done(rq1);
	return done;
}

#define assert_refused(what, words, done)                                                          \
	do {                                                                                       \
		assert_int_equal((done), -1);                                                      \
		assert_string_equal(rq1->err.message, (words));                                    \
		assert_string_equal(err_name(rq1->err.code), err_name(what));                      \
		assert_int_equal(rq1->out.buf.len, 0);                                             \
	} while (0)

#define assert_answer(json) assert_string_equal(buf_text(&rq1->out.buf), (json))

static inline int64_t
rows(void)
{
	return number(rq2, "SELECT COUNT(*) FROM probe");
}

static inline int64_t
logged(const char *action)
{
	return number(rq2, "SELECT COUNT(*) FROM coffer_activity WHERE action = ?", B(action));
}

/* The first of the activity rows, as one text. */
static inline const char *
first_row(const char *columns)
{
	return text(rq2,
	    arena_printf(world.mem,
		"SELECT CONCAT_WS('|', %s) FROM coffer_activity ORDER BY id LIMIT 1", columns));
}

static inline int
probes(void **state)
{
	people(state);
	sql(rq1, "CREATE TABLE IF NOT EXISTS probe (id INT AUTO_INCREMENT PRIMARY KEY, text "
		 "VARCHAR(100))"
		 " ENGINE=InnoDB");
	sql(rq1, "DROP TABLE IF EXISTS probe_made");
	sql(rq1, "DELETE FROM probe");
	caller = (struct credentials){.bearer = world.admin_key};
	meanwhile = NULL;
	return database_fresh(state);
}

#endif
