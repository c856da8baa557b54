/* What a field lets in: types (items_value), validation rules (field_rule) and choices
 * (field_check). */
#include "unit.h"

#include "arena.h"
#include "field_check.h"
#include "items_value.h"
#include "json_in.h"
#include "rq.h"

static struct rq rq;

static int
start(void **state)
{
	(void)state;
	rq_init(&rq, arena_new());
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	arena_free(&rq.mem);
	return 0;
}

/* Single quotes stand for double ones. */
static struct json_object *
json(const char *text)
{
	char *s = arena_strdup(rq.mem, text), *p;
	struct json_object *root;

	for (p = s; *p != '\0'; p++) {
		if (*p == '\'')
			*p = '"';
	}
	assert_int_equal(json_in_parse(rq.mem, &rq.err, s, strlen(s), &root), 0);
	return root;
}

static struct field
field_of(enum field_type type)
{
	return (struct field){.name = "x", .no = 1, .type = type, .kind = field_types[type].kind};
}

/* The message of the failure on record, which is taken off it; "" if there is none. */
static const char *
refusal(int status)
{
	const char *message = rq.err.message;

	assert_int_equal(status, rq.err.code == E_NONE ? 0 : -1);
	if (rq.err.code == E_NONE)
		return "";
	assert_int_equal(rq.err.code, E_VALIDATION);
	rq.err = (struct err){0};
	return message;
}

static struct bind
value_ok(struct field f, const char *text)
{
	struct bind bind;

	assert_string_equal(refusal(items_value(&rq, &f, json(text), &bind)), "");
	return bind;
}

#define assert_value(type, text, message)                                                          \
	do {                                                                                       \
		struct field f_ = field_of(type);                                                  \
		struct bind bind_;                                                                 \
		assert_string_equal(                                                               \
		    refusal(items_value(&rq, &f_, json(text), &bind_)), (message));                \
	} while (0)

/* Judge text by a validation object: the message, "" if it passes. */
static const char *
judge(enum field_type type, const char *validation, const char *text)
{
	struct field f = field_of(type);
	struct field_rule rule;

	assert_string_equal(
	    refusal(field_rule_parse(&rq, type, json(validation), "validation", &rule)), "");
	return refusal(field_check(&rq, &f, &rule, json(text)));
}

static const char *
read_rule(enum field_type type, const char *validation)
{
	struct field_rule rule;

	return refusal(
	    field_rule_parse(&rq, type, json(validation), "fields[0].validation", &rule));
}

/* n times a letter of two bytes, in quotes */
static const char *
letters(size_t n)
{
	struct buf b;

	buf_init(&b, rq.mem);
	buf_putc(&b, '"');
	while (n-- > 0)
		buf_puts(&b, "é");
	buf_putc(&b, '"');
	return buf_text(&b);
}

static void
test_text(void **state)
{
	struct field f = field_of(FIELD_TEXT);

	(void)state;
	assert_string_equal(value_ok(f, "'abc'").s, "abc");
	assert_int_equal(value_ok(f, "null").type, BIND_NULL);
	assert_int_equal(value_ok(f, "''").type, BIND_STR);
	assert_value(FIELD_TEXT, "3", "x: must be a string, not number");
	assert_value(FIELD_TEXT, letters(255), "");
	assert_value(FIELD_TEXT, letters(256), "x: must be at most 255 characters");
	assert_value(FIELD_LONGTEXT, letters(70000), "");
	assert_value(FIELD_FILE, letters(192), "x: must be at most 191 characters");
	f.indexed = true;
	value_ok(f, letters(191));
	f.indexed = false;
	f.unique = true;
	assert_string_equal(refusal(items_value(&rq, &f, json(letters(192)), &(struct bind){0})),
	    "x: must be at most 191 characters");
}

