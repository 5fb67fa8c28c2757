#include "tests/support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/document/json_tree.h"
#include "lib/document/json_write.h"
#include "webhook/decision/patch_apply.h"

static void fail(const char *what)
{
    (void)fprintf(stderr, "world: %s\n", what);
    abort();
}

static const struct {
    const char *name;
    enum authorisation authorisation;
    enum lookup lookup;
    const char *sid, *members;
} rows[WORLD_SPECS] = {
    {"webapp01", AUTHORISATION_ALLOWED, LOOKUP_FOUND, "1", ""},
    {"webapp02", AUTHORISATION_ALLOWED, LOOKUP_FOUND, "2", ""},
    {"defaulted", AUTHORISATION_ALLOWED, LOOKUP_FOUND, "3",
     ",'runAsUserName':'NT AUTHORITY\\\\NETWORK SERVICE'"},
    {"listed", AUTHORISATION_ALLOWED, LOOKUP_FOUND, "4",
     ",'allowedRunAsUserNames':['ContainerAdministrator','NT AUTHORITY\\\\SYSTEM']"},
    {"strict", AUTHORISATION_ALLOWED, LOOKUP_FOUND, "5",
     ",'runAsUserName':'CORP\\\\svc','allowedRunAsUserNames':['CORP\\\\svc','NT "
     "AUTHORITY\\\\SYSTEM']"},
    {"broken", AUTHORISATION_ALLOWED, LOOKUP_FOUND, "not-a-sid", ""},
    {"empty", AUTHORISATION_ALLOWED, LOOKUP_FOUND, NULL, ""},
    {"secret", AUTHORISATION_DENIED, LOOKUP_FOUND, "8", ""},
    {"ghost", AUTHORISATION_DENIED, LOOKUP_MISSING, "9", ""},
    {"absent", AUTHORISATION_ALLOWED, LOOKUP_MISSING, "10", ""},
    {"unsure", AUTHORISATION_UNAVAILABLE, LOOKUP_FOUND, "11", ""},
    {"away", AUTHORISATION_ALLOWED, LOOKUP_UNAVAILABLE, "12", ""},
};

static struct credspec_resource *make_resource(struct world *world, size_t row)
{
    struct arena *arena = &world->arena;
    const char *sid = rows[row].sid ? rows[row].sid : "";
    const char *spec = arena_format(
        arena,
        ",'credspec':{'CmsPlugins':['ActiveDirectory'],'DomainJoinConfig':{'Sid':'%s%s',"
        "'MachineAccountName':'%s','Guid':'7d4f0c1e-5b7a-4b0e-9c36-2f1a8e60d7b3',"
        "'DnsTreeName':'contoso.com','DnsName':'contoso.com','NetBiosName':'CONTOSO'},"
        "'ActiveDirectoryConfig':{'GroupManagedServiceAccounts':[{'Name':'%s',"
        "'Scope':'contoso.com'},{'Name':'%s','Scope':'CONTOSO'}]}}",
        row == 5 ? "" : "S-1-5-21-1987540392-1215364810-", sid, rows[row].name, rows[row].name,
        rows[row].name);
    const char *text = world_json(
        world, arena_format(arena,
                            "{'apiVersion':'windows.k8s.io/v1','kind':'GMSACredentialSpec',"
                            "'metadata':{'name':'%s'}%s%s}",
                            rows[row].name, rows[row].sid ? spec : "", rows[row].members));
    const struct node *node = json_tree_parse(arena, text, strlen(text), NULL, NULL, NULL);
    struct credspec_resource *resource = node ? credspec_resource_create(node, NULL) : NULL;
    if (!resource)
        fail(text);
    bool valid = row != 5 && row != 6;
    if (valid != (resource->problem == NULL))
        fail(resource->problem ? resource->problem : rows[row].name);
    return resource;
}

static struct grant_keys *make_keys(void)
{
    /* RFC 8032 section 7.1, TEST 1: published, so that results can be written down. */
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                              "-----END PRIVATE KEY-----\n";
    char path[] = P_tmpdir "/world-XXXXXX.key";
    int fd = mkstemps(path, 4);
    if (fd < 0 || write(fd, pem, sizeof(pem) - 1) != (ssize_t)(sizeof(pem) - 1) || close(fd) != 0)
        fail("cannot write a key");
    struct grant_keys *keys = grant_keys_load(path, NULL);
    (void)unlink(path);
    if (!keys)
        fail("cannot load a key");
    return keys;
}

