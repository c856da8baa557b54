#ifndef COFFER_DDL_PLAN_H
#define COFFER_DDL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddl_field.h"
#include "snapshot.h"

struct ddl_collection_in;
struct rq;

/*
 * A change of shape, thought through to the end before anything is done: the collection as it will
 * be, with its numbers given out.
 */

enum { DDL_FIELDS_MAX = 300, DDL_INDEXES_MAX = 40, DDL_INDEX_FIELDS_MAX = 8 };

/* What a column of an adopted table is, from MariaDB's own catalogue. */
struct ddl_column {
	const char *name;
	const char *data_type;
};

struct ddl_plan {
	struct rq *rq;
	const struct ddl_collection_in *in;
	const struct collection *old; /* NULL: it is made */
	struct collection c;          /* as it will be; a new one has its number before planning */
	struct field *fields;         /* c.fields, still to be written to */
	struct collection_index *indexes;
	size_t ndefs;
	struct field_def *defs;                /* what was given, in that order */
	const struct field **defined;          /* the fields of c they made */
	uint32_t last_field_no, last_index_no; /* used up before planning, which raises them */
	/* adopted tables */
	size_t ncolumns;
	struct ddl_column *columns;
	const char *pk_column, *created_column, *updated_column, *owner_column;
};

/* Plan a new collection, or a change of old; rq->snap is of the moment and the workspace locked.
 * -1: E_VALIDATION with a path, E_FORBIDDEN and E_NOT_FOUND for tables that cannot be adopted. */
int ddl_plan(struct ddl_plan *plan);

/* ddl_index.c: composite indexes and how many there are in all. */
int ddl_plan_indexes(struct ddl_plan *plan);
/* coffer_collection.indexes; NULL: none */
const char *ddl_index_text(const struct ddl_plan *plan);

/* ddl_adopt.c: may the caller adopt this table, and what is it like?  Sets c.table and the system
 * columns. */
int ddl_adopt_table(struct ddl_plan *plan);
/* The columns of a table that is adopted already. */
int ddl_adopt_columns(struct ddl_plan *plan);
/* The field is a column of the table, of a fitting type: sets its column. */
int ddl_adopt_field(struct ddl_plan *plan, const struct field_def *def, struct field *f);
/* The table's own name of the column called name in whatever letter case; NULL if there is none. */
const char *ddl_adopt_name(const struct ddl_plan *plan, const char *name);

#endif