static void
test_numbers(void **state)
{
	struct field i = field_of(FIELD_INTEGER), d = field_of(FIELD_NUMBER);

	(void)state;
	assert_int_equal(value_ok(i, "-9223372036854775808").i, INT64_MIN);
	assert_int_equal(value_ok(i, "9223372036854775807").i, INT64_MAX);
	assert_int_equal(value_ok(i, "1.0").i, 1);
	assert_int_equal(value_ok(i, "1e3").i, 1000);
	assert_value(FIELD_INTEGER, "1.5", "x: must be an integer");
	assert_value(FIELD_INTEGER, "9223372036854775808",
	    "x: must be between -9223372036854775808 and 9223372036854775807");
	assert_value(FIELD_INTEGER, "1e300",
	    "x: must be between -9223372036854775808 and 9223372036854775807");
	assert_value(FIELD_INTEGER, "'1'", "x: must be an integer, not string");
	assert_value(FIELD_INTEGER, "true", "x: must be an integer, not boolean");
	assert_true(value_ok(d, "1").d == 1.0);
	assert_int_equal(value_ok(d, "1").type, BIND_DOUBLE);
	assert_true(value_ok(d, "-2.5e3").d == -2500.0);
	assert_value(FIELD_NUMBER, "1e999", "x: is too large for a number");
	assert_value(FIELD_NUMBER, "[1]", "x: must be a number, not array");
	/* 2^53 + 1 is the first integer a double cannot hold. */
	assert_value(FIELD_NUMBER, "9007199254740992", "");
	assert_value(FIELD_NUMBER, "9007199254740993",
	    "x: a number of this type keeps 15 digits and would change this one; send it rounded, "
	    "or "
	    "keep it in a field of type integer or text");
}

static void
test_other_types(void **state)
{
	struct field f = field_of(FIELD_BOOLEAN);

	(void)state;
	assert_int_equal(value_ok(f, "true").i, 1);
	assert_int_equal(value_ok(f, "false").i, 0);
	assert_value(FIELD_BOOLEAN, "1", "x: must be true or false, not number");
	assert_value(FIELD_BOOLEAN, "'true'", "x: must be true or false, not string");
	f = field_of(FIELD_TIMESTAMP);
	assert_int_equal(value_ok(f, "'1970-01-01T00:00:01Z'").i, 1000000);
	assert_int_equal(value_ok(f, "'1970-01-01T01:00:00+01:00'").i, 0);
	assert_int_equal(value_ok(f, "'1970-01-02'").i, 86400000000);
	assert_value(FIELD_TIMESTAMP, "'2026-02-30'",
	    "x: must be an ISO 8601 time such as \"2026-01-31T12:00:00Z\"");
	assert_value(FIELD_TIMESTAMP, "0",
	    "x: must be an ISO 8601 string such as \"2026-01-31T12:00:00Z\", not number");
	f = field_of(FIELD_UUID);
	assert_string_equal(value_ok(f, "'0190A6E2-7C1B-7D3E-8F00-1234567890AB'").s,
	    "0190a6e2-7c1b-7d3e-8f00-1234567890ab");
	assert_value(FIELD_UUID, "'0190a6e27c1b7d3e8f001234567890ab'",
	    "x: must be a UUID such as \"01890a5d-ac96-774b-bcce-b302099a8057\"");
}

static void
test_json_types(void **state)
{
	struct field f = field_of(FIELD_JSON);
	struct bind bind;

	(void)state;
	bind = value_ok(f, " {'a' : [1, 2.50, 123456789012345678901234567890 ] } ");
	assert_int_equal(bind.len, strlen("{\"a\" : [1, 2.50, 123456789012345678901234567890 ] }"));
	assert_memory_equal(
	    bind.s, "{\"a\" : [1, 2.50, 123456789012345678901234567890 ] }", bind.len);
	assert_int_equal(value_ok(f, "'s'").len, 3);
	f = field_of(FIELD_I18N_TEXT);
	value_ok(f, "{'en':'one','pt-BR':'um','zh_Hant_TW':''}");
	assert_value(FIELD_I18N_TEXT, "'one'",
	    "x: must be an object of locale to text, {\"en\":\"...\"}, not string");
	assert_value(FIELD_I18N_TEXT, "{'en':1}", "x: \"en\" must be a string, not number");
	assert_value(
	    FIELD_I18N_TEXT, "{'e':'x'}", "x: \"e\" is not a locale such as \"en\" or \"pt-BR\"");
	assert_value(FIELD_I18N_TEXT, "{'en-':'x'}",
	    "x: \"en-\" is not a locale such as \"en\" or \"pt-BR\"");
}

