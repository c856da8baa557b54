/* coffer key: API keys, and how clients are told about them. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cli.h"
#include "cli_rq.h"
#include "clock.h"
#include "conf.h"
#include "db.h"
#include "out.h"
#include "rq.h"
#include "str.h"
#include "workspace.h"

/* Ready to paste.  Flat tool names where a client takes only letters, digits, '_' and '-'. */
static void
print_clients(const char *url, const char *secret)
{
	char program[PATH_MAX] = "coffer";
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	if (len > 0)
		program[len] = '\0';
	printf("Claude Code:\n"
	       "  claude mcp add --transport http coffer \"%s/mcp?names=flat\" --header "
	       "\"Authorization: Bearer %s\"\n\n",
	    url, secret);
	printf("Claude Desktop (claude_desktop_config.json):\n"
	       "  "
	       "{\"mcpServers\":{\"coffer\":{\"command\":\"%s\",\"args\":[\"mcp\",\"--url\",\"%s/"
	       "mcp?names=flat\"],"
	       "\"env\":{\"COFFER_KEY\":\"%s\"}}}}\n\n",
	    program, url, secret);
	printf("Cursor (~/.cursor/mcp.json):\n"
	       "  "
	       "{\"mcpServers\":{\"coffer\":{\"url\":\"%s/"
	       "mcp?names=flat\",\"headers\":{\"Authorization\":\"Bearer %s\"}}}}\n\n",
	    url, secret);
	printf("VS Code (.vscode/mcp.json):\n"
	       "  "
	       "{\"servers\":{\"coffer\":{\"type\":\"http\",\"url\":\"%s/"
	       "mcp?names=flat\",\"headers\":{\"Authorization\":\"Bearer "
	       "%s\"}}}}\n\n",
	    url, secret);
	printf("curl:\n"
	       "  curl -s %s/mcp -H \"Authorization: Bearer %s\" -H \"Content-Type: "
	       "application/json\" \\\n"
	       "    -d "
	       "'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
	       "call\",\"params\":{\"name\":\"schema.list_collections\"}}'\n",
	    url, secret);
}

struct create_options {
	const char *user, *workspace, *name, *role, *tools, *expires, *url;
	bool read_only, secret_only;
};

static const char *
tools_json(struct rq *rq, const char *list)
{
	struct out out;
	char **names;
	size_t n;

	if (!list)
		return NULL;
	out_init(&out, rq->mem);
	out_array(&out);
	n = str_split(rq->mem, list, ',', &names);
	for (size_t i = 0; i < n; i++)
		out_str(&out, names[i]);
	out_end(&out);
	return buf_text(&out.buf);
}

static int
find_role(struct rq *rq, const char *workspace, const char *name, const char **id_r)
{
	int found;

	if (!name)
		return 0;
	found = db_text(rq, id_r, "SELECT id FROM coffer_role WHERE workspace_id = ? AND name = ?",
	    B(workspace), B(name));
	if (found == 0)
		return fail(rq, E_NOT_FOUND, "the workspace has no role '%s'", name);
	return found < 0 ? -1 : 0;
}

static int
create(struct rq *rq, const struct create_options *o, const char **secret_r)
{
	struct key_in key = {
	    .name = o->name, .read_only = o->read_only, .tools_json = tools_json(rq, o->tools)};
	const char *id;

	if (o->expires && (!clock_parse(o->expires, strlen(o->expires), &key.expires_at) ||
			      key.expires_at <= rq->now))
		return fail(rq, E_VALIDATION,
		    "--expires must be a time in the future, such as 2030-01-31T00:00:00Z");
	if (cli_workspace_id(rq, o->workspace, &key.workspace_id) < 0 ||
	    cli_user_id(rq, o->user, &key.user_id) < 0 ||
	    find_role(rq, key.workspace_id, o->role, &key.role_id) < 0)
		return -1;
	return key_create(rq, &key, &id, secret_r);
}

static const char *
default_url(void)
{
	static char url[1024];

	snprintf(url, sizeof url, "%s%s",
	    *conf->public_url ? conf->public_url : "http://127.0.0.1:8080", conf->base_path);
	return url;
}

