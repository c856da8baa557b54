/* How indexes and constraints are called. */
#include "ddl_name.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buf.h"

void
ddl_name_plain(struct sqlb *to, uint32_t field_no)
{
	sqlb_lit(to, "fx_");
	sqlb_uint(to, field_no);
}

void
ddl_name_unique(struct sqlb *to, uint32_t field_no)
{
	sqlb_lit(to, "fu_");
	sqlb_uint(to, field_no);
}

void
ddl_name_composite(struct sqlb *to, uint32_t index_no)
{
	struct ident name = ident_index(index_no);

	sqlb_ident(to, &name);
}

void
ddl_name_foreign(struct sqlb *to, uint32_t workspace_no, uint32_t collection_no, uint32_t field_no)
{
	sqlb_lit(to, "fk_");
	sqlb_uint(to, workspace_no);
	sqlb_lit(to, "_");
	sqlb_uint(to, collection_no);
	sqlb_lit(to, "_");
	sqlb_uint(to, field_no);
}

static const struct field *
field_by_no(const struct collection *c, unsigned no)
{
	for (size_t i = 0; i < c->nfields; i++) {
		if (c->fields[i].no == no)
			return &c->fields[i];
	}
	return NULL;
}

static const struct collection_index *
index_by_no(const struct collection *c, unsigned no)
{
	for (size_t i = 0; i < c->nindexes; i++) {
		if (c->indexes[i].no == no)
			return &c->indexes[i];
	}
	return NULL;
}

/* The one field, or else the index, that the unique key is over; both NULL: none of ours. */
static const struct field *
find_key(const struct collection *c, const char *key, const struct collection_index **index_r)
{
	unsigned no;

	*index_r = NULL;
	if (strcmp(key, "PRIMARY") == 0)
		return c->pk;
	if (c->adopted)
		return NULL;
	if (sscanf(key, "fu_%u", &no) == 1)
		return field_by_no(c, no);
	if (sscanf(key, "ix_%u", &no) == 1)
		*index_r = index_by_no(c, no);
	return NULL;
}

bool
ddl_name_has(const struct collection *c, const char *key, const struct field *f)
{
	const struct collection_index *index;
	const struct field *single = find_key(c, key, &index);

	for (size_t i = 0; index != NULL && i < index->nfields; i++) {
		if (index->fields[i] == f)
			return true;
	}
	return single == f;
}

static const char *
index_fields(struct arena *mem, const struct collection_index *index)
{
	struct buf names;

	buf_init(&names, mem);
	for (size_t i = 0; i < index->nfields; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ", index->fields[i]->name);
	return buf_text(&names);
}

const char *
ddl_name_fields(struct arena *mem, const struct collection *c, const char *key)
{
	const struct collection_index *index;
	const struct field *single = find_key(c, key, &index);

	if (index != NULL)
		return index_fields(mem, index);
	return single != NULL ? single->name : NULL;
}
