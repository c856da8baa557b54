/* The journal of changes of shape, see journal.h. */
#include "journal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "ddl.h"
#include "json_in.h"
#include "log.h"
#include "out.h"
#include "rq.h"

enum {
	LEASE = 900, /* seconds; longer than any DDL may take */
	DDL_PATIENCE = 600,
	DDL_TRIES = 3, /* of WAIT 2 */
	WAIT_US = 5000000,
	POLL_US = 25000,
	HOLDER_SIZE = 65,
	RECONCILE_MAX = 100,
};

enum { LOCK_WAIT_TIMEOUT = 1205 };

static const char *const faces[FACE__MAX] = {
    [FACE_MCP] = "mcp",
    [FACE_MCP_ADMIN] = "mcp-admin",
    [FACE_REST] = "rest",
    [FACE_CLI] = "cli",
};

/* This process: host, process namespace and number. */
static void
holder_self(char to[HOLDER_SIZE])
{
	struct stat space = {0};
	char host[65] = "";
	char *p;

	gethostname(host, sizeof(host) - 1);
	for (p = host; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || *p == '/')
			*p = '-';
	}
	if (stat("/proc/self/ns/pid", &space) < 0)
		space.st_ino = 0;
	snprintf(to, HOLDER_SIZE, "%.24s/%lu/%d", host, (unsigned long)space.st_ino, (int)getpid());
}

/* The holder was a process here, and it is no more; or it is this one, which is not at it now. */
static bool
holder_is_gone(const char *holder)
{
	const char *pid = strrchr(holder, '/');
	char self[HOLDER_SIZE];
	size_t len = pid == NULL ? 0 : (size_t)(pid - holder);

	holder_self(self);
	if (strcmp(holder, self) == 0)
		return true;
	if (pid == NULL || strncmp(holder, self, len + 1) != 0)
		return false;
	return kill((pid_t)atoi(pid + 1), 0) < 0 && errno == ESRCH;
}

/* Begin a transaction with the workspace locked, and see it as it is now. */
static int
lock_workspace(struct rq *rq)
{
	struct caller *caller;
	int64_t epoch;
	int found;

	db_rollback(rq);
	found = db_int(rq, &epoch, "SELECT epoch FROM coffer_workspace WHERE id = ? FOR UPDATE",
	    B(rq->caller->workspace_id));
	if (found <= 0)
		return found < 0 ? -1 : fail(rq, E_NOT_FOUND, "Workspace not found");
	if (rq->snap != NULL && rq->snap->epoch == (uint64_t)epoch)
		return 0;
	caller = NEW(rq->mem, struct caller);
	*caller = *rq->caller;
	caller->epoch = (uint64_t)epoch;
	rq->caller = caller;
	return snapshot_get(rq);
}

/* Somebody is changing a shape of this workspace. */
static int
is_busy(struct rq *rq)
{
	int64_t n;

	if (db_int(rq, &n,
		"SELECT COUNT(*) FROM coffer_journal WHERE state IN ('open', 'removing')"
		" AND workspace_id = ?",
		B(rq->caller->workspace_id)) < 0)
		return -1;
	return n > 0;
}

static void
pause_us(long us)
{
	struct timespec time = {.tv_nsec = us * 1000};

	nanosleep(&time, NULL);
}

int
journal_lock(struct rq *rq)
{
	int64_t until = clock_monotonic() + WAIT_US;
	int busy;

	for (;;) {
		if (lock_workspace(rq) < 0)
			return -1;
		busy = is_busy(rq);
		if (busy <= 0)
			return busy;
		db_rollback(rq);
		if (clock_monotonic() > until)
			return fail(rq, E_CONFLICT,
			    "another change of this workspace's schema is under way; try again "
			    "when it is done");
		if (ddl_reconcile(rq) < 0)
			return -1;
		pause_us(POLL_US);
	}
}

int
journal_enter(struct rq *rq, const char *slug, const struct collection **c_r)
{
	if (journal_lock(rq) < 0)
		return -1;
	*c_r = snapshot_collection_any(rq->snap, slug);
	return *c_r != NULL ? 0 : fail(rq, E_NOT_FOUND, "Collection not found");
}

