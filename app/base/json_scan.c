/* The words of JSON, strictly as RFC 8259 has them.  Each byte is looked at once. */
#include "json_scan.h"

#include <stdint.h>
#include <string.h>

#include "str.h"

bool
json_scan_broken(struct json_scan *s, const char *where, const char *why)
{
	s->where = where;
	s->why = where == s->end ? "the text ends too early" : why;
	return false;
}

void
json_scan_blanks(struct json_scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

bool
json_scan_at(const struct json_scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static bool
at_digit(const struct json_scan *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

bool
json_scan_word(struct json_scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return json_scan_broken(s, s->p, "a value is expected");
	s->p += len;
	return true;
}

static bool
digits(struct json_scan *s)
{
	if (!at_digit(s))
		return json_scan_broken(s, s->p, "a digit is expected");
	while (at_digit(s))
		s->p++;
	return true;
}

static bool
whole_part(struct json_scan *s)
{
	if (!json_scan_at(s, '0'))
		return digits(s);
	s->p++;
	return !at_digit(s) || json_scan_broken(s, s->p - 1, "a number does not begin with 0");
}

bool
json_scan_number(struct json_scan *s, bool *integer_r)
{
	*integer_r = true;
	s->p += json_scan_at(s, '-');
	if (!whole_part(s))
		return false;
	if (json_scan_at(s, '.')) {
		*integer_r = false;
		s->p++;
		if (!digits(s))
			return false;
	}
	if (json_scan_at(s, 'e') || json_scan_at(s, 'E')) {
		*integer_r = false;
		s->p++;
		s->p += json_scan_at(s, '+') || json_scan_at(s, '-');
		return digits(s);
	}
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits of an escape. */
static unsigned
hex4(const char *p)
{
	return (unsigned)(hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 |
			  hex_digit(p[3]));
}

/* "XXXX" of an escape \uXXXX. */
static bool
utf16_unit(struct json_scan *s, unsigned *unit_r)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (s->p + i == s->end || hex_digit(s->p[i]) < 0)
			return json_scan_broken(s, s->p + i, "\\u wants four hexadecimal digits");
	}
	*unit_r = hex4(s->p);
	s->p += 4;
	return true;
}

static bool
unicode_escape(struct json_scan *s, const char *start)
{
	unsigned unit, second;

	if (!utf16_unit(s, &unit))
		return false;
	if (unit == 0 && s->nul == NULL)
		s->nul = start;
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit >= 0xdc00 || s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
		return json_scan_broken(s, start, "half of a surrogate pair stands alone");
	s->p += 2;
	if (!utf16_unit(s, &second))
		return false;
	if (second < 0xdc00 || second > 0xdfff)
		return json_scan_broken(s, start, "half of a surrogate pair stands alone");
	return true;
}

static bool
escape(struct json_scan *s)
{
	const char *start = s->p++;

	if (s->p == s->end)
		return json_scan_broken(s, s->end, NULL);
	if (*s->p == 'u') {
		s->p++;
		return unicode_escape(s, start);
	}
	if (*s->p == '\0' || strchr("\"\\/bfnrt", *s->p) == NULL)
		return json_scan_broken(s, start, "unknown escape");
	s->p++;
	return true;
}

static bool
beyond_ascii(struct json_scan *s)
{
	size_t n = str_utf8_sequence(s->p, (size_t)(s->end - s->p));

	if (n == 0)
		return json_scan_broken(s, s->p, "invalid UTF-8");
	s->p += n;
	return true;
}

bool
json_scan_string(struct json_scan *s, bool *escaped_r)
{
	*escaped_r = false;
	for (s->p++;;) {
		s->p += str_plain(s->p, (size_t)(s->end - s->p));
		if (s->p == s->end)
			return json_scan_broken(s, s->end, NULL);
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p == '\\') {
			*escaped_r = true;
			if (!escape(s))
				return false;
		} else if ((signed char)*s->p >= 0) {
			return json_scan_broken(
			    s, s->p, "a control character in a string must be escaped");
		} else if (!beyond_ascii(s)) {
			return false;
		}
	}
}

static char *
put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* The character of an escape, p standing behind the backslash; *end_r is behind the escape. */
static unsigned
decode_escape(const char *p, const char **end_r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned unit;

	*end_r = p + 1;
	if (*p != 'u')
		return (unsigned char)to[strchr(from, *p) - from];
	unit = hex4(p + 1);
	*end_r = p + 5;
	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	*end_r = p + 11;
	return 0x10000 + ((unit - 0xd800) << 10) + (hex4(p + 7) - 0xdc00);
}

size_t
json_scan_decode(char *to, const char *raw, size_t len)
{
	const char *start = to, *end = raw + len, *stop;

	while (raw < end) {
		stop = memchr(raw, '\\', (size_t)(end - raw));
		if (stop == NULL)
			stop = end;
		memcpy(to, raw, (size_t)(stop - raw));
		to += stop - raw;
		raw = stop;
		if (raw < end)
			to = put_utf8(to, decode_escape(raw + 1, &raw));
	}
	return (size_t)(to - start);
}
