/* The catalogue's side of a change of shape. */
#include "ddl_catalogue.h"

#include <string.h>

#include "arena.h"
#include "caller.h"
#include "ddl.h"
#include "rq.h"

enum { DUPLICATE_KEY = 1062 };

static const char own_rows[] = "{\"owner_id\":{\"_eq\":\"$user.id\"}}";

int
ddl_raise_epoch(struct rq *rq)
{
	return db_exec(rq, "UPDATE coffer_workspace SET epoch = epoch + 1 WHERE id = ?",
	    B(rq->caller->workspace_id));
}

/* Collections have one key that callers fill: their slug. */
static int
slug_failed(struct rq *rq)
{
	if (db_errno(rq->db) != DUPLICATE_KEY)
		return -1;
	rq->err = (struct err){0};
	return fail(rq, E_CONFLICT, "Slug already exists");
}

static int
add_field(const struct ddl_plan *plan, const struct field *f)
{
	const char *physical = NULL;

	if (plan->c.adopted)
		physical = ddl_adopt_name(plan, f->name);
	return db_exec(plan->rq,
	    "INSERT INTO coffer_field (id, collection_id, no, position, name, type, "
	    "to_collection_id,"
	    " definition, physical_column) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    B(f->id), B(plan->c.id), B(f->no), B(f->no), B(f->name), B(field_types[f->type].name),
	    B(f->to == NULL ? (const char *)NULL : f->to->id), B(f->definition_text), B(physical));
}

static int
write_fields(const struct ddl_plan *plan)
{
	for (size_t i = 0; i < plan->ndefs; i++) {
		const struct field *f = plan->defined[i];
		int status;

		if (plan->defs[i].old == NULL)
			status = add_field(plan, f);
		else
			status =
			    db_exec(plan->rq, "UPDATE coffer_field SET definition = ? WHERE id = ?",
				B(f->definition_text), B(f->id));
		if (status < 0)
			return -1;
	}
	return 0;
}

int
ddl_catalogue_add(const struct ddl_plan *plan)
{
	const struct collection *c = &plan->c;
	struct rq *rq = plan->rq;

	if (db_exec(rq,
		"INSERT INTO coffer_collection (id, workspace_id, no, slug, singular, plural, note,"
		" display_template, owner_scoped, tenant_scoped, versioned, vectorize,"
		" vectorize_model, default_sort, indexes, last_field_no, last_index_no, adopted,"
		" physical_table, pk_column, created_at_column, updated_at_column, owner_id_column,"
		" created_at, updated_at)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?)",
		B(c->id), B(rq->caller->workspace_id), B(c->no), B(c->slug), B(c->singular),
		B(c->plural), B(c->note), B(c->display_template), B(c->owner_scoped),
		B(c->tenant_scoped), B(c->versioned), B(c->vectorize), B(c->vectorize_model),
		B(c->default_sort), B(ddl_index_text(plan)), B(plan->last_field_no),
		B(plan->last_index_no), B(c->adopted), B(c->physical_table), B(plan->pk_column),
		B(plan->created_column), B(plan->updated_column), B(plan->owner_column),
		bind_time(rq->now), bind_time(rq->now)) < 0)
		return slug_failed(rq);
	return write_fields(plan);
}

/* Definitions elsewhere name their target by its slug. */
static int
retarget_fields(const struct ddl_plan *plan)
{
	struct rq *rq = plan->rq;
	struct rows *rows;
	int more;

	if (db_query(rq, &rows,
		"SELECT id, definition FROM coffer_field WHERE to_collection_id = ? FOR UPDATE",
		B(plan->c.id)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		const char *text = field_def_retarget(rq, rows_text(rows, 1, NULL), plan->c.slug);

		if (text == NULL ||
		    db_exec(rq, "UPDATE coffer_field SET definition = ? WHERE id = ?", B(text),
			B(rows_text(rows, 0, NULL))) < 0)
			return -1;
	}
	return more;
}

int
ddl_catalogue_change(const struct ddl_plan *plan)
{
	const struct collection *c = &plan->c;
	struct rq *rq = plan->rq;

	if (db_exec(rq,
		"UPDATE coffer_collection SET slug = ?, singular = ?, plural = ?, note = ?,"
		" display_template = ?, owner_scoped = ?, tenant_scoped = ?, versioned = ?,"
		" vectorize = ?, vectorize_model = ?, default_sort = ?, indexes = ?,"
		" updated_at = ? WHERE id = ?",
		B(c->slug), B(c->singular), B(c->plural), B(c->note), B(c->display_template),
		B(c->owner_scoped), B(c->tenant_scoped), B(c->versioned), B(c->vectorize),
		B(c->vectorize_model), B(c->default_sort), B(ddl_index_text(plan)),
		bind_time(rq->now), B(c->id)) < 0)
		return slug_failed(rq);
	if (write_fields(plan) < 0)
		return -1;
	return strcmp(c->slug, plan->old->slug) == 0 ? 0 : retarget_fields(plan);
}

int
ddl_catalogue_count(const struct ddl_plan *plan)
{
	return db_exec(plan->rq,
	    "UPDATE coffer_collection SET last_field_no = ?, last_index_no = ? WHERE id = ?",
	    B(plan->last_field_no), B(plan->last_index_no), B(plan->c.id));
}

static bool
is_granted(
    const struct rq *rq, const struct role *role, const char *collection_id, enum action action)
{
	for (size_t i = 0; i < rq->snap->ngrants; i++) {
		const struct grant *grant = &rq->snap->grants[i];

		if (grant->role == role && grant->action == action && grant->collection != NULL &&
		    strcmp(grant->collection->id, collection_id) == 0)
			return true;
	}
	return false;
}

int
ddl_seed_grants(struct rq *rq, const struct collection *c)
{
	const struct role *role = snapshot_role_by_name(rq->snap, "authenticated");
	enum action action;

	if (!c->owner_scoped || role == NULL)
		return 0;
	for (action = 0; action < ACTION__MAX; action++) {
		char id[UUID_TEXT_SIZE];

		if (is_granted(rq, role, c->id, action))
			continue;
		uuid_new(id);
		if (db_exec(rq,
			"INSERT INTO coffer_grant (id, workspace_id, role_id, collection_id, "
			"action, rule,"
			" created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			B(id), B(rq->caller->workspace_id), B(role->id), B(c->id),
			B(action_names[action]),
			B(action == ACTION_CREATE ? (const char *)NULL : own_rows),
			bind_time(rq->now)) < 0)
			return -1;
	}
	return 0;
}

int
ddl_commit(struct rq *rq)
{
	if (rq->finish != NULL && rq->finish(rq) < 0)
		return -1;
	return db_commit(rq);
}
