/*
 * Reading JSON: one pass over the text that checks it and makes json-c's objects as it goes, each
 * with the span of text it came from.  json-c's own tokener would want a second pass of four times
 * the length. The recursion is JSON_IN_DEPTH_MAX deep at most.
 */
#include "json_in.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "json_scan.h"
#include "log.h"
#include "str.h"

enum { KEY_SHOWN_MAX = 64 };

/* What json-c takes for a value, in units of about 100 bytes: "{}," is three bytes of text and 800
 * of memory, and 5 MiB of it would be 1.4 GB. */
enum { WEIGHT_VALUE = 1, WEIGHT_MEMBER = 1, WEIGHT_ARRAY = 2, WEIGHT_OBJECT = 8 };

struct parse {
	struct json_scan scan;
	struct arena *mem;
	const char *text;
	unsigned depth;
	unsigned weight;
	const char *nul_key; /* the first \u0000 in a key, which json-c cannot hold */
	const char *twice;   /* the first key that its object has already */
	size_t twice_len;
};

static bool value(struct parse *p, struct json_object **node_r);

/* json-c says NULL when memory is exhausted. */
static struct json_object *
made(struct json_object *node)
{
	if (node == NULL) {
		log_error("out of memory in json-c");
		abort();
	}
	return node;
}

static struct json_object *
make_string(struct parse *p, const char *raw, size_t len, bool escaped)
{
	struct arena_mark mark;
	struct json_object *node;
	char *text;

	if (!escaped)
		return made(json_object_new_string_len(raw, (int)len));
	mark = arena_mark(p->mem);
	text = arena_alloc(p->mem, len);
	len = json_scan_decode(text, raw, len);
	node = made(json_object_new_string_len(text, (int)len));
	arena_release(p->mem, mark);
	return node;
}

static bool
string(struct parse *p, struct json_object **node_r)
{
	const char *raw = p->scan.p + 1;
	bool escaped;

	if (!json_scan_string(&p->scan, &escaped))
		return false;
	*node_r = make_string(p, raw, (size_t)(p->scan.p - raw) - 1, escaped);
	return true;
}

/* Clipped to the range of json-c; json_in_int() and json_in_double() read the text. */
static struct json_object *
make_integer(const char *raw, const char *end)
{
	bool negative = *raw == '-';
	uint64_t n = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX;
	unsigned digit;

	for (raw += negative; raw < end; raw++) {
		digit = (unsigned)(*raw - '0');
		if (n > (limit - digit) / 10) {
			n = limit;
			break;
		}
		n = 10 * n + digit;
	}
	if (negative)
		return made(json_object_new_int64((int64_t)(0 - n)));
	return made(n > INT64_MAX ? json_object_new_uint64(n) : json_object_new_int64((int64_t)n));
}

static bool
number(struct parse *p, struct json_object **node_r)
{
	const char *raw = p->scan.p, *terminated = raw;
	bool integer;

	if (!json_scan_number(&p->scan, &integer))
		return false;
	if (integer) {
		*node_r = make_integer(raw, p->scan.p);
		return true;
	}
	if (p->scan.p == p->scan.end)
		terminated = arena_strndup(p->mem, raw, (size_t)(p->scan.p - raw));
	*node_r = made(json_object_new_double(strtod(terminated, NULL)));
	return true;
}

static bool
word(struct parse *p, struct json_object **node_r)
{
	switch (*p->scan.p) {
	case 't':
		*node_r = made(json_object_new_boolean(true));
		return json_scan_word(&p->scan, "true");
	case 'f':
		*node_r = made(json_object_new_boolean(false));
		return json_scan_word(&p->scan, "false");
	}
	return json_scan_word(&p->scan, "null");
}

/* Whether memory is left for something of this weight. */
static bool
take(struct parse *p, unsigned weight)
{
	p->weight += weight;
	return p->weight <= JSON_IN_WEIGHT_MAX ||
	       json_scan_broken(&p->scan, p->scan.p, "too many values");
}

static bool
deeper(struct parse *p)
{
	if (p->depth == JSON_IN_DEPTH_MAX)
		return json_scan_broken(
		    &p->scan, p->scan.p, "nested too deeply, 64 levels are allowed");
	p->depth++;
	p->scan.p++;
	json_scan_blanks(&p->scan);
	return true;
}

/* After an element or member: true when another must follow; false at the end, or broken. */
static bool
another(struct parse *p, char close, const char *why)
{
	json_scan_blanks(&p->scan);
	if (json_scan_at(&p->scan, ',')) {
		p->scan.p++;
		json_scan_blanks(&p->scan);
		return true;
	}
	if (!json_scan_at(&p->scan, close))
		return json_scan_broken(&p->scan, p->scan.p, why);
	p->scan.p++;
	p->depth--;
	return false;
}

static bool
element(struct parse *p, struct json_object *array)
{
	struct json_object *node;

	if (!value(p, &node))
		return false;
	if (json_object_array_add(array, node) != 0)
		made(NULL);
	return true;
}

static bool
array(struct parse *p, struct json_object **node_r)
{
	if (!take(p, WEIGHT_ARRAY))
		return false;
	*node_r = made(json_object_new_array_ext(4));
	if (!deeper(p))
		return false;
	if (json_scan_at(&p->scan, ']')) {
		p->scan.p++;
		p->depth--;
		return true;
	}
	do {
		if (!element(p, *node_r))
			return false;
	} while (another(p, ']', "',' or ']' is expected"));
	return p->scan.why == NULL;
}

/* A key and the ':' behind it; NULL if broken.  It lives in the arena, json-c only points to it.
 * *raw_len_r counts the quotes. */
