/* Thinks a change of shape through: fields, numbers, targets, rules, order. */
#include "ddl_plan.h"

#include <string.h>

#include "access.h"
#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "ddl.h"
#include "expr.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"

enum { SLUG_MAX = 64, SYSTEM_MAX = 5 };

static int
check_slug(struct rq *rq, const char *path, const char *slug)
{
	if (!str_is_name(slug, SLUG_MAX))
		return fail_at(rq, E_VALIDATION, path,
		    "%s: \"%s\" is not a slug: small letters, digits and _, a letter first, at "
		    "most %d",
		    path, slug, SLUG_MAX);
	if (strncmp(slug, "system_", strlen("system_")) == 0)
		return fail_at(
		    rq, E_VALIDATION, path, "%s: names that begin with system_ are reserved", path);
	return 0;
}

static const char *
pick(bool given, const char *value, const char *old)
{
	return given ? value : old;
}

static bool
pick_bool(struct opt_bool given, bool old)
{
	return given.set ? given.value : old;
}

static int
plan_attributes(struct ddl_plan *plan)
{
	const struct ddl_collection_in *in = plan->in;
	struct collection *c = &plan->c;

	if (plan->old == NULL) {
		c->slug = in->slug;
		if (check_slug(plan->rq, "slug", c->slug) < 0)
			return -1;
	} else if (in->new_slug != NULL) {
		c->slug = in->new_slug;
		if (check_slug(plan->rq, "newSlug", c->slug) < 0)
			return -1;
	}
	c->singular = pick(in->singular_given, in->singular, c->singular);
	c->plural = pick(in->plural_given, in->plural, c->plural);
	c->note = pick(in->note_given, in->note, c->note);
	c->display_template =
	    pick(in->display_template_given, in->display_template, c->display_template);
	c->default_sort = pick(in->default_sort_given, in->default_sort, c->default_sort);
	c->vectorize_model =
	    pick(in->vectorize_model_given, in->vectorize_model, c->vectorize_model);
	c->owner_scoped = pick_bool(in->owner_scoped, c->owner_scoped);
	c->tenant_scoped = pick_bool(in->tenant_scoped, c->tenant_scoped);
	c->versioned = pick_bool(in->versioned, c->versioned);
	c->vectorize = pick_bool(in->vectorize, c->vectorize);
	return 0;
}

static int
check_twice(const struct ddl_plan *plan, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (strcmp(plan->defs[j].name, plan->defs[i].name) == 0)
			return fail_at(plan->rq, E_VALIDATION, plan->defs[i].path,
			    "%s: the field \"%s\" is there twice", plan->defs[i].path,
			    plan->defs[i].name);
	}
	return 0;
}

static int
read_defs(struct ddl_plan *plan)
{
	const struct json_object *list = plan->in->fields;
	struct rq *rq = plan->rq;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return fail_at(rq, E_VALIDATION, "fields", "fields: must be an array, not %s",
		    json_in_type_name(list));
	plan->ndefs = json_object_array_length(list);
	if (plan->ndefs > DDL_FIELDS_MAX)
		return fail_at(rq, E_VALIDATION, "fields",
		    "fields: a collection has at most %d fields, not %zu", DDL_FIELDS_MAX,
		    plan->ndefs);
	plan->defs = NEWV(rq->mem, struct field_def, plan->ndefs);
	plan->defined = NEWV(rq->mem, const struct field *, plan->ndefs);
	for (i = 0; i < plan->ndefs; i++) {
		if (field_def_read(rq, plan->old, json_object_array_get_idx(list, i),
			arena_printf(rq->mem, "fields[%zu]", i), &plan->defs[i]) < 0 ||
		    check_twice(plan, i) < 0)
			return -1;
	}
	return 0;
}

static int
find_target(struct ddl_plan *plan, const struct field_def *def, struct field *f)
{
	const struct snapshot *snap = plan->rq->snap;

	f->to = NULL;
	if (def->to == NULL)
		return 0;
	if (plan->old == NULL && strcmp(def->to, plan->c.slug) == 0)
		f->to = &plan->c;
	else
		f->to = snapshot_collection(snap, def->to);
	if (f->to == plan->old && plan->old != NULL)
		f->to = &plan->c;
	if (f->to == NULL)
		return fail_at(plan->rq, E_VALIDATION,
		    arena_printf(plan->rq->mem, "%s.to", def->path),
		    "%s.to: there is no collection \"%s\"; make it first", def->path, def->to);
	if (f->type == FIELD_RELATION)
		f->kind = f->to->pk->kind;
	return 0;
}

static int
refuse_adopted_keys(struct ddl_plan *plan, const struct field_def *def)
{
	if (!plan->c.adopted || (!def->unique && !def->indexed))
		return 0;
	return fail_at(plan->rq, E_VALIDATION, def->path,
	    "%s: an adopted table keeps the indexes it has; leave unique and indexed out",
	    def->path);
}

/* Room for all fields and, after them, the system columns. */
static int
make_room(struct ddl_plan *plan)
{
	size_t n = plan->old == NULL ? 0 : plan->old->nfields;

	for (size_t i = 0; i < plan->ndefs; i++)
		n += plan->defs[i].old == NULL;
	if (n > DDL_FIELDS_MAX)
		return fail_at(plan->rq, E_VALIDATION, "fields",
		    "fields: a collection has at most %d fields, this would make %zu",
		    DDL_FIELDS_MAX, n);
	plan->c.nfields = n;
	plan->fields = NEWV(plan->rq->mem, struct field, n + SYSTEM_MAX);
	plan->c.fields = plan->fields;
	if (plan->old != NULL)
		memcpy(plan->fields, plan->old->fields, plan->old->nfields * sizeof(struct field));
	return 0;
}

