/* What is refused as no admission review, or as one that can be read in two ways. */
#include "lib/common/memory.h"
#include "tests/support/review_data.h"
#include "tests/support/suite.h"

static void assert_refused(const char *body, size_t length, const char *reason)
{
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *err = NULL;
    struct review review;
    if (review_read(&arena, body, length, &review, &err) == 0)
        ck_abort_msg("read, but %s was expected: %.300s", reason, body);
    ck_assert_int_eq(err->code, ERROR_INPUT);
    if (!strstr(err->message, reason))
        ck_abort_msg("expected \"%s\", seen \"%s\"", reason, err->message);
}

struct refusal {
    const char *body, *reason;
};

static void assert_all_refused(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refused(refusals[i].body, strlen(refusals[i].body), refusals[i].reason);
}

#define REVIEW(api_version, kind, request)                                                         \
    "{\"apiVersion\":" api_version ",\"kind\":" kind ",\"request\":" request "}"
#define V1              "\"admission.k8s.io/v1\""
#define KIND            "\"AdmissionReview\""
#define MINIMAL_REQUEST "{\"uid\":\"u\"}"

static const struct refusal no_reviews[] = {
    {"", "line 1, column 1"},
    {"null", "expected an object"},
    {"[]", "expected an object"},
    {"{}", "no AdmissionReview"},
    {"{\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u\"}}", "not of admission.k8s.io/v1"},
    {"{\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\"}}", "no AdmissionReview"},
    {REVIEW("\"admission.k8s.io/v1beta1\"", KIND, MINIMAL_REQUEST), "admissionReviewVersions"},
    {REVIEW("\"admission.k8s.io/V1\"", KIND, MINIMAL_REQUEST), "not of admission.k8s.io/v1"},
    {REVIEW("\"admission.k8s.io/v1\\u0000\"", KIND, MINIMAL_REQUEST), "not of admission"},
    {REVIEW("7", KIND, MINIMAL_REQUEST), "apiVersion: expected a string"},
    {REVIEW(V1, "\"Pod\"", MINIMAL_REQUEST), "no AdmissionReview"},
    {REVIEW(V1, KIND, "null"), "no request"},
    {REVIEW(V1, KIND, "\"x\""), "request: expected an object"},
    {REVIEW(V1, KIND, "{}"), "no uid"},
    {REVIEW(V1, KIND, "{\"uid\":null}"), "no uid"},
    {REVIEW(V1, KIND, "{\"uid\":\"\"}"), "no uid"},
    {REVIEW(V1, KIND, "{\"uid\":7}"), "request.uid: expected a string"},
    {REVIEW(V1, KIND, MINIMAL_REQUEST) "x", "more text after the end"},
    {REVIEW(V1, KIND, MINIMAL_REQUEST) "{}", "more text after the end"},
    {"\xef\xbb\xbf" REVIEW(V1, KIND, MINIMAL_REQUEST), "expected an object"},
    {REVIEW_OF("\"uid\":\"u\",\"x\":[1,]"), "expected a value"},
    {REVIEW_OF("\"uid\":\"u\",\"x\":\"\xff\""), "invalid UTF-8"},
    {REVIEW_OF("\"uid\":\"u\",\"x\":\"\\ud800\""), "unpaired surrogate"},
};

START_TEST(refuses_what_is_no_review)
{
    assert_all_refused(no_reviews, ARRAY_LENGTH(no_reviews));
}
END_TEST

START_TEST(bounds_the_uid)
{
    cleanup_arena struct arena arena = {0};
    struct review review;
    char uid[REVIEW_UID_MAX + 2];
    memset(uid, 'u', sizeof(uid));
    uid[REVIEW_UID_MAX + 1] = '\0';
    cleanup_free char *longer = xasprintf(REVIEW_OF("\"uid\":\"%s\""), uid);
    assert_refused(longer, strlen(longer), "longer than 1024 bytes");
    cleanup_free char *longest = xasprintf(REVIEW_OF("\"uid\":\"%s\""), uid + 1);
    ck_assert_int_eq(review_read(&arena, longest, strlen(longest), &review, NULL), 0);
}
END_TEST

