#ifndef COFFER_EXPR_RELATED_H
#define COFFER_EXPR_RELATED_H

#include "expr.h"
#include "expr_op.h"

/* Append "EXISTS (...)" over the rows that the relation_many of a quantifier leaf leads to; alias
 * is that of the table the leaf's path ends in. */
int expr_related(struct expr_sql *ctx, const struct expr *expr, const struct expr_op_row *op,
    unsigned alias, struct sqlb *to);

#endif
