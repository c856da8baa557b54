#ifndef COFFER_SNAPSHOT_H
#define COFFER_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sqlb.h"
#include "uuid.h"

struct arena;
struct json_object;
struct rq;

/*
 * A workspace as stored at one epoch: collections, fields, roles, grants, settings.  Immutable,
 * shared by the requests of a worker, kept least recently used within a byte budget.  No judgement
 * here: what a caller may is access.h.  The protocol that keeps it true: design, section 3.4.
 */

enum value_kind {
	VALUE_TEXT,
	VALUE_INTEGER,
	VALUE_NUMBER,
	VALUE_BOOLEAN,
	VALUE_JSON,
	VALUE_TIME,
	VALUE_UUID,
};

enum field_type {
#define FIELD_TYPE(name, wire, column, indexed, kind) FIELD_##name,
#include "field_type.def"
#undef FIELD_TYPE
	FIELD__MAX
};

struct field_type_row {
	const char *name;           /* wire name */
	const char *column;         /* MariaDB type */
	const char *indexed_column; /* the same where indexed or unique; NULL: cannot be */
	enum value_kind kind;
};
extern const struct field_type_row field_types[FIELD__MAX];

/* FIELD__MAX if there is no such type. */
enum field_type field_type_find(const char *name);

struct field_choice {
	const char *value;
	const char *label;
};

struct collation {
	struct ident charset, name;
};

/* One column of a collection.  System columns (id, createdAt, ...) are fields too, with system set.
 * Managed tables have id, owner_id, created_at, updated_at and version (which rows do not show), in
 * this order; adopted ones have id and those that their collection names a column for.  A relation
 * is of the kind of its target's key. */
struct field {
	char id[UUID_TEXT_SIZE]; /* "" for system columns */
	uint32_t no;             /* 0 for system columns */
	unsigned
	    index; /* position in collection->fields; system columns follow the declared ones */
	const char *name;      /* in filters, sorts and field lists: created_at */
	const char *wire_name; /* in rows: createdAt; the same as name for declared fields */
	enum field_type type;
	enum value_kind kind;
	struct ident column;
	bool system;
	bool required;
	bool unique;
	bool indexed;
	const struct collation *collation; /* adopted text in another collation than ours: compare
					      by it, for its index, and byte by byte; else NULL */
	const struct collection *to; /* relation, relation_many: the target; NULL if it is gone */
	const char *to_slug;         /* as named; NULL for other types */
	const struct json_object *definition; /* the FieldDef as stored; NULL for system columns */
	const char *definition_text;          /* the same as JSON text */
	const struct json_object *validation; /* its validation object, or NULL */
	const struct json_object *default_value; /* or NULL */
	const struct field_choice *choices;      /* of interface "dropdown", enforced; */
	size_t nchoices;                         /* 0: not enforced */
};

/* In coffer_collection.indexes as [{"no":1,"unique":true,"fields":[...]}], a field being its id, or
 * the name of a system column.  One with a field that is gone is left out. */
struct collection_index {
	unsigned no;
	bool unique;
	size_t nfields;
	const struct field **fields;
};

/* A way to name a field. */
struct field_name {
	const char *text;
	const struct field *field;
};

struct collection {
	char id[UUID_TEXT_SIZE];
	uint32_t no;
	const char *slug, *singular, *plural, *note,
	    *display_template; /* NULL if not given, but slug */
	const char *vectorize_model, *default_sort;
	bool owner_scoped, tenant_scoped, versioned, vectorize, adopted, archived;
	struct ident table;
	const char *physical_table;          /* adopted only */
	const char *created_at, *updated_at; /* ISO 8601, of the collection itself */
	size_t nfields;                      /* declared ones, in order */
	size_t nsystem;                      /* system columns, at fields[nfields..] */
	const struct field *fields;
	size_t nnames;
	const struct field_name *names; /* sorted; NULL: collection_field() looks through fields */
	const struct field *pk;         /* the id column */
	const struct field *owner, *created, *updated, *version; /* NULL where the table has none */
	bool owner_in_side_table; /* adopted without an owner column: coffer_item_owner */
	size_t nindexes;
	const struct collection_index *indexes; /* composite ones */
};

struct role {
	char id[UUID_TEXT_SIZE];
	const char *name, *description;
	bool is_admin, is_system;
};

enum action { ACTION_CREATE, ACTION_READ, ACTION_UPDATE, ACTION_DELETE, ACTION__MAX };
extern const char *const action_names[ACTION__MAX];
/* ACTION__MAX if there is no such action. */
enum action action_find(const char *name);

struct grant {
	char id[UUID_TEXT_SIZE];
	const struct role *role;
	const struct collection *collection; /* NULL: see system_name */
	const char *system_name; /* "system_files", or "*" for every collection; NULL if collection
				    is set */
	enum action action;
	const struct json_object *rule; /* NULL: none */
	const char *rule_text;
	const uint64_t *fields;            /* 8 words, bit set by field->index; NULL: all fields.
					      No bit is set where collection is NULL. */
	const struct json_object *presets; /* NULL: none */
};

struct snapshot {
	struct arena *mem;
	char workspace_id[UUID_TEXT_SIZE];
	uint32_t workspace_no;
	const char *workspace_slug;
	uint64_t epoch;
	size_t ncollections;
	const struct collection *collections; /* sorted by slug; archived ones too */
	size_t nroles;
	const struct role *roles;
	size_t ngrants;
	const struct grant *grants; /* of living roles and collections only, archived ones included;
				       what cannot be read as it was stored is left out */
	const struct json_object *settings; /* object: name -> value */
};

/* Set rq->snap for rq->caller's workspace and epoch: from this worker's cache, or loaded in the
 * transaction that is open.  It is filed only if the epoch read in that view is the caller's,
 * which it is not where this very transaction raised it.  What a request got lives until another
 * request calls this.  -1: recorded. */
int snapshot_get(struct rq *rq);

/* Forget a workspace's cached snapshots, or all with NULL (after a stale-shape error).  rq->snap
 * stays as it is until the next snapshot_get(). */
void snapshot_drop(const char *workspace_id);

/* NULL if there is none; archived ones are not found. */
const struct collection *snapshot_collection(const struct snapshot *snap, const char *slug);
const struct collection *snapshot_collection_any(
    const struct snapshot *snap, const char *slug); /* archived too */
const struct collection *snapshot_collection_by_id(const struct snapshot *snap, const char *id);
const struct role *snapshot_role(const struct snapshot *snap, const char *id);
const struct role *snapshot_role_by_name(const struct snapshot *snap, const char *name);

/* By name; for system columns the wire name is taken too (createdAt), a declared field of the same
 * name goes before.  NULL if there is none. */
const struct field *collection_field(const struct collection *c, const char *name, size_t len);

/* For collections that are not stored yet (DDL).  Put the system columns of a managed table behind
 * the declared fields, and make names from all of them. */
void collection_system_columns(struct collection *c, struct field *fields);
void collection_name_fields(struct arena *mem, struct collection *c);

static inline bool
bits_get(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static inline void
bits_set(uint64_t *bits, unsigned i)
{
	bits[i / 64] |= (uint64_t)1 << (i % 64);
}

#endif
