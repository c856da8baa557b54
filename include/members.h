#ifndef COFFER_MEMBERS_H
#define COFFER_MEMBERS_H

struct rq;

/* To be called after a change of roles or membership, in its transaction: E_CONFLICT unless an
 * active member of the caller's workspace still holds a role with the admin flag. */
int members_require_admin(struct rq *rq);

#endif
