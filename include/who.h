#ifndef COFFER_WHO_H
#define COFFER_WHO_H

#include <stdbool.h>

#include "auth.h"
#include "caller.h"

struct rq;

/* The "who" statements: one per kind of credentials, in a plain and a share-locking spelling. */

/* Find the caller the credentials stand for; roles are those held in the workspace, before
 * narrowing to a key's role.  1 found; 0 the credentials are not good (or, for none, there is no
 * default workspace yet); -1 failed. */
int who_find(
    struct rq *rq, const struct credentials *credentials, bool lock, struct caller *caller);

/* Raise the epoch of a workspace: the first statement of every change of rights or shape. */
int who_raise_epoch(struct rq *rq, const char *workspace_id);

#endif
