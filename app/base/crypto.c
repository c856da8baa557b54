/* Random bytes, hashes, keys, sealed texts and passwords: OpenSSL's libcrypto and libargon2.
 * Algorithms are fetched once and contexts reused, because a look-up by name costs more than a
 * short hash. */
#include "crypto.h"

#include <argon2.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "arena.h"
#include "log.h"
#include "str.h"

enum {
	NONCE = 12,
	TAG = 16,
	SALT = 16,
	PASSWORD_KIB = 19 * 1024,
	PASSWORD_PASSES = 2,
	PASSWORD_LANES = 1,
};

static EVP_MD *sha256;
static EVP_MD_CTX *sha256_ctx;
static EVP_MAC_CTX *hmac_ctx;
static EVP_CIPHER *gcm;
static EVP_CIPHER_CTX *gcm_ctx;
static unsigned char *secret_bytes;
static size_t secret_len;

/* No request can go on without these functions, and none of them fails but for lack of memory or a
 * broken installation. */
static void
must(bool done, const char *what)
{
	if (done)
		return;
	log_error("cryptography failed: %s", what);
	abort();
}

void
crypto_init(void)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac;

	if (sha256 != NULL)
		return;
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	sha256_ctx = EVP_MD_CTX_new();
	must(sha256 != NULL && sha256_ctx != NULL, "SHA-256 is missing");
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	must(hmac != NULL, "HMAC is missing");
	hmac_ctx = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	must(hmac_ctx != NULL && EVP_MAC_CTX_set_params(hmac_ctx, params) == 1, "HMAC-SHA256");
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	gcm_ctx = EVP_CIPHER_CTX_new();
	must(gcm != NULL && gcm_ctx != NULL, "AES-256-GCM is missing");
}

void
crypto_random(void *to, size_t len)
{
	unsigned char *p = to;
	ssize_t n;

	while (len > 0) {
		n = getrandom(p, len, 0);
		if (n < 0) {
			must(errno == EINTR, "getrandom");
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
}

void
crypto_sha256(const void *data, size_t len, unsigned char to[CRYPTO_HASH])
{
	must(EVP_DigestInit_ex2(sha256_ctx, sha256, NULL) == 1 &&
		 EVP_DigestUpdate(sha256_ctx, data, len) == 1 &&
		 EVP_DigestFinal_ex(sha256_ctx, to, NULL) == 1,
	    "SHA-256");
}

void
crypto_hmac(
    const void *key, size_t key_len, const void *data, size_t len, unsigned char to[CRYPTO_HASH])
{
	size_t written;

	/* OpenSSL takes a NULL key for "the one before". */
	must(EVP_MAC_init(hmac_ctx, key_len > 0 ? key : "", key_len, NULL) == 1 &&
		 EVP_MAC_update(hmac_ctx, data, len) == 1 &&
		 EVP_MAC_final(hmac_ctx, to, &written, CRYPTO_HASH) == 1,
	    "HMAC-SHA256");
}

bool
crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
crypto_set_secret(const char *secret)
{
	if (secret_bytes != NULL)
		OPENSSL_clear_free(secret_bytes, secret_len + 1);
	secret_len = strlen(secret);
	secret_bytes = OPENSSL_memdup(secret, secret_len + 1);
	must(secret_bytes != NULL, "out of memory");
}

void
crypto_key(const char *purpose, unsigned char to[CRYPTO_KEY])
{
	must(secret_bytes != NULL, "no secret is set");
	crypto_hmac(secret_bytes, secret_len, purpose, strlen(purpose), to);
}

/* Begin with the key of purpose and the nonce, and take in the context. */
static bool
gcm_begin(const char *purpose, const unsigned char nonce[NONCE], const char *aad, int sealing)
{
	unsigned char key[CRYPTO_KEY];
	bool done;
	int n;

	crypto_key(purpose, key);
	done = EVP_CipherInit_ex2(gcm_ctx, gcm, key, nonce, sealing, NULL) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return done && (aad == NULL || EVP_CipherUpdate(gcm_ctx, NULL, &n,
					   (const unsigned char *)aad, (int)strlen(aad)) == 1);
}

/* The layout is nonce, text, tag. */
char *
crypto_seal(struct arena *mem, const char *purpose, const void *data, size_t len, const char *aad)
{
	unsigned char *sealed = arena_alloc(mem, NONCE + len + TAG), *text = sealed + NONCE;
	int n;

	must(len <= INT32_MAX, "a text too long to seal");
	crypto_random(sealed, NONCE);
	must(gcm_begin(purpose, sealed, aad, 1) &&
		 EVP_CipherUpdate(gcm_ctx, text, &n, data, (int)len) == 1 &&
		 EVP_CipherFinal_ex(gcm_ctx, text + len, &n) == 1 &&
		 EVP_CIPHER_CTX_ctrl(gcm_ctx, EVP_CTRL_AEAD_GET_TAG, TAG, text + len) == 1,
	    "AES-256-GCM");
	return str_base64url(mem, sealed, NONCE + len + TAG);
}

void *
crypto_open(
    struct arena *mem, const char *purpose, const char *text, const char *aad, size_t *len_r)
{
	unsigned char *sealed, *data;
	size_t len;
	int n;

	sealed = str_unbase64url(mem, text, strlen(text), &len);
	if (sealed == NULL || len < NONCE + TAG || len > INT32_MAX)
		return NULL;
	len -= NONCE + TAG;
	data = arena_alloc(mem, len + 1);
	if (!gcm_begin(purpose, sealed, aad, 0) ||
	    EVP_CipherUpdate(gcm_ctx, data, &n, sealed + NONCE, (int)len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(gcm_ctx, EVP_CTRL_AEAD_SET_TAG, TAG, sealed + NONCE + len) != 1 ||
	    EVP_CipherFinal_ex(gcm_ctx, data + len, &n) != 1)
		return NULL;
	*len_r = len;
	return data;
}

static void
password_encode(const char *password, char *to, size_t size)
{
	unsigned char salt[SALT];
	int code;

	crypto_random(salt, sizeof(salt));
	code = argon2id_hash_encoded(PASSWORD_PASSES, PASSWORD_KIB, PASSWORD_LANES, password,
	    strlen(password), salt, sizeof(salt), CRYPTO_HASH, to, size);
	must(code == ARGON2_OK, argon2_error_message(code));
}

char *
crypto_password_hash(struct arena *mem, const char *password)
{
	size_t size = argon2_encodedlen(
	    PASSWORD_PASSES, PASSWORD_KIB, PASSWORD_LANES, SALT, CRYPTO_HASH, Argon2_id);
	char *encoded = arena_alloc(mem, size);

	password_encode(password, encoded, size);
	return encoded;
}

bool
crypto_password_check(const char *hash, const char *password)
{
	char unused[256];

	if (hash == NULL) {
		password_encode(password, unused, sizeof(unused));
		return false;
	}
	return argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
}