/* Every prefix of a review is refused. */
START_TEST(refuses_a_body_that_is_cut_off)
{
    cleanup_buffer struct buffer body = {0};
    review_data_load("mutate-create-pod-linux-annotation-v1.36", &body);
    size_t length = body.length;
    while (body.data[length - 1] != '}')
        length--;
    for (size_t i = 0; i < length; i++) {
        cleanup_free char *cut = xmalloc(i + 1);
        memcpy(cut, body.data, i);
        cut[i] = '\0';
        assert_refused(cut, i, "AdmissionReview: line 1, column ");
    }
}
END_TEST

static const struct refusal wrong_types[] = {
    {REVIEW_OF("\"uid\":\"u\",\"kind\":\"Pod\""), "request.kind: expected an object"},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{\"group\":7}"), "request.kind.group: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{\"version\":7}"), "request.kind.version: "},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{\"kind\":7}"), "request.kind.kind: "},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":[]"), "request.resource: expected an object"},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{\"group\":7}"), "request.resource.group: "},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{\"version\":7}"), "request.resource.version: "},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{\"resource\":7}"), "request.resource.resource: "},
    {REVIEW_OF("\"uid\":\"u\",\"subResource\":7"), "request.subResource: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"name\":7"), "request.name: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"namespace\":7"), "request.namespace: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"operation\":7"), "request.operation: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":7"), "request.userInfo: expected an object"},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":{\"username\":7}"), "request.userInfo.username: "},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":{\"groups\":7}"), "request.userInfo.groups: "},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":{\"groups\":[\"a\",null]}"),
     "request.userInfo.groups[1]: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"dryRun\":\"true\""), "request.dryRun: expected true or false"},
    {REVIEW_OF("\"uid\":\"u\",\"object\":7"), "request.object: expected an object"},
    {REVIEW_OF("\"uid\":\"u\",\"oldObject\":[]"), "request.oldObject: expected an object"},
    {REVIEW_OF("\"uid\":\"u\",\"object\":{\"kind\":7}"), "request.object.kind: expected a string"},
    {REVIEW_OF("\"uid\":\"u\",\"oldObject\":{\"kind\":7}"),
     "request.oldObject.kind: expected a string"},
    {REVIEW_OF_POD("\"kind\":7"), "request.object.kind: expected a string"},
    {REVIEW_OF_POD("\"apiVersion\":7"), "request.object.apiVersion: expected a string"},
    {REVIEW_OF_POD("\"metadata\":7"), "request.object.metadata: expected an object"},
    {REVIEW_OF_POD("\"metadata\":{\"name\":7}"), "request.object.metadata.name: "},
    {REVIEW_OF_POD("\"metadata\":{\"generateName\":7}"), "request.object.metadata.generateName: "},
    {REVIEW_OF_POD("\"metadata\":{\"namespace\":7}"), "request.object.metadata.namespace: "},
    {REVIEW_OF_POD("\"metadata\":{\"annotations\":[]}"), "request.object.metadata.annotations: "},
    {REVIEW_OF_POD("\"metadata\":{\"annotations\":{\"gmsa-identity.dev/x\":true}}"),
     "request.object.metadata.annotations: expected a string"},
    {REVIEW_OF_POD("\"spec\":[]"), "request.object.spec: expected an object"},
    {REVIEW_OF_POD("\"spec\":{\"serviceAccountName\":7}"), "spec.serviceAccountName: "},
    {REVIEW_OF_POD("\"spec\":{\"serviceAccount\":7}"), "spec.serviceAccount: "},
    {REVIEW_OF_POD("\"spec\":{\"hostname\":7}"), "spec.hostname: expected a string"},
    {REVIEW_OF_POD("\"spec\":{\"hostNetwork\":\"no\"}"), "spec.hostNetwork: expected true"},
    {REVIEW_OF_POD("\"spec\":{\"os\":\"windows\"}"), "spec.os: expected an object"},
    {REVIEW_OF_POD("\"spec\":{\"os\":{\"name\":7}}"), "spec.os.name: expected a string"},
    {REVIEW_OF_POD("\"spec\":{\"nodeSelector\":7}"), "spec.nodeSelector: expected an object"},
    {REVIEW_OF_POD("\"spec\":{\"nodeSelector\":{\"kubernetes.io/os\":7}}"),
     "spec.nodeSelector.kubernetes.io/os: expected a string"},
    {REVIEW_OF_POD("\"spec\":{\"containers\":{}}"), "spec.containers: expected an array"},
    {REVIEW_OF_POD("\"spec\":{\"containers\":[{},null]}"),
     "spec.containers[1]: expected an object"},
    {REVIEW_OF_POD("\"spec\":{\"initContainers\":[7]}"), "spec.initContainers[0]: "},
    {REVIEW_OF_POD("\"spec\":{\"ephemeralContainers\":[[]]}"), "spec.ephemeralContainers[0]: "},
    {REVIEW_OF_POD("\"spec\":{\"containers\":[{\"name\":7}]}"), "spec.containers[0].name: "},
    {REVIEW_OF_POD("\"spec\":{\"containers\":[{\"securityContext\":7}]}"),
     "spec.containers[0].securityContext: expected an object"},
    {REVIEW_OF_POD("\"spec\":{\"securityContext\":7}"), "spec.securityContext: "},
    {REVIEW_OF_POD("\"spec\":{\"securityContext\":{\"runAsNonRoot\":0}}"),
     "spec.securityContext.runAsNonRoot: expected true or false"},
    {REVIEW_OF_POD("\"spec\":{\"securityContext\":{\"windowsOptions\":\"\"}}"),
     "spec.securityContext.windowsOptions: expected an object"},
};

