#include "credspec/grant.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credspec/grant_keys.h"
#include "lib/common/base64.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "tests/support/suite.h"

/* RFC 8032 section 7.1, TEST 1: its secret key as PKCS#8, and what openssl makes of it. */
static const char known_private[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
/* First 16 digits of sha256(d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a). */
static const char known_id[] = "21fe31dfa154a261";

static struct arena arena;
static char folder[64];

static void setup(void)
{
    strcpy(folder, P_tmpdir "/grant-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; (entry = readdir(directory));)
        (void)unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    (void)rmdir(folder);
    arena_release(&arena);
}

static const char *put(const char *name, const char *text)
{
    const char *path = arena_format(&arena, "%s/%s", folder, name);
    ck_assert_int_eq(file_write_atomic(path, text, strlen(text), 0600, FILE_REPLACE, NULL), 0);
    return path;
}

static struct grant_keys *load(const char *path)
{
    struct error *err = NULL;
    struct grant_keys *keys = grant_keys_load(path, &err);
    ck_assert_msg(keys != NULL, "%s", err ? err->message : "");
    return keys;
}

static void refuse_load(const char *path, enum error_code code, const char *part)
{
    cleanup_error struct error *err = NULL;
    ck_assert_ptr_null(grant_keys_load(path, &err));
    ck_assert_msg(strstr(err->message, part) != NULL, "%s", err->message);
    ck_assert_int_eq(err->code, code);
}

/* Makes a key pair of its own; the private file's path. */
static const char *generate(void)
{
    cleanup_free char *path = NULL;
    ck_assert_int_eq(grant_key_generate(folder, &path, NULL), 0);
    return arena_format(&arena, "%s", path);
}

static const struct grant_entry entries[] = {{{"web", 3}, {"webapp02", 8}},
                                             {{"*", 1}, {"webapp01", 8}}};
static const struct grant_spec specs[] = {{{"webapp02", 8}, {"{\"b\":2}", 7}},
                                          {{"webapp01", 8}, {"{\"a\":{\"c\":[1]}}", 15}}};
static const struct grant sample = {
    .cluster = {"prod", 4},
    .namespace = {"shop", 4},
    .service_account = {"webapp", 6},
    .entries = entries,
    .entry_count = 2,
    .specs = specs,
    .spec_count = 2,
};

static struct slice sign(const struct grant_keys *keys, const struct grant *grant)
{
    cleanup_buffer struct buffer out = {0};
    struct error *err = NULL;
    ck_assert_msg(grant_sign(keys, grant, &out, &err) == 0, "%s", err ? err->message : "");
    return arena_copy_slice(&arena, (struct slice){out.data, out.length});
}

static void refuse(const struct grant_keys *keys, struct slice value, enum error_code code)
{
    struct grant grant;
    cleanup_error struct error *opened = NULL, *verified = NULL;
    ck_assert_int_eq(grant_open(keys, value, &arena, &grant, &opened), -1);
    ck_assert_int_eq(opened->code, code);
    ck_assert_int_eq(grant_verify_exact(keys, value, &sample, &verified), -1);
    ck_assert_int_eq(verified->code, ERROR_DENIED);
}

/* A signed value of any payload, as only the holder of the key can make it. */
static struct slice sign_payload(const struct grant_keys *keys, const char *payload)
{
    cleanup_buffer struct buffer message = {0}, value = {0};
    unsigned char signature[GRANT_SIGNATURE_LENGTH];
    buffer_append(&message, "gmsa-identity.dev/grant/v1", 27);
    buffer_append_text(&message, payload);
    struct slice text = {message.data, message.length};
    ck_assert_int_eq(grant_keys_sign(keys, text, signature, NULL), 0);
    buffer_append_format(&value, "%s.", grant_keys_signer(keys));
    base64url_encode(&value, payload, strlen(payload));
    buffer_append_byte(&value, '.');
    base64url_encode(&value, signature, sizeof(signature));
    return arena_copy_slice(&arena, (struct slice){value.data, value.length});
}

START_TEST(writes_the_documented_text)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    ck_assert_str_eq(grant_keys_signer(keys), known_id);
    struct slice value = sign(keys, &sample);
    const char *payload = "{\"cluster\":\"prod\",\"containers\":{\"*\":\"webapp01\",\"web\":"
                          "\"webapp02\"},\"keyId\":\"21fe31dfa154a261\",\"namespace\":\"shop\","
                          "\"serviceAccount\":\"webapp\",\"specs\":{\"webapp01\":{\"a\":{\"c\":"
                          "[1]}},\"webapp02\":{\"b\":2}},\"version\":1}";
    struct slice expected = sign_payload(keys, payload);
    ck_assert_str_eq(value.data, expected.data);
    teardown();
}
END_TEST

START_TEST(opens_what_it_signed)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    struct slice value = sign(keys, &sample);
    struct grant grant;
    ck_assert_int_eq(grant_open(keys, value, &arena, &grant, NULL), 0);
    ck_assert(slice_is(grant.cluster, "prod"));
    ck_assert(slice_is(grant.namespace, "shop"));
    ck_assert(slice_is(grant.service_account, "webapp"));
    ck_assert_uint_eq(grant.entry_count, 2);
    ck_assert(slice_is(grant.entries[0].container, "*"));
    ck_assert(slice_is(grant.entries[1].spec_name, "webapp02"));
    ck_assert_uint_eq(grant.spec_count, 2);
    ck_assert(slice_is(grant.specs[0].canonical, "{\"a\":{\"c\":[1]}}"));
    ck_assert_int_eq(grant_verify_exact(keys, value, &sample, NULL), 0);
    teardown();
}
END_TEST

