/* Text: UTF-8, integers, names, lists.  Encodings of bytes are in str_code.c. */
#include "str.h"

#include <endian.h>
#include <string.h>

#include "arena.h"

/* Bytes of the well-formed UTF-8 sequence at s, of which at most len are there; 0 if it is none. */
static size_t
sequence(const unsigned char *s, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len < n)
		return 0;
	switch (s[0]) {
	case 0xe0:
		low = 0xa0;
		break;
	case 0xed:
		high = 0x9f;
		break;
	case 0xf0:
		low = 0x90;
		break;
	case 0xf4:
		high = 0x8f;
		break;
	}
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

size_t
str_utf8_sequence(const char *s, size_t len)
{
	return len == 0 ? 0 : sequence((const unsigned char *)s, len);
}

bool
str_utf8_valid(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + len;
	size_t n;

	while (p < end) {
		n = sequence(p, (size_t)(end - p));
		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

static bool
is_plain(char c)
{
	return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

size_t
str_plain(const char *s, size_t len)
{
	size_t n = 0;
	unsigned more = 8;
	uint64_t x;

	while (more == 8 && len - n >= sizeof(x)) {
		memcpy(&x, s + n, sizeof(x));
		more = str_plain8(le64toh(x));
		n += more;
	}
	while (n < len && is_plain(s[n]))
		n++;
	return n;
}

static bool
is_start(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

bool
str_is_ascii(const char *s)
{
	while (*s && (unsigned char)*s < 0x80)
		s++;
	return !*s;
}

size_t
str_utf8_length(const char *s, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += is_start(s[i]);
	return n;
}

size_t
str_utf8_prefix(const char *s, size_t len, size_t n)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_start(s[i]) && n-- == 0)
			return i;
	}
	return len;
}

bool
str_int(const char *s, int64_t *n_r)
{
	bool negative = *s == '-';
	uint64_t limit = (uint64_t)INT64_MAX + negative, n = 0;
	unsigned digit;

	s += negative || *s == '+';
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		digit = (unsigned)(*s - '0');
		if (digit > 9 || n > (limit - digit) / 10)
			return false;
		n = 10 * n + digit;
	}
	*n_r = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

char *
str_slug(struct arena *mem, const char *name, size_t max)
{
	char *slug = arena_alloc(mem, max + 1);
	bool pending = false;
	size_t n = 0;
	char c;

	for (; *name != '\0'; name++) {
		c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
			pending = n > 0;
			continue;
		}
		if (n + pending >= max)
			break;
		if (pending)
			slug[n++] = '-';
		slug[n++] = c;
		pending = false;
	}
	return slug;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The part from start to end without the blanks around it. */
static char *
trimmed(struct arena *mem, const char *start, const char *end)
{
	while (start < end && is_blank(*start))
		start++;
	while (start < end && is_blank(end[-1]))
		end--;
	return start == end ? NULL : arena_strndup(mem, start, (size_t)(end - start));
}

size_t
str_split(struct arena *mem, const char *s, char sep, char ***parts_r)
{
	size_t limit = 1, n = 0;
	const char *p, *end;
	char *part;

	for (p = s; *p != '\0'; p++)
		limit += *p == sep;
	*parts_r = NEWV(mem, char *, limit);
	for (;; s = end + 1) {
		end = s;
		while (*end != '\0' && *end != sep)
			end++;
		part = trimmed(mem, s, end);
		if (part != NULL)
			(*parts_r)[n++] = part;
		if (*end == '\0')
			return n;
	}
}

bool
str_is_name(const char *s, size_t max)
{
	size_t n;

	if (*s < 'a' || *s > 'z')
		return false;
	for (n = 1; s[n] != '\0'; n++) {
		if (!(s[n] >= 'a' && s[n] <= 'z') && !(s[n] >= '0' && s[n] <= '9') && s[n] != '_')
			return false;
	}
	return n <= max;
}
