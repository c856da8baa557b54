/* Input tables as JSON Schema (2020-12, in the subset that draft-07 readers understand). */
#include <string.h>

#include "out.h"
#include "param.h"

static const char *
type_name(const struct param *p)
{
	switch (p->type) {
	case PARAM_STRING:
		return "string";
	case PARAM_INTEGER:
	case PARAM_OPT_INTEGER:
		return "integer";
	case PARAM_NUMBER:
		return "number";
	case PARAM_BOOLEAN:
	case PARAM_OPT_BOOLEAN:
		return "boolean";
	case PARAM_JSON:
		return p->type_name;
	case PARAM_STRINGS:
		break;
	}
	return "array";
}

static void
out_type(struct out *out, const struct param *p)
{
	const char *type = type_name(p);
	bool text = p->type == PARAM_STRINGS && p->flags & PARAM_CSV;
	bool null = p->flags & PARAM_NULLABLE;

	if (!type)
		return;
	out_key(out, "type");
	if (!text && !null) {
		out_str(out, type);
		return;
	}
	out_array(out);
	out_str(out, type);
	if (text)
		out_str(out, "string");
	if (null)
		out_str(out, "null");
	out_end(out);
}

/* What holds for a string: of the row itself or of a list's entries. */
static void
out_text_rules(struct out *out, const struct param *p)
{
	if (p->min > 0)
		out_kint(out, "minLength", p->min);
	if (p->max > 0 && p->max >= p->min)
		out_kint(out, "maxLength", p->max);
	if (p->format)
		out_kstr(out, "format", p->format);
	if (!p->options)
		return;
	out_key(out, "enum");
	out_array(out);
	for (const char *const *option = p->options; *option; option++)
		out_str(out, *option);
	if (p->type == PARAM_STRING && p->flags & PARAM_NULLABLE)
		out_null(out);
	out_end(out);
}

/* A clamped bound is no rule: a larger number is taken. */
static void
out_range(struct out *out, const struct param *p)
{
	if (p->flags & PARAM_CLAMP || (p->min == 0 && p->max == 0))
		return;
	out_kint(out, "minimum", p->min);
	if (p->max >= p->min)
		out_kint(out, "maximum", p->max);
}

static void
out_rules(struct out *out, const struct param *p)
{
	const char *type = type_name(p);

	if (p->type == PARAM_STRING)
		out_text_rules(out, p);
	else if (p->type == PARAM_INTEGER || p->type == PARAM_OPT_INTEGER ||
		 p->type == PARAM_NUMBER)
		out_range(out, p);
	if (!type || strcmp(type, "array") != 0)
		return;
	out_key(out, "items");
	out_object(out);
	if (p->type == PARAM_STRINGS) {
		out_kstr(out, "type", "string");
		out_text_rules(out, p);
	}
	out_end(out);
}

void
param_schema_of(struct out *out, const struct param *p)
{
	if (p->schema) {
		out_raw(out, p->schema, strlen(p->schema));
		return;
	}
	out_object(out);
	out_type(out, p);
	if (p->doc)
		out_kstr(out, "description", p->doc);
	out_rules(out, p);
	out_end(out);
}

static bool
in_schema(const struct param *p)
{
	return !(p->flags & (PARAM_REST_ONLY | PARAM_ALL));
}

static void
out_required(struct out *out, const struct param *params)
{
	bool any = false;

	for (const struct param *p = params; p && p->name; p++) {
		if (!in_schema(p) || !(p->flags & REQUIRED))
			continue;
		if (!any) {
			out_key(out, "required");
			out_array(out);
		}
		any = true;
		out_str(out, p->name);
	}
	if (any)
		out_end(out);
}

void
param_schema(struct out *out, const struct param *params, bool open)
{
	out_object(out);
	out_kstr(out, "type", "object");
	out_key(out, "properties");
	out_object(out);
	for (const struct param *p = params; p && p->name; p++) {
		if (!in_schema(p))
			continue;
		out_key(out, p->name);
		param_schema_of(out, p);
	}
	out_end(out);
	out_required(out, params);
	out_kbool(out, "additionalProperties", open);
	out_end(out);
}
