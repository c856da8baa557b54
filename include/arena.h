#ifndef COFFER_ARENA_H
#define COFFER_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory with two lifetimes: one arena per request, one per snapshot.  Everything in an arena is
 * freed together; nothing in it is freed alone.  Allocations are zeroed, aligned for any type and
 * never NULL: when memory is exhausted the process logs and aborts, and the pool starts another.
 */
struct arena;

/* A point to return to; see arena_release(). */
struct arena_mark {
	void *block;
	size_t used;
	void *cleanup;
};

struct arena *arena_new(void);

/* Run the deferred cleanups, newest first, free everything and set *a to NULL.  *a may be NULL. */
void arena_free(struct arena **a);

/* As arena_free(), but keep the arena and up to 256 KiB of its memory for the next user. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t size);

/* A block of new_size holding the first old_size bytes of ptr (NULL if old_size is 0), the rest
 * zeroed.  Extends in place when ptr was the last allocation. */
void *arena_grow(struct arena *a, void *ptr, size_t old_size, size_t new_size);
/* The same, but what is new is not zeroed: for bytes that are written before they are read. */
void *arena_grow_raw(struct arena *a, void *ptr, size_t old_size, size_t new_size);

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Call fn(arg) when the arena is reset or freed, or released past this point; newest first.  For
 * what does not live in an arena: json-c roots, result sets, descriptors. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);

/* arena_release() gives back all that was allocated since the mark and runs the cleanups deferred
 * since.  For loops over many rows. */
struct arena_mark arena_mark(struct arena *a);
void arena_release(struct arena *a, struct arena_mark mark);

/* Bytes held from the system. */
size_t arena_bytes(const struct arena *a);

#define NEW(a, T)     ((T *)arena_alloc((a), sizeof(T)))
#define NEWV(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))

#endif
