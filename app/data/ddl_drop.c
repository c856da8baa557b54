/* Taking away: collections, fields; and bringing archived collections back.  The catalogue goes
 * first, so that nobody starts to use what is about to go. */
#include <string.h>

#include "activity.h"
#include "arena.h"
#include "caller.h"
#include "ddl.h"
#include "ddl_catalogue.h"
#include "expr.h"
#include "journal.h"
#include "json_in.h"
#include "rq.h"
#include "str.h"

/* "orders.customer, visits.patient": the fields of others that point to c; NULL: none. */
static const char *
referrers(struct rq *rq, const struct collection *c)
{
	const struct snapshot *snap = rq->snap;
	struct buf names;

	buf_init(&names, rq->mem);
	for (size_t i = 0; i < snap->ncollections; i++) {
		const struct collection *other = &snap->collections[i];

		for (size_t j = 0; other != c && j < other->nfields; j++) {
			if (other->fields[j].to == c)
				buf_printf(&names, "%s%s.%s", names.len == 0 ? "" : ", ",
				    other->slug, other->fields[j].name);
		}
	}
	return names.len == 0 ? NULL : buf_text(&names);
}

static void
answer_drop(struct rq *rq, bool archived)
{
	out_object(&rq->out);
	out_kbool(&rq->out, "ok", true);
	out_kbool(&rq->out, "archived", archived);
	out_end(&rq->out);
}

static void
answer_ok(struct rq *rq)
{
	out_object(&rq->out);
	out_kbool(&rq->out, "ok", true);
	out_end(&rq->out);
}

/* Somebody else's table stays; only the collection is put away. */
static int
archive(struct rq *rq, const struct collection *c)
{
	if (ddl_raise_epoch(rq) < 0 ||
	    db_exec(rq,
		"UPDATE coffer_collection SET status = 'archived', archived_at = ?, updated_at = ?"
		" WHERE id = ?",
		bind_time(rq->now), bind_time(rq->now), B(c->id)) < 0)
		return -1;
	activity_note(rq, "schema.archive", c->slug, NULL, NULL);
	answer_drop(rq, true);
	return ddl_commit(rq);
}

static int
drop(struct rq *rq, const struct collection *c)
{
	struct journal journal = {
	    .after = {
		.workspace_no = rq->snap->workspace_no, .collection_no = c->no, .table = true}};
	const char *names = referrers(rq, c);

	if (names != NULL)
		return fail(rq, E_CONFLICT,
		    "\"%s\" is the target of relations: %s; drop those fields first", c->slug,
		    names);
	if (ddl_raise_epoch(rq) < 0 || journal_intend(rq, &journal, "drop", c, true) < 0 ||
	    db_exec(rq, "DELETE FROM coffer_collection WHERE id = ?", B(c->id)) < 0)
		return -1;
	activity_note(rq, "schema.drop", c->slug, NULL, NULL);
	answer_drop(rq, false);
	if (ddl_commit(rq) < 0 && journal_undo(rq, &journal))
		return -1;
	journal_clean(rq, &journal);
	return 0;
}

int
ddl_drop(struct rq *rq, const char *slug)
{
	const struct collection *c;

	if (journal_enter(rq, slug, &c) < 0)
		return -1;
	if (c->archived)
		return fail(rq, E_NOT_FOUND, "Collection not found");
	return c->adopted ? archive(rq, c) : drop(rq, c);
}

int
ddl_restore(struct rq *rq, const char *slug)
{
	const struct collection *c;

	if (journal_enter(rq, slug, &c) < 0 || ddl_raise_epoch(rq) < 0 ||
	    db_exec(rq,
		"UPDATE coffer_collection SET status = 'active', archived_at = NULL, updated_at = ?"
		" WHERE id = ?",
		bind_time(rq->now), B(c->id)) < 0 ||
	    ddl_seed_grants(rq, c) < 0)
		return -1;
	activity_note(rq, "schema.restore", c->slug, NULL, NULL);
	answer_ok(rq);
	return ddl_commit(rq);
}

static bool
is_sorted_by(struct rq *rq, const struct collection *c, const struct field *f)
{
	char **keys;
	size_t i, n, len;

	if (c->default_sort == NULL)
		return false;
	n = str_split(rq->mem, c->default_sort, ',', &keys);
	for (i = 0; i < n; i++) {
		const char *key = keys[i] + (keys[i][0] == '-');

		len = strcspn(key, ".");
		if (strlen(f->name) == len && strncmp(key, f->name, len) == 0)
			return true;
	}
	return false;
}

