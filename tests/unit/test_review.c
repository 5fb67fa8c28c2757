/* What is read out of real admission reviews, and out of made-up ones. */
#include "webhook/decision/review.h"

#include "lib/common/memory.h"
#include "tests/support/review_data.h"
#include "tests/support/suite.h"

static struct arena arena;

static void must_read(const char *body, size_t length, struct review *review)
{
    cleanup_error struct error *err = NULL;
    *review = (struct review){0};
    if (review_read(&arena, body, length, review, &err))
        ck_abort_msg("%s", err->message);
}

/* The body lives as long as the arena. */
static struct review recorded(const char *name)
{
    cleanup_buffer struct buffer body = {0};
    struct review review;
    review_data_load(name, &body);
    must_read(arena_copy(&arena, body.data, body.length), body.length, &review);
    return review;
}

static struct review of_text(const char *text)
{
    struct review review;
    must_read(text, strlen(text), &review);
    return review;
}

START_TEST(reads_the_request)
{
    struct review review = recorded("mutate-create-pod-8k-gmsa-v1.20");
    assert_slice(review.uid, "c71034c5-9f6f-4c39-8767-d33b94665cef");
    assert_slice(review.kind_group, "");
    assert_slice(review.kind_version, "v1");
    assert_slice(review.kind, "Pod");
    assert_slice(review.resource_group, "");
    assert_slice(review.resource_version, "v1");
    assert_slice(review.resource, "pods");
    assert_slice(review.subresource, NULL);
    ck_assert_int_eq(review.operation, OPERATION_CREATE);
    assert_slice(review.name, "webapp-6c7f9d8b6-gmsa");
    assert_slice(review.namespace, "shop");
    assert_slice(review.user, "dev");
    ck_assert_uint_eq(review.group_count, 2);
    assert_slice(review.groups[0], "dev");
    assert_slice(review.groups[1], "system:authenticated");
    ck_assert(!review.dry_run);
    assert_slice(review.object_api_version, "v1");
    assert_slice(review.object_kind, "Pod");
    ck_assert(slice_starts_with(review.object, "{\"kind\":\"Pod\""));
    ck_assert_mem_eq(review.object.data + review.object.length - 12, "\"status\":{}}", 12);
    ck_assert(!slice_present(review.old_object));
    assert_slice(review.old_api_version, NULL);
    assert_slice(review.old_kind, NULL);
    ck_assert_ptr_null(review.old_pod);
}
END_TEST

START_TEST(reads_the_pod)
{
    struct review review = recorded("mutate-create-pod-8k-gmsa-v1.20");
    const struct pod_view *pod = review.pod;
    assert_slice(pod->name, "webapp-6c7f9d8b6-gmsa");
    assert_slice(pod->generate_name, NULL);
    assert_slice(pod->namespace, "shop");
    assert_slice(pod->service_account, "webapp");
    assert_slice(pod->hostname, NULL);
    assert_slice(pod->os_name, NULL);
    ck_assert(pod->selects_windows && !pod->selects_linux);
    ck_assert(!pod->host_network && !pod->mirror);
    ck_assert(pod->has_metadata && pod->has_annotations && pod->has_spec);
    ck_assert_uint_eq(pod->annotation_count, 0);
    ck_assert_uint_eq(pod->place_count, 4);
}
END_TEST

START_TEST(reads_the_places)
{
    struct review review = recorded("mutate-create-pod-8k-gmsa-v1.20");
    const struct place *places = review.pod->places;
    ck_assert_int_eq(places[0].kind, PLACE_POD);
    ck_assert(places[0].has_security_context && places[0].has_windows_options);
    assert_slice(places[0].name, NULL);
    assert_slice(places[0].spec_name, "webapp01");
    assert_slice(places[0].contents, NULL);
    assert_slice(places[0].run_as_user_name, "ContainerUser");
    assert_slice(places[0].raw,
                 "{\"gmsaCredentialSpecName\":\"webapp01\",\"runAsUserName\":\"ContainerUser\"}");
    ck_assert_int_eq(places[0].host_process, UNSET);
    ck_assert_int_eq(places[0].run_as_non_root, UNSET);
    ck_assert_int_eq(places[1].kind, PLACE_CONTAINER);
    assert_slice(places[1].name, "webapp");
    ck_assert(!places[1].has_security_context && !places[1].has_windows_options);
    assert_slice(places[1].raw, NULL);
    ck_assert_int_eq(places[2].kind, PLACE_CONTAINER);
    ck_assert_uint_eq(places[2].index, 1);
    assert_slice(places[2].name, "log-shipper");
    /* Init containers stand before the containers in the text, and behind them here. */
    ck_assert_int_eq(places[3].kind, PLACE_INIT_CONTAINER);
    ck_assert_uint_eq(places[3].index, 0);
    assert_slice(places[3].name, "migrate");
}
END_TEST

