#ifndef COFFER_WORKER_H
#define COFFER_WORKER_H

/*
 * A worker answers one request at a time on a listening FastCGI socket, which it makes
 * non-blocking.  Signals are heeded between requests only: SIGTERM, SIGINT and SIGUSR1 end it,
 * SIGUSR2 lets it serve what waits and then leave.
 */

/* Serve until told to stop or until conf->max_requests are served.  After idle_ms without a request
 * the connection to the database is given back, until the next one; -1: never.  Returns the exit
 * status: 0, or 1 when the socket cannot be served. */
int worker_run(int listen_fd, int idle_ms);

/* Read the configuration (as conf_load()) and put it into force: log and secret.  0, or -1 after a
 * line in the log. */
int worker_configure(const char *path);

struct pool_options {
	const char *listen; /* path of a unix socket, or [host]:port */
	int workers;        /* 0: conf->workers, and 0 there: max(16, 4 per core) */
	int socket_mode;    /* of the unix socket, 0600 by default */
	const char *config; /* read again on SIGHUP; NULL as in conf_load() */
};

/*
 * The pool: one listening socket, n workers, respawned with a growing delay when they die young.
 * SIGTERM or SIGINT: no new connections, the queue is served, then all leave.  SIGHUP: the
 * configuration is read again and every worker replaced while the socket stays open.  Returns the
 * exit status.
 */
int pool_run(const struct pool_options *options);

#endif