static const char *
member_name(struct parse *p, size_t *raw_len_r)
{
	struct json_scan *s = &p->scan;
	const char *raw = s->p;
	bool escaped;
	char *name;
	size_t len;

	if (!json_scan_at(s, '"')) {
		json_scan_broken(s, s->p, "a key in double quotes is expected");
		return NULL;
	}
	s->nul = NULL;
	if (!json_scan_string(s, &escaped))
		return NULL;
	if (p->nul_key == NULL)
		p->nul_key = s->nul;
	*raw_len_r = (size_t)(s->p - raw);
	len = *raw_len_r - 2;
	name = arena_strndup(p->mem, raw + 1, len);
	if (escaped)
		name[json_scan_decode(name, raw + 1, len)] = '\0';
	json_scan_blanks(s);
	if (!json_scan_at(s, ':')) {
		json_scan_broken(s, s->p, "':' is expected");
		return NULL;
	}
	s->p++;
	json_scan_blanks(s);
	return name;
}

/* json-c finds a key by a hash with a random seed; one that is there already does not make the
 * object longer. */
static bool
member(struct parse *p, struct json_object *object)
{
	const char *raw = p->scan.p, *name;
	int length = json_object_object_length(object);
	struct json_object *node;
	size_t raw_len;

	name = member_name(p, &raw_len);
	if (name == NULL || !take(p, WEIGHT_MEMBER) || !value(p, &node))
		return false;
	if (json_object_object_add_ex(object, name, node, JSON_C_OBJECT_ADD_CONSTANT_KEY) != 0)
		made(NULL);
	if (json_object_object_length(object) == length && p->twice == NULL) {
		p->twice = raw;
		p->twice_len = raw_len;
	}
	return true;
}

static bool
object(struct parse *p, struct json_object **node_r)
{
	if (!take(p, WEIGHT_OBJECT))
		return false;
	*node_r = made(json_object_new_object());
	if (!deeper(p))
		return false;
	if (json_scan_at(&p->scan, '}')) {
		p->scan.p++;
		p->depth--;
		return true;
	}
	do {
		if (!member(p, *node_r))
			return false;
	} while (another(p, '}', "',' or '}' is expected"));
	return p->scan.why == NULL;
}

/* What begins with c. */
static bool
begun(struct parse *p, char c, struct json_object **node_r)
{
	switch (c) {
	case '{':
		return object(p, node_r);
	case '[':
		return array(p, node_r);
	case '"':
		return string(p, node_r);
	case 't':
	case 'f':
	case 'n':
		return word(p, node_r);
	}
	if (c == '-' || (c >= '0' && c <= '9'))
		return number(p, node_r);
	return json_scan_broken(&p->scan, p->scan.p, "a value is expected");
}

/* A value of any kind; its node is the caller's, or gone if there was a failure. */
static bool
value(struct parse *p, struct json_object **node_r)
{
	const char *start = p->scan.p;
	struct json_span *span;

	*node_r = NULL;
	if (!take(p, WEIGHT_VALUE))
		return false;
	if (!begun(p, start < p->scan.end ? *start : '\0', node_r)) {
		json_object_put(*node_r);
		return false;
	}
	if (*node_r == NULL)
		return true;
	span = NEW(p->mem, struct json_span);
	span->at = start;
	span->len = (size_t)(p->scan.p - start);
	json_object_set_userdata(*node_r, span, NULL);
	return true;
}

static void
put_root(void *root)
{
	json_object_put(root);
}

static bool
whole_text(struct parse *p, struct json_object **root_r)
{
	struct json_scan *s = &p->scan;

	if (s->end - s->p >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
		return json_scan_broken(s, s->p, "a byte order mark is not allowed");
	json_scan_blanks(s);
	if (!value(p, root_r))
		return false;
	arena_defer(p->mem, put_root, *root_r);
	json_scan_blanks(s);
	return s->p == s->end || json_scan_broken(s, s->p, "nothing may follow the value");
}

/* "line 3, column 7"; columns count characters. */
static const char *
position(const struct parse *p, const char *where)
{
	const char *line = p->text, *next;
	unsigned line_number = 1;

	while ((next = memchr(line, '\n', (size_t)(where - line))) != NULL) {
		line = next + 1;
		line_number++;
	}
	return arena_printf(p->mem, "line %u, column %zu", line_number,
	    str_utf8_length(line, (size_t)(where - line)) + 1);
}

int
json_in_parse(
    struct arena *mem, struct err *err, const char *text, size_t len, struct json_object **root_r)
{
	struct parse p = {.scan = {.p = text, .end = text + len}, .mem = mem, .text = text};

	if (len > INT32_MAX)
		return err_set(err, mem, E_PAYLOAD_TOO_LARGE, NULL, "more than 2 GiB of JSON");
	if (!whole_text(&p, root_r) && p.weight > JSON_IN_WEIGHT_MAX)
		return err_set(err, mem, E_PAYLOAD_TOO_LARGE, NULL,
		    "the JSON has too many values; send it in smaller parts");
	if (p.scan.why != NULL)
		return err_set(err, mem, E_PARSE, NULL, "not valid JSON at %s: %s",
		    position(&p, p.scan.where), p.scan.why);
	if (p.nul_key != NULL)
		return err_set(err, mem, E_BAD_REQUEST, NULL,
		    "the character \\u0000 at %s cannot stand in a key; leave it out",
		    position(&p, p.nul_key));
	if (p.twice != NULL)
		return err_set(err, mem, E_BAD_REQUEST, NULL,
		    "the key %.*s at %s occurs twice in its object",
		    (int)str_utf8_prefix(p.twice, p.twice_len, KEY_SHOWN_MAX), p.twice,
		    position(&p, p.twice));
	return 0;
}
