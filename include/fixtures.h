#ifndef COFFER_FIXTURES_H
#define COFFER_FIXTURES_H

#include "mcp_face.h"
#include "tool.h"

/* What the MCP conformance suite expects a server to expose.  Served only with conf->test_fixtures.
 */
#define FIXTURE_PNG                                                                                \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPQz/cHAAG+AO6ESUUEAAAAAElFTkSu" \
	"QmCC"

extern const struct tool fixture_tools[];
extern const struct mcp_resource fixture_resources[];
extern const struct mcp_prompt fixture_prompts[];

#endif
