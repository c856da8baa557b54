/* What is to be taken from a table, in numbers: as JSON for the journal, and as SQL. */
#include "arena.h"
#include "ddl_name.h"
#include "ddl_sql.h"
#include "json_in.h"
#include "out.h"
#include "rq.h"

void
ddl_numbers_add(struct arena *mem, struct ddl_numbers *numbers, uint32_t no)
{
	size_t size = numbers->n * sizeof(no);

	numbers->items = arena_grow(mem, numbers->items, size, size + sizeof(no));
	numbers->items[numbers->n++] = no;
}

bool
ddl_removal_empty(const struct ddl_removal *removal)
{
	return !removal->table && removal->columns.n == 0 && removal->plain.n == 0 &&
	       removal->unique.n == 0 && removal->composites.n == 0;
}

static void
numbers_out(struct out *out, const char *key, const struct ddl_numbers *numbers)
{
	if (numbers->n == 0)
		return;
	out_key(out, key);
	out_array(out);
	for (size_t i = 0; i < numbers->n; i++)
		out_uint(out, numbers->items[i]);
	out_end(out);
}

void
ddl_removal_out(struct out *out, const struct ddl_removal *removal)
{
	out_object(out);
	out_kint(out, "workspace", removal->workspace_no);
	out_kint(out, "collection", removal->collection_no);
	if (removal->table)
		out_kbool(out, "table", true);
	numbers_out(out, "columns", &removal->columns);
	numbers_out(out, "plain", &removal->plain);
	numbers_out(out, "unique", &removal->unique);
	numbers_out(out, "composites", &removal->composites);
	out_end(out);
}

static int
unreadable(struct rq *rq)
{
	return fail(rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
}

static int
number_read(struct rq *rq, const struct json_object *json, uint32_t *no_r)
{
	int64_t no;

	if (!json_in_int(json, &no) || no < 1 || no > UINT32_MAX)
		return unreadable(rq);
	*no_r = (uint32_t)no;
	return 0;
}

static int
numbers_read(struct rq *rq, const struct json_object *list, struct ddl_numbers *numbers)
{
	size_t i, n = list == NULL ? 0 : json_object_array_length(list);
	uint32_t no;

	for (i = 0; i < n; i++) {
		if (number_read(rq, json_object_array_get_idx(list, i), &no) < 0)
			return -1;
		ddl_numbers_add(rq->mem, numbers, no);
	}
	return 0;
}

int
ddl_removal_read(struct rq *rq, const struct json_object *json, struct ddl_removal *removal_r)
{
	*removal_r = (struct ddl_removal){0};
	if (number_read(rq, json_in_get(json, "workspace"), &removal_r->workspace_no) < 0 ||
	    number_read(rq, json_in_get(json, "collection"), &removal_r->collection_no) < 0)
		return -1;
	removal_r->table = json_object_get_boolean(json_in_get(json, "table"));
	if (numbers_read(rq, json_in_get(json, "columns"), &removal_r->columns) < 0 ||
	    numbers_read(rq, json_in_get(json, "plain"), &removal_r->plain) < 0 ||
	    numbers_read(rq, json_in_get(json, "unique"), &removal_r->unique) < 0)
		return -1;
	return numbers_read(rq, json_in_get(json, "composites"), &removal_r->composites);
}

static void
separate(struct sqlb *to, bool *begun)
{
	if (*begun)
		sqlb_lit(to, ", ");
	*begun = true;
}

static void
drop_indexes(struct sqlb *to, const struct ddl_numbers *numbers, bool *begun,
    void (*name)(struct sqlb *to, uint32_t no))
{
	for (size_t i = 0; i < numbers->n; i++) {
		separate(to, begun);
		sqlb_lit(to, "DROP INDEX IF EXISTS ");
		name(to, numbers->items[i]);
	}
}

void
ddl_sql_remove(const struct ddl_removal *removal, struct sqlb *to)
{
	struct ident table = ident_table(removal->workspace_no, removal->collection_no);
	bool begun = false;

	if (removal->table) {
		sqlb_lit(to, "DROP TABLE IF EXISTS ");
		sqlb_ident(to, &table);
		sqlb_lit(to, " WAIT 2");
		return;
	}
	sqlb_lit(to, "ALTER TABLE IF EXISTS ");
	sqlb_ident(to, &table);
	sqlb_lit(to, " WAIT 2 ");
	for (size_t i = 0; i < removal->columns.n; i++) {
		separate(to, &begun);
		sqlb_lit(to, "DROP FOREIGN KEY IF EXISTS ");
		ddl_name_foreign(
		    to, removal->workspace_no, removal->collection_no, removal->columns.items[i]);
	}
	drop_indexes(to, &removal->columns, &begun, ddl_name_plain);
	drop_indexes(to, &removal->columns, &begun, ddl_name_unique);
	drop_indexes(to, &removal->plain, &begun, ddl_name_plain);
	drop_indexes(to, &removal->unique, &begun, ddl_name_unique);
	drop_indexes(to, &removal->composites, &begun, ddl_name_composite);
	for (size_t i = 0; i < removal->columns.n; i++) {
		struct ident column = ident_column(removal->columns.items[i]);

		separate(to, &begun);
		sqlb_lit(to, "DROP COLUMN IF EXISTS ");
		sqlb_ident(to, &column);
	}
}
