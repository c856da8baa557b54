/* coffer workspace: the workspaces of this instance. */
#include <stdio.h>

#include "cli.h"
#include "cli_rq.h"
#include "db.h"
#include "rq.h"
#include "workspace.h"

static int
list(struct rq *rq)
{
	struct rows *rows;

	if (db_query(rq, &rows,
		"SELECT id, slug, name, env, IF(is_protected, 'protected', '') AS protection, "
		"created_at"
		" FROM coffer_workspace ORDER BY no") < 0)
		return -1;
	return cli_print(rows);
}

static int
workspace_list(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("workspace", "no operands are taken");
	rq = cli_rq(false);
	return rq ? cli_done(rq, list(rq)) : CLI_FAILED;
}

static int
create(struct rq *rq, const char *name, const char *slug, const char *owner)
{
	const char *id, *user = NULL;

	if (owner && cli_user_id(rq, owner, &user) < 0)
		return -1;
	if (workspace_create(rq, name, slug, user, false, &id) < 0)
		return -1;
	printf("%s\n", id);
	return 0;
}

static int
workspace_add(int argc, char **argv)
{
	const char *slug = NULL, *owner = NULL;
	const struct cli_option options[] = {
	    {"slug", "SLUG", "Slug (made from the name).", &slug, NULL},
	    {"owner", "EMAIL", "User who becomes owner and administrator.", &owner, NULL},
	    {0},
	};
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("workspace", "name the workspace");
	rq = cli_rq(false);
	return rq ? cli_done(rq, create(rq, argv[first], slug, owner)) : CLI_FAILED;
}

static int
set_protection(int argc, char **argv, bool on)
{
	const struct cli_option options[] = {{0}};
	int first = cli_options(argc, argv, options);
	const char *id;
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("workspace", "name one workspace");
	rq = cli_rq(false);
	if (!rq)
		return CLI_FAILED;
	if (cli_workspace_id(rq, argv[first], &id) < 0)
		return cli_done(rq, -1);
	return cli_done(
	    rq, db_exec(rq,
		    "UPDATE coffer_workspace SET epoch = epoch + 1, is_protected = ? WHERE id = ?",
		    B(on), B(id)));
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
