/* Which columns of a row, and of the rows it points to, a query shows. */
#include <string.h>

#include "arena.h"
#include "query_plan.h"
#include "rq.h"

enum { FIELDS_MAX = 8 * 64, SYSTEM_STEPS = 4 };

size_t
query_select_steps(const struct query_select *select)
{
	return select->collection->nfields + SYSTEM_STEPS;
}

static const struct field *
step_field(const struct collection *c, size_t i)
{
	if (i == 0)
		return c->pk;
	if (--i < c->nfields)
		return &c->fields[i];
	switch (i - c->nfields) {
	case 0:
		return c->created;
	case 1:
		return c->updated;
	default:
		return c->owner_scoped ? c->owner : NULL;
	}
}

const struct field *
query_select_step(const struct query_select *select, size_t i)
{
	const struct field *f = step_field(select->collection, i);

	return f && bits_get(select->fields, f->index) ? f : NULL;
}

size_t
query_select_columns(const struct query_select *select, unsigned alias, struct sqlb *to)
{
	size_t n = 0;

	for (size_t i = 0; i < query_select_steps(select); i++) {
		const struct field *f = query_select_step(select, i);

		if (!f)
			continue;
		if (n++)
			sqlb_lit(to, ", ");
		sqlb_column(to, alias, &f->column);
	}
	return n;
}

static void
show_all(struct query_select *select)
{
	for (size_t i = 0; i < query_select_steps(select); i++) {
		const struct field *f = step_field(select->collection, i);

		if (f && access_field(select->access, f))
			bits_set(select->fields, f->index);
	}
}

static void
show_system(struct query_select *select)
{
	const struct collection *c = select->collection;

	bits_set(select->fields, c->pk->index);
	for (size_t i = c->nfields + 1; i < query_select_steps(select); i++) {
		const struct field *f = step_field(c, i);

		if (f)
			bits_set(select->fields, f->index);
	}
}

void
query_select_all(
    struct query_select *select, const struct collection *c, const struct access *access)
{
	*select = (struct query_select){.collection = c, .access = access};
	if (access)
		show_all(select);
	else
		bits_set(select->fields, c->pk->index);
}

/* One reading of fields or expand. */
struct parse {
	struct rq *rq;
	struct expr_scope scope;
	struct query_select *root;
	const char *text; /* the item, for messages */
	bool whole;       /* rows come whole, not with their id alone */
	size_t nnodes;
};

static int
unknown(const struct parse *p)
{
	return fail_at(p->rq, E_VALIDATION, p->scope.at, "Unknown field: %s", p->text);
}

/* A column that rows never show (version) is no field here. */
static bool
is_shown(const struct collection *c, const struct field *f)
{
	if (!f->system)
		return true;
	return f == c->pk || f == c->created || f == c->updated ||
	       (f == c->owner && c->owner_scoped);
}

static int
nested_new(struct parse *p, const struct field *f, struct query_select **node_r)
{
	struct query_select *node = NEW(p->rq->mem, struct query_select);
	int allowed;

	*node_r = node;
	if (++p->nnodes > EXPR_PATHS_MAX)
		return fail_at(p->rq, E_VALIDATION, p->scope.at,
		    "fields and expand follow more than %d relations", EXPR_PATHS_MAX);
	if (!f->to || f->to->archived)
		return 0;
	allowed = access_get(p->rq, f->to, ACTION_READ, &node->access);
	if (allowed < 0)
		return -1;
	if (!allowed)
		return fail_at(p->rq, E_FORBIDDEN, p->scope.at,
		    "No read permission on relation target: %s", f->to->slug);
	node->collection = f->to;
	bits_set(node->fields, f->to->pk->index);
	if (p->whole)
		show_all(node);
	return 0;
}

