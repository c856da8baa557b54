/* Growing buffers. */
#include "unit.h"

#include "arena.h"
#include "buf.h"

static struct arena *mem;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static void
an_empty_one_is_an_empty_string(void **state)
{
	struct buf b = {.mem = mem};

	(void)state;
	assert_string_equal(buf_text(&b), "");
	buf_truncate(&b, 0);
	assert_string_equal(buf_text(&b), "");
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
}

static void
additions_come_one_after_the_other(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, mem);
	buf_puts(&b, "one");
	buf_putc(&b, ',');
	buf_add(&b, "two!", 3);
	buf_printf(&b, ",%d", 3);
	assert_int_equal(b.len, 9);
	assert_string_equal(b.data, "one,two,3");
}

static void
it_grows_over_other_allocations(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, mem);
	for (i = 0; i < 100000; i++) {
		buf_putc(&b, (char)('a' + i % 26));
		if (i % 1000 == 0)
			arena_alloc(mem, 8);
	}
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(b.data), 100000);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
}

static void
printf_of_every_length(void **state)
{
	struct buf b;
	char text[300];
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text); len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		buf_init(&b, mem);
		buf_puts(&b, "ab");
		buf_printf(&b, "%s", text);
		assert_int_equal(b.len, len + 2);
		assert_int_equal(strlen(b.data), len + 2);
	}
}

static void
reserved_room_is_terminated(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, mem);
	buf_puts(&b, "a long text that leaves its traces");
	buf_truncate(&b, 1);
	memcpy(buf_reserve(&b, 20), "bc", 2);
	b.len += 2;
	assert_string_equal(b.data, "abc");
	assert_string_equal(buf_text(&b), "abc");
}

static void
truncation(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, mem);
	buf_puts(&b, "abcdef");
	buf_truncate(&b, 3);
	assert_string_equal(b.data, "abc");
	buf_puts(&b, "x");
	assert_string_equal(b.data, "abcx");
	buf_truncate(&b, 0);
	assert_string_equal(buf_text(&b), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_one_is_an_empty_string),
	    cmocka_unit_test(additions_come_one_after_the_other),
	    cmocka_unit_test(it_grows_over_other_allocations),
	    cmocka_unit_test(printf_of_every_length),
	    cmocka_unit_test(reserved_room_is_terminated),
	    cmocka_unit_test(truncation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
