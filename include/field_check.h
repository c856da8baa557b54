#ifndef COFFER_FIELD_CHECK_H
#define COFFER_FIELD_CHECK_H

#include <stdbool.h>

#include "field_rule.h"

/*
 * Is a value what its field's definition demands?  Pure: the field, its rule and the value are all
 * it looks at.  Empty values (null, "", []) skip the checks, and so do rules that are only advice.
 */

/* value has the field's type already.  -1: E_VALIDATION "title: must be at least 3 characters".
 */
int field_check(struct rq *rq, const struct field *f, const struct field_rule *rule,
    const struct json_object *value);

/* null, "", [] */
bool field_value_empty(const struct json_object *value);

/* Record that a field's value was refused: "<name>: " and the rule's own message or the text. */
int field_check_failed(struct rq *rq, const struct field *f, const struct field_rule *rule,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
