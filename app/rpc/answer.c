/* From rows of system tables to answers. */
#include "answer.h"

#include <string.h>

#include "arena.h"
#include "db.h"
#include "rq.h"

static void
value(struct out *out, const struct rows *rows, size_t column, char kind)
{
	size_t len;
	const char *text;

	if (rows_null(rows, column)) {
		out_null(out);
	} else if (kind == '?') {
		out_bool(out, rows_int(rows, column) != 0);
	} else if (kind == '}') {
		text = rows_text(rows, column, &len);
		out_raw(out, text, len);
	} else {
		rows_out(rows, column, out);
	}
}

void
answer_object(struct out *out, const struct rows *rows, const char *names)
{
	out_object(out);
	for (size_t column = 0; *names; column++) {
		size_t len = strcspn(names, " ");
		char kind = names[len - 1];
		size_t name_len = kind == '?' ? len - 1 : kind == '}' ? len - 2 : len;

		out_key(out, arena_strndup(out->buf.mem, names, name_len));
		value(out, rows, column, kind);
		names += len + strspn(names + len, " ");
	}
	out_end(out);
}

int
answer_list(struct rq *rq, struct rows *rows, const char *names)
{
	int found;

	out_object(&rq->out);
	out_key(&rq->out, "data");
	out_array(&rq->out);
	while ((found = rows_next(rows)) == 1)
		answer_object(&rq->out, rows, names);
	if (found < 0)
		return -1;
	out_end(&rq->out);
	out_end(&rq->out);
	return 0;
}

int
answer_one(struct rq *rq, struct rows *rows, const char *names, const char *not_found)
{
	int found = rows_next(rows);

	if (found < 0)
		return -1;
	if (found == 0)
		return fail(rq, E_NOT_FOUND, "%s", not_found);
	out_object(&rq->out);
	out_key(&rq->out, "data");
	answer_object(&rq->out, rows, names);
	out_end(&rq->out);
	rows_close(rows);
	return 0;
}

int
answer_ok(struct rq *rq)
{
	out_object(&rq->out);
	out_kbool(&rq->out, "ok", true);
	out_end(&rq->out);
	return 0;
}
