/* The text log: one line, one write(), no allocation, so that it works when memory is exhausted. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { MESSAGE_MAX = 4096, PREFIX_MAX = 64, ESCAPE_MAX = 4 };

static int log_fd = STDERR_FILENO;
static enum log_level log_limit = LOG_LEVEL_INFO;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static char *
escape(char *to, const char *s)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char c;

	for (; *s != '\0'; s++) {
		c = (unsigned char)*s;
		if (c >= 0x20 && c != 0x7f) {
			*to++ = *s;
			continue;
		}
		*to++ = '\\';
		if (c == '\n' || c == '\t') {
			*to++ = c == '\n' ? 'n' : 't';
			continue;
		}
		*to++ = 'x';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return to;
}

static void __attribute__((format(printf, 2, 0)))
write_line(enum log_level level, const char *fmt, va_list ap)
{
	char message[MESSAGE_MAX], line[PREFIX_MAX + ESCAPE_MAX * MESSAGE_MAX + 1], *end;
	char now[CLOCK_TEXT_SIZE];
	int saved = errno, len;
	ssize_t written;

	len = vsnprintf(message, sizeof(message), fmt, ap);
	if (len < 0)
		message[0] = '\0';
	else if ((size_t)len >= sizeof(message))
		memcpy(message + sizeof(message) - 4, "...", 4);
	clock_format(clock_now() / 1000 * 1000, now);
	len = snprintf(line, PREFIX_MAX, "%s %s [%ld] ", now, level_names[level], (long)getpid());
	end = escape(line + len, message);
	*end++ = '\n';
	/* Where the log itself cannot be written there is nobody left to tell. */
	written = write(log_fd, line, (size_t)(end - line));
	(void)written;
	errno = saved;
}

void
log_open(const char *path, enum log_level level)
{
	int fd = STDERR_FILENO;

	log_limit = level;
	if (path != NULL && *path != '\0') {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0) {
			log_error("cannot open the log %s: %s", path, strerror(errno));
			return;
		}
	}
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
}

#define LOG_FUNCTION(name, level)                                                                  \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		if (level > log_limit)                                                             \
			return;                                                                    \
		va_start(ap, fmt);                                                                 \
		write_line(level, fmt, ap);                                                        \
		va_end(ap);                                                                        \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