START_TEST(refuses_wrong_types)
{
    assert_all_refused(wrong_types, ARRAY_LENGTH(wrong_types));
}
END_TEST

static const struct refusal duplicates[] = {
    {REVIEW(V1, KIND, MINIMAL_REQUEST ",\"request\":null"),
     "request: this field stands there twice"},
    {REVIEW(V1 ",\"apiVersion\":" V1, KIND, MINIMAL_REQUEST), "apiVersion: this field"},
    {REVIEW(V1, KIND ",\"k\\u0069nd\":" KIND, MINIMAL_REQUEST), "kind: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"uid\":\"u\""), "request.uid: this field stands there twice"},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{},\"kind\":{}"), "request.kind: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{\"group\":\"\",\"group\":\"\"}"),
     "request.kind.group: this"},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{\"version\":\"\",\"version\":\"\"}"),
     "version: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"kind\":{\"kind\":\"\",\"kind\":\"\"}"), "request.kind.kind: this"},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{},\"resource\":{}"), "request.resource: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{\"group\":\"\",\"group\":\"\"}"), "group: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{\"version\":\"\",\"version\":\"\"}"), "version: this"},
    {REVIEW_OF("\"uid\":\"u\",\"resource\":{\"resource\":\"\",\"resource\":\"\"}"),
     "request.resource.resource: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"subResource\":\"\",\"subResource\":\"\""),
     "subResource: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"name\":\"\",\"name\":\"\""), "request.name: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"namespace\":\"a\",\"namespace\":\"b\""), "namespace: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"operation\":\"\",\"operation\":\"\""), "operation: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":{},\"userInfo\":{}"), "userInfo: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":{\"username\":\"\",\"username\":\"\"}"),
     "username: this"},
    {REVIEW_OF("\"uid\":\"u\",\"userInfo\":{\"groups\":[],\"groups\":[]}"), "groups: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"dryRun\":true,\"dryRun\":false"), "dryRun: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"object\":{},\"object\":{}"), "request.object: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"object\":null,\"object\":{}"), "request.object: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"oldObject\":{},\"oldObject\":{}"), "request.oldObject: this field"},
    {REVIEW_OF("\"uid\":\"u\",\"object\":{\"kind\":\"\",\"kind\":\"\"}"), "kind: this field"},
    {REVIEW_OF(
         "\"uid\":\"u\",\"resource\":{},\"object\":{\"apiVersion\":\"\",\"apiVersion\":\"\"}"),
     "request.object.apiVersion: this field"},
};

