#ifndef COFFER_JSON_IN_H
#define COFFER_JSON_IN_H

#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

enum {
	JSON_IN_DEPTH_MAX = 64,
	JSON_IN_WEIGHT_MAX =
	    1000000, /* a value weighs 1, a key 1, an array 2 and an object 8 more */
};

/*
 * Reading JSON, strictly (RFC 8259, UTF-8): what json-c lets pass is refused, that is duplicate
 * keys, U+0000 in a key, NaN, "1.", control characters, lone surrogates, invalid UTF-8, a
 * byte order mark, text after the value, depth over JSON_IN_DEPTH_MAX.  The tree is made of
 * json-c's objects, and every node carries the span of text it came from, because json-c clips
 * integers beyond 64 bits and drops the sign of -0.
 *
 * The tree belongs to mem and must not be put or changed by the caller; text must live as long.
 * A JSON null is a NULL pointer, as always in json-c.
 */

/* Parse text.  0: *root_r is set (NULL for the text "null").  -1 with line and column in the
 * message: E_PARSE when it is not JSON or nested too deeply, E_BAD_REQUEST when it is JSON that is
 * refused all the same: a duplicate key, or U+0000 in a key; E_PAYLOAD_TOO_LARGE when its tree
 * would be heavier than JSON_IN_WEIGHT_MAX. */
int json_in_parse(
    struct arena *mem, struct err *err, const char *text, size_t len, struct json_object **root_r);

/* The text a node came from, byte for byte; not NUL-terminated.  node NULL: "null". */
const char *json_in_raw(const struct json_object *node, size_t *len_r);

/* true and *n_r if node is a number with an integral value (1, 1.0, 1e3) that fits int64_t exactly.
 */
bool json_in_int(const struct json_object *node, int64_t *n_r);

/* true if node is a number with a finite value.  *exact_r (may be NULL) tells whether an integer
 * literal survived the conversion; true for a literal with a fraction or exponent. */
bool json_in_double(const struct json_object *node, double *d_r, bool *exact_r);

/* The member of an object; NULL when absent, null, or node is no object. */
struct json_object *json_in_get(const struct json_object *node, const char *key);

/* true when the member stands there, be it null. */
bool json_in_has(const struct json_object *node, const char *key);

/* The string, or NULL when node is not one or holds U+0000, which no C string can. */
const char *json_in_str(const struct json_object *node);

/* "object", "array", "string", "number", "boolean", "null": for messages. */
const char *json_in_type_name(const struct json_object *node);

#endif
