/* Asking the nodes of a tree that json_in_parse() made. */
#include "json_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"

/* Characters of an integer literal that may be finite as a double: DBL_MAX has 309 digits. */
enum { INTEGER_MAX = 311 };

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
	const char *text;

	if (!json_object_is_type(node, json_type_string))
		return NULL;
	text = json_object_get_string((struct json_object *)(uintptr_t)node);
	return strlen(text) == (size_t)json_object_get_string_len(node) ? text : NULL;
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
	return json_in_str(node) != NULL ? "string" : "string with the character \\u0000";
}
