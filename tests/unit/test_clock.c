/* Times: texts, calendar, arithmetic.  The seconds were worked out with date(1). */
#include "unit.h"

#include "clock.h"

#define SECONDS(n) (INT64_C(1000000) * (n))
#define YEAR_1     SECONDS(INT64_C(-62135596800)) /* 0001-01-01T00:00:00Z */
#define YEAR_9999  SECONDS(INT64_C(253402300799)) /* 9999-12-31T23:59:59Z */

static const struct {
	int64_t us;
	const char *text, *sql;
} moments[] = {
    {0, "1970-01-01T00:00:00.000Z", "1970-01-01 00:00:00.000000"},
    {-1, "1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999"},
    {SECONDS(951782400), "2000-02-29T00:00:00.000Z", "2000-02-29 00:00:00.000000"},
    {SECONDS(1795342830) + 123456, "2026-11-22T10:20:30.123456Z", "2026-11-22 10:20:30.123456"},
    {SECONDS(1795342830) + 123000, "2026-11-22T10:20:30.123Z", "2026-11-22 10:20:30.123000"},
    {SECONDS(INT64_C(4107542400)), "2100-03-01T00:00:00.000Z", "2100-03-01 00:00:00.000000"},
    {SECONDS(INT64_C(-2203891201)), "1900-02-28T23:59:59.000Z", "1900-02-28 23:59:59.000000"},
    {YEAR_1, "0001-01-01T00:00:00.000Z", "0001-01-01 00:00:00.000000"},
    {YEAR_9999 + 999999, "9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999"},
};

static void
texts(void **state)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(moments); i++) {
		clock_format(moments[i].us, text);
		assert_string_equal(text, moments[i].text);
		assert_true(clock_parse(text, strlen(text), &back));
		assert_true(back == moments[i].us);
		clock_sql(moments[i].us, text);
		assert_string_equal(text, moments[i].sql);
	}
}

static void
what_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
	    {"1970-01-02", SECONDS(86400)},
	    {"1970-01-01T00:00:01Z", SECONDS(1)},
	    {"1970-01-01t00:00:01z", SECONDS(1)},
	    {"1970-01-01 00:00:01Z", SECONDS(1)},
	    {"1970-01-01T02:00:00+01:30", SECONDS(1800)},
	    {"1969-12-31T20:30:00-03:30", 0},
	    {"1970-01-01T00:00:00-00:00", 0},
	    {"1970-01-01T00:00:00.5Z", 500000},
	    {"1970-01-01T00:00:00.1234567899Z", 123456},
	    {"1998-12-31T23:59:60Z", SECONDS(915148800)},
	    {"1998-12-31T15:59:60.123-08:00", SECONDS(915148800)},
	    {"2024-02-29", SECONDS(1709164800)},
	};
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_true(clock_parse(cases[i].text, strlen(cases[i].text), &us));
		assert_true(us == cases[i].us);
	}
	assert_true(clock_parse("1970-01-02T", 10, &us));
}

static void
what_is_refused(void **state)
{
	static const char *const cases[] = {"", "1970", "1970-1-1", "1970-01-01T",
	    "1970-01-01T00:00Z", "1970-01-01T00:00:00", "1970-01-01T00:00:00+01",
	    "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00ZZ",
	    "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z",
	    "1998-12-31T22:59:60Z", "1998-12-31T23:58:60Z", "1998-12-31T23:59:60+01:00",
	    "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+01:60", "1970-00-01", "1970-13-01",
	    "1970-01-00", "1970-01-32", "2023-02-29", "1900-02-29", "2100-02-29", "2026-04-31",
	    "0000-01-01", "10000-01-01", "+1970-01-01", " 1970-01-01", "1970-01-01 ",
	    "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
	    "1970/01/01", "19700101"};
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_false(clock_parse(cases[i], strlen(cases[i]), &us));
	assert_false(clock_parse("1970-01-01\0", 11, &us));
}