START_TEST(reads_both_objects_of_an_update)
{
    struct review review = recorded("validate-update-pod-status-v1.20");
    ck_assert_int_eq(review.operation, OPERATION_UPDATE);
    assert_slice(review.subresource, "status");
    assert_slice(review.old_api_version, "v1");
    assert_slice(review.old_kind, "Pod");
    ck_assert_uint_eq(review.pod->place_count, 4);
    ck_assert_uint_eq(review.old_pod->place_count, 4);
    assert_slice(review.old_pod->places[0].spec_name, "webapp01");

    review = recorded("validate-update-pod-v1.20");
    assert_slice(review.subresource, NULL);
    ck_assert(review.pod && review.old_pod);
}
END_TEST

START_TEST(reads_ephemeral_containers)
{
    struct review review = recorded("mutate-update-pod-ephemeralcontainers-v1.36");
    assert_slice(review.subresource, "ephemeralcontainers");
    ck_assert_uint_eq(review.pod->place_count, 5);
    ck_assert_uint_eq(review.old_pod->place_count, 4);
    const struct place *place = &review.pod->places[4];
    ck_assert_int_eq(place->kind, PLACE_EPHEMERAL_CONTAINER);
    ck_assert_uint_eq(place->index, 0);
    assert_slice(place->name, "dbg");
    assert_slice(place->spec_name, "webapp01");
}
END_TEST

START_TEST(reads_a_pod_without_a_name)
{
    struct review review = recorded("mutate-create-pod-generate-name-v1.36");
    assert_slice(review.name, NULL);
    assert_slice(review.pod->name, NULL);
    assert_slice(review.pod->generate_name, "web-");
    ck_assert(!review.pod->has_annotations);
    review = recorded("validate-create-pod-generate-name-v1.36");
    assert_slice(review.name, "web-wmln7");
    assert_slice(review.pod->name, "web-wmln7");
}
END_TEST

START_TEST(reads_the_other_recorded_pods)
{
    struct review review = recorded("mutate-create-pod-no-service-account-v1.36");
    assert_slice(review.pod->service_account, NULL);
    review = recorded("mutate-create-pod-dry-run-v1.36");
    ck_assert(review.dry_run);
    review = recorded("mutate-create-pod-linux-annotation-v1.36");
    ck_assert_uint_eq(review.pod->annotation_count, 1);
    assert_slice(review.pod->annotations[0].key, ANNOTATION_SPEC);
    assert_slice(review.pod->annotations[0].value, "webapp01");
    review = recorded("mutate-create-pod-applied-v1.20");
    ck_assert_uint_eq(review.pod->annotation_count, 0);
    ck_assert_uint_eq(review.pod->place_count, 4);
    assert_slice(review.pod->places[0].spec_name, "webapp01");
    /* The same resource, another kind: it has no spec. */
    review = recorded("mutate-create-pod-binding-v1.20");
    assert_slice(review.subresource, "binding");
    assert_slice(review.object_kind, "Binding");
    ck_assert(review.pod->has_metadata && !review.pod->has_spec);
    ck_assert_uint_eq(review.pod->place_count, 1);
}
END_TEST

START_TEST(reads_other_resources)
{
    struct review review = recorded("validate-create-gmsacredentialspec-v1.36");
    assert_slice(review.resource_group, "windows.k8s.io");
    assert_slice(review.resource, "gmsacredentialspecs");
    assert_slice(review.object_api_version, "windows.k8s.io/v1");
    assert_slice(review.object_kind, "GMSACredentialSpec");
    assert_slice(review.namespace, NULL);
    ck_assert(slice_present(review.object));
    ck_assert_ptr_null(review.pod);

    review = recorded("validate-delete-gmsacredentialspec-v1.36");
    ck_assert_int_eq(review.operation, OPERATION_DELETE);
    ck_assert(!slice_present(review.object) && slice_present(review.old_object));
    assert_slice(review.object_kind, NULL);
    assert_slice(review.old_kind, "GMSACredentialSpec");
}
END_TEST

