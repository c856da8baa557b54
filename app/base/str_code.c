/* Encodings of bytes as text: hexadecimal, base64, percent. */
#include <string.h>

#include "arena.h"
#include "str.h"

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
str_hex(char *to, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < len; i++) {
		*to++ = lower_digits[p[i] >> 4];
		*to++ = lower_digits[p[i] & 15];
	}
	*to = '\0';
}

bool
str_unhex(void *to, size_t len, const char *text)
{
	unsigned char *p = to;
	size_t i;
	int high, low;

	if (strlen(text) != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		high = digit_value(text[2 * i]);
		low = digit_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		p[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Returns the end; to has room for four characters for every three bytes begun. */
static char *
encode(char *to, const unsigned char *p, size_t len, const char *letters)
{
	uint32_t group;

	for (; len >= 3; len -= 3, p += 3) {
		group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		*to++ = letters[group >> 18];
		*to++ = letters[group >> 12 & 63];
		*to++ = letters[group >> 6 & 63];
		*to++ = letters[group & 63];
	}
	if (len == 0)
		return to;
	group = (uint32_t)p[0] << 16 | (len == 2 ? (uint32_t)p[1] << 8 : 0);
	*to++ = letters[group >> 18];
	*to++ = letters[group >> 12 & 63];
	if (len == 2)
		*to++ = letters[group >> 6 & 63];
	return to;
}

char *
str_base64(struct arena *mem, const void *bytes, size_t len)
{
	char *text = arena_alloc(mem, (len + 2) / 3 * 4 + 1), *end;

	end = encode(text, bytes, len, alphabet);
	while ((end - text) % 4 != 0)
		*end++ = '=';
	return text;
}

char *
str_base64url(struct arena *mem, const void *bytes, size_t len)
{
	char *text = arena_alloc(mem, (len + 2) / 3 * 4 + 1);

	encode(text, bytes, len, alphabet_url);
	return text;
}

static int
letter_value(char c, const char *letters)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == letters[62] ? 62 : c == letters[63] ? 63 : -1;
}

/* text without padding.  NULL if malformed. */
static void *
decode(struct arena *mem, const char *text, size_t len, size_t *len_r, const char *letters)
{
	unsigned char *bytes, *p;
	uint32_t bits = 0;
	int value, count = 0;
	size_t i;

	if (len % 4 == 1)
		return NULL;
	bytes = p = arena_alloc(mem, len / 4 * 3 + 3);
	for (i = 0; i < len; i++) {
		value = letter_value(text[i], letters);
		if (value < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			*p++ = (unsigned char)(bits >> count);
		}
	}
	if ((bits & ((1U << count) - 1)) != 0)
		return NULL;
	*len_r = (size_t)(p - bytes);
	return bytes;
}

void *
str_unbase64(struct arena *mem, const char *text, size_t len, size_t *len_r)
{
	if (len % 4 != 0)
		return NULL;
	if (len > 0 && text[len - 1] == '=')
		len -= text[len - 2] == '=' ? 2 : 1;
	return decode(mem, text, len, len_r, alphabet);
}

void *
str_unbase64url(struct arena *mem, const char *text, size_t len, size_t *len_r)
{
	return decode(mem, text, len, len_r, alphabet_url);
}

/* The byte after "%" at s, or -1. */
static int
percent_value(const char *s, size_t len)
{
	int high, low;

	if (len < 3)
		return -1;
	high = digit_value(s[1]);
	low = digit_value(s[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

char *
str_url_decode(struct arena *mem, const char *s, size_t len, bool query)
{
	char *text = arena_alloc(mem, len + 1), *to = text;
	size_t i;
	int c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == '%') {
			c = percent_value(s + i, len - i);
			i += 2;
		} else if (c == '+' && query) {
			c = ' ';
		}
		if (c <= 0)
			return NULL;
		*to++ = (char)c;
	}
	return str_utf8_valid(text, (size_t)(to - text)) ? text : NULL;
}

static bool
is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

char *
str_url_encode(struct arena *mem, const char *s)
{
	char *text = arena_alloc(mem, 3 * strlen(s) + 1), *to = text;

	for (; *s != '\0'; s++) {
		if (is_unreserved(*s)) {
			*to++ = *s;
			continue;
		}
		*to++ = '%';
		*to++ = upper_digits[(unsigned char)*s >> 4];
		*to++ = upper_digits[(unsigned char)*s & 15];
	}
	return text;
}
