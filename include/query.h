#ifndef COFFER_QUERY_H
#define COFFER_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "access.h"
#include "opt.h"

struct rq;

enum { QUERY_LIMIT_DEFAULT = 50, QUERY_LIMIT_MAX = 200 };

/* The inputs of collections.list; facts: items and list query. */
struct query_list_in {
	const char *collection;
	struct json_object *filter;
	bool filter_given; /* it stood there, as null perhaps, which is no condition */
	const char *sort;
	struct str_list fields;
	struct opt_int limit;
	int64_t offset;
	struct json_object
	    *meta; /* true, "*", "filter_count", "total_count", or a list of these with commas */
	const char *q;
	struct str_list expand;
	const char *cursor;
};

/* Write
 * {"data":[...],"limit":n,"offset":n,"has_more":b,"next_cursor"?:s,"truncated"?:true,"meta"?:{...}}.
 * Rows are fetched one beyond the limit; the answer is cut at conf->max_answer bytes and then
 * carries a cursor.  The cursor is sealed and bound to workspace, caller's readable fields,
 * collection, filter, sort and q. */
int query_list(struct rq *rq, const struct query_list_in *in);

/* Write {"data":{row}}; a row that is not there or not readable: E_NOT_FOUND "Item not found". */
int query_read(struct rq *rq, const char *slug, const char *id, const struct str_list *fields);

struct query_aggregate_in {
	const char *collection;
	const char *agg; /* count, sum, avg, min, max */
	const char *field;
	const char *group_by;
	struct json_object *filter;
	bool filter_given;
	int64_t limit; /* 1..200, default 50 */
};
/* {"data":[{"value":n}]} or [{"label":x,"value":n}], by value, largest first. */
int query_aggregate(struct rq *rq, const struct query_aggregate_in *in);

/* Write one row object (not wrapped) by id, projected with the caller's read rights; null if not
 * readable.  Used for what writes return.  access: ACTION_READ access or NULL when the caller may
 * not read: then {"id":...} alone. */
int query_row(
    struct rq *rq, const struct access *access, const struct collection *c, const char *id);

/* The same for the columns of a result that starts at column first and was selected by
 * query_columns(); alias may be SQLB_BARE.  access NULL: the id alone. */
void query_columns(
    struct sqlb *to, const struct collection *c, const struct access *access, unsigned alias);
void query_row_out(struct rq *rq, struct rows *rows, size_t first, const struct collection *c,
    const struct access *access);

/* A JSON array of the first n rows (newest first), for samples.  */
int query_sample(struct rq *rq, const struct collection *c, int n);

/* An id as the collection's key type wants it: UUIDs canonical, others as text or integer.  -1:
 * E_NOT_FOUND "Item not found" (a malformed id names no row). */
int query_id(struct rq *rq, const struct collection *c, const char *id, struct bind *bind_r);

#endif
