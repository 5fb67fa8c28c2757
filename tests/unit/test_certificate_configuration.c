#include "webhook/certificates/configuration.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/common/base64.h"
#include "lib/common/memory.h"
#include "lib/http/key_pair.h"
#include "tests/support/suite.h"

static const struct configuration_service service = {"gmsa-webhook", "gmsa-webhook"};

#define OURS          "\"service\":{\"namespace\":\"gmsa-webhook\",\"name\":\"gmsa-webhook\"}"
#define THEIRS        "\"service\":{\"namespace\":\"gmsa-webhook\",\"name\":\"other\"}"
#define ENTRY(...)    "{\"name\":\"x\",\"clientConfig\":{" __VA_ARGS__ "}}"
#define WEBHOOKS(...) "{\"metadata\":{\"resourceVersion\":\"7\"},\"webhooks\":[" __VA_ARGS__ "]}"
#define DEFINITION(...)                                                                            \
    "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"conversion\":{" __VA_ARGS__ "}}}"
#define BUNDLE(text) "\"caBundle\":\"" text "\","

static const struct slice bundle = {"new", 3}; /* bmV3 */

static void take(struct configuration *configuration, enum configuration_kind kind,
                 const char *json)
{
    cleanup_error struct error *error = NULL;
    ck_assert_msg(configuration_read(configuration, kind, &service, slice_of(json), &error) == 0,
                  "%s: %s", json, error ? error->message : "");
}

START_TEST(ours_are_those_of_the_service_and_of_a_url)
{
    struct configuration configuration = {0};
    take(&configuration, CONFIGURATION_MUTATING,
         WEBHOOKS(ENTRY(THEIRS) "," ENTRY(BUNDLE("bmV3") OURS) "," ENTRY(
             "\"url\":\"https://10.0.0.1/mutate\"") "," ENTRY("\"caBundle\":\"bmV3\"")));
    ck_assert_str_eq(buffer_text(&configuration.version), "7");
    ck_assert_uint_eq(configuration.count, 2);
    ck_assert_uint_eq(configuration.entries[0].index, 1);
    ck_assert_str_eq(buffer_text(&configuration.entries[0].bundle), "new");
    ck_assert_uint_eq(configuration.entries[1].index, 2);
    ck_assert_uint_eq(configuration.entries[1].bundle.length, 0);
    /* Read once more, what was there before is gone. */
    take(&configuration, CONFIGURATION_MUTATING, WEBHOOKS(""));
    ck_assert_uint_eq(configuration.count, 0);
    configuration_release(&configuration);
}
END_TEST

START_TEST(a_definition_is_ours_where_our_service_converts)
{
    static const char *const others[] = {
        "{\"metadata\":{}}",
        DEFINITION("\"strategy\":\"None\""),
        DEFINITION("\"strategy\":\"None\",\"webhook\":{\"clientConfig\":{" OURS "}}"),
        DEFINITION("\"strategy\":\"Webhook\",\"webhook\":{\"clientConfig\":{" THEIRS "}}"),
        /* Somebody else's definition of the same name. */
        DEFINITION(
            "\"strategy\":\"Webhook\",\"webhook\":{\"clientConfig\":{\"url\":\"https://x\"}}"),
    };
    struct configuration configuration = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        take(&configuration, CONFIGURATION_DEFINITION, others[i]);
        ck_assert_msg(configuration.count == 0, "%s", others[i]);
        ck_assert(configuration_holds(&configuration, bundle));
    }
    take(&configuration, CONFIGURATION_DEFINITION,
         DEFINITION("\"strategy\":\"Webhook\",\"webhook\":{\"clientConfig\":{" OURS "}}"));
    ck_assert_uint_eq(configuration.count, 1);
    cleanup_buffer struct buffer patch = {0};
    configuration_write_patch(&configuration, bundle, &patch);
    ck_assert_str_eq(buffer_text(&patch),
                     "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"},"
                     "{\"op\":\"add\",\"path\":\"/spec/conversion/webhook/clientConfig/caBundle\","
                     "\"value\":\"bmV3\"}]");
    configuration_release(&configuration);
}
END_TEST

