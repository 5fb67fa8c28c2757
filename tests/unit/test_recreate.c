#include "webhook/kubectl/recreate.h"

#include "lib/common/memory.h"
#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "tests/support/suite.h"
#include "webhook/kubectl/pods.h"

/* JSON with ' for ". */
static char *quoted(const char *text)
{
    char *copy = xstrdup(text);
    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

START_TEST(what_was_added_later_is_left_out)
{
    static const struct {
        const char *pod, *expected;
    } rows[] = {
        {"{'metadata':{'name':'a','uid':'u','labels':{'x':'y'},'creationTimestamp':'t',"
         "'annotations':{'gmsa-identity.dev/grant':'g','gmsa-identity.dev/credential-spec':'w'}},"
         "'spec':{'nodeName':'n','containers':[{'name':'c'}],'ephemeralContainers':[{'name':'e'}]},"
         "'status':{'phase':'Running'}}",
         "{'apiVersion':'v1','kind':'Pod','metadata':{'annotations':{"
         "'gmsa-identity.dev/credential-spec':'w'},'labels':{'x':'y'},'name':'a'},"
         "'spec':{'containers':[{'name':'c'}]}}"},
        /* Contents go where a spec is named, and stay where none is. */
        {"{'spec':{'securityContext':{'runAsNonRoot':true,'windowsOptions':{"
         "'gmsaCredentialSpec':'1','gmsaCredentialSpecName':'w','runAsUserName':'u'}},"
         "'containers':[{'securityContext':{'windowsOptions':{'gmsaCredentialSpec':'2'}}},"
         "{'securityContext':{'windowsOptions':{'gmsaCredentialSpec':'3',"
         "'gmsaCredentialSpecName':'x'}}}],'initContainers':[{'securityContext':{"
         "'windowsOptions':{'gmsaCredentialSpec':'4','gmsaCredentialSpecName':'y'}}}]}}",
         "{'apiVersion':'v1','kind':'Pod','spec':{'containers':[{'securityContext':{"
         "'windowsOptions':{'gmsaCredentialSpec':'2'}}},{'securityContext':{'windowsOptions':{"
         "'gmsaCredentialSpecName':'x'}}}],'initContainers':[{'securityContext':{"
         "'windowsOptions':{'gmsaCredentialSpecName':'y'}}}],'securityContext':{"
         "'runAsNonRoot':true,'windowsOptions':{'gmsaCredentialSpecName':'w',"
         "'runAsUserName':'u'}}}}"},
        /* Members of other types than they should have are no trap. */
        {"{'metadata':[],'spec':{'containers':{},'initContainers':[1],'securityContext':"
         "{'windowsOptions':'x'}}}",
         "{'apiVersion':'v1','kind':'Pod','spec':{'containers':{},'initContainers':[1],"
         "'securityContext':{'windowsOptions':'x'}}}"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_buffer struct buffer text = {0};
        cleanup_free char *pod = quoted(rows[i].pod);
        cleanup_free char *expected = quoted(rows[i].expected);
        const struct node *tree = json_tree_parse(&arena, pod, strlen(pod), NULL, NULL, NULL);
        ck_assert_ptr_nonnull(tree);
        json_write_canonical(&text, pod_recreate(&arena, tree));
        ck_assert_str_eq(buffer_text(&text), expected);
    }
}
END_TEST

START_TEST(a_pod_of_a_list_becomes_a_review)
{
    static const char *const pods[] = {
        "{\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\"},\"spec\":{\"containers\":[]}}",
        " {\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"},\"spec\":{}}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pods); i++) {
        cleanup_arena struct arena arena = {0};
        cleanup_buffer struct buffer text = {0};
        cleanup_error struct error *error = NULL;
        struct review review;
        pods_write_review(&text, slice_of(pods[i]), slice_of("shop"));
        ck_assert_msg(review_read(&arena, text.data, text.length, &review, &error) == 0, "%s",
                      error ? error->message : "");
        ck_assert(slice_is(review.namespace, "shop"));
        ck_assert(slice_is(review.object_kind, "Pod"));
        ck_assert_ptr_nonnull(review.pod);
        ck_assert(slice_is(review.pod->name, "a"));
    }
}
END_TEST

SUITE("recreate", what_was_added_later_is_left_out, a_pod_of_a_list_becomes_a_review)
