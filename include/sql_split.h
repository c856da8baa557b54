#ifndef COFFER_SQL_SPLIT_H
#define COFFER_SQL_SPLIT_H

struct arena;

/* The next statement of a migration's text, without its semicolon, on mem; *at moves behind it.
 * NULL: no more.  A statement ends with a semicolon that is the last thing on its line and stands
 * neither in quotes nor in a comment.  Comments before a statement are left out. */
const char *sql_split(struct arena *mem, const char **at);

/* The same for text that was typed: any semicolon outside quotes and comments ends a statement, and
 * empty statements are passed over. */
const char *sql_split_any(struct arena *mem, const char **at);

#endif
