#ifndef COFFER_DDL_NAME_H
#define COFFER_DDL_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"

/*
 * The names of indexes and constraints in managed tables, made of numbers: fx_<field> a plain
 * index, fu_<field> a unique one, ix_<index> a composite one, fk_<workspace>_<collection>_<field> a
 * foreign key (whose names are shared by the whole database).
 */
void ddl_name_plain(struct sqlb *to, uint32_t field_no);
void ddl_name_unique(struct sqlb *to, uint32_t field_no);
void ddl_name_composite(struct sqlb *to, uint32_t index_no);
void ddl_name_foreign(
    struct sqlb *to, uint32_t workspace_no, uint32_t collection_no, uint32_t field_no);

/* The fields of the unique key that a duplicate was found in, "title" or "code, year"; NULL if the
 * name is none of ours. */
const char *ddl_name_fields(struct arena *mem, const struct collection *c, const char *key);
/* Whether the key is over this field. */
bool ddl_name_has(const struct collection *c, const char *key, const struct field *f);

#endif
