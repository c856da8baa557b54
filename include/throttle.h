#ifndef COFFER_THROTTLE_H
#define COFFER_THROTTLE_H

#include <stdint.h>

struct rq;

/*
 * Counting attempts per bucket and minute, in the database, so that all workers and hosts count
 * together.  A bucket is a kind and a subject ("sign-in", an address); subject NULL (the command
 * line) is never throttled, nor is a limit of 0.  -1: E_RATE_LIMITED, or a database failure.
 */

/* Counts whatever becomes of the attempt: commits on its own, so no transaction may be open. */
int throttle_hit(struct rq *rq, const char *kind, const char *subject, int64_t limit);

/* The same inside the open transaction: what is rolled back does not count. */
int throttle_within(struct rq *rq, const char *kind, const char *subject, int64_t limit);

#endif
