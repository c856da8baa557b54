/* What the numbers of MariaDB and its client mean to us: the one place that decides it. */
#include <errmsg.h>
#include <mysqld_error.h>
#include <string.h>

#include "db_impl.h"
#include "log.h"
#include "rq.h"

/* What has to follow. */
enum {
	DOOMS = 1,   /* the transaction is gone, or must go */
	FORGETS = 2, /* cached statements are of no use any more */
	LOSES = 4,   /* the connection is gone, or must go */
};

static const char missing[] = "a required value is missing";
static const char malformed[] = "a value has the wrong type or format for its column";
static const char too_wide[] = "the table would have too many or too wide columns or indexes";
static const char still_used[] = "it is still referred to by other rows";
static const char bad_reference[] = "a reference points to a row that does not exist";
static const char too_large[] = "the data is larger than the database takes at once; send less";
static const char duplicate[] = "a row with the same unique value exists";
static const char full[] = "the database has no room left";
static const char read_only[] = "the database is read-only at the moment, try again later";

static const struct reaction {
	unsigned number;
	enum errcode code;
	unsigned effect;
	const char *message; /* NULL: the code's own */
} reactions[] = {
    {ER_DUP_ENTRY, E_CONFLICT, 0, duplicate},
    {ER_DUP_ENTRY_WITH_KEY_NAME, E_CONFLICT, 0, duplicate},
    {ER_DUP_KEY, E_CONFLICT, 0, duplicate},

    {ER_LOCK_DEADLOCK, E_RETRY, DOOMS, NULL},
    {ER_LOCK_WAIT_TIMEOUT, E_RETRY, DOOMS, NULL},
    {ER_CHECKREAD, E_RETRY, DOOMS, NULL},
    {ER_NEED_REPREPARE, E_RETRY, FORGETS, NULL},
    {ER_BAD_FIELD_ERROR, E_RETRY, FORGETS, NULL},
    {ER_NO_SUCH_TABLE, E_RETRY, FORGETS, NULL},
    {ER_TABLE_DEF_CHANGED, E_RETRY, FORGETS, NULL},
    {ER_KEY_DOES_NOT_EXISTS, E_RETRY, FORGETS, NULL},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, E_RETRY, FORGETS, NULL},
    {CR_NEW_STMT_METADATA, E_RETRY, FORGETS, NULL},

    {CR_SERVER_GONE_ERROR, E_RETRY, LOSES, NULL},
    {CR_SERVER_LOST, E_RETRY, LOSES, NULL},
    {CR_SERVER_LOST_EXTENDED, E_RETRY, LOSES, NULL},
    {CR_COMMANDS_OUT_OF_SYNC, E_RETRY, LOSES, NULL},
    {CR_MALFORMED_PACKET, E_RETRY, LOSES, NULL},
    {CR_SSL_CONNECTION_ERROR, E_RETRY, LOSES, NULL},
    {ER_SERVER_SHUTDOWN, E_RETRY, LOSES, NULL},
    {ER_CONNECTION_KILLED, E_RETRY, LOSES, NULL},
    {ER_NET_READ_ERROR, E_RETRY, LOSES, NULL},
    {ER_NET_READ_INTERRUPTED, E_RETRY, LOSES, NULL},
    {ER_NET_ERROR_ON_WRITE, E_RETRY, LOSES, NULL},
    {ER_NET_WRITE_INTERRUPTED, E_RETRY, LOSES, NULL},

    {ER_UNKNOWN_COM_ERROR, E_UNAVAILABLE, LOSES, NULL},
    {ER_CON_COUNT_ERROR, E_UNAVAILABLE, LOSES, NULL},
    {ER_TOO_MANY_USER_CONNECTIONS, E_UNAVAILABLE, LOSES, NULL},
    {ER_USER_LIMIT_REACHED, E_UNAVAILABLE, LOSES, NULL},
    {ER_OPTION_PREVENTS_STATEMENT, E_UNAVAILABLE, 0, read_only},
    {ER_READ_ONLY_MODE, E_UNAVAILABLE, 0, read_only},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, E_UNAVAILABLE, 0, read_only},
    {ER_DISK_FULL, E_UNAVAILABLE, DOOMS, full},
    {ER_RECORD_FILE_FULL, E_UNAVAILABLE, DOOMS, full},

    {ER_STATEMENT_TIMEOUT, E_TIMEOUT, 0, NULL},
    {ER_QUERY_INTERRUPTED, E_TIMEOUT, 0, NULL},

    {ER_NET_PACKET_TOO_LARGE, E_PAYLOAD_TOO_LARGE, LOSES, too_large},
    {CR_NET_PACKET_TOO_LARGE, E_PAYLOAD_TOO_LARGE, LOSES, too_large},

    {ER_ROW_IS_REFERENCED, E_VALIDATION, 0, still_used},
    {ER_ROW_IS_REFERENCED_2, E_VALIDATION, 0, still_used},
    {ER_NO_REFERENCED_ROW, E_VALIDATION, 0, bad_reference},
    {ER_NO_REFERENCED_ROW_2, E_VALIDATION, 0, bad_reference},
    {ER_DATA_TOO_LONG, E_VALIDATION, 0, "a text is too long for its column"},
    {ER_WARN_DATA_OUT_OF_RANGE, E_VALIDATION, 0, "a number is out of range for its column"},
    {ER_DATA_OUT_OF_RANGE, E_VALIDATION, 0, "a computed number is out of range"},
    {ER_DIVISION_BY_ZERO, E_VALIDATION, 0, "division by zero"},
    {ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, E_VALIDATION, 0, malformed},
    {ER_TRUNCATED_WRONG_VALUE, E_VALIDATION, 0, malformed},
    {ER_WRONG_VALUE, E_VALIDATION, 0, malformed},
    {ER_WRONG_VALUE_FOR_TYPE, E_VALIDATION, 0, malformed},
    {ER_ILLEGAL_VALUE_FOR_TYPE, E_VALIDATION, 0, malformed},
    {WARN_DATA_TRUNCATED, E_VALIDATION, 0, malformed},
    {ER_DATETIME_FUNCTION_OVERFLOW, E_VALIDATION, 0, "a time is out of range"},
    {ER_BAD_NULL_ERROR, E_VALIDATION, 0, missing},
    {ER_NO_DEFAULT_FOR_FIELD, E_VALIDATION, 0, missing},
    {ER_CONSTRAINT_FAILED, E_VALIDATION, 0, "a value is refused by a check of its table"},
    {ER_TOO_BIG_ROWSIZE, E_VALIDATION, 0, too_wide},
    {ER_TOO_MANY_FIELDS, E_VALIDATION, 0, too_wide},
    {ER_TOO_MANY_KEYS, E_VALIDATION, 0, too_wide},
    {ER_TOO_MANY_KEY_PARTS, E_VALIDATION, 0, too_wide},
    {ER_TOO_LONG_KEY, E_VALIDATION, 0, too_wide},
    {ER_INDEX_COLUMN_TOO_LONG, E_VALIDATION, 0, too_wide},
};

