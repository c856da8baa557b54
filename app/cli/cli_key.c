/* coffer key: API keys, and how clients are told about them. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "activity.h"
#include "arena.h"
#include "cli.h"
#include "cli_rq.h"
#include "clock.h"
#include "conf.h"
#include "db.h"
#include "out.h"
#include "rq.h"
#include "str.h"
#include "tool.h"
#include "workspace.h"

/* How a client is told about a server and a key. */
struct client {
	struct arena *mem;
	const char *url, *secret;
};

static const char *
this_program(void)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	const char *name = len > 0 ? strrchr(path, '/') : NULL;

	return name && strcmp(name, "/coffer") == 0 ? path : "coffer";
}

/* {"<section>":{"coffer":{<more>"url":...,"headers":{"Authorization":...}}}} */
static void
print_remote(const struct client *c, const char *section, const char *type)
{
	struct out out;

	out_init(&out, c->mem);
	out_object(&out);
	out_key(&out, section);
	out_object(&out);
	out_key(&out, "coffer");
	out_object(&out);
	if (type)
		out_kstr(&out, "type", type);
	out_kstr(&out, "url", arena_printf(c->mem, "%s/mcp?names=flat", c->url));
	out_key(&out, "headers");
	out_object(&out);
	out_kstr(&out, "Authorization", arena_printf(c->mem, "Bearer %s", c->secret));
	for (int i = 0; i < 4; i++)
		out_end(&out);
	printf("  %s\n\n", buf_text(&out.buf));
}

/* Claude Desktop starts a program and speaks to it on its standard input. */
static void
print_local(const struct client *c)
{
	struct out out;

	out_init(&out, c->mem);
	out_object(&out);
	out_key(&out, "mcpServers");
	out_object(&out);
	out_key(&out, "coffer");
	out_object(&out);
	out_kstr(&out, "command", this_program());
	out_key(&out, "args");
	out_array(&out);
	out_str(&out, "mcp");
	out_str(&out, "--url");
	out_str(&out, arena_printf(c->mem, "%s/mcp?names=flat", c->url));
	out_end(&out);
	out_key(&out, "env");
	out_object(&out);
	out_kstr(&out, "COFFER_KEY", c->secret);
	for (int i = 0; i < 4; i++)
		out_end(&out);
	printf("  %s\n\n", buf_text(&out.buf));
}

/* Ready to paste.  Flat tool names, for most clients take only letters, digits, '_' and '-'. */
static void
print_clients(struct arena *mem, const char *url, const char *secret)
{
	struct client c = {mem, url, secret};

	printf("Claude Code:\n  claude mcp add --transport http coffer \"%s/mcp?names=flat\" "
	       "--header \"Authorization: Bearer %s\"\n\n",
	    url, secret);
	printf("Claude Desktop (claude_desktop_config.json):\n");
	print_local(&c);
	printf("Cursor (~/.cursor/mcp.json):\n");
	print_remote(&c, "mcpServers", NULL);
	printf("VS Code (.vscode/mcp.json):\n");
	print_remote(&c, "servers", "http");
	printf("curl:\n"
	       "  curl -s \"%s/mcp\" -H \"Authorization: Bearer %s\" -H \"Content-Type: "
	       "application/json\" \\\n"
	       "    -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
	       "\"params\":{\"name\":\"schema.list_collections\"}}'\n",
	    url, secret);
}

struct new_key {
	const char *user, *workspace, *name, *role, *tools, *expires, *url;
	bool read_only, secret_only;
	const char *secret;
};

/* The allowlist as JSON, in canonical names; NULL: none was asked for, or E_VALIDATION recorded. */
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
	for (size_t i = 0; i < n; i++) {
		const struct tool *tool = tool_find(names[i]);

		if (!tool || tool->flags & TOOL_REST_ONLY) {
			fail(rq, E_VALIDATION, "there is no tool '%s'; `coffer tools` lists them",
			    names[i]);
			return NULL;
		}
		out_str(&out, tool->name);
	}
	out_end(&out);
	return buf_text(&out.buf);
}

/* The role must be one its owner holds: a key narrows, it never widens.  Every member has
 * "authenticated". */
static int
find_role(struct rq *rq, const struct key_in *key, const char *name, const char **id_r)
{
	int found;

	if (!name)
		return 0;
	found = db_text(rq, id_r,
	    "SELECT r.id FROM coffer_role r LEFT JOIN coffer_user_role h ON h.role_id = r.id"
	    " AND h.workspace_id = r.workspace_id AND h.user_id = ?"
	    " WHERE r.workspace_id = ? AND r.name = ?"
	    " AND (h.user_id IS NOT NULL OR (r.is_system AND r.name = 'authenticated'))",
	    B(key->user_id), B(key->workspace_id), B(name));
	if (found == 0)
		return fail(rq, E_NOT_FOUND, "the owner does not hold a role '%s' there", name);
	return found < 0 ? -1 : 0;
}

static int
check_member(struct rq *rq, const struct key_in *key, const struct new_key *new)
{
	int64_t one;
	int found =
	    db_int(rq, &one, "SELECT 1 FROM coffer_member WHERE user_id = ? AND workspace_id = ?",
		B(key->user_id), B(key->workspace_id));

	if (found == 0)
		return fail(rq, E_NOT_FOUND, "'%s' is no member of workspace '%s'", new->user,
		    new->workspace);
	return found < 0 ? -1 : 0;
}