/* Go on to the node of the rows f points to; it is made on first use and stays as it was made. */
static int
nested_get(struct parse *p, struct query_select **select, const struct field *f)
{
	struct query_select *node = query_select_nested(*select, f);

	if (!node) {
		if (nested_new(p, f, &node) < 0)
			return -1;
		if (!(*select)->nested)
			(*select)->nested = NEWV(p->rq->mem, struct query_select *, FIELDS_MAX);
		(*select)->nested[f->index] = node;
		bits_set((*select)->fields, f->index);
	}
	*select = node;
	return 0;
}

/* The field an item names and the node it stands in. */
static int
resolve(
    struct parse *p, const char *text, const struct field **field_r, struct query_select **select_r)
{
	struct query_select *select = p->root;
	struct expr_path path;

	if (expr_path_parse(&p->scope, select->collection, text, true, &path) < 0)
		return -1;
	for (size_t i = 0; i < path.nhops; i++)
		if (nested_get(p, &select, path.hops[i]) < 0)
			return -1;
	*field_r = path.field;
	*select_r = select;
	return is_shown(select->collection, path.field) ? 0 : unknown(p);
}

static bool
is_relation(const struct field *f)
{
	return f->type == FIELD_RELATION || f->type == FIELD_RELATION_MANY;
}

/* text names a relation whose rows are one hop further. */
static int
check_depth(const struct parse *p, const char *text)
{
	int dots = 0;

	for (; (text = strchr(text, '.')); text++)
		dots++;
	if (dots < EXPR_HOPS_MAX)
		return 0;
	return fail_at(p->rq, E_VALIDATION, p->scope.at,
	    "\"%s\" exceeds max depth: a path follows at most %d relations", p->text,
	    EXPR_HOPS_MAX);
}

/* "customer.*"; len: without the last two characters. */
static int
add_all_of(struct parse *p, size_t len)
{
	const char *text = arena_strndup(p->rq->mem, p->text, len);
	struct query_select *select;
	const struct field *f;

	if (check_depth(p, text) < 0 || resolve(p, text, &f, &select) < 0)
		return -1;
	if (!is_relation(f))
		return unknown(p);
	if (nested_get(p, &select, f) < 0)
		return -1;
	if (select->collection)
		show_all(select);
	return 0;
}

static int
add_field(struct parse *p)
{
	struct query_select *select;
	const struct field *f;
	size_t len = strlen(p->text);

	if (strcmp(p->text, "*") == 0) {
		show_all(p->root);
		return 0;
	}
	if (len > 2 && strcmp(p->text + len - 2, ".*") == 0)
		return add_all_of(p, len - 2);
	if (resolve(p, p->text, &f, &select) < 0)
		return -1;
	bits_set(select->fields, f->index);
	return 0;
}

/* What fields chose of a relation's rows stays as chosen. */
static int
add_expand(struct parse *p)
{
	struct query_select *select;
	const struct field *f;

	if (check_depth(p, p->text) < 0 || resolve(p, p->text, &f, &select) < 0)
		return -1;
	if (!is_relation(f))
		return fail_at(p->rq, E_VALIDATION, p->scope.at,
		    "field \"%s\" is no relation; only relations can be expanded", p->text);
	return nested_get(p, &select, f);
}

static int
add_each(struct parse *p, const char *at, const struct str_list *list, int (*add)(struct parse *p))
{
	p->scope.at = at;
	for (size_t i = 0; list && i < list->n; i++) {
		p->text = list->items[i];
		if (add(p) < 0)
			return -1;
	}
	return 0;
}

int
query_select_parse(struct rq *rq, const struct access *access, const struct str_list *fields,
    const struct str_list *expand, struct query_select **select_r)
{
	struct query_select *select = NEW(rq->mem, struct query_select);
	struct parse p = {
	    .rq = rq,
	    .scope = {.rq = rq, .readable = query_readable, .unknown_text = "Unknown field: %s"},
	    .root = select,
	};

	*select = (struct query_select){.collection = access->collection, .access = access};
	if (fields && fields->n)
		show_system(select);
	else
		show_all(select);
	*select_r = select;
	if (add_each(&p, "fields", fields, add_field) < 0)
		return -1;
	p.whole = true;
	return add_each(&p, "expand", expand, add_expand);
}
