/* coffer-fcgi: workers on a socket the web server gave, or a pool on a socket of its own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "metrics.h"
#include "worker.h"

static const char usage[] =
    "usage: coffer-fcgi [--config FILE] [--listen PATH|[HOST]:PORT [--workers N] [--socket-mode "
    "MODE]]\n"
    "\n"
    "Answers FastCGI requests. Without --listen it serves the socket that the web server hands "
    "over as\n"
    "standard input; with it, it keeps a pool of N workers on a socket of its own.\n"
    "SIGTERM stops when all accepted requests are answered; SIGHUP reads the configuration "
    "again.\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"listen", required_argument, NULL, 'l'},
    {"workers", required_argument, NULL, 'w'},
    {"socket-mode", required_argument, NULL, 'm'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {0},
};

/* Web servers start many processes on hosts that allow few connections to the database. */
enum { IDLE_MS = 1000 };

/* -1 after a complaint. */
static int
read_number(const char *option, const char *text, int base, int max)
{
	char *end;
	long n = strtol(text, &end, base);

	if (*text && !*end && n >= 0 && n <= max)
		return (int)n;
	fprintf(stderr, "coffer-fcgi: %s cannot be '%s'\n", option, text);
	return -1;
}

static int
on_standard_input(void)
{
	int listening = 0;
	socklen_t len = sizeof listening;

	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening) {
		fputs(usage, stderr);
		return 2;
	}
	metrics_open();
	return worker_run(0, IDLE_MS);
}

int
main(int argc, char **argv)
{
	struct pool_options options = {.socket_mode = 0600};
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options.config = optarg;
			break;
		case 'l':
			options.listen = optarg;
			break;
		case 'w':
			options.workers = read_number("--workers", optarg, 10, 1024);
			break;
		case 'm':
			options.socket_mode = read_number("--socket-mode", optarg, 8, 0777);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("coffer-fcgi " PACKAGE_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc || options.workers < 0 || options.socket_mode < 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (worker_configure(options.config) < 0)
		return 1;
	return options.listen ? pool_run(&options) : on_standard_input();
}