START_TEST(what_is_no_configuration_is_refused)
{
    static const char *const texts[] = {"",
                                        "null",
                                        "[]",
                                        "{\"metadata\":{},\"webhooks\":{}}",
                                        "{\"metadata\":{},\"webhooks\":[1]}",
                                        WEBHOOKS(ENTRY("\"url\":1")),
                                        WEBHOOKS("") " x",
                                        "{\"metadata\":{\"resourceVersion\":1},\"webhooks\":[]}"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct configuration configuration = {0};
        cleanup_error struct error *error = NULL;
        ck_assert_msg(configuration_read(&configuration, CONFIGURATION_VALIDATING, &service,
                                         slice_of(texts[i]), &error) < 0,
                      "%s", texts[i]);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
        configuration_release(&configuration);
    }
    /* More than there is room for. */
    cleanup_buffer struct buffer many = {0};
    buffer_append_text(&many, "{\"metadata\":{},\"webhooks\":[");
    for (int i = 0; i <= CONFIGURATION_ENTRIES_MAX; i++)
        buffer_append_text(&many, i ? "," ENTRY(OURS) : ENTRY(OURS));
    buffer_append_text(&many, "]}");
    struct configuration configuration = {0};
    ck_assert_int_eq(configuration_read(&configuration, CONFIGURATION_MUTATING, &service,
                                        buffer_slice(&many), NULL),
                     -1);
    configuration_release(&configuration);
}
END_TEST

START_TEST(a_patch_touches_what_is_not_right)
{
    struct configuration configuration = {0};
    cleanup_buffer struct buffer patch = {0};
    take(&configuration, CONFIGURATION_MUTATING,
         WEBHOOKS(ENTRY(BUNDLE("bmV3") OURS) "," ENTRY(BUNDLE("b2xk") OURS) "," ENTRY(
             THEIRS) "," ENTRY(OURS)));
    ck_assert(!configuration_holds(&configuration, bundle));
    configuration_write_patch(&configuration, bundle, &patch);
    ck_assert_str_eq(
        buffer_text(&patch),
        "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"},"
        "{\"op\":\"add\",\"path\":\"/webhooks/1/clientConfig/caBundle\",\"value\":\"bmV3\"},"
        "{\"op\":\"add\",\"path\":\"/webhooks/3/clientConfig/caBundle\",\"value\":\"bmV3\"}]");
    take(&configuration, CONFIGURATION_MUTATING, WEBHOOKS(ENTRY(BUNDLE("bmV3") OURS)));
    ck_assert(configuration_holds(&configuration, bundle));
    configuration_release(&configuration);
}
END_TEST

/* --- Authorities ------------------------------------------------------------------------------ */

static void make(struct key_pair *pair, int64_t life)
{
    ck_assert_int_eq(key_pair_make_authority_until(pair, time(NULL) + life, NULL), 0);
}

static char *configuration_with(const struct authorities *set)
{
    cleanup_buffer struct buffer pem = {0}, json = {0};
    authorities_write(set, &pem);
    buffer_append_text(&json, "{\"metadata\":{},\"webhooks\":[{\"clientConfig\":{\"caBundle\":\"");
    base64_encode(&json, pem.data, pem.length);
    buffer_append_text(&json, "\"," OURS "}}," ENTRY(THEIRS) "]}");
    return buffer_steal(&json);
}

START_TEST(bundles_are_merged_and_trusted_as_a_whole)
{
    cleanup_key_pair struct key_pair one = {0}, two = {0}, three = {0};
    cleanup_authorities struct authorities set = {0}, collected = {0};
    struct configuration configuration = {0};
    make(&one, 600);
    make(&two, 600);
    make(&three, 600);
    authorities_add(&set, one.certificate);
    authorities_add(&set, two.certificate);
    authorities_add(&set, one.certificate); /* once is enough */
    ck_assert_uint_eq(set.count, 2);
    cleanup_free char *json = configuration_with(&set);
    take(&configuration, CONFIGURATION_MUTATING, json);
    ck_assert(configuration_trusts(&configuration, one.certificate));
    ck_assert(configuration_trusts(&configuration, two.certificate));
    ck_assert(!configuration_trusts(&configuration, three.certificate));
    authorities_add(&collected, three.certificate);
    authorities_add(&collected, two.certificate);
    configuration_collect(&configuration, &collected);
    ck_assert_uint_eq(collected.count, 3);
    ck_assert(authorities_has(&collected, one.certificate));
    /* An entry without a bundle trusts nobody, whatever the others say. */
    take(&configuration, CONFIGURATION_MUTATING, WEBHOOKS(ENTRY(OURS)));
    ck_assert(!configuration_trusts(&configuration, one.certificate));
    take(&configuration, CONFIGURATION_MUTATING, WEBHOOKS(ENTRY(BUNDLE("!!!!") OURS)));
    ck_assert(!configuration_trusts(&configuration, one.certificate));
    configuration_release(&configuration);
}
END_TEST

