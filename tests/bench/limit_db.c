/*
 * The statements of the limits: the texts coffer sends for the same calls (taken from the server's
 * general log), with the physical names of the collections read from the catalogue once.
 */
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit_db.h"

enum { SQL_MAX = 2048, SECRET_LEN = 64, PREFIX_LEN = 13, HASH_LEN = 32, PAGE = 25 };

#define SHARED " LOCK IN SHARE MODE"
#define WHO(lock)                                                                                  \
	"SELECT w.id, w.slug, w.no, w.epoch, w.is_protected, u.id, u.email, u.name, u.attributes," \
	" u.is_operator, m.role, m.status, (SELECT GROUP_CONCAT(h.role_id) FROM coffer_user_role"  \
	" h WHERE h.user_id = u.id AND h.workspace_id = w.id" lock "), k.id, k.prefix, k.role_id," \
	" k.mcp_tools, k.mcp_read_only, k.expires_at, k.revoked_at FROM coffer_api_key k"          \
	" JOIN coffer_user u ON u.id = k.user_id JOIN coffer_workspace w ON w.id = k.workspace_id" \
	" LEFT JOIN coffer_member m ON m.user_id = u.id AND m.workspace_id = w.id"                 \
	" WHERE k.hash = ?" lock
static const char who_kinds[] = "ssiiissssisssssssitt";
enum { WHO_STATUS = 11, WHO_REVOKED = 19 };

static const char *const fields[] = {
    "title", "body", "status", "topic", "views", "price", "is_public", "published"};
static const char *const names[] = {"id", "title", "body", "status", "topic", "views", "price",
    "is_public", "published", "createdAt", "updatedAt"};
static const char row_kinds[] = "sssssidbttt";

/* A collection's table and its columns in the order of fields[]. */
struct table {
	char name[64], columns[FIELDS][32];
};

static MYSQL *mysql;
static EVP_MD *sha256;
static EVP_MD_CTX *digest;
static struct statement who, read_row, list_rows;
struct statement who_locking, insert_row, insert_many, activity;

void
fail(const char *what, const char *why)
{
	fprintf(stderr, "limit: %s: %s\n", what, why);
	exit(1);
}

static void
run_text(const char *sql)
{
	if (mysql_query(mysql, sql) != 0)
		fail(sql, mysql_error(mysql));
}

/* Only an execution tells what INSERT ... RETURNING returns. */
static void
bind_result(struct statement *s)
{
	if (mysql_stmt_field_count(s->handle) != strlen(s->kinds))
		fail(s->kinds, "another number of columns came");
	for (size_t i = 0; s->kinds[i]; i++) {
		MYSQL_BIND *bind = &s->result[i];

		bind->buffer = &s->cells[i];
		bind->length = &s->cells[i].len;
		bind->is_null = &s->cells[i].null;
		bind->buffer_length = CELL_MAX;
		bind->buffer_type = s->kinds[i] == 's'   ? MYSQL_TYPE_STRING
				    : s->kinds[i] == 'd' ? MYSQL_TYPE_DOUBLE
				    : s->kinds[i] == 't' ? MYSQL_TYPE_DATETIME
							 : MYSQL_TYPE_LONGLONG;
	}
	if (s->kinds[0] && mysql_stmt_bind_result(s->handle, s->result) != 0)
		fail("bind", mysql_stmt_error(s->handle));
	s->bound = true;
}

static void
prepare(struct statement *s, const char *kinds, const char *sql)
{
	s->kinds = kinds;
	s->handle = mysql_stmt_init(mysql);
	if (mysql_stmt_prepare(s->handle, sql, strlen(sql)) != 0)
		fail(sql, mysql_stmt_error(s->handle));
}

void
execute(struct statement *s, MYSQL_BIND *params)
{
	if (mysql_stmt_bind_param(s->handle, params) != 0 || mysql_stmt_execute(s->handle) != 0)
		fail("execute", mysql_stmt_error(s->handle));
	if (!s->bound)
		bind_result(s);
}

static bool
fetch(struct statement *s)
{
	int status = mysql_stmt_fetch(s->handle);

	if (status == MYSQL_NO_DATA)
		return false;
	if (status != 0)
		fail("fetch", status == 1 ? mysql_stmt_error(s->handle) : "a text is too long");
	return true;
}

