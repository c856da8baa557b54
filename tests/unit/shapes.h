#ifndef COFFER_TEST_SHAPES_H
#define COFFER_TEST_SHAPES_H

/* Changing collections as an administrator, and looking at what came of it. */
#include "data.h"

static inline struct ddl_collection_in
shape(struct rq *rq, const char *slug, const char *fields)
{
	struct ddl_collection_in in = {.slug = slug};

	as_admin(rq);
	if (fields != NULL)
		in.fields = json(rq, fields);
	return in;
}

static inline int
create(const char *slug, const char *fields)
{
	struct ddl_collection_in in = shape(rq1, slug, fields);

	return ddl_create(rq1, &in);
}

static inline int
update(const char *slug, const char *fields)
{
	struct ddl_collection_in in = shape(rq1, slug, fields);

	return ddl_update(rq1, &in);
}

static inline const struct collection *
stored(const char *slug)
{
	as_admin(rq1);
	return snapshot_collection(rq1->snap, slug);
}

static inline const struct field *
field_of(const struct collection *c, const char *name)
{
	return collection_field(c, name, strlen(name));
}

/* The database's own description, for looking at names of indexes and keys. */
static inline const char *
table_text(const char *table)
{
	struct rows *rows;

	as_admin(rq1);
	assert_int_equal(
	    db_query_(rq1, &rows, arena_printf(rq1->mem, "SHOW CREATE TABLE %s", table), NULL, 0),
	    0);
	assert_int_equal(rows_next(rows), 1);
	return rows_dup(rows, 1);
}

#define assert_has(text, part)   assert_non_null(strstr((text), (part)))
#define assert_lacks(text, part) assert_null(strstr((text), (part)))

static inline int64_t
open_entries(void)
{
	return count(
	    rq1, "SELECT COUNT(*) FROM coffer_journal WHERE state NOT IN ('done', 'undone')");
}

#endif
