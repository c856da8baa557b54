#ifndef COFFER_DDL_H
#define COFFER_DDL_H

#include <stdbool.h>

#include "opt.h"

struct json_object;
struct rq;

/*
 * Changing the shape of collections.  Facts: collections (schema) 7.1 to 7.7; design, sections 3.4
 * and 4.  These run as TOOL_JOURNAL: they write the journal, the catalogue, the epoch and the
 * activity row themselves.  Adding: DDL, then catalogue and epoch in one transaction; removing:
 * catalogue and epoch, then DDL (ALTER ... WAIT 2).  A crash between leaves an open journal entry
 * that ddl_reconcile() finishes or undoes.  Definitions are validated completely before anything is
 * done.
 */
struct ddl_collection_in {
	const char *slug, *singular, *plural, *note, *display_template, *default_sort,
	    *vectorize_model;
	bool singular_given, plural_given, note_given, display_template_given, default_sort_given,
	    vectorize_model_given;
	struct json_object *fields;  /* array of FieldDef */
	struct json_object *indexes; /* array of {"fields":[names],"unique":bool} */
	struct opt_bool owner_scoped, tenant_scoped, versioned, vectorize, adopted;
	const char *physical_table, *pk_column, *created_at_column, *updated_at_column,
	    *owner_id_column;
	const char *new_slug; /* REST: rename */
};

/* {"data":{collection row}}.  A taken slug: E_CONFLICT "Slug already exists". */
int ddl_create(struct rq *rq, const struct ddl_collection_in *in);
/* {"ok":true,"slug":s,"renamed":b}; additive: fields absent from the list stay. */
int ddl_update(struct rq *rq, const struct ddl_collection_in *in);
/* {"ok":true,"archived":b}; managed: dropped; adopted: archived. */
int ddl_drop(struct rq *rq, const char *slug);
/* {"ok":true} */
int ddl_restore(struct rq *rq, const char *slug);
int ddl_drop_field(struct rq *rq, const char *slug, const char *field);

/* Finish or undo what a crash left in the journal; safe to run at any time on any host (entries are
 * leased).  Returns how many, -1 failed. */
int ddl_reconcile(struct rq *rq);

/* Write a collection as the API shows it: row (create) or description (describe_collection). */
struct collection;
void ddl_collection_out(struct rq *rq, const struct collection *c);

/* Write the definition of a field.  Who is no administrator is not shown what names other fields,
 * or a collection they may not read. */
struct field;
struct out;
void ddl_field_out(struct rq *rq, const struct field *f, struct out *out);

#endif