static int
create(struct rq *rq, void *ctx)
{
	struct new_key *new = ctx;
	struct key_in key = {.name = new->name, .read_only = new->read_only};
	const char *id;

	if (new->expires && (!clock_parse(new->expires, strlen(new->expires), &key.expires_at) ||
				key.expires_at <= rq->now))
		return fail(rq, E_VALIDATION,
		    "--expires must be a time in the future, such as 2030-01-31T00:00:00Z");
	key.tools_json = tools_json(rq, new->tools);
	if (new->tools && !key.tools_json)
		return -1;
	if (cli_workspace_id(rq, new->workspace, &key.workspace_id) < 0 ||
	    cli_user_id(rq, new->user, &key.user_id) < 0 || check_member(rq, &key, new) < 0 ||
	    find_role(rq, &key, new->role, &key.role_id) < 0 ||
	    cli_workspace_change(rq, key.workspace_id) < 0 ||
	    key_create(rq, &key, &id, &new->secret) < 0)
		return -1;
	activity_note(rq, "apikey.create", "system_api_keys", id, NULL);
	return 0;
}

static const char *
default_url(struct arena *mem)
{
	return arena_printf(mem, "%s%s",
	    *conf->public_url ? conf->public_url : "http://127.0.0.1:8080", conf->base_path);
}

static int
key_add(int argc, char **argv)
{
	struct new_key new = {.workspace = "default", .name = "command line"};
	const struct cli_option options[] = {
	    {"user", "EMAIL", "Whose key it is (required).", &new.user, NULL},
	    {"workspace", "SLUG", "Its workspace (default).", &new.workspace, NULL},
	    {"name", "NAME", "Name of the key.", &new.name, NULL},
	    {"role", "NAME", "Narrow it to one role its owner holds.", &new.role, NULL},
	    {"tools", "LIST", "Allow only these tools over MCP, separated by commas.", &new.tools,
		NULL},
	    {"read-only", NULL, "Refuse tools that write, over MCP.", NULL, &new.read_only},
	    {"expires", "TIME", "When it stops working.", &new.expires, NULL},
	    {"url", "URL", "Address to print in the client configurations.", &new.url, NULL},
	    {"secret-only", NULL, "Print the secret and nothing else.", NULL, &new.secret_only},
	    {0},
	};
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc || !new.user)
		return cli_usage("key", "name the owner with --user");
	rq = cli_rq(false);
	if (!rq || cli_run(rq, create, &new) != CLI_OK)
		return CLI_FAILED;
	printf("%s\n", new.secret);
	if (!new.secret_only) {
		printf("\nThe secret is shown only once.\n\n");
		print_clients(rq->mem, new.url ? new.url : default_url(rq->mem), new.secret);
	}
	return CLI_OK;
}

static int
list(struct rq *rq, void *ctx)
{
	return db_query(rq, ctx,
	    "SELECT k.id, k.prefix, k.name, w.slug AS workspace, u.email AS owner, r.name AS role,"
	    " IF(k.mcp_read_only, 'read-only', '') AS guard, COALESCE(k.mcp_tools, 'all') AS tools,"
	    " k.expires_at, s.last_used_at, k.revoked_at"
	    " FROM coffer_api_key k JOIN coffer_workspace w ON w.id = k.workspace_id JOIN "
	    "coffer_user u ON u.id = k.user_id"
	    " LEFT JOIN coffer_role r ON r.id = k.role_id LEFT JOIN coffer_api_key_use s ON "
	    "s.key_id = k.id"
	    " ORDER BY k.id");
}

static int
key_list(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rows *rows;
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("key", "no operands are taken");
	rq = cli_rq(false);
	if (!rq || cli_run(rq, list, &rows) != CLI_OK)
		return CLI_FAILED;
	return cli_print(rows);
}

static int
revoke_key(struct rq *rq, void *ctx)
{
	const char *name = ctx, *id = NULL, *workspace;
	struct rows *rows;

	if (db_query(rq, &rows,
		"SELECT id, workspace_id FROM coffer_api_key WHERE (prefix = ? OR CAST(id AS "
		"CHAR(36)) = ?) AND revoked_at IS NULL",
		B(name), B(name)) < 0)
		return -1;
	if (rows_next(rows) == 1) {
		id = rows_dup(rows, 0);
		workspace = rows_dup(rows, 1);
	}
	if (!id)
		return fail(rq, E_NOT_FOUND, "there is no living key '%s'", name);
	if (cli_workspace_change(rq, workspace) < 0)
		return -1;
	activity_note(rq, "apikey.revoke", "system_api_keys", id, NULL);
	return db_exec(
	    rq, "UPDATE coffer_api_key SET revoked_at = ? WHERE id = ?", bind_time(rq->now), B(id));
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
	return rq ? cli_run(rq, revoke_key, argv[first]) : CLI_FAILED;
}

static int
key_show(int argc, char **argv)
{
	const char *url = NULL, *secret = getenv("COFFER_KEY");
	const struct cli_option options[] = {
	    {"url", "URL", "Address of the server, without /mcp.", &url, NULL},
	    {"key", "KEY", "The key; nothing but its hash is kept here (or $COFFER_KEY).", &secret,
		NULL},
	    {0},
	};

	if (cli_options(argc, argv, options) < argc || !url || !secret)
		return cli_usage("key", "give --url and --key");
	print_clients(arena_new(), url, secret);
	return CLI_OK;
}

static const struct cli_action actions[] = {
    {"create",
	"--user EMAIL [--workspace SLUG] [--role NAME] [--tools LIST] [--read-only] [--expires "
	"TIME]",
	key_add},
    {"list", "", key_list},
    {"revoke", "ID|PREFIX", key_revoke},
    {"show", "--url URL [--key KEY]", key_show},
    {0},
};

int
cli_key(int argc, char **argv)
{
	return cli_act("key", actions, argc, argv);
}
