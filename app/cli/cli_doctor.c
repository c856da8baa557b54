/* coffer doctor: what is wrong with this installation, and what to do about it. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "cli.h"
#include "cli_rq.h"
#include "clock.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "ddl.h"
#include "json_in.h"
#include "log.h"
#include "migrate.h"
#include "rq.h"

static int problems;

static void
good(const char *what, const char *detail)
{
	printf("  ok    %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
}

static void
bad(const char *what, const char *advice)
{
	problems++;
	printf("  FAIL  %s\n        %s\n", what, advice);
}

static void
check_configuration(void)
{
	struct stat st;

	if (!conf_path())
		bad("no configuration file was read",
		    "name one with --config or COFFER_CONFIG; see coffer.conf(5)");
	else if (stat(conf_path(), &st) == 0 && st.st_mode & 07)
		bad("everybody on this host may read the configuration, which holds secrets",
		    "chmod 640 it, and let its group be the one the workers run as");
	else
		good("configuration", conf_path());
	if (!*conf->secret)
		bad("[security] secret is not set",
		    "set it to the output of: openssl rand -hex 32");
	else
		good("secret", NULL);
}

/* A server setting, judged. */
struct wanted {
	const char *name;
	int64_t least, most;
	const char *advice;
};

static const struct wanted settings[] = {
    {"innodb_flush_log_at_trx_commit", 1, 1,
	"set it to 1, or a crash of the host loses acknowledged writes"},
    {"max_allowed_packet", 16 * 1024 * 1024, INT64_MAX,
	"set it to at least 16M, or large rows are refused"},
    {"max_connections", 32, INT64_MAX,
	"every worker holds one connection; set it well above [server] workers"},
};

static void
check_settings(struct rq *rq)
{
	struct rows *rows;

	if (db_query(rq, &rows,
		"SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit',"
		" 'max_allowed_packet', 'max_connections')") < 0)
		return bad("the server's settings cannot be read", "see the log");
	while (rows_next(rows) == 1)
		for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
			if (strcmp(rows_text(rows, 0, NULL), settings[i].name) != 0)
				continue;
			if (rows_int(rows, 1) < settings[i].least ||
			    rows_int(rows, 1) > settings[i].most)
				bad(settings[i].name, settings[i].advice);
			else
				good(settings[i].name, rows_text(rows, 1, NULL));
		}
}

/* What the account must be able to do is tried, not read from grant tables. */
static void
check_account(struct rq *rq)
{
	bool made = db_exec(rq, "CREATE TABLE IF NOT EXISTS coffer_doctor (a INT PRIMARY KEY, b "
				"INT, KEY (b)) ENGINE=InnoDB") == 0;
	bool altered =
	    made && db_exec(rq, "ALTER TABLE coffer_doctor ADD COLUMN IF NOT EXISTS c INT") == 0;
	bool dropped = made && db_exec(rq, "DROP TABLE coffer_doctor") == 0;

	if (made && altered && dropped)
		return good("the account may create, alter and drop tables", NULL);
	rq->err = (struct err){0};
	db_rollback(rq);
	bad("the account may not create, alter and drop tables in its database",
	    "GRANT ALL ON the database TO the account, or on shared hosting tick all privileges");
}

static void
check_clock(struct rq *rq)
{
	int64_t theirs = 0, drift;
	struct rows *rows;

	if (db_query(rq, &rows, "SELECT UTC_TIMESTAMP(6)") == 0 && rows_next(rows) == 1)
		theirs = rows_time(rows, 0);
	drift = (theirs - clock_now()) / 1000000;
	if (drift > 5 || drift < -5)
		bad("the clocks of this host and of the database differ",
		    "run NTP on both; expiries are judged by this host");
	else
		good("clock", NULL);
}

static void
check_migrations(struct rq *rq)
{
	int unknown = 0, pending = migrate_pending(rq, &unknown);

	if (pending > 0)
		bad("migrations are pending", "run `coffer migrate`");
	else if (pending < 0)
		bad("the state of migrations cannot be read", "see the log");
	else if (unknown > 0)
		bad("the database was migrated by a newer coffer", "upgrade this host");
	else
		good("migrations", NULL);
}

