/* Server-sent events, taken apart as they arrive. */
#include "cli_mcp_sse.h"

#include <string.h>

void
proxy_sse_init(
    struct proxy_sse *s, struct arena *mem, void (*event)(void *, struct buf *), void *arg)
{
	*s = (struct proxy_sse){.event = event, .arg = arg};
	buf_init(&s->line, mem);
	buf_init(&s->data, mem);
}

static void
end_event(struct proxy_sse *s)
{
	if (s->data.len > 0)
		s->event(s->arg, &s->data);
	buf_truncate(&s->data, 0);
}

/* Only data matters here: comments, event names and ids carry no message. */
static void
end_line(struct proxy_sse *s)
{
	const char *line = buf_text(&s->line);
	size_t len = s->line.len;

	if (len == 0) {
		end_event(s);
		return;
	}
	if (len >= 5 && memcmp(line, "data:", 5) == 0) {
		size_t skip = line[5] == ' ' ? 6 : 5;

		if (s->data.len > 0)
			buf_putc(&s->data, '\n');
		buf_add(&s->data, line + skip, len - skip);
	}
	buf_truncate(&s->line, 0);
}

void
proxy_sse_feed(struct proxy_sse *s, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	while (bytes < end) {
		const char *stop = bytes;

		if (s->after_cr && *bytes == '\n')
			stop = ++bytes;
		s->after_cr = false;
		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		buf_add(&s->line, bytes, (size_t)(stop - bytes));
		if (stop == end)
			return;
		s->after_cr = *stop == '\r';
		end_line(s);
		bytes = stop + 1;
	}
}

void
proxy_sse_end(struct proxy_sse *s)
{
	if (s->line.len > 0)
		end_line(s);
	end_event(s);
}