START_TEST(holds_many_entries_and_hostile_names)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    struct grant_entry many[100];
    struct grant_spec each[100];
    for (size_t i = 0; i < 100; i++) {
        many[i].container = slice_of(arena_format(&arena, "c\"<\\\n%zu", 99 - i));
        each[i].name = many[i].spec_name = slice_of(arena_format(&arena, "s%zu", i));
        each[i].canonical = slice_of("{}");
    }
    struct grant grant = sample, opened;
    grant.entries = many;
    grant.specs = each;
    grant.entry_count = grant.spec_count = 100;
    struct slice value = sign(keys, &grant);
    ck_assert_int_eq(grant_open(keys, value, &arena, &opened, NULL), 0);
    ck_assert_uint_eq(opened.entry_count, 100);
    ck_assert(slice_is(opened.entries[99].container, "c\"<\\\n99"));
    ck_assert(slice_is(opened.entries[99].spec_name, "s0"));
    ck_assert_uint_eq(opened.spec_count, 100);
    ck_assert_int_eq(grant_verify_exact(keys, value, &grant, NULL), 0);
    teardown();
}
END_TEST

START_TEST(refuses_every_changed_byte)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    struct slice value = sign(keys, &sample);
    char *copy = arena_copy(&arena, value.data, value.length);
    static const char others[] = {'A', 'b', '0', '.', '-', '=', '\0', '\n', (char)0xff};
    for (size_t i = 0; i < value.length; i++) {
        for (size_t k = 0; k < sizeof(others); k++) {
            if (copy[i] == others[k])
                continue;
            char kept = copy[i];
            copy[i] = others[k];
            refuse(keys, (struct slice){copy, value.length}, ERROR_DENIED);
            copy[i] = kept;
        }
    }
    for (size_t length = 0; length < value.length; length++)
        refuse(keys, (struct slice){copy, length}, ERROR_DENIED);
    refuse(keys, slice_of(arena_format(&arena, "%sA", copy)), ERROR_DENIED);
    refuse(keys, slice_of(arena_format(&arena, "%s\n", copy)), ERROR_DENIED);
    refuse(keys, (struct slice){0}, ERROR_DENIED);
    teardown();
}
END_TEST

