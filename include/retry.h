#ifndef COFFER_RETRY_H
#define COFFER_RETRY_H

#include <stdbool.h>

struct rq;

enum { RETRY_MAX = 3 };

/* After a failure: whether to run the transaction again.  It is rolled back in any case.  true
 * after E_RETRY, up to RETRY_MAX times counted in *attempt: the failure is forgotten, what this
 * worker knew of the workspace is dropped if its shape was stale, and a short random time has
 * passed, so that two that met do not meet again.  After that E_RETRY becomes E_UNAVAILABLE. */
bool retry_again(struct rq *rq, unsigned *attempt);

#endif
