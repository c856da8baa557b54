/* Finding operations by name, and what holds for every row of every table. */
#include "unit.h"

#include <stdlib.h>

#include "arena.h"
#include "conf.h"
#include "json_in.h"
#include "out.h"
#include "registry.h"

static void
configure(const char *fixtures)
{
	const char *why;

	setenv("COFFER_SERVER_TEST_FIXTURES", fixtures, 1);
	setenv("COFFER_CONFIG", "/dev/null", 1);
	assert_int_equal(conf_load(NULL, &why), 0);
}

static int
set_up(void **state)
{
	(void)state;
	configure("false");
	return 0;
}

static void
test_find(void **state)
{
	const struct tool *tool = tool_find("collections.list");

	(void)state;
	assert_non_null(tool);
	assert_string_equal(tool->name, "collections.list");
	assert_ptr_equal(tool_find("collections-list"), tool);
	assert_ptr_equal(
	    tool_find("schema-list_collections"), tool_find("schema.list_collections"));
	assert_null(tool_find("collections.lis"));
	assert_null(tool_find("collections.listt"));
	assert_null(tool_find("collections_list"));
	assert_null(tool_find("collections"));
	assert_null(tool_find(""));
	assert_null(tool_find("a.b-c"));
	assert_null(tool_find("Collections.list"));
}

static void
test_next(void **state)
{
	const struct tool *tool;
	size_t n = 0, rows = 0;

	(void)state;
	for (const struct tool *const *table = registry; *table; table++)
		for (tool = *table; tool->name; tool++)
			rows += !(tool->flags & TOOL_FIXTURE);
	for (tool = tool_next(NULL); tool; tool = tool_next(tool), n++) {
		assert_false(tool->flags & TOOL_FIXTURE);
		assert_ptr_equal(tool_find(tool->name), tool);
	}
	assert_int_equal(n, rows);
	assert_true(n > 30);
}

static void
test_fixtures(void **state)
{
	(void)state;
	assert_null(tool_find("test_simple_text"));
	configure("true");
	assert_non_null(tool_find("test_simple_text"));
	configure("false");
	assert_null(tool_find("test_simple_text"));
}

/* A wire name that every client takes. */
static bool
is_wire_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";

	return name[strspn(name, letters)] == '\0' && strlen(name) <= 64;
}

static void
check_schema(struct arena *mem, const struct tool *tool)
{
	struct json_object *schema, *properties;
	struct err err = {0};
	struct out out;

	out_init(&out, mem);
	param_schema(&out, tool->params, tool->flags & TOOL_OPEN);
	assert_int_equal(json_in_parse(mem, &err, out.buf.data, out.buf.len, &schema), 0);
	properties = json_in_get(schema, "properties");
	assert_non_null(properties);
	json_object_object_foreach(properties, name, property)
	{
		const char *type = json_in_str(json_in_get(property, "type"));

		if (!json_in_get(property, "description"))
			fail_msg("%s: %s has no description", tool->name, name);
		if (type && strcmp(type, "array") == 0 && !json_in_has(property, "items"))
			fail_msg("%s: %s is an array without items", tool->name, name);
	}
}

static void
test_rows(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	for (const struct tool *tool = tool_next(NULL); tool; tool = tool_next(tool)) {
		if (!is_wire_name(tool->name) || !tool->title || !tool->run)
			fail_msg("%s: name, title or handler", tool->name);
		if (strlen(tool->description) < 20)
			fail_msg("%s: the description is too short", tool->name);
		if (tool->flags & (TOOL_CONFIG | TOOL_JOURNAL) && tool->kind == TOOL_READ)
			fail_msg("%s: a read changes nothing", tool->name);
		if (!tool->method != !tool->path ||
		    (tool->path && strncmp(tool->path, "/api/", 5) != 0))
			fail_msg("%s: route", tool->name);
		check_schema(mem, tool);
	}
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_find, set_up),
	    cmocka_unit_test_setup(test_next, set_up),
	    cmocka_unit_test_setup(test_fixtures, set_up),
	    cmocka_unit_test_setup(test_rows, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
