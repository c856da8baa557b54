/* The text log: its lines, levels, and what it escapes. */
#include "unit.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"

enum { TEXT_MAX = 100000 };

static char path[64];
static char text[TEXT_MAX];

static int
set_up(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/coffer-log-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	log_open(NULL, LOG_LEVEL_INFO);
	return unlink(path);
}

/* All that was written, and the file empty again. */
static const char *
written(void)
{
	int fd = open(path, O_RDWR);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	return text;
}

static void
assert_line(const char *line, const char *pattern)
{
	regex_t re;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	assert_int_equal(regexec(&re, line, 0, NULL, 0), 0);
	regfree(&re);
}

#define TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "

static void
a_line(void **state)
{
	char pattern[128];

	(void)state;
	log_open(path, LOG_LEVEL_INFO);
	log_info("started %d of %s", 3, "workers");
	snprintf(pattern, sizeof(pattern), TIME "info \\[%ld\\] started 3 of workers\n$",
	    (long)getpid());
	assert_line(written(), pattern);
	log_warn("x");
	assert_line(written(), TIME "warn \\[[0-9]+\\] x\n$");
	log_error("x");
	assert_line(written(), TIME "error \\[[0-9]+\\] x\n$");
}

static void
levels(void **state)
{
	(void)state;
	log_open(path, LOG_LEVEL_WARN);
	log_info("no");
	log_debug("no");
	assert_string_equal(written(), "");
	log_open(path, LOG_LEVEL_DEBUG);
	log_debug("yes");
	assert_line(written(), TIME "debug \\[[0-9]+\\] yes\n$");
}

static void
lines_are_appended(void **state)
{
	(void)state;
	log_open(path, LOG_LEVEL_INFO);
	log_info("first");
	log_open(path, LOG_LEVEL_INFO);
	log_info("second");
	written();
	assert_non_null(strstr(text, "first\n"));
	assert_non_null(strstr(text, "second\n"));
}

static void
control_characters_are_escaped(void **state)
{
	(void)state;
	log_open(path, LOG_LEVEL_INFO);
	log_info("a\nb\tc\x1b[31m\x7f \xc3\xa9");
	written();
	assert_non_null(strstr(text, "] a\\nb\\tc\\x1b[31m\\x7f \xc3\xa9\n"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
long_lines_are_cut(void **state)
{
	char line[9000];

	(void)state;
	memset(line, '\x01', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	log_open(path, LOG_LEVEL_INFO);
	log_info("%s", line);
	written();
	assert_true(strlen(text) > 4000);
	assert_string_equal(text + strlen(text) - 8, "\\x01...\n");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void
a_path_that_cannot_be_opened(void **state)
{
	(void)state;
	log_open(path, LOG_LEVEL_INFO);
	log_open("/no/such/directory/log", LOG_LEVEL_INFO);
	assert_line(written(), "error \\[[0-9]+\\] cannot open the log /no/such/directory/log: ");
	log_info("still here");
	assert_line(written(), "still here");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line),
	    cmocka_unit_test(levels),
	    cmocka_unit_test(lines_are_appended),
	    cmocka_unit_test(control_characters_are_escaped),
	    cmocka_unit_test(long_lines_are_cut),
	    cmocka_unit_test(a_path_that_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
