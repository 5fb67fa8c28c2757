#include "lib/directory/account_keys.h"

#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/md4.h"
#include "tests/support/suite.h"

/* A managed password that a domain controller (Samba 4.22) made for an account of a test, with lone
 * surrogates in it, and the keys that it exported for the account itself. */
static const struct directory_account account = {"many-07$", "contoso.test"};
static const char password_hex[] =
    "5692ab5a12ac4d6bc007e760b8c58abe788572dc8f0c47458c9d274595ab51abad9e2c8ca1603cd7"
    "4f1d0c92361fb9e82113eae2522c499fa9a7fa41d6a6237f7078d0627074a04b67944e3248375cc6"
    "37668aa22bf5b6625dd05403cb23a5da5cf25064b7588a2de7480ad630cec14484288e54614d5a80"
    "59fbafef42716981258c3cf57ef9b983589f681afdefd95e76514fc9e86f8a4a099e19d089254812"
    "ab99cfb234d9d10931409a8d5c1dc273da8a004045fc0374e29ad46a0021650b192ff461bc309e3d"
    "686aa06b02868608afa382be7cbae04716ab6f1cdd59773fc95944a950c4aae99c5deac8664b08b2"
    "d78a31bf33911e94f0a814f509667221";
static const struct {
    int32_t type;
    const char *key;
} expected[] = {
    {18, "1f80e397f2407a70c0323de34497c349752cbb6fc205e6429d2c184b1b1be0fd"},
    {17, "32277dd7324224eb34982d4aa95dadc3"},
    {23, "d4547722113919bac3232f6d8ed8bf85"},
};

static void password_of(const char *hex, struct secure_buffer *password)
{
    size_t length = strlen(hex) / 2;
    ck_assert_int_eq(secure_buffer_create(password, length, NULL), 0);
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        password->data[i] = (unsigned char)byte;
    }
    password->length = length;
}

static void hex_of(const unsigned char *bytes, size_t length, char *hex)
{
    for (size_t i = 0; i < length; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

START_TEST(keys_are_those_of_the_controller)
{
    cleanup_secure_buffer struct secure_buffer password = {0};
    cleanup_account_keys struct account_keys keys = {0};
    password_of(password_hex, &password);
    ck_assert_int_eq(
        account_keys_derive(&keys, &account, &password, ENCRYPTION_AES | ENCRYPTION_RC4, NULL), 0);
    ck_assert_uint_eq(keys.count, ARRAY_LENGTH(expected));
    for (size_t i = 0; i < keys.count; i++) {
        char hex[2 * ACCOUNT_KEY_LENGTH_MAX + 1];
        hex_of(keys.items[i].bytes, keys.items[i].length, hex);
        ck_assert_int_eq(keys.items[i].type, expected[i].type);
        ck_assert_str_eq(hex, expected[i].key);
    }
    ck_assert((const unsigned char *)keys.items == keys.memory.data); /* nowhere else */
}
END_TEST

START_TEST(only_the_types_that_are_asked_for_are_made)
{
    cleanup_secure_buffer struct secure_buffer password = {0};
    cleanup_account_keys struct account_keys keys = {0};
    cleanup_error struct error *error = NULL;
    password_of(password_hex, &password);
    /* DES, session keys: no types of keys here */
    ck_assert_int_eq(account_keys_derive(&keys, &account, &password,
                                         ENCRYPTION_DES_MD5 | ENCRYPTION_AES256_SESSION, &error),
                     -1);
    ck_assert_int_eq(error->code, ERROR_INPUT);
    ck_assert_ptr_null(keys.memory.data);
    ck_assert_int_eq(account_keys_derive(&keys, &account, &password,
                                         ENCRYPTION_AES128 | ENCRYPTION_DES_CRC, NULL),
                     0);
    ck_assert_uint_eq(keys.count, 1);
    ck_assert_int_eq(keys.items[0].type, 17);
}
END_TEST

START_TEST(names_follow_the_rules)
{
    static const struct {
        struct directory_account account;
        const char *principal, *salt;
    } rows[] = {
        {{"webapp01$", "contoso.test"},
         "webapp01$@CONTOSO.TEST",
         "CONTOSO.TESThostwebapp01.contoso.test"},
        {{"Many-00$", "Contoso.Test"},
         "Many-00$@CONTOSO.TEST",
         "CONTOSO.TESThostmany-00.contoso.test"},
        {{"a@b/c\\d", "x.y"}, "a\\@b\\/c\\\\d@X.Y", "X.Yhosta@b/c\\d.x.y"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_free char *principal = directory_account_principal(&rows[i].account);
        cleanup_free char *salt = directory_account_salt(&rows[i].account);
        ck_assert_str_eq(principal, rows[i].principal);
        ck_assert_str_eq(salt, rows[i].salt);
    }
}
END_TEST

/* RFC 1320, A.5 */
START_TEST(md4_is_that_of_the_rfc)
{
    static const struct {
        const char *text, *digest;
    } rows[] = {
        {"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
        {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "e33b4ddc9c38f2199c3e7b164fcc0536"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        unsigned char digest[MD4_LENGTH];
        char hex[2 * MD4_LENGTH + 1];
        ck_assert_int_eq(md4_digest(rows[i].text, strlen(rows[i].text), digest, NULL), 0);
        hex_of(digest, sizeof(digest), hex);
        ck_assert_str_eq(hex, rows[i].digest);
    }
}
END_TEST

START_TEST(a_missing_legacy_provider_is_said)
{
    cleanup_secure_buffer struct secure_buffer password = {0};
    cleanup_account_keys struct account_keys keys = {0};
    cleanup_error struct error *error = NULL;
    password_of(password_hex, &password);
    ck_assert_int_eq(setenv("OPENSSL_MODULES", "/nonexistent", 1), 0);
    ck_assert_int_eq(account_keys_derive(&keys, &account, &password, ENCRYPTION_RC4, &error), -1);
    ck_assert_int_eq(error->code, ERROR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(error->message, "legacy"));
    ck_assert_ptr_null(keys.memory.data);
    ck_assert_int_eq(account_keys_derive(&keys, &account, &password, ENCRYPTION_AES, NULL), 0);
}
END_TEST

SUITE("account_keys", keys_are_those_of_the_controller, only_the_types_that_are_asked_for_are_made,
      names_follow_the_rules, md4_is_that_of_the_rfc, a_missing_legacy_provider_is_said)
