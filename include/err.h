#ifndef COFFER_ERR_H
#define COFFER_ERR_H

#include <stdarg.h>

struct arena;

enum errcode {
	E_NONE = 0,
#define ERR(name, http, rpc, text) E_##name,
#include "errcode.def"
#undef ERR
	E__MAX
};

/* One recorded failure.  message is for the client: lower case, no full stop, says what was wrong
 * and what to do.  path is the JSON path of the offending value ("data.title", "filter._and[1]") or
 * NULL. */
struct err {
	enum errcode code;
	const char *message;
	const char *path;
};

/* "VALIDATION"; the name a client sees. */
const char *err_name(enum errcode code);
int err_http_status(enum errcode code);
int err_rpc_code(enum errcode code);
const char *err_default_text(enum errcode code);

/* Record a failure, unless one is recorded already (the first one wins).  The message is formatted
 * on mem.  path may be NULL.  Always returns -1. */
int err_set(struct err *e, struct arena *mem, enum errcode code, const char *path, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
int err_vset(struct err *e, struct arena *mem, enum errcode code, const char *path, const char *fmt,
    va_list ap) __attribute__((format(printf, 5, 0)));

#endif