static const char *
payload_text(struct rq *rq, const struct journal *journal)
{
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	out_key(&out, "undo");
	ddl_removal_out(&out, &journal->undo);
	out_key(&out, "after");
	ddl_removal_out(&out, &journal->after);
	out_end(&out);
	return buf_text(&out.buf);
}

int
journal_intend(struct rq *rq, struct journal *journal, const char *operation,
    const struct collection *c, bool removing)
{
	char holder[HOLDER_SIZE];

	holder_self(holder);
	uuid_new(journal->id);
	return db_exec(rq,
	    "INSERT INTO coffer_journal (id, workspace_id, user_id, key_id, face, operation,"
	    " collection_id, payload, state, holder, expires_at, created_at)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(6) + INTERVAL ? SECOND, NOW(6))",
	    B(journal->id), B(rq->caller->workspace_id), B(rq->caller->user_id),
	    B(rq->caller->key_id), B(faces[rq->face]), B(operation), B(c->id),
	    B(payload_text(rq, journal)), B(removing ? "removing" : "open"), B(holder),
	    B((int)LEASE));
}

static int
set_state(struct rq *rq, const char *id, const char *from, const char *to)
{
	char holder[HOLDER_SIZE];

	holder_self(holder);
	return db_exec(rq,
	    "UPDATE coffer_journal SET state = ?, finished_at = IF(? = 'removing', NULL, NOW(6))"
	    " WHERE id = ? AND state = ? AND holder = ?",
	    B(to), B(to), B(id), B(from), B(holder));
}

int
journal_settle(struct rq *rq, const struct journal *journal)
{
	bool more = !ddl_removal_empty(&journal->after);

	if (set_state(rq, journal->id, "open", more ? "removing" : "done") < 0)
		return -1;
	if (db_affected(rq->db) == 1)
		return 0;
	return fail(rq, E_UNAVAILABLE, "the change took too long and was undone; try again");
}

int
journal_ddl(struct rq *rq, struct sqlb *sql, bool slow)
{
	int status;

	if (slow)
		db_patience(rq->db, DDL_PATIENCE);
	for (unsigned i = 0;; i++) {
		status = sqlb_exec(rq, sql);
		if (status == 0 || db_errno(rq->db) != LOCK_WAIT_TIMEOUT)
			break;
		db_rollback(rq);
		rq->err = (struct err){0};
		if (i + 1 == DDL_TRIES) {
			fail(rq, E_UNAVAILABLE,
			    "the collection is in use by requests that take long; try again later");
			break;
		}
		pause_us(POLL_US);
	}
	if (status == 0)
		status = db_commit(rq);
	if (slow)
		db_patience(rq->db, 0);
	return status;
}

/* The state of an entry of ours, once no other transaction has it in hands; "" when it is not ours
 * any more. */
static int
read_state(struct rq *rq, const char *id, const char **state_r)
{
	char holder[HOLDER_SIZE];

	holder_self(holder);
	*state_r = "";
	if (db_text(rq, state_r,
		"SELECT state FROM coffer_journal WHERE id = ? AND holder = ? FOR UPDATE", B(id),
		B(holder)) < 0)
		return -1;
	return db_commit(rq);
}

/* Take away, then close the entry. */
static int
finish(struct rq *rq, const char *id, const struct ddl_removal *removal, const char *from,
    const char *to)
{
	struct sqlb sql;

	if (!ddl_removal_empty(removal)) {
		sqlb_init(&sql, rq->mem);
		ddl_sql_remove(removal, &sql);
		if (journal_ddl(rq, &sql, false) < 0)
			return -1;
	}
	return set_state(rq, id, from, to) < 0 || db_commit(rq) < 0 ? -1 : 0;
}

/* finish() for those who can do nothing about its failure. */
static void
finish_quietly(struct rq *rq, const char *id, const struct ddl_removal *removal, const char *from,
    const char *to)
{
	if (finish(rq, id, removal, from, to) == 0)
		return;
	log_warn("journal entry %s is left for later: %s", id, rq->err.message);
	db_rollback(rq);
	rq->err = (struct err){0};
}