START_TEST(reads_templates)
{
    const char *const deployment[] = {"spec", "template", NULL};
    const char *const cronjob[] = {"spec", "jobTemplate", "spec", "template", NULL};
    const char *const elsewhere[] = {"spec", "podTemplate", NULL};
    const char *const itself[] = {NULL};
    struct error *err = NULL;
    struct review review = recorded("validate-create-deployment-v1.36");
    struct pod_view *pod = review_read_template(&arena, review.object, deployment, &err);
    ck_assert_ptr_null(review.pod);
    ck_assert_ptr_nonnull(pod);
    assert_slice(pod->places[0].spec_name, "webapp01");
    ck_assert_ptr_null(review_read_template(&arena, review.object, elsewhere, &err));
    ck_assert_ptr_null(review_read_template(&arena, (struct slice){0}, deployment, &err));
    review = recorded("validate-create-cronjob-v1.36");
    pod = review_read_template(&arena, review.object, cronjob, &err);
    ck_assert_ptr_nonnull(pod);
    ck_assert_uint_eq(pod->place_count, 2);
    review = recorded("mutate-create-pod-v1.36");
    pod = review_read_template(&arena, review.object, itself, &err);
    ck_assert_ptr_nonnull(pod);
    assert_slice(pod->name, "r136");
    ck_assert_ptr_null(err);
    ck_assert_ptr_null(review_read_template(
        &arena, slice_of("{\"spec\":{\"template\":{\"spec\":7}}}"), deployment, &err));
    ck_assert_str_eq(err->message, "object: line 1, column 29: spec.template.spec: "
                                   "expected an object");
    error_free(err);
}
END_TEST

/* --- Single fields -------------------------------------------------------------------------- */

START_TEST(reads_every_field_of_a_place)
{
    struct review review = of_text(REVIEW_OF_POD(
        "\"spec\":{\"initContainers\":[{},{\"securityContext\":{\"runAsNonRoot\":true,"
        "\"windowsOptions\":{\"hostProcess\":false,\"gmsaCredentialSpec\":\"{\\\"a\\\":1}\","
        "\"gmsaCredentialSpecName\":\"\",\"runAsUserName\":\"NT AUTHORITY\\\\SYSTEM\"}},"
        "\"name\":\"i\"}],\"securityContext\":{\"runAsNonRoot\":false,\"windowsOptions\":{}}}"));
    const struct place *pod = &review.pod->places[0], *init = &review.pod->places[2];
    ck_assert_uint_eq(review.pod->place_count, 3);
    ck_assert(pod->has_windows_options);
    assert_slice(pod->raw, "{}");
    ck_assert_int_eq(pod->run_as_non_root, SET_FALSE);
    ck_assert_uint_eq(init->index, 1);
    assert_slice(init->name, "i");
    assert_slice(init->contents, "{\"a\":1}");
    assert_slice(init->spec_name, "");
    assert_slice(init->run_as_user_name, "NT AUTHORITY\\SYSTEM");
    ck_assert_int_eq(init->host_process, SET_FALSE);
    ck_assert_int_eq(init->run_as_non_root, SET_TRUE);
}
END_TEST

START_TEST(reads_every_field_of_a_pod)
{
    struct review review = of_text(REVIEW_OF_POD(
        "\"metadata\":{\"annotations\":{\"gmsa-identity.dev/grant\":null,\"a\":7,"
        "\"kubernetes.io/config.mirror\":\"x\",\"gmsa-identity.dev/credential-spec.web\":\"s\"}},"
        "\"spec\":{\"hostname\":\"h\",\"os\":{\"name\":\"linux\"},\"hostNetwork\":true,"
        "\"nodeSelector\":{\"kubernetes.io/os\":\"linux\"}}"));
    const struct pod_view *pod = review.pod;
    ck_assert(pod->mirror && pod->host_network);
    ck_assert(pod->selects_linux && !pod->selects_windows);
    assert_slice(pod->hostname, "h");
    assert_slice(pod->os_name, "linux");
    ck_assert_uint_eq(pod->annotation_count, 2); /* sorted */
    assert_slice(pod->annotations[0].key, "gmsa-identity.dev/credential-spec.web");
    assert_slice(pod->annotations[0].value, "s");
    assert_slice(pod->annotations[1].key, "gmsa-identity.dev/grant");
    assert_slice(pod->annotations[1].value, "");
}
END_TEST

