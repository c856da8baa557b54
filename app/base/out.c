/* The JSON writer. */
#include "out.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "str.h"

void
out_init(struct out *o, struct arena *mem)
{
	*o = (struct out){.depth = 0};
	buf_init(&o->buf, mem);
}

/* What must stand before a value. */
static void
before_value(struct out *o)
{
	if (o->depth == 0)
		return;
	if (o->scope[o->depth - 1].object) {
		assert(o->scope[o->depth - 1].key);
		o->scope[o->depth - 1].key = false;
		return;
	}
	if (o->scope[o->depth - 1].filled)
		buf_putc(&o->buf, ',');
	o->scope[o->depth - 1].filled = true;
}

static void
begin(struct out *o, bool object)
{
	before_value(o);
	assert(o->depth < OUT_DEPTH_MAX);
	o->scope[o->depth].object = object;
	o->scope[o->depth].filled = false;
	o->scope[o->depth].key = false;
	o->depth++;
	buf_putc(&o->buf, object ? '{' : '[');
}

void
out_object(struct out *o)
{
	begin(o, true);
}

void
out_array(struct out *o)
{
	begin(o, false);
}

void
out_end(struct out *o)
{
	assert(o->depth > 0 && !o->scope[o->depth - 1].key);
	o->depth--;
	buf_putc(&o->buf, o->scope[o->depth].object ? '}' : ']');
}

static void
quoted(struct buf *b, const char *s, size_t len)
{
	buf_putc(b, '"');
	out_escape(b, s, len);
	buf_putc(b, '"');
}

void
out_key(struct out *o, const char *key)
{
	assert(o->depth > 0 && o->scope[o->depth - 1].object && !o->scope[o->depth - 1].key);
	if (o->scope[o->depth - 1].filled)
		buf_putc(&o->buf, ',');
	o->scope[o->depth - 1].filled = true;
	o->scope[o->depth - 1].key = true;
	quoted(&o->buf, key, strlen(key));
	buf_putc(&o->buf, ':');
}

void
out_raw(struct out *o, const char *json, size_t len)
{
	before_value(o);
	buf_add(&o->buf, json, len);
}

void
out_strn(struct out *o, const char *s, size_t len)
{
	before_value(o);
	quoted(&o->buf, s, len);
}

void
out_str(struct out *o, const char *s)
{
	if (s == NULL)
		out_null(o);
	else
		out_strn(o, s, strlen(s));
}

void
out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(o->buf.mem, fmt, ap);
	va_end(ap);
	out_str(o, text);
}

void
out_uint(struct out *o, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	out_raw(o, p, (size_t)(digits + sizeof(digits) - p));
}

void
out_int(struct out *o, int64_t n)
{
	char text[24];

	if (n >= 0)
		out_uint(o, (uint64_t)n);
	else
		out_raw(o, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, n));
}

/* "1e+07" to "1e7": C's exponent has a sign and at least two digits. */
static size_t
shorten_exponent(char *text)
{
	char *from = strchr(text, 'e'), *to;

	if (from == NULL)
		return strlen(text);
	to = ++from;
	if (*from == '-')
		to++;
	from++;
	while (*from == '0')
		from++;
	memmove(to, from, strlen(from) + 1);
	return strlen(text);
}

void
out_double(struct out *o, double d)
{
	char text[32];
	int digits;

	if (!isfinite(d)) {
		out_null(o);
		return;
	}
	if (d == (double)(int64_t)(fabs(d) < 0x1p53 ? d : 0.5) && !(d == 0 && signbit(d))) {
		out_int(o, (int64_t)d);
		return;
	}
	/* Fifteen digits survive the way through a normal double, so %g finds the shortest form of
	 * up to fifteen at the first try; subnormal ones hold fewer. */
	for (digits = isnormal(d) ? 15 : 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	out_raw(o, text, shorten_exponent(text));
}

void
out_bool(struct out *o, bool b)
{
	out_raw(o, b ? "true" : "false", b ? 4 : 5);
}

void
out_null(struct out *o)
{
	out_raw(o, "null", 4);
}

void
out_kstr(struct out *o, const char *key, const char *s)
{
	out_key(o, key);
	out_str(o, s);
}

void
out_kint(struct out *o, const char *key, int64_t n)
{
	out_key(o, key);
	out_int(o, n);
}

void
out_kbool(struct out *o, const char *key, bool b)
{
	out_key(o, key);
	out_bool(o, b);
}

void
out_knull(struct out *o, const char *key)
{
	out_key(o, key);
	out_null(o);
}

void
out_kraw(struct out *o, const char *key, const char *json)
{
	out_key(o, key);
	if (json == NULL)
		out_null(o);
	else
		out_raw(o, json, strlen(json));
}

struct out_mark
out_mark(const struct out *o)
{
	struct out_mark mark = {.len = o->buf.len, .depth = o->depth};

	if (o->depth > 0) {
		mark.filled = o->scope[o->depth - 1].filled;
		mark.key = o->scope[o->depth - 1].key;
	}
	return mark;
}

void
out_truncate(struct out *o, struct out_mark mark)
{
	assert(mark.depth <= o->depth && mark.len <= o->buf.len);
	buf_truncate(&o->buf, mark.len);
	o->depth = mark.depth;
	if (mark.depth > 0) {
		o->scope[mark.depth - 1].filled = mark.filled;
		o->scope[mark.depth - 1].key = mark.key;
	}
}

/* What becomes of a byte below 0x80 that does not stand for itself. */
static void
escape_ascii(struct buf *b, char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *p = c == '\0' ? NULL : strchr(from, c);

	if (p == NULL) {
		buf_printf(b, "\\u%04x", (unsigned)c);
		return;
	}
	buf_putc(b, '\\');
	buf_putc(b, to[p - from]);
}

static bool
is_plain(char c)
{
	return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

void
out_escape(struct buf *b, const char *s, size_t len)
{
	size_t done = 0, i = 0, n;

	while (i < len) {
		n = is_plain(s[i])          ? 1
		    : (signed char)s[i] < 0 ? str_utf8_sequence(s + i, len - i)
					    : 0;
		if (n > 0) {
			i += n;
			continue;
		}
		buf_add(b, s + done, i - done);
		if ((signed char)s[i] < 0)
			buf_puts(b, "\xef\xbf\xbd");
		else
			escape_ascii(b, s[i]);
		done = ++i;
	}
	buf_add(b, s + done, len - done);
}