START_TEST(compares_everything_it_says)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    struct slice value = sign(keys, &sample);
    struct grant changed[8];
    for (size_t i = 0; i < 8; i++)
        changed[i] = sample;
    struct grant_entry other_container[2] = {entries[0], entries[1]};
    struct grant_entry other_spec[2] = {entries[0], entries[1]};
    struct grant_spec other_text[2] = {specs[0], specs[1]};
    other_container[0].container = slice_of("api");
    other_spec[0].spec_name = slice_of("webapp01");
    other_text[0].canonical = slice_of("{\"b\":3}");
    changed[0].cluster = slice_of("test");
    changed[1].namespace = slice_of("shop2");
    changed[2].service_account = slice_of("default");
    changed[3].entries = other_container;
    changed[4].entries = other_spec;
    changed[5].specs = other_text;
    changed[6].entry_count = 1;
    changed[7].cluster = (struct slice){0};
    for (size_t i = 0; i < 8; i++) {
        cleanup_error struct error *err = NULL;
        ck_assert_int_eq(grant_verify_exact(keys, value, &changed[i], &err), -1);
        ck_assert_int_eq(err->code, ERROR_DENIED);
    }
    teardown();
}
END_TEST

START_TEST(newest_key_signs_and_all_verify)
{
    setup();
    const char *first_path = put("20260101T000000Z-a.key", known_private);
    cleanup_grant_keys struct grant_keys *old = load(first_path);
    struct slice value = sign(old, &sample);
    generate();
    cleanup_grant_keys struct grant_keys *both = load(folder);
    ck_assert_str_ne(grant_keys_signer(both), known_id);
    ck_assert_int_eq(grant_verify_exact(both, value, &sample, NULL), 0);
    struct slice newer = sign(both, &sample);
    ck_assert_int_eq(grant_verify_exact(both, newer, &sample, NULL), 0);
    refuse(old, newer, ERROR_DENIED);
    /* Taking the old key away revokes what it signed. */
    ck_assert_int_eq(unlink(first_path), 0);
    cleanup_grant_keys struct grant_keys *rotated = load(folder);
    refuse(rotated, value, ERROR_DENIED);
    ck_assert_int_eq(grant_verify_exact(rotated, newer, &sample, NULL), 0);
    teardown();
}
END_TEST

START_TEST(public_keys_verify_alone)
{
    setup();
    const char *private_path = generate();
    cleanup_grant_keys struct grant_keys *keys = load(private_path);
    struct slice value = sign(keys, &sample);
    ck_assert_int_eq(unlink(private_path), 0);
    cleanup_grant_keys struct grant_keys *node = load(folder);
    ck_assert(!grant_keys_can_sign(node));
    ck_assert(grant_keys_can_sign(keys));
    ck_assert(!grant_keys_can_sign(NULL));
    ck_assert_int_eq(grant_verify_exact(node, value, &sample, NULL), 0);
    cleanup_buffer struct buffer out = {0};
    cleanup_error struct error *err = NULL;
    ck_assert_int_eq(grant_sign(node, &sample, &out, &err), -1);
    ck_assert_int_eq(err->code, ERROR_INPUT);
    ck_assert_uint_eq(out.length, 0);
    teardown();
}
END_TEST

START_TEST(private_half_counts_over_the_public_one)
{
    setup();
    const char *private_path = generate();
    cleanup_buffer struct buffer text = {0};
    ck_assert_int_eq(file_read(private_path, 4096, &text, NULL), 0);
    ck_assert_int_eq(unlink(private_path), 0);
    put("zz.key", buffer_text(&text));
    cleanup_grant_keys struct grant_keys *keys = load(folder);
    ck_assert(grant_keys_can_sign(keys));
    teardown();
}
END_TEST

