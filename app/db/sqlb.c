/*
 * SQL text made at run time.  Its parts are literals, numbers, placeholders and identifiers made
 * here; a caller's string has no way in.
 */
#include "sqlb.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "db_impl.h"

struct ident
ident_table(uint32_t workspace_no, uint32_t collection_no)
{
	struct ident id;

	snprintf(
	    id.text, sizeof(id.text), "`c_%" PRIu32 "_%" PRIu32 "`", workspace_no, collection_no);
	return id;
}

struct ident
ident_column(uint32_t field_no)
{
	struct ident id;

	snprintf(id.text, sizeof(id.text), "`f_%" PRIu32 "`", field_no);
	return id;
}

struct ident
ident_index(uint32_t index_no)
{
	struct ident id;

	snprintf(id.text, sizeof(id.text), "`ix_%" PRIu32 "`", index_no);
	return id;
}

struct ident
ident_literal_(const char *name)
{
	assert(strchr(name, '`') == NULL);
	return ident_existing(name);
}

struct ident
ident_existing(const char *name)
{
	struct ident id;
	size_t at = 0;

	id.text[at++] = '`';
	for (; *name != '\0'; name++) {
		assert(at + (*name == '`' ? 4 : 3) <= sizeof(id.text));
		if (*name == '`')
			id.text[at++] = '`';
		id.text[at++] = *name;
	}
	id.text[at++] = '`';
	id.text[at] = '\0';
	return id;
}

void
sqlb_init(struct sqlb *b, struct arena *mem)
{
	*b = (struct sqlb){.mem = mem};
	buf_init(&b->text, mem);
}

void
sqlb_text_(struct sqlb *b, const char *literal)
{
	buf_puts(&b->text, literal);
}

void
sqlb_uint(struct sqlb *b, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(&b->text, p, (size_t)(digits + sizeof(digits) - p));
}

void
sqlb_alias(struct sqlb *b, unsigned alias)
{
	buf_putc(&b->text, 't');
	sqlb_uint(b, alias);
}

void
sqlb_ident(struct sqlb *b, const struct ident *id)
{
	buf_puts(&b->text, id->text);
}

void
sqlb_column(struct sqlb *b, unsigned alias, const struct ident *column)
{
	if (alias != SQLB_BARE) {
		sqlb_alias(b, alias);
		buf_putc(&b->text, '.');
	}
	sqlb_ident(b, column);
}

static void
make_room(struct sqlb *b, size_t more)
{
	size_t cap = b->cap > 0 ? b->cap : 16;

	if (b->nbinds + more <= b->cap)
		return;
	while (cap < b->nbinds + more)
		cap *= 2;
	b->binds =
	    arena_grow(b->mem, b->binds, b->cap * sizeof(struct bind), cap * sizeof(struct bind));
	b->cap = cap;
}

void
sqlb_bind(struct sqlb *b, struct bind value)
{
	make_room(b, 1);
	b->binds[b->nbinds++] = value;
	buf_putc(&b->text, '?');
}

void
sqlb_each(struct sqlb *b)
{
	sqlb_bind(b, (struct bind){.type = BIND_EACH});
}

void
sqlb_append(struct sqlb *b, const struct sqlb *from)
{
	buf_add(&b->text, from->text.data, from->text.len);
	if (from->nbinds == 0)
		return;
	make_room(b, from->nbinds);
	memcpy(b->binds + b->nbinds, from->binds, from->nbinds * sizeof(struct bind));
	b->nbinds += from->nbinds;
}

int
sqlb_exec(struct rq *rq, struct sqlb *b)
{
	return db_exec_(rq, buf_text(&b->text), b->binds, b->nbinds);
}

int
sqlb_query(struct rq *rq, struct sqlb *b, struct rows **rows_r)
{
	return db_query_(rq, rows_r, buf_text(&b->text), b->binds, b->nbinds);
}

int
sqlb_stream(struct rq *rq, struct sqlb *b, struct rows **rows_r)
{
	return db_stream_(rq, rows_r, buf_text(&b->text), b->binds, b->nbinds);
}

int
sqlb_bulk(
    struct rq *rq, struct sqlb *b, const struct bind *values, size_t nrows, struct rows **rows_r)
{
	const struct bulk bulk = {
	    .sql = buf_text(&b->text),
	    .binds = b->binds,
	    .n = b->nbinds,
	    .values = values,
	    .nrows = nrows,
	};

	return bulk_run(rq, &bulk, rows_r);
}