START_TEST(refuses_duplicates_in_the_request)
{
    assert_all_refused(duplicates, ARRAY_LENGTH(duplicates));
}
END_TEST

/* Members of a pod with a value that is right for each: given twice they are refused, once in plain
 * letters and once with the last letter escaped. */
static const struct {
    const char *before, *member, *value, *after;
} pod_members[] = {
    {"", "apiVersion", "\"v1\"", ""},
    {"", "kind", "\"Pod\"", ""},
    {"", "metadata", "{}", ""},
    {"", "spec", "{}", ""},
    {"\"metadata\":{", "name", "\"a\"", "}"},
    {"\"metadata\":{", "generateName", "\"a\"", "}"},
    {"\"metadata\":{", "namespace", "\"a\"", "}"},
    {"\"metadata\":{", "annotations", "{}", "}"},
    {"\"metadata\":{\"annotations\":{\"gmsa-identity.dev/grant\":\"\",",
     "gmsa-identity.dev/credential-spec", "\"a\"", "}}"},
    {"\"metadata\":{\"annotations\":{", "gmsa-identity.dev/unknown", "null", "}}"},
    {"\"spec\":{", "containers", "[]", "}"},
    {"\"spec\":{", "initContainers", "[]", "}"},
    {"\"spec\":{", "ephemeralContainers", "null", "}"},
    {"\"spec\":{", "securityContext", "{}", "}"},
    {"\"spec\":{", "serviceAccountName", "\"a\"", "}"},
    {"\"spec\":{", "serviceAccount", "\"a\"", "}"},
    {"\"spec\":{", "hostname", "\"a\"", "}"},
    {"\"spec\":{", "hostNetwork", "true", "}"},
    {"\"spec\":{", "os", "{}", "}"},
    {"\"spec\":{\"os\":{", "name", "\"windows\"", "}}"},
    {"\"spec\":{", "nodeSelector", "{}", "}"},
    {"\"spec\":{\"nodeSelector\":{", "kubernetes.io/os", "\"windows\"", "}}"},
    {"\"spec\":{\"containers\":[{", "name", "\"a\"", "}]}"},
    {"\"spec\":{\"containers\":[{", "securityContext", "{}", "}]}"},
};

/* Members of windowsOptions and its parent, at each kind of place. */
static const struct {
    const char *before, *after;
} places[] = {
    {"\"spec\":{", "}"},
    {"\"spec\":{\"containers\":[{", "}]}"},
    {"\"spec\":{\"initContainers\":[{},{", "}]}"},
    {"\"spec\":{\"ephemeralContainers\":[{", "}]}"},
};
static const struct {
    const char *before, *member, *value, *wrong, *after;
} place_members[] = {
    {"", "windowsOptions", "{}", "7", ""},
    {"", "runAsNonRoot", "true", "\"true\"", ""},
    {"\"windowsOptions\":{", "gmsaCredentialSpecName", "\"a\"", "7", "}"},
    {"\"windowsOptions\":{", "gmsaCredentialSpec", "\"a\"", "{}", "}"},
    {"\"windowsOptions\":{", "runAsUserName", "\"a\"", "[]", "}"},
    {"\"windowsOptions\":{", "hostProcess", "true", "1", "}"},
};

