/* Input tables: what is taken, what is refused and in which words, the schema, the copy for the
 * log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* rq.h has its own */

#include "arena.h"
#include "json_in.h"
#include "out.h"
#include "param.h"
#include "rq.h"

struct input {
	const char *slug;
	bool tenant_given, note_given;
	const char *role_id, *note, *since, *email, *env;
	int64_t limit, offset;
	struct opt_int count;
	double ratio;
	bool meta;
	struct opt_bool strict;
	struct json_object *filter, *fields, *any;
	struct str_list tools, names;
	const char *tenant;
};

static const char *const envs[] = {"development", "production", NULL};

static const struct param params[] = {
    PARAM(struct input, slug, "slug", REQUIRED, .min = 1, .max = 8, .doc = "Name of it."),
    PARAM(struct input, role_id, "roleId", 0, .format = "uuid"),
    PARAM(struct input, note, "note", PARAM_NULLABLE,
	.given_offset = offsetof(struct input, note_given)),
    PARAM(struct input, since, "since", 0, .format = "date-time"),
    PARAM(struct input, email, "email", 0, .format = "email"),
    PARAM(struct input, env, "env", 0, .options = envs),
    PARAM(struct input, limit, "limit", PARAM_CLAMP, .min = 1, .max = 200),
    PARAM(struct input, offset, "offset", 0, .min = 0, .max = -1),
    PARAM(struct input, count, "count", 0, .min = 1, .max = 5),
    PARAM(struct input, ratio, "ratio", 0, .max = 1),
    PARAM(struct input, meta, "meta", 0),
    PARAM(struct input, strict, "strict", 0),
    PARAM(struct input, filter, "filter", 0, .type_name = "object"),
    PARAM(struct input, fields, "fields", 0, .type_name = "array"),
    PARAM(struct input, any, "any", 0, .schema = "{\"const\":1}"),
    PARAM(struct input, tools, "mcpTools", 0, .min = 1, .max = 4),
    PARAM(struct input, names, "names", PARAM_CSV),
    PARAM(struct input, tenant, "tenant", PARAM_SECRET | PARAM_REST_ONLY, .alias = "workspace",
	.given_offset = offsetof(struct input, tenant_given)),
    PARAM_END,
};

struct open_input {
	struct json_object *all;
};

static const struct param open_params[] = {
    PARAM(struct open_input, all, "*", PARAM_ALL),
    PARAM_END,
};

static int
set_up(void **state)
{
	struct arena *mem = arena_new();
	struct rq *rq = NEW(mem, struct rq);

	rq_init(rq, mem);
	*state = rq;
	return 0;
}

static int
tear_down(void **state)
{
	struct rq *rq = *state;
	struct arena *mem = rq->mem;

	arena_free(&mem);
	return 0;
}

static struct json_object *
parse(struct rq *rq, const char *text)
{
	struct json_object *root;

	assert_int_equal(json_in_parse(rq->mem, &rq->err, text, strlen(text), &root), 0);
	return root;
}

static const struct input *
decode(struct rq *rq, const char *text)
{
	void *in;

	rq->err = (struct err){0};
	if (param_decode(rq, params, parse(rq, text), &in) < 0)
		print_error("%s was refused: %s\n", text, rq->err.message);
	assert_int_equal(rq->err.code, E_NONE);
	return in;
}

static void
refused(struct rq *rq, const struct param *table, const char *text, const char *path,
    const char *message)
{
	void *in;

	rq->err = (struct err){0};
	assert_int_equal(param_decode(rq, table, parse(rq, text), &in), -1);
	assert_int_equal(rq->err.code, E_VALIDATION);
	assert_string_equal(rq->err.message, message);
	if (path)
		assert_string_equal(rq->err.path, path);
	else
		assert_null(rq->err.path);
}

