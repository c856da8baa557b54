/* Adopting a table of somebody else: who may, which ones, and how its columns fit.  It is only read
 * about here; no DDL is ever run on it. */
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "caller.h"
#include "conf.h"
#include "ddl.h"
#include "ddl_plan.h"
#include "rq.h"
#include "str.h"

enum { TABLE_NAME_MAX = 64 };

static bool
all_digits(const char *s, size_t len)
{
	return len > 0 && strspn(s, "0123456789") >= len;
}

/* coffer_*, and the tables of collections: c_<number>_<number>. */
static bool
is_ours(const char *table)
{
	const char *second;

	if (strncasecmp(table, "coffer_", strlen("coffer_")) == 0)
		return true;
	if (strncasecmp(table, "c_", 2) != 0)
		return false;
	second = strchr(table + 2, '_');
	return second != NULL && all_digits(table + 2, (size_t)(second - table - 2)) &&
	       all_digits(second + 1, strlen(second + 1));
}

static bool
is_listed(struct rq *rq, const char *table)
{
	char **entries;
	size_t i, n, len;

	n = str_split(rq->mem, conf->adoptable_tables, ',', &entries);
	for (i = 0; i < n; i++) {
		len = strlen(entries[i]);
		if (len > 0 && entries[i][len - 1] == '*' &&
		    strncmp(table, entries[i], len - 1) == 0)
			return true;
		if (strcmp(table, entries[i]) == 0)
			return true;
	}
	return false;
}

static int
check_rights(struct rq *rq, const char *table)
{
	if (!rq->caller->is_operator)
		return fail(rq, E_FORBIDDEN,
		    "only an operator of this instance may adopt a table, because the database "
		    "holds "
		    "every workspace");
	if (table == NULL || *table == '\0')
		return fail_at(rq, E_VALIDATION, "physicalTable",
		    "physicalTable: is required to adopt a table");
	if (strlen(table) > TABLE_NAME_MAX || is_ours(table) || !is_listed(rq, table))
		return fail_at(rq, E_FORBIDDEN, "physicalTable",
		    "physicalTable: \"%.64s\" is not among the tables that may be adopted; they "
		    "stand in "
		    "the configuration, database.adoptable_tables",
		    table);
	return 0;
}

static int
find_table(struct ddl_plan *plan, const char *table)
{
	const char *name = NULL;
	struct rq *rq = plan->rq;
	int found = db_text(rq, &name,
	    "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = DATABASE()"
	    " AND TABLE_NAME = ? AND TABLE_TYPE = 'BASE TABLE'",
	    B(table));

	if (found < 0)
		return -1;
	if (found == 0 || strcmp(name, table) != 0)
		return fail_at(rq, E_NOT_FOUND, "physicalTable", "Table \"%s\" not found", table);
	plan->c.physical_table = name;
	plan->c.table = ident_existing(name);
	return 0;
}

int
ddl_adopt_columns(struct ddl_plan *plan)
{
	struct rq *rq = plan->rq;
	struct rows *rows;
	size_t cap = 0;
	int more;

	if (db_query(rq, &rows,
		"SELECT COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS"
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
		B(plan->c.physical_table)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		struct ddl_column *column;

		if (plan->ncolumns == cap) {
			plan->columns = arena_grow(rq->mem, plan->columns, cap * sizeof(*column),
			    (cap + 64) * sizeof(*column));
			cap += 64;
		}
		column = &plan->columns[plan->ncolumns++];
		column->name = rows_dup(rows, 0);
		column->data_type = rows_dup(rows, 1);
	}
	return more;
}

static const struct ddl_column *
find_column(const struct ddl_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->ncolumns; i++) {
		if (strcasecmp(plan->columns[i].name, name) == 0)
			return &plan->columns[i];
	}
	return NULL;
}

const char *
ddl_adopt_name(const struct ddl_plan *plan, const char *name)
{
	const struct ddl_column *column = find_column(plan, name);

	return column == NULL ? NULL : column->name;
}

static bool
one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcasecmp(word, *words) == 0)
			return true;
	}
	return false;
}

static const char *const text_types[] = {
    "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "time", NULL};
static const char *const long_types[] = {"varchar", "text", "mediumtext", "longtext", NULL};
static const char *const integer_types[] = {
    "tinyint", "smallint", "mediumint", "int", "bigint", "year", NULL};
static const char *const number_types[] = {
    "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", NULL};
static const char *const boolean_types[] = {"tinyint", "smallint", "int", "bigint", NULL};
static const char *const time_types[] = {"date", "datetime", "timestamp", NULL};
static const char *const uuid_types[] = {"uuid", "char", "varchar", NULL};
static const char *const id_types[] = {"char", "varchar", "uuid", NULL};

/* The column types that can hold what the field holds. */
static const char *const *
fitting_types(const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_LONGTEXT:
	case FIELD_FILE:
		return text_types;
	case FIELD_INTEGER:
		return integer_types;
	case FIELD_NUMBER:
		return number_types;
	case FIELD_BOOLEAN:
		return boolean_types;
	case FIELD_TIMESTAMP:
		return time_types;
	case FIELD_UUID:
		return uuid_types;
	case FIELD_RELATION:
		return f->kind == VALUE_INTEGER ? integer_types : id_types;
	default:
		return long_types;
	}
}

/* A column is written by us or by the caller, not by both. */
static int
check_apart(const struct ddl_plan *plan, const struct field_def *def, const struct ident *column)
{
	const struct field *const special[] = {plan->c.created, plan->c.updated, plan->c.owner};

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (special[i] != NULL && strcmp(special[i]->column.text, column->text) == 0)
			return fail_at(plan->rq, E_VALIDATION, def->path,
			    "%s: \"%s\" is a system column of this collection already", def->path,
			    def->name);
	}
	return 0;
}

