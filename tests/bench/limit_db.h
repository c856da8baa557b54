#ifndef BENCH_LIMIT_DB_H
#define BENCH_LIMIT_DB_H

#include <mysql.h>

#include "limit.h"

/* What the statements of limit_db.c and limit_insert.c share. */

enum { CELL_MAX = 1024, COLUMNS_MAX = 24, UUID_LEN = 36, FIELDS = 8 };

/* Columns of the who statements. */
enum { WHO_WORKSPACE = 0, WHO_USER = 5, WHO_KEY = 13 };

struct cell {
	union {
		char text[CELL_MAX];
		long long i;
		double d;
		MYSQL_TIME t;
	};
	unsigned long len;
	my_bool null;
};

/* kinds: a letter for each column it returns; s text, i integer, d double, b boolean, t time. */
struct statement {
	MYSQL_STMT *handle;
	const char *kinds;
	bool bound;
	struct cell cells[COLUMNS_MAX];
	MYSQL_BIND result[COLUMNS_MAX];
};

extern struct statement who_locking, insert_row, insert_many, activity;

/* Ends the process. */
void fail(const char *what, const char *why);
MYSQL_BIND bind_text(const char *text, unsigned long len);
void execute(struct statement *s, MYSQL_BIND *params);
/* {"data":[rows]}, at most max of them; returns how many came. */
size_t rows_json(struct text *to, struct statement *s, size_t max);

#endif
