#include "tests/support/decision_oracle.h"

#include <string.h>
#include <strings.h>

static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};

static const json_t *windows_options(const json_t *place)
{
    return json_object_get(json_object_get(place, "securityContext"), "windowsOptions");
}

static const char *option(const json_t *place, const char *name)
{
    return json_string_value(json_object_get(windows_options(place), name));
}

static const struct oracle_spec *find(const struct oracle *oracle, const char *name)
{
    for (size_t i = 0; name && i < oracle->count; i++)
        if (strcmp(oracle->usable[i].name, name) == 0)
            return &oracle->usable[i];
    return NULL;
}

/* The tests only use ASCII, and run in the C locale. */
static bool allows(const struct oracle_spec *spec, const char *user)
{
    for (size_t i = 0; i < 4 && spec->allowed[i]; i++)
        if (strcasecmp(spec->allowed[i], user) == 0)
            return true;
    return !spec->allowed[0];
}

static const char *default_user(const struct oracle *oracle, const char *name)
{
    const struct oracle_spec *spec = find(oracle, name);
    if (!spec)
        return NULL;
    if (spec->user)
        return spec->user;
    return oracle->cluster_user && allows(spec, oracle->cluster_user) ? oracle->cluster_user : NULL;
}

static bool is_valid_user(const char *user)
{
    const char *backslash = strchr(user, '\\');
    const char *account = backslash ? backslash + 1 : user;
    if (backslash && (backslash == user || strchr(account, '\\')))
        return false;
    return *account && !strpbrk(account, "\"/:;|=,+*?<>@[]\t") && account[strspn(account, ". ")];
}

static bool has_identity(const json_t *place)
{
    return option(place, "gmsaCredentialSpecName") || option(place, "gmsaCredentialSpec");
}

static enum oracle_opinion judge_place(const struct oracle *oracle, const json_t *place)
{
    const char *name = option(place, "gmsaCredentialSpecName");
    const char *contents = option(place, "gmsaCredentialSpec");
    const char *user = option(place, "runAsUserName");
    if (!name && contents)
        return ORACLE_CONTENTS_NAMELESS;
    if (name && !find(oracle, name))
        return ORACLE_SPEC_NOT_USABLE;
    if (contents && *contents) {
        json_t *given = json_loads(contents, JSON_REJECT_DUPLICATES, NULL);
        json_t *real = json_loads(find(oracle, name)->contents, 0, NULL);
        bool same = given && json_equal(given, real);
        json_decref(given);
        json_decref(real);
        if (!same)
            return ORACLE_CONTENTS_DIFFER;
    }
    return user && !is_valid_user(user) ? ORACLE_USER_INVALID : ORACLE_ALLOWED;
}

/* The user a container will run as once defaults are written, or NULL. */
static const char *final_user(const struct oracle *oracle, const json_t *spec,
                              const json_t *container)
{
    const char *own = option(container, "runAsUserName"), *pods = option(spec, "runAsUserName");
    const char *own_spec = option(container, "gmsaCredentialSpecName");
    const char *pods_default = default_user(oracle, option(spec, "gmsaCredentialSpecName"));
    if (own)
        return own;
    if (!own_spec)
        return pods ? pods : pods_default;
    const char *own_default = default_user(oracle, own_spec);
    if (!pods)
        return own_default ? own_default : pods_default;
    return allows(find(oracle, own_spec), pods) || !own_default ? pods : own_default;
}

static enum oracle_opinion judge_pair(const struct oracle *oracle, const json_t *spec,
                                      const json_t *container)
{
    const json_t *source = has_identity(container) ? container : spec;
    const struct oracle_spec *gmsa = find(oracle, option(source, "gmsaCredentialSpecName"));
    const char *user = final_user(oracle, spec, container);
    if (!gmsa || !gmsa->allowed[0])
        return ORACLE_ALLOWED;
    if (!user)
        return ORACLE_USER_MISSING;
    return allows(gmsa, user) ? ORACLE_ALLOWED : ORACLE_USER_NOT_ALLOWED;
}

static bool has_container(const json_t *spec, const char *name)
{
    for (size_t i = 0; i < 3; i++) {
        size_t index;
        const json_t *container;
        json_array_foreach(
            json_object_get(spec, lists[i]), index,
            container) if (strcmp(json_string_value(json_object_get(container, "name")), name) ==
                           0) return true;
    }
    return false;
}

static bool is_windows(const json_t *spec)
{
    const char *os = json_string_value(json_object_get(json_object_get(spec, "os"), "name"));
    if ((os && strcmp(os, "windows") == 0) || json_is_object(windows_options(spec)))
        return true;
    for (size_t i = 0; i < 3; i++) {
        size_t index;
        const json_t *container;
        json_array_foreach(json_object_get(spec, lists[i]), index,
                           container) if (json_is_object(windows_options(container))) return true;
    }
    return false;
}

static enum oracle_opinion judge_annotations(const struct oracle *oracle, const json_t *pod)
{
    static const char ours[] = "gmsa-identity.dev/", spec_key[] = "credential-spec";
    const json_t *spec = json_object_get(pod, "spec");
    json_t *annotations = json_object_get(json_object_get(pod, "metadata"), "annotations");
    const char *key;
    json_t *value;
    json_object_foreach(annotations, key, value)
    {
        if (strncmp(key, ours, strlen(ours)) != 0)
            continue;
        const char *rest = key + strlen(ours);
        if (strcmp(rest, "grant") == 0 || strcmp(rest, "keep-hostname") == 0)
            continue;
        bool whole = strcmp(rest, spec_key) == 0;
        bool single = strncmp(rest, "credential-spec.", 16) == 0 && has_container(spec, rest + 16);
        if ((!whole && !single) || is_windows(spec))
            return ORACLE_ANNOTATION_WRONG;
        if (!find(oracle, json_string_value(value)))
            return ORACLE_SPEC_NOT_USABLE;
    }
    return ORACLE_ALLOWED;
}

enum oracle_opinion oracle_judge(const struct oracle *oracle, const json_t *pod)
{
    const json_t *spec = json_object_get(pod, "spec");
    enum oracle_opinion opinion = judge_annotations(oracle, pod);
    bool any = has_identity(spec);
    enum oracle_opinion places = judge_place(oracle, spec);
    for (size_t i = 0; i < 3; i++) {
        size_t index;
        const json_t *container;
        json_array_foreach(json_object_get(spec, lists[i]), index, container)
        {
            any = any || has_identity(container);
            if (places == ORACLE_ALLOWED)
                places = judge_place(oracle, container);
        }
    }
    /* User names of a pod without any gMSA are the API server's alone. */
    if (opinion != ORACLE_ALLOWED || !any)
        return opinion;
    for (size_t i = 0; i < 3 && places == ORACLE_ALLOWED; i++) {
        size_t index;
        const json_t *container;
        json_array_foreach(json_object_get(spec, lists[i]), index,
                           container) if (places == ORACLE_ALLOWED) places =
            judge_pair(oracle, spec, container);
    }
    return places;
}