START_TEST(key_files_have_fitting_modes)
{
    setup();
    const char *path = generate();
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
    char *public_path = arena_format(&arena, "%.*s.pub", (int)strlen(path) - 4, path);
    ck_assert_int_eq(stat(public_path, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0644);
    cleanup_error struct error *err = NULL;
    char *none = NULL;
    ck_assert_int_eq(grant_key_generate("/nonexistent", &none, &err), -1);
    ck_assert_ptr_null(none);
    teardown();
}
END_TEST

START_TEST(refuses_what_is_no_key)
{
    setup();
    refuse_load(folder, ERROR_INPUT, "keygen");
    refuse_load("/nonexistent", ERROR_NOT_FOUND, "/nonexistent: No such file");
    refuse_load("/nonexistent.key", ERROR_NOT_FOUND, "/nonexistent.key");
    put("..data.key", "hidden names are left out");
    refuse_load(folder, ERROR_INPUT, "holds no");
    refuse_load(put("a.key", "no PEM"), ERROR_INPUT, "a.key: not an Ed25519 private key");
    refuse_load(folder, ERROR_INPUT, "a.key");
    refuse_load(put("b.pub", known_private), ERROR_INPUT, "b.pub: not an Ed25519 public key");
    /* openssl genpkey -algorithm X25519 */
    refuse_load(put("c.key", "-----BEGIN PRIVATE KEY-----\n"
                             "MC4CAQAwBQYDK2VuBCIEIHCCNXnxpXNYvdi5Uf0bJqxgYbJ4dn3JAEGDVd1bJ7Vi\n"
                             "-----END PRIVATE KEY-----\n"),
                ERROR_INPUT, "c.key: not an Ed25519");
    teardown();
}
END_TEST

START_TEST(refuses_too_many_keys)
{
    setup();
    for (int i = 0; i < 65; i++)
        generate();
    refuse_load(folder, ERROR_INPUT, "more than 64 keys");
    teardown();
}
END_TEST

START_TEST(refuses_to_sign_nonsense)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    struct grant_entry twice[] = {entries[0], entries[0]}, lost[] = {{{"a", 1}, {"x", 1}}};
    struct grant_spec same[] = {specs[0], specs[0]};
    char *big = arena_allocate(&arena, GRANT_VALUE_MAX);
    memset(big, 'x', GRANT_VALUE_MAX);
    struct grant_spec large[] = {specs[1], {specs[0].name, {big, (size_t)GRANT_VALUE_MAX / 4 * 3}}};
    struct grant wrong[6];
    for (size_t i = 0; i < 6; i++)
        wrong[i] = sample;
    wrong[0].entries = twice;
    wrong[1].entries = lost, wrong[1].entry_count = 1;
    wrong[2].specs = same;
    wrong[3].specs = large;
    wrong[4].entry_count = 0;
    wrong[5].spec_count = 0;
    for (size_t i = 0; i < 6; i++) {
        cleanup_buffer struct buffer out = {0};
        cleanup_error struct error *err = NULL;
        ck_assert_int_eq(grant_sign(keys, &wrong[i], &out, &err), -1);
        ck_assert_int_eq(err->code, ERROR_INPUT);
        ck_assert_uint_eq(out.length, 0);
    }
    large[1].canonical.length = GRANT_VALUE_MAX / 4 * 3 - 400;
    ck_assert_uint_le(sign(keys, &wrong[3]).length, GRANT_VALUE_MAX);
    teardown();
}
END_TEST

/* Signed, so by somebody with the key, but not what this version writes. */
START_TEST(refuses_other_payloads)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    static const char *const payloads[] = {
        "",
        "{}",
        "[]",
        "{\"cluster\":\"\",\"containers\":{\"a\":\"s\"},\"keyId\":\"21fe31dfa154a261\","
        "\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":{}},\"version\":2}",
        "{\"cluster\":\"\",\"containers\":{\"a\":\"s\"},\"keyId\":\"21fe31dfa154a261\","
        "\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":{}},\"version\":1,\"x\":1}",
        "{\"cluster\":\"\",\"containers\":{\"a\":\"s\"},\"keyId\":\"21fe31dfa154a262\","
        "\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":{}},\"version\":1}",
        "{\"cluster\":\"\",\"containers\":{\"a\":\"t\"},\"keyId\":\"21fe31dfa154a261\","
        "\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":{}},\"version\":1}",
        "{\"cluster\":\"\",\"containers\":{\"a\":\"s\",\"a\":\"s\"},\"keyId\":"
        "\"21fe31dfa154a261\",\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":{}},"
        "\"version\":1}",
        "{\"cluster\":\"\",\"containers\":{\"a\":\"s\"},\"keyId\":\"21fe31dfa154a261\","
        "\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":\"\"},\"version\":1}",
        " {\"cluster\":\"\",\"containers\":{\"a\":\"s\"},\"keyId\":\"21fe31dfa154a261\","
        "\"namespace\":\"\",\"serviceAccount\":\"\",\"specs\":{\"s\":{}},\"version\":1}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++)
        refuse(keys, sign_payload(keys, payloads[i]), ERROR_PROTOCOL);
    teardown();
}
END_TEST

