/* Time in microseconds since 1970, its text forms, and the proleptic Gregorian calendar in UTC. */
#include "clock.h"

#include <string.h>
#include <time.h>

#define SECOND   INT64_C(1000000)
#define DAY      (86400 * SECOND)
#define YEAR_1   (-719162 * DAY) /* 0001-01-01T00:00:00Z */
#define YEAR_10K (2932897 * DAY) /* 10000-01-01T00:00:00Z */

enum {
	DAYS_1 = 365,
	DAYS_4 = 4 * DAYS_1 + 1,
	DAYS_100 = 25 * DAYS_4 - 1,
	DAYS_400 = 4 * DAYS_100 + 1,
	/* From 0000-03-01 to 1970-01-01.  Years are counted from March, so that the leap day is
	   last. */
	DAYS_TO_1970 = 719468,
};

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Days in the months before month m, counted from March (0). */
static int
days_before(int m)
{
	return (153 * m + 2) / 5;
}

static int64_t
days_from_date(int year, int month, int day)
{
	int from_march = (month + 9) % 12;
	int64_t y = year - (month <= 2);

	return y * DAYS_1 + y / 4 - y / 100 + y / 400 + days_before(from_march) + day - 1 -
	       DAYS_TO_1970;
}

static void
date_from_days(int64_t days, struct clock_fields *f)
{
	int era, century, four, year, rest, from_march;

	days += DAYS_TO_1970;
	era = (int)(days / DAYS_400);
	rest = (int)(days % DAYS_400);
	century = rest / DAYS_100 < 4 ? rest / DAYS_100 : 3;
	rest -= century * DAYS_100;
	four = rest / DAYS_4;
	rest -= four * DAYS_4;
	year = rest / DAYS_1 < 4 ? rest / DAYS_1 : 3;
	rest -= year * DAYS_1;
	from_march = (5 * rest + 2) / 153;
	f->day = rest - days_before(from_march) + 1;
	f->month = (from_march + 2) % 12 + 1;
	f->year = 400 * era + 100 * century + 4 * four + year + (f->month <= 2);
}

