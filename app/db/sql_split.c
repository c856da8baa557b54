/* Where one SQL statement of a file ends and the next one begins. */
#include "sql_split.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"

static const char *
after_line(const char *s)
{
	return s + strcspn(s, "\n");
}

/* Behind the comment that begins at s, or s if none does. */
static const char *
after_comment(const char *s)
{
	const char *end;

	if (s[0] == '#' ||
	    (s[0] == '-' && s[1] == '-' && (s[2] == '\0' || isspace((unsigned char)s[2]))))
		return after_line(s);
	if (s[0] != '/' || s[1] != '*')
		return s;
	end = strstr(s + 2, "*/");
	return end != NULL ? end + 2 : s + strlen(s);
}

/* Behind the quoted text that begins at s.  A doubled quote ends one text and begins the next. */
static const char *
after_quoted(const char *s)
{
	char quote = *s++;

	while (*s != '\0' && *s != quote)
		s += *s == '\\' && quote != '`' && s[1] != '\0' ? 2 : 1;
	return *s == quote ? s + 1 : s;
}

static bool
ends_line(const char *s)
{
	s += strspn(s, " \t\r");
	return *s == '\n' || *s == '\0';
}

static const char *
skip_blank(const char *s)
{
	const char *next;

	for (;;) {
		while (isspace((unsigned char)*s))
			s++;
		next = after_comment(s);
		if (next == s)
			return s;
		s = next;
	}
}

/* at_line_end: a ';' within a line is part of the statement. */
static const char *
after_statement(const char *s, bool at_line_end)
{
	const char *next;

	while (*s != '\0' && (*s != ';' || (at_line_end && !ends_line(s + 1)))) {
		next = after_comment(s);
		if (next == s)
			next = *s == '\'' || *s == '"' || *s == '`' ? after_quoted(s) : s + 1;
		s = next;
	}
	return s;
}

static const char *
split(struct arena *mem, const char **at, bool at_line_end)
{
	const char *start = skip_blank(*at);
	const char *end;

	while (!at_line_end && *start == ';')
		start = skip_blank(start + 1);
	if (*start == '\0')
		return NULL;
	end = after_statement(start, at_line_end);
	*at = *end == ';' ? end + 1 : end;
	return arena_strndup(mem, start, (size_t)(end - start));
}

const char *
sql_split(struct arena *mem, const char **at)
{
	return split(mem, at, true);
}

const char *
sql_split_any(struct arena *mem, const char **at)
{
	return split(mem, at, false);
}
