/* The JSON writer. */
#include "out.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "str.h"

/* Escaping goes by pieces; a byte becomes six at most. */
enum { PIECE = 512, ESCAPED_MAX = 6, UTF8_MAX = 4 };

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

static bool
is_plain(char c)
{
	return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/* A control character, or a byte that is no UTF-8; returns the end. */
static char *
escaped_byte(char *to, char c)
{
	static const char from[] = "\b\f\n\r\t", letters[] = "bfnrt", hex[] = "0123456789abcdef";
	const char *p = memchr(from, c, sizeof(from) - 1);

	if ((signed char)c < 0) {
		memcpy(to, "\xef\xbf\xbd", 3);
		return to + 3;
	}
	*to++ = '\\';
	if (p != NULL) {
		*to++ = letters[p - from];
		return to;
	}
	memcpy(to, "u00", 3);
	to[3] = hex[c >> 4];
	to[4] = hex[c & 15];
	return to + 5;
}

/* What s begins with does not stand for itself, or is not ASCII; returns what follows. */
static const char *
put_special(char **to, const char *s, const char *end)
{
	size_t n;

	if (*s == '"' || *s == '\\') {
		*(*to)++ = '\\';
		*(*to)++ = *s;
		return s + 1;
	}
	n = (signed char)*s < 0 ? str_utf8_sequence(s, (size_t)(end - s)) : 0;
	memcpy(*to, s, n);
	*to = n > 0 ? *to + n : escaped_byte(*to, *s);
	return s + (n > 0 ? n : 1);
}

/* Write s up to end where there is room for ESCAPED_MAX bytes for each byte; returns the end. */
static char *
escaped(char *to, const char *s, const char *end)
{
	unsigned n;
	uint64_t x;

	while (s < end) {
		if (end - s >= (ptrdiff_t)sizeof(x)) {
			memcpy(&x, s, sizeof(x));
			memcpy(to, &x, sizeof(x));
			n = str_plain8(le64toh(x));
			to += n;
			s += n;
			if (n == sizeof(x))
				continue;
		} else if (is_plain(*s)) {
			*to++ = *s++;
			continue;
		}
		s = put_special(&to, s, end);
	}
	return to;
}

/* Take over what was written into the buffer's room. */
static void
filled(struct buf *b, char *end)
{
	*end = '\0';
	b->len = (size_t)(end - b->data);
}

static void
quoted(struct buf *b, const char *s, size_t len)
{
	char *to;

	if (len > PIECE) {
		buf_putc(b, '"');
		out_escape(b, s, len);
		buf_putc(b, '"');
		return;
	}
	to = buf_room(b, ESCAPED_MAX * len + 2);
	*to++ = '"';
	to = escaped(to, s, s + len);
	*to++ = '"';
	filled(b, to);
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

/* Up to four decimals, as prices have them.  A quotient of two whole numbers is the double nearest
 * to it: should it be d, its decimals are the shortest that are read back as d. */
static bool
out_decimal(struct out *o, double d)
{
	int64_t n = fabs(d) < 1e11 ? llrint(d * 1e4) : 0;
	char text[32];
	int len;

	if (n == 0 || (double)n / 1e4 != d)
		return false;
	len = snprintf(text, sizeof(text), "%s%" PRId64 ".%04" PRId64, n < 0 ? "-" : "",
	    (n < 0 ? -n : n) / 10000, (n < 0 ? -n : n) % 10000);
	while (text[len - 1] == '0')
		len--;
	out_raw(o, text, (size_t)len);
	return true;
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
	if (out_decimal(o, d))
		return;
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

/* Where to stop between two characters, so that a piece has room enough however it is escaped. */
static const char *
piece_end(const char *s, const char *end)
{
	const char *stop;

	if (end - s <= PIECE)
		return end;
	stop = s + PIECE;
	while (stop > s + PIECE - UTF8_MAX && ((unsigned char)*stop & 0xc0) == 0x80)
		stop--;
	return stop;
}

void
out_escape(struct buf *b, const char *s, size_t len)
{
	const char *end = s + len, *stop;

	for (; s < end; s = stop) {
		stop = piece_end(s, end);
		filled(b, escaped(buf_room(b, ESCAPED_MAX * (size_t)(stop - s)), s, stop));
	}
}
