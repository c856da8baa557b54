#ifndef COFFER_PARAM_H
#define COFFER_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "opt.h"

struct json_object;
struct out;
struct rq;

/*
 * Inputs of operations: a struct and a table of rows beside the handler.  The wire type is derived
 * from the struct field's C type, so a row that does not fit its field does not compile.
 * Validation, JSON Schema, documentation and the command line are rendered from the same rows.
 * Unknown arguments are refused.
 *
 *   const char *           string      min/max in code points, .options, .format
 *   int64_t, struct opt_int integer     min/max
 *   double                 number
 *   bool, struct opt_bool  boolean
 *   struct json_object *   any JSON; .type "object" or "array" narrows, .schema gives the whole
 * fragment struct str_list        array of strings (or, with PARAM_CSV, also one comma-separated
 * string)
 *
 * Bounds of a str_list row (min, max, options, format) hold for each of its entries.
 *
 * An explicit null counts as absent unless PARAM_NULLABLE; .given_offset tells such a null from
 * absence.
 */

/* Entries of one str_list. */
enum { PARAM_ENTRIES_MAX = 1000 };

enum param_type {
	PARAM_STRING,
	PARAM_INTEGER,
	PARAM_OPT_INTEGER,
	PARAM_NUMBER,
	PARAM_BOOLEAN,
	PARAM_OPT_BOOLEAN,
	PARAM_JSON,
	PARAM_STRINGS
};

enum param_flags {
	REQUIRED = 1 << 0,
	PARAM_CSV = 1 << 1,      /* str_list: a comma-separated string is taken too */
	PARAM_SECRET = 1 << 2,   /* redacted in logs */
	PARAM_NULLABLE = 1 << 3, /* null is a value: the schema says so */
	PARAM_CLAMP = 1 << 4, /* an integer outside min..max is brought to the nearer bound instead
				 of refused */
	PARAM_REST_ONLY = 1 << 5, /* not in the tool's schema, and unknown over MCP */
	PARAM_ALL =
	    1 << 6, /* struct json_object *: the whole object of arguments; with such a row
		       unknown ones are taken (TOOL_OPEN).  Not in the schema; its name is "*". */
};

struct param {
	const char *name; /* wire name; NULL ends the table */
	const char *doc;
	const char *schema;         /* JSON Schema fragment instead of the rendered one */
	const char *const *options; /* allowed strings, ended by NULL */
	const char *format;         /* "uuid" (canonicalised), "date-time", "email" */
	const char *type_name;      /* for PARAM_JSON: "object", "array" */
	const char *alias;          /* a second accepted wire name */
	int64_t min, max;           /* both 0: no bound; max below min: no upper bound */
	size_t offset;
	size_t given_offset; /* of a bool that tells whether the argument stood there; 0: none (so
				it can't be the first member) */
	enum param_type type;
	unsigned flags;
	size_t struct_size;
};

#define PARAM_TYPE_OF(T, field)                                                                    \
	_Generic(((T *)0)->field, const char *: PARAM_STRING, int64_t: PARAM_INTEGER,                  \
	    struct opt_int: PARAM_OPT_INTEGER, double: PARAM_NUMBER, bool: PARAM_BOOLEAN,              \
	    struct opt_bool: PARAM_OPT_BOOLEAN, struct json_object *: PARAM_JSON, struct str_list: PARAM_STRINGS)

/* PARAM(struct create_in, role_id, "roleId", REQUIRED, .format = "uuid", .doc = "Role.") */
#define PARAM(T, field, wire, flags_, ...)                                                         \
	{                                                                                          \
		.name = wire, .offset = offsetof(T, field), .type = PARAM_TYPE_OF(T, field),       \
		.flags = flags_, .struct_size = sizeof(T), __VA_ARGS__                             \
	}
#define PARAM_END                                                                                  \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* Decode args (a JSON object, or NULL for none) into a new zeroed struct on rq->mem.  -1:
 * E_VALIDATION, message naming the argument, e.g. `missing required argument "slug"`, `unknown
 * argument "colection"; did you mean "collection"?`.  params NULL: the tool takes none. */
int param_decode(struct rq *rq, const struct param *params, struct json_object *args, void **in_r);

/* Write the JSON Schema of the table:
 * {"type":"object","properties":...,"required":...,"additionalProperties":false}. */
void param_schema(struct out *out, const struct param *params, bool open);

/* The schema of one row. */
void param_schema_of(struct out *out, const struct param *p);

/* true if s may be an email address: one @, a local part, a domain without blanks, at most 191 code
 * points. */
bool param_is_email(const char *s);

/* A copy of args with PARAM_SECRET values and anything named like a secret replaced, clipped for
 * the log, as JSON text. */
const char *param_log(struct rq *rq, const struct param *params, struct json_object *args);

#endif
