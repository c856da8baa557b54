/* What handlers note for the activity log; the rows are written when they have returned. */
#include "activity.h"

#include <string.h>

#include "arena.h"
#include "rq.h"
#include "str.h"

enum { ACTION_MAX = 64, COLLECTION_MAX = 64, ITEM_MAX = 191 };

struct activity *
activity_of(struct rq *rq)
{
	if (!rq->activity) {
		rq->activity = NEW(rq->mem, struct activity);
		rq->activity->end = &rq->activity->first;
	}
	return rq->activity;
}

static const char *
clipped(struct rq *rq, const char *s, size_t max)
{
	return s ? arena_strndup(rq->mem, s, str_utf8_prefix(s, strlen(s), max)) : NULL;
}

void
activity_note(struct rq *rq, const char *action, const char *collection, const char *item_id,
    const char *payload)
{
	struct activity *activity = activity_of(rq);
	struct activity_note *note = NEW(rq->mem, struct activity_note);

	*note = (struct activity_note){.action = clipped(rq, action, ACTION_MAX),
	    .collection = clipped(rq, collection, COLLECTION_MAX),
	    .item_id = clipped(rq, item_id, ITEM_MAX),
	    .payload = payload ? arena_strdup(rq->mem, payload) : NULL};
	*activity->end = note;
	activity->end = &note->next;
}