static const struct reaction unforeseen = {0, E_INTERNAL, 0, NULL};

static const struct reaction *
reaction_to(unsigned number)
{
	size_t i;

	for (i = 0; i < sizeof(reactions) / sizeof(reactions[0]); i++)
		if (reactions[i].number == number)
			return &reactions[i];
	return &unforeseen;
}

/* "Duplicate entry '...' for key 'email'": the value may hold anything, so the last quotes count.
 */
static void
find_duplicate_key(struct db *db, const char *text)
{
	static const char before[] = " for key '";
	const char *key = NULL;
	const char *at;
	const char *end;

	for (at = text; (at = strstr(at, before)) != NULL; at = key)
		key = at + strlen(before);
	end = key != NULL ? strrchr(key, '\'') : NULL;
	if (end == NULL || (size_t)(end - key) >= sizeof(db->duplicate_key))
		return;
	memcpy(db->duplicate_key, key, (size_t)(end - key));
	db->duplicate_key[end - key] = '\0';
}

/* Only what nobody foresaw is written out: the texts of the others may quote data. */
static void
log_failure(const struct reaction *what, unsigned number, const char *text, const char *sql)
{
	if (what == &unforeseen)
		log_error("database error %u: %s; in: %s", number, text, sql != NULL ? sql : "");
	else if (what->effect & LOSES)
		log_warn("database connection lost: %u %s", number, text);
	else
		log_debug("database error %u, answered as %s", number, err_name(what->code));
}

static void
react(struct db *db, unsigned effect)
{
	if (effect & LOSES)
		db_close(db);
	else if (effect & FORGETS)
		db_forget_statements(db);
	if (effect & (LOSES | DOOMS))
		db->doomed = true;
}

static const struct reaction *
take_in(struct db *db, unsigned number, const char *text, const char *sql)
{
	const struct reaction *what = reaction_to(number);
	size_t len = strnlen(text, sizeof(db->error_text) - 1);

	db->error = number;
	memcpy(db->error_text, text, len);
	db->error_text[len] = '\0';
	if (what->code == E_CONFLICT)
		find_duplicate_key(db, text);
	log_failure(what, number, text, sql);
	react(db, what->effect);
	return what;
}

int
db_fail(struct rq *rq, unsigned number, const char *text, const char *sql)
{
	const struct reaction *what = take_in(rq->db, number, text, sql);

	return fail(rq, what->code, "%s",
	    what->message != NULL ? what->message : err_default_text(what->code));
}

int
db_fail_stmt(struct rq *rq, const struct stmt *stmt)
{
	unsigned number = mysql_stmt_errno(stmt->handle);

	/* a failure while rows are read is noted at the connection only */
	if (number == 0)
		return db_fail(
		    rq, mysql_errno(rq->db->mysql), mysql_error(rq->db->mysql), stmt->sql);
	return db_fail(rq, number, mysql_stmt_error(stmt->handle), stmt->sql);
}

int
db_fail_commit(struct rq *rq, unsigned number, const char *text, const char *sql)
{
	/* 2006 says that the command could not even be sent */
	bool lost = number != CR_SERVER_GONE_ERROR &&
		    (number == ER_QUERY_INTERRUPTED || reaction_to(number)->effect & LOSES);

	if (!lost || !rq->db->wrote)
		return db_fail(rq, number, text, sql);
	take_in(rq->db, number, text, sql);
	return fail(rq, E_UNAVAILABLE,
	    "the connection to the database was lost while the change was being made final, and it "
	    "is not known whether it was; read to find out, or send the call again with the same "
	    "idempotency key");
}
