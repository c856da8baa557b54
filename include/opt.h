#ifndef COFFER_OPT_H
#define COFFER_OPT_H

#include <stdbool.h>
#include <stdint.h>

/* Scalars that may be absent, for inputs that must tell "not given" from 0 and false. */
struct opt_int {
	bool set;
	int64_t value;
};
struct opt_bool {
	bool set;
	bool value;
};

#endif
