#ifndef COFFER_ITEMS_WRITE_H
#define COFFER_ITEMS_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "field_rule.h"

struct json_object;
struct rows;
struct rq;

/*
 * What the files of items share: one call's view of the collection it writes to, and one row on its
 * way from JSON to the table.
 */

enum { ITEM_WORDS = 8 }; /* of a bit set by field->index */

struct item_rule {
	bool read;
	struct field_rule rule;
	struct expr *condition; /* of the rule, parsed; NULL: none */
};

struct item_writer {
	struct rq *rq;
	const struct collection *c;
	const struct access *write;
	const struct access *read; /* for what is answered; NULL: the caller may not read */
	struct item_rule *rules;   /* by field->index, read on first use */
	bool has_conditions;       /* some field's rule looks at the whole row */
};

/* A row to be. */
struct item {
	size_t place;               /* in the list it came in */
	const char *id;             /* canonical text */
	struct bind key;            /* the same as the table's key stores it */
	uint64_t given[ITEM_WORDS]; /* fields that have a value here, a default's too */
	const struct json_object **json;
	struct bind *values; /* both by field->index */
	const char *problem; /* set by item_relations() */
};

/* items_writer.c */

/* The caller's right to action on the collection named slug, which takes writes.  -1 as
 * access_require(), or E_VALIDATION for an adopted table that has no transactions. */
int item_writer_open(struct rq *rq, const char *slug, enum action action, struct item_writer *w);
/* The validation rule of a field. */
int item_rule_get(struct item_writer *w, const struct field *f, const struct field_rule **rule_r,
    const struct expr **condition_r);
/* The declared field of an adopted table that is its key, or NULL. */
const struct field *item_key_field(const struct collection *c);

/* items_decode.c: check data against the collection, in this order: it is an object, its keys, what
 * is required, what the caller may write, types and validation.  insert: fill in defaults and the
 * id; else the id stands in item.  list is the argument it came in ("data", "rows"), for paths. */
int item_decode(
    struct item_writer *w, struct json_object *data, const char *list, struct item *item);
int item_decode_update(
    struct item_writer *w, struct json_object *data, const char *list, struct item *item);

/* Whether the caller may know of the field.  Who can neither read nor write it is told what is told
 * of a field that does not exist. */
bool item_may_know(const struct item_writer *w, const struct field *f);
/* Give item the key that id stands for, and its canonical text.  -1: E_NOT_FOUND, no row can have
 * it.
 */
int item_name(struct item_writer *w, const char *id, struct item *item);

/* The failure on record happened at this member of the item; always -1. */
int item_fail_in(struct item_writer *w, const struct item *item, const char *list, const char *key);

/* items_condition.c: the rules that look at several fields.  list as above; stored: the row as it
 * is, its columns put by item_stored_columns() from column first on; NULL for a new row. */
int item_conditions(struct item_writer *w, const char *list, const struct item *item,
    const struct rows *stored, size_t first);
void item_stored_columns(const struct item_writer *w, struct sqlb *to);

/* items_relation.c: are the rows there that the items point to, for this caller?  Where not,
 * item->problem says so.  all false: what a foreign key will find out is not asked. */
int item_relations(struct item_writer *w, struct item **items, size_t n, bool all);

/* items_sql.c.  Failures of the single forms name the field; those of the bulk forms undo the whole
 * statement and are as the database gave them. */

/* An insert can give back what the caller may read. */
bool item_returns(const struct item_writer *w);
/* The current row of an insert's rows, written for the caller. */
void item_returned(struct item_writer *w, const struct rows *rows, struct out *out);
/* out NULL: nothing is written; else only where item_returns(). */
int item_insert(struct item_writer *w, struct item *item, struct out *out);
int item_update(struct item_writer *w, struct item *item);
/* Fields that only some items have are NULL in the others.  rows_r (may be NULL): only where
 * item_returns(). */
int item_bulk_insert(struct item_writer *w, struct item **items, size_t n, struct rows **rows_r);
/* All items have the same fields. */
int item_bulk_update(struct item_writer *w, struct item **items, size_t n);
bool item_same_fields(const struct item *a, const struct item *b);

/* 1 the row is there, the caller may act on it, and it is locked.  0 not, -1 failed.  rows_r (may
 * be NULL) stands on it, with item_stored_columns() from column 1 on. */
int item_lock(struct item_writer *w, const struct item *item, struct rows **rows_r);
/* After a write: the row still is one that the caller may write.  E_FORBIDDEN else. */
int item_stays_allowed(struct item_writer *w, const struct item *item);
/* Put words about the item in the place of the database's; always -1. */
int item_write_failed(struct item_writer *w, struct item *item);

#endif
