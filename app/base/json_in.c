/*
 * Reading JSON: the scanner of json_scan.c has the say, json-c builds the tree, and a walk over
 * both gives each node its span of text.  The walk goes in document order; json-c keeps members in
 * the order they came in, and the scanner noted one span per value in that order, be it null.
 */
#include "json_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "arena.h"
#include "err.h"
#include "json_scan.h"
#include "log.h"

/* Characters of an integer literal that may be finite as a double: DBL_MAX has 309 digits. */
enum { INTEGER_MAX = 311 };

static void
put_root(void *root)
{
	json_object_put(root);
}

/* Give node and all below it their spans; *next_r is the first and moves on.  Returns the span of
 * an object that json-c has fewer members of than the text, or NULL. */
static struct json_span *
attach(struct json_object *node, struct json_span **next_r)
{
	struct json_span *span = (*next_r)++, *bad = NULL;
	struct lh_entry *member;
	size_t i, n;

	if (node == NULL)
		return NULL;
	/* json-c keeps the text of a double there, and a serializer that would read it. */
	if (json_object_is_type(node, json_type_double))
		json_object_set_serializer(node, NULL, NULL, NULL);
	json_object_set_userdata(node, span, NULL);
	if (json_object_is_type(node, json_type_array)) {
		n = json_object_array_length(node);
		for (i = 0; i < n && bad == NULL; i++)
			bad = attach(json_object_array_get_idx(node, i), next_r);
	} else if (json_object_is_type(node, json_type_object)) {
		if ((uint32_t)json_object_object_length(node) != span->members)
			return span;
		member = lh_table_head(json_object_get_object(node));
		for (; member != NULL && bad == NULL; member = member->next)
			bad = attach((struct json_object *)lh_entry_v(member), next_r);
	}
	return bad;
}

/* The tree of a text that the scanner let pass; false if json-c would not have it. */
static bool
build(const char *text, size_t len, struct json_object **root_r)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_IN_DEPTH_MAX + 1);
	enum json_tokener_error error;

	if (tokener == NULL)
		return false;
	*root_r = json_tokener_parse_ex(tokener, text, (int)len);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue) {
		/* More digits might follow a bare number. */
		*root_r = json_tokener_parse_ex(tokener, " ", 1);
		error = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (error != json_tokener_success)
		log_error(
		    "json-c refused what the scanner took: %s", json_tokener_error_desc(error));
	return error == json_tokener_success;
}

int
json_in_parse(
    struct arena *mem, struct err *err, const char *text, size_t len, struct json_object **root_r)
{
	struct json_span *spans, *next, *bad;
	struct json_object *root;

	if (json_scan(mem, err, text, len, &spans) != 0)
		return -1;
	if (!build(text, len, &root))
		return err_set(err, mem, E_PARSE, NULL, "not valid JSON");
	arena_defer(mem, put_root, root);
	next = spans;
	bad = attach(root, &next);
	if (bad != NULL)
		return json_scan_refuse_duplicate(mem, err, text, len, bad);
	*root_r = root;
	return 0;
}

static const struct json_span *
span_of(const struct json_object *node)
{
	return json_object_get_userdata((struct json_object *)(uintptr_t)node);
}

const char *
json_in_raw(const struct json_object *node, size_t *len_r)
{
	if (node == NULL) {
		*len_r = 4;
		return "null";
	}
	*len_r = span_of(node)->len;
	return span_of(node)->at;
}

static bool
is_number(const struct json_object *node)
{
	return json_object_is_type(node, json_type_int) ||
	       json_object_is_type(node, json_type_double);
}

/* A number as significant digits without zeros around them, and a power of ten. */
struct decimal {
	const char *first,
	    *last;        /* of the digits, a '.' perhaps among them; NULL: the number is 0 */
	int64_t exponent; /* of the last digit */
	bool negative;
};

static void
split_number(const char *text, size_t len, struct decimal *d)
{
	const char *p = text, *end = text + len, *point = NULL, *tail;
	int64_t exponent = 0;
	bool negative;

	*d = (struct decimal){.negative = *p == '-'};
	for (p += d->negative; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.')
			point = p;
		else if (*p != '0') {
			d->first = d->first == NULL ? p : d->first;
			d->last = p;
		}
	}
	tail = point == NULL ? p : point;
	if (d->first == NULL)
		return;
	d->exponent = d->last < tail ? tail - d->last - 1 : tail - d->last;
	if (p == end)
		return;
	negative = *++p == '-';
	for (p += *p == '-' || *p == '+'; p < end && exponent < INT32_MAX; p++)
		exponent = 10 * exponent + (*p - '0');
	d->exponent += negative ? -exponent : exponent;
}

bool
json_in_int(const struct json_object *node, int64_t *n_r)
{
	const struct json_span *span;
	struct decimal d;
	uint64_t n = 0, limit;
	const char *p;
	unsigned digit;

	if (!is_number(node))
		return false;
	span = span_of(node);
	split_number(span->at, span->len, &d);
	limit = (uint64_t)INT64_MAX + d.negative;
	if (d.first != NULL && d.exponent < 0)
		return false;
	for (p = d.first; p != NULL && (p <= d.last || d.exponent > 0); p++) {
		if (p <= d.last && *p == '.')
			continue;
		d.exponent -= p > d.last;
		digit = p <= d.last ? (unsigned)(*p - '0') : 0;
		if (n > (limit - digit) / 10)
			return false;
		n = 10 * n + digit;
	}
	*n_r = d.negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

bool
json_in_double(const struct json_object *node, double *d_r, bool *exact_r)
{
	char literal[INTEGER_MAX + 1], back[INTEGER_MAX + 2];
	const struct json_span *span;

	if (!is_number(node))
		return false;
	if (exact_r != NULL)
		*exact_r = true;
	if (json_object_is_type(node, json_type_double)) {
		*d_r = json_object_get_double(node);
		return isfinite(*d_r);
	}
	span = span_of(node);
	if (span->len > INTEGER_MAX)
		return false;
	memcpy(literal, span->at, span->len);
	literal[span->len] = '\0';
	*d_r = strtod(literal, NULL);
	if (!isfinite(*d_r))
		return false;
	if (exact_r != NULL && span->len > 15) {
		snprintf(back, sizeof(back), "%.0f", *d_r);
		*exact_r = strcmp(literal, back) == 0;
	}
	return true;
}

struct json_object *
json_in_get(const struct json_object *node, const char *key)
{
	struct json_object *child = NULL;

	json_object_object_get_ex(node, key, &child);
	return child;
}

bool
json_in_has(const struct json_object *node, const char *key)
{
	return json_object_object_get_ex(node, key, NULL);
}

const char *
json_in_str(const struct json_object *node)
{
	if (!json_object_is_type(node, json_type_string))
		return NULL;
	return json_object_get_string((struct json_object *)(uintptr_t)node);
}

const char *
json_in_type_name(const struct json_object *node)
{
	switch (json_object_get_type(node)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "boolean";
	case json_type_double:
	case json_type_int:
		return "number";
	case json_type_object:
		return "object";
	case json_type_array:
		return "array";
	case json_type_string:
		break;
	}
	return "string";
}
