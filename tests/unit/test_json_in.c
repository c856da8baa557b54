/* Reading JSON: what is taken, what is refused and where, spans, numbers, the public suite. */
#include "unit.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "arena.h"
#include "buf.h"
#include "clock.h"
#include "err.h"
#include "json_in.h"

static struct arena *mem;
static struct err err;

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

/* The text stands at the end of a block of its own, so that sanitizers see a step beyond. */
static enum errcode
parse_bytes(const char *text, size_t len, struct json_object **root_r)
{
	char *copy = malloc(len + (len == 0));

	memcpy(copy, text, len);
	arena_defer(mem, free, copy);
	err = (struct err){.code = E_NONE};
	if (json_in_parse(mem, &err, copy, len, root_r) == 0)
		assert_int_equal(err.code, E_NONE);
	else
		assert_int_not_equal(err.code, E_NONE);
	return err.code;
}

static struct json_object *
parsed(const char *text)
{
	struct json_object *root;

	if (parse_bytes(text, strlen(text), &root) != E_NONE)
		fail_msg("%s: %s", text, err.message);
	return root;
}

static const char *
refusal(enum errcode code, const char *text)
{
	struct json_object *root;

	if (parse_bytes(text, strlen(text), &root) != code)
		fail_msg("%s: %s", text, err_name(err.code));
	return err.message;
}

static void
kinds_of_values(void **state)
{
	(void)state;
	assert_null(parsed(" null "));
	assert_string_equal(json_in_type_name(parsed("null")), "null");
	assert_string_equal(json_in_type_name(parsed("{}")), "object");
	assert_string_equal(json_in_type_name(parsed("[]")), "array");
	assert_string_equal(json_in_type_name(parsed("\"\"")), "string");
	assert_string_equal(json_in_type_name(parsed("1")), "number");
	assert_string_equal(json_in_type_name(parsed("1.5")), "number");
	assert_string_equal(json_in_type_name(parsed("true")), "boolean");
	assert_true(json_object_get_boolean(parsed("true")));
	assert_false(json_object_get_boolean(parsed("false")));
	assert_string_equal(json_in_str(parsed("\"a\"")), "a");
	assert_null(json_in_str(parsed("1")));
	assert_null(json_in_str(NULL));
}

static void
members(void **state)
{
	struct json_object *o = parsed("{\"a\":1,\"n\":null,\"\":{\"b\":[2]}}");

	(void)state;
	assert_non_null(json_in_get(o, "a"));
	assert_null(json_in_get(o, "n"));
	assert_null(json_in_get(o, "x"));
	assert_null(json_in_get(json_in_get(o, "a"), "a"));
	assert_null(json_in_get(NULL, "a"));
	assert_true(json_in_has(o, "a"));
	assert_true(json_in_has(o, "n"));
	assert_false(json_in_has(o, "x"));
	assert_false(json_in_has(NULL, "a"));
	assert_non_null(json_in_get(json_in_get(o, ""), "b"));
}

static void
strings(void **state)
{
	(void)state;
	assert_string_equal(
	    json_in_str(parsed("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")), "\"\\/\b\f\n\r\t");
	assert_string_equal(json_in_str(parsed("\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"")),
	    "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(json_in_str(parsed("\"\xc3\xa9\x7f and some more\\n\"")),
	    "\xc3\xa9\x7f and some more\n");
	assert_non_null(json_in_get(parsed("{\"\\u0061\\n\":1}"), "a\n"));
}

static void
assert_raw(const struct json_object *node, const char *expected)
{
	size_t len;
	const char *raw = json_in_raw(node, &len);

	assert_int_equal(len, strlen(expected));
	assert_memory_equal(raw, expected, len);
}

