#ifndef COFFER_LOG_H
#define COFFER_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* One line per event on standard error, or appended to a file:
 *   2026-11-22T10:20:30.123Z info [pid] message
 * A line is one write(); control characters in it are escaped.  Never give it a secret. */
void log_open(const char *path, enum log_level level); /* path NULL or "": standard error */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
