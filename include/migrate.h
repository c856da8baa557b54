#ifndef COFFER_MIGRATE_H
#define COFFER_MIGRATE_H

struct rq;

/* Bring the database to this build's shape: the files of sql/, compiled in, in order, each once,
 * under a locked row (works on Galera); re-runnable after a crash.  Prints each one applied through
 * log_info(). Returns how many were applied, or -1. */
int migrate(struct rq *rq);

/* How many of this build's migrations are missing, -1 failed; *unknown_r counts those the database
 * has and this build does not know. */
int migrate_pending(struct rq *rq, int *unknown_r);

#endif
