#ifndef COFFER_TEST_SHAPE_H
#define COFFER_TEST_SHAPE_H

/*
 * The collections that tests of conditions speak of, built in memory: every type of field,
 * relations in a row, an adopted table, and what a reader may not see.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expr.h"
#include "rq.h"
#include "snapshot.h"

enum { SHAPE_FIELDS_MAX = 24, SHAPE_SYSTEM = 5 };

/* A field and, for relations, the slug of the target; the table ends with name NULL. */
struct shape_field {
	const char *name;
	enum field_type type;
	const char *to;
};

struct shape_collection {
	const char *slug;
	struct shape_field fields[SHAPE_FIELDS_MAX];
};

static const struct shape_collection shape_declared[] = {
    {"thing",
	{
	    {"title", FIELD_TEXT, NULL},
	    {"label", FIELD_TEXT, NULL},
	    {"body", FIELD_LONGTEXT, NULL},
	    {"views", FIELD_INTEGER, NULL},
	    {"likes", FIELD_INTEGER, NULL},
	    {"price", FIELD_NUMBER, NULL},
	    {"live", FIELD_BOOLEAN, NULL},
	    {"open", FIELD_BOOLEAN, NULL},
	    {"meta", FIELD_JSON, NULL},
	    {"at", FIELD_TIMESTAMP, NULL},
	    {"until", FIELD_TIMESTAMP, NULL},
	    {"ref", FIELD_UUID, NULL},
	    {"owner", FIELD_RELATION, "person"},
	    {"keeper", FIELD_RELATION, "person"},
	    {"tags", FIELD_RELATION_MANY, "tag"},
	    {"pic", FIELD_FILE, NULL},
	    {"names", FIELD_I18N_TEXT, NULL},
	    {"secret", FIELD_TEXT, NULL},
	    {"safe", FIELD_RELATION, "vault"},
	    {"vaults", FIELD_RELATION_MANY, "vault"},
	    {"gone", FIELD_RELATION, NULL},
	    {"post", FIELD_RELATION, "legacy"},
	}},
    {"person",
	{
	    {"name", FIELD_TEXT, NULL},
	    {"age", FIELD_INTEGER, NULL},
	    {"home", FIELD_RELATION, "place"},
	    {"boss", FIELD_RELATION, "person"},
	    {"pin", FIELD_TEXT, NULL},
	}},
    {"place",
	{
	    {"name", FIELD_TEXT, NULL},
	    {"country", FIELD_RELATION, "country"},
	    {"guides", FIELD_RELATION_MANY, "person"},
	}},
    {"country",
	{
	    {"code", FIELD_TEXT, NULL},
	    {"leader", FIELD_RELATION, "person"},
	}},
    {"tag",
	{
	    {"name", FIELD_TEXT, NULL},
	    {"weight", FIELD_INTEGER, NULL},
	    {"place", FIELD_RELATION, "place"},
	}},
    {"vault", {{"data", FIELD_TEXT, NULL}}},
    {"legacy", {{"heading", FIELD_TEXT, NULL}, {"latin", FIELD_TEXT, NULL}}},
};

enum { SHAPE_COLLECTIONS = sizeof(shape_declared) / sizeof(shape_declared[0]) };

struct shape {
	struct collection collections[SHAPE_COLLECTIONS];
	struct field fields[SHAPE_COLLECTIONS][SHAPE_FIELDS_MAX + SHAPE_SYSTEM];
	struct field_name names[SHAPE_COLLECTIONS][SHAPE_FIELDS_MAX + 2 * SHAPE_SYSTEM];
};

static inline const struct collection *
shape_find(const struct shape *shape, const char *slug)
{
	for (size_t i = 0; slug != NULL && i < SHAPE_COLLECTIONS; i++) {
		if (strcmp(shape->collections[i].slug, slug) == 0)
			return &shape->collections[i];
	}
	return NULL;
}

static inline int
shape_order(const void *a, const void *b)
{
	return strcmp(((const struct field_name *)a)->text, ((const struct field_name *)b)->text);
}

