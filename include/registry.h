#ifndef COFFER_REGISTRY_H
#define COFFER_REGISTRY_H

#include "tool.h"

/* The tables of operations, one per domain; each ends with TOOL_END.  Listed in app/rpc/registry.c.
 */
extern const struct tool schema_tools[];
extern const struct tool collections_tools[];
extern const struct tool apikeys_tools[];
extern const struct tool roles_tools[];
extern const struct tool permissions_tools[];
extern const struct tool users_tools[];
extern const struct tool tenants_tools[];
extern const struct tool settings_tools[];
extern const struct tool activity_tools[];
extern const struct tool db_tools[];
extern const struct tool fixture_tools[];

#endif
