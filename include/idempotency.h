#ifndef COFFER_IDEMPOTENCY_H
#define COFFER_IDEMPOTENCY_H

#include <stdbool.h>

#include "crypto.h"

struct call;
struct out_mark;
struct rq;

/*
 * The first answer to a write with an idempotency key is kept beside the change, and given again to
 * whoever repeats the call: the same user and key, the same tool and arguments, for 24 hours.  It
 * lies sealed: it may hold a secret.
 * Failures are not kept.
 */
struct idempotency {
	const char *key; /* NULL: none was given, and nothing here does anything */
	unsigned char caller[CRYPTO_HASH], request[CRYPTO_HASH];
	bool claimed; /* by idempotency_claim(), committed */
};

/* Take the key of the call.  -1: too long or empty. */
int idempotency_init(struct rq *rq, struct idempotency *idem, const struct call *call);

/* First thing in the transaction of a write: 0 the call is new, run it (a repetition at the same
 * time waits for this transaction); 1 answered from the first time, in rq->out and rq->is_error; -1
 * E_VALIDATION (used with other arguments), E_CONFLICT (still running), or failed. */
int idempotency_begin(struct rq *rq, struct idempotency *idem);

/* Keep what was answered since mark; in the transaction of the change. */
int idempotency_store(struct rq *rq, const struct idempotency *idem, struct out_mark mark);

/* For a write that is not one transaction: as idempotency_begin(), committed at once.  Whoever
 * repeats the call meanwhile is told E_CONFLICT. */
int idempotency_claim(struct rq *rq, struct idempotency *idem);
/* It failed: the key may be used again.  Keeps rq->err. */
void idempotency_release(struct rq *rq, struct idempotency *idem);

#endif
