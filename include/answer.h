#ifndef COFFER_ANSWER_H
#define COFFER_ANSWER_H

struct out;
struct rows;
struct rq;

/*
 * Answers made of rows.  names gives the members in the order of the columns: "id admin? mcpTools{}
 * createdAt" - a name ending in '?' is a boolean, in "{}" JSON text copied as it is, all others go
 * by the column's type.
 */

/* The current row as an object. */
void answer_object(struct out *out, const struct rows *rows, const char *names);

/* {"data":[...]} of all rows left. */
int answer_list(struct rq *rq, struct rows *rows, const char *names);

/* {"data":{...}} of the one row; E_NOT_FOUND with text when there is none. */
int answer_one(struct rq *rq, struct rows *rows, const char *names, const char *not_found);

/* {"ok":true} */
int answer_ok(struct rq *rq);

#endif
