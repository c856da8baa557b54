/* The frame of the coffer command: sub-command table, help, options, complaints. */
#include "cli.h"

#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 32, OPTION_FIRST = 256, NOTE_SIZE = 2048 };

/* In the order of the help. */
static const struct cli_command commands[] = {
    {"migrate", "", "Bring the database to this build's shape.", cli_migrate},
    {"user", "add|passwd|list ...", "People: add, change a password, list.", cli_user},
    {"key", "create|list|revoke|show ...", "API keys, and client configurations for them.",
	cli_key},
    {"workspace", "list|create|protect|unprotect ...", "Workspaces of this instance.",
	cli_workspace},
    {"call", "[--workspace SLUG] [--user EMAIL] TOOL ['JSON']",
	"Run a tool as an administrator on this host.", cli_call},
    {"tools", "[--markdown] [TOOL]", "Print the registry of tools, one schema, or the reference.",
	cli_tools},
    {"doctor", "[--url URL]", "Check the installation and say what to do.", cli_doctor},
    {"demo", "--url URL --key KEY [--source DIR]",
	"Load countries, subdivisions, languages and currencies.", cli_demo},
    {"mcp", "[--url URL] [--key KEY] [--workspace SLUG]",
	"Serve MCP on standard input and output by relaying to a coffer server over HTTP.",
	cli_mcp},
    {NULL, NULL, NULL, NULL},
};

static const struct cli_command *
find(const char *name)
{
	for (const struct cli_command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void
note(const char *fmt, va_list ap)
{
	char text[NOTE_SIZE];

	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	fprintf(stderr, "coffer: %s\n", text);
}

void
cli_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
}

int
cli_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
	return CLI_FAILED;
}

/* command "" stands for the program. */
static void
try_help(const char *command)
{
	fprintf(stderr, "Try 'coffer %s%s--help'.\n", command, *command ? " " : "");
}

int
cli_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
	try_help(command);
	return CLI_USAGE;
}

static void
option_help(const struct cli_option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->argument ? " " : "",
	    o->argument ? o->argument : "");
	printf("  %-22s %s\n", left, o->help);
}

static void
options_help(const struct cli_option *options)
{
	printf("\noptions:\n");
	for (; options->name; options++)
		option_help(options);
}

/* getopt's table: getopt_long() will return OPTION_FIRST plus the row. */
static void
long_options(const struct cli_option *options, struct option *table)
{
	int n = 0;

	for (; options[n].name; n++)
		table[n] = (struct option){.name = options[n].name,
		    .has_arg = options[n].value ? required_argument : no_argument,
		    .val = OPTION_FIRST + n};
	table[n] = (struct option){0};
}

/* Says what is wrong with the option getopt stumbled over, without the value that may hang on it.
 */
static void
complain(int what, const char *option)
{
	int name = (int)strcspn(option, "=");

	if (what == ':')
		cli_note("option '%s' needs an argument", option);
	else if (optopt >= OPTION_FIRST)
		cli_note("option '%.*s' takes no argument", name, option);
	else if (optopt)
		cli_note("unknown option '-%c'", optopt);
	else
		cli_note("unknown option '%.*s'", name, option);
}

/* The index of the first operand, or -1 after a complaint.  shorts: how getopt treats operands. */
static int
parse(int argc, char **argv, const struct cli_option *options, const char *shorts)
{
	struct option table[OPTIONS_MAX + 1];
	int c;

	long_options(options, table);
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, shorts, table, NULL)) != -1) {
		if (c < OPTION_FIRST) {
			complain(c, argv[optind - 1]);
			return -1;
		}
		if (options[c - OPTION_FIRST].value)
			*options[c - OPTION_FIRST].value = optarg;
		else
			*options[c - OPTION_FIRST].flag = true;
	}
	return optind;
}

int
cli_options(int argc, char **argv, const struct cli_option *options)
{
	struct cli_option rows[OPTIONS_MAX + 1] = {{0}};
	bool help = false;
	int n = 0, first;

	for (; options[n].name; n++) {
		assert(n < OPTIONS_MAX - 1);
		rows[n] = options[n];
	}
	rows[n] = (struct cli_option){.name = "help", .help = "Show this text.", .flag = &help};
	first = parse(argc, argv, rows, ":");
	if (first < 0) {
		try_help(argv[0]);
		exit(CLI_USAGE);
	}
	if (help) {
		const struct cli_command *c = find(argv[0]);

		printf("usage: coffer %s %s\n\n%s\n", c->name, c->args, c->summary);
		options_help(rows);
		exit(CLI_OK);
	}
	return first;
}

static void
program_help(const struct cli_option *options)
{
	printf("usage: coffer [options] COMMAND [arguments]\n\ncommands:\n");
	for (const struct cli_command *c = commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->summary);
	options_help(options);
	printf("\n'coffer COMMAND --help' tells more about one command.\n");
}

int
cli_main(int argc, char **argv)
{
	const char *config = NULL;
	bool help = false, version = false;
	const struct cli_option options[] = {
	    {"config", "FILE", "Configuration file, instead of $COFFER_CONFIG.", &config, NULL},
	    {"help", NULL, "Show this text.", NULL, &help},
	    {"version", NULL, "Show the version.", NULL, &version},
	    {NULL, NULL, NULL, NULL, NULL},
	};
	const struct cli_command *c;
	int first = parse(argc, argv, options, "+:");

	if (first < 0) {
		try_help("");
		return CLI_USAGE;
	}
	if (help) {
		program_help(options);
		return CLI_OK;
	}
	if (version) {
		printf("coffer %s\n", PACKAGE_VERSION);
		return CLI_OK;
	}
	if (first == argc)
		return cli_usage("", "no command given");
	c = find(argv[first]);
	if (!c)
		return cli_usage("", "there is no command '%s'", argv[first]);
	if (config)
		setenv("COFFER_CONFIG", config, 1);
	return c->run(argc - first, argv + first);
}