static void assert_twice_refused(const char *before, const char *member, const char *value,
                                 const char *after)
{
    size_t last = strlen(member) - 1;
    cleanup_free char *once =
        xasprintf(REVIEW_OF_POD("%s\"%s\":%s%s"), before, member, value, after);
    cleanup_free char *plain = xasprintf(REVIEW_OF_POD("%s\"%s\":%s,\"x\":1,\"%s\":%s%s"), before,
                                         member, value, member, value, after);
    cleanup_free char *escaped =
        xasprintf(REVIEW_OF_POD("%s\"%s\":%s,\"%.*s\\u%04x\":%s%s"), before, member, value,
                  (int)last, member, (unsigned)member[last], value, after);
    cleanup_arena struct arena arena = {0};
    struct review review;
    if (review_read(&arena, once, strlen(once), &review, NULL))
        ck_abort_msg("refused: %s", once);
    assert_refused(plain, strlen(plain), "stands there twice");
    assert_refused(escaped, strlen(escaped), "stands there twice");
}

START_TEST(refuses_duplicates_in_the_pod)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pod_members); i++)
        assert_twice_refused(pod_members[i].before, pod_members[i].member, pod_members[i].value,
                             pod_members[i].after);
}
END_TEST

START_TEST(refuses_duplicates_and_wrong_types_at_every_place)
{
    for (size_t i = 0; i < ARRAY_LENGTH(places) * ARRAY_LENGTH(place_members); i++) {
        size_t place = i % ARRAY_LENGTH(places), member = i / ARRAY_LENGTH(places);
        cleanup_free char *before = xasprintf("%s\"securityContext\":{%s", places[place].before,
                                              place_members[member].before);
        cleanup_free char *after =
            xasprintf("%s}%s", place_members[member].after, places[place].after);
        assert_twice_refused(before, place_members[member].member, place_members[member].value,
                             after);
        cleanup_free char *wrong =
            xasprintf(REVIEW_OF_POD("%s\"%s\":%s%s"), before, place_members[member].member,
                      place_members[member].wrong, after);
        assert_refused(wrong, strlen(wrong), place_members[member].member);
    }
}
END_TEST

START_TEST(passes_over_duplicates_that_do_not_matter)
{
    static const char body[] =
        REVIEW_OF_POD("\"status\":1,\"status\":{},\"metadata\":{\"annotations\":{\"a\":1,\"a\":2}},"
                      "\"spec\":{\"volumes\":[],\"volumes\":7}");
    cleanup_arena struct arena arena = {0};
    struct review review;
    ck_assert_int_eq(review_read(&arena, body, strlen(body), &review, NULL), 0);
}
END_TEST

/* Whatever the order, the object is read, and the place of a problem in it is right. */
START_TEST(refuses_in_an_object_that_comes_first)
{
    static const char body[] = "{\"request\":{\"object\":{\"spec\":\n {\"hostname\": 7}},"
                               "\"resource\":{\"resource\":\"pods\"},\"uid\":\"u\"},"
                               "\"apiVersion\":" V1 ",\"kind\":" KIND "}";
    assert_refused(body, strlen(body), "AdmissionReview: line 2, column 15: request.");
    assert_refused(body, strlen(body), "spec.hostname: expected a string");
}
END_TEST

/* --- Hostile bodies ------------------------------------------------------------------------- */

/* A review whose object holds `count` times `text`, joined by commas, between `before` and `after`.
 */
static char *repeated(const char *before, const char *text, size_t count, const char *after)
{
    struct buffer body = {0};
    buffer_append_text(&body, before);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&body, "%s%s", i ? "," : "", text);
    buffer_append_text(&body, after);
    return buffer_steal(&body);
}

