/* When a key was last used, written after the answer has left. */
#include "key_use.h"

#include <string.h>

#include "caller.h"
#include "db.h"
#include "rq.h"
#include "uuid.h"

enum { MINUTE_US = 60 * 1000000, SLOTS = 64 };

/* What this worker noted lately, so that most calls write nothing.  Losing a slot to another key
 * costs one statement that changes nothing. */
static struct {
	char key[UUID_TEXT_SIZE];
	int64_t minute;
} noted[SLOTS];

static unsigned
slot_of(const char *key)
{
	unsigned hash = 5381;

	for (; *key; key++)
		hash = hash * 33 + (unsigned char)*key;
	return hash % SLOTS;
}

/* Waiting for a lock is switched off: another worker that holds the row notes the same minute. */
static int
note(struct rq *rq, const char *key)
{
	if (db_exec(rq,
		"SET STATEMENT innodb_lock_wait_timeout = 0 FOR"
		" INSERT INTO coffer_api_key_use (key_id, last_used_at) VALUES (?, ?)"
		" ON DUPLICATE KEY UPDATE last_used_at ="
		" IF(last_used_at < VALUES(last_used_at) - INTERVAL 1 MINUTE, "
		"VALUES(last_used_at), last_used_at)",
		B(key), bind_time(rq->now)) < 0)
		return -1;
	return db_commit(rq);
}

void
key_use_note(struct rq *rq)
{
	const char *key = rq->caller ? rq->caller->key_id : NULL;
	int64_t minute = rq->now / MINUTE_US;
	struct err err = rq->err;
	unsigned slot;

	if (!key)
		return;
	slot = slot_of(key);
	if (noted[slot].minute == minute && strcmp(noted[slot].key, key) == 0)
		return;
	noted[slot].minute = minute;
	memcpy(noted[slot].key, key, strlen(key) + 1);
	rq->err = (struct err){0};
	if (note(rq, key) < 0)
		db_rollback(rq);
	rq->err = err;
}
