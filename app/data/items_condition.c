/* Validation rules that compare fields of one row: judged in memory over the row as it would be. */
#include "arena.h"
#include "expr.h"
#include "field_check.h"
#include "items_write.h"
#include "json_in.h"
#include "query_row.h"
#include "rq.h"

/* What another program wrote to an adopted table need not be JSON; no rule looks into it. */
static bool
is_shown(const struct item_writer *w, const struct field *f)
{
	return f->kind != VALUE_JSON || !w->c->adopted;
}

void
item_stored_columns(const struct item_writer *w, struct sqlb *to)
{
	for (size_t i = 0; i < w->c->nfields; i++) {
		sqlb_lit(to, ", ");
		sqlb_column(to, 0, &w->c->fields[i].column);
	}
}

/* The row by field name. */
static int
row_to_be(struct item_writer *w, const struct item *item, const struct rows *stored, size_t first,
    struct json_object **row_r)
{
	struct out out;

	out_init(&out, w->rq->mem);
	out_object(&out);
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (!is_shown(w, f))
			continue;
		out_key(&out, f->name);
		if (bits_get(item->given, f->index)) {
			size_t len;
			const char *raw = json_in_raw(item->json[f->index], &len);

			out_raw(&out, raw, len);
		} else if (stored != NULL) {
			query_value_write(&out, stored, first + i, f);
		} else {
			out_null(&out);
		}
	}
	out_end(&out);
	return json_in_parse(w->rq->mem, &w->rq->err, buf_text(&out.buf), out.buf.len, row_r);
}

static int
does_not_fit(struct item_writer *w, const char *list, const struct item *item,
    const struct field *f, const struct field_rule *rule)
{
	if (!item_may_know(w, f))
		return fail(w->rq, E_VALIDATION,
		    "the fields do not fit together, a validation rule refuses the row");
	field_check_failed(
	    w->rq, f, rule, "does not fit the other fields, its validation rule refuses it");
	return item_fail_in(w, item, list, f->name);
}

int
item_conditions(struct item_writer *w, const char *list, const struct item *item,
    const struct rows *stored, size_t first)
{
	const struct field_rule *rule;
	const struct expr *condition;
	struct json_object *row;
	struct expr_vars vars;

	if (row_to_be(w, item, stored, first, &row) < 0)
		return -1;
	access_vars(w->rq, &vars);
	for (size_t i = 0; i < w->c->nfields; i++) {
		const struct field *f = &w->c->fields[i];

		if (json_in_get(f->validation, "rule") == NULL)
			continue;
		if (item_rule_get(w, f, &rule, &condition) < 0)
			return -1;
		if (rule->advisory || field_value_empty(json_in_get(row, f->name)))
			continue;
		if (expr_eval(condition, row, &vars) != 0)
			continue;
		return does_not_fit(w, list, item, f, rule);
	}
	return 0;
}
