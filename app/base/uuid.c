/* UUIDv7: milliseconds, a counter that keeps those of one process in order, random bits. */
#include "uuid.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "str.h"

enum { COUNTER_MAX = 0xfff, COUNTER_SEED = 0x7ff, RANDOM = 10, POOL = 64 * RANDOM };

/* Random bytes for the next UUIDs: asking the kernel each time costs more than all the rest. */
static unsigned char pool[POOL];
static size_t pool_left;

/* A forked child must not use what its parent will use. */
static void
empty_pool(void)
{
	pool_left = 0;
}

static void
take_random(unsigned char to[RANDOM])
{
	static bool watching;

	if (!watching)
		watching = pthread_atfork(NULL, NULL, empty_pool) == 0;
	if (pool_left == 0 || !watching) {
		crypto_random(pool, POOL);
		pool_left = POOL;
	}
	pool_left -= RANDOM;
	memcpy(to, pool + pool_left, RANDOM);
}

/* A moment that is later than that of any UUID made before by this process: milliseconds, and a
 * counter that starts low in each, so that it seldom runs over into the next.  A clock set back
 * only makes the counter run on. */
static uint64_t
next_moment(unsigned counter_seed, unsigned *counter_r)
{
	static uint64_t last_ms;
	static unsigned last_counter;
	uint64_t ms = (uint64_t)(clock_now() / 1000);

	if (ms > last_ms || last_counter == COUNTER_MAX) {
		last_ms = ms > last_ms ? ms : last_ms + 1;
		last_counter = counter_seed;
	} else {
		last_counter++;
	}
	*counter_r = last_counter;
	return last_ms;
}

static void
write_text(const unsigned char bytes[16], char to[UUID_TEXT_SIZE])
{
	static const unsigned char group[] = {4, 2, 2, 2, 6};
	size_t i;

	for (i = 0; i < sizeof(group); i++) {
		str_hex(to, bytes, group[i]);
		to += 2 * group[i];
		bytes += group[i];
		*to++ = '-';
	}
	to[-1] = '\0';
}

void
uuid_new(char to[UUID_TEXT_SIZE])
{
	unsigned char bytes[16];
	unsigned counter;
	uint64_t ms;
	int i;

	take_random(bytes + 6);
	ms = next_moment((bytes[6] << 8 | bytes[7]) & COUNTER_SEED, &counter);
	for (i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
	bytes[6] = (unsigned char)(0x70 | counter >> 8);
	bytes[7] = (unsigned char)counter;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	write_text(bytes, to);
}

bool
uuid_canonical(const char *s, size_t len, char to[UUID_TEXT_SIZE])
{
	size_t i;
	char c;

	if (len != UUID_TEXT_SIZE - 1)
		return false;
	for (i = 0; i < len; i++) {
		c = s[i];
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
		} else if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
			return false;
		}
		to[i] = c;
	}
	to[len] = '\0';
	return true;
}
