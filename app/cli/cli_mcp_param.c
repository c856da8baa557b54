/* Arguments mirrored in headers: what tools declare with x-mcp-header, and the headers of a call.
 */
#include "cli_mcp_param.h"

#include <inttypes.h>
#include <json-c/linkhash.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "cli.h"
#include "cli_mcp_message.h"
#include "json_in.h"

#define TOKEN_CHARS "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* One declaration: the argument lies at path, from key to key. */
struct proxy_param {
	struct proxy_param *next;
	const char *header;
	const char **path;
	size_t depth;
};

struct proxy_tool {
	struct proxy_tool *next;
	const char *name;
	struct proxy_param *params;
};

/* Where the walk through an input schema stands. */
struct walk {
	struct arena *mem;
	struct proxy_tool *tool;
	const char *path[JSON_IN_DEPTH_MAX];
	size_t depth;
};

static bool
is_primitive(const char *type)
{
	return type && (strcmp(type, "string") == 0 || strcmp(type, "integer") == 0 ||
			   strcmp(type, "boolean") == 0);
}

/* NULL, or what is wrong with the declaration. */
static const char *
fault(const struct proxy_tool *tool, const struct json_object *schema, const char *header)
{
	if (!header || !*header || header[strspn(header, TOKEN_CHARS)])
		return "the name is not an HTTP token";
	if (!is_primitive(json_in_str(json_in_get(schema, "type"))))
		return "the property is neither string, integer nor boolean";
	for (const struct proxy_param *p = tool->params; p; p = p->next)
		if (strcasecmp(p->header, header) == 0)
			return "the name is declared twice";
	return NULL;
}

static void
declare(struct walk *w, const struct json_object *schema)
{
	const char *header = json_in_str(json_in_get(schema, "x-mcp-header"));
	const char *why = fault(w->tool, schema, header);
	struct proxy_param *p;

	if (why) {
		cli_note("tool %s: x-mcp-header of %s is ignored: %s", w->tool->name,
		    w->path[w->depth - 1], why);
		return;
	}
	p = NEW(w->mem, struct proxy_param);
	p->header = arena_strdup(w->mem, header);
	p->path = NEWV(w->mem, const char *, w->depth);
	for (size_t i = 0; i < w->depth; i++)
		p->path[i] = arena_strdup(w->mem, w->path[i]);
	p->depth = w->depth;
	p->next = w->tool->params;
	w->tool->params = p;
}

/* Only properties within properties can be found in the arguments of every call. */
static void
walk_properties(struct walk *w, const struct json_object *schema)
{
	const struct json_object *properties = json_in_get(schema, "properties");

	if (!json_object_is_type(properties, json_type_object) || w->depth == JSON_IN_DEPTH_MAX)
		return;
	json_object_object_foreach((struct json_object *)properties, key, property)
	{
		w->path[w->depth++] = key;
		if (json_in_has(property, "x-mcp-header"))
			declare(w, property);
		walk_properties(w, property);
		w->depth--;
	}
}

static struct proxy_tool *
find_tool(const struct proxy_params *p, const char *name)
{
	for (struct proxy_tool *t = p->tools; t; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

static void
learn_tool(struct proxy_params *p, const struct json_object *listed)
{
	const char *name = json_in_str(json_in_get(listed, "name"));
	struct proxy_tool found = {.name = name};
	struct walk w = {.mem = p->mem, .tool = &found};
	struct proxy_tool *known;

	if (!name)
		return;
	walk_properties(&w, json_in_get(listed, "inputSchema"));
	known = find_tool(p, name);
	if (!known && !found.params)
		return;
	if (!known) {
		known = NEW(p->mem, struct proxy_tool);
		known->name = arena_strdup(p->mem, name);
		known->next = p->tools;
		p->tools = known;
	}
	known->params = found.params;
}

void
proxy_params_learn(struct proxy_params *p, const struct json_object *result, bool first_page)
{
	const struct json_object *tools = json_in_get(result, "tools");

	if (!json_object_is_type(tools, json_type_array))
		return;
	if (first_page) {
		arena_reset(p->mem);
		p->tools = NULL;
	}
	for (size_t i = 0; i < json_object_array_length(tools); i++)
		learn_tool(p, json_object_array_get_idx(tools, i));
}

/* The argument as header text, or NULL when there is none to mirror. */
static const char *
header_value(struct arena *mem, const struct json_object *argument)
{
	size_t len;
	const char *raw;
	int64_t n;

	switch (json_object_get_type(argument)) {
	case json_type_string:
		return json_in_str(argument);
	case json_type_int:
	case json_type_double:
		if (json_in_int(argument, &n))
			return arena_printf(mem, "%" PRId64, n);
		/* fall through */
	case json_type_boolean:
		raw = json_in_raw(argument, &len);
		return arena_strndup(mem, raw, len);
	default:
		return NULL;
	}
}

struct curl_slist *
proxy_params_headers(const struct proxy_params *p, struct arena *mem, struct curl_slist *list,
    const struct json_object *call)
{
	const char *name = json_in_str(json_in_get(call, "name"));
	const struct proxy_tool *tool = name ? find_tool(p, name) : NULL;

	for (const struct proxy_param *d = tool ? tool->params : NULL; d; d = d->next) {
		const struct json_object *argument = json_in_get(call, "arguments");
		const char *value;

		for (size_t i = 0; i < d->depth; i++)
			argument = json_in_get(argument, d->path[i]);
		value = header_value(mem, argument);
		if (value)
			list = proxy_header(
			    mem, list, arena_printf(mem, "Mcp-Param-%s", d->header), value);
	}
	return list;
}
