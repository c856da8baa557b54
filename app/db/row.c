/* Rows as callers see them: read ahead into the request's memory, or one by one as they come. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db_impl.h"
#include "log.h"
#include "out.h"
#include "rq.h"
#include "str.h"

/* One value.  INT, UINT, BIT and TIME are numbers, DOUBLE and FLOAT doubles, the others text. */
struct cell {
	union {
		int64_t i;
		uint64_t u;
		double d;
		const char *s;
	};
	uint32_t len;
	bool null;
};

struct row {
	struct row *next;
	struct cell cells[];
};

enum { SCRATCH = 32 };

struct rows {
	struct rq *rq;
	struct stmt *stmt; /* of a stream; NULL: all rows are here */
	const struct shape *shape;
	struct row *row; /* the current one, NULL before the first */
	struct row *first;
	char (*scratch)[SCRATCH]; /* per column, the text of a number */
};

static uint64_t
big_endian(const char *bytes, size_t len)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n = n << 8 | (unsigned char)bytes[i];
	return n;
}

/* The double that a person would write for the float: 1.1, not 1.10000002384. */
static double
shortest(float f)
{
	char text[SCRATCH];
	int digits;

	for (digits = 6; digits < 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)f);
		if (strtof(text, NULL) == f)
			return strtod(text, NULL);
	}
	return (double)f;
}

/* false for what is no moment: 0000-00-00, or a day that does not exist */
static bool
moment(const MYSQL_TIME *t, int64_t *us_r)
{
	struct clock_fields f = {
	    .year = (int)t->year,
	    .month = (int)t->month,
	    .day = (int)t->day,
	    .hour = (int)t->hour,
	    .minute = (int)t->minute,
	    .second = (int)t->second,
	    .microsecond = (int)t->second_part,
	};

	return clock_join(&f, us_r);
}

static void
set_cell(struct cell *cell, enum kind kind, const struct slot *slot)
{
	cell->null = slot->null;
	if (slot->null)
		return;
	switch (kind) {
	case KIND_INT:
	case KIND_UINT:
		cell->i = slot->i;
		break;
	case KIND_DOUBLE:
		cell->d = slot->d;
		break;
	case KIND_FLOAT:
		cell->d = shortest(slot->f);
		break;
	case KIND_TIME:
		cell->null = !moment(&slot->t, &cell->i);
		break;
	case KIND_BIT:
		cell->u = big_endian(slot->text, slot->len);
		break;
	case KIND_DECIMAL:
	case KIND_TEXT:
	case KIND_BINARY:
		cell->s = slot->text;
		cell->len = (uint32_t)slot->len;
		break;
	}
}

static bool
is_text(enum kind kind)
{
	return kind == KIND_DECIMAL || kind == KIND_TEXT || kind == KIND_BINARY;
}

static size_t
text_size(const struct result *r)
{
	size_t size = 0;
	size_t i;

	for (i = 0; i < r->shape->n; i++)
		if (is_text(r->shape->columns[i].kind) && !r->slots[i].null)
			size += r->slots[i].len + 1;
	return size;
}

/* The fetched row with its texts, in one piece. */
static struct row *
row_copy(struct arena *mem, const struct result *r)
{
	size_t head = sizeof(struct row) + r->shape->n * sizeof(struct cell);
	struct row *row = arena_alloc(mem, head + text_size(r));
	char *at = (char *)row + head;
	struct cell *cell;
	size_t i;

	for (i = 0; i < r->shape->n; i++) {
		cell = &row->cells[i];
		set_cell(cell, r->shape->columns[i].kind, &r->slots[i]);
		if (cell->null || !is_text(r->shape->columns[i].kind))
			continue;
		memcpy(at, cell->s, cell->len);
		cell->s = at;
		at += cell->len + 1;
	}
	return row;
}

