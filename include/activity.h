#ifndef COFFER_ACTIVITY_H
#define COFFER_ACTIVITY_H

#include "uuid.h"

struct rq;

/* What a handler adds to its activity row beyond who, tool and outcome, which the door knows: the
 * action ("item.create", "schema.update"), collection slug or system name, item id, and a short
 * payload (JSON text).  A handler that changes several things calls it once each; the door writes
 * the rows in the same transaction.  All but action may be NULL; long texts are cut. */
void activity_note(struct rq *rq, const char *action, const char *collection, const char *item_id,
    const char *payload);

/* The notes, in order: rq->activity. */
struct activity_note {
	const char *action, *collection, *item_id, *payload;
	struct activity_note *next;
};
struct activity {
	struct activity_note *first, **end;
	char written[UUID_TEXT_SIZE]; /* id of the last row that was written; "": none */
};

/* rq->activity, made when it is not there. */
struct activity *activity_of(struct rq *rq);

#endif
