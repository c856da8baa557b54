#ifndef COFFER_DDL_SQL_H
#define COFFER_DDL_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddl_plan.h"
#include "sqlb.h"

struct json_object;
struct out;

/* Numbers of fields or indexes. */
struct ddl_numbers {
	size_t n;
	uint32_t *items;
};

/*
 * What is to be taken from a managed table, by number: what an addition that failed left behind, or
 * what a removal still has to do.  Doing it twice does no harm.
 */
struct ddl_removal {
	uint32_t workspace_no, collection_no;
	bool table;                    /* all of it */
	struct ddl_numbers columns;    /* with their indexes and foreign keys */
	struct ddl_numbers plain;      /* indexes of fields */
	struct ddl_numbers unique;     /* unique ones of fields */
	struct ddl_numbers composites; /* by number of the index */
};

void ddl_numbers_add(struct arena *mem, struct ddl_numbers *numbers, uint32_t no);
bool ddl_removal_empty(const struct ddl_removal *removal);
/* For the journal. */
void ddl_removal_out(struct out *out, const struct ddl_removal *removal);
int ddl_removal_read(struct rq *rq, const struct json_object *json, struct ddl_removal *removal_r);

void ddl_sql_create(const struct ddl_plan *plan, struct sqlb *to);

/* DDL_QUICK looks at no row, DDL_SLOW may look at all. */
enum ddl_cost { DDL_NOTHING, DDL_QUICK, DDL_SLOW };

/* The additions of a change, as one ALTER; none: cost DDL_NOTHING.  undo gets what takes them back,
 * after what has to go once the catalogue has changed. */
struct ddl_alter {
	struct ddl_removal undo, after;
	enum ddl_cost cost;
};
int ddl_sql_alter(const struct ddl_plan *plan, struct sqlb *to, struct ddl_alter *alter);

void ddl_sql_remove(const struct ddl_removal *removal, struct sqlb *to);

#endif
