/* Letter case and text search for evaluation in memory, with the same outcome as in MariaDB. */
#include "expr_fold.h"

#include "expr_op.h"

/* What LOWER() changes under utf8mb4_nopad_bin: from first to last, every step-th code point moves
 * by delta.  It knows the letters of Unicode 3; tests/unit/test_expr_sql.c compares them all. */
static const struct {
	uint16_t first, last;
	uint8_t step;
	int16_t delta;
} ranges[] = {
    {0x41, 0x5a, 1, 32},
    {0xc0, 0xd6, 1, 32},
    {0xd8, 0xde, 1, 32},
    {0x100, 0x12e, 2, 1},
    {0x130, 0x130, 1, -199},
    {0x132, 0x136, 2, 1},
    {0x139, 0x147, 2, 1},
    {0x14a, 0x176, 2, 1},
    {0x178, 0x178, 1, -121},
    {0x179, 0x17d, 2, 1},
    {0x181, 0x181, 1, 210},
    {0x182, 0x184, 2, 1},
    {0x186, 0x186, 1, 206},
    {0x187, 0x187, 1, 1},
    {0x189, 0x18a, 1, 205},
    {0x18b, 0x18b, 1, 1},
    {0x18e, 0x18e, 1, 79},
    {0x18f, 0x18f, 1, 202},
    {0x190, 0x190, 1, 203},
    {0x191, 0x191, 1, 1},
    {0x193, 0x193, 1, 205},
    {0x194, 0x194, 1, 207},
    {0x196, 0x196, 1, 211},
    {0x197, 0x197, 1, 209},
    {0x198, 0x198, 1, 1},
    {0x19c, 0x19c, 1, 211},
    {0x19d, 0x19d, 1, 213},
    {0x19f, 0x19f, 1, 214},
    {0x1a0, 0x1a4, 2, 1},
    {0x1a6, 0x1a6, 1, 218},
    {0x1a7, 0x1a7, 1, 1},
    {0x1a9, 0x1a9, 1, 218},
    {0x1ac, 0x1ac, 1, 1},
    {0x1ae, 0x1ae, 1, 218},
    {0x1af, 0x1af, 1, 1},
    {0x1b1, 0x1b2, 1, 217},
    {0x1b3, 0x1b5, 2, 1},
    {0x1b7, 0x1b7, 1, 219},
    {0x1b8, 0x1b8, 1, 1},
    {0x1bc, 0x1bc, 1, 1},
    {0x1c4, 0x1c4, 1, 2},
    {0x1c5, 0x1c5, 1, 1},
    {0x1c7, 0x1c7, 1, 2},
    {0x1c8, 0x1c8, 1, 1},
    {0x1ca, 0x1ca, 1, 2},
    {0x1cb, 0x1db, 2, 1},
    {0x1de, 0x1ee, 2, 1},
    {0x1f1, 0x1f1, 1, 2},
    {0x1f2, 0x1f4, 2, 1},
    {0x1f6, 0x1f6, 1, -97},
    {0x1f7, 0x1f7, 1, -56},
    {0x1f8, 0x21e, 2, 1},
    {0x222, 0x232, 2, 1},
    {0x386, 0x386, 1, 38},
    {0x388, 0x38a, 1, 37},
    {0x38c, 0x38c, 1, 64},
    {0x38e, 0x38f, 1, 63},
    {0x391, 0x3a1, 1, 32},
    {0x3a3, 0x3ab, 1, 32},
    {0x3da, 0x3ee, 2, 1},
    {0x400, 0x40f, 1, 80},
    {0x410, 0x42f, 1, 32},
    {0x460, 0x480, 2, 1},
    {0x48c, 0x4be, 2, 1},
    {0x4c1, 0x4c3, 2, 1},
    {0x4c7, 0x4c7, 1, 1},
    {0x4cb, 0x4cb, 1, 1},
    {0x4d0, 0x4f4, 2, 1},
    {0x4f8, 0x4f8, 1, 1},
    {0x531, 0x556, 1, 48},
    {0x1e00, 0x1e94, 2, 1},
    {0x1ea0, 0x1ef8, 2, 1},
    {0x1f08, 0x1f0f, 1, -8},
    {0x1f18, 0x1f1d, 1, -8},
    {0x1f28, 0x1f2f, 1, -8},
    {0x1f38, 0x1f3f, 1, -8},
    {0x1f48, 0x1f4d, 1, -8},
    {0x1f59, 0x1f5f, 2, -8},
    {0x1f68, 0x1f6f, 1, -8},
    {0x1f88, 0x1f8f, 1, -8},
    {0x1f98, 0x1f9f, 1, -8},
    {0x1fa8, 0x1faf, 1, -8},
    {0x1fb8, 0x1fb9, 1, -8},
    {0x1fba, 0x1fbb, 1, -74},
    {0x1fbc, 0x1fbc, 1, -9},
    {0x1fc8, 0x1fcb, 1, -86},
    {0x1fcc, 0x1fcc, 1, -9},
    {0x1fd8, 0x1fd9, 1, -8},
    {0x1fda, 0x1fdb, 1, -100},
    {0x1fe8, 0x1fe9, 1, -8},
    {0x1fea, 0x1feb, 1, -112},
    {0x1fec, 0x1fec, 1, -7},
    {0x1ff8, 0x1ff9, 1, -128},
    {0x1ffa, 0x1ffb, 1, -126},
    {0x1ffc, 0x1ffc, 1, -9},
    {0x2126, 0x2126, 1, -7517},
    {0x212a, 0x212a, 1, -8383},
    {0x212b, 0x212b, 1, -8262},
    {0x2160, 0x216f, 1, 16},
    {0x24b6, 0x24cf, 1, 26},
    {0xff21, 0xff3a, 1, 32},
};

uint32_t
expr_fold(uint32_t c)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]), middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (c < ranges[middle].first)
			high = middle;
		else if (c > ranges[middle].last)
			low = middle + 1;
		else if ((c - ranges[middle].first) % ranges[middle].step != 0)
			return c;
		else
			return (uint32_t)((int32_t)c + ranges[middle].delta);
	}
	return c;
}

/* Take one code point of valid UTF-8. */
static uint32_t
next(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	unsigned more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3, i;
	uint32_t c = more == 0 ? p[0] : p[0] & (0x3fU >> more);

	for (i = 1; i <= more; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s += more + 1;
	return c;
}

/* part stands at text; *rest_r is what follows it. */
static bool
stands(const char *text, const char *end, const char *part, const char *part_end, bool fold,
    const char **rest_r)
{
	uint32_t a, b;

	while (part < part_end) {
		if (text >= end)
			return false;
		a = next(&text);
		b = next(&part);
		if (a != b && (!fold || expr_fold(a) != expr_fold(b)))
			return false;
	}
	*rest_r = text;
	return true;
}

bool
expr_like(const char *text, size_t text_len, const char *part, size_t part_len, unsigned detail)
{
	const char *end = text + text_len, *part_end = part + part_len, *rest;

	for (;;) {
		if (stands(text, end, part, part_end, detail & EXPR_FOLD, &rest) &&
		    (rest == end || (detail & EXPR_AFTER)))
			return true;
		if (!(detail & EXPR_BEFORE) || text >= end)
			return false;
		next(&text);
	}
}
