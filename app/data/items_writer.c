/* What a call that writes rows needs to know before it looks at the first. */
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "caller.h"
#include "expr.h"
#include "items_write.h"
#include "json_in.h"
#include "rq.h"

/* Without transactions, half of a change could stay behind. */
static int
require_transactions(struct rq *rq, const struct collection *c)
{
	const char *engine = NULL;
	int found = db_text(rq, &engine,
	    "SELECT ENGINE FROM INFORMATION_SCHEMA.TABLES"
	    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
	    B(c->physical_table));

	if (found < 0)
		return -1;
	if (found > 0 && engine != NULL && strcasecmp(engine, "InnoDB") == 0)
		return 0;
	return fail(rq, E_VALIDATION,
	    "\"%s\" can only be read: its table has no transactions; convert it to InnoDB to write",
	    c->slug);
}

static bool
has_conditions(const struct collection *c)
{
	for (size_t i = 0; i < c->nfields; i++) {
		if (json_in_get(c->fields[i].validation, "rule") != NULL)
			return true;
	}
	return false;
}

int
item_writer_open(struct rq *rq, const char *slug, enum action action, struct item_writer *w)
{
	int readable;

	*w = (struct item_writer){.rq = rq};
	if (access_require(rq, slug, action, &w->write) < 0)
		return -1;
	w->c = w->write->collection;
	if (w->c->adopted && require_transactions(rq, w->c) < 0)
		return -1;
	readable = access_get(rq, w->c, ACTION_READ, &w->read);
	if (readable < 0)
		return -1;
	if (!readable)
		w->read = NULL;
	w->rules = NEWV(rq->mem, struct item_rule, w->c->nfields);
	w->has_conditions = has_conditions(w->c);
	return 0;
}

/* A stored rule that cannot be read any more, say because it names a field that was dropped, lets
 * nothing pass. */
static int
unreadable_rule(struct item_writer *w, const struct field *f)
{
	struct err why = w->rq->err;

	if (why.code != E_VALIDATION)
		return -1;
	w->rq->err = (struct err){0};
	if (!item_may_know(w, f))
		return fail(w->rq, E_VALIDATION,
		    "a validation rule of this collection cannot be used; ask for it to be mended");
	/* the reason may name any field */
	return fail(w->rq, E_VALIDATION,
	    "%s: its validation cannot be used%s%s; ask for it to be mended", f->name,
	    w->rq->caller->is_admin ? ": " : "", w->rq->caller->is_admin ? why.message : "");
}

static int
read_condition(struct item_writer *w, const struct field *f, struct item_rule *rule)
{
	struct expr_scope scope = {
	    .rq = w->rq,
	    .at = "rule",
	    .variables = true,
	    .unknown_text = "unknown field: %s",
	};

	if (rule->rule.condition == NULL)
		return 0;
	if (expr_parse(&scope, w->c, rule->rule.condition, &rule->condition) < 0)
		return unreadable_rule(w, f);
	return 0;
}

int
item_rule_get(struct item_writer *w, const struct field *f, const struct field_rule **rule_r,
    const struct expr **condition_r)
{
	struct item_rule *rule = &w->rules[f->index];

	if (!rule->read) {
		if (field_rule_parse(w->rq, f->type, f->validation, "validation", &rule->rule) < 0)
			return unreadable_rule(w, f);
		if (read_condition(w, f, rule) < 0)
			return -1;
		rule->read = true;
	}
	*rule_r = &rule->rule;
	if (condition_r != NULL)
		*condition_r = rule->condition;
	return 0;
}

const struct field *
item_key_field(const struct collection *c)
{
	for (size_t i = 0; c->adopted && i < c->nfields; i++) {
		if (strcmp(c->fields[i].column.text, c->pk->column.text) == 0)
			return &c->fields[i];
	}
	return NULL;
}
