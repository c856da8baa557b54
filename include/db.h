#ifndef COFFER_DB_H
#define COFFER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "opt.h"

struct arena;
struct out;
struct rq;

/*
 * One connection to MariaDB, autocommit=0, REPEATABLE READ, UTC, strict SQL mode (read back),
 * utf8mb4, prepared statements cached by their text (128, least recently used).  SQL text is a
 * string literal here; text made at run time goes through sqlb.h.
 *
 * Functions return 0, or -1 with the failure recorded in rq->err.  What a database error number
 * means is decided in one place (db_fail): duplicate key E_CONFLICT, foreign key E_VALIDATION,
 * strict-mode data errors E_VALIDATION, max_statement_time E_TIMEOUT, deadlock, lock wait, stale
 * shape, lost connection E_RETRY (the connection or the statements are dropped, and made again when
 * next needed), no connection E_UNAVAILABLE, everything else E_INTERNAL with the detail in the log
 * only.  A connection lost while changes were being committed is E_UNAVAILABLE, because nobody
 * knows whether they were.
 *
 * After a failure that ended the transaction (a deadlock, a lost connection) or may have left half
 * of it (a lock wait) every call but db_rollback() fails with E_RETRY, so that the rest cannot be
 * committed without its beginning.  After other failures the caller may go on, say from a
 * savepoint.
 */
struct db;

/* A value for a placeholder.  B(x) makes one from const char *, int, int64_t, uint64_t, double,
 * bool, struct opt_int or struct opt_bool; a NULL string is NULL. */
enum bind_type {
	BIND_NULL,
	BIND_STR,
	BIND_BLOB,
	BIND_INT,
	BIND_UINT,
	BIND_DOUBLE,
	BIND_TIME,
	BIND_EACH /* only in sqlb_each() */
};
struct bind {
	enum bind_type type;
	union {
		const char *s;
		int64_t i;
		uint64_t u;
		double d;
	};
	size_t len; /* BIND_STR, BIND_BLOB */
};

struct bind bind_str(const char *s);
struct bind bind_strn(const char *s, size_t len);
struct bind bind_blob(const void *p, size_t len);
struct bind bind_int(int64_t i);
struct bind bind_int32(int i);
struct bind bind_uint(uint64_t u);
struct bind bind_double(double d);
struct bind bind_bool(bool b);
struct bind bind_opt_int(struct opt_int i);
struct bind bind_opt_bool(struct opt_bool b);
/* Microseconds since 1970 as DATETIME(6). */
struct bind bind_time(int64_t us);
struct bind bind_null(void);

#define B(x)                                                                                       \
	_Generic((x), const char *: bind_str, char *: bind_str, int: bind_int32, int64_t: bind_int,   \
	    uint64_t: bind_uint, uint32_t: bind_uint, double: bind_double, bool: bind_bool,           \
	    struct opt_int: bind_opt_int, struct opt_bool: bind_opt_bool)(x)

/* A connection per the configuration; it connects on first use. */
struct db *db_new(void);
void db_free(struct db **db);

/* Close the connection; what was not committed is undone.  The next call connects anew, with a
 * fresh session. */
void db_close(struct db *db);

/* Let statements take this many seconds instead of the configured time, for DDL and migrations; 0:
 * as configured.  Closes the connection if that changes something; not inside a transaction. */
void db_patience(struct db *db, unsigned seconds);

/* Connect if need be; a connection idle for over 10 s is pinged.  -1: E_UNAVAILABLE.  The functions
 * below call it themselves. */
int db_ready(struct rq *rq);

/* A transaction begins with the first statement and ends here.  db_rollback() never fails and may
 * be called when there is nothing to roll back. */
int db_commit(struct rq *rq);
void db_rollback(struct rq *rq);
/* For bulk work; name is a literal. */
#define db_savepoint(rq, name)   db_exec(rq, "SAVEPOINT " name)
#define db_rollback_to(rq, name) db_exec(rq, "ROLLBACK TO SAVEPOINT " name)

/* Close all cached statements (after a change of shape was noticed), and an open stream with them.
 */
void db_forget_statements(struct db *db);

/* The native error number of the last failure on this connection, 0 if none: for the few callers
 * that decide on 1062. */
unsigned db_errno(const struct db *db);
/* The key named by the last 1062, e.g. "email" or "PRIMARY"; "" if the last failure was another. To
 * choose a message by, not to be shown. */
