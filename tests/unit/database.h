#ifndef COFFER_TEST_DATABASE_H
#define COFFER_TEST_DATABASE_H

/*
 * A private MariaDB for a test program: started by its group's set-up, gone after its tear-down.
 * Two connections, because half of what a database does takes two.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "log.h"
#include "rq.h"

static char database_dir[64];
static struct rq database_rq[2];
#define rq1 (&database_rq[0])
#define rq2 (&database_rq[1])

static inline int
database_command(const char *format, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return system(command);
}

static inline int
database_script_with(const char *action, const char *options)
{
	const char *srcdir = getenv("srcdir");

	return database_command("%s/tests/fixture/mariadb.sh %s %s %s >/dev/null",
	    srcdir != NULL ? srcdir : ".", action, database_dir, options);
}

static inline int
database_script(const char *action)
{
	return database_script_with(action, "");
}

/* Configure a connection over the socket dir/name, with further lines. */
static inline void
database_configure_with(const char *socket_name, const char *lines)
{
	const char *why;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/coffer.conf", database_dir);
	f = fopen(path, "w");
	fprintf(f, "[database]\nsocket = %s/%s\nname = coffer_test\nuser = root\n%s", database_dir,
	    socket_name, lines);
	fclose(f);
	assert_int_equal(conf_load(path, &why), 0);
}

static inline void
database_configure(const char *socket_name)
{
	database_configure_with(socket_name, "");
}

static inline void
rq_open(struct rq *rq)
{
	rq_init(rq, arena_new());
	rq->db = db_new();
}

static inline void
rq_close(struct rq *rq)
{
	db_free(&rq->db);
	arena_free(&rq->mem);
}

/* As the worker does between two requests. */
static inline void
rq_again(struct rq *rq)
{
	struct arena *mem = rq->mem;
	struct db *db = rq->db;

	db_rollback(rq);
	arena_reset(mem);
	rq_init(rq, mem);
	rq->db = db;
}

static inline int
database_start(void **state)
{
	(void)state;
	crypto_init();
	strcpy(database_dir, "/tmp/coffer-test-XXXXXX");
	if (mkdtemp(database_dir) == NULL || database_script("start") != 0 ||
	    database_command("mariadb --no-defaults --socket=%s/mariadb.sock --user=root"
			     " --execute='CREATE DATABASE coffer_test'",
		database_dir) != 0)
		return -1;
	log_open(NULL, LOG_LEVEL_ERROR);
	database_configure("mariadb.sock");
	rq_open(rq1);
	rq_open(rq2);
	return 0;
}

static inline int
database_stop(void **state)
{
	(void)state;
	rq_close(rq1);
	rq_close(rq2);
	if (database_script("stop") != 0)
		return -1;
	return database_command("rm -rf %s", database_dir);
}

static inline int
database_fresh(void **state)
{
	(void)state;
	rq_again(rq1);
	rq_again(rq2);
	return 0;
}

/* The number a statement without values answers with. */
static inline int64_t
database_number(struct rq *rq, const char *sql)
{
	int64_t n = -1;

	assert_int_equal(db_int_(rq, &n, sql, NULL, 0), 1);
	return n;
}

#define assert_ok(call) assert_true((call) >= 0)
#define assert_fails(rq, what, call)                                                               \
	do {                                                                                       \
		assert_int_equal((call), -1);                                                      \
		assert_string_equal(err_name((rq)->err.code), err_name(what));                     \
		(rq)->err = (struct err){.code = E_NONE};                                          \
	} while (0)

#endif
