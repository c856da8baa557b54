/* The pool: a listening socket and the workers that share it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "conf.h"
#include "log.h"
#include "metrics.h"
#include "worker.h"

enum { BACKLOG = 1024, WORKERS_MAX = 1024, DRAIN_SECONDS = 60, DELAY_MAX = 30 };

struct worker_slot {
	pid_t pid;        /* 0: none */
	int64_t started;  /* monotonic */
	int64_t start_at; /* not before */
	int delay;        /* seconds, doubled by every early death */
};

struct pool {
	int fd;
	int nslots;
	struct worker_slot slots[WORKERS_MAX];
	pid_t retiring[WORKERS_MAX]; /* replaced on reload, finishing their request */
	int nretiring;
};

static volatile sig_atomic_t stop_asked, reload_asked;

static void
on_signal(int signal_number)
{
	if (signal_number == SIGHUP)
		reload_asked = 1;
	else if (signal_number != SIGCHLD)
		stop_asked = 1;
}

static int
listen_unix(const char *path, unsigned mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, probe;

	if (strlen(path) >= sizeof address.sun_path) {
		log_error(
		    "the socket's path is longer than %zu bytes", sizeof address.sun_path - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(probe, (struct sockaddr *)&address, sizeof address) == 0) {
		close(probe);
		log_error("another program is listening on %s", path);
		return -1;
	}
	close(probe);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	umask(0077);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, mode) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		log_error("cannot listen on %s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* ":9000" is loopback only; an open FastCGI port would let anyone set any parameter. */
static int
listen_tcp(const char *address)
{
	const char *colon = strrchr(address, ':');
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST},
			*found = NULL;
	char host[64] = "127.0.0.1";
	int fd = -1, on = 1;

	if (colon > address)
		snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
	if (getaddrinfo(host, colon + 1, &hints, &found) == 0) {
		fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
			close(fd);
			fd = -1;
		}
		freeaddrinfo(found);
	}
	if (fd < 0)
		log_error("cannot listen on %s", address);
	return fd;
}

static int
open_socket(const struct pool_options *options)
{
	if (strchr(options->listen, '/') || !strchr(options->listen, ':'))
		return listen_unix(options->listen, options->socket_mode);
	return listen_tcp(options->listen);
}

static void
start_worker(struct pool *pool, struct worker_slot *slot)
{
	sigset_t all, before;
	pid_t pid;

	/* A signal must not be lost between fork and the worker's own handlers, which let signals
	 * through again. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		signal(SIGHUP, SIG_IGN);
		signal(SIGCHLD, SIG_DFL);
		exit(worker_run(pool->fd));
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		log_error("cannot start a worker: %s", strerror(errno));
	slot->pid = pid > 0 ? pid : 0;
	slot->started = clock_monotonic();
}

static void
start_due(struct pool *pool)
{
	int64_t now = clock_monotonic();

	for (int i = 0; i < pool->nslots; i++)
		if (!pool->slots[i].pid && pool->slots[i].start_at <= now)
			start_worker(pool, &pool->slots[i]);
}

/* One that lived for a second was well; one that died at once will likely die again. */
static void
note_death(struct worker_slot *slot, int status)
{
	int64_t now = clock_monotonic();
	bool early = now - slot->started < 1000000;

	if (!WIFEXITED(status) || WEXITSTATUS(status))
		log_warn("worker %d ended with %s %d", (int)slot->pid,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	slot->delay = !early ? 0 : slot->delay ? slot->delay * 2 : 1;
	if (slot->delay > DELAY_MAX)
		slot->delay = DELAY_MAX;
	slot->start_at = now + (int64_t)slot->delay * 1000000;
	slot->pid = 0;
}

static void
reap(struct pool *pool)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < pool->nslots; i++)
			if (pool->slots[i].pid == pid)
				note_death(&pool->slots[i], status);
		for (int i = 0; i < pool->nretiring; i++)
			if (pool->retiring[i] == pid)
				pool->retiring[i--] = pool->retiring[--pool->nretiring];
	}
}

static int
running(const struct pool *pool)
{
	int n = pool->nretiring;

	for (int i = 0; i < pool->nslots; i++)
		n += pool->slots[i].pid != 0;
	return n;
}

static void
signal_all(struct pool *pool, int signal_number)
{
	for (int i = 0; i < pool->nslots; i++)
		if (pool->slots[i].pid)
			kill(pool->slots[i].pid, signal_number);
	for (int i = 0; i < pool->nretiring; i++)
		kill(pool->retiring[i], signal_number);
}

/* New workers accept on the same socket before the old ones are told to leave. */
static void
reload(struct pool *pool, const struct pool_options *options)
{
	const char *why;

	reload_asked = 0;
	if (conf_load(options->config, &why) < 0) {
		log_error("the configuration is not changed: %s", why);
		return;
	}
	log_info("reloading");
	for (int i = 0; i < pool->nslots; i++) {
		pid_t old = pool->slots[i].pid;

		if (!old || pool->nretiring == WORKERS_MAX)
			continue;
		start_worker(pool, &pool->slots[i]);
		pool->retiring[pool->nretiring++] = old;
		kill(old, SIGTERM);
	}
}

static void
nap(int milliseconds)
{
	struct timespec t = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};

	nanosleep(&t, NULL);
}

/* What waits in the queue is served; then accept() finds it empty and the workers leave. */
static void
drain(struct pool *pool)
{
	int64_t until = clock_monotonic() + (int64_t)DRAIN_SECONDS * 1000000;

	fcntl(pool->fd, F_SETFL, O_NONBLOCK);
	while (running(pool) && clock_monotonic() < until) {
		signal_all(pool, SIGUSR2);
		nap(20);
		reap(pool);
	}
	signal_all(pool, SIGKILL);
}

static void
handle_signals(void)
{
	static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		struct sigaction action = {.sa_handler = on_signal};

		sigemptyset(&action.sa_mask);
		sigaction(wanted[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

static int
worker_count(const struct pool_options *options)
{
	long n = options->workers > 0 ? options->workers : (long)conf->workers,
	     cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (n <= 0)
		n = 4 * cores > 16 ? 4 * cores : 16;
	return n < WORKERS_MAX ? (int)n : WORKERS_MAX;
}

int
pool_run(const struct pool_options *options)
{
	static struct pool pool;

	pool.nslots = worker_count(options);
	pool.fd = open_socket(options);
	if (pool.fd < 0)
		return 1;
	metrics_open();
	metrics_workers_set(pool.nslots);
	handle_signals();
	log_info("listening on %s with %d workers", options->listen, pool.nslots);
	while (!stop_asked) {
		if (reload_asked)
			reload(&pool, options);
		reap(&pool);
		start_due(&pool);
		nap(1000);
	}
	log_info("stopping");
	if (strchr(options->listen, '/'))
		unlink(options->listen);
	drain(&pool);
	return 0;
}