static void
check_journal(struct rq *rq)
{
	int n = ddl_reconcile(rq);

	if (n < 0)
		bad("the journal of schema changes cannot be reconciled",
		    "see the log; run doctor again when nobody changes schemas");
	else
		good("journal", n ? "changes that a crash had left open were settled" : NULL);
}

static void
check_operator(struct rq *rq)
{
	int64_t n = 0;

	if (db_int(rq, &n, "SELECT COUNT(*) FROM coffer_user WHERE is_operator") < 0 || n == 0)
		bad("there is no instance operator", "coffer user add EMAIL --operator");
	else
		good("operator", NULL);
}

static void
check_database(struct rq *rq)
{
	const char *version = NULL;

	if (db_ready(rq) < 0)
		return bad("the database cannot be reached",
		    "check [database] socket or host, name, user and password, and that MariaDB is "
		    "10.11.5 or later");
	db_text(rq, &version, "SELECT VERSION()");
	good("database", version);
	check_settings(rq);
	check_account(rq);
	check_clock(rq);
	check_migrations(rq);
	db_rollback(rq);
	if (problems == 0)
		check_journal(rq);
	if (problems == 0)
		check_operator(rq);
	db_rollback(rq);
}

static size_t
collect(char *data, size_t size, size_t n, void *to)
{
	buf_add(to, data, size * n);
	return size * n;
}

/* Does the web server reach the workers, and does it hand Authorization over? */
static void
check_web_server(struct rq *rq, const char *url)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Authorization: Bearer doctor");
	struct json_object *root = NULL;
	struct err err = {0};
	struct buf answer;
	CURLcode code;

	buf_init(&answer, rq->mem);
	curl_easy_setopt(curl, CURLOPT_URL, arena_printf(rq->mem, "%s/health", url));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
	code = curl_easy_perform(curl);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	if (code != CURLE_OK)
		return bad("the web server does not answer", curl_easy_strerror(code));
	if (json_in_parse(rq->mem, &err, buf_text(&answer), answer.len, &root) < 0 ||
	    !json_in_get(root, "status"))
		return bad("the answer at /health is not coffer's",
		    "check the path in --url and the web server's FastCGI rule");
	if (strcmp(json_in_str(json_in_get(root, "status")), "ok") == 0)
		good("web server", url);
	else
		bad("coffer is not well behind the web server",
		    "the workers may use another configuration than this one; see their log");
	if (strcmp(json_in_str(json_in_get(root, "authorization")), "passed") == 0)
		good("Authorization is handed over", NULL);
	else
		bad("the web server does not hand the Authorization header over",
		    "on Apache: CGIPassAuth On, or the rewrite in deploy/htaccess; or send keys as "
		    "X-API-Key");
}

int
cli_doctor(int argc, char **argv)
{
	const char *url = NULL, *why;
	const struct cli_option options[] = {
	    {"url", "URL", "Check the web server at this address, too ([server] public_url).", &url,
		NULL},
	    {0},
	};
	struct rq rq;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("doctor", "no operands are taken");
	if (conf_load(NULL, &why) < 0)
		return cli_fail("%s", why);
	log_open(NULL, LOG_LEVEL_ERROR);
	crypto_init();
	crypto_set_secret(conf->secret);
	rq_init(&rq, arena_new());
	rq.face = FACE_CLI;
	rq.db = db_new();
	check_configuration();
	check_database(&rq);
	if (!url && *conf->public_url)
		url = arena_printf(rq.mem, "%s%s", conf->public_url, conf->base_path);
	if (url)
		check_web_server(&rq, url);
	if (problems)
		printf("%d problem%s\n", problems, problems == 1 ? "" : "s");
	else
		puts("all is well");
	return problems ? CLI_FAILED : CLI_OK;
}
