/* The order of rows: sort keys, the tie-breaker, and the index that serves them. */
#include <string.h>

#include "arena.h"
#include "query_plan.h"
#include "rq.h"
#include "str.h"

static bool
same_path(const struct expr_path *a, const struct expr_path *b)
{
	if (a->nhops != b->nhops || a->field != b->field)
		return false;
	for (size_t i = 0; i < a->nhops; i++)
		if (a->hops[i] != b->hops[i])
			return false;
	return true;
}

static bool
is_pk(const struct query_plan *plan, const struct expr_path *path)
{
	return path->nhops == 0 && path->field == plan->access->collection->pk;
}

/* What follows the same key or the unique one cannot change the order. */
static bool
is_redundant(const struct query_plan *plan, const struct expr_path *path)
{
	for (size_t i = 0; i < plan->nkeys; i++)
		if (is_pk(plan, &plan->keys[i].path) || same_path(&plan->keys[i].path, path))
			return true;
	return false;
}

static int
add_key(struct rq *rq, const char *text, struct query_plan *plan)
{
	struct expr_scope scope = {
	    .rq = rq,
	    .at = "sort",
	    .readable = query_readable,
	    .unknown_text = "Cannot sort on field: %s",
	};
	bool descending = text[0] == '-';
	struct expr_path path = {0};

	text += descending || text[0] == '+';
	if (expr_path_parse(&scope, plan->access->collection, text, false, &path) < 0)
		return -1;
	if (path.field->kind == VALUE_JSON)
		return fail_at(rq, E_VALIDATION, "sort", "Cannot sort on field: %s", text);
	if (is_redundant(plan, &path))
		return 0;
	if (plan->nkeys == QUERY_KEYS_MAX)
		return fail_at(
		    rq, E_VALIDATION, "sort", "at most %d sort keys are allowed", QUERY_KEYS_MAX);
	plan->keys[plan->nkeys++] = (struct query_key){.path = path, .descending = descending};
	return 0;
}

static void
add_system_key(struct query_plan *plan, const struct field *f, bool descending)
{
	plan->keys[plan->nkeys++] = (struct query_key){.path.field = f, .descending = descending};
}

/* A stored default is not the caller's word: what they may not read, or what is gone, is left out.
 */
static int
add_default(struct rq *rq, struct query_plan *plan)
{
	const struct collection *c = plan->access->collection;
	char **parts;
	size_t n = c->default_sort ? str_split(rq->mem, c->default_sort, ',', &parts) : 0;

	for (size_t i = 0; i < n; i++) {
		struct err before = rq->err;

		if (add_key(rq, parts[i], plan) == 0)
			continue;
		if (rq->err.code != E_VALIDATION && rq->err.code != E_FORBIDDEN)
			return -1;
		rq->err = before;
	}
	if (plan->nkeys == 0 && c->created)
		add_system_key(plan, c->created, true);
	return 0;
}

/* The tie-breaker takes the direction of the last key, or no index could serve the order. */
static void
add_tie_breaker(struct query_plan *plan)
{
	const struct field *pk = plan->access->collection->pk;
	const struct expr_path path = {.field = pk};

	if (!is_redundant(plan, &path))
		add_system_key(plan, pk, plan->nkeys && plan->keys[plan->nkeys - 1].descending);
}

void
query_sort_newest(struct query_plan *plan)
{
	const struct collection *c = plan->access->collection;

	if (c->created)
		add_system_key(plan, c->created, true);
	add_system_key(plan, c->pk, true);
}

int
query_sort_parse(struct rq *rq, const char *sort, struct query_plan *plan)
{
	char **parts;
	size_t n = sort ? str_split(rq->mem, sort, ',', &parts) : 0;

	for (size_t i = 0; i < n; i++)
		if (add_key(rq, parts[i], plan) < 0)
			return -1;
	if (n == 0 && add_default(rq, plan) < 0)
		return -1;
	add_tie_breaker(plan);
	return 0;
}

/* The collection whose field the key is. */
static const struct collection *
collection_of(const struct query_plan *plan, const struct query_key *key)
{
	size_t n = key->path.nhops;

	return n ? key->path.hops[n - 1]->to : plan->access->collection;
}

/* A page boundary must compare as the rows were sorted.  MariaDB sorts long texts by their first
 * max_sort_length bytes only; and in adopted tables there are FLOAT and DECIMAL, which are no
 * doubles, and dates that are none (0000-00-00). */