static int
key_add(int argc, char **argv)
{
	struct create_options o = {.workspace = "default", .name = "command line"};
	const struct cli_option options[] = {
	    {"user", "EMAIL", "Whose key it is (required).", &o.user, NULL},
	    {"workspace", "SLUG", "Its workspace (default).", &o.workspace, NULL},
	    {"name", "NAME", "Name of the key.", &o.name, NULL},
	    {"role", "NAME", "Narrow it to one role its owner holds.", &o.role, NULL},
	    {"tools", "LIST", "Allow only these tools over MCP, separated by commas.", &o.tools,
		NULL},
	    {"read-only", NULL, "Refuse tools that write, over MCP.", NULL, &o.read_only},
	    {"expires", "TIME", "When it stops working.", &o.expires, NULL},
	    {"url", "URL", "Address to print in the client configurations.", &o.url, NULL},
	    {"secret-only", NULL, "Print the secret and nothing else.", NULL, &o.secret_only},
	    {0},
	};
	const char *secret = NULL;
	struct rq *rq;
	int status;

	if (cli_options(argc, argv, options) < argc || !o.user)
		return cli_usage("key", "name the owner with --user");
	rq = cli_rq(false);
	if (!rq)
		return CLI_FAILED;
	status = cli_done(rq, create(rq, &o, &secret));
	if (status != CLI_OK)
		return status;
	printf("%s\n", secret);
	if (!o.secret_only) {
		printf("\nThe secret is shown only once.\n\n");
		print_clients(o.url ? o.url : default_url(), secret);
	}
	return CLI_OK;
}

static int
list(struct rq *rq)
{
	struct rows *rows;

	if (db_query(rq, &rows,
		"SELECT k.id, k.prefix, k.name, w.slug AS workspace, u.email AS owner, r.name AS "
		"role,"
		" IF(k.mcp_read_only, 'read-only', '') AS guard, COALESCE(k.mcp_tools, 'all') AS "
		"tools,"
		" k.expires_at, s.last_used_at, k.revoked_at"
		" FROM coffer_api_key k JOIN coffer_workspace w ON w.id = k.workspace_id JOIN "
		"coffer_user u ON u.id = k.user_id"
		" LEFT JOIN coffer_role r ON r.id = k.role_id LEFT JOIN coffer_api_key_use s ON "
		"s.key_id = k.id"
		" ORDER BY k.id") < 0)
		return -1;
	return cli_print(rows);
}

static int
key_list(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("key", "no operands are taken");
	rq = cli_rq(false);
	return rq ? cli_done(rq, list(rq)) : CLI_FAILED;
}

static int
revoke_key(struct rq *rq, const char *name)
{
	if (db_exec(rq,
		"UPDATE coffer_api_key SET revoked_at = ? WHERE (prefix = ? OR CAST(id AS "
		"CHAR(36)) = ?) AND revoked_at IS NULL",
		bind_time(rq->now), B(name), B(name)) < 0)
		return -1;
	return db_affected(rq->db) ? 0 : fail(rq, E_NOT_FOUND, "there is no living key '%s'", name);
}

static int
key_revoke(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("key", "name one key by its id or its prefix, pak_xxxxxxxx");
	rq = cli_rq(false);
	return rq ? cli_done(rq, revoke_key(rq, argv[first])) : CLI_FAILED;
}

static int
key_show(int argc, char **argv)
{
	const char *url = NULL, *secret = NULL;
	const struct cli_option options[] = {
	    {"url", "URL", "Address of the server, without /mcp.", &url, NULL},
	    {"secret", "KEY", "The key; its secret is not kept anywhere.", &secret, NULL},
	    {0},
	};

	if (cli_options(argc, argv, options) < argc || !url || !secret)
		return cli_usage("key", "give --url and --secret");
	print_clients(url, secret);
	return CLI_OK;
}

static const struct cli_action actions[] = {
    {"create",
	"--user EMAIL [--workspace SLUG] [--role NAME] [--tools LIST] [--read-only] [--expires "
	"TIME]",
	key_add},
    {"list", "", key_list},
    {"revoke", "ID|PREFIX", key_revoke},
    {"show", "--url URL --secret KEY", key_show},
    {0},
};

int
cli_key(int argc, char **argv)
{
	return cli_act("key", actions, argc, argv);
}