static void
spans(void **state)
{
	struct json_object *o, *list;

	(void)state;
	assert_raw(NULL, "null");
	o = parsed(" { \"a\" : [ 1.50 , null, \"x\\u0041\" , {} ] ,\n\"b\":-0, \"c\": "
		   "123456789012345678901234567890, \"d\":1E2 } ");
	assert_raw(o, "{ \"a\" : [ 1.50 , null, \"x\\u0041\" , {} ] ,\n\"b\":-0, \"c\": "
		      "123456789012345678901234567890, \"d\":1E2 }");
	list = json_in_get(o, "a");
	assert_raw(list, "[ 1.50 , null, \"x\\u0041\" , {} ]");
	assert_raw(json_object_array_get_idx(list, 0), "1.50");
	assert_raw(json_object_array_get_idx(list, 1), "null");
	assert_raw(json_object_array_get_idx(list, 2), "\"x\\u0041\"");
	assert_raw(json_object_array_get_idx(list, 3), "{}");
	assert_raw(json_in_get(o, "b"), "-0");
	assert_raw(json_in_get(o, "c"), "123456789012345678901234567890");
	assert_raw(json_in_get(o, "d"), "1E2");
}

static void
integers(void **state)
{
	static const struct {
		const char *text;
		int64_t n;
	} good[] = {{"0", 0}, {"-0", 0}, {"1", 1}, {"1.0", 1}, {"1e3", 1000}, {"1.5e1", 15},
	    {"100e-2", 1}, {"-20.00", -20}, {"0e999999999999", 0}, {"0.0e-5", 0},
	    {"12.340E+2", 1234}, {"9223372036854775807", INT64_MAX},
	    {"9223372036854775807.0", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
	    {"922337203685477580.7e1", INT64_MAX}, {"9223372036854775807000e-3", INT64_MAX},
	    {"1e18", INT64_C(1000000000000000000)}};
	static const char *const bad[] = {"1.5", "1e-1", "0.1", "9223372036854775808",
	    "-9223372036854775809", "1e19", "1e999999999999", "1e-999999999999",
	    "18446744073709551616", "123456789012345678901234567890", "\"1\"", "true", "null",
	    "[]"};
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_true(json_in_int(parsed(good[i].text), &n));
		assert_true(n == good[i].n);
	}
	for (i = 0; i < COUNT(bad); i++)
		assert_false(json_in_int(parsed(bad[i]), &n));
}

static void
doubles(void **state)
{
	static const struct {
		const char *text;
		double d;
		bool exact;
	} good[] = {{"0", 0, true}, {"1", 1, true}, {"-1.5", -1.5, true}, {"1e3", 1000, true},
	    {"0.1", 0.1, true}, {"9007199254740992", 9007199254740992.0, true},
	    {"9007199254740993", 9007199254740992.0, false},
	    {"9223372036854775807", 9223372036854775808.0, false},
	    {"18446744073709551616", 18446744073709551616.0, true},
	    {"-36893488147419103232", -36893488147419103232.0, true},
	    {"36893488147419103233", 36893488147419103232.0, false}, {"1e-400", 0, true}};
	static const char *const bad[] = {"1e400", "-1e400", "\"1\"", "null", "true", "{}"};
	char digits[400];
	double d;
	bool exact;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		assert_true(json_in_double(parsed(good[i].text), &d, &exact));
		assert_true(d == good[i].d);
		assert_int_equal(exact, good[i].exact);
		assert_true(json_in_double(parsed(good[i].text), &d, NULL));
	}
	assert_true(json_in_double(parsed("-0"), &d, &exact));
	assert_true(d == 0 && signbit(d) && exact);
	for (i = 0; i < COUNT(bad); i++)
		assert_false(json_in_double(parsed(bad[i]), &d, &exact));
	memset(digits, '9', sizeof(digits));
	digits[308] = '\0';
	assert_true(json_in_double(parsed(digits), &d, &exact));
	assert_false(exact);
	digits[308] = '9';
	digits[309] = '\0';
	assert_false(json_in_double(parsed(digits), &d, &exact));
	digits[309] = '9';
	digits[sizeof(digits) - 1] = '\0';
	assert_false(json_in_double(parsed(digits), &d, &exact));
}

