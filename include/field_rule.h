#ifndef COFFER_FIELD_RULE_H
#define COFFER_FIELD_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "opt.h"
#include "snapshot.h"

struct json_object;
struct rq;

/*
 * The validation object of a field, read: {"regex","min","max","minLength","maxLength","format",
 * "integer","minDate","maxDate","minSelect","maxSelect","rule","message","severity"}.
 */

enum field_format { FIELD_FORMAT_ANY, FIELD_FORMAT_EMAIL, FIELD_FORMAT_URL };

/* A bound of a number; an integer literal is compared as such. */
struct field_limit {
	bool set;
	bool is_int;
	int64_t i;
	double d;
};

struct field_rule {
	bool advisory;       /* severity warning or info: stops no write */
	const char *message; /* instead of ours, or NULL */
	const char *regex;
	void *pattern; /* regex, compiled */
	struct field_limit min, max;
	struct opt_int min_length, max_length; /* code points */
	struct opt_int min_select, max_select;
	struct opt_int min_date, max_date; /* microseconds since 1970 */
	bool integer;
	enum field_format format;
	struct json_object *condition; /* "rule": a condition on the whole row, unparsed, or NULL */
};

/* Read the validation object of a field of this type; json NULL gives a rule without checks.  -1:
 * E_VALIDATION with the path of the offending key ("fields[0].validation.min"): unknown, of the
 * wrong type, without meaning for this field type, or a pattern that does not compile. */
int field_rule_parse(struct rq *rq, enum field_type type, const struct json_object *json,
    const char *path, struct field_rule *rule_r);

/* 1 the text matches the pattern, 0 it does not, -1 the pattern took more steps than a value may
 * cost (nothing is recorded). */
int field_rule_match(struct rq *rq, const struct field_rule *rule, const char *text, size_t len);

#endif
