/* What a message of the client is, to which era it belongs, and the headers that mirror it. */
#include "cli_mcp_message.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "json_in.h"
#include "str.h"

#define VERSION_KEY  "io.modelcontextprotocol/protocolVersion"
#define BASE64_START "=?base64?"
#define BASE64_END   "?="

/* Which member of params names what the method acts on. */
static const struct {
	const char *method, *member;
} named[] = {
    {"tools/call", "name"},
    {"prompts/get", "name"},
    {"resources/read", "uri"},
    {"tasks/get", "taskId"},
    {"tasks/update", "taskId"},
    {"tasks/cancel", "taskId"},
};

/* A request waits for an answer; a notification has no id, a response brings one of ours back. */
static void
add_due(struct proxy_message *m, const struct json_object *node)
{
	if (!json_in_has(node, "id") || json_in_has(node, "result") || json_in_has(node, "error"))
		return;
	m->due[m->due_count++].id = json_in_get(node, "id");
}

static void
read_batch(struct arena *mem, struct proxy_message *m)
{
	size_t count = json_object_array_length(m->root);

	m->due = NEWV(mem, struct proxy_due, count + 1);
	for (size_t i = 0; i < count; i++)
		add_due(m, json_object_array_get_idx(m->root, i));
}

int
proxy_message_read(
    struct arena *mem, struct err *err, const char *text, size_t len, struct proxy_message *m)
{
	struct json_object *root;

	if (json_in_parse(mem, err, text, len, &root) < 0)
		return -1;
	*m = (struct proxy_message){.root = root};
	if (json_object_is_type(root, json_type_array)) {
		read_batch(mem, m);
		return 0;
	}
	if (!json_object_is_type(root, json_type_object))
		return err_set(err, mem, E_PARSE, NULL, "a message is an object, not %s",
		    json_in_type_name(root));
	m->params = json_in_get(root, "params");
	m->method = json_in_str(json_in_get(root, "method"));
	m->version = json_in_str(json_in_get(json_in_get(m->params, "_meta"), VERSION_KEY));
	m->due = NEW(mem, struct proxy_due);
	add_due(m, root);
	return 0;
}

bool
proxy_message_is(const struct proxy_message *m, const char *method)
{
	return m->method && strcmp(m->method, method) == 0;
}

/* Ids are strings or integers; a string may be spelled with other escapes when it comes back. */
static bool
same_id(const struct json_object *a, const struct json_object *b)
{
	const char *text_a = json_in_str(a), *text_b = json_in_str(b);
	size_t len_a, len_b;

	if (text_a && text_b)
		return strcmp(text_a, text_b) == 0;
	text_a = json_in_raw(a, &len_a);
	text_b = json_in_raw(b, &len_b);
	return len_a == len_b && memcmp(text_a, text_b, len_a) == 0;
}

struct proxy_due *
proxy_message_due(const struct proxy_message *m, const struct json_object *id)
{
	for (size_t i = 0; i < m->due_count; i++)
		if (same_id(m->due[i].id, id))
			return &m->due[i];
	return NULL;
}

bool
proxy_header_is_plain(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || value[0] == ' ' || value[len - 1] == ' ')
		return false;
	for (const char *c = value; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return true;
}

/* A plain value that reads like the encoded form must be encoded, or it would be decoded. */
static bool
looks_encoded(const char *value)
{
	size_t len = strlen(value), end = strlen(BASE64_END);

	return strncmp(value, BASE64_START, strlen(BASE64_START)) == 0 && len >= end &&
	       strcmp(value + len - end, BASE64_END) == 0;
}

struct curl_slist *
proxy_header(struct arena *mem, struct curl_slist *list, const char *name, const char *value)
{
	if (!proxy_header_is_plain(value) || looks_encoded(value))
		value = arena_printf(
		    mem, BASE64_START "%s" BASE64_END, str_base64(mem, value, strlen(value)));
	return curl_slist_append(list, arena_printf(mem, "%s: %s", name, value));
}

/* These two have no encoded form: what is not plain is left out, and the server says so. */
static struct curl_slist *
plain_header(struct arena *mem, struct curl_slist *list, const char *name, const char *value)
{
	if (!proxy_header_is_plain(value))
		return list;
	return curl_slist_append(list, arena_printf(mem, "%s: %s", name, value));
}

static const char *
name_of(const struct proxy_message *m)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (proxy_message_is(m, named[i].method))
			return json_in_str(json_in_get(m->params, named[i].member));
	return NULL;
}

struct curl_slist *
proxy_message_headers(const struct proxy_message *m, struct arena *mem, struct curl_slist *list,
    const char *negotiated)
{
	const char *name = name_of(m);

	if (!m->version)
		return plain_header(mem, list, "MCP-Protocol-Version", negotiated);
	list = plain_header(mem, list, "MCP-Protocol-Version", m->version);
	if (m->method)
		list = plain_header(mem, list, "Mcp-Method", m->method);
	if (name)
		list = proxy_header(mem, list, "Mcp-Name", name);
	return list;
}
