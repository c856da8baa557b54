#ifndef COFFER_DDL_FIELD_H
#define COFFER_DDL_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot.h"

struct json_object;
struct rq;

/*
 * A field definition as a caller gives it: {"name","type","required","unique","indexed","to",
 * "interface","options","validation","visibleWhen","group","default","vectorize","label",
 * "description"}.
 */
struct field_def {
	const char *path;        /* "fields[2]" */
	const struct field *old; /* the field that is there already; NULL: a new one */
	const char *name;
	enum field_type type;
	bool required, unique, indexed;
	const char *to;                 /* slug; NULL for types that are no relation */
	const struct json_object *json; /* the whole definition, also what old has and this keeps */
	const char *text;
};

/* Read one definition.  A field that c has already keeps the keys that are not given, a key given
 * as null is taken away, and its type and target cannot change.  c NULL: no field is there yet. -1:
 * E_VALIDATION with the path of the key ("fields[2].requierd"). */
int field_def_read(struct rq *rq, const struct collection *c, struct json_object *json,
    const char *path, struct field_def *def_r);

/* Make f_r, which has its number already, what the definition says; id, index, column and target
 * are the caller's.  The default and the validation are checked. */
int field_def_apply(struct rq *rq, const struct field_def *def, struct field *f_r);

/* The definition text with another target slug. */
const char *field_def_retarget(struct rq *rq, const char *text, const char *to);

#endif