START_TEST(the_oldest_goes_where_there_is_no_room)
{
    cleanup_authorities struct authorities set = {0};
    cleanup_key_pair struct key_pair first = {0}, last = {0};
    make(&first, 600);
    authorities_add(&set, first.certificate);
    for (int i = 1; i < AUTHORITIES_MAX; i++) {
        cleanup_key_pair struct key_pair pair = {0};
        make(&pair, 600);
        authorities_add(&set, pair.certificate);
    }
    ck_assert(authorities_has(&set, first.certificate));
    make(&last, 600);
    authorities_add(&set, last.certificate);
    ck_assert_uint_eq(set.count, AUTHORITIES_MAX);
    ck_assert(!authorities_has(&set, first.certificate));
    ck_assert(authorities_has(&set, last.certificate));
}
END_TEST

START_TEST(what_has_ended_is_dropped)
{
    cleanup_authorities struct authorities set = {0};
    cleanup_key_pair struct key_pair one = {0}, two = {0};
    int64_t now = time(NULL);
    make(&one, 100);
    make(&two, 200);
    ck_assert_int_eq(authorities_first_end(&set), 0);
    authorities_add(&set, two.certificate);
    authorities_add(&set, one.certificate);
    int64_t end = authorities_first_end(&set);
    ck_assert(end >= now + 100 && end <= now + 110);
    ck_assert_uint_eq(authorities_drop_ended(&set, end - 1), 0);
    ck_assert_uint_eq(authorities_drop_ended(&set, end), 1);
    ck_assert(authorities_has(&set, two.certificate));
}
END_TEST

START_TEST(a_damaged_bundle_is_refused)
{
    cleanup_key_pair struct key_pair authority = {0}, serving = {0};
    cleanup_authorities struct authorities set = {0};
    cleanup_buffer struct buffer pem = {0}, serving_pem = {0}, huge = {0};
    cleanup_secure_buffer struct secure_buffer key = {0};
    static const char *const names[] = {"x", NULL};
    make(&authority, 600);
    authorities_add(&set, authority.certificate);
    authorities_write(&set, &pem);
    authorities_release(&set);
    ck_assert_int_eq(authorities_read(&set, (struct slice){0}, NULL), 0);
    ck_assert_int_eq(authorities_read(&set, slice_of("no certificate at all"), NULL), 0);
    ck_assert_uint_eq(set.count, 0);
    /* The good ones before it are taken: API servers would. */
    buffer_append_text(&pem, "-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n");
    ck_assert_int_eq(authorities_read(&set, buffer_slice(&pem), NULL), -1);
    ck_assert_uint_eq(set.count, 1);
    ck_assert_int_eq(
        key_pair_make_serving_until(&serving, &authority, names, time(NULL) + 60, NULL), 0);
    ck_assert_int_eq(key_pair_write(&serving, &serving_pem, &key, NULL), 0);
    ck_assert_int_eq(authorities_read(&set, buffer_slice(&serving_pem), NULL), -1);
    buffer_reserve(&huge, AUTHORITIES_TEXT_MAX + 1);
    memset(huge.data, '\n', AUTHORITIES_TEXT_MAX + 1);
    huge.length = AUTHORITIES_TEXT_MAX + 1;
    ck_assert_int_eq(authorities_read(&set, buffer_slice(&huge), NULL), -1);
}
END_TEST

SUITE("certificate_configuration", ours_are_those_of_the_service_and_of_a_url,
      a_definition_is_ours_where_our_service_converts, what_is_no_configuration_is_refused,
      a_patch_touches_what_is_not_right, bundles_are_merged_and_trusted_as_a_whole,
      the_oldest_goes_where_there_is_no_room, what_has_ended_is_dropped,
      a_damaged_bundle_is_refused)
