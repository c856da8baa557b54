/* The texts that make and change managed tables.  What a caller said is not in them: names are made
 * of numbers, types stand in field_type.def. */
#include "ddl_sql.h"

#include <string.h>

#include "arena.h"
#include "ddl_name.h"
#include "rq.h"

/*
 * A row of a table ends at 65,535 bytes (facts: trials, section 6): 64 columns of VARCHAR(255).
 * Indexed text needs VARCHAR; of the other text columns so many are, and the rest are TEXT, which
 * lies elsewhere.
 */
enum { WIDE_MAX = 30 };

/* How a field is indexed by itself. */
enum key { KEY_NONE, KEY_PLAIN, KEY_UNIQUE };

static enum key
key_of(const struct field *f)
{
	if (f->unique)
		return KEY_UNIQUE;
	return f->indexed ? KEY_PLAIN : KEY_NONE;
}

static bool
in_composite(const struct collection *c, const struct field *f)
{
	for (size_t i = 0; i < c->nindexes; i++) {
		for (size_t j = 0; j < c->indexes[i].nfields; j++) {
			if (strcmp(c->indexes[i].fields[j]->name, f->name) == 0)
				return true;
		}
	}
	return false;
}

static bool
is_wide(const struct field *f)
{
	return f->type == FIELD_TEXT || f->type == FIELD_FILE;
}

/* Text columns before f that may lie in the row without need. */
static size_t
wide_before(const struct collection *c, const struct field *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->index; i++)
		n += is_wide(&c->fields[i]) && key_of(&c->fields[i]) == KEY_NONE;
	return n;
}

static void
text_type(const struct field *f, struct sqlb *to)
{
	if (f->type == FIELD_FILE || key_of(f) != KEY_NONE)
		sqlb_lit(to, "VARCHAR(191)");
	else
		sqlb_lit(to, "VARCHAR(255)");
}

static void
other_type(enum field_type type, struct sqlb *to)
{
	switch (type) {
#define FIELD_TYPE(name, wire, column, indexed, kind)                                              \
	case FIELD_##name:                                                                         \
		sqlb_lit(to, column);                                                              \
		break;
#include "field_type.def"
#undef FIELD_TYPE
	case FIELD__MAX:
		break;
	}
}

static void
column_type(const struct collection *c, const struct field *f, struct sqlb *to)
{
	bool keyed = key_of(f) != KEY_NONE || in_composite(c, f);

	if (f->type == FIELD_RELATION && f->kind == VALUE_INTEGER)
		sqlb_lit(to, "BIGINT");
	else if (f->type == FIELD_RELATION && f->kind != VALUE_UUID)
		sqlb_lit(to, "VARCHAR(191)");
	else if (is_wide(f) && !keyed && wide_before(c, f) >= WIDE_MAX)
		sqlb_lit(to, "TEXT");
	else if (is_wide(f))
		text_type(f, to);
	else
		other_type(f->type, to);
}

/* "`f_3` VARCHAR(255) NULL": what is required is checked by us, so that a field can be added to a
 * table with rows, and become required later. */
static void
column_text(const struct collection *c, const struct field *f, struct sqlb *to)
{
	sqlb_ident(to, &f->column);
	sqlb_lit(to, " ");
	column_type(c, f, to);
	sqlb_lit(to, " NULL");
}

static void
key_text(const struct field *f, struct sqlb *to)
{
	if (key_of(f) == KEY_UNIQUE) {
		sqlb_lit(to, "UNIQUE KEY ");
		ddl_name_unique(to, f->no);
	} else {
		sqlb_lit(to, "KEY ");
		ddl_name_plain(to, f->no);
	}
	sqlb_lit(to, " (");
	sqlb_ident(to, &f->column);
	sqlb_lit(to, ")");
}

