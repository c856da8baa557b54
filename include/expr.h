#ifndef COFFER_EXPR_H
#define COFFER_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

struct err;
struct json_object;

/*
 * The condition language of filters and of permission rules: JSON -> tree -> SQL or verdict in
 * memory.  Grammar and operators: facts, permissions DSL; design, section 5.  One operator table,
 * expr_op.def, feeds parser, SQL and evaluation.
 *
 *   condition := {} | {member, ...}
 *   member := "_and"|"$and": [condition, ...] | "_or"|"$or": [...] | "_not"|"$not": condition
 *           | "field": scalar | null | {"_op": operand, ...} | {"nested field": ...}
 *
 * Several keys are AND-ed.  A nested object on a relation is a dotted path.  On relation_many
 * dotted and nested names mean _some, a nested object being met by one and the same row.  {} is no
 * condition, and allowed for the whole and in quantifiers only; [], null, "", {"field":{}}, empty
 * _and and _or, unknown operators, fields and variables are refused (fail closed).
 *
 * Logic is three-valued, as SQL's.  A comparison with null or an unset variable is unknown, but
 * {"_neq":null} is "is not null".  An empty list has no member; one that is null or an unset
 * variable is unknown.
 */

enum {
	EXPR_DEPTH_MAX = 16,
	EXPR_NODES_MAX = 200,
	EXPR_VALUES_MAX = 1000, /* list members, of all lists together */
	EXPR_HOPS_MAX = 3,
	EXPR_PATHS_MAX = 20
};

enum expr_op {
#define EXPR_OP(name, ...) EXPR_OP_##name,
#include "expr_op.def"
#undef EXPR_OP
	EXPR_OP__MAX,
	EXPR_OP_NONE = EXPR_OP__MAX
};

enum expr_kind { EXPR_ALWAYS, EXPR_NEVER, EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_LEAF };

/* An operand: a typed constant, a variable still to be resolved, or another field of the same row
 * (that of the field it is compared with). */
enum expr_value_kind { EXPR_CONST, EXPR_VARIABLE, EXPR_FIELD };
struct expr_value {
	enum expr_value_kind kind;
	struct bind constant; /* already of the field's kind: uuid canonical, time as BIND_TIME */
	const char *variable; /* "$user.id"; "$now" with add_months and add_seconds */
	int64_t add_months, add_seconds;
	const struct field *field; /* {"$field":"other"} */
};

/* A field reached from the root over relations; hops[i] is the relation field of hop i. */
struct expr_path {
	size_t nhops;
	const struct field *hops[EXPR_HOPS_MAX];
	const struct field *field;
};

struct expr {
	enum expr_kind kind;
	const char *at; /* JSON path of this node in the input: "filter._and[1].title._eq" */
	size_t nkids;
	struct expr **kids;    /* AND, OR, NOT; of a quantifier leaf: the condition on its target */
	enum expr_op op;       /* LEAF */
	struct expr_path path; /* no hop of it is a relation_many: those are quantifier leaves */
	size_t nvalues;
	struct expr_value *values;
};

/* Where a condition, sort or field list comes from, and what it may name. */
struct expr_scope {
	struct rq *rq;
	const char *at; /* root of JSON paths: "filter" */
	bool variables; /* rules: $... is a variable; filters: text */
	/* Whether the caller may use a field: 1, 0 not, -1 failed and recorded.  One function for
	 * every reference; the target of a relation is asked for by its key.  NULL: everything may
	 * be used (rules). */
	int (*readable)(struct rq *rq, const struct collection *c, const struct field *f);
	const char *unknown_text; /* printf form with one %s: "Cannot filter on field: %s" */
};

/* Parse a condition on collection c.  The failure (E_VALIDATION, or what scope->readable recorded)
 * carries the JSON path.  A field that is unknown and one that may not be used fail alike, naming
 * those that may be, closest first.  json NULL is refused; {} gives EXPR_ALWAYS. */
int expr_parse(const struct expr_scope *scope, const struct collection *c, struct json_object *json,
    struct expr **expr_r);

/* Resolve "a.b.c" to a path, with the same permission checks and failures; many_ok allows
 * relation_many hops. */
int expr_path_parse(const struct expr_scope *scope, const struct collection *c, const char *text,
    bool many_ok, struct expr_path *path_r);

/* The values variables stand for. */
struct expr_vars {
	const char *user_id, *user_email; /* NULL: anonymous; compares like NULL */
	size_t nroles;
	const char *const *roles; /* names */
	const char *workspace_id;
	int64_t now;
	const struct json_object *attributes; /* $user.attributes.<name>; NULL: none */
};

/*
 * SQL.  Relation hops become LEFT JOINs (shared by path prefix), collected in joins and to be
 * placed in FROM; quantifiers and relation_many become EXISTS.  NOT is pushed to the leaves, so
 * three-valued logic is SQL's own.  Text compares binary (utf8mb4_nopad_bin), the i-operators fold
 * case with LOWER on both sides; LIKE operands are escaped.
 */
struct expr_join {
	unsigned alias; /* of the joined table */
	unsigned from;  /* alias it hangs on */
	const struct field *relation;
	const struct sqlb *rule; /* which rows of the target may be seen; NULL: all */
};
struct expr_sql {
	struct arena *mem;
	const struct expr_vars *vars; /* NULL where no variable can occur */
	unsigned next_alias;          /* 0 is the root table */
	size_t npaths;                /* relation paths so far */
	size_t njoins;
	struct expr_join joins[EXPR_PATHS_MAX * EXPR_HOPS_MAX];
	/* A target's row rule, so that a hop sees only rows its caller may read; NULL: all rows.  0
	 * and *rule_r (NULL for none), -1 failed.  A rule itself sees all rows. */
	int (*target_rule)(
	    struct rq *rq, const struct collection *target, const struct expr **rule_r);
	struct rq *rq;
};
void expr_sql_init(struct expr_sql *ctx, struct rq *rq, const struct expr_vars *vars);
/* Append a boolean expression over alias root, in parentheses.  -1: recorded (too many relation
 * paths). */
int expr_sql(struct expr_sql *ctx, const struct expr *expr, unsigned root, struct sqlb *to);
/* The alias of the table a path ends in, adding joins as needed. */
int expr_sql_join(
    struct expr_sql *ctx, const struct expr_path *path, unsigned root, unsigned *alias_r);
/* " LEFT JOIN `c_1_2` t3 ON t3.`id` = t0.`f_4`" for every join collected. */
void expr_sql_joins(const struct expr_sql *ctx, struct sqlb *to);

/* In-memory verdict over one row given as a JSON object by field name (or wire name): -1 unknown
 * (NULL), 0 false, 1 true.  Serves event filters, flows and simulate; never a security boundary.
 * Relation paths and quantifiers are unknown.  vars NULL: every variable is unset. */
int expr_eval(const struct expr *expr, const struct json_object *row, const struct expr_vars *vars);

#endif
