/* Text and encodings. */
#include "unit.h"

#include "arena.h"
#include "str.h"

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
utf8_is_checked(void **state)
{
	static const char *const good[] = {"", "ascii", "\x7f", "\xc2\x80", "\xdf\xbf",
	    "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
	    "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2",
	    "\xc2\x41", "\xe0\x9f\xbf", "\xe2\x82", "\xe2\x28\xa1", "\xed\xa0\x80", "\xed\xbf\xbf",
	    "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf0\x90\x80\x41", "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80", "\xff", "a\xfe"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(str_utf8_valid(good[i], strlen(good[i])));
	for (i = 0; i < COUNT(bad); i++)
		assert_false(str_utf8_valid(bad[i], strlen(bad[i])));
	assert_true(str_utf8_valid("a\0b", 3));
	assert_int_equal(str_utf8_sequence("\xe2\x82\xac", 3), 3);
	assert_int_equal(str_utf8_sequence("\xe2\x82\xac", 2), 0);
	assert_int_equal(str_utf8_sequence("", 0), 0);
	assert_true(str_is_ascii(""));
	assert_true(str_is_ascii("a~\x7f"));
	assert_false(str_is_ascii("a\xc3\xa9"));
}

static void
utf8_is_counted(void **state)
{
	const char *s = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";

	(void)state;
	assert_int_equal(str_utf8_length(s, strlen(s)), 5);
	assert_int_equal(str_utf8_prefix(s, strlen(s), 0), 0);
	assert_int_equal(str_utf8_prefix(s, strlen(s), 1), 1);
	assert_int_equal(str_utf8_prefix(s, strlen(s), 2), 3);
	assert_int_equal(str_utf8_prefix(s, strlen(s), 4), 10);
	assert_int_equal(str_utf8_prefix(s, strlen(s), 5), 11);
	assert_int_equal(str_utf8_prefix(s, strlen(s), 99), 11);
}

static void
integers(void **state)
{
	static const struct {
		const char *text;
		int64_t n;
	} good[] = {{"0", 0}, {"-0", 0}, {"+7", 7}, {"007", 7}, {"-12", -12},
	    {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
	static const char *const bad[] = {"", "-", "+", " 1", "1 ", "1.0", "0x1", "1e3", "--1",
	    "9223372036854775808", "-9223372036854775809", "99999999999999999999999"};
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_true(str_int(good[i].text, &n));
		assert_true(n == good[i].n);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(str_int(bad[i], &n));
}

static void
hexadecimal(void **state)
{
	unsigned char bytes[3];
	char text[7];

	(void)state;
	str_hex(text, "\x00\xff\x1a", 3);
	assert_string_equal(text, "00ff1a");
	assert_true(str_unhex(bytes, 3, "00Ff1A"));
	assert_memory_equal(bytes, "\x00\xff\x1a", 3);
	assert_false(str_unhex(bytes, 3, "00ff1"));
	assert_false(str_unhex(bytes, 3, "00ff1a0"));
	assert_false(str_unhex(bytes, 3, "00fg1a"));
}

/* The examples of RFC 4648 section 10, and bytes that need the last two letters. */
static void
base64(void **state)
{
	static const struct {
		const char *bytes, *standard, *url;
	} cases[] = {
	    {"", "", ""},
	    {"f", "Zg==", "Zg"},
	    {"fo", "Zm8=", "Zm8"},
	    {"foo", "Zm9v", "Zm9v"},
	    {"foob", "Zm9vYg==", "Zm9vYg"},
	    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
	    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	    {"\xfb\xff", "+/8=", "-_8"},
	};
	size_t i, len;
	void *back;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		len = strlen(cases[i].bytes);
		assert_string_equal(str_base64(mem, cases[i].bytes, len), cases[i].standard);
		assert_string_equal(str_base64url(mem, cases[i].bytes, len), cases[i].url);
		back = str_unbase64(mem, cases[i].standard, strlen(cases[i].standard), &len);
		assert_non_null(back);
		assert_int_equal(len, strlen(cases[i].bytes));
		assert_memory_equal(back, cases[i].bytes, len);
		back = str_unbase64url(mem, cases[i].url, strlen(cases[i].url), &len);
		assert_non_null(back);
		assert_int_equal(len, strlen(cases[i].bytes));
		assert_memory_equal(back, cases[i].bytes, len);
	}
}

static void
base64_is_strict(void **state)
{
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9",
	    "Zm9v\n", "====", "=", "Z===", "-_8=", "Zg==Zg=="};
	static const char *const bad_url[] = {"Z", "Zh", "Zm9", "Zg==", "+/8", "Zm9vY"};
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_null(str_unbase64(mem, bad[i], strlen(bad[i]), &len));
	for (i = 0; i < COUNT(bad_url); i++)
		assert_null(str_unbase64url(mem, bad_url[i], strlen(bad_url[i]), &len));
}

static char *
decoded(const char *s, bool query)
{
	return str_url_decode(mem, s, strlen(s), query);
}

static void
percent_encoding(void **state)
{
	static const char *const bad[] = {"%", "%2", "%zz", "%2g", "%00", "%ff", "a%e2%82", "\xff"};
	size_t i;

	(void)state;
	assert_string_equal(decoded("", false), "");
	assert_string_equal(decoded("a%20b+c%2Fd", false), "a b+c/d");
	assert_string_equal(decoded("a%20b+c%2fd", true), "a b c/d");
	assert_string_equal(decoded("%E2%82%AC", false), "\xe2\x82\xac");
	assert_null(str_url_decode(mem, "a\0b", 3, false));
	for (i = 0; i < COUNT(bad); i++) {
		assert_null(decoded(bad[i], false));
		assert_null(decoded(bad[i], true));
	}
	assert_string_equal(str_url_encode(mem, "aZ0-._~"), "aZ0-._~");
	assert_string_equal(str_url_encode(mem, "a b/c?\xe2\x82\xac"), "a%20b%2Fc%3F%E2%82%AC");
}

static void
slugs(void **state)
{
	(void)state;
	assert_string_equal(str_slug(mem, "Acme, Inc.", 40), "acme-inc");
	assert_string_equal(str_slug(mem, "  My -- Shop 2 ", 40), "my-shop-2");
	assert_string_equal(str_slug(mem, "\xc3\x89lan", 40), "lan");
	assert_string_equal(str_slug(mem, "!!!", 40), "");
	assert_string_equal(str_slug(mem, "", 40), "");
	assert_string_equal(str_slug(mem, "abc def", 4), "abc");
	assert_string_equal(str_slug(mem, "abc def", 5), "abc-d");
	assert_string_equal(str_slug(mem, "abc", 0), "");
}

static void
lists(void **state)
{
	char **parts;

	(void)state;
	assert_int_equal(str_split(mem, "", ',', &parts), 0);
	assert_int_equal(str_split(mem, " , ,", ',', &parts), 0);
	assert_int_equal(str_split(mem, "one", ',', &parts), 1);
	assert_string_equal(parts[0], "one");
	assert_int_equal(str_split(mem, " a b ,,\tc\n,d", ',', &parts), 3);
	assert_string_equal(parts[0], "a b");
	assert_string_equal(parts[1], "c");
	assert_string_equal(parts[2], "d");
	assert_int_equal(str_split(mem, "x.y", '.', &parts), 2);
	assert_string_equal(parts[1], "y");
}

static void
names(void **state)
{
	(void)state;
	assert_true(str_is_name("a", 1));
	assert_true(str_is_name("order_lines_2", 63));
	assert_false(str_is_name("", 63));
	assert_false(str_is_name("ab", 1));
	assert_false(str_is_name("2nd", 63));
	assert_false(str_is_name("_x", 63));
	assert_false(str_is_name("Name", 63));
	assert_false(str_is_name("a-b", 63));
	assert_false(str_is_name("a b", 63));
	assert_false(str_is_name("caf\xc3\xa9", 63));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(utf8_is_checked),
	    cmocka_unit_test(utf8_is_counted),
	    cmocka_unit_test(integers),
	    cmocka_unit_test(hexadecimal),
	    cmocka_unit_test(base64),
	    cmocka_unit_test(base64_is_strict),
	    cmocka_unit_test(percent_encoding),
	    cmocka_unit_test(slugs),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