static void
composite_text(const struct collection_index *index, struct sqlb *to)
{
	if (index->unique)
		sqlb_lit(to, "UNIQUE ");
	sqlb_lit(to, "KEY ");
	ddl_name_composite(to, index->no);
	sqlb_lit(to, " (");
	for (size_t i = 0; i < index->nfields; i++) {
		if (i > 0)
			sqlb_lit(to, ", ");
		sqlb_ident(to, &index->fields[i]->column);
	}
	sqlb_lit(to, ")");
}

/* Only a table of ours can be held to its rows. */
static bool
has_foreign_key(const struct field *f)
{
	return f->type == FIELD_RELATION && f->to != NULL && !f->to->adopted;
}

static void
foreign_text(const struct ddl_plan *plan, const struct field *f, struct sqlb *to)
{
	sqlb_lit(to, "CONSTRAINT ");
	ddl_name_foreign(to, plan->rq->snap->workspace_no, plan->c.no, f->no);
	sqlb_lit(to, " FOREIGN KEY (");
	sqlb_ident(to, &f->column);
	sqlb_lit(to, ") REFERENCES ");
	sqlb_ident(to, &f->to->table);
	sqlb_lit(to, " (`id`)");
}

void
ddl_sql_create(const struct ddl_plan *plan, struct sqlb *to)
{
	const struct collection *c = &plan->c;
	size_t i;

	sqlb_lit(to, "CREATE TABLE ");
	sqlb_ident(to, &c->table);
	sqlb_lit(to,
	    " (`id` UUID NOT NULL PRIMARY KEY, `owner_id` UUID NULL, `created_at` DATETIME(6) NOT "
	    "NULL,"
	    " `updated_at` DATETIME(6) NOT NULL, `version` INT UNSIGNED NOT NULL DEFAULT 1,"
	    " KEY created_at (`created_at`), KEY owner_id (`owner_id`, `created_at`)");
	for (i = 0; i < c->nfields; i++) {
		const struct field *f = &c->fields[i];

		sqlb_lit(to, ", ");
		column_text(c, f, to);
		if (key_of(f) != KEY_NONE) {
			sqlb_lit(to, ", ");
			key_text(f, to);
		}
		if (has_foreign_key(f)) {
			sqlb_lit(to, ", ");
			foreign_text(plan, f, to);
		}
	}
	for (i = 0; i < c->nindexes; i++) {
		sqlb_lit(to, ", ");
		composite_text(&c->indexes[i], to);
	}
	sqlb_lit(to,
	    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin ROW_FORMAT=DYNAMIC");
}

/* One ALTER being put together. */
struct alter {
	const struct ddl_plan *plan;
	struct sqlb *to;
	struct ddl_alter *result;
};

/* Before each part of the statement. */
static void
next(struct alter *alter, enum ddl_cost cost)
{
	bool begun = alter->result->cost != DDL_NOTHING;

	if (alter->result->cost < cost)
		alter->result->cost = cost;
	if (begun) {
		sqlb_lit(alter->to, ", ");
		return;
	}
	/* The new foreign keys are over columns without values: there is nothing to check. */
	sqlb_lit(alter->to, "SET STATEMENT foreign_key_checks = 0 FOR ALTER TABLE ");
	sqlb_ident(alter->to, &alter->plan->c.table);
	sqlb_lit(alter->to, " WAIT 2 ");
}

static void
add_key(struct alter *alter, const struct field *f)
{
	next(alter, DDL_SLOW);
	sqlb_lit(alter->to, "ADD ");
	key_text(f, alter->to);
}

static void
add_field(struct alter *alter, const struct field *f)
{
	next(alter, DDL_QUICK);
	sqlb_lit(alter->to, "ADD COLUMN ");
	column_text(&alter->plan->c, f, alter->to);
	if (key_of(f) != KEY_NONE)
		add_key(alter, f);
	if (has_foreign_key(f)) {
		next(alter, DDL_SLOW);
		sqlb_lit(alter->to, "ADD ");
		foreign_text(alter->plan, f, alter->to);
	}
	ddl_numbers_add(alter->plan->rq->mem, &alter->result->undo.columns, f->no);
}

static void
note_key(struct alter *alter, struct ddl_removal *removal, enum key key, const struct field *f)
{
	struct arena *mem = alter->plan->rq->mem;

	if (key == KEY_PLAIN)
		ddl_numbers_add(mem, &removal->plain, f->no);
	else if (key == KEY_UNIQUE)
		ddl_numbers_add(mem, &removal->unique, f->no);
}

/* A text column whose place in indexes changes may have to change with it: 1 and column_text() is
 * what it should be, 0, -1. */
static int
must_modify(struct alter *alter, const struct field *was, const struct field *f)
{
	const struct ddl_plan *plan = alter->plan;
	bool keyed = key_of(f) != KEY_NONE, listed = in_composite(&plan->c, f);
	bool is_text;
	const char *type = NULL;
	int found;

	if (!is_wide(f) ||
	    (keyed == (key_of(was) != KEY_NONE) && listed == in_composite(plan->old, was)))
		return 0;
	found = db_text(plan->rq, &type,
	    "SELECT COLUMN_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = DATABASE()"
	    " AND TABLE_NAME = CONCAT('c_', ?, '_', ?) AND COLUMN_NAME = CONCAT('f_', ?)",
	    B(plan->rq->snap->workspace_no), B(plan->c.no), B(f->no));
	if (found <= 0)
		return found;
	is_text = strcmp(type, "text") == 0;
	if (keyed)
		return is_text;
	if (listed)
		return is_text || (f->type == FIELD_TEXT && strcmp(type, "varchar(255)") != 0);
	return f->type == FIELD_TEXT && strcmp(type, "varchar(191)") == 0;
}

static int
change_field(struct alter *alter, const struct field *was, const struct field *f)
{
	int modify = must_modify(alter, was, f);

	if (modify < 0)
		return -1;
	if (modify) {
		next(alter, DDL_SLOW);
		sqlb_lit(alter->to, "MODIFY COLUMN ");
		column_text(&alter->plan->c, f, alter->to);
	}
	if (key_of(was) == key_of(f))
		return 0;
	if (key_of(f) != KEY_NONE)
		add_key(alter, f);
	note_key(alter, &alter->result->undo, key_of(f), f);
	note_key(alter, &alter->result->after, key_of(was), f);
	return 0;
}

static bool
has_composite(const struct collection *c, unsigned no)
{
	for (size_t i = 0; i < c->nindexes; i++) {
		if (c->indexes[i].no == no)
			return true;
	}
	return false;
}

static void
change_composites(struct alter *alter)
{
	const struct ddl_plan *plan = alter->plan;
	size_t i;

	for (i = 0; i < plan->c.nindexes; i++) {
		const struct collection_index *index = &plan->c.indexes[i];

		if (has_composite(plan->old, index->no))
			continue;
		next(alter, DDL_SLOW);
		sqlb_lit(alter->to, "ADD ");
		composite_text(index, alter->to);
		ddl_numbers_add(plan->rq->mem, &alter->result->undo.composites, index->no);
	}
	for (i = 0; i < plan->old->nindexes; i++) {
		if (!has_composite(&plan->c, plan->old->indexes[i].no))
			ddl_numbers_add(plan->rq->mem, &alter->result->after.composites,
			    plan->old->indexes[i].no);
	}
}

int
ddl_sql_alter(const struct ddl_plan *plan, struct sqlb *to, struct ddl_alter *result)
{
	struct alter alter = {.plan = plan, .to = to, .result = result};

	result->undo.workspace_no = result->after.workspace_no = plan->rq->snap->workspace_no;
	result->undo.collection_no = result->after.collection_no = plan->c.no;
	for (size_t i = 0; i < plan->c.nfields; i++) {
		const struct field *f = &plan->c.fields[i];

		if (i >= plan->old->nfields)
			add_field(&alter, f);
		else if (change_field(&alter, &plan->old->fields[i], f) < 0)
			return -1;
	}
	change_composites(&alter);
	return 0;
}
