/*
 * Memory that is freed together: a chain of growing blocks, kept in part between requests.  A build
 * with ARENA_DEBUG makes one block per allocation, so that the sanitizers see every stale pointer.
 */
#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

enum {
	ALIGNMENT = _Alignof(max_align_t),
	BLOCK_MIN = 16 * 1024,
	BLOCK_MAX = 256 * 1024,
	KEEP = 256 * 1024,
};

/* Bytes from used to dirty were used before and are not zero; those behind dirty never were. */
struct block {
	struct block *next;
	size_t size, used, dirty;
	_Alignas(max_align_t) unsigned char data[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *first, *current;
	struct cleanup *cleanups;
	size_t bytes;
};

static _Noreturn void
out_of_memory(size_t size)
{
	log_error("out of memory: %zu bytes were asked for", size);
	abort();
}

static struct block *
block_new(struct arena *a, size_t size)
{
	struct block *b = NULL;

	if (size <= PTRDIFF_MAX - sizeof(struct block))
		b = calloc(1, sizeof(struct block) + size);
	if (b == NULL)
		out_of_memory(size);
	b->size = size;
	a->bytes += sizeof(struct block) + size;
	return b;
}

/* Free what follows b in the chain. */
static void
free_after(struct arena *a, struct block *b)
{
	struct block *next, *gone;

	for (gone = b->next; gone != NULL; gone = next) {
		next = gone->next;
		a->bytes -= sizeof(struct block) + gone->size;
		free(gone);
	}
	b->next = NULL;
}

static void
run_cleanups(struct arena *a, const struct cleanup *until)
{
	struct cleanup *c;

	while ((c = a->cleanups) != until) {
		a->cleanups = c->next;
		c->fn(c->arg);
	}
}

#ifdef ARENA_DEBUG

static void *
take_raw(struct arena *a, size_t size)
{
	struct block *b = block_new(a, size);

	a->current->next = b;
	a->current = b;
	return b->data;
}

static void *
take(struct arena *a, size_t size)
{
	return take_raw(a, size);
}

static bool
extend_raw(struct arena *a, void *ptr, size_t old_size, size_t new_size)
{
	(void)a, (void)ptr, (void)old_size, (void)new_size;
	return false;
}

static void
rewind_to(struct arena *a, struct block *block, size_t used)
{
	(void)used;
	a->current = block;
	free_after(a, block);
}

static void
keep_some(struct arena *a)
{
	rewind_to(a, a->first, 0);
}

#else

static size_t
rounded(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* The room of a block from used on that is enough for size. */
static void *
carve_raw(struct block *b, size_t size)
{
	unsigned char *p = b->data + b->used;

	b->used += size;
	if (b->dirty < b->used)
		b->dirty = b->used;
	return p;
}

/* The same zeroed. */
static void *
carve(struct block *b, size_t size)
{
	size_t dirty = b->dirty > b->used ? b->dirty - b->used : 0;
	void *p = carve_raw(b, size);

	return memset(p, 0, size < dirty ? size : dirty);
}

/* Make current a block with room for size, the next one if it is large enough. */
static void
advance(struct arena *a, size_t size)
{
	struct block *b = a->current->next;
	size_t want = a->bytes < BLOCK_MAX ? a->bytes : BLOCK_MAX;

	if (b == NULL || b->size < size) {
		b = block_new(a, size > want ? size : want);
		b->next = a->current->next;
		a->current->next = b;
	}
	b->used = 0;
	a->current = b;
}

/* The size as it is taken from the current block, which is made to have room for it. */
static size_t
make_room(struct arena *a, size_t size)
{
	if (size > PTRDIFF_MAX - ALIGNMENT)
		out_of_memory(size);
	size = rounded(size);
	if (a->current->size - a->current->used < size)
		advance(a, size);
	return size;
}

static void *
take(struct arena *a, size_t size)
{
	size = make_room(a, size);
	return carve(a->current, size);
}

static void *
take_raw(struct arena *a, size_t size)
{
	size = make_room(a, size);
	return carve_raw(a->current, size);
}

static bool
extend_raw(struct arena *a, void *ptr, size_t old_size, size_t new_size)
{
	struct block *b = a->current;
	size_t more;

	if (new_size > PTRDIFF_MAX - ALIGNMENT)
		return false;
	old_size = rounded(old_size);
	more = rounded(new_size) - old_size;
	if ((unsigned char *)ptr + old_size != b->data + b->used || b->size - b->used < more)
		return false;
	carve_raw(b, more);
	return true;
}

static void
rewind_to(struct arena *a, struct block *block, size_t used)
{
	a->current = block;
	block->used = used;
}

static void
keep_some(struct arena *a)
{
	struct block *last = a->first;
	size_t kept = last->size;

	while (last->next != NULL && kept + last->next->size <= KEEP) {
		last = last->next;
		kept += last->size;
	}
	free_after(a, last);
	rewind_to(a, a->first, 0);
}

#endif

struct arena *
arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		out_of_memory(sizeof(*a));
	a->first = a->current = block_new(a, BLOCK_MIN);
	return a;
}

void
arena_free(struct arena **a)
{
	if (*a == NULL)
		return;
	run_cleanups(*a, NULL);
	free_after(*a, (*a)->first);
	free((*a)->first);
	free(*a);
	*a = NULL;
}

void
arena_reset(struct arena *a)
{
	run_cleanups(a, NULL);
	keep_some(a);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	return take(a, size);
}

void *
arena_grow(struct arena *a, void *ptr, size_t old_size, size_t new_size)
{
	char *p = arena_grow_raw(a, ptr, old_size, new_size);

	if (new_size > old_size)
		memset(p + old_size, 0, new_size - old_size);
	return p;
}

void *
arena_grow_raw(struct arena *a, void *ptr, size_t old_size, size_t new_size)
{
	void *p;

	if (new_size <= old_size && ptr != NULL)
		return ptr;
	if (ptr != NULL && old_size > 0 && extend_raw(a, ptr, old_size, new_size))
		return ptr;
	p = take_raw(a, new_size);
	if (old_size > 0)
		memcpy(p, ptr, old_size);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p = take(a, len + 1);

	if (len > 0)
		memcpy(p, s, len);
	return p;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		out_of_memory(0);
	p = take(a, (size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct cleanup *c = NEW(a, struct cleanup);

	c->fn = fn;
	c->arg = arg;
	c->next = a->cleanups;
	a->cleanups = c;
}

struct arena_mark
arena_mark(struct arena *a)
{
	return (struct arena_mark){a->current, a->current->used, a->cleanups};
}

void
arena_release(struct arena *a, struct arena_mark mark)
{
	run_cleanups(a, mark.cleanup);
	rewind_to(a, mark.block, mark.used);
}

size_t
arena_bytes(const struct arena *a)
{
	return a->bytes;
}