MYSQL_BIND
bind_text(const char *text, unsigned long len)
{
	return (MYSQL_BIND){
	    .buffer_type = MYSQL_TYPE_STRING, .buffer = (void *)text, .buffer_length = len};
}

/* The table of a collection; its fields are looked up by their names. */
static struct table
find_table(const char *slug)
{
	struct table table;
	char sql[SQL_MAX];
	MYSQL_RES *rows;
	MYSQL_ROW row;
	size_t found = 0;

	snprintf(sql, sizeof(sql),
	    "SELECT w.no, c.no, f.no, f.name FROM coffer_workspace w JOIN coffer_collection c"
	    " ON c.workspace_id = w.id JOIN coffer_field f ON f.collection_id = c.id"
	    " WHERE w.slug = 'default' AND c.slug = '%s'",
	    slug);
	run_text(sql);
	rows = mysql_store_result(mysql);
	while ((row = mysql_fetch_row(rows)) != NULL) {
		snprintf(table.name, sizeof(table.name), "`c_%s_%s`", row[0], row[1]);
		for (size_t i = 0; i < FIELDS; i++)
			if (strcmp(row[3], fields[i]) == 0) {
				snprintf(
				    table.columns[i], sizeof(table.columns[i]), "`f_%s`", row[2]);
				found++;
			}
	}
	mysql_free_result(rows);
	run_text("COMMIT");
	if (found != FIELDS)
		fail(slug, "no such collection, or it lacks fields");
	return table;
}

/* "FIRST, f, f, ..., LAST" with a prefix before each column. */
static const char *
columns(const struct table *table, const char *prefix, const char *first, const char *last)
{
	static char list[SQL_MAX];
	size_t len = (size_t)snprintf(list, sizeof(list), "%s", first);

	for (size_t i = 0; i < FIELDS; i++)
		len += (size_t)snprintf(
		    list + len, sizeof(list) - len, ", %s%s", prefix, table->columns[i]);
	snprintf(list + len, sizeof(list) - len, "%s", last);
	return list;
}

