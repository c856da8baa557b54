/* The configuration: defaults, file, environment, and what is refused with which words. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf.h"

static char path[64];

static int
set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/coffer-conf-XXXXXX");
	fd = mkstemp(path);
	unsetenv("COFFER_CONFIG");
	return fd < 0 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
load(const char *text)
{
	const char *why = NULL;

	write_file(text);
	if (conf_load(path, &why) != 0)
		fail_msg("refused: %s", why);
}

/* The reason without the name of the file. */
static const char *
refusal(const char *text)
{
	const char *why = NULL;

	write_file(text);
	assert_int_equal(conf_load(path, &why), -1);
	assert_non_null(why);
	assert_int_equal(strncmp(why, path, strlen(path)), 0);
	return why + strlen(path);
}

static void
a_refusal_leaves_defaults(void **state)
{
	const char *why;

	(void)state;
	assert_null(conf);
	assert_string_equal(refusal("[server]\nworkers = many\n"),
	    ":2: server.workers must be a whole number, 0 or more");
	assert_non_null(conf);
	assert_string_equal(conf->db_name, "coffer");
	assert_null(conf_path());
	assert_int_equal(conf_load("/no/such/file", &why), -1);
	assert_string_equal(why, "/no/such/file: No such file or directory");
	assert_int_equal(conf_load("/tmp", &why), -1);
	assert_string_equal(why, "/tmp: cannot be read");
}

static void
defaults(void **state)
{
	(void)state;
	load("");
	assert_string_equal(conf->base_path, "");
	assert_true(conf->max_body == 5 * 1024 * 1024);
	assert_true(conf->max_answer == 64 * 1024);
	assert_true(conf->max_requests == 100000);
	assert_false(conf->open_signup);
	assert_true(conf->secure_cookies);
	assert_string_equal(conf->log_level, "info");
	assert_string_equal(conf_path(), path);
}

static void
a_file(void **state)
{
	(void)state;
	load("; a comment\n# another\n[server]\nbase_path = /coffer\nmax_body=10K\n"
	     "max_answer = 1G\n\n[database]\nport: 3307\ntls = Yes\nhost = a:1,b:2 ; inline\n"
	     "[security]\nopen_signup = on\nsecure_cookies = 0\n"
	     "secret = 0123456789abcdef0123456789abcdef\n[log]\nlevel = debug");
	assert_string_equal(conf->base_path, "/coffer");
	assert_true(conf->max_body == 10 * 1024);
	assert_true(conf->max_answer == 1024 * 1024 * 1024);
	assert_true(conf->db_port == 3307);
	assert_true(conf->db_tls);
	assert_string_equal(conf->db_host, "a:1,b:2");
	assert_true(conf->open_signup);
	assert_false(conf->secure_cookies);
	assert_string_equal(conf->secret, "0123456789abcdef0123456789abcdef");
	assert_string_equal(conf->log_level, "debug");
}

static void
what_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"[server]\nport = 1\n", ":2: unknown key server.port"},
	    {"base_path = /x\n", ":1: unknown key .base_path"},
	    {"[server]\n\nmax_body = 5x\n",
		":3: server.max_body must be a size such as 65536, 64k, 5m or 1g"},
	    {"[server]\nmax_body = k\n",
		":2: server.max_body must be a size such as 65536, 64k, 5m or 1g"},
	    {"[server]\nmax_body = 99999999999g\n",
		":2: server.max_body must be a size such as 65536, 64k, 5m or 1g"},
	    {"[server]\nmax_body = -1\n",
		":2: server.max_body must be a size such as 65536, 64k, 5m or 1g"},
	    {"[server]\nworkers = -1\n", ":2: server.workers must be a whole number, 0 or more"},
	    {"[server]\nworkers =\n", ":2: server.workers must be a whole number, 0 or more"},
	    {"[server]\nbase_path = x\n",
		":2: server.base_path must begin with / and not end with it, or be empty"},
	    {"[server]\nbase_path = /\n",
		":2: server.base_path must begin with / and not end with it, or be empty"},
	    {"[database]\ntls = maybe\n", ":2: database.tls must be true or false"},
	    {"[database]\nport = 0\n", ":2: database.port must be a port, 1 to 65535"},
	    {"[database]\nport = 65536\n", ":2: database.port must be a port, 1 to 65535"},
	    {"[security]\nsecret = short\n",
		":2: security.secret must have at least 32 characters"},
	    {"[log]\nlevel = loud\n", ":2: log.level must be error, warn, info or debug"},
	    {"[log]\nlevel = warn\nlevel = info\n", ":3: log.level is set already, on line 2"},
	    {"[log]\nnonsense\nlevel = loud\n", ":2: neither [section] nor name = value"},
	    {"[log\n", ":1: neither [section] nor name = value"},
	};
	size_t i;

	(void)state;
	load("[database]\nname = kept\n");
	for (i = 0; i < COUNT(cases); i++) {
		assert_string_equal(refusal(cases[i].text), cases[i].why);
		assert_string_equal(conf->db_name, "kept");
		assert_string_equal(conf_path(), path);
	}
}

static void
a_line_without_end(void **state)
{
	char text[20000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "[log]\nfile = ", 13);
	assert_int_equal(strncmp(refusal(text), ":2: the line is longer than ", 28), 0);
}

static void
the_environment_wins(void **state)
{
	const char *why;

	(void)state;
	setenv("COFFER_DATABASE_NAME", "from_environment", 1);
	setenv("COFFER_SERVER_MAX_BODY", "1m", 1);
	load("[database]\nname = from_file\nuser = u\n");
	assert_string_equal(conf->db_name, "from_environment");
	assert_string_equal(conf->db_user, "u");
	assert_true(conf->max_body == 1024 * 1024);
	setenv("COFFER_SERVER_MAX_BODY", "lots", 1);
	assert_int_equal(conf_load(path, &why), -1);
	assert_string_equal(
	    why, "COFFER_SERVER_MAX_BODY must be a size such as 65536, 64k, 5m or 1g");
	unsetenv("COFFER_SERVER_MAX_BODY");
	unsetenv("COFFER_DATABASE_NAME");
	load("");
	assert_string_equal(conf->db_name, "coffer");
}

static void
the_environment_names_the_file(void **state)
{
	const char *why;

	(void)state;
	write_file("[database]\nname = named\n");
	setenv("COFFER_CONFIG", path, 1);
	assert_int_equal(conf_load(NULL, &why), 0);
	assert_string_equal(conf->db_name, "named");
	assert_string_equal(conf_path(), path);
	setenv("COFFER_CONFIG", "/no/such/file", 1);
	assert_int_equal(conf_load(NULL, &why), -1);
	assert_string_equal(why, "/no/such/file: No such file or directory");
	unsetenv("COFFER_CONFIG");
}

static void
every_row_is_documented(void **state)
{
	const struct conf_row *row;
	int secrets = 0;

	(void)state;
	for (row = conf_rows; row->section != NULL; row++) {
		assert_true(strlen(row->doc) > 3);
		secrets += strcmp(row->section, "security") == 0 &&
			   strcmp(row->name, "secret") == 0 && strcmp(row->type, "STRING") == 0;
	}
	assert_int_equal(secrets, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_refusal_leaves_defaults),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(a_file),
	    cmocka_unit_test(what_is_refused),
	    cmocka_unit_test(a_line_without_end),
	    cmocka_unit_test(the_environment_wins),
	    cmocka_unit_test(the_environment_names_the_file),
	    cmocka_unit_test(every_row_is_documented),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
