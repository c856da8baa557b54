#ifndef COFFER_BUF_H
#define COFFER_BUF_H

#include <stddef.h>

struct arena;

/* A growing byte buffer on an arena.  data is always NUL-terminated after the first addition; the
 * terminator is not counted in len.  Zero-initialise and set mem, or use buf_init(). */
struct buf {
	struct arena *mem;
	char *data;
	size_t len;
	size_t cap;
};

void buf_init(struct buf *b, struct arena *mem);
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Make room for len more bytes and return where they go; the caller then adds to b->len. */
char *buf_reserve(struct buf *b, size_t len);
/* The same, but the room holds anything: the caller sets the terminator, too. */
char *buf_room(struct buf *b, size_t len);

/* Cut back to len, which must not be greater than b->len. */
void buf_truncate(struct buf *b, size_t len);

/* The contents as a string; "" when empty. */
const char *buf_text(struct buf *b);

#endif