const char *db_duplicate_key(const struct db *db);
/* The server's own words for the last failure, for the tool that runs an operator's own SQL and for
 * nobody else. */
const char *db_error_text(const struct db *db);
/* Rows changed by the last db_exec() or bulk statement, or rows returned by the last db_query(). */
uint64_t db_affected(const struct db *db);

/* Only a string literal compiles as sql. */
#define db_exec(rq, sql, ...) db_exec_((rq), "" sql "", BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))
#define db_query(rq, rows_r, sql, ...)                                                             \
	db_query_((rq), (rows_r), "" sql "", BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))

/* Without binds the text goes to the server as it is, unprepared: DDL, SAVEPOINT, SET.  A result is
 * read and dropped. */
int db_exec_(struct rq *rq, const char *sql, const struct bind *binds, size_t n);

/* The result of a query, read to its end (small results) when the call returns; lives as long as
 * rq->mem. */
struct rows;
int db_query_(
    struct rq *rq, struct rows **rows_r, const char *sql, const struct bind *binds, size_t n);

/* The same without reading ahead: rows are fetched from the server one by one and memory stays
 * flat.  The connection is busy until rows_next() returned 0 or -1 or rows_close() was called. */
int db_stream_(
    struct rq *rq, struct rows **rows_r, const char *sql, const struct bind *binds, size_t n);

/* 1 a row is there, 0 no more, -1 failed and recorded. */
int rows_next(struct rows *rows);
void rows_close(struct rows *rows);
size_t rows_columns(const struct rows *rows);
const char *rows_name(const struct rows *rows, size_t column);

/* The current row.  Text is NUL-terminated and lives until the next rows_next(); copy what must
 * stay.  Values are converted: any column has a text (times in ISO 8601), and numbers are read from
 * text and decimals.  A zero date is NULL. */
bool rows_null(const struct rows *rows, size_t column);
const char *rows_text(
    const struct rows *rows, size_t column, size_t *len_r); /* NULL if NULL; len_r may be NULL */
int64_t rows_int(const struct rows *rows, size_t column);   /* 0 if NULL */
double rows_double(const struct rows *rows, size_t column);
int64_t rows_time(const struct rows *rows, size_t column); /* DATETIME -> microseconds since 1970 */
/* A copy on rq->mem; NULL if NULL. */
char *rows_dup(const struct rows *rows, size_t column);

/* Write a value by the column's own type: integers, doubles and decimals as numbers, DATETIME as
 * ISO 8601, text (JSON too) as strings, binary as base64. */
void rows_out(const struct rows *rows, size_t column, struct out *out);
/* Write the text of a column that holds JSON as it is; the caller knows that it does. */
void rows_out_json(const struct rows *rows, size_t column, struct out *out);

/* 1 one row was found and column 0.. were copied into the pointers (const char **, on rq->mem); 0
 * none; -1 failed.  A shorthand for small look-ups: db_text(rq, &name, "SELECT name FROM ...",
 * B(id)). */
#define db_text(rq, text_r, sql, ...)                                                              \
	db_text_((rq), (text_r), "" sql "", BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))
int db_text_(
    struct rq *rq, const char **text_r, const char *sql, const struct bind *binds, size_t n);
#define db_int(rq, int_r, sql, ...)                                                                \
	db_int_((rq), (int_r), "" sql "", BINDS(__VA_ARGS__), NBINDS(__VA_ARGS__))
int db_int_(struct rq *rq, int64_t *int_r, const char *sql, const struct bind *binds, size_t n);

/* Bulk: one statement, nrows sets of ncolumns binds (row by row), sent as one MariaDB bulk execute.
 * All binds of a column have one type, or BIND_NULL.  1062 and data errors undo the whole
 * statement, and nothing says which row it was.  sql is a literal; see sqlb_bulk() for other text
 * and for statements that return rows. */
int db_bulk_(
    struct rq *rq, const char *sql, const struct bind *binds, size_t ncolumns, size_t nrows);

/* The macros behind db_exec and its friends. */
#define BINDS(...)                                                                                 \
	(const struct bind[])                                                                      \
	{                                                                                          \
		__VA_OPT__(__VA_ARGS__, )                                                          \
		{                                                                                  \
			.type = BIND_NULL                                                          \
		}                                                                                  \
	}
#define NBINDS(...) (sizeof(BINDS(__VA_ARGS__)) / sizeof(struct bind) - 1)

#endif
