/* The loop of a worker: accept, read, answer, and only then the after-work. */
#include "worker.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "conf.h"
#include "crypto.h"
#include "db.h"
#include "ddl.h"
#include "fcgi.h"
#include "log.h"
#include "metrics.h"
#include "router.h"
#include "rq.h"
#include "stream.h"
#include "tool.h"

enum { TRIM_BODY = 256 * 1024 };

/* Where a worker waits: the listening socket and the signals that are for it.  Signals are blocked
 * and read like any other event, so that they never interrupt a request in hand (libfcgi answers
 * EINTR by dropping the connection it has just accepted). */
struct gate {
	int epoll, signals;
	bool draining; /* leave as soon as nobody waits any more */
};

enum gate_news { GATE_CONNECTION, GATE_IDLE, GATE_LEAVE };

static bool
watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* EPOLLEXCLUSIVE: one connection wakes one of the workers that share the socket. */
static bool
gate_open(struct gate *gate, int listen_fd)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
	int flags = fcntl(listen_fd, F_GETFL);
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	gate->epoll = epoll_create1(EPOLL_CLOEXEC);
	gate->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return flags >= 0 && fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
	       watch(gate->epoll, listen_fd, EPOLLIN | EPOLLEXCLUSIVE) &&
	       watch(gate->epoll, gate->signals, EPOLLIN);
}

/* False when a signal says to leave now. */
static bool
heed_signals(struct gate *gate)
{
	struct signalfd_siginfo info;

	while (read(gate->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGUSR2)
			return false;
		gate->draining = true;
	}
	return true;
}

/* Wait for a connection; idle_ms -1: however long that takes. */
static enum gate_news
gate_wait(struct gate *gate, int idle_ms)
{
	struct epoll_event events[2];

	for (;;) {
		bool waits = false, signalled = false;
		int n = epoll_wait(gate->epoll, events, 2, gate->draining ? 0 : idle_ms);

		for (int i = 0; i < n; i++) {
			signalled |= events[i].data.fd == gate->signals;
			waits |= events[i].data.fd != gate->signals;
		}
		if (signalled && !heed_signals(gate))
			return GATE_LEAVE;
		if (waits)
			return GATE_CONNECTION;
		if (n == 0)
			return gate->draining ? GATE_LEAVE : GATE_IDLE;
		if (n < 0 && errno != EINTR)
			return GATE_LEAVE;
	}
}

static void
prepare(struct rq *rq, struct request *req, struct response *res)
{
	*req = (struct request){0};
	*res = (struct response){.status = 200, .content_type = "application/json"};
	buf_init(&res->headers, rq->mem);
	buf_init(&res->body, rq->mem);
}

static void
offer_stream(struct rq *rq, FCGX_Request *fcgi, struct request *req)
{
	if (req->accept && strstr(req->accept, "text/event-stream"))
		req->stream = fcgi_stream(rq, fcgi);
}

static bool
refused_stranger(const struct rq *rq, int status)
{
	if (rq->caller && rq->caller->plane != CALLER_ANONYMOUS)
		return false;
	return status == 401 || status == 403 || status == 429;
}

static void
account(struct rq *rq, const struct request *req, const struct response *res, int64_t started)
{
	int64_t us = clock_monotonic() - started;
	const char *who = rq->caller && rq->caller->key_prefix ? rq->caller->key_prefix
			  : rq->caller && rq->caller->email    ? rq->caller->email
							       : "-";

	metrics_request(res->status, us);
	if (refused_stranger(rq, res->status))
		metrics_stranger_refused();
	if (rq->tool)
		metrics_tool(rq->tool, rq->err.code == E_NONE && !rq->is_error);
	log_info("%s %s %d %s %s %lld.%lldms %s%s%s", req->method, req->path ? req->path : "-",
	    res->status, rq->tool ? rq->tool->name : "-", who, (long long)(us / 1000),
	    (long long)(us % 1000 / 100), rq->id, rq->err.code ? " " : "",
	    rq->err.code ? err_name(rq->err.code) : "");
}

