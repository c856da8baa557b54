/* Arguments as they may stand in a log: secrets left out, long values clipped. */
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "json_in.h"
#include "out.h"
#include "param.h"
#include "rq.h"
#include "str.h"

enum { STRING_CLIP = 512, ARRAY_CLIP = 20, DEPTH_CLIP = 6, TEXT_CLIP = 8192, KEY_CLIP = 64 };

static const char redacted[] = "[redacted]";

static const char *const secret_names[] = {"token", "secret", "password", "api key", "api_key",
    "api-key", "apikey", "authorization", "cookie", "session", NULL};

static bool
contains(const char *name, const char *part)
{
	size_t len = strlen(part);

	for (; *name; name++)
		if (strncasecmp(name, part, len) == 0)
			return true;
	return false;
}

static bool
sounds_secret(const char *name)
{
	for (const char *const *secret = secret_names; *secret; secret++)
		if (contains(name, *secret))
			return true;
	return false;
}

static bool
is_secret_row(const struct param *params, const char *name)
{
	for (const struct param *p = params; p && p->name; p++)
		if (p->flags & PARAM_SECRET &&
		    (strcmp(p->name, name) == 0 || (p->alias && strcmp(p->alias, name) == 0)))
			return true;
	return false;
}

static void
put_clipped(struct out *out, const char *s, size_t clip)
{
	size_t len = strlen(s), cut = str_utf8_prefix(s, len, clip);

	if (cut == len)
		out_strn(out, s, len);
	else
		out_printf(out, "%.*s\xe2\x80\xa6", (int)cut, s);
}

static void put_value(struct out *out, struct json_object *value, unsigned depth);

static void
put_array(struct out *out, struct json_object *array, unsigned depth)
{
	size_t n = json_object_array_length(array);

	out_array(out);
	for (size_t i = 0; i < n && i < ARRAY_CLIP; i++)
		put_value(out, json_object_array_get_idx(array, i), depth + 1);
	if (n > ARRAY_CLIP)
		out_printf(out, "\xe2\x80\xa6 %zu more", n - ARRAY_CLIP);
	out_end(out);
}

static void
put_object(struct out *out, const struct param *params, struct json_object *object, unsigned depth)
{
	out_object(out);
	json_object_object_foreach(object, name, value)
	{
		out_key(out, name);
		if (sounds_secret(name) || is_secret_row(params, name))
			out_str(out, redacted);
		else
			put_value(out, value, depth + 1);
	}
	out_end(out);
}

/* Numbers, booleans and null stand as they were sent. */
static void
put_literal(struct out *out, struct json_object *value)
{
	size_t len;
	const char *text = json_in_raw(value, &len);

	if (len > STRING_CLIP)
		out_str(out, "\xe2\x80\xa6");
	else
		out_raw(out, text, len);
}

static void
put_value(struct out *out, struct json_object *value, unsigned depth)
{
	bool array = json_object_is_type(value, json_type_array);

	if (json_in_str(value))
		put_clipped(out, json_in_str(value), STRING_CLIP);
	else if (!array && !json_object_is_type(value, json_type_object))
		put_literal(out, value);
	else if (depth >= DEPTH_CLIP)
		out_str(out, array ? "[\xe2\x80\xa6]" : "{\xe2\x80\xa6}");
	else if (array)
		put_array(out, value, depth);
	else
		put_object(out, NULL, value, depth);
}

/* What is left of arguments that are too long even when clipped: their names. */
static const char *
names_only(struct rq *rq, struct json_object *args, size_t bytes)
{
	struct out out;
	int left = ARRAY_CLIP;

	out_init(&out, rq->mem);
	out_object(&out);
	out_kbool(&out, "_truncated", true);
	out_kint(&out, "bytes", (int64_t)bytes);
	out_key(&out, "keys");
	out_array(&out);
	json_object_object_foreach(args, name, value)
	{
		(void)value;
		if (left-- > 0)
			put_clipped(&out, name, KEY_CLIP);
	}
	out_end(&out);
	out_end(&out);
	return buf_text(&out.buf);
}

const char *
param_log(struct rq *rq, const struct param *params, struct json_object *args)
{
	struct out out;

	if (!json_object_is_type(args, json_type_object))
		return "{}";
	out_init(&out, rq->mem);
	put_object(&out, params, args, 0);
	if (out.buf.len > TEXT_CLIP)
		return names_only(rq, args, out.buf.len);
	return buf_text(&out.buf);
}
