#ifndef COFFER_STR_H
#define COFFER_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* Text and encodings. */

/* true if the bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool str_utf8_valid(const char *s, size_t len);

/* Bytes of the well-formed sequence that s begins with; 0 if it is none or len is 0. */
size_t str_utf8_sequence(const char *s, size_t len);

/* MariaDB does not compare an ascii column (slugs, actions) with any other text. */
bool str_is_ascii(const char *s);

/* Code points in valid UTF-8. */
size_t str_utf8_length(const char *s, size_t len);

/* Bytes of the first n code points. */
size_t str_utf8_prefix(const char *s, size_t len, size_t n);

/* Bytes at the beginning of s that mean themselves inside a JSON string: ASCII without control
 * characters, quotation mark and backslash. */
size_t str_plain(const char *s, size_t len);

/* The same for eight bytes at once, read as a little-endian number: how many of them, 0 to 8. */
static inline unsigned
str_plain8(uint64_t x)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	/* a byte that is too small wraps around and gets its top bit; the lowest such bit is exact
	 */
	uint64_t marks =
	    (x | (x - each * 0x20) | ((x ^ each * '"') - each) | ((x ^ each * '\\') - each)) &
	    each * 0x80;

	return marks == 0 ? 8 : (unsigned)__builtin_ctzll(marks) / 8;
}

/* The whole string is an integer in base ten (optional sign) that fits: true and *n_r. */
bool str_int(const char *s, int64_t *n_r);

/* Lower-case hexadecimal, NUL-terminated: to must hold 2 * len + 1. */
void str_hex(char *to, const void *bytes, size_t len);
/* false if text is not exactly 2 * len hexadecimal digits. */
bool str_unhex(void *to, size_t len, const char *text);

/* Standard base64 with padding, and base64url without. */
char *str_base64(struct arena *mem, const void *bytes, size_t len);
char *str_base64url(struct arena *mem, const void *bytes, size_t len);
/* Strict: alphabet, padding and unused bits are checked.  NULL if malformed. */
void *str_unbase64(struct arena *mem, const char *text, size_t len, size_t *len_r);
void *str_unbase64url(struct arena *mem, const char *text, size_t len, size_t *len_r);

/* Percent-decoding of a path segment ('+' stays) or of a query component ('+' is a space).  NULL if
 * malformed, not UTF-8 or holding NUL. */
char *str_url_decode(struct arena *mem, const char *s, size_t len, bool query);
/* Percent-encode all but the unreserved characters of RFC 3986. */
char *str_url_encode(struct arena *mem, const char *s);

/* A slug from a name: lower case, runs of other characters become one '-', at most max bytes,
 * without '-' at the ends; may come out empty. */
char *str_slug(struct arena *mem, const char *name, size_t max);

/* Split at commas, blanks around the parts removed, empty parts dropped.  Returns the count. */
size_t str_split(struct arena *mem, const char *s, char sep, char ***parts_r);

/* name matches ^[a-z][a-z0-9_]*$ and is at most max bytes: slugs and field names (design:
 * identifiers). */
bool str_is_name(const char *s, size_t max);

#endif
