/* Connecting to MariaDB, and the session every statement may rely on. */
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf.h"
#include "db_impl.h"
#include "log.h"
#include "rq.h"

enum { SERVER_OLDEST = 101105, LOCK_WAIT = 5, READ_MARGIN = 10 };
enum { FULL_WAIT_MS = 5000, FULL_PAUSE_MS = 50 };

static const char *const sql_modes[] = {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES",
    "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "ERROR_FOR_DIVISION_BY_ZERO", "NO_ENGINE_SUBSTITUTION"};

/* Plugins that do not hand the password over in the clear. */
static const char auth_plugins[] =
    "mysql_native_password,client_ed25519,caching_sha2_password,parsec";

static const char *
text_or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* Seconds a statement may take on this connection, 0: no limit. */
static unsigned
statement_timeout(const struct db *db)
{
	if (db->patience > 0)
		return db->patience;
	return conf->db_statement_timeout > 0 ? (unsigned)conf->db_statement_timeout : 0;
}

static void
set_tls(MYSQL *mysql)
{
	my_bool on = conf->db_tls;
	const char *ca = text_or_null(conf->db_tls_ca);

	mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
	mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
	if (ca != NULL)
		mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, ca);
}

static void
set_options(const struct db *db, MYSQL *mysql)
{
	unsigned connect = (unsigned)conf->db_connect_timeout;
	unsigned statement = statement_timeout(db);
	unsigned answer = statement > 0 ? statement + READ_MARGIN : 0;
	unsigned no = 0;
	my_bool off = 0;

	mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &answer);
	mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &answer);
	mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &off);
	/* result.c compares lengths itself */
	mysql_optionsv(mysql, MYSQL_REPORT_DATA_TRUNCATION, &off);
	mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, auth_plugins);
	set_tls(mysql);
}

/* The client takes a single "host:port" only as a list. */
static const char *
host_list(char *to, size_t size)
{
	const char *host = text_or_null(conf->db_host);
	const char *colon = host != NULL ? strchr(host, ':') : NULL;

	if (colon == NULL || strchr(host, ',') != NULL ||
	    (host[0] != '[' && strchr(colon + 1, ':') != NULL))
		return host;
	snprintf(to, size, "%s,", host);
	return to;
}

/* To the client library a plain "localhost" is the socket; with a port it must not be. */
static bool
connect_to(MYSQL *mysql, const char *host)
{
	bool local = host == NULL || strcmp(host, "localhost") == 0;
	unsigned tcp = MYSQL_PROTOCOL_TCP;

	if (!local)
		mysql_optionsv(mysql, MYSQL_OPT_PROTOCOL, &tcp);
	return mysql_real_connect(mysql, host, text_or_null(conf->db_user), conf->db_password,
		   text_or_null(conf->db_name), (unsigned)conf->db_port,
		   local ? text_or_null(conf->db_socket) : NULL, 0) != NULL;
}

/* All connections that the server or this account may have are taken. */
static bool
is_full(unsigned number)
{
	return number == ER_CON_COUNT_ERROR || number == ER_TOO_MANY_USER_CONNECTIONS ||
	       number == ER_USER_LIMIT_REACHED;
}

/* Where few connections are allowed one falls free in a moment: idle workers give theirs back. */
static bool
connect_patiently(MYSQL *mysql, const char *host)
{
	const struct timespec pause = {.tv_nsec = FULL_PAUSE_MS * 1000000L};
	int waited;

	for (waited = 0; !connect_to(mysql, host); waited += FULL_PAUSE_MS) {
		if (!is_full(mysql_errno(mysql)) || waited >= FULL_WAIT_MS)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool
open_connection(MYSQL *mysql)
{
	char list[512];

	if (!connect_patiently(mysql, host_list(list, sizeof(list)))) {
		log_error("cannot connect to the database: %u %s", mysql_errno(mysql),
		    mysql_error(mysql));
		return false;
	}
	if (conf->db_tls && mysql_get_ssl_cipher(mysql) == NULL) {
		log_error("the database connection is not encrypted, but database.tls demands it");
		return false;
	}
	if (!mariadb_connection(mysql) || mysql_get_server_version(mysql) < SERVER_OLDEST) {
		log_error("the database server is %s; MariaDB 10.11.5 or later is needed",
		    mysql_get_server_info(mysql));
		return false;
	}
	return true;
}

static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = list; (at = strstr(at, word)) != NULL; at += len)
		if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
			return true;
	return false;
}

static bool
run(MYSQL *mysql, const char *sql)
{
	if (mysql_real_query(mysql, sql, strlen(sql)) == 0)
		return true;
	log_error(
	    "cannot set up the database session: %u %s", mysql_errno(mysql), mysql_error(mysql));
	return false;
}

static bool
set_session(const struct db *db, MYSQL *mysql)
{
	char sql[1024];
	size_t len = 0;
	size_t i;

	len += (size_t)snprintf(sql, sizeof(sql),
	    "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, time_zone='+00:00', autocommit=0,"
	    " tx_isolation='REPEATABLE-READ', innodb_lock_wait_timeout=%d, lock_wait_timeout=%d,"
	    " max_statement_time=%u, lc_messages='en_US', sql_mode='",
	    LOCK_WAIT, LOCK_WAIT, statement_timeout(db));
	for (i = 0; i < sizeof(sql_modes) / sizeof(sql_modes[0]); i++)
		len += (size_t)snprintf(
		    sql + len, sizeof(sql) - len, "%s%s", i > 0 ? "," : "", sql_modes[i]);
	snprintf(sql + len, sizeof(sql) - len, "'");
	return run(mysql, sql);
}

static bool
strict(const char *sql_mode)
{
	size_t i;

	for (i = 0; i < sizeof(sql_modes) / sizeof(sql_modes[0]); i++)
		if (!has_word(sql_mode, sql_modes[i])) {
			log_error("the database does not keep sql_mode %s", sql_modes[i]);
			return false;
		}
	return true;
}

/* What the session really is, and what the server can take. */
static bool
check_session(struct db *db, MYSQL *mysql)
{
	bool is_strict = false;
	bool galera = false;
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (!run(mysql, "SHOW SESSION VARIABLES WHERE Variable_name"
			" IN ('sql_mode', 'wsrep_on', 'max_allowed_packet')"))
		return false;
	result = mysql_store_result(mysql);
	while (result != NULL && (row = mysql_fetch_row(result)) != NULL) {
		if (strcmp(row[0], "sql_mode") == 0)
			is_strict = strict(row[1]);
		else if (strcmp(row[0], "wsrep_on") == 0)
			galera = strcmp(row[1], "ON") == 0;
		else
			db->packet_max = strtoull(row[1], NULL, 10);
	}
	mysql_free_result(result);
	if (!is_strict)
		return false;
	return !galera || run(mysql, "SET wsrep_sync_wait=1");
}

int
db_connect(struct rq *rq)
{
	struct db *db = rq->db;
	MYSQL *mysql = mysql_init(NULL);

	if (mysql == NULL)
		return fail(rq, E_UNAVAILABLE, "%s", err_default_text(E_UNAVAILABLE));
	set_options(db, mysql);
	if (!open_connection(mysql) || !set_session(db, mysql) || !check_session(db, mysql)) {
		mysql_close(mysql);
		return fail(rq, E_UNAVAILABLE, "the database cannot be reached, try again later");
	}
	db->mysql = mysql;
	return 0;
}
