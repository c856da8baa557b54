/* Counting attempts per bucket and minute. */
#include "throttle.h"

#include <inttypes.h>

#include "arena.h"
#include "db.h"
#include "retry.h"
#include "rq.h"

enum { MINUTE_US = 60 * 1000000, KEEP_MINUTES = 5 };

/* The first attempt of a bucket in a minute takes some old minutes away. */
static int
forget_old(struct rq *rq, int64_t minute)
{
	return db_exec(
	    rq, "DELETE FROM coffer_throttle WHERE minute < ? LIMIT 50", B(minute - KEEP_MINUTES));
}

static int
count(struct rq *rq, const char *bucket, int64_t minute, int64_t *attempts_r)
{
	int found = db_int(rq, attempts_r,
	    "INSERT INTO coffer_throttle (bucket, minute, attempts) VALUES (?, ?, 1)"
	    " ON DUPLICATE KEY UPDATE attempts = attempts + 1 RETURNING attempts",
	    B(bucket), B(minute));

	return found < 0 ? -1 : 0;
}

static int
judge(struct rq *rq, int64_t attempts, int64_t limit)
{
	if (attempts <= limit)
		return 0;
	return fail(rq, E_RATE_LIMITED,
	    "too many requests: at most %" PRId64 " a minute here; try again in %" PRId64
	    " seconds",
	    limit, 60 - rq->now % MINUTE_US / 1000000);
}

int
throttle_within(struct rq *rq, const char *kind, const char *subject, int64_t limit)
{
	int64_t attempts;

	if (!subject || limit <= 0)
		return 0;
	if (count(rq, arena_printf(rq->mem, "%s:%s", kind, subject), rq->now / MINUTE_US,
		&attempts) < 0)
		return -1;
	return judge(rq, attempts, limit);
}

static int
hit_once(struct rq *rq, const char *bucket, int64_t *attempts_r)
{
	int64_t minute = rq->now / MINUTE_US;

	if (count(rq, bucket, minute, attempts_r) < 0)
		return -1;
	if (*attempts_r == 1 && forget_old(rq, minute) < 0)
		return -1;
	return db_commit(rq);
}

int
throttle_hit(struct rq *rq, const char *kind, const char *subject, int64_t limit)
{
	unsigned attempt = 0;
	int64_t attempts;

	if (!subject || limit <= 0)
		return 0;
	while (hit_once(rq, arena_printf(rq->mem, "%s:%s", kind, subject), &attempts) < 0)
		if (!retry_again(rq, &attempt))
			return -1;
	return judge(rq, attempts, limit);
}
