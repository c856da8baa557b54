/* All operations there are, and how to find one by name. */
#include "registry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

const struct tool *const registry[] = {
    schema_tools,
    collections_tools,
    permissions_tools,
    roles_tools,
    apikeys_tools,
    users_tools,
    db_tools,
    activity_tools,
    tenants_tools,
    settings_tools,
    fixture_tools,
    NULL,
};

enum { TOOLS_MAX = 512 };

/* Every row, by name; made at the first look-up and the same for all requests. */
static const struct tool *sorted[TOOLS_MAX];
static size_t nsorted;

/* Dots and hyphens are the same letter here: canonical names have no hyphen, so no two meet. */
static int
compare_names(const char *a, const char *b)
{
	for (;; a++, b++) {
		int left = *a == '.' ? '-' : (unsigned char)*a,
		    right = *b == '.' ? '-' : (unsigned char)*b;

		if (left != right || !left)
			return left - right;
	}
}

static int
compare(const void *a, const void *b)
{
	return compare_names(
	    (*(const struct tool *const *)a)->name, (*(const struct tool *const *)b)->name);
}

static int
compare_key(const void *name, const void *row)
{
	return compare_names(name, (*(const struct tool *const *)row)->name);
}

static void
sort_once(void)
{
	if (nsorted > 0)
		return;
	for (const struct tool *const *table = registry; *table; table++)
		for (const struct tool *tool = *table; tool->name; tool++) {
			assert(nsorted < TOOLS_MAX);
			sorted[nsorted++] = tool;
		}
	qsort(sorted, nsorted, sizeof(*sorted), compare);
}

static bool
is_served(const struct tool *tool)
{
	return !(tool->flags & TOOL_FIXTURE) || conf->test_fixtures;
}

const struct tool *
tool_find(const char *name)
{
	const struct tool *const *found;

	sort_once();
	if (strchr(name, '.') && strchr(name, '-'))
		return NULL;
	found = bsearch(name, sorted, nsorted, sizeof(*sorted), compare_key);
	return found && is_served(*found) ? *found : NULL;
}

/* The table after the one that ends with end; NULL after the last. */
static const struct tool *
next_table(const struct tool *end)
{
	for (const struct tool *const *table = registry; *table; table++) {
		const struct tool *tool = *table;

		while (tool->name)
			tool++;
		if (tool == end)
			return table[1];
	}
	return NULL;
}

const struct tool *
tool_next(const struct tool *tool)
{
	tool = tool ? tool + 1 : registry[0];
	while (tool && (!tool->name || !is_served(tool)))
		tool = tool->name ? tool + 1 : next_table(tool);
	return tool;
}
