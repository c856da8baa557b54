/* When a transaction that met a deadlock, a stale shape or a lost connection is run again. */
#include "retry.h"

#include <time.h>

#include "caller.h"
#include "crypto.h"
#include "db.h"
#include "rq.h"
#include "snapshot.h"

enum { PAUSE_US = 4000 };

/* MariaDB's numbers for: changed since read, lock wait timed out, deadlock. */
enum { CHANGED_SINCE_READ = 1020, LOCK_WAIT_TIMEOUT = 1205, DEADLOCK = 1213 };

/* Two transactions wanted the same rows; nothing says that shapes changed. */
static bool
was_conflict(unsigned number)
{
	return number == CHANGED_SINCE_READ || number == LOCK_WAIT_TIMEOUT || number == DEADLOCK;
}

static void
pause_a_little(unsigned attempt)
{
	uint32_t random;
	struct timespec time = {0};

	crypto_random(&random, sizeof(random));
	time.tv_nsec = random % (PAUSE_US << attempt) * 1000L;
	nanosleep(&time, NULL);
}

bool
retry_again(struct rq *rq, unsigned *attempt)
{
	unsigned number = db_errno(rq->db);

	db_rollback(rq);
	if (rq->err.code != E_RETRY)
		return false;
	rq->err = (struct err){0};
	if (*attempt == RETRY_MAX) {
		err_set(&rq->err, rq->mem, E_UNAVAILABLE, NULL,
		    "the database is busy; try again in a moment");
		return false;
	}
	if (rq->caller && !was_conflict(number))
		snapshot_drop(rq->caller->workspace_id);
	pause_a_little((*attempt)++);
	return true;
}