START_TEST(reads_names_and_values_that_are_escaped)
{
    struct review review = of_text(
        REVIEW_OF_POD("\"metadata\":{\"annotations\":{\"gmsa\\u002didentity.dev\\/grant\":\"g\"}},"
                      "\"spec\":{\"security\\u0043ontext\":{\"windowsOptions\":"
                      "{\"\\u0067msaCredentialSpecName\":\"web\\u0061pp\\u0000\"}}}"));
    const struct place *pod = &review.pod->places[0];
    ck_assert(slice_equal(pod->spec_name, (struct slice){"webapp", 7}));
    assert_slice(pod->raw, "{\"\\u0067msaCredentialSpecName\":\"web\\u0061pp\\u0000\"}");
    assert_slice(review.pod->annotations[0].key, ANNOTATION_GRANT);
}
END_TEST

static const struct {
    const char *spec;
    const char *service_account;
} service_accounts[] = {
    {"{}", NULL},
    {"{\"serviceAccountName\":\"a\",\"serviceAccount\":\"b\"}", "a"},
    {"{\"serviceAccount\":\"b\",\"serviceAccountName\":\"a\"}", "a"},
    {"{\"serviceAccount\":\"b\"}", "b"},
    {"{\"serviceAccountName\":null,\"serviceAccount\":\"b\"}", "b"},
    {"{\"serviceAccountName\":\"\",\"serviceAccount\":\"b\"}", "b"},
    {"{\"serviceAccountName\":\"\",\"serviceAccount\":\"\"}", NULL},
};

START_TEST(finds_the_service_account)
{
    for (size_t i = 0; i < ARRAY_LENGTH(service_accounts); i++) {
        cleanup_free char *body = xasprintf(REVIEW_OF_POD("\"spec\":%s"), service_accounts[i].spec);
        assert_slice(of_text(body).pod->service_account, service_accounts[i].service_account);
    }
}
END_TEST

START_TEST(takes_null_for_absent)
{
    struct review review =
        of_text(REVIEW_OF("\"uid\":\"u\",\"kind\":null,\"resource\":null,\"subResource\":null,"
                          "\"name\":null,\"namespace\":null,\"operation\":null,\"userInfo\":null,"
                          "\"object\":null,\"oldObject\":null,\"dryRun\":null"));
    assert_slice(review.resource, "");
    assert_slice(review.kind, "");
    assert_slice(review.subresource, NULL);
    ck_assert_int_eq(review.operation, OPERATION_OTHER);
    ck_assert(!slice_present(review.object) && !review.pod);

    review = of_text(REVIEW_OF_POD("\"metadata\":null,\"spec\":null"));
    ck_assert(!review.pod->has_metadata && !review.pod->has_spec);
    ck_assert_uint_eq(review.pod->place_count, 1);

    review = of_text(REVIEW_OF_POD(
        "\"metadata\":{\"annotations\":null},\"spec\":{\"containers\":null,\"initContainers\":["
        "{\"securityContext\":null},{\"securityContext\":{\"windowsOptions\":null}},"
        "{\"securityContext\":{\"windowsOptions\":{\"gmsaCredentialSpecName\":null,"
        "\"hostProcess\":null}}}],\"os\":null,\"nodeSelector\":{\"kubernetes.io/os\":null}}"));
    const struct place *places = review.pod->places;
    ck_assert(!review.pod->has_annotations);
    ck_assert_uint_eq(review.pod->place_count, 4);
    ck_assert(!places[1].has_security_context);
    ck_assert(places[2].has_security_context && !places[2].has_windows_options);
    ck_assert(places[3].has_windows_options);
    assert_slice(places[3].spec_name, NULL);
    ck_assert_int_eq(places[3].host_process, UNSET);
}
END_TEST

