#ifndef COFFER_EXPR_OP_H
#define COFFER_EXPR_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "expr.h"

struct arena;

/* The rows of expr_op.def; what the columns mean stands there. */

enum expr_operand {
	EXPR_SCALAR,
	EXPR_LIST,
	EXPR_PAIR,
	EXPR_BOOL,
	EXPR_TRUE,
	EXPR_STRING,
	EXPR_CONDITION
};

enum expr_form {
	EXPR_FORM_COMPARE,
	EXPR_FORM_LIST,
	EXPR_FORM_RANGE,
	EXPR_FORM_NULLNESS,
	EXPR_FORM_EMPTINESS,
	EXPR_FORM_LIKE,
	EXPR_FORM_RELATED
};

enum expr_kinds {
	EXPR_KINDS_ANY,
	EXPR_KINDS_ORDER,
	EXPR_KINDS_TEXT,
	EXPR_KINDS_ALL,
	EXPR_KINDS_MANY
};

enum expr_detail {
	EXPR_LESS = 1 << 0,
	EXPR_SAME = 1 << 1,
	EXPR_MORE = 1 << 2,
	EXPR_NEGATED = 1 << 3,
	EXPR_BEFORE = 1 << 4,
	EXPR_AFTER = 1 << 5,
	EXPR_FOLD = 1 << 6,
	EXPR_UNMET = 1 << 7
};

struct expr_op_row {
	const char *text;
	enum expr_operand operand;
	enum expr_kinds kinds;
	enum expr_op complement; /* EXPR_OP_NONE: none */
	enum expr_form form;
	const char *sql;
	unsigned detail;
};
extern const struct expr_op_row expr_ops[EXPR_OP__MAX];

/* EXPR_OP_NONE if there is no such operator. */
enum expr_op expr_op_find(const char *text);

/* Whether the operator can be used on the field. */
bool expr_op_fits(const struct expr_op_row *row, const struct field *f);

/* "_null, _nnull, _empty, _nempty": the operators for a field, for messages. */
const char *expr_op_names(struct arena *mem, const struct field *f);

#endif
