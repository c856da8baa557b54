/* Whatever json_in takes, json-c's own parser must take and read alike; whatever stands in the text
 * of a node must read as that node again, and what is written of a string must read as that string.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "out.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_object *
must_parse(struct arena *mem, const char *text, size_t len)
{
	struct err err = {.code = E_NONE};
	struct json_object *root;
	int rc = json_in_parse(mem, &err, text, len, &root);

	assert(rc == 0);
	return root;
}

static void
compare_with_json_c(struct json_object *root, const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_IN_DEPTH_MAX + 1);
	struct json_object *witness = json_tokener_parse_ex(tokener, text, (int)len);

	if (json_tokener_get_error(tokener) == json_tokener_continue)
		witness = json_tokener_parse_ex(tokener, " ", 1);
	assert(json_tokener_get_error(tokener) == json_tokener_success);
	assert(json_object_equal(root, witness));
	json_object_put(witness);
	json_tokener_free(tokener);
}

static void
check_string(struct arena *mem, const struct json_object *node)
{
	struct out out;

	out_init(&out, mem);
	out_str(&out, json_in_str(node));
	assert(strcmp(json_in_str(must_parse(mem, out.buf.data, out.buf.len)), json_in_str(node)) ==
	       0);
}

static void
check_number(const struct json_object *node)
{
	int64_t n;
	double d;
	bool exact;

	if (json_in_int(node, &n))
		assert(json_in_double(node, &d, &exact) && d == (double)n);
}

static void
check_leaf(struct arena *mem, const struct json_object *node)
{
	if (json_object_is_type(node, json_type_string))
		check_string(mem, node);
	else
		check_number(node);
}

static void
check_all(struct arena *mem, struct json_object *node)
{
	size_t len, i, n;
	const char *raw = json_in_raw(node, &len);

	assert(json_object_equal(node, must_parse(mem, raw, len)));
	if (json_object_is_type(node, json_type_array)) {
		n = json_object_array_length(node);
		for (i = 0; i < n; i++)
			check_all(mem, json_object_array_get_idx(node, i));
	} else if (json_object_is_type(node, json_type_object)) {
		json_object_object_foreach(node, key, child)
		{
			assert(json_in_get(node, key) == child);
			check_all(mem, child);
		}
	} else {
		check_leaf(mem, node);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *mem;
	struct err err = {.code = E_NONE};
	struct json_object *root;
	const char *text = (const char *)data;

	if (mem == NULL)
		mem = arena_new();
	arena_reset(mem);
	if (json_in_parse(mem, &err, text, size, &root) != 0) {
		assert(err.code == E_PARSE || err.code == E_BAD_REQUEST);
		assert(err.message != NULL && str_utf8_valid(err.message, strlen(err.message)));
		return 0;
	}
	assert(str_utf8_valid(text, size));
	compare_with_json_c(root, text, size);
	check_all(mem, root);
	return 0;
}
