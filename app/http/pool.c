/* The pool: a listening socket and the workers that share it. */
#include <arpa/inet.h>
#include <errno.h>
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

enum {
	BACKLOG = 1024,
	WORKERS_MAX = 1024,
	DRAIN_SECONDS = 60,
	DELAY_MAX = 30,
	RETIRING_MAX = 4 * WORKERS_MAX
};

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
	pid_t retiring[RETIRING_MAX]; /* replaced on reload, finishing their request */
	int nretiring;
};

static bool
is_path(const char *listen)
{
	return strchr(listen, '/') || !strchr(listen, ':');
}

/* A socket that nobody listens on any more makes way, and nothing else does. */
static bool
make_way(const char *path, const struct sockaddr_un *address)
{
	struct stat there;
	int probe, connected;

	if (lstat(path, &there) < 0)
		return true;
	if (!S_ISSOCK(there.st_mode)) {
		log_error("%s is there already and no socket", path);
		return false;
	}
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	connected = connect(probe, (const struct sockaddr *)address, sizeof *address);
	close(probe);
	if (connected == 0) {
		log_error("another program is listening on %s", path);
		return false;
	}
	unlink(path);
	return true;
}

static int
listen_unix(const char *path, int mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof address.sun_path) {
		log_error(
		    "the socket's path is longer than %zu bytes", sizeof address.sun_path - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	if (!make_way(path, &address))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	umask(0077);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    chmod(path, (mode_t)mode) < 0 || listen(fd, BACKLOG) < 0) {
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
	if (is_path(options->listen))
		return listen_unix(options->listen, options->socket_mode);
	return listen_tcp(options->listen);
}

/* The pool's signals stay blocked in the worker, which reads its own (worker.c): none is lost
 * between fork and there. */
static void
start_worker(struct pool *pool, struct worker_slot *slot)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			exit(0);
		signal(SIGHUP, SIG_IGN);
		exit(worker_run(pool->fd, -1));
	}
	if (pid < 0)
		log_error("cannot start a worker: %s", strerror(errno));
	slot->pid = pid > 0 ? pid : 0;
	slot->started = clock_monotonic();
	slot->start_at = slot->started + (pid > 0 ? 0 : 1000000);
}

static void
start_due(struct pool *pool)
{
	int64_t now = clock_monotonic();

	for (int i = 0; i < pool->nslots; i++)
		if (!pool->slots[i].pid && pool->slots[i].start_at <= now)
			start_worker(pool, &pool->slots[i]);
}

/* One that retired or lived for a second was well; one that died at once will likely die again. */
static void
note_death(struct worker_slot *slot, int status)
{
	int64_t now = clock_monotonic();
	bool retired = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	bool early = !retired && now - slot->started < 1000000;

	slot->delay = !early ? 0 : slot->delay ? slot->delay * 2 : 1;
	if (slot->delay > DELAY_MAX)
		slot->delay = DELAY_MAX;
	if (!retired)
		log_warn("worker %d ended with %s %d; another starts in %d s", (int)slot->pid,
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), slot->delay);
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

static int
worker_count(const struct pool_options *options)
{
	long n = options->workers > 0 ? options->workers : (long)conf->workers,
	     cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (n <= 0)
		n = 4 * cores > 16 ? 4 * cores : 16;
	return n < WORKERS_MAX ? (int)n : WORKERS_MAX;
}

/* The socket stays open, and new workers stand before the old ones are told to leave. */
static void
reload(struct pool *pool, const struct pool_options *options)
{
	int first = pool->nretiring;

	if (first + pool->nslots > RETIRING_MAX) {
		log_error("too many workers of earlier reloads have not left yet");
		return;
	}
	if (worker_configure(options->config) < 0) {
		log_error("the workers keep the configuration they have");
		return;
	}
	log_info("reloading");
	for (int i = 0; i < pool->nslots; i++)
		if (pool->slots[i].pid)
			pool->retiring[pool->nretiring++] = pool->slots[i].pid;
	memset(pool->slots, 0, sizeof pool->slots);
	pool->nslots = worker_count(options);
	metrics_workers_set(pool->nslots);
	start_due(pool);
	for (int i = first; i < pool->nretiring; i++)
		kill(pool->retiring[i], SIGTERM);
}

/* What waits in the queue is served; then the workers leave. */
static void
drain(struct pool *pool, const sigset_t *signals)
{
	struct timespec tick = {.tv_nsec = 20000000};
	int64_t until = clock_monotonic() + (int64_t)DRAIN_SECONDS * 1000000;

	signal_all(pool, SIGUSR2);
	while (running(pool) && clock_monotonic() < until) {
		sigtimedwait(signals, NULL, &tick);
		reap(pool);
	}
	signal_all(pool, SIGKILL);
}

/* They are blocked and waited for, so that none is missed. */
static void
block_signals(sigset_t *set)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(set, numbers[i]);
	sigprocmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
supervise(struct pool *pool, const struct pool_options *options, const sigset_t *signals)
{
	struct timespec tick = {.tv_sec = 1};
	int number = 0;

	while (number != SIGTERM && number != SIGINT) {
		if (number == SIGHUP)
			reload(pool, options);
		reap(pool);
		start_due(pool);
		number = sigtimedwait(signals, NULL, &tick);
	}
}

int
pool_run(const struct pool_options *options)
{
	static struct pool pool;
	sigset_t signals;

	pool.nslots = worker_count(options);
	pool.fd = open_socket(options);
	if (pool.fd < 0)
		return 1;
	metrics_open();
	metrics_workers_set(pool.nslots);
	block_signals(&signals);
	log_info("listening on %s with %d workers", options->listen, pool.nslots);
	supervise(&pool, options, &signals);
	log_info("stopping");
	if (is_path(options->listen))
		unlink(options->listen);
	drain(&pool, &signals);
	return 0;
}
