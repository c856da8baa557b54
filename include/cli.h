#ifndef COFFER_CLI_H
#define COFFER_CLI_H

#include <stdbool.h>

/*
 * The frame of the `coffer` command: a table of sub-commands, one option parser and one way to
 * complain for all of them.  A sub-command `name` is cli_name() in app/cli/cli_name.c and one row
 * in cli.c.
 */

/* Exit statuses. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli_command {
	const char *name;
	const char *args; /* what follows the name in the usage line */
	const char *summary;
	/* argv[0] is the name of the sub-command.  Returns an exit status. */
	int (*run)(int argc, char **argv);
};

/* One option of a sub-command; a table ends with name NULL.  Exactly one of value and flag is set.
 */
struct cli_option {
	const char *name;     /* "url" for --url */
	const char *argument; /* what the argument is called in the help; NULL for a switch */
	const char *help;
	const char **value; /* receives the argument, which lives as long as argv */
	bool *flag;         /* becomes true */
};

/* Run the program: options before the sub-command, look-up, sub-command. */
int cli_main(int argc, char **argv);

/* Read the options of a sub-command into the variables of its table; they may stand before, between
 * and after the operands, "--" ends them.  Returns the index of the first operand: the operands are
 * moved to the end of argv.  Ends the program after --help (CLI_OK) and at an option that is
 * unknown or lacks its argument (CLI_USAGE). */
int cli_options(int argc, char **argv, const struct cli_option *options);

/* One line on standard error, "coffer: ..."; control characters become blanks.  Never a secret. */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As cli_note(), and the exit status to return. */
int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* For operands that are missing or make no sense; adds where to find help.  Returns CLI_USAGE.
 * command "": the program itself. */
int cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int cli_migrate(int argc, char **argv);
int cli_user(int argc, char **argv);
int cli_key(int argc, char **argv);
int cli_workspace(int argc, char **argv);
int cli_call(int argc, char **argv);
int cli_tools(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_mcp(int argc, char **argv);

#endif