enum query_form
query_sort_form(const struct query_plan *plan, const struct query_key *key)
{
	const struct field *f = key->path.field;

	if (f->type == FIELD_LONGTEXT)
		return QUERY_PREFIX;
	if (!collection_of(plan, key)->adopted)
		return QUERY_PLAIN;
	if (f->kind == VALUE_NUMBER)
		return QUERY_DOUBLE;
	return f->kind == VALUE_TIME ? QUERY_TEXT : QUERY_PLAIN;
}

void
query_sort_value(const struct query_plan *plan, const struct query_key *key, struct sqlb *to)
{
	enum query_form form = query_sort_form(plan, key);

	if (form == QUERY_PREFIX)
		sqlb_lit(to, "LEFT(");
	else if (form == QUERY_DOUBLE)
		sqlb_lit(to, "(0e0 + ");
	sqlb_column(to, key->alias, &key->path.field->column);
	if (form == QUERY_PREFIX)
		sqlb_lit(to, ", 255)");
	else if (form == QUERY_DOUBLE)
		sqlb_lit(to, ")");
}

void
query_sort_read(const struct query_plan *plan, const struct query_key *key, struct sqlb *to)
{
	bool as_text = query_sort_form(plan, key) == QUERY_TEXT;

	if (as_text)
		sqlb_lit(to, "CAST(");
	query_sort_value(plan, key, to);
	if (as_text)
		sqlb_lit(to, " AS CHAR)");
}

void
query_sort_order(const struct query_plan *plan, struct sqlb *to)
{
	for (size_t i = 0; i < plan->nkeys; i++) {
		if (i == 0)
			sqlb_lit(to, " ORDER BY ");
		else
			sqlb_lit(to, ", ");
		query_sort_value(plan, &plan->keys[i], to);
		if (plan->keys[i].descending)
			sqlb_lit(to, " DESC");
	}
}

/* The root field a condition pins to one value, or NULL. */
static const struct field *
pinned(const struct expr *e)
{
	if (e->kind == EXPR_LEAF && e->op == EXPR_OP_EQ && e->path.nhops == 0 && e->nvalues == 1 &&
	    e->values[0].kind != EXPR_FIELD)
		return e->path.field;
	return NULL;
}

/* The fields that a condition's top-level equalities pin, as bits by field->index.  Returns how
 * many there are more now. */
static size_t
pin_fields(const struct expr *e, uint64_t bits[8])
{
	const struct field *f;
	size_t n = 0;

	if (!e)
		return 0;
	for (size_t i = 0; i < (e->kind == EXPR_AND ? e->nkids : 1); i++) {
		f = pinned(e->kind == EXPR_AND ? e->kids[i] : e);
		if (f && !bits_get(bits, f->index)) {
			bits_set(bits, f->index);
			n++;
		}
	}
	return n;
}

/* An index serves a page if its fields are all those pinned and then the sort keys. */
static bool
serves(const struct query_plan *plan, const struct collection_index *index, const uint64_t bits[8],
    size_t npinned)
{
	if (index->nfields != npinned + plan->nkeys - 1)
		return false;
	for (size_t i = 0; i < npinned; i++)
		if (!bits_get(bits, index->fields[i]->index))
			return false;
	for (size_t i = 0; i + 1 < plan->nkeys; i++)
		if (plan->keys[i].path.nhops ||
		    index->fields[npinned + i] != plan->keys[i].path.field ||
		    plan->keys[i].descending != plan->keys[0].descending)
			return false;
	return true;
}

bool
query_sort_index(const struct query_plan *plan, struct ident *name_r)
{
	const struct collection *c = plan->access->collection;
	const struct field *by_owner[] = {c->owner, c->created};
	const struct collection_index owner_index = {.nfields = 2, .fields = by_owner};
	uint64_t bits[8] = {0};
	size_t npinned = pin_fields(plan->filter, bits) + pin_fields(plan->access->rule, bits);

	if (npinned == 0 || plan->nkeys < 2 || !is_pk(plan, &plan->keys[plan->nkeys - 1].path))
		return false;
	if (!c->adopted && serves(plan, &owner_index, bits, npinned)) {
		*name_r = ident_literal("owner_id");
		return true;
	}
	for (size_t i = 0; i < c->nindexes; i++) {
		if (serves(plan, &c->indexes[i], bits, npinned)) {
			*name_r = ident_index(c->indexes[i].no);
			return true;
		}
	}
	return false;
}
