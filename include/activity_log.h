#ifndef COFFER_ACTIVITY_LOG_H
#define COFFER_ACTIVITY_LOG_H

#include <stdint.h>

struct json_object;
struct rq;

/* Writing the activity log: for the door, and for changes made outside it (sign-in). */

/* Write what was noted, in the open transaction; for a tool whose handler noted nothing one row of
 * its own with the arguments.  started: clock_monotonic() when the call began. */
int activity_write(struct rq *rq, struct json_object *args, int64_t started);

/* Is what activity_write() wrote last in the database?  For a connection lost at COMMIT; waits for
 * the lost transaction if it still runs.  1 yes, 0 no, -1 failed. */
int activity_stands(struct rq *rq);

/* After a rollback: put rq->err on record in a transaction of its own, as a refusal or an error. Of
 * strangers only the text log hears.  Never fails and leaves rq->err as it is. */
void activity_failed(struct rq *rq, struct json_object *args, int64_t started);

#endif
