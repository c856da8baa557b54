/* Loading a workspace in one read view: collections, roles, grants, settings. */
#include "snapshot_load.h"

#include <string.h>

#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "json_in.h"
#include "log.h"
#include "rq.h"

enum { FIELD_WORDS = 8 };

void *
snapshot_list_add(struct arena *mem, struct snapshot_list *list, size_t size)
{
	size_t cap = list->cap == 0 ? 16 : 2 * list->cap;

	if (list->n == list->cap) {
		list->items = arena_grow(mem, list->items, list->cap * size, cap * size);
		list->cap = cap;
	}
	return (char *)list->items + size * list->n++;
}

/* The items of a list, moved to where they stay. */
static void *
settle(const struct snapshot_loader *l, const struct snapshot_list *list, size_t size)
{
	void *items = arena_alloc(l->mem, list->n * size);

	if (list->n > 0)
		memcpy(items, list->items, list->n * size);
	return items;
}

const char *
snapshot_text(struct snapshot_loader *l, const struct rows *rows, size_t column)
{
	size_t len;
	const char *text = rows_text(rows, column, &len);

	return text != NULL ? arena_strndup(l->mem, text, len) : NULL;
}

bool
snapshot_json(
    struct snapshot_loader *l, const char *text, const char *what, struct json_object **node_r)
{
	struct err err = {0};
	size_t len = strlen(text);

	l->json_bytes += len;
	if (json_in_parse(l->mem, &err, text, len, node_r) == 0)
		return true;
	log_error("%s of workspace %s is not JSON: %s", what, l->snap->workspace_id, err.message);
	return false;
}

static void
copy_id(char to[UUID_TEXT_SIZE], const struct rows *rows, size_t column)
{
	size_t len;
	const char *id = rows_text(rows, column, &len);

	if (id != NULL && len < UUID_TEXT_SIZE)
		memcpy(to, id, len);
}

static const char *
time_text(struct snapshot_loader *l, const struct rows *rows, size_t column)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(rows_time(rows, column), text);
	return arena_strdup(l->mem, text);
}

static int
load_workspace(struct snapshot_loader *l)
{
	struct snapshot *snap = l->snap;
	struct rows *rows;
	int found;

	if (db_query(l->rq, &rows, "SELECT id, no, slug, epoch FROM coffer_workspace WHERE id = ?",
		B(l->rq->caller->workspace_id)) < 0)
		return -1;
	found = rows_next(rows);
	if (found < 0)
		return -1;
	if (!found)
		return fail(l->rq, E_RETRY, "the workspace is gone");
	copy_id(snap->workspace_id, rows, 0);
	snap->workspace_no = (uint32_t)rows_int(rows, 1);
	snap->workspace_slug = snapshot_text(l, rows, 2);
	snap->epoch = (uint64_t)rows_int(rows, 3);
	return 0;
}

static void
read_texts(struct snapshot_loader *l, const struct rows *rows, struct collection *c)
{
	const char **texts[] = {&c->slug, &c->singular, &c->plural, &c->note, &c->display_template,
	    &c->vectorize_model, &c->default_sort};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = snapshot_text(l, rows, 2 + i);
}

static void
read_columns(struct snapshot_loader *l, const struct rows *rows, struct snapshot_draft *d)
{
	struct collection *c = &d->c;

	if (!c->adopted) {
		c->table = ident_table(l->snap->workspace_no, c->no);
		return;
	}
	c->physical_table = snapshot_text(l, rows, 17);
	c->table = ident_existing(c->physical_table);
	d->pk_column = snapshot_text(l, rows, 18);
	d->created_column = snapshot_text(l, rows, 19);
	d->updated_column = snapshot_text(l, rows, 20);
	d->owner_column = snapshot_text(l, rows, 21);
	c->owner_in_side_table = d->owner_column == NULL;
}

static void
read_collection(struct snapshot_loader *l, const struct rows *rows, struct snapshot_draft *d)
{
	struct collection *c = &d->c;

	copy_id(c->id, rows, 0);
	c->no = (uint32_t)rows_int(rows, 1);
	read_texts(l, rows, c);
	c->owner_scoped = rows_int(rows, 9) != 0;
	c->tenant_scoped = rows_int(rows, 10) != 0;
	c->versioned = rows_int(rows, 11) != 0;
	c->vectorize = rows_int(rows, 12) != 0;
	c->adopted = rows_int(rows, 13) != 0;
	c->archived = rows_int(rows, 14) != 0;
	c->created_at = time_text(l, rows, 15);
	c->updated_at = time_text(l, rows, 16);
	read_columns(l, rows, d);
	d->indexes = snapshot_text(l, rows, 22);
}