/* What the object is may stand behind it. */
START_TEST(reads_members_in_any_order)
{
    struct review review =
        of_text("{\"request\":{\"oldObject\":{\"spec\":{\"hostname\":\"old\"},\"kind\":\"Pod\"},"
                "\"object\": {\"spec\":{\"hostname\":\"new\"},\"apiVersion\":\"v1\"} ,"
                "\"operation\":\"UPDATE\",\"resource\":{\"resource\":\"pods\"},\"uid\":\"u\"},"
                "\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}");
    assert_slice(review.pod->hostname, "new");
    assert_slice(review.object_api_version, "v1");
    assert_slice(review.object, "{\"spec\":{\"hostname\":\"new\"},\"apiVersion\":\"v1\"}");
    assert_slice(review.old_pod->hostname, "old");
    assert_slice(review.old_kind, "Pod");

    review = of_text("{\"request\":{\"object\":{\"spec\":7,\"kind\":\"Thing\"},\"resource\":"
                     "{\"resource\":\"things\",\"group\":\"example.com\"},\"uid\":\"u\"},"
                     "\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}");
    ck_assert_ptr_null(review.pod);
    assert_slice(review.object_kind, "Thing");
}
END_TEST

/* Field names are matched exactly, and pods of another group are none of ours. */
START_TEST(takes_nothing_for_what_it_is_not)
{
    struct review review = of_text(REVIEW_OF_POD(
        "\"Spec\":7,\"spec\":{\"securitycontext\":7,\"hostNAME\":7,\"hostname\\u0000\":7}"));
    ck_assert(!review.pod->places[0].has_security_context);
    assert_slice(review.pod->hostname, NULL);
    review = of_text(REVIEW_OF("\"uid\":\"u\",\"resource\":{\"group\":\"example.com\","
                               "\"resource\":\"pods\"},\"object\":{\"spec\":7}"));
    ck_assert_ptr_null(review.pod);
}
END_TEST

static const struct {
    const char *word;
    enum operation operation;
} operations[] = {
    {"CREATE", OPERATION_CREATE},   {"UPDATE", OPERATION_UPDATE}, {"DELETE", OPERATION_DELETE},
    {"CONNECT", OPERATION_CONNECT}, {"create", OPERATION_OTHER},  {"", OPERATION_OTHER},
};

START_TEST(knows_the_operations)
{
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        cleanup_free char *body =
            xasprintf(REVIEW_OF("\"uid\":\"u\",\"operation\":\"%s\""), operations[i].word);
        ck_assert_int_eq(of_text(body).operation, operations[i].operation);
    }
}
END_TEST

/* --- Names of places ------------------------------------------------------------------------ */

START_TEST(names_places)
{
    struct place place = {.kind = PLACE_POD};
    ck_assert_str_eq(place_pointer(&place, &arena), "/spec");
    ck_assert_str_eq(place_label(&place, &arena), "pod");
    place = (struct place){.kind = PLACE_INIT_CONTAINER, .index = 2, .name = slice_of("migrate")};
    ck_assert_str_eq(place_pointer(&place, &arena), "/spec/initContainers/2");
    ck_assert_str_eq(place_label(&place, &arena), "init container \"migrate\"");
    place.kind = PLACE_EPHEMERAL_CONTAINER;
    ck_assert_str_eq(place_pointer(&place, &arena), "/spec/ephemeralContainers/2");
    place.name = slice_of("a\x1b[2J\xe2\x80\xae");
    ck_assert_str_eq(place_label(&place, &arena), "ephemeral container \"a\\x1b[2J\\u202e\"");
    place = (struct place){.kind = PLACE_CONTAINER, .index = 1};
    ck_assert_str_eq(place_pointer(&place, &arena), "/spec/containers/1");
    ck_assert_str_eq(place_label(&place, &arena), "container spec.containers[1]");
}
END_TEST

START_TEST(cuts_long_names_of_places)
{
    char name[1000];
    memset(name, 'a', sizeof(name));
    struct place place = {.kind = PLACE_CONTAINER, .name = {name, sizeof(name)}};
    const char *label = place_label(&place, &arena);
    ck_assert_uint_lt(strlen(label), 100);
    ck_assert_ptr_nonnull(strstr(label, "aaa...\""));
}
END_TEST

SUITE("review", reads_the_request, reads_the_pod, reads_the_places, reads_both_objects_of_an_update,
      reads_ephemeral_containers, reads_a_pod_without_a_name, reads_the_other_recorded_pods,
      reads_other_resources, reads_templates, reads_every_field_of_a_place,
      reads_every_field_of_a_pod, reads_names_and_values_that_are_escaped,
      finds_the_service_account, takes_null_for_absent, reads_members_in_any_order,
      takes_nothing_for_what_it_is_not, knows_the_operations, names_places,
      cuts_long_names_of_places)
