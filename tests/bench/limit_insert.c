/* The writing limits: one row, or a thousand with one bulk bind, each with its activity row. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "limit_db.h"

enum { BULK_ROWS = 1000 };

/* Random bytes; asking the kernel for each id is a system call too many. */
static void
random_bytes(unsigned char *to, size_t len)
{
	static unsigned char pool[4096];
	static size_t left;

	if (left < len && getrandom(pool, left = sizeof(pool), 0) != sizeof(pool))
		fail("getrandom", "too few bytes");
	left -= len;
	memcpy(to, pool + left, len);
}

/* A UUID of version 7; those of one millisecond count up, so that they go to the end of the table.
 */
static void
make_id(char id[UUID_LEN])
{
	static const char hex[] = "0123456789abcdef";
	static unsigned long long last;
	static unsigned count;
	unsigned char bytes[16];
	struct timespec now;
	unsigned long long ms;
	size_t at = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
	count = ms > last ? 0 : count + 1;
	last = ms > last ? ms : last + (count >> 12);
	count &= 0xfff;
	random_bytes(bytes, sizeof(bytes));
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(last >> (40 - 8 * i));
	bytes[6] = 0x70 | (count >> 8 & 0x0f);
	bytes[7] = (unsigned char)count;
	bytes[8] = 0x80 | (bytes[8] & 0x3f);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			id[at++] = '-';
		id[at++] = hex[bytes[i] >> 4];
		id[at++] = hex[bytes[i] & 15];
	}
}

static MYSQL_TIME
now_utc(void)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	return (MYSQL_TIME){.year = (unsigned)tm.tm_year + 1900,
	    .month = (unsigned)tm.tm_mon + 1,
	    .day = (unsigned)tm.tm_mday,
	    .hour = (unsigned)tm.tm_hour,
	    .minute = (unsigned)tm.tm_min,
	    .second = (unsigned)tm.tm_sec,
	    .second_part = (unsigned long)now.tv_nsec / 1000,
	    .time_type = MYSQL_TIMESTAMP_DATETIME};
}

/* The row that every insert writes; tests/bench/run sends coffer the same values. */
static const char body[] =
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut "
    "labore et dolore magna aliqua, quis nostrud exercitation.";
static const char *const texts[] = {"A note of the benchmark", body, "published", "t7"};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]), INSERTED = 4 + FIELDS };
static long long views = 42;
static double price = 19.5;
static signed char is_public = 1;
static MYSQL_TIME published = {.year = 2026,
    .month = 2,
    .day = 3,
    .hour = 4,
    .minute = 5,
    .second = 6,
    .time_type = MYSQL_TIMESTAMP_DATETIME};

static MYSQL_BIND
bind_time(MYSQL_TIME *t)
{
	return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DATETIME, .buffer = t};
}

static MYSQL_BIND
bind_cell(const struct statement *s, size_t column)
{
	return bind_text(s->cells[column].text, s->cells[column].len);
}

/* item NULL: many rows. */
static void
write_activity(const char *item, const char *tool, const struct text *payload, MYSQL_TIME *now)
{
	static const char agent[] = "", ip[] = "127.0.0.1";
	static const MYSQL_BIND null = {.buffer_type = MYSQL_TYPE_NULL};
	char id[UUID_LEN] = "";
	long long ms = 0;
	MYSQL_BIND params[16] = {bind_text(id, UUID_LEN), bind_cell(&who_locking, WHO_WORKSPACE),
	    bind_cell(&who_locking, WHO_USER), bind_cell(&who_locking, WHO_KEY),
	    bind_text("mcp", 3), bind_text(tool, strlen(tool)), bind_text("item.create", 11),
	    bind_text("notes", 5), item ? bind_text(item, UUID_LEN) : null, bind_text("ok", 2),
	    bind_text(ip, sizeof(ip) - 1), bind_text(agent, 0),
	    payload ? bind_text(payload->data, payload->len) : null, null,
	    {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &ms}, bind_time(now)};

	make_id(id);
	execute(&activity, params);
}

void
database_insert(struct text *to)
{
	MYSQL_TIME now = now_utc();
	char id[UUID_LEN] = "";
	MYSQL_BIND params[INSERTED] = {bind_text(id, UUID_LEN), bind_cell(&who_locking, WHO_USER),
	    bind_time(&now), bind_time(&now)};
	MYSQL_BIND *own = params + 4;

	make_id(id);
	for (size_t i = 0; i < TEXTS; i++)
		own[i] = bind_text(texts[i], strlen(texts[i]));
	own[4] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &views};
	own[5] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = &price};
	own[6] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_TINY, .buffer = &is_public};
	own[7] = bind_time(&published);
	execute(&insert_row, params);
	if (rows_json(to, &insert_row, 1) != 1)
		fail("insert", "it returned no row");
	write_activity(id, "collections.insert", NULL, &now);
}

