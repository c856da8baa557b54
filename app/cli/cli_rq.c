/* A request of the command line: configuration, database, and the end of it. */
#include "cli_rq.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "cli.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "log.h"
#include "migrate.h"
#include "rq.h"

static struct rq request;

static int
load_configuration(void)
{
	const char *why;

	if (conf_load(NULL, &why) < 0)
		return cli_fail("%s", why);
	log_open(NULL, LOG_LEVEL_WARN);
	if (strlen(conf->secret) < 32)
		return cli_fail("[security] secret must have at least 32 characters; is this the "
				"right configuration (%s)?",
		    conf_path() ? conf_path() : "none was found");
	crypto_init();
	crypto_set_secret(conf->secret);
	return CLI_OK;
}

struct rq *
cli_rq(bool any_shape)
{
	int unknown, pending;

	if (load_configuration() != CLI_OK)
		return NULL;
	rq_init(&request, arena_new());
	request.face = FACE_CLI;
	request.db = db_new();
	if (db_ready(&request) < 0) {
		cli_fail("the database cannot be reached; `coffer doctor` tells more");
		return NULL;
	}
	pending = any_shape ? 0 : migrate_pending(&request, &unknown);
	db_rollback(&request);
	if (pending != 0) {
		cli_fail("the database is not up to date; run `coffer migrate`");
		return NULL;
	}
	return &request;
}

int
cli_done(struct rq *rq, int result)
{
	if (result >= 0 && db_commit(rq) == 0)
		return CLI_OK;
	db_rollback(rq);
	return cli_fail("%s", rq->err.message ? rq->err.message : err_default_text(rq->err.code));
}

int
cli_user_id(struct rq *rq, const char *name, const char **id_r)
{
	int found = db_text(rq, id_r,
	    "SELECT id FROM coffer_user WHERE email = ? OR CAST(id AS CHAR(36)) = ?", B(name),
	    B(name));

	if (found == 0)
		return fail(rq, E_NOT_FOUND, "there is no user '%s'", name);
	return found < 0 ? -1 : 0;
}

int
cli_workspace_id(struct rq *rq, const char *name, const char **id_r)
{
	int found = db_text(rq, id_r,
	    "SELECT id FROM coffer_workspace WHERE slug = ? OR CAST(id AS CHAR(36)) = ?", B(name),
	    B(name));

	if (found == 0)
		return fail(rq, E_NOT_FOUND, "there is no workspace '%s'", name);
	return found < 0 ? -1 : 0;
}

int
cli_act(const char *command, const struct cli_action *actions, int argc, char **argv)
{
	for (const struct cli_action *a = actions; argc > 1 && a->name; a++) {
		if (strcmp(a->name, argv[1]) != 0)
			continue;
		argv[1] = argv[0]; /* the option parser finds its help by the command's name */
		return a->run(argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		for (const struct cli_action *a = actions; a->name; a++)
			printf("%s coffer %s %s %s\n", a == actions ? "usage:" : "      ", command,
			    a->name, a->args);
		return CLI_OK;
	}
	for (const struct cli_action *a = actions; a->name; a++)
		fprintf(stderr, "%s coffer %s %s %s\n", a == actions ? "usage:" : "      ", command,
		    a->name, a->args);
	return CLI_USAGE;
}

int
cli_print(struct rows *rows)
{
	int found;

	for (size_t i = 0; i < rows_columns(rows); i++)
		printf("%s%s", i ? "\t" : "", rows_name(rows, i));
	putchar('\n');
	while ((found = rows_next(rows)) == 1) {
		for (size_t i = 0; i < rows_columns(rows); i++) {
			const char *text = rows_text(rows, i, NULL);

			printf("%s%s", i ? "\t" : "", text ? text : "-");
		}
		putchar('\n');
	}
	return found;
}
