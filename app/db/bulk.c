/*
 * One statement for many rows, sent as one command.  The client library wants the values by column:
 * an array each of values, lengths and NULL marks.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "db_impl.h"
#include "log.h"
#include "rq.h"

/* What a value costs in the packet beside its text, at most: mark, length, number. */
enum { VALUE_MARGIN = 18 };

/* One placeholder: where its values stand, and the arrays made of them. */
struct column_values {
	const struct bind *first;
	size_t stride; /* to the next row's; 0: the same for all */
	enum bind_type type;
	char *indicators;
	int64_t *numbers;   /* BIND_INT, BIND_UINT, BIND_DOUBLE */
	const char **texts; /* the others */
	unsigned long *lengths;
	char (*times)[CLOCK_TEXT_SIZE]; /* BIND_TIME: what texts point to */
};

static const struct bind *
value_at(const struct column_values *column, size_t row)
{
	return column->first + row * column->stride;
}

static void
free_columns(struct column_values *columns, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(columns[i].indicators);
		free(columns[i].numbers);
		free(columns[i].texts);
		free(columns[i].lengths);
		free(columns[i].times);
	}
	free(columns);
}

static struct column_values *
locate_values(const struct bulk *bulk)
{
	struct column_values *columns = db_alloc(bulk->n, sizeof(*columns));
	size_t per_row = 0;
	size_t i;

	for (i = 0; i < bulk->n; i++)
		if (bulk->binds[i].type == BIND_EACH)
			columns[i].first = bulk->values + per_row++;
		else
			columns[i].first = &bulk->binds[i];
	for (i = 0; i < bulk->n; i++)
		columns[i].stride = bulk->binds[i].type == BIND_EACH ? per_row : 0;
	return columns;
}

static bool
is_number(enum bind_type type)
{
	return type == BIND_INT || type == BIND_UINT || type == BIND_DOUBLE;
}

/* The type of a column is that of its first value that is not NULL. */
static void
make_room(struct column_values *column, size_t nrows)
{
	size_t row;

	for (row = 0; row < nrows && column->type == BIND_NULL; row++)
		column->type = value_at(column, row)->type;
	if (column->type == BIND_NULL)
		column->type = BIND_STR;
	column->indicators = db_alloc(nrows, 1);
	if (is_number(column->type)) {
		column->numbers = db_alloc(nrows, sizeof(*column->numbers));
		return;
	}
	column->texts = db_alloc(nrows, sizeof(*column->texts));
	column->lengths = db_alloc(nrows, sizeof(*column->lengths));
	if (column->type == BIND_TIME)
		column->times = db_alloc(nrows, sizeof(*column->times));
}

static void
put(struct column_values *column, size_t row, const struct bind *value)
{
	if (value->type == BIND_NULL) {
		column->indicators[row] = STMT_INDICATOR_NULL;
	} else if (column->type == BIND_TIME) {
		/* as text: the library's own form of times in bulk is not documented */
		clock_sql(value->i, column->times[row]);
		column->texts[row] = column->times[row];
		column->lengths[row] = strlen(column->times[row]);
	} else if (is_number(column->type)) {
		/* the bits of a double as well */
		column->numbers[row] = value->i;
	} else {
		column->texts[row] = value->s;
		column->lengths[row] = value->len;
	}
}

static int
fill_column(struct rq *rq, struct column_values *column, const struct bulk *bulk)
{
	const struct bind *value;
	size_t row;

	make_room(column, bulk->nrows);
	for (row = 0; row < bulk->nrows; row++) {
		value = value_at(column, row);
		if (value->type != BIND_NULL && value->type != column->type) {
			log_error("one column of a bulk statement has values of two types: %s",
			    bulk->sql);
			return fail(rq, E_INTERNAL, "%s", err_default_text(E_INTERNAL));
		}
		put(column, row, value);
	}
	return 0;
}

static size_t
packet_size(const struct column_values *columns, const struct bulk *bulk)
{
	size_t size = VALUE_MARGIN * bulk->n * bulk->nrows;
	size_t i, row;

	for (i = 0; i < bulk->n; i++)
		for (row = 0; columns[i].lengths != NULL && row < bulk->nrows; row++)
			size += columns[i].lengths[row];
	return size;
}

static void
bind_column(MYSQL_BIND *param, const struct column_values *column)
{
	memset(param, 0, sizeof(*param));
	param->u.indicator = column->indicators;
	if (is_number(column->type)) {
		param->buffer_type =
		    column->type == BIND_DOUBLE ? MYSQL_TYPE_DOUBLE : MYSQL_TYPE_LONGLONG;
		param->is_unsigned = column->type == BIND_UINT;
		param->buffer = column->numbers;
		return;
	}
	param->buffer_type = column->type == BIND_BLOB ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
	param->buffer = (void *)column->texts;
	param->length = column->lengths;
}

/* The statement executed with its result not yet read, or NULL: failed and recorded. */
static struct stmt *
send_columns(struct rq *rq, struct column_values *columns, const struct bulk *bulk)
{
	struct stmt *stmt;
	size_t i;

	for (i = 0; i < bulk->n; i++)
		if (fill_column(rq, &columns[i], bulk) < 0)
			return NULL;
	if (stmt_check_size(rq, packet_size(columns, bulk)) < 0)
		return NULL;
	stmt = stmt_get(rq, bulk->sql, bulk->n);
	if (stmt == NULL)
		return NULL;
	for (i = 0; i < bulk->n; i++)
		bind_column(&stmt->params[i], &columns[i]);
	return stmt_send(rq, stmt, (unsigned)bulk->nrows) < 0 ? NULL : stmt;
}

int
bulk_run(struct rq *rq, const struct bulk *bulk, struct rows **rows_r)
{
	struct column_values *columns;
	struct stmt *stmt;

	assert(bulk->n > 0 && bulk->nrows > 0 && bulk->nrows <= UINT32_MAX);
	if (db_enter(rq, true) < 0)
		return -1;
	columns = locate_values(bulk);
	stmt = send_columns(rq, columns, bulk);
	free_columns(columns, bulk->n);
	if (stmt == NULL)
		return -1;
	return rows_r != NULL ? rows_read(rq, stmt, rows_r) : stmt_finish(rq, stmt);
}
