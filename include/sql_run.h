#ifndef COFFER_SQL_RUN_H
#define COFFER_SQL_RUN_H

#include <stdbool.h>

struct rq;

/*
 * SQL text of an instance operator (db.execute_sql), on a connection of its own that is closed
 * afterwards, so that nothing it sets stays behind.  Statements are separated by ';' outside quotes
 * and comments and run one by one.  Without writes the session is read-only, each statement must
 * begin with SELECT, WITH, SHOW, EXPLAIN, DESCRIBE, DESC, VALUES or TABLE, and executable comments
 * are refused; with writes all run in one transaction, which DDL commits by itself. Writes
 * {"data":[{"rows":[{...}],"ms":n}],"ms":n,"count":n}; at most 1,000 rows a statement and
 * conf->max_answer bytes in all, marked "truncated".  -1: E_VALIDATION "SQL error: ..." with the
 * database's words, which an operator may see; nothing was written unless DDL ran before.
 */
int sql_run(struct rq *rq, const char *text, bool writes);

#endif
