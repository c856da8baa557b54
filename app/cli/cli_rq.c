/* A request of the command line: configuration, database, and the end of it. */
#include "cli_rq.h"

#include <stdio.h>
#include <string.h>

#include "activity_log.h"
#include "arena.h"
#include "caller.h"
#include "cli.h"
#include "clock.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "log.h"
#include "migrate.h"
#include "retry.h"
#include "rq.h"
#include "str.h"

static struct rq request;

static int
load_configuration(void)
{
	const char *why;

	if (conf_load(NULL, &why) < 0)
		return cli_fail("%s", why);
	log_open(NULL, LOG_LEVEL_WARN);
	if (!conf_path() && !*conf->secret)
		return cli_fail("there is no configuration; name the file with --config or "
				"COFFER_CONFIG, see coffer.conf(5)");
	if (!*conf->secret)
		return cli_fail(
		    "[security] secret is not set; make one with: openssl rand -hex 32");
	crypto_init();
	crypto_set_secret(conf->secret);
	return CLI_OK;
}

/* The database has this build's shape, or a complaint was made. */
static bool
up_to_date(struct rq *rq)
{
	int unknown = 0, pending = migrate_pending(rq, &unknown);

	db_rollback(rq);
	if (pending > 0)
		cli_fail("the database is not up to date; run `coffer migrate`");
	else if (pending < 0)
		cli_fail("the state of the database cannot be read; `coffer doctor` tells more");
	else if (unknown > 0)
		cli_fail("the database belongs to a newer coffer; upgrade this one");
	return pending == 0 && unknown == 0;
}

struct rq *
cli_rq(bool any_shape)
{
	if (load_configuration() != CLI_OK)
		return NULL;
	rq_init(&request, arena_new());
	request.face = FACE_CLI;
	request.db = db_new();
	if (db_ready(&request) < 0) {
		cli_fail("the database cannot be reached; `coffer doctor` tells more");
		return NULL;
	}
	return any_shape || up_to_date(&request) ? &request : NULL;
}

/* Once, to its end. */
static int
attempt_run(struct rq *rq, int (*run)(struct rq *rq, void *ctx), void *ctx)
{
	int64_t started = clock_monotonic();

	rq->activity = NULL;
	rq->caller = NULL;
	if (run(rq, ctx) < 0 || (rq->activity && activity_write(rq, NULL, started) < 0))
		return -1;
	return db_commit(rq);
}

int
cli_run(struct rq *rq, int (*run)(struct rq *rq, void *ctx), void *ctx)
{
	unsigned attempt = 0;

	while (attempt_run(rq, run, ctx) < 0)
		if (!retry_again(rq, &attempt))
			return cli_fail("%s", rq->err.message);
	return CLI_OK;
}

int
cli_workspace_change(struct rq *rq, const char *id)
{
	struct caller *caller = NEW(rq->mem, struct caller);

	*caller = (struct caller){.plane = CALLER_USER, .workspace_id = id};
	rq->caller = caller;
	return db_exec(rq, "UPDATE coffer_workspace SET epoch = epoch + 1 WHERE id = ?", B(id));
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
	const char *slug = str_is_ascii(name) ? name : NULL;
	int found = db_text(rq, id_r,
	    "SELECT id FROM coffer_workspace WHERE slug = ? OR CAST(id AS CHAR(36)) = ?", B(slug),
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