static void
test_relations(void **state)
{
	struct field pk = field_of(FIELD_INTEGER);
	struct collection numbered = {.pk = &pk};
	struct field f = field_of(FIELD_RELATION_MANY);

	(void)state;
	assert_string_equal(value_ok(f, "['0190A6E2-7C1B-7D3E-8F00-1234567890AB']").s,
	    "[\"0190a6e2-7c1b-7d3e-8f00-1234567890ab\"]");
	assert_string_equal(value_ok(f, "[]").s, "[]");
	assert_value(FIELD_RELATION_MANY, "'a'", "x: must be an array of ids, not string");
	assert_value(FIELD_RELATION_MANY, "['a']",
	    "x: must be a UUID such as \"01890a5d-ac96-774b-bcce-b302099a8057\"");
	assert_value(FIELD_RELATION_MANY,
	    "['0190a6e2-7c1b-7d3e-8f00-1234567890ab','0190A6E2-7C1B-7D3E-8F00-1234567890AB']",
	    "x: id 0190a6e2-7c1b-7d3e-8f00-1234567890ab is listed twice");
	f.to = &numbered;
	assert_string_equal(value_ok(f, "[7, '8']").s, "[\"7\",\"8\"]");
	f.type = FIELD_RELATION;
	assert_int_equal(value_ok(f, "7").i, 7);
	pk.kind = VALUE_TEXT;
	assert_string_equal(value_ok(f, "'DE'").s, "DE");
}

static void
test_length(void **state)
{
	(void)state;
	assert_string_equal(judge(FIELD_TEXT, "{'minLength':3}", letters(3)), "");
	assert_string_equal(
	    judge(FIELD_TEXT, "{'minLength':3}", letters(2)), "x: must be at least 3 characters");
	assert_string_equal(judge(FIELD_TEXT, "{'maxLength':2}", letters(2)), "");
	assert_string_equal(
	    judge(FIELD_TEXT, "{'maxLength':2}", letters(3)), "x: must be at most 2 characters");
	/* empty values skip checks */
	assert_string_equal(judge(FIELD_TEXT, "{'minLength':3}", "''"), "");
	assert_string_equal(judge(FIELD_TEXT, "{'minLength':3}", "null"), "");
	/* of each translation */
	assert_string_equal(judge(FIELD_I18N_TEXT, "{'maxLength':2}", "{'en':'ab','de':'abc'}"),
	    "x: must be at most 2 characters");
}

static void
test_range(void **state)
{
	(void)state;
	assert_string_equal(judge(FIELD_INTEGER, "{'min':1,'max':10}", "1"), "");
	assert_string_equal(judge(FIELD_INTEGER, "{'min':1,'max':10}", "10"), "");
	assert_string_equal(
	    judge(FIELD_INTEGER, "{'min':1,'max':10}", "0"), "x: must be at least 1");
	assert_string_equal(
	    judge(FIELD_INTEGER, "{'min':1,'max':10}", "11"), "x: must be at most 10");
	/* not as doubles, which would be equal */
	assert_string_equal(judge(FIELD_INTEGER, "{'max':9007199254740992}", "9007199254740993"),
	    "x: must be at most 9007199254740992");
	assert_string_equal(judge(FIELD_NUMBER, "{'min':0.5}", "0.25"), "x: must be at least 0.5");
	assert_string_equal(judge(FIELD_NUMBER, "{'integer':true}", "2.0"), "");
	assert_string_equal(
	    judge(FIELD_NUMBER, "{'integer':true}", "2.5"), "x: must be an integer");
	assert_string_equal(
	    judge(FIELD_TIMESTAMP, "{'minDate':'2026-01-01','maxDate':'2026-12-31T23:59:59Z'}",
		"'2026-06-01T00:00:00Z'"),
	    "");
	assert_string_equal(
	    judge(FIELD_TIMESTAMP, "{'minDate':'2026-01-01'}", "'2025-12-31T23:59:59.999Z'"),
	    "x: must not be before 2026-01-01T00:00:00.000Z");
	assert_string_equal(
	    judge(FIELD_TIMESTAMP, "{'maxDate':'2026-01-01'}", "'2026-01-01T00:00:01Z'"),
	    "x: must not be after 2026-01-01T00:00:00.000Z");
	assert_string_equal(
	    judge(FIELD_JSON, "{'minSelect':2}", "['a']"), "x: must have at least 2 entries");
	assert_string_equal(
	    judge(FIELD_JSON, "{'maxSelect':1}", "['a','b']"), "x: must have at most 1 entries");
	assert_string_equal(judge(FIELD_JSON, "{'maxSelect':1}", "{'a':1,'b':2}"), "");
}

