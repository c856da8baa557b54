#ifndef COFFER_EXPR_FOLD_H
#define COFFER_EXPR_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lower-case form of a code point, as MariaDB's LOWER() has it under utf8mb4_nopad_bin. */
uint32_t expr_fold(uint32_t c);

/* Whether part stands in text, both valid UTF-8; detail: EXPR_BEFORE, EXPR_AFTER, EXPR_FOLD. */
bool expr_like(
    const char *text, size_t text_len, const char *part, size_t part_len, unsigned detail);

#endif
