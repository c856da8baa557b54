#ifndef COFFER_CRYPTO_H
#define COFFER_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum { CRYPTO_HASH = 32, CRYPTO_KEY = 32 };

/* Fetch the algorithms once; call before any other function here.  Ends the process on failure. */
void crypto_init(void);

void crypto_random(void *to, size_t len);
void crypto_sha256(const void *data, size_t len, unsigned char to[CRYPTO_HASH]);
void crypto_hmac(
    const void *key, size_t key_len, const void *data, size_t len, unsigned char to[CRYPTO_HASH]);
/* Constant time. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* A key of its own for each purpose ("cursor", "request-state", "signed-url"), from the instance
 * secret set by crypto_set_secret(): HKDF-like, HMAC-SHA256(secret, purpose). */
void crypto_set_secret(const char *secret);
void crypto_key(const char *purpose, unsigned char to[CRYPTO_KEY]);

/* Authenticated opaque text (base64url): encrypt-then-nothing, AES-256-GCM with a random nonce,
 * under the key of purpose; aad binds it to a context and may be NULL.  crypto_open() returns NULL
 * if the text was not sealed so. */
char *crypto_seal(
    struct arena *mem, const char *purpose, const void *data, size_t len, const char *aad);
void *crypto_open(
    struct arena *mem, const char *purpose, const char *text, const char *aad, size_t *len_r);

/* Argon2id, 19 MiB, t=2, p=1, in the encoded form "$argon2id$...".  crypto_password_check() with
 * hash NULL takes the same time and returns false. */
char *crypto_password_hash(struct arena *mem, const char *password);
bool crypto_password_check(const char *hash, const char *password);

#endif