static void
test_format(void **state)
{
	static const char *const emails[] = {"'a@example.org'", "'first.last+tag@sub.example.co'"};
	static const char *const no_emails[] = {"'a'", "'@example.org'", "'a@'", "'a@b'",
	    "'a b@c.de'", "'a@b..de'", "'a@@b.de'", "'a@b.de '", "'a@.de'"};
	static const char *const urls[] = {"'https://example.org'",
	    "'http://localhost:8080/a?b=c#d'", "'HTTPS://example.org/%20'"};
	static const char *const no_urls[] = {"'example.org'", "'ftp://example.org'", "'https://'",
	    "'javascript:alert(1)'", "'https:///path'", "'https://a b'", "'https://?x'"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(emails); i++)
		assert_string_equal(judge(FIELD_TEXT, "{'format':'email'}", emails[i]), "");
	for (i = 0; i < COUNT(no_emails); i++)
		assert_string_equal(judge(FIELD_TEXT, "{'format':'email'}", no_emails[i]),
		    "x: must be an email address");
	for (i = 0; i < COUNT(urls); i++)
		assert_string_equal(judge(FIELD_TEXT, "{'format':'url'}", urls[i]), "");
	for (i = 0; i < COUNT(no_urls); i++)
		assert_string_equal(judge(FIELD_TEXT, "{'format':'url'}", no_urls[i]),
		    "x: must be a URL that begins with http:// or https://");
}

static void
test_regex(void **state)
{
	(void)state;
	assert_string_equal(judge(FIELD_TEXT, "{'regex':'^[A-Z]{3}$'}", "'ABC'"), "");
	assert_string_equal(judge(FIELD_TEXT, "{'regex':'^[A-Z]{3}$'}", "'ABCD'"),
	    "x: must match the pattern ^[A-Z]{3}$");
	/* the end is the end, not before a last newline */
	assert_string_equal(
	    judge(FIELD_TEXT, "{'regex':'^a$'}", "'a\\n'"), "x: must match the pattern ^a$");
	/* unanchored, and in code points */
	assert_string_equal(judge(FIELD_TEXT, "{'regex':'b'}", "'abc'"), "");
	assert_string_equal(judge(FIELD_TEXT, "{'regex':'^.$'}", "'é'"), "");
	/* a pattern that explodes is stopped */
	assert_string_equal(judge(FIELD_TEXT, "{'regex':'^(a+)+$'}",
				"'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'"),
	    "x: takes too long to compare with the pattern ^(a+)+$");
	/* and a harmless one over a long text is not */
	assert_string_equal(judge(FIELD_LONGTEXT, "{'regex':'^é*$'}", letters(50000)), "");
}

static void
test_message_and_severity(void **state)
{
	(void)state;
	assert_string_equal(judge(FIELD_INTEGER, "{'min':18,'message':'only for adults'}", "17"),
	    "x: only for adults");
	assert_string_equal(judge(FIELD_INTEGER, "{'min':18,'severity':'warning'}", "17"), "");
	assert_string_equal(judge(FIELD_INTEGER, "{'min':18,'severity':'info'}", "17"), "");
	assert_string_equal(
	    judge(FIELD_INTEGER, "{'min':18,'severity':'error'}", "17"), "x: must be at least 18");
}

