/*
 * Prepared statements: kept by their text per connection, the least recently used one closed when
 * there are too many, because the server's limit counts them over all connections.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "db_impl.h"
#include "log.h"
#include "rq.h"

/* The packet around the values, and what a value costs beside its text. */
enum { PACKET_MARGIN = 4096, VALUE_MARGIN = 18 };

bool
sql_begins(const char *sql, const char *const words[])
{
	size_t i, len;

	while (isspace((unsigned char)*sql) || *sql == '(')
		sql++;
	for (i = 0; words[i] != NULL; i++) {
		len = strlen(words[i]);
		if (strncasecmp(sql, words[i], len) == 0 && !isalnum((unsigned char)sql[len]))
			return true;
	}
	return false;
}

bool
sql_writes(const char *sql)
{
	static const char *const reading[] = {"SELECT", "WITH", "VALUES", "SHOW", "SET", "EXPLAIN",
	    "DESCRIBE", "SAVEPOINT", "ROLLBACK", "RELEASE", NULL};

	return !sql_begins(sql, reading);
}

static uint64_t
hash_text(const char *s, size_t len)
{
	uint64_t hash = len * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t word;

	for (; len >= sizeof(word); s += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, s, len);
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

static void
stmt_free(struct stmt *stmt)
{
	mysql_stmt_close(stmt->handle);
	result_free(&stmt->result);
	free(stmt->params);
	free(stmt->times);
	free(stmt->sql);
	free(stmt);
}

void
db_forget_statements(struct db *db)
{
	struct stmt *stmt;
	size_t i;

	for (i = 0; i < STMT_BUCKETS; i++)
		while ((stmt = db->cache.buckets[i]) != NULL) {
			db->cache.buckets[i] = stmt->next;
			stmt_free(stmt);
		}
	db->cache.count = 0;
	db->streaming = NULL;
}

static struct stmt **
bucket_of(struct stmt_cache *cache, uint64_t hash)
{
	return &cache->buckets[hash % STMT_BUCKETS];
}

static void
evict_oldest(struct stmt_cache *cache)
{
	struct stmt **oldest = NULL;
	struct stmt **at;
	struct stmt *stmt;
	size_t i;

	for (i = 0; i < STMT_BUCKETS; i++)
		for (at = &cache->buckets[i]; *at != NULL; at = &(*at)->next)
			if (oldest == NULL || (*at)->used < (*oldest)->used)
				oldest = at;
	stmt = *oldest;
	*oldest = stmt->next;
	stmt_free(stmt);
	cache->count--;
}

static void
keep(struct stmt_cache *cache, struct stmt *stmt)
{
	struct stmt **bucket;

	if (cache->count == STMT_CACHE_MAX)
		evict_oldest(cache);
	bucket = bucket_of(cache, stmt->hash);
	stmt->next = *bucket;
	*bucket = stmt;
	cache->count++;
}

static struct stmt *
prepare(struct rq *rq, const char *sql, size_t len, uint64_t hash)
{
	struct stmt *stmt = db_alloc(1, sizeof(*stmt));

	stmt->sql = db_alloc(len + 1, 1);
	memcpy(stmt->sql, sql, len);
	stmt->hash = hash;
	stmt->writes = sql_writes(sql);
	stmt->handle = mysql_stmt_init(rq->db->mysql);
	if (stmt->handle == NULL) {
		log_error("out of memory for a statement");
		abort();
	}
	if (mysql_stmt_prepare(stmt->handle, sql, len) == 0) {
		stmt->nparams = mysql_stmt_param_count(stmt->handle);
		stmt->params = db_alloc(stmt->nparams, sizeof(MYSQL_BIND));
		stmt->times = db_alloc(stmt->nparams, sizeof(MYSQL_TIME));
		return stmt;
	}
	db_fail_stmt(rq, stmt);
	/* if the connection was lost, the client library has let go of it in the handle too */
	stmt_free(stmt);
	return NULL;
}

struct stmt *
stmt_get(struct rq *rq, const char *sql, size_t n)
{
	struct stmt_cache *cache = &rq->db->cache;
	size_t len = strlen(sql);
	uint64_t hash = hash_text(sql, len);
	struct stmt *stmt;

	for (stmt = *bucket_of(cache, hash); stmt != NULL; stmt = stmt->next)
		if (stmt->hash == hash && strcmp(stmt->sql, sql) == 0)
			break;
	if (stmt == NULL) {
		stmt = prepare(rq, sql, len, hash);
		if (stmt == NULL)
			return NULL;
		keep(cache, stmt);
	}
	stmt->used = ++cache->clock;
	if (stmt->nparams != n) {
		log_error("a statement has %zu placeholders and got %zu values: %s", stmt->nparams,
		    n, sql);
		fail(rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
		return NULL;
	}
	return stmt;
}

static void
bind_time_value(MYSQL_BIND *param, MYSQL_TIME *t, int64_t us)
{
	struct clock_fields f;

	clock_split(us, &f);
	*t = (MYSQL_TIME){.year = (unsigned)f.year,
	    .month = (unsigned)f.month,
	    .day = (unsigned)f.day,
	    .hour = (unsigned)f.hour,
	    .minute = (unsigned)f.minute,
	    .second = (unsigned)f.second,
	    .second_part = (unsigned long)f.microsecond,
	    .time_type = MYSQL_TIMESTAMP_DATETIME};
	param->buffer_type = MYSQL_TYPE_DATETIME;
	param->buffer = t;
}

static void
bind_value(struct stmt *stmt, size_t i, const struct bind *bind)
{
	MYSQL_BIND *param = &stmt->params[i];

	memset(param, 0, sizeof(*param));
	switch (bind->type) {
	case BIND_STR:
	case BIND_BLOB:
		param->buffer_type = bind->type == BIND_STR ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
		param->buffer = (void *)bind->s;
		param->buffer_length = bind->len;
		break;
	case BIND_INT:
	case BIND_UINT:
		param->buffer_type = MYSQL_TYPE_LONGLONG;
		param->is_unsigned = bind->type == BIND_UINT;
		param->buffer = (void *)&bind->i;
		break;
	case BIND_DOUBLE:
		param->buffer_type = MYSQL_TYPE_DOUBLE;
		param->buffer = (void *)&bind->d;
		break;
	case BIND_TIME:
		bind_time_value(param, &stmt->times[i], bind->i);
		break;
	case BIND_NULL:
	case BIND_EACH:
		param->buffer_type = MYSQL_TYPE_NULL;
		break;
	}
}

int
stmt_check_size(struct rq *rq, size_t size)
{
	if (size + PACKET_MARGIN <= rq->db->packet_max)
		return 0;
	return fail(rq, E_PAYLOAD_TOO_LARGE,
	    "the data is larger than the %zu bytes the database takes at once; send less",
	    rq->db->packet_max);
}

static size_t
packet_size(const struct bind *binds, size_t n)
{
	size_t size = VALUE_MARGIN * n;
	size_t i;

	for (i = 0; i < n; i++)
		if (binds[i].type == BIND_STR || binds[i].type == BIND_BLOB)
			size += binds[i].len;
	return size;
}

int
stmt_send(struct rq *rq, struct stmt *stmt, unsigned array_size)
{
	rq->db->wrote = rq->db->wrote || stmt->writes;
	mysql_stmt_attr_set(stmt->handle, STMT_ATTR_ARRAY_SIZE, &array_size);
	if (stmt->nparams > 0 && mysql_stmt_bind_param(stmt->handle, stmt->params) != 0)
		return db_fail_stmt(rq, stmt);
	if (mysql_stmt_execute(stmt->handle) != 0 || result_adapt(&stmt->result, stmt->handle) < 0)
		return db_fail_stmt(rq, stmt);
	if (stmt->writes && mysql_stmt_field_count(stmt->handle) == 0)
		rq->db->affected = mysql_stmt_affected_rows(stmt->handle);
	return 0;
}

struct stmt *
stmt_execute(struct rq *rq, const char *sql, const struct bind *binds, size_t n)
{
	struct stmt *stmt;
	size_t i;

	if (db_enter(rq, false) < 0 || stmt_check_size(rq, packet_size(binds, n)) < 0)
		return NULL;
	stmt = stmt_get(rq, sql, n);
	if (stmt == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		bind_value(stmt, i, &binds[i]);
	return stmt_send(rq, stmt, 0) < 0 ? NULL : stmt;
}

int
stmt_finish(struct rq *rq, struct stmt *stmt)
{
	int found = 0;

	/* reading on, not just dropping: INSERT ... RETURNING reports duplicates among its rows */
	if (mysql_stmt_field_count(stmt->handle) > 0)
		while ((found = result_fetch(&stmt->result, stmt->handle)) > 0)
			rq->db->affected++;
	if (found < 0)
		return db_fail_stmt(rq, stmt);
	stmt_abandon(stmt);
	return 0;
}

void
stmt_abandon(struct stmt *stmt)
{
	mysql_stmt_free_result(stmt->handle);
	/* a procedure has further results */
	while (mysql_stmt_more_results(stmt->handle) && mysql_stmt_next_result(stmt->handle) == 0)
		mysql_stmt_free_result(stmt->handle);
	result_trim(&stmt->result, stmt->handle);
}