/* The shape is copied: the statement may be closed while the rows are in use. */
static struct rows *
rows_new(struct rq *rq, const struct shape *shape)
{
	struct rows *rows = NEW(rq->mem, struct rows);
	struct shape *copy;

	rows->rq = rq;
	if (shape == NULL) {
		rows->shape = NEW(rq->mem, struct shape);
		return rows;
	}
	copy = arena_alloc(rq->mem, shape->size);
	memcpy(copy, shape, shape->size);
	rows->shape = copy;
	rows->scratch = arena_alloc(rq->mem, shape->n * sizeof(*rows->scratch));
	return rows;
}

int
rows_read(struct rq *rq, struct stmt *stmt, struct rows **rows_r)
{
	bool has_rows = mysql_stmt_field_count(stmt->handle) > 0;
	struct rows *rows = rows_new(rq, has_rows ? stmt->result.shape : NULL);
	struct row **last = &rows->first;
	int found = 0;

	while (has_rows && (found = result_fetch(&stmt->result, stmt->handle)) > 0) {
		*last = row_copy(rq->mem, &stmt->result);
		last = &(*last)->next;
		rq->db->affected++;
	}
	if (found < 0)
		return db_fail_stmt(rq, stmt);
	stmt_abandon(stmt);
	*rows_r = rows;
	return 0;
}

void
rows_open(struct rq *rq, struct stmt *stmt, struct rows **rows_r)
{
	struct rows *rows = rows_new(rq, stmt->result.shape);

	rows->stmt = stmt;
	rows->row = arena_alloc(rq->mem, sizeof(struct row) + rows->shape->n * sizeof(struct cell));
	rq->db->streaming = stmt;
	*rows_r = rows;
}

static int
next_of_stream(struct rows *rows)
{
	struct db *db = rows->rq->db;
	struct stmt *stmt = rows->stmt;
	int found;
	size_t i;

	if (db->streaming != stmt) {
		log_error("rows were read after their stream was closed");
		return fail(rows->rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
	}
	found = result_fetch(&stmt->result, stmt->handle);
	if (found <= 0) {
		db->streaming = NULL;
		if (found < 0)
			return db_fail_stmt(rows->rq, stmt);
		stmt_abandon(stmt);
		return 0;
	}
	for (i = 0; i < rows->shape->n; i++)
		set_cell(
		    &rows->row->cells[i], rows->shape->columns[i].kind, &stmt->result.slots[i]);
	return 1;
}

int
rows_next(struct rows *rows)
{
	if (rows->stmt != NULL)
		return next_of_stream(rows);
	rows->row = rows->first;
	if (rows->row == NULL)
		return 0;
	rows->first = rows->row->next;
	return 1;
}

void
rows_close(struct rows *rows)
{
	struct db *db = rows->rq->db;

	if (rows->stmt == NULL || db->streaming != rows->stmt)
		return;
	db->streaming = NULL;
	stmt_abandon(rows->stmt);
}

size_t
rows_columns(const struct rows *rows)
{
	return rows->shape->n;
}

const char *
rows_name(const struct rows *rows, size_t column)
{
	return (const char *)rows->shape + rows->shape->columns[column].name;
}

static const struct cell *
cell_at(const struct rows *rows, size_t column)
{
	return &rows->row->cells[column];
}

static enum kind
kind_at(const struct rows *rows, size_t column)
{
	return rows->shape->columns[column].kind;
}

bool
rows_null(const struct rows *rows, size_t column)
{
	return cell_at(rows, column)->null;
}

static void
format_double(double d, char to[SCRATCH])
{
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		snprintf(to, SCRATCH, "%.*g", digits, d);
		if (strtod(to, NULL) == d)
			return;
	}
}

