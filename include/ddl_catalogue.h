#ifndef COFFER_DDL_CATALOGUE_H
#define COFFER_DDL_CATALOGUE_H

#include "ddl_plan.h"

struct rq;

/* The rows of the catalogue, written in the last (or first) transaction of a change of shape. */

/* First of all: whoever decides by the old shape has to be done before. */
int ddl_raise_epoch(struct rq *rq);

/* A new collection with its fields.  A taken slug: E_CONFLICT. */
int ddl_catalogue_add(const struct ddl_plan *plan);
/* What changed of a collection, and its fields that were given. */
int ddl_catalogue_change(const struct ddl_plan *plan);
/* Use up numbers, whatever comes of it. */
int ddl_catalogue_count(const struct ddl_plan *plan);

/* Owner-scoped collections: whoever is signed in may create rows, and read, change and delete their
 * own, where nothing is granted yet. */
int ddl_seed_grants(struct rq *rq, const struct collection *c);

/* Activity and answer are the caller's; the door settles, and the transaction is committed. */
int ddl_commit(struct rq *rq);

#endif
