#include "tests/support/spec_object.h"

#include <check.h>

const char *spec_object_json(const struct spec_object *object, struct arena *arena)
{
    const char *account = object->account ? object->account : "webapp";
    const char *uid = object->uid ? object->uid : arena_format(arena, "u-%s", object->name);
    const char *spec = arena_format(
        arena,
        ",\"credspec\":{\"CmsPlugins\":[\"ActiveDirectory\"],\"DomainJoinConfig\":{"
        "\"Sid\":\"S-1-5-21-2126449477-2524075714-3094792973\",\"MachineAccountName\":\"%s\","
        "\"Guid\":\"244818ae-87ac-4fcd-92ec-e79e5252348a\",\"DnsTreeName\":\"contoso.com\","
        "\"DnsName\":\"contoso.com\",\"NetBiosName\":\"CONTOSO\"},\"ActiveDirectoryConfig\":{"
        "\"GroupManagedServiceAccounts\":[{\"Name\":\"%s\",\"Scope\":\"contoso.com\"},"
        "{\"Name\":\"%s\",\"Scope\":\"CONTOSO\"}]}}",
        account, account, account);
    return arena_format(
        arena,
        "{\"apiVersion\":\"windows.k8s.io/v1\",\"kind\":\"GMSACredentialSpec\",\"metadata\":{"
        "\"name\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%d\",\"generation\":1,"
        "\"creationTimestamp\":\"2026-11-22T20:00:00Z\"}%s%s%s}",
        object->name, uid, object->version, object->invalid ? "" : spec,
        object->allowed ? ",\"allowedRunAsUserNames\":" : "",
        object->allowed ? object->allowed : "");
}

struct known_spec *spec_object_read(const struct spec_object *object)
{
    cleanup_arena struct arena arena = {0};
    cleanup_error struct error *error = NULL;
    struct known_spec *spec = known_spec_read(slice_of(spec_object_json(object, &arena)), &error);
    ck_assert_msg(spec != NULL, "%s", error ? error->message : "");
    ck_assert_msg(object->invalid || !spec->resource->problem, "%s", spec->resource->problem);
    return spec;
}
