#ifndef COFFER_ACCESS_H
#define COFFER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "expr.h"
#include "snapshot.h"

struct rq;

/* What the caller may do with a collection: the one resolver all faces use.  Callers have the roles
 * they hold; strangers have "public", members of the workspace also "authenticated" (unless their
 * key is narrowed to a role). */
struct access {
	const struct collection *collection;
	enum action action;
	bool all_fields;
	uint64_t fields[8];      /* by field->index; system columns are always in */
	const struct expr *rule; /* rows: NULL: all */
};

/* The caller's rights for action on the collection named slug.  0 and *access_r on rq->mem.
 * Refusals: anonymous E_UNAUTHORIZED "Sign in required"; otherwise E_FORBIDDEN `No permission to
 * <action> on "<slug>"`, the same for an unknown or archived collection; administrators get
 * E_NOT_FOUND "Collection not found".  Grants that carry a rule, and for create and update those
 * that carry presets, give nothing yet. */
int access_require(
    struct rq *rq, const char *slug, enum action action, const struct access **access_r);

/* The same for a collection already at hand (relation targets).  1 allowed, 0 not, -1 failed. */
int access_get(
    struct rq *rq, const struct collection *c, enum action action, const struct access **access_r);

/* For the fixed system collections ("system_files"): true if some grant allows it, "*" included. */
bool access_system(struct rq *rq, const char *system_name, enum action action);

bool access_field(const struct access *access, const struct field *f);

/* For struct expr_scope: 1 if the caller may read this field of this collection. */
int access_readable(struct rq *rq, const struct collection *c, const struct field *f);
/* For struct expr_sql: which rows of a relation's target the caller may read. */
int access_target_rule(struct rq *rq, const struct collection *target, const struct expr **rule_r);

/* The variables of rules, for this caller; roles include the implicit ones. */
void access_vars(struct rq *rq, struct expr_vars *vars);

/* "title, views, createdAt": the names this caller may use, for messages. */
const char *access_field_names(struct rq *rq, const struct access *access);

#endif
