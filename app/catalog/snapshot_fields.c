/* The fields of a snapshot's collections: declared ones, system columns, keys, names, indexes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "json_in.h"
#include "log.h"
#include "rq.h"
#include "snapshot_load.h"

enum { SYSTEM_MAX = 5, FIELDS_MAX = 512 - SYSTEM_MAX };

/* A field as its row says, and whose it is. */
struct field_draft {
	struct field f;
	size_t collection;
	const char *to_id;
	const char *physical_column;
};

/* A column of an adopted table, as MariaDB's own catalogue has it. */
struct column {
	const char *name;
	enum field_type type;
	const struct collation *collation; /* NULL: none, or ours */
};

struct columns {
	struct column *items;
	size_t n;
};

static int
broken(struct snapshot_loader *l, const char *collection, const char *name)
{
	log_error("field %s of collection %s in workspace %s cannot be read", name, collection,
	    l->snap->workspace_id);
	return fail(l->rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
}

static bool
is_set(const struct json_object *definition, const char *key)
{
	return json_object_get_boolean(json_in_get(definition, key));
}

/* Text of a choice, which may be given as another scalar. */
static const char *
choice_text(struct snapshot_loader *l, const struct json_object *node)
{
	const char *text = json_in_str(node);
	size_t len;

	if (text == NULL && node != NULL) {
		text = json_in_raw(node, &len);
		text = arena_strndup(l->mem, text, len);
	}
	return text;
}

/* options.choices, or options.values, of a dropdown. */
static void
read_choices(struct snapshot_loader *l, struct field *f)
{
	const char *interface = json_in_str(json_in_get(f->definition, "interface"));
	const struct json_object *options = json_in_get(f->definition, "options"), *list, *item;
	struct field_choice *choices;
	size_t n, i;

	if (interface == NULL || strcmp(interface, "dropdown") != 0)
		return;
	list = json_in_get(options, json_in_has(options, "choices") ? "choices" : "values");
	n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	choices = NEWV(l->mem, struct field_choice, n);
	for (i = 0; i < n; i++) {
		item = json_object_array_get_idx(list, i);
		if (json_object_is_type(item, json_type_object)) {
			choices[i].label = json_in_str(json_in_get(item, "label"));
			item = json_in_get(item, "value");
		}
		choices[i].value = choice_text(l, item);
		if (choices[i].value != NULL)
			choices[f->nchoices++] = choices[i];
	}
	f->choices = choices;
}

static bool
read_definition(struct snapshot_loader *l, struct field *f)
{
	struct json_object *definition;

	if (!snapshot_json(l, f->definition_text, "the definition of a field", &definition))
		return false;
	f->definition = definition;
	f->required = is_set(definition, "required");
	f->unique = is_set(definition, "unique");
	f->indexed = is_set(definition, "indexed") || f->type == FIELD_RELATION;
	f->validation = json_in_get(definition, "validation");
	f->default_value = json_in_get(definition, "default");
	f->to_slug = json_in_str(json_in_get(definition, "to"));
	read_choices(l, f);
	return true;
}

static bool
read_field(struct snapshot_loader *l, const struct rows *rows, struct field_draft *d)
{
	struct field *f = &d->f;

	memcpy(f->id, rows_text(rows, 1, NULL), UUID_TEXT_SIZE);
	f->no = (uint32_t)rows_int(rows, 2);
	f->name = f->wire_name = snapshot_text(l, rows, 3);
	f->type = field_type_find(rows_text(rows, 4, NULL));
	d->to_id = rows_dup(rows, 5);
	f->definition_text = snapshot_text(l, rows, 6);
	d->physical_column = rows_dup(rows, 7);
	if (f->type == FIELD__MAX)
		return false;
	f->kind = field_types[f->type].kind;
	return read_definition(l, f);
}

/* The index of the collection; both lists are in the order of slugs. */
static size_t
advance(const struct snapshot_loader *l, size_t i, const char *collection_id)
{
	while (i < l->snap->ncollections && strcmp(l->collections[i].id, collection_id) != 0)
		i++;
	return i;
}

static int
load_declared(struct snapshot_loader *l, struct snapshot_list *drafts)
{
	struct rows *rows;
	struct field_draft *d;
	size_t i = 0;
	int more;

	if (db_query(l->rq, &rows,
		"SELECT f.collection_id, f.id, f.no, f.name, f.type, f.to_collection_id, "
		"f.definition,"
		" f.physical_column FROM coffer_collection c"
		" JOIN coffer_field f ON f.collection_id = c.id"
		" WHERE c.workspace_id = ? ORDER BY c.slug, f.position, f.no",
		B(l->snap->workspace_id)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		d = snapshot_list_add(l->rq->mem, drafts, sizeof(*d));
		i = advance(l, i, rows_text(rows, 0, NULL));
		d->collection = i;
		if (i == l->snap->ncollections || !read_field(l, rows, d))
			return broken(l, rows_text(rows, 0, NULL), rows_text(rows, 3, NULL));
	}
	return more;
}

static enum field_type
type_of_column(const char *data_type)
{
	static const struct {
		const char *name;
		enum field_type type;
	} types[] = {
	    {"bigint", FIELD_INTEGER},
	    {"int", FIELD_INTEGER},
	    {"mediumint", FIELD_INTEGER},
	    {"smallint", FIELD_INTEGER},
	    {"tinyint", FIELD_INTEGER},
	    {"year", FIELD_INTEGER},
	    {"decimal", FIELD_NUMBER},
	    {"double", FIELD_NUMBER},
	    {"float", FIELD_NUMBER},
	    {"date", FIELD_TIMESTAMP},
	    {"datetime", FIELD_TIMESTAMP},
	    {"timestamp", FIELD_TIMESTAMP},
	    {"uuid", FIELD_UUID},
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcasecmp(types[i].name, data_type) == 0)
			return types[i].type;
	}
	return FIELD_TEXT;
}

static const struct collation *
make_collation(struct snapshot_loader *l, const char *charset, const char *name)
{
	struct collation *collation;

	if (charset == NULL || name == NULL || strcmp(name, "utf8mb4_nopad_bin") == 0)
		return NULL;
	collation = NEW(l->mem, struct collation);
	collation->charset = ident_existing(charset);
	collation->name = ident_existing(name);
	return collation;
}

/* The columns of an adopted table; none if it is gone. */
static int
load_columns(struct snapshot_loader *l, const struct collection *c, struct columns *columns)
{
	struct snapshot_list list = {0};
	struct rows *rows;
	struct column *column;
	int more;

	if (db_query(l->rq, &rows,
		"SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME, COLLATION_NAME"
		" FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = "
		"?",
		B(c->physical_table)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		column = snapshot_list_add(l->rq->mem, &list, sizeof(*column));
		column->name = rows_dup(rows, 0);
		column->type = type_of_column(rows_text(rows, 1, NULL));
		column->collation =
		    make_collation(l, rows_text(rows, 2, NULL), rows_text(rows, 3, NULL));
	}
	columns->items = list.items;
	columns->n = list.n;
	return more;
}

static const struct column *
find_column(const struct columns *columns, const char *name)
{
	size_t i;

	for (i = 0; i < columns->n; i++) {
		if (strcasecmp(columns->items[i].name, name) == 0)
			return &columns->items[i];
	}
	return NULL;
}

static struct field *
add_system(struct collection *c, struct field *fields, const char *name, const char *wire_name)
{
	struct field *f = &fields[c->nfields + c->nsystem];

	f->index = (unsigned)(c->nfields + c->nsystem++);
	f->name = name;
	f->wire_name = wire_name;
	f->system = true;
	return f;
}

static struct field *
add_managed(struct collection *c, struct field *fields, const char *name, const char *wire_name,
    enum field_type type)
{
	struct field *f = add_system(c, fields, name, wire_name);

	f->type = type;
	f->kind = field_types[type].kind;
	f->indexed = type == FIELD_UUID;
	return f;
}

void
collection_system_columns(struct collection *c, struct field *fields)
{
	struct field *f = add_managed(c, fields, "id", "id", FIELD_UUID);

	f->column = ident_literal("id");
	f->unique = true;
	c->pk = f;
	f = add_managed(c, fields, "owner_id", "ownerId", FIELD_UUID);
	f->column = ident_literal("owner_id");
	c->owner = f;
	f = add_managed(c, fields, "created_at", "createdAt", FIELD_TIMESTAMP);
	f->column = ident_literal("created_at");
	f->indexed = true;
	c->created = f;
	f = add_managed(c, fields, "updated_at", "updatedAt", FIELD_TIMESTAMP);
	f->column = ident_literal("updated_at");
	c->updated = f;
	f = add_managed(c, fields, "version", "version", FIELD_INTEGER);
	f->column = ident_literal("version");
	c->version = f;
}

static const struct field *
add_adopted(struct collection *c, struct field *fields, const struct columns *columns,
    const char *physical, const char *const names[2])
{
	const struct column *column;
	struct field *f;

	if (physical == NULL)
		return NULL;
	f = add_system(c, fields, names[0], names[1]);
	column = find_column(columns, physical);
	f->type = column != NULL ? column->type : FIELD_TEXT;
	f->kind = field_types[f->type].kind;
	f->collation = column != NULL ? column->collation : NULL;
	f->column = ident_existing(physical);
	return f;
}

static void
add_adopted_columns(struct collection *c, struct field *fields, const struct columns *columns,
    const struct snapshot_draft *d)
{
	static const char *const id[] = {"id", "id"}, *const owner[] = {"owner_id", "ownerId"},
				 *const created[] = {"created_at", "createdAt"},
				 *const updated[] = {"updated_at", "updatedAt"};

	c->pk = add_adopted(c, fields, columns, d->pk_column != NULL ? d->pk_column : "id", id);
	c->owner = add_adopted(c, fields, columns, d->owner_column, owner);
	c->created = add_adopted(c, fields, columns, d->created_column, created);
	c->updated = add_adopted(c, fields, columns, d->updated_column, updated);
	fields[c->pk->index].unique = fields[c->pk->index].indexed = true;
}

static void
place_declared(struct collection *c, struct field *fields, const struct field_draft *drafts,
    const struct columns *columns)
{
	const struct column *column;
	const char *physical;
	size_t i;

	for (i = 0; i < c->nfields; i++) {
		fields[i] = drafts[i].f;
		fields[i].index = (unsigned)i;
		if (!c->adopted) {
			fields[i].column = ident_column(fields[i].no);
			continue;
		}
		physical = drafts[i].physical_column;
		physical = physical != NULL ? physical : fields[i].name;
		fields[i].column = ident_existing(physical);
		column = find_column(columns, physical);
		if (column != NULL &&
		    (fields[i].kind == VALUE_TEXT || fields[i].type == FIELD_RELATION))
			fields[i].collation = column->collation;
	}
}

static int
compare_names(const void *a, const void *b)
{
	const struct field_name *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order != 0 ? order : (int)left->field->index - (int)right->field->index;
}

void
collection_name_fields(struct arena *mem, struct collection *c)
{
	size_t n = c->nfields + c->nsystem, i, kept = 0;
	struct field_name *names = NEWV(mem, struct field_name, n + c->nsystem);

	for (i = 0; i < n; i++)
		names[i] = (struct field_name){c->fields[i].name, &c->fields[i]};
	for (i = 0; i < c->nsystem; i++)
		names[n + i] = (struct field_name){
		    c->fields[c->nfields + i].wire_name, &c->fields[c->nfields + i]};
	qsort(names, n + c->nsystem, sizeof(*names), compare_names);
	for (i = 0; i < n + c->nsystem; i++) {
		if (kept == 0 || strcmp(names[kept - 1].text, names[i].text) != 0)
			names[kept++] = names[i];
	}
	c->names = names;
	c->nnames = kept;
}

/* Give collection i its n declared fields and its system columns. */
static int
fill(struct snapshot_loader *l, size_t i, const struct field_draft *drafts, size_t n)
{
	struct collection *c = &l->collections[i];
	struct field *fields = NEWV(l->mem, struct field, n + SYSTEM_MAX);
	struct columns columns = {0};

	if (n > FIELDS_MAX)
		return broken(l, c->slug, drafts[FIELDS_MAX].f.name);
	if (c->adopted && load_columns(l, c, &columns) < 0)
		return -1;
	l->drafts[i].fields = fields;
	c->fields = fields;
	c->nfields = n;
	place_declared(c, fields, drafts, &columns);
	if (c->adopted)
		add_adopted_columns(c, fields, &columns, &l->drafts[i]);
	else
		collection_system_columns(c, fields);
	collection_name_fields(l->mem, c);
	return 0;
}

/* Point a relation at its target; only now it is known what its column holds. */
static void
link_relation(struct snapshot_loader *l, struct field *f, const char *to_id)
{
	f->to = to_id != NULL ? snapshot_collection_by_id(l->snap, to_id) : NULL;
	if (f->to != NULL) {
		f->to_slug = f->to->slug;
		if (f->type == FIELD_RELATION)
			f->kind = f->to->pk->kind;
	}
	if (f->kind != VALUE_TEXT)
		f->collation = NULL;
}

/* Once every collection has its key. */
static void
link_relations(struct snapshot_loader *l, const struct field_draft *drafts)
{
	size_t i, j;

	for (i = 0; i < l->snap->ncollections; i++) {
		for (j = 0; j < l->collections[i].nfields; j++, drafts++)
			link_relation(l, &l->drafts[i].fields[j], drafts->to_id);
	}
}

static const struct field *
field_by_id(const struct collection *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->nfields; i++) {
		if (strcmp(c->fields[i].id, id) == 0)
			return &c->fields[i];
	}
	return collection_field(c, id, strlen(id));
}

static bool
read_index(struct snapshot_loader *l, const struct collection *c, struct json_object *node,
    struct collection_index *index)
{
	struct json_object *list = json_in_get(node, "fields");
	const char *id;
	int64_t no;
	size_t i;

	if (!json_in_int(json_in_get(node, "no"), &no) ||
	    !json_object_is_type(list, json_type_array))
		return false;
	index->no = (unsigned)no;
	index->unique = is_set(node, "unique");
	index->nfields = json_object_array_length(list);
	index->fields = NEWV(l->mem, const struct field *, index->nfields);
	for (i = 0; i < index->nfields; i++) {
		id = json_in_str(json_object_array_get_idx(list, i));
		index->fields[i] = id != NULL ? field_by_id(c, id) : NULL;
		if (index->fields[i] == NULL)
			return false;
	}
	return index->nfields > 0;
}

static int
read_indexes(struct snapshot_loader *l, struct collection *c, const char *text)
{
	struct collection_index *indexes;
	struct json_object *list;
	size_t n, i;

	if (text == NULL)
		return 0;
	if (!snapshot_json(l, text, "the indexes of a collection", &list))
		return broken(l, c->slug, "indexes");
	n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	indexes = NEWV(l->mem, struct collection_index, n);
	for (i = 0; i < n; i++)
		c->nindexes +=
		    read_index(l, c, json_object_array_get_idx(list, i), &indexes[c->nindexes]);
	c->indexes = indexes;
	return 0;
}

int
snapshot_load_fields(struct snapshot_loader *l)
{
	struct snapshot_list list = {0};
	const struct field_draft *drafts;
	size_t first = 0, end = 0, i;

	if (load_declared(l, &list) < 0)
		return -1;
	drafts = list.items;
	for (i = 0; i < l->snap->ncollections; i++, first = end) {
		while (end < list.n && drafts[end].collection == i)
			end++;
		if (fill(l, i, end > 0 ? drafts + first : NULL, end - first) < 0 ||
		    read_indexes(l, &l->collections[i], l->drafts[i].indexes) < 0)
			return -1;
	}
	link_relations(l, drafts);
	return 0;
}
