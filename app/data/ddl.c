/* Making collections and changing them: journal, DDL, catalogue. */
#include "ddl.h"

#include <string.h>

#include "activity.h"
#include "arena.h"
#include "caller.h"
#include "ddl_catalogue.h"
#include "ddl_name.h"
#include "ddl_plan.h"
#include "ddl_sql.h"
#include "journal.h"
#include "rq.h"

/* Numbers of the database: a duplicate, a statement cut short, a shutdown, a connection killed;
 * those from 2000 on are the client library's. */
enum {
	DUPLICATE_KEY = 1062,
	SHUTDOWN = 1053,
	INTERRUPTED = 1317,
	CONNECTION_KILLED = 1927,
	CLIENT_ERRORS = 2000,
};

static bool
was_refused(unsigned number)
{
	return number > 0 && number < CLIENT_ERRORS && number != SHUTDOWN &&
	       number != INTERRUPTED && number != CONNECTION_KILLED;
}

static int
cannot_become_unique(const struct ddl_plan *plan)
{
	struct rq *rq = plan->rq;
	const char *fields = ddl_name_fields(rq->mem, &plan->c, db_duplicate_key(rq->db));

	rq->err = (struct err){0};
	return fail(rq, E_CONFLICT, "%s cannot become unique: there are rows with the same value",
	    fields == NULL ? "the fields" : fields);
}

/* The addition itself.  A statement that the database refused has done nothing; one whose answer
 * was lost may have. */
static int
add(const struct ddl_plan *plan, struct sqlb *sql, bool slow, struct journal *journal)
{
	struct rq *rq = plan->rq;
	unsigned number;

	if (journal_ddl(rq, sql, slow) == 0)
		return 0;
	number = db_errno(rq->db);
	journal->untouched = was_refused(number);
	return number == DUPLICATE_KEY ? cannot_become_unique(plan) : -1;
}

static void
answer_collection(const struct ddl_plan *plan)
{
	struct rq *rq = plan->rq;

	out_object(&rq->out);
	out_key(&rq->out, "data");
	ddl_collection_out(rq, &plan->c);
	out_end(&rq->out);
}

/* The last transaction of a creation. */
static int
settle_creation(const struct ddl_plan *plan, const struct journal *journal)
{
	struct rq *rq = plan->rq;

	if (ddl_raise_epoch(rq) < 0 || ddl_catalogue_add(plan) < 0 ||
	    ddl_seed_grants(rq, &plan->c) < 0)
		return -1;
	if (journal != NULL && journal_settle(rq, journal) < 0)
		return -1;
	activity_note(rq, "schema.create", plan->c.slug, NULL, NULL);
	answer_collection(plan);
	return ddl_commit(rq);
}

static int
plan_creation(struct rq *rq, struct ddl_plan *plan)
{
	int64_t no;

	if (journal_lock(rq) < 0)
		return -1;
	if (snapshot_collection_any(rq->snap, plan->in->slug) != NULL)
		return fail(rq, E_CONFLICT, "Slug already exists");
	if (db_exec(rq,
		"UPDATE coffer_workspace SET last_collection_no = last_collection_no + 1 WHERE id "
		"= ?",
		B(rq->caller->workspace_id)) < 0 ||
	    db_int(rq, &no, "SELECT last_collection_no FROM coffer_workspace WHERE id = ?",
		B(rq->caller->workspace_id)) < 0)
		return -1;
	plan->c.no = (uint32_t)no;
	return ddl_plan(plan);
}

int
ddl_create(struct rq *rq, const struct ddl_collection_in *in)
{
	struct ddl_plan plan = {.rq = rq, .in = in};
	struct journal journal = {0};
	struct sqlb sql;

	if (plan_creation(rq, &plan) < 0)
		return -1;
	if (plan.c.adopted)
		return settle_creation(&plan, NULL);
	journal.undo = (struct ddl_removal){
	    .workspace_no = rq->snap->workspace_no, .collection_no = plan.c.no, .table = true};
	if (journal_intend(rq, &journal, "create", &plan.c, false) < 0 || db_commit(rq) < 0)
		return -1;
	sqlb_init(&sql, rq->mem);
	ddl_sql_create(&plan, &sql);
	if (add(&plan, &sql, false, &journal) == 0 && settle_creation(&plan, &journal) == 0)
		return 0;
	return journal_undo(rq, &journal) ? -1 : 0;
}

