/* Idempotency keys: a repeated write is answered, not done again. */
#include "idempotency.h"

#include <string.h>

#include "arena.h"
#include "caller.h"
#include "db.h"
#include "json_in.h"
#include "log.h"
#include "retry.h"
#include "rq.h"
#include "str.h"
#include "tool.h"

enum { KEY_MAX = 255 };

static const int64_t keep_us = INT64_C(24) * 3600 * 1000000;
/* A write that is not one transaction and has not ended after this time died with its worker. */
static const int64_t abandoned_us = INT64_C(10) * 60 * 1000000;

/* An answer may hold the secret of a new API key, which is stored nowhere in the clear. */
static const char PURPOSE[] = "idempotency";

static const char *
binding(struct rq *rq, const struct idempotency *idem)
{
	char caller[2 * CRYPTO_HASH + 1], request[2 * CRYPTO_HASH + 1];

	str_hex(caller, idem->caller, CRYPTO_HASH);
	str_hex(request, idem->request, CRYPTO_HASH);
	return arena_printf(rq->mem, "%s %s", caller, request);
}

static void
hash_text(const char *text, unsigned char hash[CRYPTO_HASH])
{
	crypto_sha256(text, strlen(text), hash);
}

int
idempotency_init(struct rq *rq, struct idempotency *idem, const struct call *call)
{
	const struct caller *caller = rq->caller;
	size_t length, len;
	const char *raw;

	*idem = (struct idempotency){.key = call->idempotency_key};
	if (!idem->key)
		return 0;
	if (!str_utf8_valid(idem->key, strlen(idem->key)))
		return fail(rq, E_VALIDATION, "the idempotency key is not valid UTF-8");
	length = str_utf8_length(idem->key, strlen(idem->key));
	if (length == 0 || length > KEY_MAX)
		return fail(
		    rq, E_VALIDATION, "the idempotency key must have 1 to %d characters", KEY_MAX);
	raw = json_in_raw(call->args, &len);
	hash_text(arena_printf(rq->mem, "%s %s %s", caller->user_id ? caller->user_id : "",
		      caller->key_id ? caller->key_id : "", caller->workspace_id),
	    idem->caller);
	hash_text(arena_printf(rq->mem, "%s %.*s", call->tool->name, (int)len, raw), idem->request);
	return 0;
}

static int
insert(struct rq *rq, const struct idempotency *idem)
{
	return db_exec(rq,
	    "INSERT INTO coffer_idempotency (caller, idempotency_key, request_hash, created_at)"
	    " VALUES (?, ?, ?, ?)",
	    bind_blob(idem->caller, CRYPTO_HASH), B(idem->key),
	    bind_blob(idem->request, CRYPTO_HASH), bind_time(rq->now));
}

/* The row is too old to count, or its worker died: begin anew in its place. */
static int
take_over(struct rq *rq, const struct idempotency *idem)
{
	return db_exec(rq,
	    "UPDATE coffer_idempotency SET request_hash = ?, is_error = FALSE, answer = NULL,"
	    " created_at = ? WHERE caller = ? AND idempotency_key = ?",
	    bind_blob(idem->request, CRYPTO_HASH), bind_time(rq->now),
	    bind_blob(idem->caller, CRYPTO_HASH), B(idem->key));
}

static int
answer_again(struct rq *rq, const struct idempotency *idem, const struct rows *rows)
{
	int64_t age = rq->now - rows_time(rows, 3);
	const char *request, *answer;
	size_t len;

	if (age > keep_us || (rows_null(rows, 2) && age > abandoned_us))
		return take_over(rq, idem);
	request = rows_text(rows, 0, &len);
	if (len != CRYPTO_HASH || memcmp(request, idem->request, CRYPTO_HASH) != 0)
		return fail(rq, E_VALIDATION,
		    "this idempotency key was used with another operation or other arguments; use "
		    "a new one");
	if (rows_null(rows, 2))
		return fail(rq, E_CONFLICT,
		    "the call with this idempotency key is still running; repeat it later for its "
		    "answer");
	answer = crypto_open(rq->mem, PURPOSE, rows_text(rows, 2, NULL), binding(rq, idem), &len);
	if (!answer)
		return fail(rq, E_CONFLICT,
		    "the call with this idempotency key was made, but its answer can no longer be "
		    "read: the secret of the server was changed");
	out_raw(&rq->out, answer, len);
	rq->is_error = rows_int(rows, 1) != 0;
	return 1;
}

/* The row that is in the way was committed after our transaction began, perhaps: only a locking
 * read is sure to see it. */
static int
meet_first(struct rq *rq, const struct idempotency *idem)
{
	struct rows *rows;
	int found;

	if (db_query(rq, &rows,
		"SELECT request_hash, is_error, answer, created_at FROM coffer_idempotency"
		" WHERE caller = ? AND idempotency_key = ? LOCK IN SHARE MODE",
		bind_blob(idem->caller, CRYPTO_HASH), B(idem->key)) < 0)
		return -1;
	found = rows_next(rows);
	if (found < 0)
		return -1;
	return found ? answer_again(rq, idem, rows) : fail(rq, E_RETRY, "the first call went away");
}

int
idempotency_begin(struct rq *rq, struct idempotency *idem)
{
	if (!idem->key || idem->claimed || insert(rq, idem) == 0)
		return 0;
	if (rq->err.code != E_CONFLICT)
		return -1;
	rq->err = (struct err){0};
	return meet_first(rq, idem);
}

int
idempotency_store(struct rq *rq, const struct idempotency *idem, struct out_mark mark)
{
	const char *answer;

	if (!idem->key)
		return 0;
	answer = crypto_seal(rq->mem, PURPOSE, rq->out.buf.data + mark.len,
	    rq->out.buf.len - mark.len, binding(rq, idem));
	return db_exec(rq,
	    "UPDATE coffer_idempotency SET answer = ?, is_error = ?"
	    " WHERE caller = ? AND idempotency_key = ?",
	    B(answer), B(rq->is_error), bind_blob(idem->caller, CRYPTO_HASH), B(idem->key));
}

int
idempotency_claim(struct rq *rq, struct idempotency *idem)
{
	int begun = idempotency_begin(rq, idem);

	if (begun != 0 || !idem->key)
		return begun;
	if (db_commit(rq) < 0)
		return -1;
	idem->claimed = true;
	return 0;
}

static int
delete_claim(struct rq *rq, const struct idempotency *idem)
{
	if (db_exec(rq,
		"DELETE FROM coffer_idempotency"
		" WHERE caller = ? AND idempotency_key = ? AND request_hash = ? AND answer IS NULL",
		bind_blob(idem->caller, CRYPTO_HASH), B(idem->key),
		bind_blob(idem->request, CRYPTO_HASH)) < 0)
		return -1;
	return db_commit(rq);
}

void
idempotency_release(struct rq *rq, struct idempotency *idem)
{
	struct err err = rq->err;
	unsigned attempt = 0;

	if (!idem->claimed)
		return;
	rq->err = (struct err){0};
	while (delete_claim(rq, idem) < 0) {
		if (retry_again(rq, &attempt))
			continue;
		log_warn("an idempotency key stays taken for ten minutes: %s [%s]", rq->err.message,
		    rq->id);
		break;
	}
	idem->claimed = false;
	rq->err = err;
}
