#ifndef COFFER_KEY_USE_H
#define COFFER_KEY_USE_H

struct rq;

/* Note that the caller's key was used, to the minute; to be called when no transaction is open and
 * nobody waits for the answer.  A failure is nobody's business: rq->err stays as it is, and a row
 * that somebody else is noting right now is left to them. */
void key_use_note(struct rq *rq);

#endif
