#ifndef COFFER_EXPR_VALUE_H
#define COFFER_EXPR_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "expr.h"

/* Operands of conditions: typed constants and the values of variables. */

/* The constant node stands for where a value of kind is wanted.  Text stays where node has it; a
 * UUID is written to uuid in canonical form.  false if node is not such a value, JSON null
 * included. */
bool expr_constant(enum value_kind kind, const struct json_object *node, char uuid[UUID_TEXT_SIZE],
    struct bind *constant_r);

/* "an integral number": what expr_constant() wants, for messages. */
const char *expr_constant_wanted(enum value_kind kind);

struct expr_variable {
	const char *name;  /* canonical */
	unsigned kinds;    /* bit 1 << enum value_kind: what it can be compared with */
	bool scalar, list; /* what it may turn out to be */
};

/* false if there is no such variable. */
bool expr_variable_find(const char *text, struct expr_variable *variable_r);

/* What an operand stands for: one value, or the members of a variable that is a list. */
bool expr_value_is_list(const struct expr_value *value, const struct expr_vars *vars);
size_t expr_value_count(const struct expr_value *value, const struct expr_vars *vars);

/* Value i as kind; not for EXPR_FIELD.  NULL when the variable is unset or of another type.  A UUID
 * may be written to uuid, all else stays where it is. */
struct bind expr_value_get(const struct expr_value *value, size_t i, enum value_kind kind,
    const struct expr_vars *vars, char uuid[UUID_TEXT_SIZE]);

/* The same where one value is wanted: a list is NULL. */
struct bind expr_value_one(const struct expr_value *value, enum value_kind kind,
    const struct expr_vars *vars, char uuid[UUID_TEXT_SIZE]);

#endif