static int
month_length(int year, int month)
{
	if (month == 2)
		return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

void
clock_split(int64_t us, struct clock_fields *f)
{
	int64_t days = us / DAY, rest = us % DAY;

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	date_from_days(days, f);
	f->microsecond = (int)(rest % SECOND);
	rest /= SECOND;
	f->second = (int)(rest % 60);
	f->minute = (int)(rest / 60 % 60);
	f->hour = (int)(rest / 3600);
}

static bool
date_exists(const struct clock_fields *f)
{
	return f->year >= 1 && f->year <= 9999 && f->month >= 1 && f->month <= 12 && f->day >= 1 &&
	       f->day <= month_length(f->year, f->month);
}

static bool
time_exists(const struct clock_fields *f)
{
	return f->hour >= 0 && f->hour <= 23 && f->minute >= 0 && f->minute <= 59 &&
	       f->second >= 0 && f->second <= 59 && f->microsecond >= 0 && f->microsecond < SECOND;
}

bool
clock_join(const struct clock_fields *f, int64_t *us_r)
{
	if (!date_exists(f) || !time_exists(f))
		return false;
	*us_r = days_from_date(f->year, f->month, f->day) * DAY +
		(f->hour * 3600 + f->minute * 60 + f->second) * SECOND + f->microsecond;
	return true;
}

static bool
in_range(int64_t us)
{
	return us >= YEAR_1 && us < YEAR_10K;
}

bool
clock_add(int64_t us, int64_t months, int64_t seconds, int64_t *us_r)
{
	struct clock_fields f;
	int64_t month, moved, length, sum;

	clock_split(us, &f);
	if (__builtin_add_overflow(f.year * 12 + f.month - 1, months, &month))
		return false;
	if (month < 12 || month >= 10000 * 12)
		return false;
	f.year = (int)(month / 12);
	f.month = (int)(month % 12) + 1;
	length = month_length(f.year, f.month);
	f.day = f.day < length ? f.day : (int)length;
	if (!clock_join(&f, &moved) || __builtin_mul_overflow(seconds, SECOND, &length) ||
	    __builtin_add_overflow(moved, length, &sum) || !in_range(sum))
		return false;
	*us_r = sum;
	return true;
}

/* width digits of n and the character after. */
static char *
put(char *to, int n, int width, char after)
{
	int i;

	for (i = width - 1; i >= 0; i--) {
		to[i] = (char)('0' + n % 10);
		n /= 10;
	}
	to[width] = after;
	return to + width + 1;
}

static void
put_moment(char *to, int64_t us, char between, bool millis, const char *end)
{
	struct clock_fields f;

	clock_split(us, &f);
	to = put(to, f.year, 4, '-');
	to = put(to, f.month, 2, '-');
	to = put(to, f.day, 2, between);
	to = put(to, f.hour, 2, ':');
	to = put(to, f.minute, 2, ':');
	to = put(to, f.second, 2, '.');
	if (millis)
		to = put(to, f.microsecond / 1000, 3, *end);
	else
		to = put(to, f.microsecond, 6, *end);
	if (*end != '\0')
		*to = '\0';
}

void
clock_format(int64_t us, char to[CLOCK_TEXT_SIZE])
{
	put_moment(to, us, 'T', us % 1000 == 0, "Z");
}

void
clock_sql(int64_t us, char to[CLOCK_TEXT_SIZE])
{
	put_moment(to, us, ' ', false, "");
}

/* What is left to read. */
struct cursor {
	const char *s, *end;
};

static bool
next_is(struct cursor *c, const char *set)
{
	if (c->s == c->end || *c->s == '\0' || strchr(set, *c->s) == NULL)
		return false;
	c->s++;
	return true;
}

static bool
number(struct cursor *c, int width, int *n_r)
{
	unsigned digit;

	for (*n_r = 0; width > 0; width--) {
		digit = c->s < c->end ? (unsigned)(*c->s++ - '0') : 10;
		if (digit > 9)
			return false;
		*n_r = 10 * *n_r + (int)digit;
	}
	return true;
}

static bool
fraction(struct cursor *c, int *microsecond_r)
{
	int digits = 0, n = 0;

	*microsecond_r = 0;
	if (!next_is(c, "."))
		return true;
	for (; c->s < c->end && *c->s >= '0' && *c->s <= '9'; c->s++, digits++) {
		if (digits < 6)
			n = 10 * n + (*c->s - '0');
	}
	*microsecond_r = n;
	for (n = digits; n < 6; n++)
		*microsecond_r *= 10;
	return digits > 0;
}

/* "Z" or an offset: the seconds to add to come to UTC. */
static bool
zone(struct cursor *c, int *seconds_r)
{
	bool ahead;
	int hours, minutes;

	*seconds_r = 0;
	if (next_is(c, "Zz"))
		return true;
	ahead = next_is(c, "+");
	if (!ahead && !next_is(c, "-"))
		return false;
	if (!number(c, 2, &hours) || !next_is(c, ":") || !number(c, 2, &minutes))
		return false;
	*seconds_r = (ahead ? -1 : 1) * (hours * 3600 + minutes * 60);
	return hours <= 23 && minutes <= 59;
}

/* The moment of f, shifted.  A leap second stands at 23:59:60 UTC only and means the midnight
 * after. */
static bool
moment(struct clock_fields *f, int shift, int64_t *us_r)
{
	bool leap = f->second == 60;
	int64_t us;

	if (leap)
		f->second = 59;
	if (!clock_join(f, &us))
		return false;
	us += shift * SECOND;
	if (leap) {
		us += SECOND - f->microsecond;
		if (us % DAY != 0)
			return false;
	}
	*us_r = us;
	return in_range(us);
}

bool
clock_parse(const char *s, size_t len, int64_t *us_r)
{
	struct cursor c = {s, s + len};
	struct clock_fields f = {0};
	int shift;

	if (!number(&c, 4, &f.year) || !next_is(&c, "-") || !number(&c, 2, &f.month) ||
	    !next_is(&c, "-") || !number(&c, 2, &f.day))
		return false;
	if (c.s == c.end)
		return clock_join(&f, us_r);
	if (!next_is(&c, "Tt ") || !number(&c, 2, &f.hour) || !next_is(&c, ":") ||
	    !number(&c, 2, &f.minute) || !next_is(&c, ":") || !number(&c, 2, &f.second))
		return false;
	return fraction(&c, &f.microsecond) && zone(&c, &shift) && c.s == c.end &&
	       moment(&f, shift, us_r);
}
