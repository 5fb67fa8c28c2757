#include "webhook/certificates/stored.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const char *const names[] = {"gmsa-webhook.gmsa-webhook.svc", NULL};

static void make_authority(struct key_pair *pair, int64_t life)
{
    ck_assert_int_eq(key_pair_make_authority_until(pair, time(NULL) + life, NULL), 0);
}

/* An authority, a certificate of it, a next authority, and one of either kind that is trusted. */
static void make(struct stored *stored)
{
    cleanup_key_pair struct key_pair previous = {0}, adopted = {0};
    make_authority(&stored->current, 600);
    ck_assert_int_eq(key_pair_make_serving_until(&stored->serving, &stored->current, names,
                                                 time(NULL) + 300, NULL),
                     0);
    make_authority(&stored->next, 900);
    make_authority(&previous, 300);
    make_authority(&adopted, 200);
    authorities_add(&stored->previous, previous.certificate);
    authorities_add(&stored->adopted, adopted.certificate);
    stored->adopted_until = 1795658146;
}

/* As the API server would store it. */
static void put(const struct stored *stored, struct buffer *json)
{
    cleanup_secure_buffer struct secure_buffer text = {0};
    ck_assert_int_eq(stored_write(stored, "gmsa-webhook", "certificates", &text, NULL), 0);
    buffer_append(json, text.data, text.length);
}

static enum plan_secret take(struct stored *stored, struct slice json, char **message)
{
    cleanup_error struct error *error = NULL;
    enum plan_secret result = stored_read(stored, json, &error);
    ck_assert_int_eq(result == PLAN_SECRET_GOOD, error == NULL);
    free(*message);
    *message = error ? xstrdup(error->message) : NULL;
    return result;
}

static void replace(struct buffer *json, const char *from, const char *to)
{
    cleanup_buffer struct buffer changed = {0};
    char *place = strstr(json->data, from);
    ck_assert_msg(place != NULL, "no %s", from);
    buffer_append(&changed, json->data, (size_t)(place - json->data));
    buffer_append_text(&changed, to);
    buffer_append_text(&changed, place + strlen(from));
    buffer_clear(json);
    buffer_append(json, changed.data, changed.length);
}

/* Takes the value of a member of `data` and puts another in its place. */
static void replace_member(struct buffer *json, const char *name, const char *value)
{
    cleanup_free char *key = xasprintf("\"%s\":\"", name);
    char *begin = strstr(json->data, key);
    ck_assert_ptr_nonnull(begin);
    char *end = strchr(begin + strlen(key), '"');
    cleanup_free char *old = xstrndup(begin, (size_t)(end - begin) + 1);
    cleanup_free char *new = xasprintf("%s%s\"", key, value);
    replace(json, old, new);
}

static char *member(const struct buffer *json, const char *name)
{
    cleanup_free char *key = xasprintf("\"%s\":\"", name);
    char *begin = strstr(json->data, key);
    ck_assert_ptr_nonnull(begin);
    begin += strlen(key);
    return strndup(begin, strcspn(begin, "\""));
}

START_TEST(what_is_written_is_read_back)
{
    cleanup_stored struct stored stored = {0}, back = {0};
    cleanup_buffer struct buffer json = {0}, bundle = {0}, bundle_back = {0};
    cleanup_free char *message = NULL;
    make(&stored);
    put(&stored, &json);
    replace(&json, "\"metadata\":{", "\"metadata\":{\"resourceVersion\":\"42\",");
    ck_assert_int_eq(take(&back, buffer_slice(&json), &message), PLAN_SECRET_GOOD);
    ck_assert_str_eq(buffer_text(&back.version), "42");
    ck_assert_int_eq(X509_cmp(back.current.certificate, stored.current.certificate), 0);
    ck_assert_int_eq(X509_cmp(back.serving.certificate, stored.serving.certificate), 0);
    ck_assert_int_eq(X509_cmp(back.next.certificate, stored.next.certificate), 0);
    ck_assert_int_eq(back.adopted_until, stored.adopted_until);
    stored_bundle(&stored, &bundle);
    stored_bundle(&back, &bundle_back);
    ck_assert_str_eq(buffer_text(&bundle), buffer_text(&bundle_back));
}
END_TEST

START_TEST(a_change_names_the_version_and_removes_what_is_gone)
{
    cleanup_stored struct stored stored = {0};
    cleanup_buffer struct buffer json = {0};
    make(&stored);
    buffer_append_text(&stored.version, "42");
    key_pair_release(&stored.next);
    authorities_release(&stored.adopted);
    put(&stored, &json);
    ck_assert_ptr_nonnull(strstr(json.data, "\"resourceVersion\":\"42\""));
    ck_assert_ptr_nonnull(strstr(json.data, "\"next-ca.crt\":null,\"next-ca.key\":null"));
    ck_assert_ptr_nonnull(strstr(json.data, "\"adopted-ca.crt\":null"));
    ck_assert_ptr_nonnull(strstr(json.data, "\"" STORED_ADOPTED "\":null"));
    ck_assert_ptr_null(strstr(json.data, "\"kind\""));
}
END_TEST