void world_open(struct world *world)
{
    *world = (struct world){0};
    world->keys = make_keys();
    world->settings.grant_keys = world->keys;
    world->settings.cluster_name = slice_of("prod");
    for (size_t i = 0; i < WORLD_SPECS; i++)
        world->specs[i] = (struct world_spec){rows[i].name, rows[i].authorisation, rows[i].lookup,
                                              make_resource(world, i)};
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < WORLD_SPECS; i++)
        credspec_resource_free(world->specs[i].resource);
    grant_keys_free(world->keys);
    arena_release(&world->arena);
}

const struct world_spec *world_spec(const struct world *world, struct slice name)
{
    for (size_t i = 0; i < WORLD_SPECS; i++)
        if (slice_is(name, world->specs[i].name))
            return &world->specs[i];
    return NULL;
}

const char *world_contents(struct world *world, const char *name)
{
    const struct world_spec *spec = world_spec(world, slice_of(name));
    cleanup_buffer struct buffer out = {0};
    if (!spec || !spec->resource->canonical)
        fail(name);
    json_write_string(&out, slice_of(spec->resource->canonical));
    return arena_copy(&world->arena, out.data, out.length);
}

const char *world_json(struct world *world, const char *text)
{
    cleanup_buffer struct buffer out = {0};
    for (const char *at = text; *at; at++) {
        const char *end = *at == '@' ? strchr(at + 1, '@') : NULL;
        if (end) {
            buffer_append_text(&out,
                               world_contents(world, arena_format(&world->arena, "%.*s",
                                                                  (int)(end - at - 1), at + 1)));
            at = end;
        } else {
            buffer_append_byte(&out, *at == '\'' ? '"' : *at);
        }
    }
    return arena_copy(&world->arena, buffer_text(&out), out.length);
}

static const struct answer *find_answers(struct world *world, const struct questions *questions)
{
    struct answer *answers =
        arena_allocate_array(&world->arena, questions->count + 1, sizeof(*answers));
    for (size_t i = 0; i < questions->count; i++) {
        const struct world_spec *spec = world_spec(world, questions->spec_names[i]);
        if (!spec)
            continue; /* not permitted, not there */
        answers[i] = (struct answer){
            .authorisation =
                i < questions->authorise_count ? spec->authorisation : AUTHORISATION_ALLOWED,
            .lookup = spec->lookup,
            .resource = spec->lookup == LOOKUP_FOUND ? spec->resource : NULL,
            .detail = spec->authorisation == AUTHORISATION_UNAVAILABLE ||
                              spec->lookup == LOOKUP_UNAVAILABLE
                          ? "connection refused"
                          : NULL,
        };
    }
    return answers;
}

bool world_decide(struct world *world, enum endpoint endpoint, struct slice body,
                  struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    if (review_read(&world->arena, body.data, body.length, &outcome->review, NULL) != 0)
        return false;
    decision_ask(&outcome->review, endpoint, &world->settings, &world->arena, &outcome->questions);
    decision_verdict(&outcome->review, endpoint, &world->settings, &outcome->questions,
                     find_answers(world, &outcome->questions), &world->arena, &outcome->verdict);
    return true;
}

const char *world_review(struct world *world, const char *operation, const char *subresource,
                         const char *object, const char *old)
{
    return arena_format(
        &world->arena,
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{"
        "\"uid\":\"705ab4f5-6393-11e8-b7cc-42010a800002\",\"kind\":{\"group\":\"\",\"version\":"
        "\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":"
        "\"pods\"},\"subResource\":\"%s\",\"namespace\":\"shop\",\"operation\":\"%s\","
        "\"userInfo\":{\"username\":\"dev\"},\"object\":%s,\"oldObject\":%s}}",
        subresource, operation, object ? object : "null", old ? old : "null");
}

const char *world_apply(struct world *world, const char *object, const char *patch)
{
    struct arena *arena = &world->arena;
    struct error *err = NULL;
    const struct node *document = json_tree_parse(arena, object, strlen(object), NULL, NULL, NULL);
    const struct node *operations = json_tree_parse(arena, patch, strlen(patch), NULL, NULL, NULL);
    if (!document || !operations)
        fail("the object or its patch is no JSON");
    const struct node *result = patch_apply(arena, document, operations, &err);
    if (!result)
        fail(err->message);
    cleanup_buffer struct buffer out = {0};
    json_write_canonical(&out, result);
    return arena_copy(arena, out.data, out.length);
}
