/* Growing text, and strings as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

static void
reserve(struct text *text, size_t more)
{
	if (text->len + more <= text->cap)
		return;
	text->cap = 2 * text->cap + more + 4096;
	text->data = realloc(text->data, text->cap);
	if (!text->data)
		abort();
}

void
text_add(struct text *text, const char *data, size_t len)
{
	reserve(text, len);
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

void
text_puts(struct text *text, const char *s)
{
	text_add(text, s, strlen(s));
}

static void
escape(struct text *text, unsigned char c)
{
	char code[8];

	switch (c) {
	case '"':
		text_puts(text, "\\\"");
		return;
	case '\\':
		text_puts(text, "\\\\");
		return;
	case '\n':
		text_puts(text, "\\n");
		return;
	default:
		snprintf(code, sizeof(code), "\\u%04x", c);
		text_puts(text, code);
	}
}

void
text_json(struct text *text, const char *data, size_t len)
{
	size_t done = 0;

	text_add(text, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		text_add(text, data + done, i - done);
		escape(text, c);
		done = i + 1;
	}
	text_add(text, data + done, len - done);
	text_add(text, "\"", 1);
}

void
text_pad(struct text *text, size_t len)
{
	if (text->len >= len)
		return;
	reserve(text, len - text->len);
	memset(text->data + text->len, ' ', len - text->len);
	text->len = len;
}