static inline void
shape_name(struct shape *shape, size_t i, const char *text, const struct field *f)
{
	struct collection *c = &shape->collections[i];

	shape->names[i][c->nnames++] = (struct field_name){text, f};
	qsort(shape->names[i], c->nnames, sizeof(struct field_name), shape_order);
	c->names = shape->names[i];
}

static inline const struct field *
shape_add(struct shape *shape, size_t i, const char *name, enum field_type type, bool system)
{
	struct collection *c = &shape->collections[i];
	size_t index = c->nfields + c->nsystem;
	struct field *f = &shape->fields[i][index];

	f->index = (unsigned)index;
	f->no = system ? 0 : (uint32_t)index + 1;
	f->name = f->wire_name = name;
	f->type = type;
	f->kind = field_types[type].kind;
	f->column = ident_column(f->no);
	f->system = system;
	if (system)
		c->nsystem++;
	else
		c->nfields++;
	shape_name(shape, i, name, f);
	return f;
}

static inline void
shape_managed(struct shape *shape, size_t i)
{
	struct collection *c = &shape->collections[i];
	struct field *fields = shape->fields[i];

	c->pk = shape_add(shape, i, "id", FIELD_UUID, true);
	fields[c->pk->index].column = ident_literal("id");
	c->owner = shape_add(shape, i, "owner_id", FIELD_UUID, true);
	fields[c->owner->index].column = ident_literal("owner_id");
	c->created = shape_add(shape, i, "created_at", FIELD_TIMESTAMP, true);
	fields[c->created->index].column = ident_literal("created_at");
	fields[c->created->index].wire_name = "createdAt";
	shape_name(shape, i, "createdAt", c->created);
}

/* An adopted table: `old posts`, with a number for a key and text in two other collations. */
static inline void
shape_adopted(struct shape *shape, size_t i)
{
	static struct collation general, swedish;
	struct collection *c = &shape->collections[i];
	struct field *fields = shape->fields[i];

	general =
	    (struct collation){ident_existing("utf8mb4"), ident_existing("utf8mb4_general_ci")};
	swedish = (struct collation){ident_existing("latin1"), ident_existing("latin1_swedish_ci")};
	c->adopted = true;
	c->table = ident_existing("old posts");
	c->pk = shape_add(shape, i, "id", FIELD_INTEGER, true);
	fields[c->pk->index].column = ident_existing("ID");
	fields[0].column = ident_existing("heading");
	fields[1].column = ident_existing("latin");
	fields[0].collation = &general;
	fields[1].collation = &swedish;
}

static inline void
shape_build(struct shape *shape)
{
	*shape = (struct shape){0};
	for (size_t i = 0; i < SHAPE_COLLECTIONS; i++) {
		struct collection *c = &shape->collections[i];
		const struct shape_field *f = shape_declared[i].fields;

		c->no = (uint32_t)i + 1;
		c->slug = shape_declared[i].slug;
		c->table = ident_table(1, c->no);
		c->fields = shape->fields[i];
		for (; f->name != NULL; f++)
			shape_add(shape, i, f->name, f->type, false);
		if (strcmp(c->slug, "legacy") == 0)
			shape_adopted(shape, i);
		else
			shape_managed(shape, i);
	}
	for (size_t i = 0; i < SHAPE_COLLECTIONS; i++) {
		for (size_t j = 0; j < shape->collections[i].nfields; j++) {
			struct field *f = &shape->fields[i][j];

			f->to = shape_find(shape, shape_declared[i].fields[j].to);
			if (f->type == FIELD_RELATION && f->to != NULL)
				f->kind = f->to->pk->kind;
		}
	}
}

/* A reader sees neither the secrets nor the vault. */
static inline int
shape_reader(struct rq *rq, const struct collection *c, const struct field *f)
{
	(void)rq;
	return strcmp(c->slug, "vault") != 0 && strcmp(f->name, "secret") != 0 &&
	       strcmp(f->name, "pin") != 0;
}

#endif
