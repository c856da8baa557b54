#ifndef COFFER_JSON_SCAN_H
#define COFFER_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

/* The scanner behind json_in.h; others want json_in_parse(). */

/* The text of one value; members counts the keys of an object as written, repeated ones too. */
struct json_span {
	const char *at;
	uint32_t len;
	uint32_t members;
};

/* Check that text is one JSON value.  0: *spans_r holds the span of every value in document order,
 * an object's or array's before those in it.  -1: recorded as json_in_parse() says. */
int json_scan(
    struct arena *mem, struct err *err, const char *text, size_t len, struct json_span **spans_r);

/* Record the failure that object, a span of text, has a key twice, naming it.  Returns -1. */
int json_scan_refuse_duplicate(struct arena *mem, struct err *err, const char *text, size_t len,
    const struct json_span *object);

#endif
