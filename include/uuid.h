#ifndef COFFER_UUID_H
#define COFFER_UUID_H

#include <stdbool.h>
#include <stddef.h>

enum { UUID_TEXT_SIZE = 37 };

/* A new UUIDv7 (RFC 9562 section 5.7): ordered by time within this process. */
void uuid_new(char to[UUID_TEXT_SIZE]);

/* Canonical lower-case form with dashes of a UUID in that form or in upper case (no other spelling
 * is taken: MariaDB accepts many).  false if s is not one. */
bool uuid_canonical(const char *s, size_t len, char to[UUID_TEXT_SIZE]);

#endif
