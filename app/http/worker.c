/* The loop of a worker: accept, read, answer, and only then the after-work. */
#include "worker.h"

#include <fcgiapp.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "conf.h"
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

static volatile sig_atomic_t listen_socket = -1;

/* accept() restarts after the handler and finds the descriptor closed; everything else goes on
 * undisturbed. */
static void
stop_listening(int signal_number)
{
	int fd = listen_socket;

	(void)signal_number;
	listen_socket = -1;
	if (fd >= 0)
		close(fd);
}

/* Wakes a blocked accept(), which then sees what the pool did to the socket. */
static void
wake(int signal_number)
{
	(void)signal_number;
}

static void
handle_signal(int signal_number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	sigaction(signal_number, &action, NULL);
}

/* They stand before FCGX_Init(), which leaves a SIGTERM handler alone that is already there. */
static void
install_handlers(void)
{
	sigset_t none;

	handle_signal(SIGTERM, stop_listening);
	handle_signal(SIGINT, stop_listening);
	handle_signal(SIGUSR1, stop_listening);
	handle_signal(SIGUSR2, wake);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
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

static void
account(struct rq *rq, const struct request *req, const struct response *res, int64_t started)
{
	int64_t us = clock_monotonic() - started;
	const char *who = rq->caller && rq->caller->key_prefix ? rq->caller->key_prefix
			  : rq->caller && rq->caller->email    ? rq->caller->email
							       : "-";

	metrics_request(res->status, us);
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
at_start(struct arena *mem, struct db *db)
{
	struct rq rq;

	rq_init(&rq, mem);
	rq.db = db;
	if (db_ready(&rq) == 0 && ddl_reconcile(&rq) < 0)
		log_warn("the journal could not be reconciled: %s", rq.err.message);
	db_rollback(&rq);
}

/* Workers of a pool retire at different times. */
static int64_t
requests_to_serve(void)
{
	int64_t n = conf->max_requests;

	return n > 0 ? n + (int64_t)(getpid() % 97) * (n / 1000) : INT64_MAX;
}

int
worker_run(int listen_fd)
{
	struct arena *mem = arena_new();
	struct db *db = db_new();
	int64_t left = requests_to_serve();
	FCGX_Request fcgi;

	listen_socket = listen_fd;
	install_handlers();
	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, listen_fd, 0) != 0) {
		log_error("FastCGI cannot be initialised");
		return 1;
	}
	install_handlers(); /* libfcgi takes SIGUSR1 without SA_RESTART */
	metrics_worker_started();
	at_start(mem, db);
	while (left-- > 0 && listen_socket >= 0) {
		struct rq rq;

		arena_reset(mem);
		if (FCGX_Accept_r(&fcgi) < 0)
			break;
		rq_init(&rq, mem);
		rq.db = db;
		if (serve(&rq, &fcgi) > TRIM_BODY) {
			arena_reset(mem);
			malloc_trim(0);
		}
	}
	FCGX_Free(&fcgi, 1);
	db_free(&db);
	arena_free(&mem);
	return 0;
}