const char *
rows_text(const struct rows *rows, size_t column, size_t *len_r)
{
	const struct cell *cell = cell_at(rows, column);
	enum kind kind = kind_at(rows, column);
	char *scratch = rows->scratch[column];
	const char *text = is_text(kind) ? cell->s : scratch;

	if (cell->null)
		return NULL;
	if (kind == KIND_INT)
		snprintf(scratch, SCRATCH, "%lld", (long long)cell->i);
	else if (kind == KIND_UINT || kind == KIND_BIT)
		snprintf(scratch, SCRATCH, "%llu", (unsigned long long)cell->u);
	else if (kind == KIND_DOUBLE || kind == KIND_FLOAT)
		format_double(cell->d, scratch);
	else if (kind == KIND_TIME)
		clock_format(cell->i, scratch);
	if (len_r != NULL)
		*len_r = is_text(kind) ? cell->len : strlen(scratch);
	return text;
}

static int64_t
whole(double d)
{
	if (isnan(d))
		return 0;
	if (d >= 9223372036854775807.0)
		return INT64_MAX;
	return d <= -9223372036854775808.0 ? INT64_MIN : (int64_t)d;
}

int64_t
rows_int(const struct rows *rows, size_t column)
{
	const struct cell *cell = cell_at(rows, column);
	enum kind kind = kind_at(rows, column);

	if (cell->null)
		return 0;
	if (is_text(kind))
		return strtoll(cell->s, NULL, 10);
	return kind == KIND_DOUBLE || kind == KIND_FLOAT ? whole(cell->d) : cell->i;
}

double
rows_double(const struct rows *rows, size_t column)
{
	const struct cell *cell = cell_at(rows, column);
	enum kind kind = kind_at(rows, column);

	if (cell->null)
		return 0;
	if (is_text(kind))
		return strtod(cell->s, NULL);
	if (kind == KIND_DOUBLE || kind == KIND_FLOAT)
		return cell->d;
	return kind == KIND_UINT || kind == KIND_BIT ? (double)cell->u : (double)cell->i;
}

int64_t
rows_time(const struct rows *rows, size_t column)
{
	const struct cell *cell = cell_at(rows, column);
	int64_t us = 0;

	if (!is_text(kind_at(rows, column)))
		return rows_int(rows, column);
	/* a DATE, or a time made by a function */
	return !cell->null && clock_parse(cell->s, cell->len, &us) ? us : 0;
}

char *
rows_dup(const struct rows *rows, size_t column)
{
	size_t len;
	const char *text = rows_text(rows, column, &len);

	return text != NULL ? arena_strndup(rows->rq->mem, text, len) : NULL;
}

/* A decimal of a ZEROFILL column begins with zeros that JSON does not allow. */
static void
out_decimal(struct out *out, const char *text, size_t len)
{
	while (len > 1 && text[0] == '0' && text[1] != '.') {
		text++;
		len--;
	}
	out_raw(out, text, len);
}

void
rows_out(const struct rows *rows, size_t column, struct out *out)
{
	const struct cell *cell = cell_at(rows, column);
	char time[CLOCK_TEXT_SIZE];

	if (cell->null) {
		out_null(out);
		return;
	}
	switch (kind_at(rows, column)) {
	case KIND_INT:
		out_int(out, cell->i);
		break;
	case KIND_UINT:
	case KIND_BIT:
		out_uint(out, cell->u);
		break;
	case KIND_DOUBLE:
	case KIND_FLOAT:
		out_double(out, cell->d);
		break;
	case KIND_TIME:
		clock_format(cell->i, time);
		out_str(out, time);
		break;
	case KIND_DECIMAL:
		out_decimal(out, cell->s, cell->len);
		break;
	case KIND_TEXT:
		out_strn(out, cell->s, cell->len);
		break;
	case KIND_BINARY:
		out_str(out, str_base64(rows->rq->mem, cell->s, cell->len));
		break;
	}
}

void
rows_out_json(const struct rows *rows, size_t column, struct out *out)
{
	const struct cell *cell = cell_at(rows, column);

	if (cell->null)
		out_null(out);
	else
		out_raw(out, cell->s, cell->len);
}