static void
keep_system(struct ddl_plan *plan)
{
	const struct collection *old = plan->old;
	struct collection *c = &plan->c;

	for (size_t i = 0; i < old->nsystem; i++) {
		const struct field *from = &old->fields[old->nfields + i];
		struct field *f = &plan->fields[c->nfields + i];

		*f = *from;
		f->index = (unsigned)(c->nfields + i);
		if (from == old->pk)
			c->pk = f;
		else if (from == old->owner)
			c->owner = f;
		else if (from == old->created)
			c->created = f;
		else if (from == old->updated)
			c->updated = f;
		else if (from == old->version)
			c->version = f;
	}
}

static int
plan_system(struct ddl_plan *plan)
{
	if (plan->old != NULL) {
		keep_system(plan);
		return plan->c.adopted ? ddl_adopt_columns(plan) : 0;
	}
	if (plan->c.adopted)
		return ddl_adopt_table(plan);
	plan->c.table = ident_table(plan->rq->snap->workspace_no, plan->c.no);
	collection_system_columns(&plan->c, plan->fields);
	return 0;
}

static struct field *
field_place(struct ddl_plan *plan, const struct field_def *def, size_t *next)
{
	struct field *f;

	if (def->old != NULL)
		return &plan->fields[def->old->index];
	f = &plan->fields[*next];
	f->index = (unsigned)(*next)++;
	f->no = ++plan->last_field_no;
	f->column = ident_column(f->no);
	uuid_new(f->id);
	return f;
}

static int
plan_fields(struct ddl_plan *plan)
{
	size_t next = plan->old == NULL ? 0 : plan->old->nfields;

	for (size_t i = 0; i < plan->ndefs; i++) {
		const struct field_def *def = &plan->defs[i];
		struct field *f = field_place(plan, def, &next);

		plan->defined[i] = f;
		if (refuse_adopted_keys(plan, def) < 0 || field_def_apply(plan->rq, def, f) < 0 ||
		    find_target(plan, def, f) < 0)
			return -1;
		if (plan->c.adopted && ddl_adopt_field(plan, def, f) < 0)
			return -1;
	}
	return 0;
}

/* A rule on rows is a condition like any other, but looks at the row alone. */
static bool
stays_in_row(const struct expr *expr)
{
	if (expr->kind == EXPR_LEAF && (expr->path.nhops > 0 || expr->nkids > 0))
		return false;
	for (size_t i = 0; i < expr->nkids; i++) {
		if (!stays_in_row(expr->kids[i]))
			return false;
	}
	return true;
}

static int
check_rule(struct ddl_plan *plan, const struct field_def *def)
{
	struct json_object *rule = json_in_get(json_in_get(def->json, "validation"), "rule");
	const char *path = arena_printf(plan->rq->mem, "%s.validation.rule", def->path);
	struct expr_scope scope = {
	    .rq = plan->rq,
	    .at = path,
	    .variables = true,
	    .unknown_text = "unknown field: %s",
	};
	struct expr *expr;

	if (rule == NULL)
		return 0;
	if (expr_parse(&scope, &plan->c, rule, &expr) < 0)
		return -1;
	if (stays_in_row(expr))
		return 0;
	return fail_at(
	    plan->rq, E_VALIDATION, path, "%s: can compare fields of the same row only", path);
}

static bool
is_sortable(const struct collection *c, const char *key)
{
	size_t len = strcspn(key, ".");
	const struct field *f = collection_field(c, key, len);

	if (f == NULL)
		return false;
	return key[len] == '.' ? f->type == FIELD_RELATION : f->kind != VALUE_JSON;
}

static int
check_sort(struct ddl_plan *plan)
{
	char **keys;
	size_t i, n;

	if (plan->c.default_sort == NULL)
		return 0;
	n = str_split(plan->rq->mem, plan->c.default_sort, ',', &keys);
	for (i = 0; i < n; i++) {
		const char *key = keys[i] + (keys[i][0] == '-');

		if (!is_sortable(&plan->c, key))
			return fail_at(
			    plan->rq, E_VALIDATION, "defaultSort", "Cannot sort on field: %s", key);
	}
	return 0;
}

static int
check_whole(struct ddl_plan *plan)
{
	for (size_t i = 0; i < plan->ndefs; i++) {
		if (check_rule(plan, &plan->defs[i]) < 0)
			return -1;
	}
	return check_sort(plan);
}

static const char *
iso_now(struct rq *rq)
{
	char *text = arena_alloc(rq->mem, CLOCK_TEXT_SIZE);

	clock_format(rq->now, text);
	return text;
}

int
ddl_plan(struct ddl_plan *plan)
{
	struct collection *c = &plan->c;

	if (plan->old != NULL) {
		*c = *plan->old;
	} else {
		uuid_new(c->id);
		c->tenant_scoped = true;
		c->adopted = pick_bool(plan->in->adopted, false);
		c->created_at = iso_now(plan->rq);
	}
	c->updated_at = iso_now(plan->rq);
	if (plan_attributes(plan) < 0 || read_defs(plan) < 0 || make_room(plan) < 0 ||
	    plan_system(plan) < 0 || plan_fields(plan) < 0)
		return -1;
	collection_name_fields(plan->rq->mem, c);
	if (ddl_plan_indexes(plan) < 0)
		return -1;
	return check_whole(plan);
}
