#ifndef COFFER_WORKER_H
#define COFFER_WORKER_H

/*
 * A worker answers one request at a time on a listening FastCGI socket.  SIGTERM and SIGINT close
 * the descriptor: the request in hand is finished whole, then the worker leaves (facts: trials
 * section 8).
 */

/* Install the signal handlers, then serve until told to stop or until conf->max_requests are
 * served.  Returns the exit status. */
int worker_run(int listen_fd);

struct pool_options {
	const char *listen;   /* path of a unix socket, or [host]:port */
	int workers;          /* 0: conf->workers, and 0 there: max(16, 4 per core) */
	unsigned socket_mode; /* of the unix socket, 0600 by default */
	const char *config;   /* read again on SIGHUP; NULL as in conf_load() */
};

/*
 * The pool: one listening socket, n workers, respawned with a growing delay when they die young.
 * SIGTERM or SIGINT: no new connections, the queue is served, then all leave.  SIGHUP: the
 * configuration is read again and every worker replaced while the socket stays open.  Returns the
 * exit status.
 */
int pool_run(const struct pool_options *options);

#endif
