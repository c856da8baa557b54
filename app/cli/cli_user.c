/* coffer user: the people of this instance. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "cli_rq.h"
#include "crypto.h"
#include "db.h"
#include "rq.h"
#include "workspace.h"

enum { PASSWORD_MAX = 200 };

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
read_password(char to[PASSWORD_MAX + 2])
{
	bool terminal = isatty(STDIN_FILENO);
	char *line;

	if (terminal) {
		fputs("Password: ", stderr);
		echo(false);
	}
	line = fgets(to, PASSWORD_MAX + 2, stdin);
	if (terminal) {
		echo(true);
		fputc('\n', stderr);
	}
	if (!line)
		return cli_fail("no password was given");
	to[strcspn(to, "\r\n")] = '\0';
	return CLI_OK;
}

struct add_options {
	const char *name, *workspace;
	bool is_operator, admin;
};

static int
add(struct rq *rq, const char *email, const char *password, const struct add_options *o)
{
	const char *user, *workspace, *any;
	int found = db_text(rq, &any, "SELECT id FROM coffer_user LIMIT 1");
	/* The first person of an instance runs it. */
	bool first = found == 0, is_operator = o->is_operator || first,
	     admin = o->admin || is_operator;

	if (found < 0 || workspace_default(rq, &workspace) < 0)
		return -1;
	if (strcmp(o->workspace, "default") != 0 &&
	    cli_workspace_id(rq, o->workspace, &workspace) < 0)
		return -1;
	if (user_create(rq, email, password, o->name ? o->name : "", is_operator, &user) < 0 ||
	    user_join(rq, user, workspace,
		first   ? "owner"
		: admin ? "admin"
			: "member",
		admin ? "admin" : NULL) < 0)
		return -1;
	printf("%s\n", user);
	return 0;
}

static int
user_add(int argc, char **argv)
{
	struct add_options o = {.workspace = "default"};
	bool from_stdin = false;
	const struct cli_option options[] = {
	    {"name", "NAME", "Name of the person.", &o.name, NULL},
	    {"workspace", "SLUG", "Workspace they join (default).", &o.workspace, NULL},
	    {"admin", NULL, "Make them an administrator of that workspace.", NULL, &o.admin},
	    {"operator", NULL, "Make them an operator of the instance, too.", NULL, &o.is_operator},
	    {"password-stdin", NULL,
		"Read the password from standard input (it is asked for anyway).", NULL,
		&from_stdin},
	    {0},
	};
	char password[PASSWORD_MAX + 2];
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("user", "name one email address");
	rq = cli_rq(false);
	if (!rq || read_password(password) != CLI_OK)
		return CLI_FAILED;
	return cli_done(rq, add(rq, argv[first], password, &o));
}

/* A new password ends all sessions and a lockout. */
static int
change_password(struct rq *rq, const char *name, const char *password)
{
	const char *id;

	if (cli_user_id(rq, name, &id) < 0)
		return -1;
	if (strlen(password) < 8)
		return fail(rq, E_VALIDATION, "the password must have at least 8 characters");
	if (db_exec(rq,
		"UPDATE coffer_user SET password_hash = ?, failed_sign_ins = 0, locked_until = "
		"NULL WHERE id = ?",
		bind_str(crypto_password_hash(rq->mem, password)), B(id)) < 0)
		return -1;
	return db_exec(rq, "DELETE FROM coffer_session WHERE user_id = ?", B(id));
}

static int
user_passwd(int argc, char **argv)
{
	bool from_stdin = false;
	const struct cli_option options[] = {
	    {"password-stdin", NULL,
		"Read the password from standard input (it is asked for anyway).", NULL,
		&from_stdin},
	    {0},
	};
	char password[PASSWORD_MAX + 2];
	int first = cli_options(argc, argv, options);
	struct rq *rq;

	if (argc - first != 1)
		return cli_usage("user", "name one email address");
	rq = cli_rq(false);
	if (!rq || read_password(password) != CLI_OK)
		return CLI_FAILED;
	return cli_done(rq, change_password(rq, argv[first], password));
}

static int
list(struct rq *rq)
{
	struct rows *rows;

	if (db_query(rq, &rows,
		"SELECT u.id, u.email, u.name, IF(u.is_operator, 'operator', '') AS instance,"
		" (SELECT GROUP_CONCAT(CONCAT(w.slug, ':', m.role, IF(m.status = 'active', '', "
		"'!')) ORDER BY w.no)"
		" FROM coffer_member m JOIN coffer_workspace w ON w.id = m.workspace_id WHERE "
		"m.user_id = u.id) AS workspaces"
		" FROM coffer_user u ORDER BY u.created_at") < 0)
		return -1;
	return cli_print(rows);
}

static int
user_list(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rq *rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("user", "no operands are taken");
	rq = cli_rq(false);
	return rq ? cli_done(rq, list(rq)) : CLI_FAILED;
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
