/*
 * Fetching rows: numbers and times in binary, everything else as text, into buffers that belong to
 * the statement, so that a row costs no allocation.
 */
#include <stdlib.h>
#include <string.h>

#include "db_impl.h"

/* The client's number of a binary character set. */
enum { CHARSET_BINARY = 63 };

/* A text buffer to begin with, and how much a statement may keep between executions. */
enum { TEXT_FIRST = 256, TEXT_KEEP = 32 * 1024 };

static enum kind
kind_of(const MYSQL_FIELD *field)
{
	switch (field->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
		return field->flags & UNSIGNED_FLAG ? KIND_UINT : KIND_INT;
	case MYSQL_TYPE_FLOAT:
		return KIND_FLOAT;
	case MYSQL_TYPE_DOUBLE:
		return KIND_DOUBLE;
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		return KIND_DECIMAL;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		return KIND_TIME;
	case MYSQL_TYPE_BIT:
		return KIND_BIT;
	case MYSQL_TYPE_STRING:
	case MYSQL_TYPE_VAR_STRING:
	case MYSQL_TYPE_VARCHAR:
	case MYSQL_TYPE_TINY_BLOB:
	case MYSQL_TYPE_MEDIUM_BLOB:
	case MYSQL_TYPE_LONG_BLOB:
	case MYSQL_TYPE_BLOB:
	case MYSQL_TYPE_GEOMETRY:
		return field->charsetnr == CHARSET_BINARY ? KIND_BINARY : KIND_TEXT;
	default:
		return KIND_TEXT;
	}
}

static struct shape *
shape_new(const MYSQL_FIELD *fields, size_t n)
{
	size_t size = sizeof(struct shape) + n * sizeof(struct column);
	size_t at = size;
	struct shape *shape;
	size_t i;

	for (i = 0; i < n; i++)
		size += strlen(fields[i].name) + 1;
	shape = db_alloc(1, size);
	shape->size = size;
	shape->n = n;
	for (i = 0; i < n; i++) {
		shape->columns[i].kind = kind_of(&fields[i]);
		shape->columns[i].name = (unsigned)at;
		strcpy((char *)shape + at, fields[i].name);
		at += strlen(fields[i].name) + 1;
	}
	return shape;
}

static void
free_slots(struct result *r)
{
	size_t i;

	for (i = 0; r->shape != NULL && i < r->shape->n; i++)
		free(r->slots[i].text);
	free(r->slots);
	free(r->binds);
	r->slots = NULL;
	r->binds = NULL;
	r->text_bytes = 0;
}

void
result_free(struct result *r)
{
	free_slots(r);
	free(r->shape);
	r->shape = NULL;
}

/* Give the column a text buffer of at least cap bytes. */
static void
set_text(struct result *r, size_t column, unsigned long cap)
{
	struct slot *slot = &r->slots[column];

	r->text_bytes += cap - slot->cap;
	free(slot->text);
	slot->text = db_alloc(cap + 1, 1);
	slot->cap = cap;
	r->binds[column].buffer = slot->text;
	r->binds[column].buffer_length = cap;
}

static void
bind_column(struct result *r, size_t column)
{
	struct slot *slot = &r->slots[column];
	MYSQL_BIND *bind = &r->binds[column];

	bind->is_null = &slot->null;
	bind->length = &slot->len;
	bind->buffer = &slot->i;
	switch (r->shape->columns[column].kind) {
	case KIND_INT:
	case KIND_UINT:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->is_unsigned = r->shape->columns[column].kind == KIND_UINT;
		break;
	case KIND_DOUBLE:
		bind->buffer_type = MYSQL_TYPE_DOUBLE;
		break;
	case KIND_FLOAT:
		bind->buffer_type = MYSQL_TYPE_FLOAT;
		break;
	case KIND_TIME:
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		break;
	case KIND_DECIMAL:
	case KIND_TEXT:
		bind->buffer_type = MYSQL_TYPE_STRING;
		set_text(r, column, TEXT_FIRST);
		break;
	case KIND_BIT:
	case KIND_BINARY:
		bind->buffer_type = MYSQL_TYPE_BLOB;
		set_text(r, column, TEXT_FIRST);
		break;
	}
}

static int
make_slots(struct result *r, MYSQL_STMT *handle)
{
	size_t i;

	r->slots = db_alloc(r->shape->n, sizeof(struct slot));
	r->binds = db_alloc(r->shape->n, sizeof(MYSQL_BIND));
	for (i = 0; i < r->shape->n; i++)
		bind_column(r, i);
	return mysql_stmt_bind_result(handle, r->binds) != 0 ? -1 : 0;
}

/* Types may change under a statement: the server prepares it again without a word. */
static bool
fits(const struct shape *shape, const MYSQL_FIELD *fields, size_t n)
{
	size_t i;

	if (shape == NULL || shape->n != n)
		return false;
	for (i = 0; i < n; i++)
		if (kind_of(&fields[i]) != shape->columns[i].kind)
			return false;
	return true;
}

int
result_adapt(struct result *r, MYSQL_STMT *handle)
{
	size_t n = mysql_stmt_field_count(handle);

	if (n == 0 || fits(r->shape, handle->fields, n))
		return 0;
	result_free(r);
	r->shape = shape_new(handle->fields, n);
	return make_slots(r, handle);
}

/* A text longer than its buffer: get a larger one, and the text again. */
static int
refetch(struct result *r, MYSQL_STMT *handle, size_t column)
{
	struct slot *slot = &r->slots[column];
	unsigned long cap = slot->cap;
	MYSQL_BIND bind;

	while (cap < slot->len)
		cap *= 2;
	set_text(r, column, cap);
	bind = r->binds[column];
	return mysql_stmt_fetch_column(handle, &bind, (unsigned)column, 0) != 0 ? -1 : 0;
}

static int
complete_texts(struct result *r, MYSQL_STMT *handle)
{
	bool grown = false;
	struct slot *slot;
	size_t i;

	for (i = 0; i < r->shape->n; i++) {
		slot = &r->slots[i];
		if (slot->cap == 0 || slot->null)
			continue;
		if (slot->len > slot->cap) {
			if (refetch(r, handle, i) < 0)
				return -1;
			grown = true;
		}
		slot->text[slot->len] = '\0';
	}
	/* only now: binding again loses the place of the row's columns */
	return grown && mysql_stmt_bind_result(handle, r->binds) != 0 ? -1 : 0;
}

int
result_fetch(struct result *r, MYSQL_STMT *handle)
{
	int status = mysql_stmt_fetch(handle);

	if (status == MYSQL_NO_DATA)
		return 0;
	if (status != 0 || complete_texts(r, handle) < 0)
		return -1;
	return 1;
}

void
result_trim(struct result *r, MYSQL_STMT *handle)
{
	if (r->text_bytes <= TEXT_KEEP)
		return;
	free_slots(r);
	if (make_slots(r, handle) < 0)
		result_free(r);
}