bool
journal_undo(struct rq *rq, const struct journal *journal)
{
	static const struct ddl_removal nothing;
	struct err first = rq->err;
	const char *state;

	db_rollback(rq);
	rq->err = (struct err){0};
	if (read_state(rq, journal->id, &state) < 0) {
		db_rollback(rq);
		rq->err = first;
		return true;
	}
	if (strcmp(state, "done") == 0 || strcmp(state, "removing") == 0)
		return false;
	if (strcmp(state, "open") == 0)
		finish_quietly(rq, journal->id, journal->untouched ? &nothing : &journal->undo,
		    "open", "undone");
	rq->err = first;
	return true;
}

void
journal_clean(struct rq *rq, const struct journal *journal)
{
	if (!ddl_removal_empty(&journal->after))
		finish_quietly(rq, journal->id, &journal->after, "removing", "done");
}

/* An entry that nobody works on. */
struct leftover {
	const char *id, *state, *holder;
	bool expired;
	const char *payload;
	struct leftover *next;
};

static int
list_leftovers(struct rq *rq, struct leftover **first_r)
{
	struct leftover **link = first_r;
	struct rows *rows;
	int more;

	*first_r = NULL;
	if (db_query(rq, &rows,
		"SELECT id, state, holder, expires_at < NOW(6), payload FROM coffer_journal"
		" WHERE state IN ('open', 'removing') ORDER BY created_at LIMIT ?",
		B((int)RECONCILE_MAX)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		struct leftover *entry = NEW(rq->mem, struct leftover);

		entry->id = rows_dup(rows, 0);
		entry->state = rows_dup(rows, 1);
		entry->holder = rows_dup(rows, 2);
		entry->expired = rows_int(rows, 3) != 0;
		entry->payload = rows_dup(rows, 4);
		if (!entry->expired && !holder_is_gone(entry->holder))
			continue;
		*link = entry;
		link = &entry->next;
	}
	return more;
}

/* 1: the entry is ours now, 0: somebody was faster, -1. */
static int
take_over(struct rq *rq, const struct leftover *entry)
{
	char holder[HOLDER_SIZE];
	bool ours;

	holder_self(holder);
	if (db_exec(rq,
		"UPDATE coffer_journal SET holder = ?, expires_at = NOW(6) + INTERVAL ? SECOND"
		" WHERE id = ? AND state = ? AND holder = ?",
		B(holder), B((int)LEASE), B(entry->id), B(entry->state), B(entry->holder)) < 0)
		return -1;
	ours = db_affected(rq->db) == 1;
	return db_commit(rq) < 0 ? -1 : ours;
}

static int
finish_leftover(struct rq *rq, const struct leftover *entry)
{
	bool open = strcmp(entry->state, "open") == 0;
	struct ddl_removal removal;
	struct json_object *json;

	if (json_in_parse(rq->mem, &rq->err, entry->payload, strlen(entry->payload), &json) < 0 ||
	    ddl_removal_read(rq, json_in_get(json, open ? "undo" : "after"), &removal) < 0)
		return -1;
	if (finish(rq, entry->id, &removal, entry->state, open ? "undone" : "done") < 0)
		return -1;
	log_info(
	    "journal entry %s, left %s by %s, is finished", entry->id, entry->state, entry->holder);
	return 0;
}

/* 1 finished, 0 not by us. */
static int
try_leftover(struct rq *rq, const struct leftover *entry)
{
	int ours = take_over(rq, entry);

	if (ours == 0)
		return 0;
	if (ours > 0 && finish_leftover(rq, entry) == 0)
		return 1;
	log_warn("journal entry %s cannot be finished now: %s", entry->id, rq->err.message);
	db_rollback(rq);
	rq->err = (struct err){0};
	return 0;
}

int
ddl_reconcile(struct rq *rq)
{
	struct leftover *entry;
	int n = 0;

	db_rollback(rq);
	if (list_leftovers(rq, &entry) < 0)
		return -1;
	db_rollback(rq);
	for (; entry != NULL; entry = entry->next)
		n += try_leftover(rq, entry);
	return n;
}