START_TEST(a_secret_without_our_mark_is_somebody_elses)
{
    cleanup_stored struct stored stored = {0}, back = {0};
    cleanup_buffer struct buffer json = {0};
    cleanup_free char *message = NULL;
    make(&stored);
    put(&stored, &json);
    replace(&json, "\"" STORED_MARK "\":\"v1\"", "\"" STORED_MARK "\":\"v2\"");
    ck_assert_int_eq(take(&back, buffer_slice(&json), &message), PLAN_SECRET_FOREIGN);
    ck_assert_ptr_nonnull(strstr(message, STORED_MARK));
    ck_assert_ptr_null(back.serving.key);
    static const char *const texts[] = {"",
                                        "null",
                                        "[]",
                                        "{",
                                        "{\"metadata\":{}}",
                                        "{\"metadata\":{\"annotations\":[]}}",
                                        "{\"metadata\":{}} x",
                                        "<html>"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        ck_assert_int_eq(take(&back, slice_of(texts[i]), &message), PLAN_SECRET_FOREIGN);
}
END_TEST

static void expect_damage(const char *name, const char *value, const char *expected)
{
    cleanup_stored struct stored stored = {0}, back = {0};
    cleanup_buffer struct buffer json = {0};
    cleanup_free char *message = NULL;
    make(&stored);
    put(&stored, &json);
    replace_member(&json, name, value);
    ck_assert_msg(take(&back, buffer_slice(&json), &message) == PLAN_SECRET_DAMAGED, "%s = %s",
                  name, value);
    ck_assert_msg(strstr(message, expected) != NULL, "%s = %s: %s", name, value, message);
    ck_assert_ptr_null(back.current.key);
    ck_assert_ptr_null(back.serving.key);
    ck_assert_uint_eq(back.previous.count, 0);
}

START_TEST(what_is_damaged_is_told_and_nothing_of_it_used)
{
    static const char *const pairs[] = {"ca", "tls", "next-ca"};
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        cleanup_free char *certificate = xasprintf("%s.crt", pairs[i]);
        cleanup_free char *key = xasprintf("%s.key", pairs[i]);
        expect_damage(certificate, "eA==", certificate);
        expect_damage(certificate, "x", "is not base64");
        expect_damage(certificate, "", "without");
        expect_damage(key, "eA==", key);
        expect_damage(key, "====", "is not base64");
        expect_damage(key, "", "without");
    }
    expect_damage("previous-ca.crt", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==", "previous-ca.crt");
    expect_damage("adopted-ca.crt", "!", "adopted-ca.crt is not base64");
}
END_TEST

START_TEST(what_does_not_belong_together_is_damage)
{
    cleanup_stored struct stored other = {0};
    cleanup_buffer struct buffer json = {0};
    make(&other);
    put(&other, &json);
    cleanup_free char *ca = member(&json, "ca.crt"), *key = member(&json, "ca.key");
    cleanup_free char *serving = member(&json, "tls.crt");
    expect_damage("ca.key", key, "no certificate and its key");
    expect_damage("ca.crt", ca, "no certificate and its key");
    expect_damage("tls.crt", serving, "no certificate and its key");
    expect_damage("previous-ca.crt", serving, "no authority's");
}
END_TEST

/* A pair that fits, and is somebody else's. */
START_TEST(a_certificate_of_another_authority_is_damage)
{
    cleanup_stored struct stored stored = {0}, other = {0}, back = {0};
    cleanup_buffer struct buffer json = {0};
    cleanup_free char *message = NULL;
    make(&stored);
    make(&other);
    key_pair_release(&stored.serving);
    key_pair_share(&stored.serving, &other.serving);
    put(&stored, &json);
    ck_assert_int_eq(take(&back, buffer_slice(&json), &message), PLAN_SECRET_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "tls.crt is not of the authority"));
    /* Nor does a serving certificate make an authority. */
    key_pair_release(&stored.serving);
    key_pair_release(&stored.next);
    key_pair_share(&stored.next, &other.serving);
    buffer_clear(&json);
    put(&stored, &json);
    ck_assert_int_eq(take(&back, buffer_slice(&json), &message), PLAN_SECRET_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "is no authority's certificate"));
}
END_TEST

START_TEST(what_is_empty_or_lacks_a_time_is_damage)
{
    cleanup_stored struct stored stored = {0}, back = {0};
    cleanup_buffer struct buffer json = {0};
    cleanup_free char *message = NULL;
    put(&stored, &json);
    ck_assert_int_eq(take(&back, buffer_slice(&json), &message), PLAN_SECRET_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, "no authority"));
    make(&stored);
    buffer_clear(&json);
    put(&stored, &json);
    replace_member(&json, STORED_ADOPTED, "tomorrow");
    ck_assert_int_eq(take(&back, buffer_slice(&json), &message), PLAN_SECRET_DAMAGED);
    ck_assert_ptr_nonnull(strstr(message, STORED_ADOPTED));
}
END_TEST

START_TEST(times_are_rfc_3339)
{
    static const char *const wrong[] = {"",
                                        "2026-11-26",
                                        "2026-11-26T01:55:46",
                                        "1795658146",
                                        "2026-13-26T01:55:46Z",
                                        "2026-11-26T01:55:46Z ",
                                        "2026-11-26T01:55:46.000000000000000000000Z"};
    char text[STORED_TIME_SIZE];
    stored_time(1795658146, text);
    ck_assert_str_eq(text, "2026-11-26T01:55:46Z");
    ck_assert_int_eq(stored_time_read(slice_of(text)), 1795658146);
    ck_assert_int_eq(stored_time_read((struct slice){0}), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        ck_assert_msg(stored_time_read(slice_of(wrong[i])) == 0, "%s", wrong[i]);
}
END_TEST

SUITE("certificate_stored", what_is_written_is_read_back,
      a_change_names_the_version_and_removes_what_is_gone,
      a_secret_without_our_mark_is_somebody_elses, what_is_damaged_is_told_and_nothing_of_it_used,
      what_does_not_belong_together_is_damage, a_certificate_of_another_authority_is_damage,
      what_is_empty_or_lacks_a_time_is_damage, times_are_rfc_3339)
