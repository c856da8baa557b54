/* Completion of arguments: slugs of collections the caller may read. */
#include <string.h>
#include <strings.h>

#include "access.h"
#include "json_in.h"
#include "mcp_face.h"
#include "rq.h"
#include "snapshot.h"

enum { VALUES_MAX = 100 };

/* The reference must be to something that is served; what it is makes no difference further on. */
static int
check_reference(struct mcp *mcp)
{
	const struct json_object *ref = json_in_get(mcp->msg.params, "ref");
	const char *type = json_in_str(json_in_get(ref, "type"));
	const char *name = json_in_str(json_in_get(ref, "name"));
	const char *uri = json_in_str(json_in_get(ref, "uri"));

	if (type != NULL && strcmp(type, "ref/prompt") == 0 && name != NULL)
		return mcp_prompt_find(name) != NULL
			   ? 0
			   : mcp_refuse(mcp, RPC_PARAMS, "unknown prompt: %.128s", name);
	if (type != NULL && strcmp(type, "ref/resource") == 0 && uri != NULL)
		return mcp_resource_find(mcp->rq, uri, NULL) != NULL
			   ? 0
			   : mcp_refuse(mcp, RPC_PARAMS, "unknown resource uri: %.128s", uri);
	return mcp_refuse(mcp, RPC_PARAMS,
	    "params.ref must be {\"type\":\"ref/prompt\",\"name\"} or "
	    "{\"type\":\"ref/resource\",\"uri\"}");
}

/* Write the slugs that begin with prefix and return how many there are. */
static size_t
slugs_out(struct mcp *mcp, const char *prefix)
{
	struct rq *rq = mcp->rq;
	size_t total = 0;

	for (size_t i = 0; i < rq->snap->ncollections; i++) {
		const struct collection *c = &rq->snap->collections[i];
		const struct access *access;

		if (c->archived || strncasecmp(c->slug, prefix, strlen(prefix)) != 0 ||
		    access_get(rq, c, ACTION_READ, &access) <= 0)
			continue;
		if (total++ < VALUES_MAX)
			out_str(&mcp->out, c->slug);
	}
	return total;
}

int
mcp_complete(struct mcp *mcp)
{
	const struct json_object *argument = json_in_get(mcp->msg.params, "argument");
	const char *name = json_in_str(json_in_get(argument, "name"));
	const char *value = json_in_str(json_in_get(argument, "value"));
	size_t total = 0;

	if (check_reference(mcp) < 0)
		return -1;
	if (name == NULL || value == NULL)
		return mcp_refuse(
		    mcp, RPC_PARAMS, "params.argument must have a name and a value, both strings");
	out_key(&mcp->out, "completion");
	out_object(&mcp->out);
	out_key(&mcp->out, "values");
	out_array(&mcp->out);
	if ((strcmp(name, "collection") == 0 || strcmp(name, "slug") == 0) &&
	    mcp_may_use(mcp, "schema.list_collections"))
		total = slugs_out(mcp, value);
	out_end(&mcp->out);
	out_kint(&mcp->out, "total", (int64_t)total);
	out_kbool(&mcp->out, "hasMore", total > VALUES_MAX);
	out_end(&mcp->out);
	return 0;
}
