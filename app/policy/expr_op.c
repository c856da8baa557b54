/* The operator table of the condition language. */
#include "expr_op.h"

#include <string.h>

#include "buf.h"

const struct expr_op_row expr_ops[EXPR_OP__MAX] = {
#define EXPR_OP(name, spelling, takes, on, opposite, shape, literal, bits)                         \
	[EXPR_OP_##name] = {                                                                       \
	    .text = spelling,                                                                      \
	    .operand = EXPR_##takes,                                                               \
	    .kinds = EXPR_KINDS_##on,                                                              \
	    .complement = EXPR_OP_##opposite,                                                      \
	    .form = EXPR_FORM_##shape,                                                             \
	    .sql = "" literal "",                                                                  \
	    .detail = bits,                                                                        \
	},
#include "expr_op.def"
#undef EXPR_OP
};

enum expr_op
expr_op_find(const char *text)
{
	enum expr_op op;

	for (op = 0; op < EXPR_OP__MAX; op++) {
		if (strcmp(expr_ops[op].text, text) == 0)
			break;
	}
	return op;
}

bool
expr_op_fits(const struct expr_op_row *row, const struct field *f)
{
	switch (row->kinds) {
	case EXPR_KINDS_ANY:
		return f->kind != VALUE_JSON;
	case EXPR_KINDS_ORDER:
		return f->kind != VALUE_JSON && f->kind != VALUE_BOOLEAN;
	case EXPR_KINDS_TEXT:
		return f->kind == VALUE_TEXT;
	case EXPR_KINDS_ALL:
		return true;
	case EXPR_KINDS_MANY:
		return f->type == FIELD_RELATION_MANY;
	}
	return false;
}

const char *
expr_op_names(struct arena *mem, const struct field *f)
{
	struct buf names;
	enum expr_op op;

	buf_init(&names, mem);
	for (op = 0; op < EXPR_OP__MAX; op++) {
		if (!expr_op_fits(&expr_ops[op], f))
			continue;
		if (names.len > 0)
			buf_puts(&names, ", ");
		buf_puts(&names, expr_ops[op].text);
	}
	return buf_text(&names);
}
