#ifndef COFFER_QUERY_PLAN_H
#define COFFER_QUERY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "opt.h"
#include "query.h"

struct query_batch;

/*
 * The steps between the inputs of a query and its SQL, shared by list, read and aggregate.
 */

/* What of a row is shown.  A tree, because fields and expand reach over relations; nested rows are
 * fetched in batches (query_expand.h). */
struct query_select {
	const struct collection *collection;
	const struct access *access;
	uint64_t fields[8]; /* by field->index */
	struct query_select *
	    *nested;               /* by field->index: the rows shown instead of the id; or NULL */
	struct query_batch *batch; /* the rows this node shows; NULL for the root */
};

/* fields: names, dotted names, "name.*", "*"; not set: all that may be read.  System columns of the
 * root are always in, the id everywhere.  expand: relations shown as objects, dots allowed.  NULL
 * for none.  Unknown and unreadable: E_VALIDATION "Unknown field: x"; a target that may not be
 * read: E_FORBIDDEN. */
int query_select_parse(struct rq *rq, const struct access *access, const struct str_list *fields,
    const struct str_list *expand, struct query_select **select_r);
/* All that may be read, nothing nested; access NULL: the id alone. */
void query_select_all(
    struct query_select *select, const struct collection *c, const struct access *access);

/* The fields a row may show, in order of output: i counts from 0 up to query_select_steps(); NULL:
 * not shown at this step. */
size_t query_select_steps(const struct query_select *select);
const struct field *query_select_step(const struct query_select *select, size_t i);

static inline struct query_select *
query_select_nested(const struct query_select *select, const struct field *f)
{
	return select->nested ? select->nested[f->index] : NULL;
}

/* "t0.`id`, t0.`f_1`, ..."; returns how many. */
size_t query_select_columns(const struct query_select *select, unsigned alias, struct sqlb *to);

enum { QUERY_KEYS_MAX = 8 };

struct query_key {
	struct expr_path path;
	bool descending;
	unsigned alias; /* the table the field is in; set by query_sql_list() */
	size_t column;  /* of the result; likewise */
};

/* A list query, checked and resolved. */
struct query_plan {
	const struct access *access;
	const struct query_select *select;
	const struct expr *filter, *search; /* NULL: none */
	size_t nkeys;
	struct query_key keys[QUERY_KEYS_MAX + 1]; /* the last one is unique */
	int64_t limit, offset;
	const struct bind
	    *after; /* values of the keys in the row before the page; NULL: from the start */
};

/* sort NULL or "": the collection's default.  Adds the tie-breaker.  `Cannot sort on field: x`. */
int query_sort_parse(struct rq *rq, const char *sort, struct query_plan *plan);
/* Newest first. */
void query_sort_newest(struct query_plan *plan);
/* " ORDER BY ..." */
void query_sort_order(const struct query_plan *plan, struct sqlb *to);
/* How a key's column is sorted and compared (its first characters, as a double, as it is), and how
 * its value is kept: QUERY_TEXT is compared as it is but kept as MariaDB's text. */
enum query_form { QUERY_PLAIN, QUERY_PREFIX, QUERY_DOUBLE, QUERY_TEXT };
enum query_form query_sort_form(const struct query_plan *plan, const struct query_key *key);
/* The key in ORDER BY and in conditions, and in the columns read. */
void query_sort_value(const struct query_plan *plan, const struct query_key *key, struct sqlb *to);
void query_sort_read(const struct query_plan *plan, const struct query_key *key, struct sqlb *to);
/* true and its name if an index is exactly the fields that filter and rule pin to one value,
 * followed by the sort keys.  MariaDB must be told to use it, or it reads every page from the first
 * row on (facts: trials section 3). */
bool query_sort_index(const struct query_plan *plan, struct ident *name_r);

/* access_readable() for struct expr_scope: a relation whose target may not be read is refused as
 * such, because that there is one stands in the field's definition. */
int query_readable(struct rq *rq, const struct collection *c, const struct field *f);

/* The filter argument: an object, or its JSON text.  Not given: *expr_r is NULL. */
int query_filter_parse(struct rq *rq, const struct access *access, bool given,
    struct json_object *filter, struct expr **expr_r);
/* q: contained, in any letter case, in one of the readable text fields.  NULL or "": *expr_r is
 * NULL. */
void query_search(
    struct rq *rq, const struct access *access, const char *q, const struct expr **expr_r);

/* Everything needed to make SQL for this caller: variables and the rules of relation targets. */
struct query_context {
	struct expr_sql sql;
	struct expr_vars vars;
	struct sqlb where;
};
void query_context_init(struct query_context *ctx, struct rq *rq);
/* AND one more condition over t0 to the WHERE; NULL adds nothing. */
int query_where(struct query_context *ctx, const struct expr *expr);
/* The same for rows with one of these n keys; the list is filled up to a power of
 * two, so that there are few different statements. */
int query_where_keys(
    struct query_context *ctx, const struct collection *c, const struct bind *keys, size_t n);
/* " WHERE " or " AND ", before a condition that is written by hand to ctx->where. */
void query_where_next(struct query_context *ctx);
/* " FROM table t0 [FORCE INDEX] joins where"; force may be NULL */
void query_from(struct query_context *ctx, const struct collection *c, const struct ident *force,
    struct sqlb *to);

/* The statement of a page, one row longer than the limit. */
int query_sql_list(struct rq *rq, struct query_plan *plan, struct sqlb *to);
/* Rows the caller may read; filtered: those that the filter and q let through. */
int query_count(struct rq *rq, const struct query_plan *plan, bool filtered, int64_t *n_r);

#endif
