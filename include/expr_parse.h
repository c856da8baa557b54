#ifndef COFFER_EXPR_PARSE_H
#define COFFER_EXPR_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "expr.h"

/* What the files of the parser share: expr_parse.c (conditions), expr_operand.c (what stands behind
 * an operator) and expr_field.c (names). */

struct expr_parser {
	const struct expr_scope *scope;
	struct arena *mem;
	size_t nnodes;
	size_t nlisted; /* list members so far */
};

/* Where in the condition the parser is. */
struct expr_place {
	const struct collection *c; /* names are looked up here */
	const char *at;             /* JSON path */
	const char *name;           /* how the caller came here, for messages: "", "customer." */
	unsigned depth;
	unsigned hops;           /* relations followed, quantifiers included */
	struct expr_path prefix; /* hops since the root or the innermost quantifier */
};

/* expr_field.c */

/* The field that the first len bytes of name are; name goes on to the end of the key, for the
 * message.  -1: unknown or not to be used. */
int expr_field(const struct expr_parser *p, const struct expr_place *place, const char *name,
    size_t len, const struct field **field_r);

/* Record that name, at place, is no field that can be used: scope->unknown_text with the name as
 * the caller wrote it from the root on, and a hint behind it ("; ..." or ""). */
int expr_unknown(const struct expr_parser *p, const struct expr_place *place, const char *name,
    const char *hint);

/* place, moved to the target of relation f.  name: the key from f on, for the message. */
int expr_enter(const struct expr_parser *p, const struct expr_place *place, const struct field *f,
    const char *name, struct expr_place *inside_r);

/* Refuse a dotted name with more relations than are left at place. */
int expr_check_hops(const struct expr_parser *p, const struct expr_place *place, const char *name);

/* Record that f, found at place by name, leads nowhere. */
int expr_no_relation(const struct expr_parser *p, const struct expr_place *place,
    const struct field *f, const char *name);

/* Text of the caller as it is shown in messages and paths: cut when long. */
const char *expr_shown(const struct expr_parser *p, const char *text);

/* expr_operand.c */

/* Read the operand of leaf->op on leaf->path.field into leaf; may change the operator to one that
 * says the same.  Not for quantifiers. */
int expr_operand(struct expr_parser *p, const struct expr_place *place, struct expr *leaf,
    struct json_object *json);

#endif
