/* The JSON writer. */
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "arena.h"
#include "out.h"

static struct arena *mem;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static void
commas_and_colons(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, mem);
	out_object(&o);
	out_kstr(&o, "s", "text");
	out_kstr(&o, "none", NULL);
	out_kint(&o, "n", -5);
	out_kbool(&o, "b", true);
	out_knull(&o, "z");
	out_kraw(&o, "raw", "[1,2]");
	out_kraw(&o, "no raw", NULL);
	out_key(&o, "list");
	out_array(&o);
	out_bool(&o, false);
	out_uint(&o, UINT64_MAX);
	out_int(&o, INT64_MIN);
	out_object(&o);
	out_end(&o);
	out_array(&o);
	out_end(&o);
	out_null(&o);
	out_end(&o);
	out_key(&o, "f");
	out_printf(&o, "%d\"%s", 1, "a");
	out_end(&o);
	assert_string_equal(buf_text(&o.buf), "{\"s\":\"text\",\"none\":null,\"n\":-5,\"b\":true,"
					      "\"z\":null,\"raw\":[1,2],\"no raw\":null,"
					      "\"list\":[false,18446744073709551615,-"
					      "9223372036854775808,{},[],null],\"f\":\"1\\\"a\"}");
	assert_int_equal(o.depth, 0);
}

static const char *
written(const char *s, size_t len)
{
	struct out o;

	out_init(&o, mem);
	out_strn(&o, s, len);
	return buf_text(&o.buf);
}

#define BAD "\xef\xbf\xbd"

static void
text_is_escaped(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
	    {"", 0, "\"\""},
	    {"plain", 5, "\"plain\""},
	    {"\"\\/", 3, "\"\\\"\\\\/\""},
	    {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
	    {"\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\x7f\""},
	    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
	    {"a\xff\x62", 3, "\"a" BAD "b\""},
	    {"\xc3", 1, "\"" BAD "\""},
	    {"\xe2\x82", 2, "\"" BAD BAD "\""},
	    {"\xc0\x80", 2, "\"" BAD BAD "\""},
	    {"\xed\xa0\x80", 3, "\"" BAD BAD BAD "\""},
	    {"\xf4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(written(cases[i].in, cases[i].len), cases[i].out);
}

static const char *
number(double d)
{
	struct out o;

	out_init(&o, mem);
	out_double(&o, d);
	return buf_text(&o.buf);
}

static void
doubles_are_short(void **state)
{
	static const struct {
		double in;
		const char *out;
	} cases[] = {
	    {0.0, "0"},
	    {-0.0, "-0"},
	    {1.0, "1"},
	    {-42.0, "-42"},
	    {0.1, "0.1"},
	    {0.1 + 0.2, "0.30000000000000004"},
	    {1.0 / 3.0, "0.3333333333333333"},
	    {1e15, "1000000000000000"},
	    {9007199254740991.0, "9007199254740991"},
	    {-9007199254740991.0, "-9007199254740991"},
	    {9007199254740992.0, "9007199254740992"},
	    {1e16, "1e16"},
	    {1e22, "1e22"},
	    {1e-7, "1e-7"},
	    {1.5e-10, "1.5e-10"},
	    {1e100, "1e100"},
	    {DBL_MAX, "1.7976931348623157e308"},
	    {DBL_MIN, "2.2250738585072014e-308"},
	    {5e-324, "5e-324"},
	    {123456.789, "123456.789"},
	    {INFINITY, "null"},
	    {-INFINITY, "null"},
	    {NAN, "null"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(number(cases[i].in), cases[i].out);
}

static void
doubles_read_back(void **state)
{
	uint64_t bits = 1;
	double d;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		memcpy(&d, &bits, sizeof(d));
		if (isfinite(d))
			assert_true(strtod(number(d), NULL) == d);
		if (i % 1000 == 0)
			arena_reset(mem);
	}
}

static void
half_an_answer_goes_away(void **state)
{
	struct out o;
	struct out_mark first, second;

	(void)state;
	out_init(&o, mem);
	first = out_mark(&o);
	out_object(&o);
	out_key(&o, "a");
	second = out_mark(&o);
	out_array(&o);
	out_int(&o, 1);
	out_object(&o);
	out_key(&o, "half");
	out_truncate(&o, second);
	out_str(&o, "whole");
	out_end(&o);
	assert_string_equal(buf_text(&o.buf), "{\"a\":\"whole\"}");
	out_truncate(&o, first);
	assert_string_equal(buf_text(&o.buf), "");
	out_array(&o);
	second = out_mark(&o);
	out_int(&o, 1);
	out_truncate(&o, second);
	out_int(&o, 2);
	out_int(&o, 3);
	out_end(&o);
	assert_string_equal(buf_text(&o.buf), "[2,3]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commas_and_colons),
	    cmocka_unit_test(text_is_escaped),
	    cmocka_unit_test(doubles_are_short),
	    cmocka_unit_test(doubles_read_back),
	    cmocka_unit_test(half_an_answer_goes_away),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
