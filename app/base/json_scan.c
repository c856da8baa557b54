/*
 * The strict scanner: RFC 8259 to the letter, with the limits json_in.h names.  It recurses at most
 * JSON_IN_DEPTH_MAX deep and looks at each byte once.
 */
#include "json_scan.h"

#include <stdbool.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "str.h"

enum { SPANS_MIN = 64, KEY_SHOWN_MAX = 64 };

struct scan {
	struct arena *mem;
	const char *text, *p, *end;
	struct json_span *spans;
	size_t count, cap;
	unsigned depth;
	const char *why, *where;  /* the first breach of the grammar */
	const char *nul;          /* the first \u0000: good JSON, refused in the end */
	struct json_object *keys; /* looking for the key that comes twice in the outermost object */
};

static bool value(struct scan *s);

static bool
broken(struct scan *s, const char *where, const char *why)
{
	s->where = where;
	s->why = where == s->end ? "the text ends too early" : why;
	return false;
}

static void
skip_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static bool
at(const struct scan *s, char c)
{
	return s->p < s->end && *s->p == c;
}

static bool
at_digit(const struct scan *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Some byte of x is less than n, which is at most 128; bytes from 128 on may count as well. */
static uint64_t
some_less(uint64_t x, unsigned n)
{
	return (x - EACH_BYTE(n)) & ~x & EACH_BYTE(0x80);
}

/* Move over characters that mean themselves, eight at a time. */
static void
skip_plain(struct scan *s)
{
	uint64_t x;

	while (s->end - s->p >= 8) {
		memcpy(&x, s->p, 8);
		if (((x & EACH_BYTE(0x80)) | some_less(x, 0x20) | some_less(x ^ EACH_BYTE('"'), 1) |
			some_less(x ^ EACH_BYTE('\\'), 1)) != 0)
			break;
		s->p += 8;
	}
	while (s->p < s->end && (signed char)*s->p >= 0x20 && *s->p != '"' && *s->p != '\\')
		s->p++;
}

/* The four digits of \uXXXX, s->p standing on the first. */
static bool
hex4(struct scan *s, unsigned *n_r)
{
	unsigned digit, i;
	char c;

	for (*n_r = 0, i = 0; i < 4; i++, s->p++) {
		c = s->p < s->end ? *s->p : '\0';
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return broken(s, s->p, "\\u wants four hexadecimal digits");
		*n_r = *n_r << 4 | digit;
	}
	return true;
}

static bool
unicode_escape(struct scan *s, const char *start)
{
	unsigned unit, second;

	if (!hex4(s, &unit))
		return false;
	if (unit == 0 && s->nul == NULL)
		s->nul = start;
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit >= 0xdc00 || s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
		return broken(s, start, "half of a surrogate pair stands alone");
	s->p += 2;
	if (!hex4(s, &second))
		return false;
	if (second < 0xdc00 || second > 0xdfff)
		return broken(s, start, "half of a surrogate pair stands alone");
	return true;
}

/* s->p stands on what does not mean itself. */
static bool
special(struct scan *s)
{
	const char *start = s->p;
	size_t n;

	if ((signed char)*s->p < 0) {
		n = str_utf8_sequence(s->p, (size_t)(s->end - s->p));
		s->p += n;
		return n > 0 || broken(s, start, "invalid UTF-8");
	}
	if (*s->p != '\\')
		return broken(s, start, "a control character in a string must be escaped");
	if (++s->p == s->end)
		return broken(s, s->end, NULL);
	if (*s->p++ == 'u')
		return unicode_escape(s, start);
	if (s->p[-1] == '\0' || strchr("\"\\/bfnrt", s->p[-1]) == NULL)
		return broken(s, start, "unknown escape");
	return true;
}

static bool
string(struct scan *s)
{
	for (s->p++;;) {
		skip_plain(s);
		if (s->p == s->end)
			return broken(s, s->end, NULL);
		if (*s->p == '"')
			break;
		if (!special(s))
			return false;
	}
	s->p++;
	return true;
}

static bool
digits(struct scan *s)
{
	if (!at_digit(s))
		return broken(s, s->p, "a digit is expected");
	while (at_digit(s))
		s->p++;
	return true;
}

static bool
number(struct scan *s)
{
	if (at(s, '-'))
		s->p++;
	if (at(s, '0')) {
		s->p++;
		if (at_digit(s))
			return broken(s, s->p - 1, "a number does not begin with 0");
	} else if (!digits(s)) {
		return false;
	}
	if (at(s, '.')) {
		s->p++;
		if (!digits(s))
			return false;
	}
	if (at(s, 'e') || at(s, 'E')) {
		s->p++;
		if (at(s, '+') || at(s, '-'))
			s->p++;
		return digits(s);
	}
	return true;
}

static bool
literal(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return broken(s, s->p, "a value is expected");
	s->p += len;
	return true;
}

static bool
deeper(struct scan *s)
{
	if (s->depth == JSON_IN_DEPTH_MAX)
		return broken(s, s->p, "nested too deeply, 64 levels are allowed");
	s->depth++;
	s->p++;
	skip_blanks(s);
	return true;
}

/* After an element or member: true when another must follow; false at the end, or broken. */
static bool
another(struct scan *s, char close, const char *why)
{
	skip_blanks(s);
	if (at(s, ',')) {
		s->p++;
		skip_blanks(s);
		return true;
	}
	if (!at(s, close))
		return broken(s, s->p, why);
	s->p++;
	return false;
}

static bool
array(struct scan *s)
{
	if (!deeper(s))
		return false;
	if (at(s, ']')) {
		s->p++;
	} else {
		do {
			if (!value(s))
				return false;
		} while (another(s, ']', "',' or ']' is expected"));
	}
	s->depth--;
	return s->why == NULL;
}

/* Is this key, quotes and all, new in the outermost object?  If not, the scan ends here. */
static bool
is_new_key(struct scan *s, const char *key, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *name = json_tokener_parse_ex(tokener, key, (int)len);
	bool is_new = !json_object_object_get_ex(s->keys, json_object_get_string(name), NULL);

	if (is_new)
		json_object_object_add(s->keys, json_object_get_string(name), NULL);
	else
		s->where = key;
	json_object_put(name);
	json_tokener_free(tokener);
	return is_new;
}

static bool
member(struct scan *s)
{
	const char *key = s->p;

	if (!at(s, '"'))
		return broken(s, s->p, "a key in double quotes is expected");
	if (!string(s))
		return false;
	if (s->keys != NULL && s->depth == 1 && !is_new_key(s, key, (size_t)(s->p - key)))
		return false;
	skip_blanks(s);
	if (!at(s, ':'))
		return broken(s, s->p, "':' is expected");
	s->p++;
	skip_blanks(s);
	return value(s);
}

static bool
object(struct scan *s, uint32_t *members_r)
{
	if (!deeper(s))
		return false;
	if (at(s, '}')) {
		s->p++;
	} else {
		do {
			if (!member(s))
				return false;
			++*members_r;
		} while (another(s, '}', "',' or '}' is expected"));
	}
	s->depth--;
	return s->why == NULL;
}

/* A new span, by its number: the spans may move while it is open. */
static size_t
open_span(struct scan *s)
{
	size_t more = s->cap == 0 ? SPANS_MIN : 2 * s->cap;

	if (s->count == s->cap) {
		s->spans = arena_grow(
		    s->mem, s->spans, s->cap * sizeof(*s->spans), more * sizeof(*s->spans));
		s->cap = more;
	}
	s->spans[s->count].at = s->p;
	return s->count++;
}

static bool
value(struct scan *s)
{
	size_t span = open_span(s);
	uint32_t members = 0;
	bool done;

	switch (s->p < s->end ? *s->p : '\0') {
	case '{':
		done = object(s, &members);
		break;
	case '[':
		done = array(s);
		break;
	case '"':
		done = string(s);
		break;
	case 't':
		done = literal(s, "true");
		break;
	case 'f':
		done = literal(s, "false");
		break;
	case 'n':
		done = literal(s, "null");
		break;
	default:
		if (!at(s, '-') && !at_digit(s))
			return broken(s, s->p, "a value is expected");
		done = number(s);
	}
	s->spans[span].len = (uint32_t)(s->p - s->spans[span].at);
	s->spans[span].members = members;
	return done;
}

static bool
whole_text(struct scan *s)
{
	if (s->end - s->p >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
		return broken(s, s->p, "a byte order mark is not allowed");
	skip_blanks(s);
	if (!value(s))
		return false;
	skip_blanks(s);
	return s->p == s->end || broken(s, s->p, "nothing may follow the value");
}

/* "line 3, column 7"; columns count characters. */
static const char *
position(const struct scan *s, const char *where)
{
	const char *line = s->text, *next;
	unsigned number_of_line = 1;

	while ((next = memchr(line, '\n', (size_t)(where - line))) != NULL) {
		line = next + 1;
		number_of_line++;
	}
	return arena_printf(s->mem, "line %u, column %zu", number_of_line,
	    str_utf8_length(line, (size_t)(where - line)) + 1);
}

int
json_scan(
    struct arena *mem, struct err *err, const char *text, size_t len, struct json_span **spans_r)
{
	struct scan s = {.mem = mem, .text = text, .p = text, .end = text + len};

	if (len > INT32_MAX)
		return err_set(err, mem, E_PAYLOAD_TOO_LARGE, NULL, "more than 2 GiB of JSON");
	if (!whole_text(&s))
		return err_set(err, mem, E_PARSE, NULL, "not valid JSON at %s: %s",
		    position(&s, s.where), s.why);
	if (s.nul != NULL)
		return err_set(err, mem, E_BAD_REQUEST, NULL,
		    "the character \\u0000 at %s cannot be stored; leave it out",
		    position(&s, s.nul));
	*spans_r = s.spans;
	return 0;
}

int
json_scan_refuse_duplicate(struct arena *mem, struct err *err, const char *text, size_t len,
    const struct json_span *object_span)
{
	struct scan s = {.mem = mem, .text = text, .p = object_span->at, .end = text + len};
	size_t key_len;

	s.keys = json_object_new_object();
	value(&s);
	json_object_put(s.keys);
	key_len = (size_t)(s.p - s.where) - 2;
	return err_set(err, mem, E_BAD_REQUEST, NULL,
	    "the key \"%.*s\" at %s occurs twice in its object",
	    (int)str_utf8_prefix(s.where + 1, key_len, KEY_SHOWN_MAX), s.where + 1,
	    position(&s, s.where));
}
