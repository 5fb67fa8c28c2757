#include "lib/kube/target.h"

#include <stdlib.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const struct kube_resource specs = {"windows.k8s.io", "v1", "gmsacredentialspecs"};
static const struct kube_resource pods = {"", "v1", "pods"};

START_TEST(paths_are_those_of_the_api)
{
    const struct {
        struct kube_target target;
        const char *path;
    } rows[] = {
        {{&specs}, "/apis/windows.k8s.io/v1/gmsacredentialspecs"},
        {{&specs, NULL, "web.one"}, "/apis/windows.k8s.io/v1/gmsacredentialspecs/web.one"},
        {{&pods, "shop"}, "/api/v1/namespaces/shop/pods"},
        {{&pods, "shop", "web", "status"}, "/api/v1/namespaces/shop/pods/web/status"},
        {{&specs, NULL, "system:a b?c#d&\xc3\xa9"},
         "/apis/windows.k8s.io/v1/gmsacredentialspecs/system%3Aa%20b%3Fc%23d%26%C3%A9"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cleanup_buffer struct buffer path = {0};
        ck_assert_int_eq(kube_target_path(&rows[i].target, &path, NULL), 0);
        ck_assert_str_eq(buffer_text(&path), rows[i].path);
    }
}
END_TEST

START_TEST(names_that_lead_elsewhere_are_refused)
{
    char longest[255];
    memset(longest, 'a', sizeof longest);
    longest[254] = '\0';
    const char *const names[] = {"", ".", "..", "a/b", "a%2fb", "a\nb", longest};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const struct kube_target as_name = {&specs, NULL, names[i]};
        const struct kube_target as_namespace = {&pods, names[i], "web"};
        cleanup_buffer struct buffer path = {0};
        cleanup_error struct error *error = NULL;
        ck_assert_msg(kube_target_path(&as_name, &path, &error) < 0, "%s", names[i]);
        ck_assert_int_eq(error->code, ERROR_INPUT);
        ck_assert_msg(kube_target_path(&as_namespace, &path, NULL) < 0, "%s", names[i]);
    }
    longest[253] = '\0';
    cleanup_buffer struct buffer path = {0};
    ck_assert_int_eq(kube_target_path(&(struct kube_target){&specs, NULL, longest}, &path, NULL),
                     0);
}
END_TEST

START_TEST(queries_are_encoded)
{
    cleanup_buffer struct buffer path = {0};
    buffer_append_text(&path, "/api/v1/pods");
    kube_path_add_query(&path, "limit", slice_of("500"));
    kube_path_add_query(&path, "continue", (struct slice){0});
    kube_path_add_query(&path, "labelSelector", slice_of("a=b,c!=d"));
    ck_assert_str_eq(buffer_text(&path), "/api/v1/pods?limit=500&labelSelector=a%3Db%2Cc%21%3Dd");
}
END_TEST

SUITE("kube_target", paths_are_those_of_the_api, names_that_lead_elsewhere_are_refused,
      queries_are_encoded)
