/* A growing byte buffer on an arena. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

enum { CAPACITY_MIN = 64 };

char *
buf_room(struct buf *b, size_t len)
{
	size_t cap = b->cap < CAPACITY_MIN / 2 ? CAPACITY_MIN : 2 * b->cap;

	if (b->cap - b->len <= len) {
		if (cap - b->len <= len)
			cap = b->len + len + 1;
		b->data = arena_grow_raw(b->mem, b->data, b->cap, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buf_init(struct buf *b, struct arena *mem)
{
	*b = (struct buf){.mem = mem};
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
	char *to = buf_room(b, len);

	if (len > 0)
		memcpy(to, bytes, len);
	to[len] = '\0';
	b->len += len;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	char *to = buf_room(b, 1);

	to[0] = c;
	to[1] = '\0';
	b->len++;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char *to = buf_room(b, 1);
	size_t space = b->cap - b->len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(to, space, fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len >= space) {
		to = buf_room(b, (size_t)len);
		va_start(ap, fmt);
		len = vsnprintf(to, (size_t)len + 1, fmt, ap);
		va_end(ap);
	}
	if (len > 0)
		b->len += (size_t)len;
	b->data[b->len] = '\0';
}

char *
buf_reserve(struct buf *b, size_t len)
{
	return memset(buf_room(b, len), 0, len + 1);
}

void
buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

const char *
buf_text(struct buf *b)
{
	return b->len == 0 ? "" : b->data;
}