START_TEST(other_texts_of_the_key_are_no_grants)
{
    setup();
    cleanup_grant_keys struct grant_keys *keys = load(put("a.key", known_private));
    unsigned char signature[GRANT_SIGNATURE_LENGTH];
    const char *payload = "{}";
    ck_assert_int_eq(grant_keys_sign(keys, slice_of(payload), signature, NULL), 0);
    cleanup_buffer struct buffer value = {0};
    buffer_append_format(&value, "%s.", known_id);
    base64url_encode(&value, payload, strlen(payload));
    buffer_append_byte(&value, '.');
    base64url_encode(&value, signature, sizeof(signature));
    refuse(keys, (struct slice){value.data, value.length}, ERROR_DENIED);
    teardown();
}
END_TEST

START_TEST(keys_that_are_no_files)
{
    setup();
    cleanup_error struct error *err = NULL;
    cleanup_buffer struct buffer value = {0}, pem = {0};
    const struct grant_entry entry = {slice_of("*"), slice_of("web")};
    const struct grant_spec spec = {slice_of("web"), slice_of("{}")};
    const struct grant grant = {slice_of("c"), slice_of("n"), slice_of("s"), &entry, 1, &spec, 1};
    cleanup_grant_keys struct grant_keys *own = grant_keys_make(NULL);
    cleanup_grant_keys struct grant_keys *other = grant_keys_make(NULL);
    ck_assert(grant_keys_can_sign(own));
    ck_assert_int_eq(grant_sign(own, &grant, &value, NULL), 0);
    struct slice text = {value.data, value.length};
    ck_assert_int_eq(grant_verify_exact(own, text, &grant, NULL), 0);
    ck_assert_int_eq(grant_verify_exact(other, text, &grant, NULL), -1);

    /* A public key as a text verifies, and does not sign. */
    char *path = NULL;
    ck_assert_int_eq(grant_key_generate(folder, &path, NULL), 0);
    cleanup_free char *private_path = path;
    cleanup_grant_keys struct grant_keys *signer = load(private_path);
    memcpy(strrchr(private_path, '.'), ".pub", 4);
    ck_assert_int_eq(file_read(private_path, 4096, &pem, NULL), 0);
    struct grant_keys *public = NULL;
    struct slice pem_text = {pem.data, pem.length};
    ck_assert_int_eq(grant_keys_add_public(&public, "a.pub", pem_text, NULL), 0);
    ck_assert_int_eq(grant_keys_add_public(&public, "again.pub", pem_text, NULL), 0);
    buffer_clear(&value);
    ck_assert_int_eq(grant_sign(signer, &grant, &value, NULL), 0);
    ck_assert_int_eq(
        grant_verify_exact(public, (struct slice){value.data, value.length}, &grant, NULL), 0);
    ck_assert(!grant_keys_can_sign(public));
    ck_assert_int_eq(grant_keys_add_public(&public, "b.pub", slice_of(known_private), &err), -1);
    ck_assert_ptr_nonnull(strstr(err->message, "b.pub: not an Ed25519 public key"));
    grant_keys_free(public);
    teardown();
}
END_TEST

SUITE("grant", writes_the_documented_text, opens_what_it_signed,
      holds_many_entries_and_hostile_names, refuses_every_changed_byte, compares_everything_it_says,
      newest_key_signs_and_all_verify, public_keys_verify_alone,
      private_half_counts_over_the_public_one, key_files_have_fitting_modes, refuses_what_is_no_key,
      refuses_too_many_keys, refuses_to_sign_nonsense, refuses_other_payloads,
      other_texts_of_the_key_are_no_grants, keys_that_are_no_files)
