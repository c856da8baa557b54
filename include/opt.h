#ifndef COFFER_OPT_H
#define COFFER_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inputs that may be absent, to tell "not given" from 0, false and an empty list. */
struct opt_int {
	bool set;
	int64_t value;
};
struct opt_bool {
	bool set;
	bool value;
};
struct str_list {
	bool set;
	size_t n;
	const char **items;
};

#endif
