#ifndef COFFER_CLOCK_H
#define COFFER_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are microseconds since 1970-01-01T00:00:00Z, in UTC, from year 1 to 9999. */

enum { CLOCK_TEXT_SIZE = 28 }; /* "2026-11-22T10:20:30.123456Z" and NUL */

int64_t clock_now(void);
/* For measuring: microseconds of a clock that never jumps. */
int64_t clock_monotonic(void);

/* ISO 8601 with Z: milliseconds, or microseconds where they are not a whole millisecond. */
void clock_format(int64_t us, char to[CLOCK_TEXT_SIZE]);

/* RFC 3339 date-time with Z or offset, 'T' or blank between, optional fraction (cut at the
 * microsecond), or a plain date (midnight UTC).  A leap second, 23:59:60 UTC, is read as the
 * midnight after it. false if malformed or no such day. */
bool clock_parse(const char *s, size_t len, int64_t *us_r);

/* For MariaDB's DATETIME(6): "2026-11-22 10:20:30.123456". */
void clock_sql(int64_t us, char to[CLOCK_TEXT_SIZE]);

/* Calendar fields in UTC and back; month 1..12, day 1..31. */
struct clock_fields {
	int year, month, day, hour, minute, second, microsecond;
};
void clock_split(int64_t us, struct clock_fields *f);
/* false if no such moment exists. */
bool clock_join(const struct clock_fields *f, int64_t *us_r);
/* Calendar arithmetic: months first (the day is cut to the month's length), then the rest. */
bool clock_add(int64_t us, int64_t months, int64_t seconds, int64_t *us_r);

#endif
