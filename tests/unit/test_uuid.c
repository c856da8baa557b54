/* UUIDs: form, order, and that a forked child makes others. */
#include "unit.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "uuid.h"

enum { MANY = 20000 };

static void
version_and_variant(void **state)
{
	char id[UUID_TEXT_SIZE], again[UUID_TEXT_SIZE];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		uuid_new(id);
		assert_int_equal(strlen(id), 36);
		assert_true(uuid_canonical(id, 36, again));
		assert_string_equal(id, again);
		assert_int_equal(id[14], '7');
		assert_non_null(strchr("89ab", id[19]));
	}
}

static void
they_say_when(void **state)
{
	char id[UUID_TEXT_SIZE], digits[13] = "";
	int64_t before = clock_now() / 1000, after, ms;

	(void)state;
	uuid_new(id);
	after = clock_now() / 1000;
	memcpy(digits, id, 8);
	memcpy(digits + 8, id + 9, 4);
	ms = strtoll(digits, NULL, 16);
	assert_in_range(ms, before, after);
}

static void
they_come_in_order(void **state)
{
	char ids[2][UUID_TEXT_SIZE] = {""};
	int i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		uuid_new(ids[i % 2]);
		assert_true(strcmp(ids[i % 2], ids[(i + 1) % 2]) > 0);
	}
}

/* Parent and child start from the same state in the same millisecond. */
static void
a_child_makes_others(void **state)
{
	char mine[UUID_TEXT_SIZE], theirs[UUID_TEXT_SIZE];
	int ends[2], status;
	pid_t child;

	(void)state;
	uuid_new(mine);
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		uuid_new(theirs);
		_exit(write(ends[1], theirs, sizeof(theirs)) != sizeof(theirs));
	}
	uuid_new(mine);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_string_not_equal(mine + 19, theirs + 19);
	close(ends[0]);
	close(ends[1]);
}

static void
one_spelling_is_taken(void **state)
{
	static const char *const bad[] = {"", "0190e6a1-7b1c-7000-8000-00000000000",
	    "0190e6a1-7b1c-7000-8000-0000000000000", "0190e6a17b1c-7000-8000-0000000000000",
	    "0190e6a17b1c70008000000000000000", "{190e6a1-7b1c-7000-8000-00000000000}",
	    "0190e6a1-7b1c-7000-8000-00000000000g", "0190e6a1-7b1c-7000-8000 000000000000",
	    "0190e6a1-7b1c-7000-80000-00000000000"};
	char to[UUID_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(uuid_canonical(bad[i], strlen(bad[i]), to));
	assert_true(uuid_canonical("0190E6A1-7B1C-7000-8000-ABCDEFabcdef", 36, to));
	assert_string_equal(to, "0190e6a1-7b1c-7000-8000-abcdefabcdef");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(version_and_variant),
	    cmocka_unit_test(they_say_when),
	    cmocka_unit_test(they_come_in_order),
	    cmocka_unit_test(a_child_makes_others),
	    cmocka_unit_test(one_spelling_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
