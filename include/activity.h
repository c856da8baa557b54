#ifndef COFFER_ACTIVITY_H
#define COFFER_ACTIVITY_H

#include <stdint.h>

struct json_object;
struct rq;

/* What a handler adds to its activity row beyond who, tool and outcome, which the door knows: the
 * action
 * ("item.create", "schema.update"), collection slug or system name, item id, and a short payload
 * (JSON text).  A handler that changes several things calls it once each; all but payload are
 * copied; the door writes the rows in the same transaction.  All but action may be NULL. */
void activity_note(struct rq *rq, const char *action, const char *collection, const char *item_id,
    const char *payload);

/* --- for the door, and for changes made outside it (sign-in) --- */

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