static void
refusals_say_where(void **state)
{
	(void)state;
	assert_string_equal(
	    refusal(E_PARSE, ""), "not valid JSON at line 1, column 1: the text ends too early");
	assert_string_equal(refusal(E_PARSE, "{\"a\":\n  1.}"),
	    "not valid JSON at line 2, column 5: a digit is expected");
	assert_string_equal(refusal(E_PARSE, "[\"\xc3\xa9\xe2\x82\xac\", x]"),
	    "not valid JSON at line 1, column 8: a value is expected");
	assert_string_equal(refusal(E_PARSE, "[1 2]"),
	    "not valid JSON at line 1, column 4: ',' or ']' is expected");
	assert_string_equal(refusal(E_PARSE, "{\"a\":1 \"b\":2}"),
	    "not valid JSON at line 1, column 8: ',' or '}' is expected");
	assert_string_equal(
	    refusal(E_PARSE, "{\"a\" 1}"), "not valid JSON at line 1, column 6: ':' is expected");
	assert_string_equal(refusal(E_PARSE, "{a:1}"),
	    "not valid JSON at line 1, column 2: a key in double quotes is expected");
	assert_string_equal(refusal(E_PARSE, "{\"a\":1,}"),
	    "not valid JSON at line 1, column 8: a key in double quotes is expected");
	assert_string_equal(refusal(E_PARSE, "[01]"),
	    "not valid JSON at line 1, column 2: a number does not begin with 0");
	assert_string_equal(refusal(E_PARSE, "\"a\tb\""),
	    "not valid JSON at line 1, column 3: a control character in a string must be escaped");
	assert_string_equal(
	    refusal(E_PARSE, "\"\\x\""), "not valid JSON at line 1, column 2: unknown escape");
	assert_string_equal(refusal(E_PARSE, "\"\\u12g4\""),
	    "not valid JSON at line 1, column 6: \\u wants four hexadecimal digits");
	assert_string_equal(refusal(E_PARSE, "\"\\ud800\""),
	    "not valid JSON at line 1, column 2: half of a surrogate pair stands alone");
	assert_string_equal(refusal(E_PARSE, "\"\\udc00\\ud800\""),
	    "not valid JSON at line 1, column 2: half of a surrogate pair stands alone");
	assert_string_equal(refusal(E_PARSE, "\"\\ud800\\u0041\""),
	    "not valid JSON at line 1, column 2: half of a surrogate pair stands alone");
	assert_string_equal(
	    refusal(E_PARSE, "\"\xff\""), "not valid JSON at line 1, column 2: invalid UTF-8");
	assert_string_equal(refusal(E_PARSE, "\xef\xbb\xbf{}"),
	    "not valid JSON at line 1, column 1: a byte order mark is not allowed");
	assert_string_equal(refusal(E_PARSE, "{} {}"),
	    "not valid JSON at line 1, column 4: nothing may follow the value");
	assert_string_equal(
	    refusal(E_PARSE, "NaN"), "not valid JSON at line 1, column 1: a value is expected");
}

static void
every_prefix_is_refused(void **state)
{
	const char *text =
	    "{\"a\":[1.5e+3,true,false,null,\"\\u00e9\\ud83d\\ude00\xe2\x82\xac\\n\"],\"b\":{}}";
	struct json_object *root;
	size_t len;

	(void)state;
	for (len = 0; len < strlen(text); len++)
		assert_int_equal(parse_bytes(text, len, &root), E_PARSE);
	assert_int_equal(parse_bytes(text, len, &root), E_NONE);
	assert_int_equal(parse_bytes("1\0", 2, &root), E_PARSE);
	assert_int_equal(parse_bytes("\"a\0\"", 4, &root), E_PARSE);
}

