/* Arenas: zeroed memory, growth, marks, deferred cleanups, what a reset keeps. */
#include "unit.h"

#include "arena.h"

enum { KIB = 1024, KEPT_MAX = 300 * KIB };

/* Letters in the order their cleanups ran. */
static char ran[16];

static void
note(void *arg)
{
	strncat(ran, arg, sizeof(ran) - strlen(ran) - 1);
}

static void
assert_zero(const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(p[i], 0);
}

static void
memory_is_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p;
	size_t size, round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (size = 1; size < 3000; size += 37) {
			p = arena_alloc(a, size);
			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			assert_zero(p, size);
			memset(p, 0xff, size);
		}
		arena_reset(a);
	}
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
}

static void
allocations_do_not_overlap(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p[500];
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(p); i++) {
		p[i] = arena_alloc(a, 1 + i * 7);
		memset(p[i], (int)(i & 0xff), 1 + i * 7);
	}
	for (i = 0; i < COUNT(p); i++) {
		for (k = 0; k < 1 + i * 7; k++)
			assert_int_equal(p[i][k], i & 0xff);
	}
	arena_free(&a);
}

static void
grow_keeps_and_zeroes(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p, *q, *other;
	size_t i;

	(void)state;
	memset(arena_alloc(a, 4000), 0xff, 4000);
	arena_reset(a);
	p = arena_grow(a, NULL, 0, 10);
	memset(p, 'x', 10);
	p = arena_grow(a, p, 10, 100);
	assert_zero(p + 10, 90);
	memset(p + 10, 'y', 90);
	other = arena_alloc(a, 1);
	*other = 'z';
	q = arena_grow(a, p, 100, 100000);
	for (i = 0; i < 100; i++)
		assert_int_equal(q[i], i < 10 ? 'x' : 'y');
	assert_zero(q + 100, 100000 - 100);
	assert_int_equal(*other, 'z');
	assert_ptr_equal(arena_grow(a, q, 100000, 5), q);
	arena_free(&a);
}

static void
strings(void **state)
{
	struct arena *a = arena_new();
	char longer[5000];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_string_equal(arena_strdup(a, ""), "");
	assert_string_equal(arena_strdup(a, "text"), "text");
	assert_string_equal(arena_strndup(a, "text", 2), "te");
	assert_string_equal(arena_printf(a, "%d %s", 7, "seven"), "7 seven");
	assert_string_equal(arena_printf(a, "%s", longer), longer);
	arena_free(&a);
}

static void
cleanups_run_newest_first(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	ran[0] = '\0';
	arena_defer(a, note, (char[]){"a"});
	arena_defer(a, note, (char[]){"b"});
	arena_reset(a);
	assert_string_equal(ran, "ba");
	arena_reset(a);
	assert_string_equal(ran, "ba");
	arena_defer(a, note, (char[]){"c"});
	arena_free(&a);
	assert_string_equal(ran, "bac");
}

static void
release_returns_to_the_mark(void **state)
{
	struct arena *a = arena_new();
	struct arena_mark mark;
	char *before;
	size_t bytes = 0;
	int i;

	(void)state;
	ran[0] = '\0';
	arena_defer(a, note, (char[]){"o"});
	before = arena_strdup(a, "stays");
	mark = arena_mark(a);
	for (i = 0; i < 1000; i++) {
		arena_defer(a, note, (char[]){"i"});
		memset(arena_alloc(a, 50 * KIB), 0xff, 50 * KIB);
		assert_zero(arena_alloc(a, 1000), 1000);
		arena_release(a, mark);
		ran[1] = '\0';
		if (i == 0)
			bytes = arena_bytes(a);
	}
	assert_string_equal(ran, "i");
	assert_int_equal(arena_bytes(a), bytes);
	assert_string_equal(before, "stays");
	arena_free(&a);
	assert_string_equal(ran, "io");
}

static void
reset_gives_back_what_is_large(void **state)
{
	struct arena *a = arena_new();
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		arena_alloc(a, 10 * KIB);
	assert_true(arena_bytes(a) >= 2000 * KIB);
	arena_reset(a);
	assert_true(arena_bytes(a) <= KEPT_MAX);
	arena_alloc(a, 8000 * KIB);
	assert_true(arena_bytes(a) >= 8000 * KIB);
	arena_reset(a);
	assert_true(arena_bytes(a) <= KEPT_MAX);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_is_zeroed_and_aligned),
	    cmocka_unit_test(allocations_do_not_overlap),
	    cmocka_unit_test(grow_keeps_and_zeroes),
	    cmocka_unit_test(strings),
	    cmocka_unit_test(cleanups_run_newest_first),
	    cmocka_unit_test(release_returns_to_the_mark),
	    cmocka_unit_test(reset_gives_back_what_is_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
