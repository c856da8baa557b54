#ifndef COFFER_ITEMS_VALUE_H
#define COFFER_ITEMS_VALUE_H

#include "db.h"
#include "snapshot.h"

struct json_object;
struct rq;

/*
 * A JSON value as its field stores it.  Pure: whether the rows that ids point to are there is asked
 * elsewhere (items_relation.h).
 */

enum {
	ITEMS_TEXT_MAX = 255,         /* code points of a text field */
	ITEMS_TEXT_INDEXED_MAX = 191, /* where it is indexed or unique; of a file's key */
};

/* -1: E_VALIDATION "views: must be an integer, not string".  null becomes BIND_NULL; other binds of
 * one field have one type.  Text may point into the input. */
int items_value(
    struct rq *rq, const struct field *f, const struct json_object *json, struct bind *bind_r);

/* One id of a relation or relation_many, as the target's key type wants it; *text_r (may be NULL)
 * is its canonical text. */
int items_value_id(struct rq *rq, const struct field *f, const struct json_object *json,
    struct bind *bind_r, const char **text_r);

#endif
