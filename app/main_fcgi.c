/* coffer-fcgi: workers on a socket the web server gave, or a pool on a socket of its own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf.h"
#include "crypto.h"
#include "log.h"
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

static int
configure(const char *path)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};
	const char *why;
	int level = LOG_LEVEL_INFO;

	if (conf_load(path, &why) < 0) {
		fprintf(stderr, "coffer-fcgi: %s\n", why);
		return -1;
	}
	for (int i = 0; i < 4; i++)
		if (strcmp(conf->log_level, levels[i]) == 0)
			level = i;
	log_open(conf->log_file, level);
	if (strlen(conf->secret) < 32) {
		fprintf(
		    stderr, "coffer-fcgi: [security] secret must have at least 32 characters\n");
		return -1;
	}
	crypto_init();
	crypto_set_secret(conf->secret);
	return 0;
}

static int
on_standard_input(void)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;

	if (getsockname(0, (struct sockaddr *)&address, &len) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	metrics_open();
	return worker_run(0);
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
			options.workers = atoi(optarg);
			break;
		case 'm':
			options.socket_mode = (unsigned)strtoul(optarg, NULL, 8);
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
	if (configure(options.config) < 0)
		return 1;
	return options.listen ? pool_run(&options) : on_standard_input();
}
