/* coffer workspace: the workspaces of this instance. */
#include <stdio.h>

#include "activity.h"
#include "cli.h"
#include "cli_rq.h"
#include "db.h"
#include "rq.h"
#include "workspace.h"

static int
list(struct rq *rq, void *ctx)
{
	return db_query(rq, ctx,
	    "SELECT id, slug, name, env, IF(is_protected, 'protected', '') AS protection, "
	    "created_at"
	    " FROM coffer_workspace ORDER BY no");
}

static int
workspace_list(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rows *rows;
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("workspace", "no operands are taken");
	rq = cli_rq(false);
	if (!rq || cli_run(rq, list, &rows) != CLI_OK)
		return CLI_FAILED;
	return cli_print(rows);
}

struct new_workspace {
	const char *name, *slug, *owner, *id;
};

static int
create(struct rq *rq, void *ctx)
{
	struct new_workspace *new = ctx;
	const char *owner = NULL;

	if (new->owner && cli_user_id(rq, new->owner, &owner) < 0)
		return -1;
	if (workspace_create(rq, new->name, new->slug, owner, false, &new->id) < 0 ||
	    cli_workspace_change(rq, new->id) < 0)
		return -1;
	activity_note(rq, "tenant.create", "system_tenants", new->id, NULL);
	return 0;
}

static int
workspace_add(int argc, char **argv)
{
	struct new_workspace new = {0};
	const struct cli_option options[] = {
	    {"slug", "SLUG", "Slug (made from the name).", &new.slug, NULL},
	    {"owner", "EMAIL", "User who becomes owner and administrator.", &new.owner, NULL},
	    {0},
	};
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("workspace", "name the workspace");
	new.name = argv[first];
	rq = cli_rq(false);
	if (!rq || cli_run(rq, create, &new) != CLI_OK)
		return CLI_FAILED;
	printf("%s\n", new.id);
	return CLI_OK;
}

struct protection {
	const char *workspace;
	bool on;
};

static int
protect(struct rq *rq, void *ctx)
{
	const struct protection *p = ctx;
	const char *id;

	if (cli_workspace_id(rq, p->workspace, &id) < 0 || cli_workspace_change(rq, id) < 0)
		return -1;
	activity_note(
	    rq, p->on ? "tenant.protect" : "tenant.unprotect", "system_tenants", id, NULL);
	return db_exec(
	    rq, "UPDATE coffer_workspace SET is_protected = ? WHERE id = ?", B(p->on), B(id));
}

static int
set_protection(int argc, char **argv, bool on)
{
	const struct cli_option options[] = {{0}};
	int first = cli_options(argc, argv, options);
	struct protection p = {.on = on};
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("workspace", "name one workspace");
	p.workspace = argv[first];
	rq = cli_rq(false);
	return rq ? cli_run(rq, protect, &p) : CLI_FAILED;
}

static int
workspace_protect(int argc, char **argv)
{
	return set_protection(argc, argv, true);
}

static int
workspace_unprotect(int argc, char **argv)
{
	return set_protection(argc, argv, false);
}

static const struct cli_action actions[] = {
    {"list", "", workspace_list},
    {"create", "NAME [--slug SLUG] [--owner EMAIL]", workspace_add},
    {"protect", "SLUG", workspace_protect},
    {"unprotect", "SLUG", workspace_unprotect},
    {0},
};

int
cli_workspace(int argc, char **argv)
{
	return cli_act("workspace", actions, argc, argv);
}
