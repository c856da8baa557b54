#ifndef COFFER_CLI_MCP_MESSAGE_H
#define COFFER_CLI_MCP_MESSAGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct json_object;

/* What the client of the stdio proxy says, and the HTTP headers that mirror it. */

/* An answer the client waits for. */
struct proxy_due {
	const struct json_object *id;
	bool answered;
};

struct proxy_message {
	const struct json_object *root; /* an object, or an array: a batch */
	const struct json_object *params;
	const char *method;  /* NULL: a batch, or a response */
	const char *version; /* modern era: the revision named in _meta; NULL: legacy */
	struct proxy_due *due;
	size_t due_count;
};

/* 0, or -1 and the reason in err when the text is not JSON or neither object nor array.  text must
 * live as long as mem. */
int proxy_message_read(
    struct arena *mem, struct err *err, const char *text, size_t len, struct proxy_message *m);

/* true if the method is this one */
bool proxy_message_is(const struct proxy_message *m, const char *method);

/* The answer due under this id, or NULL. */
struct proxy_due *proxy_message_due(const struct proxy_message *m, const struct json_object *id);

/* Append MCP-Protocol-Version, Mcp-Method and Mcp-Name as the message wants them.  negotiated is
 * the version agreed on by initialize, "" if none. */
struct curl_slist *proxy_message_headers(const struct proxy_message *m, struct arena *mem,
    struct curl_slist *list, const char *negotiated);

/* Append one header.  A value that cannot stand in a header as it is takes the form
 * =?base64?...?=. */
struct curl_slist *proxy_header(
    struct arena *mem, struct curl_slist *list, const char *name, const char *value);

/* true if the value can stand in a header as it is: printable ASCII without blanks around it. */
bool proxy_header_is_plain(const char *value);

#endif
