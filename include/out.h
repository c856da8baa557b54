#ifndef COFFER_OUT_H
#define COFFER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum { OUT_DEPTH_MAX = 64 };

/*
 * JSON is written, never built as a tree.  The writer sets commas and colons and asserts that a key
 * stands exactly where one belongs.  Text is escaped; it must be UTF-8, and an invalid byte becomes
 * U+FFFD.
 */
struct out {
	struct buf buf;
	unsigned depth;
	struct {
		bool object;
		bool filled;
		bool key; /* a key was written, its value is due */
	} scope[OUT_DEPTH_MAX];
};

/* A point to return to when an answer fails halfway. */
struct out_mark {
	size_t len;
	unsigned depth;
	bool filled;
	bool key;
};

void out_init(struct out *o, struct arena *mem);
void out_object(struct out *o);
void out_array(struct out *o);
/* Close the innermost object or array. */
void out_end(struct out *o);
void out_key(struct out *o, const char *key);
/* s may be NULL: null is written. */
void out_str(struct out *o, const char *s);
void out_strn(struct out *o, const char *s, size_t len);
void out_int(struct out *o, int64_t n);
void out_uint(struct out *o, uint64_t n);
/* The fewest digits that read back as the same double, integers below 2^53 in full; NaN and
 * infinities are written as null. */
void out_double(struct out *o, double d);
void out_bool(struct out *o, bool b);
void out_null(struct out *o);
/* Valid JSON text of one value, copied as it is. */
void out_raw(struct out *o, const char *json, size_t len);
void out_printf(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* key and value at once */
void out_kstr(struct out *o, const char *key, const char *s);
void out_kint(struct out *o, const char *key, int64_t n);
void out_kbool(struct out *o, const char *key, bool b);
void out_knull(struct out *o, const char *key);
/* json NULL: null. */
void out_kraw(struct out *o, const char *key, const char *json);

struct out_mark out_mark(const struct out *o);
void out_truncate(struct out *o, struct out_mark mark);

/* Append s as the inside of a JSON string (escaped, without quotes) to a plain buffer. */
void out_escape(struct buf *b, const char *s, size_t len);

#endif