/* What of the table shows is chosen by whom it may be adopted by; and some names no collection
 * gives up, here because rows show them. */
static int
check_new_field(const struct ddl_plan *plan, const struct field_def *def)
{
	static const char *const reserved[] = {"tenant_id", "_status", "_published_at", NULL};

	if (!plan->rq->caller->is_operator)
		return fail_at(plan->rq, E_FORBIDDEN, def->path,
		    "%s: only an operator of this instance may add fields to an adopted table",
		    def->path);
	if (one_of(def->name, reserved))
		return fail_at(plan->rq, E_VALIDATION, def->path,
		    "%s.name: \"%s\" is a reserved name", def->path, def->name);
	return 0;
}

int
ddl_adopt_field(struct ddl_plan *plan, const struct field_def *def, struct field *f)
{
	const struct ddl_column *column = find_column(plan, def->name);
	struct rq *rq = plan->rq;

	if (def->old == NULL && check_new_field(plan, def) < 0)
		return -1;
	if (column == NULL)
		return fail_at(rq, E_VALIDATION, arena_printf(rq->mem, "%s.name", def->path),
		    "%s.name: table \"%s\" has no column \"%s\"", def->path, plan->c.physical_table,
		    def->name);
	if (!one_of(column->data_type, fitting_types(f)))
		return fail_at(rq, E_VALIDATION, arena_printf(rq->mem, "%s.type", def->path),
		    "%s.type: column \"%s\" is of type %s, which cannot be a field of type %s",
		    def->path, column->name, column->data_type, field_types[f->type].name);
	f->column = ident_existing(column->name);
	return check_apart(plan, def, &f->column);
}

/* The one column of the table's key. */
static int
find_key(struct ddl_plan *plan)
{
	struct rq *rq = plan->rq;
	const char *given = plan->in->pk_column;
	struct rows *rows;
	size_t n = 0;
	int more;

	if (db_query(rq, &rows,
		"SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA = "
		"DATABASE()"
		" AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY'",
		B(plan->c.physical_table)) < 0)
		return -1;
	while ((more = rows_next(rows)) > 0) {
		plan->pk_column = rows_dup(rows, 0);
		n++;
	}
	if (more < 0)
		return -1;
	if (n != 1)
		return fail_at(rq, E_VALIDATION, "physicalTable",
		    "physicalTable: a primary key of one column is needed, table \"%s\" has %zu",
		    plan->c.physical_table, n);
	if (given != NULL && strcasecmp(given, plan->pk_column) != 0)
		return fail_at(rq, E_VALIDATION, "pkColumn",
		    "pkColumn: the primary key of table \"%s\" is \"%s\"", plan->c.physical_table,
		    plan->pk_column);
	return 0;
}

static int
find_special(struct ddl_plan *plan, const char *argument, const char *name,
    const char *const *types, const char **column_r)
{
	const struct ddl_column *column;
	struct rq *rq = plan->rq;

	if (name == NULL)
		return 0;
	column = find_column(plan, name);
	if (column == NULL)
		return fail_at(rq, E_VALIDATION, argument, "%s: table \"%s\" has no column \"%s\"",
		    argument, plan->c.physical_table, name);
	if (!one_of(column->data_type, types))
		return fail_at(rq, E_VALIDATION, argument,
		    "%s: column \"%s\" is of type %s, which does not do", argument, column->name,
		    column->data_type);
	*column_r = column->name;
	return 0;
}

static struct field *
add_system(struct ddl_plan *plan, const char *name, const char *wire_name, const char *column)
{
	struct collection *c = &plan->c;
	struct field *f = &plan->fields[c->nfields + c->nsystem];
	const char *type;

	if (column == NULL)
		return NULL;
	type = find_column(plan, column)->data_type;
	f->index = (unsigned)(c->nfields + c->nsystem++);
	f->name = name;
	f->wire_name = wire_name;
	f->system = true;
	f->type = FIELD_TEXT;
	if (one_of(type, integer_types))
		f->type = FIELD_INTEGER;
	else if (one_of(type, time_types))
		f->type = FIELD_TIMESTAMP;
	else if (strcasecmp(type, "uuid") == 0)
		f->type = FIELD_UUID;
	f->kind = field_types[f->type].kind;
	f->column = ident_existing(column);
	return f;
}

int
ddl_adopt_table(struct ddl_plan *plan)
{
	const struct ddl_collection_in *in = plan->in;
	struct collection *c = &plan->c;

	if (check_rights(plan->rq, in->physical_table) < 0 ||
	    find_table(plan, in->physical_table) < 0 || ddl_adopt_columns(plan) < 0 ||
	    find_key(plan) < 0)
		return -1;
	if (find_special(plan, "createdAtColumn", in->created_at_column, time_types,
		&plan->created_column) < 0 ||
	    find_special(plan, "updatedAtColumn", in->updated_at_column, time_types,
		&plan->updated_column) < 0 ||
	    find_special(
		plan, "ownerIdColumn", in->owner_id_column, uuid_types, &plan->owner_column) < 0)
		return -1;
	c->pk = add_system(plan, "id", "id", plan->pk_column);
	c->owner = add_system(plan, "owner_id", "ownerId", plan->owner_column);
	c->created = add_system(plan, "created_at", "createdAt", plan->created_column);
	c->updated = add_system(plan, "updated_at", "updatedAt", plan->updated_column);
	return 0;
}