static void
prepare_format(struct statement *s, const char *kinds, const char *format, ...)
{
	char sql[2 * SQL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	prepare(s, kinds, sql);
}

static void
prepare_reads(const struct table *table)
{
	const char *list = columns(table, "t0.", "t0.`id`", ", t0.`created_at`, t0.`updated_at`");

	prepare_format(
	    &read_row, row_kinds, "SELECT %s FROM %s t0 WHERE t0.`id` = ?", list, table->name);
	prepare_format(&list_rows, row_kinds,
	    "SELECT %s FROM %s t0 WHERE (t0.%s = ?) ORDER BY t0.%s DESC, t0.`id` DESC LIMIT ?"
	    " OFFSET ?",
	    list, table->name, table->columns[3], table->columns[4]);
}

static void
prepare_inserts(const struct table *table)
{
	static const char marks[] = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
	char insert[SQL_MAX];

	snprintf(insert, sizeof(insert), "INSERT INTO %s (%s) VALUES (%s)", table->name,
	    columns(table, "", "`id`, `owner_id`, `created_at`, `updated_at`", ""), marks);
	prepare(&insert_many, "", insert);
	prepare_format(&insert_row, row_kinds, "%s RETURNING %s", insert,
	    columns(table, "", "`id`", ", `created_at`, `updated_at`"));
	prepare(&activity, "",
	    "INSERT INTO coffer_activity (id, workspace_id, user_id, key_id, face, tool, action,"
	    " collection, item_id, outcome, ip, user_agent, payload, response, duration_ms,"
	    " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
}

void
database_open(const char *socket, const char *user, const char *name)
{
	struct table articles, inserts;

	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	digest = EVP_MD_CTX_new();
	mysql = mysql_init(NULL);
	if (!mysql_real_connect(mysql, NULL, user, getenv("LIMIT_PASSWORD"), name, 0, socket, 0))
		fail("connect", mysql_error(mysql));
	run_text("SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, time_zone='+00:00', autocommit=0,"
		 " tx_isolation='REPEATABLE-READ', sql_mode='STRICT_ALL_TABLES'");
	articles = find_table("articles");
	inserts = find_table("notes");
	prepare(&who, who_kinds, WHO(""));
	prepare(&who_locking, who_kinds, WHO(SHARED));
	prepare_reads(&articles);
	prepare_inserts(&inserts);
}

void
database_commit(void)
{
	if (mysql_commit(mysql) != 0)
		fail("commit", mysql_error(mysql));
}

static void
hash_secret(const char *bearer, unsigned char *hash)
{
	EVP_DigestInit_ex2(digest, sha256, NULL);
	EVP_DigestUpdate(digest, bearer + PREFIX_LEN, SECRET_LEN);
	EVP_DigestFinal_ex(digest, hash, NULL);
}

bool
database_who(const char *bearer, bool lock)
{
	struct statement *s = lock ? &who_locking : &who;
	unsigned char hash[HASH_LEN];
	MYSQL_BIND param = {
	    .buffer_type = MYSQL_TYPE_BLOB, .buffer = hash, .buffer_length = HASH_LEN};
	bool found;

	if (strlen(bearer) != PREFIX_LEN + SECRET_LEN)
		return false;
	hash_secret(bearer, hash);
	execute(s, &param);
	found = fetch(s) && s->cells[WHO_REVOKED].null && !s->cells[WHO_STATUS].null &&
		s->cells[WHO_STATUS].len == strlen("active");
	mysql_stmt_free_result(s->handle);
	return found;
}

static void
digits(char *to, unsigned value, int n)
{
	while (n-- > 0) {
		to[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Milliseconds, or microseconds where there are any. */
static void
time_json(struct text *to, const MYSQL_TIME *t)
{
	char s[] = "\"0000-00-00T00:00:00.000000Z\"";
	bool fine = t->second_part % 1000 != 0;

	digits(s + 1, t->year, 4);
	digits(s + 6, t->month, 2);
	digits(s + 9, t->day, 2);
	digits(s + 12, t->hour, 2);
	digits(s + 15, t->minute, 2);
	digits(s + 18, t->second, 2);
	digits(s + 21, (unsigned)(fine ? t->second_part : t->second_part / 1000), fine ? 6 : 3);
	text_add(to, s, fine ? 27 : 24);
	text_puts(to, "Z\"");
}

static void
cell_json(struct text *to, const struct cell *cell, char kind)
{
	char number[32];

	if (cell->null) {
		text_puts(to, "null");
		return;
	}
	switch (kind) {
	case 's':
		text_json(to, cell->text, cell->len);
		break;
	case 't':
		time_json(to, &cell->t);
		break;
	case 'b':
		text_puts(to, cell->i ? "true" : "false");
		break;
	case 'd':
		text_add(to, number, (size_t)snprintf(number, sizeof(number), "%.15g", cell->d));
		break;
	default:
		text_add(to, number, (size_t)snprintf(number, sizeof(number), "%lld", cell->i));
	}
}

static void
row_json(struct text *to, const struct statement *s)
{
	for (size_t i = 0; s->kinds[i]; i++) {
		text_puts(to, i == 0 ? "{\"" : ",\"");
		text_puts(to, names[i]);
		text_puts(to, "\":");
		cell_json(to, &s->cells[i], s->kinds[i]);
	}
	text_puts(to, "}");
}

size_t
rows_json(struct text *to, struct statement *s, size_t max)
{
	size_t n = 0;

	text_puts(to, "{\"data\":[");
	while (fetch(s)) {
		if (n++ >= max)
			continue;
		if (n > 1)
			text_puts(to, ",");
		row_json(to, s);
	}
	mysql_stmt_free_result(s->handle);
	text_puts(to, "]}");
	return n;
}

void
database_read(const char *id, struct text *to)
{
	MYSQL_BIND param = bind_text(id, UUID_LEN);

	execute(&read_row, &param);
	if (rows_json(to, &read_row, 1) != 1)
		fail("read", "there is no such row");
}

/* One row more than shown tells whether there are more. */
void
database_list(const char *topic, size_t topic_len, struct text *to)
{
	long long limit = PAGE + 1, offset = 0;
	MYSQL_BIND params[3] = {bind_text(topic, topic_len),
	    {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &limit},
	    {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &offset}};

	execute(&list_rows, params);
	if (rows_json(to, &list_rows, PAGE) != PAGE + 1)
		fail("list", "too few rows match");
}