START_TEST(bounds_containers)
{
    static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
    cleanup_arena struct arena arena = {0};
    struct review review;
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        cleanup_free char *most = repeated("[", "{}", REVIEW_CONTAINERS_MAX, "]");
        cleanup_free char *more = repeated("[", "{}", REVIEW_CONTAINERS_MAX + 1, "]");
        cleanup_free char *fits = xasprintf(REVIEW_OF_POD("\"spec\":{\"%s\":%s}"), lists[i], most);
        cleanup_free char *exceeds =
            xasprintf(REVIEW_OF_POD("\"spec\":{\"%s\":%s}"), lists[i], more);
        ck_assert_int_eq(review_read(&arena, fits, strlen(fits), &review, NULL), 0);
        ck_assert_uint_eq(review.pod->place_count, 1 + REVIEW_CONTAINERS_MAX);
        assert_refused(exceeds, strlen(exceeds), "this list is too long");
        assert_refused(exceeds, strlen(exceeds), lists[i]);
    }
}
END_TEST

START_TEST(bounds_groups_and_annotations)
{
    cleanup_free char *groups =
        repeated("\"uid\":\"u\",\"userInfo\":{\"groups\":[", "\"\"", REVIEW_LIST_MAX + 1, "]}");
    cleanup_free char *body = xasprintf(REVIEW_OF("%s"), groups);
    assert_refused(body, strlen(body), "request.userInfo.groups: this list is too long");

    cleanup_buffer struct buffer annotations = {0};
    for (size_t i = 0; i <= REVIEW_LIST_MAX; i++)
        buffer_append_format(&annotations, "%s\"gmsa-identity.dev/%zu\":\"\"", i ? "," : "", i);
    cleanup_free char *pod =
        xasprintf(REVIEW_OF_POD("\"metadata\":{\"annotations\":{%s}}"), buffer_text(&annotations));
    assert_refused(pod, strlen(pod), "too many annotations of gmsa-identity.dev/");
}
END_TEST

START_TEST(bounds_nesting)
{
    /* The object is at depth 3: {review {request {object. */
    for (size_t more = 0; more < 2; more++) {
        cleanup_buffer struct buffer nested = {0};
        for (size_t i = 0; i < REVIEW_DEPTH_MAX - 3 + more; i++)
            buffer_append_text(&nested, "[");
        for (size_t i = 0; i < REVIEW_DEPTH_MAX - 3 + more; i++)
            buffer_append_text(&nested, "]");
        cleanup_free char *body = xasprintf(REVIEW_OF_POD("\"x\":%s"), buffer_text(&nested));
        cleanup_arena struct arena arena = {0};
        struct review review;
        if (more)
            assert_refused(body, strlen(body), "nested too deeply");
        else
            ck_assert_int_eq(review_read(&arena, body, strlen(body), &review, NULL), 0);
    }
}
END_TEST

/* 8 MiB of one byte, alone and inside a pod. */
START_TEST(survives_large_bodies_of_nothing)
{
    static const char bytes[] = {' ', '[', '{', '"', '0', '-', '\\', ',', '\0', '\xff'};
    size_t length = 8 << 20;
    cleanup_free char *body = xmalloc(length);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        memset(body, bytes[i], length);
        assert_refused(body, length, "line 1, column ");
        static const char start[] = "{\"request\":{\"resource\":{\"resource\":\"pods\"},\"object\":"
                                    "{\"spec\":{\"containers\":[";
        memcpy(body, start, strlen(start));
        assert_refused(body, length, "line 1, column ");
    }
}
END_TEST

SUITE("review_refusals", refuses_what_is_no_review, bounds_the_uid, refuses_a_body_that_is_cut_off,
      refuses_wrong_types, refuses_duplicates_in_the_request, refuses_duplicates_in_the_pod,
      refuses_duplicates_and_wrong_types_at_every_place, passes_over_duplicates_that_do_not_matter,
      refuses_in_an_object_that_comes_first, bounds_containers, bounds_groups_and_annotations,
      bounds_nesting, survives_large_bodies_of_nothing)