static void
every_day_comes_after_the_one_before(void **state)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct clock_fields f, day = {.year = 1, .month = 1, .day = 1};
	int64_t us, joined;
	int length;

	(void)state;
	for (us = YEAR_1; us <= YEAR_9999; us += SECONDS(86400)) {
		clock_split(us, &f);
		assert_int_equal(f.year * 10000 + f.month * 100 + f.day,
		    day.year * 10000 + day.month * 100 + day.day);
		assert_true(clock_join(&f, &joined));
		assert_true(joined == us);
		length = lengths[day.month - 1];
		if (day.month == 2 && day.year % 4 == 0 &&
		    (day.year % 100 != 0 || day.year % 400 == 0))
			length = 29;
		if (++day.day <= length)
			continue;
		day.day = 1;
		if (++day.month <= 12)
			continue;
		day.month = 1;
		day.year++;
	}
	assert_int_equal(day.year, 10000);
}

static void
fields(void **state)
{
	struct clock_fields f;
	int64_t us;

	(void)state;
	clock_split(SECONDS(1795342830) + 123456, &f);
	assert_int_equal(f.year, 2026);
	assert_int_equal(f.month, 11);
	assert_int_equal(f.day, 22);
	assert_int_equal(f.hour, 10);
	assert_int_equal(f.minute, 20);
	assert_int_equal(f.second, 30);
	assert_int_equal(f.microsecond, 123456);
	f.second = 60;
	assert_false(clock_join(&f, &us));
	f.second = -1;
	assert_false(clock_join(&f, &us));
	f.second = 0;
	f.day = 31;
	assert_false(clock_join(&f, &us));
}

static const char *
added(const char *from, int64_t months, int64_t seconds)
{
	static char text[CLOCK_TEXT_SIZE];
	int64_t us;

	assert_true(clock_parse(from, strlen(from), &us));
	if (!clock_add(us, months, seconds, &us))
		return "none";
	clock_format(us, text);
	return text;
}

static void
arithmetic(void **state)
{
	(void)state;
	assert_string_equal(added("2026-01-31", 1, 0), "2026-02-28T00:00:00.000Z");
	assert_string_equal(added("2024-01-31", 1, 0), "2024-02-29T00:00:00.000Z");
	assert_string_equal(added("2026-03-31", -1, 0), "2026-02-28T00:00:00.000Z");
	assert_string_equal(added("2026-11-22T10:20:30.5Z", 2, -86400), "2027-01-21T10:20:30.500Z");
	assert_string_equal(added("2026-01-15", -25, 0), "2023-12-15T00:00:00.000Z");
	assert_string_equal(added("1969-12-31T23:59:59.999Z", 0, 1), "1970-01-01T00:00:00.999Z");
	assert_string_equal(added("9999-12-31", 1, 0), "none");
	assert_string_equal(added("9999-12-31", 0, 86400), "none");
	assert_string_equal(added("0001-01-01", -1, 0), "none");
	assert_string_equal(added("0001-01-01", 0, -1), "none");
	assert_string_equal(added("2026-01-01", INT64_MAX, 0), "none");
	assert_string_equal(added("2026-01-01", INT64_MIN, 0), "none");
	assert_string_equal(added("2026-01-01", 0, INT64_MAX), "none");
	assert_string_equal(added("2026-01-01", 0, INT64_MIN), "none");
}

static void
clocks_run(void **state)
{
	int64_t first = clock_monotonic(), second = clock_monotonic();

	(void)state;
	assert_true(second >= first);
	assert_true(clock_now() > SECONDS(1700000000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts),
	    cmocka_unit_test(what_is_read),
	    cmocka_unit_test(what_is_refused),
	    cmocka_unit_test(every_day_comes_after_the_one_before),
	    cmocka_unit_test(fields),
	    cmocka_unit_test(arithmetic),
	    cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