/* The values of a bulk statement, by column; those that never change are set once. */
static struct {
	char ids[BULK_ROWS][UUID_LEN], topics[BULK_ROWS][8], now[32];
	char *texts[INSERTED][BULK_ROWS];
	unsigned long lengths[INSERTED][BULK_ROWS];
	char there[BULK_ROWS];
	long long views[BULK_ROWS];
	double price[BULK_ROWS];
	signed char is_public[BULK_ROWS];
	MYSQL_BIND params[INSERTED];
} many;

static void
many_text(size_t column, size_t row, const char *text, size_t len)
{
	many.texts[column][row] = (char *)text;
	many.lengths[column][row] = len;
}

static void
many_bind(size_t column, enum enum_field_types type, void *values)
{
	many.params[column] = (MYSQL_BIND){.buffer_type = type,
	    .buffer = values,
	    .length = many.lengths[column],
	    .u.indicator = many.there};
}

/* Rows that differ where they are indexed, as tests/bench/cases.mjs makes them. */
static void
many_open(void)
{
	static const char when[] = "2026-02-03 04:05:06.000000";
	static const char *const states[] = {"draft", "review", "published"};

	for (size_t row = 0; row < BULK_ROWS; row++) {
		many_text(0, row, many.ids[row], UUID_LEN);
		many_text(2, row, many.now, strlen(when));
		many_text(3, row, many.now, strlen(when));
		for (size_t i = 0; i < 2; i++)
			many_text(4 + i, row, texts[i], strlen(texts[i]));
		many_text(6, row, states[row % 3], strlen(states[row % 3]));
		snprintf(many.topics[row], sizeof(many.topics[row]), "t%zu", row % 100);
		many_text(7, row, many.topics[row], strlen(many.topics[row]));
		many.views[row] = (long long)row * 7919 % 10007;
		many.price[row] = price;
		many.is_public[row] = is_public;
		many_text(11, row, when, strlen(when));
	}
	for (size_t column = 0; column < INSERTED; column++)
		many_bind(column, MYSQL_TYPE_STRING, many.texts[column]);
	many_bind(8, MYSQL_TYPE_LONGLONG, many.views);
	many_bind(9, MYSQL_TYPE_DOUBLE, many.price);
	many_bind(10, MYSQL_TYPE_TINY, many.is_public);
}

static void
many_renew(const MYSQL_TIME *now)
{
	const struct cell *user = &who_locking.cells[WHO_USER];

	if (!many.params[0].buffer)
		many_open();
	snprintf(many.now, sizeof(many.now), "%04u-%02u-%02u %02u:%02u:%02u.%06lu", now->year,
	    now->month, now->day, now->hour, now->minute, now->second, now->second_part);
	for (size_t row = 0; row < BULK_ROWS; row++) {
		make_id(many.ids[row]);
		many_text(1, row, user->text, user->len);
	}
}

static void
execute_many(void)
{
	unsigned rows = BULK_ROWS;

	mysql_stmt_attr_set(insert_many.handle, STMT_ATTR_ARRAY_SIZE, &rows);
	execute(&insert_many, many.params);
}

void
database_bulk_insert(struct text *to)
{
	static struct text payload;
	MYSQL_TIME now = now_utc();

	many_renew(&now);
	execute_many();
	text_puts(to, "{\"total\":1000,\"succeeded\":1000,\"failed\":0,\"results\":[");
	payload.len = 0;
	text_puts(&payload, "{\"count\":1000,\"ids\":[");
	for (size_t row = 0; row < BULK_ROWS; row++) {
		text_puts(to, row == 0 ? "{\"ok\":true,\"id\":" : ",{\"ok\":true,\"id\":");
		text_json(to, many.ids[row], UUID_LEN);
		text_puts(to, "}");
		if (row >= 100)
			continue;
		text_puts(&payload, row == 0 ? "" : ",");
		text_json(&payload, many.ids[row], UUID_LEN);
	}
	text_puts(to, "]}");
	text_puts(&payload, "]}");
	write_activity(NULL, "collections.bulk_insert", &payload, &now);
}