static bool
is_indexed_with(const struct collection *c, const struct field *f)
{
	for (size_t i = 0; i < c->nindexes; i++) {
		for (size_t j = 0; j < c->indexes[i].nfields; j++) {
			if (c->indexes[i].fields[j] == f)
				return true;
		}
	}
	return false;
}

static bool
mentions(const struct expr *expr, const struct field *f)
{
	if (expr->kind == EXPR_LEAF && expr->path.field == f)
		return true;
	for (size_t i = 0; i < expr->nvalues; i++) {
		if (expr->values[i].kind == EXPR_FIELD && expr->values[i].field == f)
			return true;
	}
	for (size_t i = 0; i < expr->nkids; i++) {
		if (mentions(expr->kids[i], f))
			return true;
	}
	return false;
}

/* The field whose validation rule looks at f, or NULL.  A rule that cannot be read is no obstacle.
 */
static const struct field *
ruled_with(struct rq *rq, const struct collection *c, const struct field *f)
{
	struct expr_scope scope = {
	    .rq = rq, .at = "rule", .variables = true, .unknown_text = "unknown field: %s"};

	for (size_t i = 0; i < c->nfields; i++) {
		const struct field *other = &c->fields[i];
		struct json_object *rule = json_in_get(other->validation, "rule");
		struct expr *expr;

		if (other == f || rule == NULL)
			continue;
		if (expr_parse(&scope, c, rule, &expr) < 0)
			rq->err = (struct err){0};
		else if (mentions(expr, f))
			return other;
	}
	return NULL;
}

static int
check_unused(struct rq *rq, const struct collection *c, const struct field *f)
{
	const struct field *other;

	if (is_indexed_with(c, f))
		return fail(rq, E_CONFLICT,
		    "field \"%s\" is part of a composite index; change the collection's indexes "
		    "first",
		    f->name);
	if (is_sorted_by(rq, c, f))
		return fail(rq, E_CONFLICT,
		    "field \"%s\" is part of the default sort; change defaultSort first", f->name);
	other = ruled_with(rq, c, f);
	if (other != NULL)
		return fail(rq, E_CONFLICT,
		    "field \"%s\" is part of the validation rule of \"%s\"; change that first",
		    f->name, other->name);
	return 0;
}

static int
find_field(struct rq *rq, const struct collection *c, const char *name, const struct field **f_r)
{
	if (c->archived)
		return fail(rq, E_NOT_FOUND, "Collection not found");
	*f_r = collection_field(c, name, strlen(name));
	if (*f_r == NULL)
		return fail(rq, E_NOT_FOUND, "Field not found");
	if ((*f_r)->system)
		return fail(
		    rq, E_VALIDATION, "\"%s\" is a system column and cannot be dropped", name);
	return check_unused(rq, c, *f_r);
}

static int
forget_field(struct rq *rq, const struct collection *c, const struct field *f)
{
	if (db_exec(rq, "DELETE FROM coffer_field WHERE id = ?", B(f->id)) < 0 ||
	    db_exec(rq, "UPDATE coffer_collection SET updated_at = ? WHERE id = ?",
		bind_time(rq->now), B(c->id)) < 0)
		return -1;
	activity_note(rq, "schema.drop_field", c->slug, NULL,
	    arena_printf(rq->mem, "{\"field\":\"%s\"}", f->name));
	answer_ok(rq);
	return ddl_commit(rq);
}

int
ddl_drop_field(struct rq *rq, const char *slug, const char *name)
{
	struct journal journal = {0};
	const struct collection *c;
	const struct field *f = NULL;

	if (journal_enter(rq, slug, &c) < 0 || find_field(rq, c, name, &f) < 0 ||
	    ddl_raise_epoch(rq) < 0)
		return -1;
	if (c->adopted)
		return forget_field(rq, c, f);
	journal.after.workspace_no = rq->snap->workspace_no;
	journal.after.collection_no = c->no;
	ddl_numbers_add(rq->mem, &journal.after.columns, f->no);
	if (journal_intend(rq, &journal, "drop-field", c, true) < 0)
		return -1;
	if (forget_field(rq, c, f) < 0 && journal_undo(rq, &journal))
		return -1;
	journal_clean(rq, &journal);
	return 0;
}
