/* Counters shared by the workers, and their text form. */
#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buf.h"
#include "conf.h"
#include "log.h"
#include "tool.h"

enum { TOOLS_MAX = 256, NBUCKETS = 10, STREAMS_MAX = 1024 };

/* Upper bounds in microseconds; the last bucket is +Inf. */
static const int64_t buckets[NBUCKETS] = {
    500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000, 10000000};

struct shared {
	_Atomic uint64_t status[6]; /* by hundred */
	_Atomic uint64_t bucket[NBUCKETS + 1];
	_Atomic uint64_t total_us;
	_Atomic uint64_t tools[TOOLS_MAX][2]; /* failed, succeeded; the last row: unknown tools */
	_Atomic uint64_t workers_started;
	_Atomic uint64_t streams_started;
	_Atomic uint64_t streams_refused;
	_Atomic int64_t workers;
	_Atomic uint64_t strangers_refused;
	_Atomic pid_t streams[STREAMS_MAX]; /* who holds the slot; 0: nobody */
};

static struct shared alone, *shared = &alone;

static struct shared *
map_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *map = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(struct shared)) == 0)
		map = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED) {
		log_warn("the metrics file cannot be used, this worker counts alone");
		return &alone;
	}
	return map;
}

void
metrics_open(void)
{
	void *map;

	if (shared != &alone)
		return;
	if (*conf->metrics_file) {
		shared = map_file(conf->metrics_file);
		return;
	}
	map = mmap(
	    NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map != MAP_FAILED)
		shared = map;
}

void
metrics_request(int status, int64_t us)
{
	int i = 0;

	while (i < NBUCKETS && us > buckets[i])
		i++;
	shared->bucket[i]++;
	shared->total_us += us > 0 ? (uint64_t)us : 0;
	shared->status[status >= 100 && status < 600 ? status / 100 : 0]++;
}

void
metrics_stranger_refused(void)
{
	shared->strangers_refused++;
}

/* The position of a tool in the order of listing; the same in every worker of one build. */
static int
tool_index(const struct tool *tool)
{
	int i = 0;

	for (const struct tool *t = tool_next(NULL); t; t = tool_next(t), i++)
		if (t == tool)
			return i < TOOLS_MAX - 1 ? i : TOOLS_MAX - 1;
	return TOOLS_MAX - 1;
}

void
metrics_tool(const struct tool *tool, bool ok)
{
	shared->tools[tool_index(tool)][ok]++;
}

void
metrics_worker_started(void)
{
	shared->workers_started++;
}

void
metrics_workers_set(int workers)
{
	shared->workers = workers;
}

static int64_t
stream_slots(void)
{
	int64_t slots = conf->max_streams > 0 ? conf->max_streams : shared->workers / 4;

	if (slots > STREAMS_MAX)
		return STREAMS_MAX;
	return slots > 1 ? slots : 1;
}

/* A worker that died did not give its slot back. */
static bool
is_held(pid_t holder)
{
	return holder != 0 && (kill(holder, 0) == 0 || errno != ESRCH);
}

/* A worker has one stream at a time: a slot in its own name is left from an earlier process. */
static bool
take_slot(_Atomic pid_t *slot, pid_t self)
{
	pid_t holder = *slot;

	if (holder != self && is_held(holder))
		return false;
	return atomic_compare_exchange_strong(slot, &holder, self);
}

bool
metrics_stream_take(void)
{
	int64_t slots = stream_slots();
	pid_t self = getpid();

	for (int64_t i = 0; i < slots; i++) {
		if (!take_slot(&shared->streams[i], self))
			continue;
		shared->streams_started++;
		return true;
	}
	shared->streams_refused++;
	return false;
}

void
metrics_stream_give(void)
{
	pid_t self = getpid();

	for (int i = 0; i < STREAMS_MAX; i++)
		if (shared->streams[i] == self)
			shared->streams[i] = 0;
}

static int64_t
streams_open(void)
{
	int64_t n = 0;

	for (int i = 0; i < STREAMS_MAX; i++)
		n += is_held(shared->streams[i]);
	return n;
}

static void
head(struct buf *to, const char *name, const char *type, const char *help)
{
	buf_printf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
single(struct buf *to, const char *name, const char *type, const char *help, int64_t value)
{
	head(to, name, type, help);
	buf_printf(to, "%s %lld\n", name, (long long)value);
}

static void
render_durations(struct buf *to)
{
	uint64_t sum = 0;

	head(to, "coffer_http_request_duration_seconds", "histogram",
	    "Time from reading a request to its answer.");
	for (int i = 0; i < NBUCKETS; i++) {
		sum += shared->bucket[i];
		buf_printf(to, "coffer_http_request_duration_seconds_bucket{le=\"%g\"} %llu\n",
		    (double)buckets[i] / 1e6, (unsigned long long)sum);
	}
	sum += shared->bucket[NBUCKETS];
	buf_printf(to,
	    "coffer_http_request_duration_seconds_bucket{le=\"+Inf\"} %llu\n"
	    "coffer_http_request_duration_seconds_sum %.6f\n"
	    "coffer_http_request_duration_seconds_count %llu\n",
	    (unsigned long long)sum, (double)shared->total_us / 1e6, (unsigned long long)sum);
}

static void
render_tool(struct buf *to, const char *name, int index)
{
	static const char *const outcome[] = {"error", "ok"};

	for (int ok = 0; ok < 2; ok++)
		if (shared->tools[index][ok])
			buf_printf(to, "coffer_tool_calls_total{tool=\"%s\",outcome=\"%s\"} %llu\n",
			    name, outcome[ok], (unsigned long long)shared->tools[index][ok]);
}

void
metrics_render(struct buf *to)
{
	int i = 0;

	head(to, "coffer_http_requests_total", "counter", "HTTP requests by class of status.");
	for (int class = 1; class < 6; class ++)
		buf_printf(to, "coffer_http_requests_total{status=\"%dxx\"} %llu\n", class,
		    (unsigned long long)shared->status[class]);
	render_durations(to);
	head(to, "coffer_tool_calls_total", "counter", "Calls of operations, on every face.");
	for (const struct tool *t = tool_next(NULL); t && i < TOOLS_MAX - 1; t = tool_next(t), i++)
		render_tool(to, t->name, i);
	render_tool(to, "unknown", TOOLS_MAX - 1);
	single(to, "coffer_strangers_refused_total", "counter",
	    "Requests of nobody we know that were refused.", (int64_t)shared->strangers_refused);
	single(to, "coffer_workers_started_total", "counter", "Worker processes started.",
	    (int64_t)shared->workers_started);
	single(to, "coffer_streams_started_total", "counter", "Progress streams started.",
	    (int64_t)shared->streams_started);
	single(to, "coffer_streams_refused_total", "counter",
	    "Progress streams not started for want of a slot.", (int64_t)shared->streams_refused);
	single(to, "coffer_streams_open", "gauge", "Progress streams open now.", streams_open());
}