static int
load_collections(struct snapshot_loader *l)
{
	struct snapshot_list drafts = {0};
	struct rows *rows;
	size_t i;
	int more;

	if (db_query(l->rq, &rows,
		"SELECT id, no, slug, singular, plural, note, display_template, vectorize_model,"
		" default_sort, owner_scoped, tenant_scoped, versioned, vectorize, adopted,"
		" status = 'archived', created_at, updated_at, physical_table, pk_column,"
		" created_at_column, updated_at_column, owner_id_column, indexes"
		" FROM coffer_collection WHERE workspace_id = ? ORDER BY slug",
		B(l->rq->caller->workspace_id)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0)
		read_collection(
		    l, rows, snapshot_list_add(l->rq->mem, &drafts, sizeof(struct snapshot_draft)));
	if (more < 0)
		return -1;
	l->drafts = drafts.items;
	l->collections = NEWV(l->mem, struct collection, drafts.n);
	for (i = 0; i < drafts.n; i++)
		l->collections[i] = l->drafts[i].c;
	l->snap->collections = l->collections;
	l->snap->ncollections = drafts.n;
	return 0;
}

static int
load_roles(struct snapshot_loader *l)
{
	struct snapshot_list roles = {0};
	struct rows *rows;
	struct role *role;
	int more;

	if (db_query(l->rq, &rows,
		"SELECT id, name, description, is_admin, is_system FROM coffer_role"
		" WHERE workspace_id = ? ORDER BY id",
		B(l->rq->caller->workspace_id)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		role = snapshot_list_add(l->rq->mem, &roles, sizeof(*role));
		copy_id(role->id, rows, 0);
		role->name = snapshot_text(l, rows, 1);
		role->description = snapshot_text(l, rows, 2);
		role->is_admin = rows_int(rows, 3) != 0;
		role->is_system = rows_int(rows, 4) != 0;
	}
	l->snap->roles = settle(l, &roles, sizeof(*role));
	l->snap->nroles = roles.n;
	return more;
}

/* A part of a grant that is an object; {} is the same as none. */
static bool
grant_object(struct snapshot_loader *l, const char *text, const char *what,
    const struct json_object **node_r)
{
	struct json_object *node = NULL;

	if (text == NULL)
		return true;
	if (!snapshot_json(l, text, what, &node) || !json_object_is_type(node, json_type_object))
		return false;
	if (json_object_object_length(node) > 0)
		*node_r = node;
	return true;
}

static void
set_field(uint64_t *bits, const struct collection *c, const char *id)
{
	size_t i;

	for (i = 0; c != NULL && id != NULL && i < c->nfields; i++) {
		if (strcmp(c->fields[i].id, id) == 0)
			bits_set(bits, c->fields[i].index);
	}
}

/* The field list; ids of fields that are gone are left out. */
static bool
grant_fields(struct snapshot_loader *l, const char *text, struct grant *grant)
{
	struct json_object *ids = NULL;
	uint64_t *bits;
	size_t i;

	if (text == NULL)
		return true;
	if (!snapshot_json(l, text, "a field list", &ids) ||
	    !json_object_is_type(ids, json_type_array))
		return false;
	bits = NEWV(l->mem, uint64_t, FIELD_WORDS);
	for (i = 0; i < json_object_array_length(ids); i++)
		set_field(bits, grant->collection, json_in_str(json_object_array_get_idx(ids, i)));
	grant->fields = bits;
	return true;
}

/* false: the grant gives nothing. */
static bool
read_grant(struct snapshot_loader *l, const struct rows *rows, struct grant *grant)
{
	const char *collection_id = rows_text(rows, 2, NULL);

	*grant = (struct grant){.role = snapshot_role(l->snap, rows_text(rows, 1, NULL))};
	copy_id(grant->id, rows, 0);
	if (collection_id != NULL)
		grant->collection = snapshot_collection_by_id(l->snap, collection_id);
	else
		grant->system_name = snapshot_text(l, rows, 3);
	grant->action = action_find(rows_text(rows, 4, NULL));
	if (grant->role == NULL || grant->action == ACTION__MAX ||
	    (grant->collection == NULL && grant->system_name == NULL))
		return false;
	grant->rule_text = snapshot_text(l, rows, 5);
	return grant_object(l, grant->rule_text, "the rule of a grant", &grant->rule) &&
	       grant_fields(l, snapshot_text(l, rows, 6), grant) &&
	       grant_object(l, snapshot_text(l, rows, 7), "a grant's presets", &grant->presets);
}

static int
load_grants(struct snapshot_loader *l)
{
	struct snapshot_list grants = {0};
	struct rows *rows;
	int more;

	if (db_query(l->rq, &rows,
		"SELECT id, role_id, collection_id, system_name, action, rule, field_ids, presets"
		" FROM coffer_grant WHERE workspace_id = ? ORDER BY id",
		B(l->rq->caller->workspace_id)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		if (!read_grant(
			l, rows, snapshot_list_add(l->rq->mem, &grants, sizeof(struct grant))))
			grants.n--;
	}
	l->snap->grants = settle(l, &grants, sizeof(struct grant));
	l->snap->ngrants = grants.n;
	return more;
}

static int
load_settings(struct snapshot_loader *l)
{
	struct json_object *settings;
	struct rows *rows;
	struct out out;
	int more;

	if (db_query(l->rq, &rows, "SELECT name, value FROM coffer_setting WHERE workspace_id = ?",
		B(l->rq->caller->workspace_id)) < 0)
		return -1;
	out_init(&out, l->mem);
	out_object(&out);
	while ((more = rows_next(rows)) > 0)
		out_kraw(&out, rows_text(rows, 0, NULL), rows_text(rows, 1, NULL));
	out_end(&out);
	if (more < 0)
		return -1;
	if (!snapshot_json(l, buf_text(&out.buf), "the settings", &settings))
		return fail(l->rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
	l->snap->settings = settings;
	return 0;
}

int
snapshot_load(struct rq *rq, struct arena *mem, struct snapshot *snap, size_t *json_bytes_r)
{
	struct snapshot_loader l = {.rq = rq, .mem = mem, .snap = snap};
	struct arena_mark mark = arena_mark(rq->mem);

	snap->mem = mem;
	if (load_workspace(&l) < 0 || load_collections(&l) < 0 || snapshot_load_fields(&l) < 0 ||
	    load_roles(&l) < 0 || load_grants(&l) < 0 || load_settings(&l) < 0)
		return -1;
	arena_release(rq->mem, mark);
	*json_bytes_r = l.json_bytes;
	return 0;
}
