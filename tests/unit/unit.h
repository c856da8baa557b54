#ifndef COFFER_UNIT_H
#define COFFER_UNIT_H

/* What cmocka wants before it, in the order it wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* rq.h has a fail() of its own, which cmocka's fail_msg() would call. */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                              \
	do {                                                                                       \
		print_error(__VA_ARGS__);                                                          \
		print_error("\n");                                                                 \
		_fail(__FILE__, __LINE__);                                                         \
	} while (0)

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
