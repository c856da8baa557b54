#ifndef COFFER_JOURNAL_H
#define COFFER_JOURNAL_H

#include <stdbool.h>

#include "ddl_sql.h"
#include "uuid.h"

struct rq;

/*
 * The journal of changes of shape, which cannot be one transaction because DDL commits by itself.
 * An entry says what to take back while it is "open", and what is still to be taken away once it is
 * "removing"; "done" and "undone" are its ends.  Whoever wrote it holds it until a lease ends.
 * Then, or when the holder is known to be gone, anybody may finish it: ddl_reconcile().
 */
struct journal {
	char id[UUID_TEXT_SIZE]; /* "": not written */
	struct ddl_removal undo, after;
	bool untouched; /* the database refused the addition: there is nothing to take back */
};

/*
 * Begin a transaction with the workspace locked and rq->snap brought up to what is stored, once
 * nobody else is changing a shape in this workspace.  One at a time, because two ALTERs of tables
 * that refer to each other make MariaDB 10.11 spin for ever, past KILL and shutdown.  Waits a
 * little, and finishes what was abandoned.  -1: E_CONFLICT when it takes too long.
 */
int journal_lock(struct rq *rq);
/* The same for a change of the collection named slug, archived or not.  -1: also E_NOT_FOUND. */
int journal_enter(struct rq *rq, const char *slug, const struct collection **c_r);

/* Write the entry into the open transaction: undo takes back what is about to be added, or with
 * removing after says what is about to go. */
int journal_intend(struct rq *rq, struct journal *journal, const char *operation,
    const struct collection *c, bool removing);

/* In the last transaction: the addition stands.  The entry is done, or removing if there is
 * something in after.  -1: E_UNAVAILABLE when somebody else took the entry over. */
int journal_settle(struct rq *rq, const struct journal *journal);

/* After a failure: roll back, take back what was added, close the entry; the failure on record
 * stays.  What cannot be done now is left for later.  false: the change stands after all, only the
 * answer to its commit was lost; nothing is on record then. */
bool journal_undo(struct rq *rq, const struct journal *journal);

/* After the commit: take away what after says and close the entry.  What cannot be done now is left
 * for later; nothing is recorded. */
void journal_clean(struct rq *rq, const struct journal *journal);

/* Run DDL; while others use the table it is tried again for some seconds.  slow: it may look at
 * every row.  -1: E_UNAVAILABLE, or what the database said. */
int journal_ddl(struct rq *rq, struct sqlb *sql, bool slow);

#endif