static void
test_values(void **state)
{
	const struct input *in = decode(*state,
	    "{\"slug\":\"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\",\"roleId\":\"0190A6E2-7C1B-7D3E-8F00-"
	    "1234567890AB\","
	    "\"limit\":20,\"offset\":3,\"count\":1e0,\"ratio\":0.25,\"meta\":true,\"strict\":false,"
	    "\"filter\":{\"a\":1},\"fields\":[1],\"any\":7,\"mcpTools\":[\"a\",\"bb\"],\"names\":"
	    "\"x, y,,z\","
	    "\"env\":\"production\",\"since\":\"2026-11-22\",\"email\":\"a.b@example.org\"}");

	assert_string_equal(in->slug, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f");
	assert_string_equal(in->role_id, "0190a6e2-7c1b-7d3e-8f00-1234567890ab");
	assert_int_equal(in->limit, 20);
	assert_int_equal(in->offset, 3);
	assert_true(in->count.set && in->count.value == 1);
	assert_true(in->ratio == 0.25);
	assert_true(in->meta);
	assert_true(in->strict.set && !in->strict.value);
	assert_true(json_object_is_type(in->filter, json_type_object));
	assert_int_equal(json_object_array_length(in->fields), 1);
	assert_int_equal(json_object_get_int(in->any), 7);
	assert_int_equal(in->tools.n, 2);
	assert_string_equal(in->tools.items[1], "bb");
	assert_int_equal(in->names.n, 3);
	assert_string_equal(in->names.items[2], "z");
	assert_string_equal(in->env, "production");
	assert_string_equal(in->since, "2026-11-22");
	assert_string_equal(in->email, "a.b@example.org");
}

static void
test_absent_and_null(void **state)
{
	const struct input *in = decode(*state, "{\"slug\":\"a\",\"count\":null,\"env\":null}");

	assert_false(in->count.set || in->strict.set || in->tools.set || in->note_given);
	assert_null(in->env);
	assert_null(in->filter);
	in = decode(*state, "{\"slug\":\"a\",\"note\":null,\"mcpTools\":[]}");
	assert_true(in->note_given);
	assert_null(in->note);
	assert_true(in->tools.set);
	assert_int_equal(in->tools.n, 0);
	refused(*state, params, "{\"slug\":null}", "slug", "missing required argument \"slug\"");
	refused(*state, params, "{}", "slug", "missing required argument \"slug\"");
}

static void
test_alias(void **state)
{
	struct rq *rq = *state;
	const struct input *in;

	rq->face = FACE_REST;
	in = decode(rq, "{\"slug\":\"a\",\"workspace\":\"w\"}");
	assert_string_equal(in->tenant, "w");
	assert_true(in->tenant_given);
	refused(*state, params, "{\"slug\":\"a\",\"workspace\":\"w\",\"tenant\":\"w\"}",
	    "workspace", "arguments \"tenant\" and \"workspace\" are the same; give only one");
}

static void
test_unknown(void **state)
{
	refused(*state, params, "{\"slgu\":\"a\"}", "slgu",
	    "unknown argument \"slgu\"; did you mean \"slug\"?");
	refused(*state, params, "{\"slug\":\"a\",\"role_id\":1}", "role_id",
	    "unknown argument \"role_id\"; did you mean \"roleId\"?");
	refused(*state, params, "{\"slug\":\"a\",\"fitler\":{}}", "fitler",
	    "unknown argument \"fitler\"; did you mean \"filter\"?");
	refused(
	    *state, NULL, "{\"x\":1}", "x", "unknown argument \"x\"; this operation takes none");
	refused(*state, params + 15, "{\"zzzzzzzz\":1}", "zzzzzzzz",
	    "unknown argument \"zzzzzzzz\"; known are \"mcpTools\", \"names\"");
}

static void
test_wrong_types(void **state)
{
	refused(*state, params, "[]", NULL, "the arguments must be an object, not an array");
	refused(*state, params, "{\"slug\":1}", "slug",
	    "argument \"slug\" must be a string, not a number");
	refused(*state, params, "{\"slug\":\"a\",\"limit\":\"5\"}", "limit",
	    "argument \"limit\" must be an integer, not a string");
	refused(*state, params, "{\"slug\":\"a\",\"limit\":1.5}", "limit",
	    "argument \"limit\" must be an integer, not a number");
	refused(*state, params, "{\"slug\":\"a\",\"meta\":1}", "meta",
	    "argument \"meta\" must be true or false, not a number");
	refused(*state, params, "{\"slug\":\"a\",\"filter\":[]}", "filter",
	    "argument \"filter\" must be an object, not an array");
	refused(*state, params, "{\"slug\":\"a\",\"fields\":{}}", "fields",
	    "argument \"fields\" must be an array, not an object");
	refused(*state, params, "{\"slug\":\"a\",\"mcpTools\":\"a,b\"}", "mcpTools",
	    "argument \"mcpTools\" must be an array of strings, not a string");
	refused(*state, params, "{\"slug\":\"a\",\"mcpTools\":[\"a\",null]}", "mcpTools[1]",
	    "argument \"mcpTools[1]\" must be a string, not null");
	refused(*state, params, "{\"slug\":\"a\",\"ratio\":true}", "ratio",
	    "argument \"ratio\" must be a number, not a boolean");
}

static void
test_limits(void **state)
{
	refused(*state, params, "{\"slug\":\"\"}", "slug", "argument \"slug\" must not be empty");
	refused(*state, params, "{\"slug\":\"123456789\"}", "slug",
	    "argument \"slug\" must have at most 8 characters, not 9");
	decode(*state,
	    "{\"slug\":\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
	    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"}");
	refused(*state, params, "{\"slug\":\"a\",\"mcpTools\":[\"abcde\"]}", "mcpTools[0]",
	    "argument \"mcpTools[0]\" must have at most 4 characters, not 5");
	refused(*state, params, "{\"slug\":\"a\",\"count\":6}", "count",
	    "argument \"count\" must be from 1 to 5");
	refused(*state, params, "{\"slug\":\"a\",\"ratio\":1.01}", "ratio",
	    "argument \"ratio\" must be from 0 to 1");
	refused(*state, params, "{\"slug\":\"a\",\"env\":\"prod\"}", "env",
	    "argument \"env\" must be one of \"development\", \"production\", not \"prod\"");
	assert_int_equal(decode(*state, "{\"slug\":\"a\",\"limit\":100000}")->limit, 200);
	assert_int_equal(decode(*state, "{\"slug\":\"a\",\"limit\":-1}")->limit, 1);
	assert_int_equal(decode(*state, "{\"slug\":\"a\",\"limit\":1e30}")->limit, 200);
	assert_int_equal(
	    decode(*state, "{\"slug\":\"a\",\"limit\":-99999999999999999999}")->limit, 1);
	assert_int_equal(decode(*state, "{\"slug\":\"a\",\"offset\":1000000}")->offset, 1000000);
}

static void
test_formats(void **state)
{
	static const char *const good[] = {"a@b", "A.b+c@ex-ample.org", "\xc3\xa4@\xc3\xb6.de"};
	static const char *const bad[] = {
	    "", "a", "a@", "@b", "a@b@c", "a b@c", "a@.b", "a@b.", "a@b..c", "<a@b>", "a@b\n"};

	refused(*state, params, "{\"slug\":\"a\",\"roleId\":\"x\"}", "roleId",
	    "argument \"roleId\" must be a UUID such as 0190a6e2-7c1b-7d3e-8f00-1234567890ab");
	refused(*state, params, "{\"slug\":\"a\",\"since\":\"2026-02-30\"}", "since",
	    "argument \"since\" must be a date and time such as 2026-11-22T10:00:00Z");
	refused(*state, params, "{\"slug\":\"a\",\"email\":\"a@b@c\"}", "email",
	    "argument \"email\" must be an email address");
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(param_is_email(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(param_is_email(bad[i]));
}

static void
test_open(void **state)
{
	struct rq *rq = *state;
	struct open_input *in;

	assert_int_equal(
	    param_decode(rq, open_params, parse(rq, "{\"brandName\":\"x\"}"), (void **)&in), 0);
	assert_string_equal(json_in_str(json_in_get(in->all, "brandName")), "x");
}

static void
test_schema(void **state)
{
	struct rq *rq = *state;

	param_schema(&rq->out, params, false);
	assert_string_equal(buf_text(&rq->out.buf),
	    "{\"type\":\"object\",\"properties\":{"
	    "\"slug\":{\"type\":\"string\",\"description\":\"Name of "
	    "it.\",\"minLength\":1,\"maxLength\":8},"
	    "\"roleId\":{\"type\":\"string\",\"format\":\"uuid\"},"
	    "\"note\":{\"type\":[\"string\",\"null\"]},"
	    "\"since\":{\"type\":\"string\",\"format\":\"date-time\"},"
	    "\"email\":{\"type\":\"string\",\"format\":\"email\"},"
	    "\"env\":{\"type\":\"string\",\"enum\":[\"development\",\"production\"]},"
	    "\"limit\":{\"type\":\"integer\"},"
	    "\"offset\":{\"type\":\"integer\",\"minimum\":0},"
	    "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":5},"
	    "\"ratio\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
	    "\"meta\":{\"type\":\"boolean\"},"
	    "\"strict\":{\"type\":\"boolean\"},"
	    "\"filter\":{\"type\":\"object\"},"
	    "\"fields\":{\"type\":\"array\",\"items\":{}},"
	    "\"any\":{\"const\":1},"
	    "\"mcpTools\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1,"
	    "\"maxLength\":4}},"
	    "\"names\":{\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\"}}},"
	    "\"required\":[\"slug\"],\"additionalProperties\":false}");
	out_init(&rq->out, rq->mem);
	param_schema(&rq->out, NULL, false);
	assert_string_equal(buf_text(&rq->out.buf),
	    "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}");
	out_init(&rq->out, rq->mem);
	param_schema(&rq->out, open_params, true);
	assert_string_equal(buf_text(&rq->out.buf),
	    "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":true}");
}

static void
test_log(void **state)
{
	struct rq *rq = *state;
	struct buf long_text, many;
	const char *text;

	assert_string_equal(
	    param_log(rq, params,
		parse(rq,
		    "{\"slug\":\"a\",\"tenant\":\"x\",\"workspace\":1,\"data\":{\"Password\":\"p\","
		    "\"n\":-0,\"my_api_key\":[1],\"API key\":2,\"Set-Cookie\":3,\"ok\":null}}")),
	    "{\"slug\":\"a\",\"tenant\":\"[redacted]\",\"workspace\":\"[redacted]\",\"data\":{"
	    "\"Password\":"
	    "\"[redacted]\",\"n\":-0,\"my_api_key\":\"[redacted]\",\"API key\":\"[redacted]\","
	    "\"Set-Cookie\":\"[redacted]\",\"ok\":null}}");
	assert_string_equal(param_log(rq, NULL, NULL), "{}");

	buf_init(&long_text, rq->mem);
	buf_puts(&long_text, "{\"s\":\"");
	for (int i = 0; i < 600; i++)
		buf_puts(&long_text, "\xc3\xa4");
	buf_puts(&long_text, "\",\"l\":[0");
	for (int i = 1; i < 30; i++)
		buf_printf(&long_text, ",%d", i);
	buf_puts(&long_text, "]}");
	text = param_log(rq, NULL, parse(rq, buf_text(&long_text)));
	assert_int_equal(
	    strlen(text), strlen("{\"s\":\"\",\"l\":[]}") + 512 * 2 + 3 +
			      strlen("0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19") +
			      strlen(",\"\xe2\x80\xa6 10 more\""));

	buf_init(&many, rq->mem);
	for (int i = 0; i < 100; i++)
		buf_printf(&many, "%s\"k%d\":\"%0100d\"", i ? "," : "{", i, 0);
	buf_putc(&many, '}');
	text = param_log(rq, NULL, parse(rq, buf_text(&many)));
	assert_non_null(strstr(text, "{\"_truncated\":true,\"bytes\":"));
	assert_non_null(strstr(text, "\"k0\",\"k1\""));
	assert_null(strstr(text, "\"k20\""));

	assert_string_equal(
	    param_log(rq, NULL, parse(rq, "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{}}}}}}}")),
	    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":\"{\xe2\x80\xa6}\"}}}}}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_absent_and_null, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_alias, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_wrong_types, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_formats, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_schema, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_log, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