static void
test_bad_rules(void **state)
{
	(void)state;
	assert_string_equal(read_rule(FIELD_TEXT, "{'minLenght':1}"),
	    "fields[0].validation.minLenght: unknown key; a validation has regex, min, max, "
	    "minLength, "
	    "maxLength, format, integer, minDate, maxDate, minSelect, maxSelect, rule, message, "
	    "severity");
	assert_string_equal(read_rule(FIELD_INTEGER, "{'minLength':1}"),
	    "fields[0].validation.minLength: checks nothing on a field of type integer");
	assert_string_equal(read_rule(FIELD_TEXT, "{'minLength':-1}"),
	    "fields[0].validation.minLength: must be an integer from 0");
	assert_string_equal(
	    read_rule(FIELD_INTEGER, "{'min':'1'}"), "fields[0].validation.min: must be a number");
	assert_string_equal(read_rule(FIELD_TEXT, "{'format':'phone'}"),
	    "fields[0].validation.format: must be \"email\" or \"url\"");
	assert_string_equal(read_rule(FIELD_TIMESTAMP, "{'minDate':'soon'}"),
	    "fields[0].validation.minDate: must be an ISO 8601 time such as "
	    "\"2026-01-31T12:00:00Z\"");
	assert_string_equal(read_rule(FIELD_TEXT, "{'severity':'fatal'}"),
	    "fields[0].validation.severity: must be \"error\", \"warning\" or \"info\"");
	assert_string_equal(read_rule(FIELD_TEXT, "{'rule':true}"),
	    "fields[0].validation.rule: must be a condition such as "
	    "{\"ends_at\":{\"_gt\":{\"$field\":\"starts_at\"}}}");
	assert_string_equal(
	    read_rule(FIELD_TEXT, "[]"), "fields[0].validation: must be an object, not array");
	assert_non_null(strstr(read_rule(FIELD_TEXT, "{'regex':'a(b'}"),
	    "fields[0].validation.regex: not a pattern: "));
	/* \C would tear characters apart */
	assert_non_null(strstr(read_rule(FIELD_TEXT, "{'regex':'a\\\\C'}"),
	    "fields[0].validation.regex: not a pattern: "));
}

static void
test_choices(void **state)
{
	static const struct field_choice words[] = {{"draft", NULL}, {"open", "Open"}},
					 numbers[] = {{"1", NULL}, {"2", NULL}};
	struct field f = field_of(FIELD_TEXT);
	struct field_rule rule = {0};

	(void)state;
	f.choices = words;
	f.nchoices = COUNT(words);
	assert_string_equal(refusal(field_check(&rq, &f, &rule, json("'open'"))), "");
	assert_string_equal(refusal(field_check(&rq, &f, &rule, json("'Open'"))),
	    "x: must be one of \"draft\", \"open\"");
	assert_string_equal(refusal(field_check(&rq, &f, &rule, NULL)), "");
	f.type = FIELD_JSON;
	assert_string_equal(refusal(field_check(&rq, &f, &rule, json("['open','draft']"))), "");
	assert_string_equal(refusal(field_check(&rq, &f, &rule, json("['open','shut']"))),
	    "x: must be one of \"draft\", \"open\"");
	f = field_of(FIELD_INTEGER);
	f.choices = numbers;
	f.nchoices = COUNT(numbers);
	assert_string_equal(refusal(field_check(&rq, &f, &rule, json("2"))), "");
	assert_string_equal(
	    refusal(field_check(&rq, &f, &rule, json("3"))), "x: must be one of \"1\", \"2\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_text, start, stop),
	    cmocka_unit_test_setup_teardown(test_numbers, start, stop),
	    cmocka_unit_test_setup_teardown(test_other_types, start, stop),
	    cmocka_unit_test_setup_teardown(test_json_types, start, stop),
	    cmocka_unit_test_setup_teardown(test_relations, start, stop),
	    cmocka_unit_test_setup_teardown(test_length, start, stop),
	    cmocka_unit_test_setup_teardown(test_range, start, stop),
	    cmocka_unit_test_setup_teardown(test_format, start, stop),
	    cmocka_unit_test_setup_teardown(test_regex, start, stop),
	    cmocka_unit_test_setup_teardown(test_message_and_severity, start, stop),
	    cmocka_unit_test_setup_teardown(test_bad_rules, start, stop),
	    cmocka_unit_test_setup_teardown(test_choices, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