static void
keys_occur_once(void **state)
{
	(void)state;
	assert_string_equal(refusal(E_BAD_REQUEST, "{\"a\":1,\"b\":2,\n\"a\":3}"),
	    "the key \"a\" at line 2, column 1 occurs twice in its object");
	assert_string_equal(refusal(E_BAD_REQUEST, "[{\"x\":{\"a\":1,\"\\u0061\":2}}]"),
	    "the key \"\\u0061\" at line 1, column 14 occurs twice in its object");
	assert_string_equal(refusal(E_BAD_REQUEST, "{\"a\":1,\"a\":2,\"b\":1,\"b\":2}"),
	    "the key \"a\" at line 1, column 8 occurs twice in its object");
	assert_string_equal(refusal(E_BAD_REQUEST, "{\"\":1,\"\":2}"),
	    "the key \"\" at line 1, column 7 occurs twice in its object");
	refusal(E_PARSE, "{\"a\":1,\"a\":2");
	parsed("[{\"a\":1},{\"a\":{\"a\":2}},{\"A\":1,\"a\":2}]");
}

static void
nul_is_refused(void **state)
{
	(void)state;
	assert_string_equal(refusal(E_BAD_REQUEST, "{\"x\":\"\\u0000\",\"a\\u0000b\":1}"),
	    "the character \\u0000 at line 1, column 17 cannot stand in a key; leave it out");
	assert_null(json_in_str(parsed("\"ab\\u0000c\"")));
	assert_string_equal(
	    json_in_type_name(parsed("\"ab\\u0000c\"")), "string with the character \\u0000");
	refusal(E_PARSE, "[\"\\u0000\"");
	assert_string_equal(json_in_str(parsed("\"\\\\u0000\"")), "\\u0000");
}

static char *
nested(size_t depth, const char *open, const char *inner, const char *close)
{
	struct buf b = {.mem = mem};
	size_t i;

	for (i = 0; i < depth; i++)
		buf_puts(&b, open);
	buf_puts(&b, inner);
	for (i = 0; i < depth; i++)
		buf_puts(&b, close);
	return b.data;
}

static void
depth(void **state)
{
	(void)state;
	parsed(nested(64, "[", "1", "]"));
	parsed(nested(64, "{\"a\":", "1", "}"));
	assert_string_equal(refusal(E_PARSE, nested(65, "[", "1", "]")),
	    "not valid JSON at line 1, column 65: nested too deeply, 64 levels are allowed");
	refusal(E_PARSE, nested(65, "{\"a\":", "1", "}"));
	refusal(E_PARSE, nested(100000, "[", "", ""));
	parsed(nested(1, "[", nested(100, "[{},{\"a\":[]}],", "[]", ""), "]"));
}

/* "{}," is 3 bytes of text and 800 of memory: what a text may become is bounded, too. */
static void
weight(void **state)
{
	static const char too_heavy[] = "the JSON has too many values; send it in smaller parts";

	(void)state;
	parsed(nested(1, "[", nested(111109, "{},", "{}", ""), "]"));
	assert_string_equal(
	    refusal(E_PAYLOAD_TOO_LARGE, nested(1, "[", nested(111110, "{},", "{}", ""), "]")),
	    too_heavy);
	parsed(nested(1, "[", nested(333331, "[],", "[]", ""), "]"));
	refusal(E_PAYLOAD_TOO_LARGE, nested(1, "[", nested(333332, "[],", "[]", ""), "]"));
	parsed(nested(1, "[", nested(999996, "1,", "1", ""), "]"));
	refusal(E_PAYLOAD_TOO_LARGE, nested(1, "[", nested(999997, "1,", "1", ""), "]"));
	parsed(nested(1, "[", nested(90908, "{\"a\":1},", "1", ""), "]"));
	refusal(E_PAYLOAD_TOO_LARGE, nested(1, "[", nested(90909, "{\"a\":1},", "1", ""), "]"));
	/* what is broken behind the bound is not looked at */
	refusal(E_PAYLOAD_TOO_LARGE, nested(1, "[", nested(111110, "{},", "{", ""), "]"));
}

