#ifndef COFFER_CLI_MCP_PARAM_H
#define COFFER_CLI_MCP_PARAM_H

#include <curl/curl.h>
#include <stdbool.h>

struct arena;
struct json_object;

/* The arguments of tools that are mirrored in Mcp-Param-* headers.  A tool declares them with
 * x-mcp-header in its input schema; the proxy learns them from the tools/list answers it relays. */
struct proxy_params {
	struct arena *mem;
	struct proxy_tool *tools;
};

/* Remember the declarations in a result of tools/list.  The first page replaces all there was.  A
 * declaration against the rules is left out, with a note on standard error. */
void proxy_params_learn(struct proxy_params *p, const struct json_object *result, bool first_page);

/* Append the Mcp-Param-* headers for the params of a tools/call. */
struct curl_slist *proxy_params_headers(const struct proxy_params *p, struct arena *mem,
    struct curl_slist *list, const struct json_object *call);

#endif
