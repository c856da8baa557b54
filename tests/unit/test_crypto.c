/* Hashes against published vectors, sealed texts, passwords. */
#include "unit.h"

#include "arena.h"
#include "crypto.h"
#include "str.h"

static struct arena *mem;

static int
set_up(void **state)
{
	(void)state;
	mem = arena_new();
	crypto_init();
	crypto_init();
	crypto_set_secret("a secret of more than thirty-two characters");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&mem);
	return 0;
}

static void
assert_hash(const unsigned char hash[CRYPTO_HASH], const char *expected)
{
	char text[2 * CRYPTO_HASH + 1];

	str_hex(text, hash, CRYPTO_HASH);
	assert_string_equal(text, expected);
}

/* FIPS 180-4. */
static void
sha256(void **state)
{
	unsigned char hash[CRYPTO_HASH];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		crypto_sha256("", 0, hash);
		assert_hash(
		    hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		crypto_sha256("abc", 3, hash);
		assert_hash(
		    hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	}
}

/* RFC 4231, cases 1, 2 and 6. */
static void
hmac(void **state)
{
	unsigned char hash[CRYPTO_HASH], key[131];
	const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";

	(void)state;
	memset(key, 0x0b, 20);
	crypto_hmac(key, 20, "Hi There", 8, hash);
	assert_hash(hash, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	crypto_hmac("Jefe", 4, "what do ya want for nothing?", 28, hash);
	assert_hash(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	crypto_hmac(key, sizeof(key), text, strlen(text), hash);
	assert_hash(hash, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* An empty key is a key, not "the one before". */
static void
hmac_of_an_empty_key(void **state)
{
	unsigned char hash[CRYPTO_HASH];

	(void)state;
	crypto_hmac("other", 5, "x", 1, hash);
	crypto_hmac(NULL, 0, "", 0, hash);
	assert_hash(hash, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void
equality(void **state)
{
	(void)state;
	assert_true(crypto_equal("abc", "abc", 3));
	assert_false(crypto_equal("abc", "abd", 3));
	assert_true(crypto_equal("abc", "abd", 2));
}

static void
random_bytes_differ(void **state)
{
	unsigned char a[1000] = {0}, b[1000] = {0};

	(void)state;
	crypto_random(a, sizeof(a));
	crypto_random(b, sizeof(b));
	assert_memory_not_equal(a, b, 16);
	assert_memory_not_equal(a + 984, b + 984, 16);
}

static void
keys_by_purpose(void **state)
{
	unsigned char a[CRYPTO_KEY], b[CRYPTO_KEY], expected[CRYPTO_KEY];
	const char *secret = "a secret of more than thirty-two characters";

	(void)state;
	crypto_key("cursor", a);
	crypto_key("signed-url", b);
	assert_memory_not_equal(a, b, CRYPTO_KEY);
	crypto_hmac(secret, strlen(secret), "cursor", 6, expected);
	assert_memory_equal(a, expected, CRYPTO_KEY);
}

static void
sealed_text_opens(void **state)
{
	char *text, *again;
	size_t len, i;
	char data[100];

	(void)state;
	memset(data, 'd', sizeof(data));
	for (i = 0; i <= sizeof(data); i += 25) {
		text = crypto_seal(mem, "cursor", data, i, "context");
		again = crypto_open(mem, "cursor", text, "context", &len);
		assert_non_null(again);
		assert_int_equal(len, i);
		assert_memory_equal(again, data, i);
		assert_int_equal(again[len], '\0');
	}
	text = crypto_seal(mem, "cursor", "x", 1, NULL);
	assert_non_null(crypto_open(mem, "cursor", text, NULL, &len));
	assert_string_not_equal(text, crypto_seal(mem, "cursor", "x", 1, NULL));
}

static void
other_text_does_not_open(void **state)
{
	char *text = crypto_seal(mem, "cursor", "secret data", 11, "context"), *changed;
	size_t len, i;

	(void)state;
	assert_null(crypto_open(mem, "other", text, "context", &len));
	assert_null(crypto_open(mem, "cursor", text, "Context", &len));
	assert_null(crypto_open(mem, "cursor", text, NULL, &len));
	assert_null(crypto_open(mem, "cursor", "", "context", &len));
	assert_null(crypto_open(mem, "cursor", "not base64url!", "context", &len));
	assert_null(crypto_open(mem, "cursor", "AAAA", "context", &len));
	for (i = 0; i < strlen(text); i++) {
		changed = arena_strdup(mem, text);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		assert_null(crypto_open(mem, "cursor", changed, "context", &len));
	}
	assert_null(crypto_open(
	    mem, "cursor", arena_strndup(mem, text, strlen(text) - 4), "context", &len));
	crypto_set_secret("another secret of more than thirty-two letters");
	assert_null(crypto_open(mem, "cursor", text, "context", &len));
	crypto_set_secret("a secret of more than thirty-two characters");
	assert_non_null(crypto_open(mem, "cursor", text, "context", &len));
}

static void
passwords(void **state)
{
	char *hash = crypto_password_hash(mem, "correct horse");

	(void)state;
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
	assert_true(crypto_password_check(hash, "correct horse"));
	assert_false(crypto_password_check(hash, "correct horsf"));
	assert_false(crypto_password_check(hash, ""));
	assert_false(crypto_password_check(NULL, "correct horse"));
	assert_false(crypto_password_check("not a hash", "correct horse"));
	assert_string_not_equal(hash, crypto_password_hash(mem, "correct horse"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256),
	    cmocka_unit_test(hmac),
	    cmocka_unit_test(hmac_of_an_empty_key),
	    cmocka_unit_test(equality),
	    cmocka_unit_test(random_bytes_differ),
	    cmocka_unit_test(keys_by_purpose),
	    cmocka_unit_test(sealed_text_opens),
	    cmocka_unit_test(other_text_does_not_open),
	    cmocka_unit_test(passwords),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
