/* coffer tools: the registry, as a list, as JSON Schema, or as the tool reference. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "cli.h"
#include "conf.h"
#include "out.h"
#include "tool.h"

static void
print_line(const struct tool *t)
{
	printf("%-32s %-8s %-9s %s%s%s\n", t->name, tool_kind_names[t->kind],
	    t->flags & TOOL_OPERATOR ? "operator"
	    : t->flags & TOOL_ADMIN  ? "admin"
	    : t->flags & TOOL_USER   ? "user"
				     : "grants",
	    t->method ? t->method : "-", t->method ? " " : "", t->method ? t->path : "");
}

static void
print_schema(struct arena *mem, const struct tool *t)
{
	struct out out;

	if (t->input_schema) {
		printf("%s\n", t->input_schema);
		return;
	}
	out_init(&out, mem);
	param_schema(&out, t->params, t->flags & TOOL_OPEN);
	printf("%s\n", buf_text(&out.buf));
}

static const char *
type_name(const struct param *p)
{
	switch (p->type) {
	case PARAM_INTEGER:
	case PARAM_OPT_INTEGER:
		return "integer";
	case PARAM_NUMBER:
		return "number";
	case PARAM_BOOLEAN:
	case PARAM_OPT_BOOLEAN:
		return "boolean";
	case PARAM_STRINGS:
		return "list of strings";
	case PARAM_JSON:
		return p->type_name ? p->type_name : "JSON";
	case PARAM_STRING:
		break;
	}
	return "string";
}

/* One row of the table of arguments. */
static void
markdown_param(const struct tool *t, const struct param *p)
{
	printf("| `%s`%s%s | %s | ", p->name, p->flags & REQUIRED ? " (required)" : "",
	    p->flags & PARAM_REST_ONLY ? " (REST only)" : "", type_name(p));
	if (p->doc)
		printf("%s", p->doc);
	else if (p->schema)
		printf("`coffer tools %s` shows its schema.", t->name);
	if (p->options)
		printf(" One of:");
	for (const char *const *option = p->options; option && *option; option++)
		printf(" `%s`%s", *option, option[1] ? "," : ".");
	printf(" |\n");
}

static void
markdown_params(const struct tool *t)
{
	if (!t->params || !t->params->name) {
		printf("No arguments.\n\n");
		return;
	}
	printf("| argument | type | |\n|---|---|---|\n");
	for (const struct param *p = t->params; p->name; p++)
		if (!(p->flags & PARAM_ALL))
			markdown_param(t, p);
	printf("\n");
}

static void
markdown(const struct tool *t)
{
	printf("### %s\n\n%s\n\n", t->name, t->description);
	printf("Kind: %s. ", tool_kind_names[t->kind]);
	if (t->flags & TOOL_OPERATOR)
		printf("For instance operators. ");
	else if (t->flags & TOOL_ADMIN)
		printf("For administrators. ");
	if (t->method)
		printf("REST: `%s %s`.", t->method, t->path);
	printf("\n\n");
	markdown_params(t);
}

static void
markdown_all(void)
{
	const char *domain = "";

	printf("# Tools of coffer\n\nMade by `coffer tools --markdown` from the rows that serve "
	       "them; do not edit.\n\n");
	for (const struct tool *t = tool_next(NULL); t; t = tool_next(t)) {
		size_t len = strcspn(t->name, ".");

		if (t->flags & (TOOL_REST_ONLY | TOOL_FIXTURE))
			continue;
		if (strncmp(domain, t->name, len + 1) != 0)
			printf("## %.*s\n\n", (int)len, t->name);
		domain = t->name;
		markdown(t);
	}
}

int
cli_tools(int argc, char **argv)
{
	bool as_markdown = false;
	const struct cli_option options[] = {
	    {"markdown", NULL, "Print the tool reference.", NULL, &as_markdown},
	    {0},
	};
	int first = cli_options(argc, argv, options);
	struct arena *mem = arena_new();
	const struct tool *tool;
	const char *why;

	if (argc - first > 1 || (as_markdown && first < argc))
		return cli_usage("tools", "name one tool, or none");
	/* The list does not depend on it; without one the defaults stand. */
	conf_load(NULL, &why);
	if (as_markdown) {
		markdown_all();
	} else if (first < argc) {
		tool = tool_find(argv[first]);
		if (!tool)
			return cli_fail("there is no operation '%s'", argv[first]);
		print_line(tool);
		print_schema(mem, tool);
	} else {
		for (const struct tool *t = tool_next(NULL); t; t = tool_next(t))
			if (!(t->flags & TOOL_FIXTURE))
				print_line(t);
	}
	arena_free(&mem);
	return CLI_OK;
}
