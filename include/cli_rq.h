#ifndef COFFER_CLI_RQ_H
#define COFFER_CLI_RQ_H

#include <stdbool.h>
#include <stddef.h>

struct rq;

/* What the sub-commands that work on the database of this host share. */

/* Read the configuration, connect, and return a request on an arena of its own that lives until the
 * program ends.  NULL after a complaint: no configuration, no database, or migrations missing
 * (unless any_shape). */
struct rq *cli_rq(bool any_shape);

/* Run a transaction: commits it, with what it gave to activity_note(), or complains about rq->err;
 * run again when it met another one.  run() prints nothing, for it may be run again.  Returns the
 * exit status. */
int cli_run(struct rq *rq, int (*run)(struct rq *rq, void *ctx), void *ctx);

/* Look up a user by email or id, a workspace by slug or id.  0 and the id on rq->mem; -1:
 * E_NOT_FOUND recorded. */
int cli_user_id(struct rq *rq, const char *name, const char **id_r);
int cli_workspace_id(struct rq *rq, const char *name, const char **id_r);

/* Begin a change of rights in a workspace: raise its epoch and let the activity row belong to it.
 */
int cli_workspace_change(struct rq *rq, const char *id);

/* The next operand as an action of a table ended by name NULL; runs it, or complains. */
struct cli_action {
	const char *name, *args;
	int (*run)(int argc, char **argv);
};
int cli_act(const char *command, const struct cli_action *actions, int argc, char **argv);

/* Print rows as a table with the columns' names as heading, separated by tabs.  -1: recorded. */
struct rows;
int cli_print(struct rows *rows);

#endif
