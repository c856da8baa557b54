#ifndef COFFER_METRICS_H
#define COFFER_METRICS_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct tool;

/*
 * Counters of all workers of a pool, in memory they share.  Workers spawned by a web server share
 * the file conf->metrics_file when one is configured and count alone otherwise.
 */

/* Map the counters; call once before forking (pool) or at the start (spawned worker). */
void metrics_open(void);

/* One HTTP request: its status and how long it took, in microseconds. */
void metrics_request(int status, int64_t us);

/* A request of nobody we know was refused: strangers are counted, not written to the database. */
void metrics_stranger_refused(void);

/* One call that came through the door, and its outcome; tool NULL: none was found. */
void metrics_tool(const struct tool *tool, bool ok);

void metrics_worker_started(void);

/* Take one of the progress-stream slots; false when all are taken (a quarter of the workers, or
 * conf->max_streams).  One that a worker died with is free again. */
bool metrics_stream_take(void);
void metrics_stream_give(void);

void metrics_workers_set(int workers);

/* Prometheus text exposition format 0.0.4. */
void metrics_render(struct buf *to);

#endif
