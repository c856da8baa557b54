/* The first failure of a request, and the table of error codes. */
#include "err.h"

#include <stddef.h>

#include "arena.h"
#include "log.h"

static const struct {
	const char *name;
	int http_status;
	int rpc_code;
	const char *text;
} codes[E__MAX] = {
    [E_NONE] = {"NONE", 200, 0, ""},
#define ERR(name, http, rpc, text) [E_##name] = {#name, http, rpc, text},
#include "errcode.def"
#undef ERR
};

const char *
err_name(enum errcode code)
{
	return codes[code].name;
}

int
err_http_status(enum errcode code)
{
	return codes[code].http_status;
}

int
err_rpc_code(enum errcode code)
{
	return codes[code].rpc_code;
}

const char *
err_default_text(enum errcode code)
{
	return codes[code].text;
}

int
err_vset(struct err *e, struct arena *mem, enum errcode code, const char *path, const char *fmt,
    va_list ap)
{
	const char *message = arena_vprintf(mem, fmt, ap);

	if (e->code != E_NONE) {
		log_debug("after %s, also %s: %s", err_name(e->code), err_name(code), message);
		return -1;
	}
	e->code = code;
	e->message = message;
	e->path = path;
	return -1;
}

int
err_set(struct err *e, struct arena *mem, enum errcode code, const char *path, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(e, mem, code, path, fmt, ap);
	va_end(ap);
	return -1;
}