static int
read_counters(struct ddl_plan *plan)
{
	struct rows *rows;

	if (db_query(plan->rq, &rows,
		"SELECT last_field_no, last_index_no FROM coffer_collection WHERE id = ? FOR "
		"UPDATE",
		B(plan->old->id)) < 0)
		return -1;
	if (rows_next(rows) <= 0)
		return fail(plan->rq, E_NOT_FOUND, "Collection not found");
	plan->last_field_no = (uint32_t)rows_int(rows, 0);
	plan->last_index_no = (uint32_t)rows_int(rows, 1);
	return 0;
}

static int
plan_update(struct rq *rq, struct ddl_plan *plan)
{
	const struct ddl_collection_in *in = plan->in;

	if (journal_enter(rq, in->slug, &plan->old) < 0)
		return -1;
	if (plan->old->archived)
		return fail(rq, E_NOT_FOUND, "Collection not found");
	if (in->new_slug != NULL && strcmp(in->new_slug, in->slug) != 0 &&
	    snapshot_collection_any(rq->snap, in->new_slug) != NULL)
		return fail(rq, E_CONFLICT, "Slug already exists");
	if (read_counters(plan) < 0 || ddl_plan(plan) < 0)
		return -1;
	return ddl_catalogue_count(plan);
}

static bool
is_renamed(const struct ddl_plan *plan)
{
	return strcmp(plan->c.slug, plan->old->slug) != 0;
}

static int
settle_update(const struct ddl_plan *plan, const struct journal *journal)
{
	struct rq *rq = plan->rq;

	if (ddl_raise_epoch(rq) < 0 || ddl_catalogue_change(plan) < 0)
		return -1;
	if (!plan->old->owner_scoped && ddl_seed_grants(rq, &plan->c) < 0)
		return -1;
	if (journal != NULL && journal_settle(rq, journal) < 0)
		return -1;
	activity_note(rq, "schema.update", plan->c.slug, NULL, NULL);
	out_object(&rq->out);
	out_kbool(&rq->out, "ok", true);
	out_kstr(&rq->out, "slug", plan->c.slug);
	out_kbool(&rq->out, "renamed", is_renamed(plan));
	out_end(&rq->out);
	return ddl_commit(rq);
}

/* The part of an update that touches the table. */
static int
alter(const struct ddl_plan *plan, struct sqlb *sql, const struct ddl_alter *change)
{
	struct journal journal = {.undo = change->undo, .after = change->after};
	struct rq *rq = plan->rq;

	if (journal_intend(rq, &journal, "update", &plan->c, false) < 0 || db_commit(rq) < 0)
		return -1;
	if (change->cost != DDL_NOTHING && add(plan, sql, change->cost == DDL_SLOW, &journal) < 0) {
		journal_undo(rq, &journal);
		return -1;
	}
	if (settle_update(plan, &journal) < 0 && journal_undo(rq, &journal))
		return -1;
	journal_clean(rq, &journal);
	return 0;
}

int
ddl_update(struct rq *rq, const struct ddl_collection_in *in)
{
	struct ddl_plan plan = {.rq = rq, .in = in};
	struct ddl_alter change = {0};
	struct sqlb sql;

	if (plan_update(rq, &plan) < 0)
		return -1;
	sqlb_init(&sql, rq->mem);
	if (!plan.c.adopted && ddl_sql_alter(&plan, &sql, &change) < 0)
		return -1;
	if (change.cost == DDL_NOTHING && ddl_removal_empty(&change.after))
		return settle_update(&plan, NULL);
	return alter(&plan, &sql, &change);
}
