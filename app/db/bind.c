/* Values for placeholders, from the C types that callers have. */
#include <string.h>

#include "db.h"

struct bind
bind_null(void)
{
	return (struct bind){.type = BIND_NULL};
}

struct bind
bind_strn(const char *s, size_t len)
{
	if (s == NULL)
		return bind_null();
	return (struct bind){.type = BIND_STR, .s = s, .len = len};
}

struct bind
bind_str(const char *s)
{
	return bind_strn(s, s != NULL ? strlen(s) : 0);
}

struct bind
bind_blob(const void *p, size_t len)
{
	if (p == NULL)
		return bind_null();
	return (struct bind){.type = BIND_BLOB, .s = p, .len = len};
}

struct bind
bind_int(int64_t i)
{
	return (struct bind){.type = BIND_INT, .i = i};
}

struct bind
bind_int32(int i)
{
	return bind_int(i);
}

struct bind
bind_uint(uint64_t u)
{
	return (struct bind){.type = BIND_UINT, .u = u};
}

struct bind
bind_double(double d)
{
	return (struct bind){.type = BIND_DOUBLE, .d = d};
}

struct bind
bind_bool(bool b)
{
	return bind_int(b ? 1 : 0);
}

struct bind
bind_opt_int(struct opt_int i)
{
	return i.set ? bind_int(i.value) : bind_null();
}

struct bind
bind_opt_bool(struct opt_bool b)
{
	return b.set ? bind_bool(b.value) : bind_null();
}

struct bind
bind_time(int64_t us)
{
	return (struct bind){.type = BIND_TIME, .i = us};
}
