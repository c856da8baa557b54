/* coffer call: run an operation as an administrator on this host. */
#include <stdio.h>
#include <string.h>

#include "auth.h"
#include "cli.h"
#include "cli_rq.h"
#include "db.h"
#include "json_in.h"
#include "rq.h"
#include "tool.h"

/* The administrator who acts: the one named, or the workspace's first. */
static int
find_admin(struct rq *rq, const char *workspace, const char *user, const char **id_r)
{
	int found;

	if (user)
		return cli_user_id(rq, user, id_r);
	found = db_text(rq, id_r,
	    "SELECT ur.user_id FROM coffer_user_role ur JOIN coffer_role r ON r.id = ur.role_id "
	    "AND r.is_admin"
	    " JOIN coffer_member m ON m.user_id = ur.user_id AND m.workspace_id = ur.workspace_id "
	    "AND m.status = 'active'"
	    " JOIN coffer_user u ON u.id = ur.user_id"
	    " WHERE ur.workspace_id = ? ORDER BY u.is_operator DESC, ur.created_at LIMIT 1",
	    B(workspace));
	if (found == 0)
		return fail(rq, E_NOT_FOUND, "the workspace has no administrator");
	return found < 0 ? -1 : 0;
}

/* "-" stands for standard input. */
static const char *
read_arguments(struct rq *rq, const char *text)
{
	struct buf buf;
	size_t n;

	if (strcmp(text, "-") != 0)
		return text;
	buf_init(&buf, rq->mem);
	do {
		n = fread(buf_reserve(&buf, 65536), 1, 65536, stdin);
		buf.len += n;
	} while (n > 0);
	return buf_text(&buf);
}

struct command {
	const char *tool, *text, *workspace, *user;
};

static int
run(struct rq *rq, const struct command *command)
{
	struct credentials credentials = {0};
	struct call call = {.tool = tool_find(command->tool)};

	if (!call.tool)
		return fail(rq, E_NOT_FOUND,
		    "there is no operation '%s'; `coffer tools` lists them", command->tool);
	if (json_in_parse(rq->mem, &rq->err, command->text, strlen(command->text), &call.args) < 0)
		return -1;
	if (!json_object_is_type(call.args, json_type_object))
		return fail(rq, E_VALIDATION, "the arguments must be a JSON object");
	if (cli_workspace_id(rq, command->workspace, &credentials.workspace) < 0 ||
	    find_admin(rq, credentials.workspace, command->user, &credentials.user_id) < 0)
		return -1;
	db_rollback(rq);
	auth_remember(rq, &credentials);
	if (tool_call(rq, &call) < 0)
		return -1;
	printf("%s\n", buf_text(&rq->out.buf));
	tool_done(rq);
	return rq->is_error ? 1 : 0;
}

int
cli_call(int argc, char **argv)
{
	struct command command = {.workspace = "default", .text = "{}"};
	const struct cli_option options[] = {
	    {"workspace", "SLUG", "Workspace to work in (default).", &command.workspace, NULL},
	    {"user", "EMAIL", "Act as this user (the workspace's first administrator).",
		&command.user, NULL},
	    {0},
	};
	int first = cli_options(argc, argv, options), result;
	struct rq *rq;

	if (argc - first < 1 || argc - first > 2)
		return cli_usage("call",
		    "name an operation and, in one word, its arguments as JSON, or - to read them");
	rq = cli_rq(false);
	if (!rq)
		return CLI_FAILED;
	command.tool = argv[first];
	if (argc - first == 2)
		command.text = read_arguments(rq, argv[first + 1]);
	result = run(rq, &command);
	if (result < 0)
		cli_note("%s: %s%s%s", err_name(rq->err.code), rq->err.message,
		    rq->err.path ? " at " : "", rq->err.path ? rq->err.path : "");
	return result == 0 ? CLI_OK : CLI_FAILED;
}
