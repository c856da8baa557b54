/*
 * Names in conditions, sorts and field lists: the one place where a name becomes a field.  A field
 * that may not be used is treated as one that is not there, byte for byte.
 */
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "expr_parse.h"
#include "rq.h"
#include "str.h"

enum { SHOWN_MAX = 260, NAME_MAX_BYTES = 64, HINTS_MAX = 20 };

const char *
expr_shown(const struct expr_parser *p, const char *text)
{
	size_t len = strlen(text), n = SHOWN_MAX;

	if (len <= SHOWN_MAX)
		return text;
	while ((text[n] & 0xc0) == 0x80)
		n--;
	return arena_printf(p->mem, "%.*s...", (int)n, text);
}

static int
may_use(const struct expr_parser *p, const struct collection *c, const struct field *f)
{
	if (p->scope->readable == NULL)
		return 1;
	return p->scope->readable(p->scope->rq, c, f);
}

/* Letters to insert, remove or replace to make one name from the other. */
static unsigned
distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned row[NAME_MAX_BYTES + 1], diagonal, above;
	size_t i, j;

	for (j = 0; j <= blen; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= alen; i++) {
		diagonal = row[0]++;
		for (j = 1; j <= blen; j++) {
			above = row[j];
			if (a[i - 1] != b[j - 1])
				diagonal++;
			if (diagonal > above + 1)
				diagonal = above + 1;
			row[j] = diagonal < row[j - 1] + 1 ? diagonal : row[j - 1] + 1;
			diagonal = above;
		}
	}
	return row[blen];
}

struct hints {
	size_t n;
	bool more;
	struct {
		const char *name;
		unsigned distance;
	} items[HINTS_MAX];
};

/* Keep the closest ones in order; of equals the earlier field comes first. */
static void
add_hint(struct hints *h, const char *name, unsigned far)
{
	size_t i = h->n;

	if (h->n == HINTS_MAX) {
		h->more = true;
		if (h->items[--i].distance <= far)
			return;
	} else {
		h->n++;
	}
	for (; i > 0 && h->items[i - 1].distance > far; i--)
		h->items[i] = h->items[i - 1];
	h->items[i].name = name;
	h->items[i].distance = far;
}

static int
collect(const struct expr_parser *p, const struct collection *c, const char *name, size_t len,
    struct hints *h)
{
	const struct field *f;
	unsigned far = 0;
	size_t i;
	int usable;

	for (i = 0; i < c->nfields + c->nsystem; i++) {
		f = &c->fields[i];
		usable = may_use(p, c, f);
		if (usable < 0)
			return -1;
		if (len <= NAME_MAX_BYTES && strlen(f->name) <= NAME_MAX_BYTES)
			far = distance(name, len, f->name, strlen(f->name));
		if (usable)
			add_hint(h, f->name, far);
	}
	return 0;
}

/* "; usable fields are title, views" */
static const char *
hints_text(const struct expr_parser *p, const struct hints *h)
{
	struct buf text;
	size_t i;

	buf_init(&text, p->mem);
	for (i = 0; i < h->n; i++)
		buf_printf(&text, "%s%s", i == 0 ? "; usable fields are " : ", ", h->items[i].name);
	if (h->more)
		buf_puts(&text, ", ...");
	return buf_text(&text);
}

int
expr_unknown(
    const struct expr_parser *p, const struct expr_place *place, const char *name, const char *hint)
{
	const char *format = p->scope->unknown_text, *full, *text;

	full = expr_shown(p, arena_printf(p->mem, "%s%s", place->name, name));
	text = arena_printf(p->mem, format != NULL ? format : "Unknown field: %s", full);
	return fail_at(p->scope->rq, E_VALIDATION, place->at, "%s%s", text, hint);
}

int
expr_field(const struct expr_parser *p, const struct expr_place *place, const char *name,
    size_t len, const struct field **field_r)
{
	const struct field *f = collection_field(place->c, name, len);
	struct hints h = {0};
	int usable = f != NULL ? may_use(p, place->c, f) : 0;

	if (usable < 0)
		return -1;
	if (usable) {
		*field_r = f;
		return 0;
	}
	if (collect(p, place->c, name, len, &h) < 0)
		return -1;
	return expr_unknown(p, place, name, hints_text(p, &h));
}

static int
too_far(const struct expr_parser *p, const struct expr_place *place, const char *name)
{
	return fail_at(p->scope->rq, E_VALIDATION, place->at,
	    "\"%s%s\" exceeds max depth: a path follows at most %d relations", place->name,
	    expr_shown(p, name), EXPR_HOPS_MAX);
}

int
expr_check_hops(const struct expr_parser *p, const struct expr_place *place, const char *name)
{
	unsigned hops = place->hops;
	const char *s;

	for (s = strchr(name, '.'); s != NULL && hops <= EXPR_HOPS_MAX; s = strchr(s + 1, '.'))
		hops++;
	return hops > EXPR_HOPS_MAX ? too_far(p, place, name) : 0;
}

int
expr_no_relation(const struct expr_parser *p, const struct expr_place *place, const struct field *f,
    const char *name)
{
	return expr_unknown(
	    p, place, name, arena_printf(p->mem, "; \"%s\" is not a relation", f->name));
}

int
expr_enter(const struct expr_parser *p, const struct expr_place *place, const struct field *f,
    const char *name, struct expr_place *inside_r)
{
	int usable;

	if (place->hops == EXPR_HOPS_MAX)
		return too_far(p, place, name);
	usable = f->to != NULL && !f->to->archived ? may_use(p, f->to, f->to->pk) : 0;
	if (usable < 0)
		return -1;
	if (!usable)
		return expr_unknown(p, place, name, "");
	*inside_r = *place;
	inside_r->c = f->to;
	inside_r->hops++;
	inside_r->name = arena_printf(p->mem, "%s%s.", place->name, f->name);
	if (f->type == FIELD_RELATION_MANY)
		inside_r->prefix = (struct expr_path){0};
	else
		inside_r->prefix.hops[inside_r->prefix.nhops++] = f;
	return 0;
}

/* One relation of a path; the parts of *name that it takes are skipped. */
static int
follow(const struct expr_parser *p, struct expr_place *place, const char **name, bool many_ok,
    struct expr_path *path)
{
	const struct field *f;
	size_t len = strcspn(*name, ".");

	if (expr_field(p, place, *name, len, &f) < 0)
		return -1;
	if (f->type != FIELD_RELATION && f->type != FIELD_RELATION_MANY)
		return expr_no_relation(p, place, f, *name);
	if (f->type == FIELD_RELATION_MANY && !many_ok)
		return expr_unknown(p, place, *name,
		    arena_printf(p->mem, "; \"%s\" leads to more than one row", f->name));
	if (expr_enter(p, place, f, *name, place) < 0)
		return -1;
	path->hops[path->nhops++] = f;
	*name += len + 1;
	return 0;
}

int
expr_path_parse(const struct expr_scope *scope, const struct collection *c, const char *text,
    bool many_ok, struct expr_path *path_r)
{
	const struct expr_parser p = {.scope = scope, .mem = scope->rq->mem};
	struct expr_place place = {.c = c, .at = scope->at, .name = ""};

	*path_r = (struct expr_path){0};
	if (expr_check_hops(&p, &place, text) < 0)
		return -1;
	while (strchr(text, '.') != NULL) {
		if (follow(&p, &place, &text, many_ok, path_r) < 0)
			return -1;
	}
	return expr_field(&p, &place, text, strlen(text), &path_r->field);
}
