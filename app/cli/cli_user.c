/* coffer user: the people of this instance. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "activity.h"
#include "cli.h"
#include "cli_rq.h"
#include "db.h"
#include "rq.h"
#include "workspace.h"

/* 200 characters of up to four bytes, a line end and the terminating zero. */
enum { PASSWORD_SIZE = 4 * 200 + 3 };

static void
echo(bool on)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t) < 0)
		return;
	t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
}

/* From the terminal without echo, or one line of a pipe. */
static int
read_password(bool from_stdin, char to[PASSWORD_SIZE])
{
	bool ask = isatty(STDIN_FILENO) && !from_stdin;
	char *line;

	if (ask) {
		fputs("Password: ", stderr);
		echo(false);
	}
	line = fgets(to, PASSWORD_SIZE, stdin);
	if (ask) {
		echo(true);
		fputc('\n', stderr);
	}
	if (!line)
		return cli_fail("no password was given");
	if (!strchr(to, '\n') && !feof(stdin))
		return cli_fail("the password is too long");
	to[strcspn(to, "\r\n")] = '\0';
	return CLI_OK;
}

struct new_user {
	struct user_in in;
	const char *workspace, *id;
	bool admin, is_operator;
};

/* The first person of an instance runs it. */
static int
add(struct rq *rq, void *ctx)
{
	struct new_user *new = ctx;
	const char *workspace, *any;
	int found = db_text(rq, &any, "SELECT id FROM coffer_user LIMIT 1");
	bool first = found == 0, admin;

	if (found < 0 || workspace_default(rq, &workspace) < 0)
		return -1;
	if (strcmp(new->workspace, "default") != 0 &&
	    cli_workspace_id(rq, new->workspace, &workspace) < 0)
		return -1;
	new->in.is_operator = new->is_operator || first;
	admin = new->admin || new->in.is_operator;
	if (cli_workspace_change(rq, workspace) < 0 || user_insert(rq, &new->in, &new->id) < 0)
		return -1;
	activity_note(rq, "user.create", "system_users", new->id, NULL);
	return user_join(rq, new->id, workspace,
	    first   ? "owner"
	    : admin ? "admin"
		    : "member",
	    admin ? "admin" : NULL);
}

static int
user_add(int argc, char **argv)
{
	struct new_user new = {.workspace = "default"};
	bool from_stdin = false;
	const struct cli_option options[] = {
	    {"name", "NAME", "Name of the person.", &new.in.name, NULL},
	    {"workspace", "SLUG", "Workspace they join (default).", &new.workspace, NULL},
	    {"admin", NULL, "Make them an administrator of that workspace.", NULL, &new.admin},
	    {"operator", NULL, "Make them an operator of the instance, too.", NULL,
		&new.is_operator},
	    {"password-stdin", NULL,
		"Read the password from standard input even if that is a terminal.", NULL,
		&from_stdin},
	    {0},
	};
	char password[PASSWORD_SIZE];
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("user", "name one email address");
	rq = cli_rq(false);
	if (!rq)
		return CLI_FAILED;
	new.in.email = user_email(rq, argv[first]);
	if (!new.in.email)
		return cli_fail("%s", rq->err.message);
	if (read_password(from_stdin, password) != CLI_OK)
		return CLI_FAILED;
	new.in.password_hash = user_password_hash(rq, password);
	if (!new.in.password_hash)
		return cli_fail("%s", rq->err.message);
	if (cli_run(rq, add, &new) != CLI_OK)
		return CLI_FAILED;
	printf("%s\n", new.id);
	return CLI_OK;
}

struct new_password {
	const char *user, *hash;
};

/* A new password ends all sessions and a lockout. */
static int
change_password(struct rq *rq, void *ctx)
{
	const struct new_password *new = ctx;
	const char *id;

	if (cli_user_id(rq, new->user, &id) < 0 ||
	    db_exec(rq,
		"UPDATE coffer_user SET password_hash = ?, failed_sign_ins = 0, locked_until = "
		"NULL WHERE id = ?",
		B(new->hash), B(id)) < 0)
		return -1;
	activity_note(rq, "user.password", "system_users", id, NULL);
	return db_exec(rq, "DELETE FROM coffer_session WHERE user_id = ?", B(id));
}

static int
user_passwd(int argc, char **argv)
{
	struct new_password new = {0};
	bool from_stdin = false;
	const struct cli_option options[] = {
	    {"password-stdin", NULL,
		"Read the password from standard input even if that is a terminal.", NULL,
		&from_stdin},
	    {0},
	};
	char password[PASSWORD_SIZE];
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("user", "name one email address");
	new.user = argv[first];
	rq = cli_rq(false);
	if (!rq || read_password(from_stdin, password) != CLI_OK)
		return CLI_FAILED;
	new.hash = user_password_hash(rq, password);
	if (!new.hash)
		return cli_fail("%s", rq->err.message);
	return cli_run(rq, change_password, &new);
}

static int
list(struct rq *rq, void *ctx)
{
	return db_query(rq, ctx,
	    "SELECT u.id, u.email, u.name, IF(u.is_operator, 'operator', '') AS instance,"
	    " (SELECT GROUP_CONCAT(CONCAT(w.slug, ':', m.role, IF(m.status = 'active', '', "
	    "'!')) ORDER BY w.no)"
	    " FROM coffer_member m JOIN coffer_workspace w ON w.id = m.workspace_id WHERE "
	    "m.user_id = u.id) AS workspaces"
	    " FROM coffer_user u ORDER BY u.created_at");
}

static int
user_list(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rows *rows;
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("user", "no operands are taken");
	rq = cli_rq(false);
	if (!rq || cli_run(rq, list, &rows) != CLI_OK)
		return CLI_FAILED;
	return cli_print(rows);
}

static const struct cli_action actions[] = {
    {"add", "EMAIL [--name NAME] [--operator] [--admin] [--workspace SLUG]", user_add},
    {"passwd", "EMAIL", user_passwd},
    {"list", "", user_list},
    {0},
};

int
cli_user(int argc, char **argv)
{
	return cli_act("user", actions, argc, argv);
}