/* Returns the size of the body, so that the loop can give memory back. */
static size_t
serve(struct rq *rq, FCGX_Request *fcgi)
{
	struct request req;
	struct response res;
	int64_t started = clock_monotonic();

	prepare(rq, &req, &res);
	if (fcgi_read(rq, fcgi, &req) < 0) {
		response_error(rq, &res);
	} else {
		offer_stream(rq, fcgi, &req);
		router_handle(rq, &req, &res);
	}
	if (fcgi_write(fcgi, &req, &res) < 0)
		log_debug("%s: the client left before the answer", rq->id);
	fcgi_stream_close(req.stream);
	FCGX_Finish_r(fcgi);
	tool_done(rq);
	account(rq, &req, &res, started);
	return req.body_len + res.body.len;
}

static void
at_start(struct db *db)
{
	struct arena *mem = arena_new();
	struct rq rq;

	rq_init(&rq, mem);
	rq.db = db;
	if (db_ready(&rq) == 0 && ddl_reconcile(&rq) < 0)
		log_warn("the journal could not be reconciled: %s", rq.err.message);
	db_rollback(&rq);
	arena_free(&mem);
}

/* Workers of a pool retire at different times. */
static int64_t
requests_to_serve(void)
{
	int64_t n = conf->max_requests;

	return n > 0 ? n + (int64_t)(getpid() % 97) * (n / 1000) : INT64_MAX;
}

static void
serve_next(struct arena *mem, struct db *db, FCGX_Request *fcgi)
{
	struct rq rq;

	rq_init(&rq, mem);
	rq.db = db;
	if (serve(&rq, fcgi) > TRIM_BODY) {
		arena_reset(mem);
		malloc_trim(0);
	}
}

/* 1 a request was served, 0 another worker was faster, -1 the socket is of no use. */
static int
accept_and_serve(struct arena *mem, struct db *db, FCGX_Request *fcgi)
{
	int accepted;

	arena_reset(mem);
	accepted = FCGX_Accept_r(fcgi);
	if (accepted >= 0) {
		serve_next(mem, db, fcgi);
		return 1;
	}
	if (accepted == -EAGAIN || accepted == -ECONNABORTED)
		return 0;
	log_error("connections cannot be accepted: %s", strerror(-accepted));
	return -1;
}

/* Where few connections to the database are allowed, idle workers do not hold any. */
static int
work(struct gate *gate, struct db *db, FCGX_Request *fcgi, int idle_ms)
{
	struct arena *mem = arena_new();
	int64_t left = requests_to_serve();
	bool rested = false;
	int served = 0;

	while (left > 0 && served >= 0) {
		enum gate_news news = gate_wait(gate, rested ? -1 : idle_ms);

		if (news == GATE_LEAVE)
			break;
		rested = news == GATE_IDLE;
		if (rested) {
			db_close(db);
			continue;
		}
		served = accept_and_serve(mem, db, fcgi);
		left -= served;
	}
	arena_free(&mem);
	return served < 0 ? 1 : 0;
}

int
worker_run(int listen_fd, int idle_ms)
{
	struct db *db = db_new();
	struct gate gate = {0};
	FCGX_Request fcgi;
	int status;

	if (!gate_open(&gate, listen_fd) || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&fcgi, listen_fd, 0) != 0) {
		log_error("FastCGI cannot be initialised");
		return 1;
	}
	metrics_worker_started();
	at_start(db);
	status = work(&gate, db, &fcgi, idle_ms);
	FCGX_Free(&fcgi, 1);
	db_free(&db);
	return status;
}

int
worker_configure(const char *path)
{
	static const char *const levels[] = {"error", "warn", "info", "debug"};
	int level = LOG_LEVEL_INFO;
	const char *why;

	if (conf_load(path, &why) < 0) {
		log_error("%s", why);
		return -1;
	}
	for (int i = 0; i < 4; i++)
		if (strcmp(conf->log_level, levels[i]) == 0)
			level = i;
	log_open(conf->log_file, level);
	if (!*conf->secret) {
		log_error("[security] secret is not set; make one with: openssl rand -hex 32");
		return -1;
	}
	crypto_init();
	crypto_set_secret(conf->secret);
	return 0;
}
