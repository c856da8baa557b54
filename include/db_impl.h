#ifndef COFFER_DB_IMPL_H
#define COFFER_DB_IMPL_H

/* What the files of app/db share.  Nobody else includes it: only app/db knows the client library.
 */

#include <mysql.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db.h"

struct shape;
struct slot;

/* What a statement returns and the buffers its rows are fetched into. */
struct result {
	struct shape *shape; /* NULL before the first execution */
	MYSQL_BIND *binds;
	struct slot *slots;
	size_t text_bytes;
};

/* One prepared statement. */
struct stmt {
	uint64_t hash;
	uint64_t used; /* the cache's clock at the last use */
	struct stmt *next;
	char *sql;
	MYSQL_STMT *handle;
	bool writes;
	size_t nparams;
	MYSQL_BIND *params;
	MYSQL_TIME *times;
	struct result result;
};

enum { STMT_CACHE_MAX = 128, STMT_BUCKETS = 256 };

struct stmt_cache {
	struct stmt *buckets[STMT_BUCKETS];
	unsigned count;
	uint64_t clock;
};

struct db {
	MYSQL *mysql; /* NULL: not connected */
	struct stmt_cache cache;
	struct stmt *streaming; /* its rows are still coming */
	bool in_transaction;
	bool wrote;        /* this transaction executed a statement that may change data */
	bool doomed;       /* only a rollback helps */
	unsigned patience; /* seconds a statement may take; 0: as configured */
	int64_t used_at;   /* clock_monotonic() */
	size_t packet_max; /* what the server takes at once */
	uint64_t affected;
	unsigned error;
	char error_text[512];
	char duplicate_key[65];
};

/* Zeroed memory that outlives requests; never NULL. */
void *db_alloc(size_t count, size_t size);

/* db_connect.c: connect rq->db and set the session up; -1: E_UNAVAILABLE, the reason in the log. */
int db_connect(struct rq *rq);

/* db_error.c */

/* Record what error number of the database means (sql, for the log, may be NULL) and do to rq->db
 * what follows from it.  Cached statements may be gone afterwards.  Always -1. */
int db_fail(struct rq *rq, unsigned number, const char *text, const char *sql);
int db_fail_stmt(struct rq *rq, const struct stmt *stmt);
/* The same for what commits: if the answer was lost, nobody knows whether it happened. */
int db_fail_commit(struct rq *rq, unsigned number, const char *text, const char *sql);

/* stmt.c */

/* Before any statement: connected, not doomed, no stream open; a transaction has begun. */
int db_enter(struct rq *rq, bool writes);
/* The statement executed with its result not yet read; NULL: failed and recorded. */
struct stmt *stmt_execute(struct rq *rq, const char *sql, const struct bind *binds, size_t n);
/* The statement from the cache or prepared, with n placeholders.  NULL: failed and recorded. */
struct stmt *stmt_get(struct rq *rq, const char *sql, size_t n);
/* Longer than the server takes at once would mean a lost connection, so it must not be sent. */
int stmt_check_size(struct rq *rq, size_t size);
/* Send it with its params and look at the kind of answer.  array_size: rows in bulk, or 0. */
int stmt_send(struct rq *rq, struct stmt *stmt, unsigned array_size);
/* Read and drop what is left of the result, so that the connection can be used again. */
int stmt_finish(struct rq *rq, struct stmt *stmt);
/* The same when errors do not matter. */
void stmt_abandon(struct stmt *stmt);
/* SQL begins with one of the words (NULL-terminated, upper case). */
bool sql_begins(const char *sql, const char *const words[]);
bool sql_writes(const char *sql);

/* bulk.c */
struct bulk {
	const char *sql;
	const struct bind *binds; /* one per placeholder; BIND_EACH: its values stand in values */
	size_t n;
	const struct bind *values; /* row by row, one for each BIND_EACH */
	size_t nrows;
};
/* Execute and read all; rows_r may be NULL. */
int bulk_run(struct rq *rq, const struct bulk *bulk, struct rows **rows_r);

/* result.c */

/* INT and UINT are 64 bits; DECIMAL and BIT are fetched as text. */
enum kind {
	KIND_INT,
	KIND_UINT,
	KIND_DOUBLE,
	KIND_FLOAT,
	KIND_TIME,
	KIND_DECIMAL,
	KIND_BIT,
	KIND_TEXT,
	KIND_BINARY
};

/* The columns of a result, in one block that can be copied as it is. */
struct shape {
	size_t size;
	size_t n;
	struct column {
		enum kind kind;
		unsigned name; /* where in this block */
	} columns[];
};

/* Where one column's value arrives. */
struct slot {
	union {
		long long i;
		double d;
		float f;
		MYSQL_TIME t;
	};
	char *text;
	unsigned long len;
	unsigned long cap; /* of text, without the terminator; 0: not fetched as text */
	my_bool null;
};

/* After an execution: fit shape, slots and bindings to what it returns.  -1: error at the handle.
 */
int result_adapt(struct result *r, MYSQL_STMT *handle);
/* 1 a row is in the slots, 0 no more, -1 error at the handle. */
int result_fetch(struct result *r, MYSQL_STMT *handle);
/* Give back large buffers. */
void result_trim(struct result *r, MYSQL_STMT *handle);
void result_free(struct result *r);

/* row.c */

/* Read all rows of an executed statement and finish it. */
int rows_read(struct rq *rq, struct stmt *stmt, struct rows **rows_r);
/* Let the caller fetch them. */
void rows_open(struct rq *rq, struct stmt *stmt, struct rows **rows_r);

#endif
