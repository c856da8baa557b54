/* The activity log: who did what, with which tool and outcome. */
#include "activity_log.h"

#include <string.h>

#include "activity.h"
#include "arena.h"
#include "caller.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "out.h"
#include "param.h"
#include "rq.h"
#include "str.h"
#include "tool.h"
#include "uuid.h"

enum { COLUMNS = 16, CHUNK = 1000, AGENT_MAX = 255, IP_MAX = 45 };

#define INSERT                                                                                     \
	"INSERT INTO coffer_activity (id, workspace_id, user_id, key_id, face, tool, action, "     \
	"collection,"                                                                              \
	" item_id, outcome, ip, user_agent, payload, response, duration_ms, created_at)"           \
	" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* What all rows of one call share. */
struct frame {
	const char *face, *tool, *outcome, *response;
	int64_t duration_ms;
};

static const char *const faces[FACE__MAX] = {
    [FACE_MCP] = "mcp", [FACE_MCP_ADMIN] = "mcp-admin", [FACE_REST] = "rest", [FACE_CLI] = "cli"};

/* The namespace of actions that are named after how they came in. */
static const char *const spaces[FACE__MAX] = {
    [FACE_MCP] = "mcp", [FACE_MCP_ADMIN] = "mcp", [FACE_REST] = "request", [FACE_CLI] = "command"};

static const char *const systems[FACE__MAX] = {[FACE_MCP] = "system_mcp",
    [FACE_MCP_ADMIN] = "system_mcp",
    [FACE_REST] = "system_api",
    [FACE_CLI] = "system_cli"};

static const char *
clipped(struct rq *rq, const char *s, size_t max)
{
	return s ? arena_strndup(rq->mem, s, str_utf8_prefix(s, strlen(s), max)) : NULL;
}

static void
fill(struct rq *rq, const struct frame *frame, const struct activity_note *note,
    struct bind row[COLUMNS])
{
	const struct caller *caller = rq->caller;
	char *id = arena_alloc(rq->mem, UUID_TEXT_SIZE);

	uuid_new(id);
	memcpy(activity_of(rq)->written, id, UUID_TEXT_SIZE);
	row[0] = B(id);
	row[1] = caller ? B(caller->workspace_id) : bind_null();
	row[2] = caller ? B(caller->user_id) : bind_null();
	row[3] = caller ? B(caller->key_id) : bind_null();
	row[4] = B(frame->face);
	row[5] = B(frame->tool);
	row[6] = B(note->action);
	row[7] = B(note->collection);
	row[8] = B(note->item_id);
	row[9] = B(frame->outcome);
	row[10] = B(clipped(rq, rq->ip, IP_MAX));
	row[11] = B(clipped(rq, rq->user_agent, AGENT_MAX));
	row[12] = B(note->payload);
	row[13] = B(frame->response);
	row[14] = B(frame->duration_ms);
	row[15] = bind_time(rq->now);
}

/* Up to CHUNK notes as one statement; *note_r moves on. */
static int
write_chunk(struct rq *rq, const struct frame *frame, struct activity_note **note_r)
{
	struct arena_mark mark = arena_mark(rq->mem);
	struct bind *rows = NEWV(rq->mem, struct bind, CHUNK * COLUMNS);
	size_t n = 0;
	int done;

	for (; *note_r && n < CHUNK; *note_r = (*note_r)->next)
		fill(rq, frame, *note_r, rows + COLUMNS * n++);
	done = db_bulk_(rq, INSERT, rows, COLUMNS, n);
	if (done == 0)
		arena_release(rq->mem, mark);
	return done;
}

static int
write_notes(struct rq *rq, const struct frame *frame, struct activity_note *note)
{
	struct bind row[COLUMNS];

	if (!note->next) {
		fill(rq, frame, note, row);
		return db_exec_(rq, INSERT, row, COLUMNS);
	}
	while (note)
		if (write_chunk(rq, frame, &note) < 0)
			return -1;
	return 0;
}

/* A row that only says which operation was called, how. */
static struct activity_note
generic(struct rq *rq, const char *verb, struct json_object *args)
{
	const struct tool *tool = rq->tool;

	return (struct activity_note){
	    .action = arena_printf(rq->mem, "%s.%s", spaces[rq->face], verb),
	    .collection = systems[rq->face],
	    .item_id = tool ? tool->name : NULL,
	    .payload =
		tool ? arena_printf(rq->mem, "{\"args\":%s}", param_log(rq, tool->params, args))
		     : NULL,
	};
}

static struct frame
frame_of(const struct rq *rq, int64_t started)
{
	return (struct frame){.face = faces[rq->face],
	    .tool = rq->tool ? rq->tool->name : NULL,
	    .outcome = rq->is_error ? "partial" : "ok",
	    .duration_ms = (clock_monotonic() - started) / 1000};
}

int
activity_write(struct rq *rq, struct json_object *args, int64_t started)
{
	struct frame frame = frame_of(rq, started);
	struct activity_note note;

	if (rq->activity && rq->activity->first)
		return write_notes(rq, &frame, rq->activity->first);
	note = generic(rq, "call", args);
	return write_notes(rq, &frame, &note);
}

int
activity_stands(struct rq *rq)
{
	int64_t one;

	if (!rq->activity || !rq->activity->written[0])
		return 0;
	return db_int(rq, &one, "SELECT 1 FROM coffer_activity WHERE id = ? LOCK IN SHARE MODE",
	    B(rq->activity->written));
}

static const char *
failure_text(struct rq *rq, const struct err *err)
{
	struct out out;

	out_init(&out, rq->mem);
	out_object(&out);
	out_kstr(&out, "code", err_name(err->code));
	out_kstr(&out, "message", err->message);
	if (err->path)
		out_kstr(&out, "path", err->path);
	out_end(&out);
	return buf_text(&out.buf);
}

static bool
is_refusal(enum errcode code)
{
	return code == E_UNAUTHORIZED || code == E_FORBIDDEN || code == E_RATE_LIMITED;
}

static int
file_failure(struct rq *rq, const struct err *err, struct json_object *args, int64_t started)
{
	struct frame frame = frame_of(rq, started);
	struct activity_note note = generic(rq, is_refusal(err->code) ? "denied" : "error", args);

	frame.outcome = err_name(err->code);
	frame.response = failure_text(rq, err);
	if (write_notes(rq, &frame, &note) < 0)
		return -1;
	return db_commit(rq);
}

void
activity_failed(struct rq *rq, struct json_object *args, int64_t started)
{
	struct err err = rq->err;

	if (!rq->caller || rq->caller->plane == CALLER_ANONYMOUS) {
		log_info("%s refused to a stranger at %s: %s %s [%s]",
		    rq->tool ? rq->tool->name : "request", rq->ip ? rq->ip : "-",
		    err_name(err.code), err.message, rq->id);
		return;
	}
	rq->err = (struct err){0};
	if (file_failure(rq, &err, args, started) < 0) {
		log_warn("no activity row for %s of %s: %s [%s]", err_name(err.code),
		    rq->caller->user_id, rq->err.message, rq->id);
		db_rollback(rq);
	}
	rq->err = err;
}