/* json-c's own parser is the witness for texts that both take. */
static void
json_c_agrees(void **state)
{
	static const char *const texts[] = {
	    "{\"a\":[1,-1,9223372036854775807,9223372036854775808,"
	    "18446744073709551615,99999999999999999999,-99999999999999999999,0.1,1e5,-2.5E-3],"
	    "\"s\":\"\\u00e9\\ud83d\\ude00\\\\\\\"\",\"t\":true,\"f\":false,\"n\":null,\"o\":{"
	    "\"x\":{}}}",
	    "[]", "{}", "\"x\"", "[[[]],[{}]]", "[0.25,1.7976931348623157e308,5e-324]"};
	struct json_object *witness;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		witness = json_tokener_parse(texts[i]);
		assert_true(json_object_equal(parsed(texts[i]), witness));
		json_object_put(witness);
	}
}

/* Hundred times the members must not cost thousands of times the time. */
static void
wide_objects_stay_cheap(void **state)
{
	struct buf b = {.mem = mem};
	struct json_object *root;
	int64_t start, micros;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		buf_printf(&b, "%s\"key %d\":%d", i == 0 ? "{" : ",", i, i);
	buf_puts(&b, "}");
	start = clock_monotonic();
	assert_int_equal(parse_bytes(b.data, b.len, &root), E_NONE);
	micros = clock_monotonic() - start;
	assert_int_equal(json_object_object_length(root), 100000);
	assert_true(micros < 5000000);
	b.data[b.len - 1] = ',';
	buf_puts(&b, "\"\\u006bey 50000\":0}");
	assert_int_equal(parse_bytes(b.data, b.len, &root), E_BAD_REQUEST);
	assert_non_null(strstr(err.message, "\"\\u006bey 50000\""));
}

/* Is this one of those that are JSON, but refused all the same? */
static bool
refused_by_policy(const char *name)
{
	static const char *const names[] = {"y_object_duplicated_key.json",
	    "y_object_duplicated_key_and_value.json", "y_object_escaped_null_in_key.json"};
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void
check_suite_file(const char *directory, const char *name)
{
	static char text[1024 * 1024];
	char path[4096];
	struct json_object *root;
	enum errcode code;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	code = parse_bytes(text, len, &root);
	if (*name == 'n' && code != E_PARSE)
		fail_msg("%s was taken", name);
	if (*name == 'y' && code != (refused_by_policy(name) ? E_BAD_REQUEST : E_NONE))
		fail_msg("%s: %s: %s", name, err_name(code), err.message);
	arena_reset(mem);
}

static DIR *
open_suite(char *directory, size_t size)
{
	const char *suites = getenv("COFFER_TESTSUITES"), *source = getenv("srcdir");

	if (suites != NULL)
		snprintf(directory, size, "%s/json-parsing/test_parsing", suites);
	else
		snprintf(directory, size, "%s/../shared/testsuites/json-parsing/test_parsing",
		    source != NULL ? source : ".");
	return opendir(directory);
}

static void
the_public_suite(void **state)
{
	char directory[2048];
	DIR *dir = open_suite(directory, sizeof(directory));
	struct dirent *entry;
	int counts[256] = {0};

	(void)state;
	if (dir == NULL) {
		print_message("missing: %s; set COFFER_TESTSUITES\n", directory);
		skip();
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strlen(entry->d_name) < 6 || entry->d_name[1] != '_')
			continue;
		counts[(unsigned char)entry->d_name[0]]++;
		check_suite_file(directory, entry->d_name);
	}
	closedir(dir);
	assert_true(counts['y'] >= 90 && counts['n'] >= 180 && counts['i'] >= 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds_of_values),
	    cmocka_unit_test(members),
	    cmocka_unit_test(strings),
	    cmocka_unit_test(spans),
	    cmocka_unit_test(integers),
	    cmocka_unit_test(doubles),
	    cmocka_unit_test(refusals_say_where),
	    cmocka_unit_test(every_prefix_is_refused),
	    cmocka_unit_test(keys_occur_once),
	    cmocka_unit_test(nul_is_refused),
	    cmocka_unit_test(depth),
	    cmocka_unit_test(weight),
	    cmocka_unit_test(json_c_agrees),
	    cmocka_unit_test(wide_objects_stay_cheap),
	    cmocka_unit_test(the_public_suite),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
