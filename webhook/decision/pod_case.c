#include "webhook/decision/pod_case.h"

#include "credspec/kubernetes.h"
#include "lib/common/quote.h"

static bool names_identity(const struct place *place)
{
    return slice_present(place->spec_name) || slice_present(place->contents);
}

bool pod_has_identity(const struct pod_view *pod)
{
    for (size_t i = 0; i < pod->place_count; i++)
        if (names_identity(&pod->places[i]))
            return true;
    for (size_t i = 0; i < pod->annotation_count; i++)
        if (!slice_is(pod->annotations[i].key, ANNOTATION_KEEP_HOSTNAME))
            return true;
    return false;
}

const char *pod_label(const struct pod_case *pod, size_t place)
{
    return place_label(&pod->pod->places[place], pod->arena);
}

int pod_add_name(struct pod_case *pod, struct slice name)
{
    for (size_t i = 0; i < pod->name_count; i++)
        if (slice_equal(pod->names[i], name))
            return (int)i;
    if (pod->name_count == POD_SPECS_MAX) {
        opinion_refuse(pod->opinion, REASON_TOO_MANY_SPECS, NULL,
                       "the pod names more than %d different specs; name fewer", POD_SPECS_MAX);
        return NO_SPEC;
    }
    if (!pod->names)
        pod->names = arena_allocate_array(pod->arena, POD_SPECS_MAX, sizeof(*pod->names));
    pod->names[pod->name_count] = name;
    return (int)pod->name_count++;
}

static void read_place_name(struct pod_case *pod, size_t index)
{
    const struct place *place = &pod->pod->places[index];
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (!slice_present(place->spec_name))
        return;
    if (kubernetes_check_subdomain(place->spec_name, messages) > 0)
        opinion_refuse(pod->opinion, REASON_SPEC_NAME_INVALID, pod_label(pod, index),
                       "gmsaCredentialSpecName: Invalid value: %s: %s",
                       quote(pod->arena, place->spec_name), messages[0]);
    else
        pod->places[index].spec = pod_add_name(pod, place->spec_name);
}

/* What an ephemeral container inherits must be looked up, for its list of user names, but not
 * authorised again: the pod runs with it already. */
static void add_inherited(struct pod_case *pod)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    struct slice name = pod->pod->places[0].spec_name;
    if (pod->places[0].fresh || kubernetes_check_subdomain(name, messages) > 0)
        return;
    for (size_t i = 1; i < pod->pod->place_count; i++)
        if (pod->places[i].fresh && !pod->places[i].names) {
            pod->places[0].spec = pod_add_name(pod, name);
            return;
        }
}

/* What it got before it ran is left alone, as of any pod. */
static bool has_new_identity(const struct pod_case *pod)
{
    bool found = pod->old == NULL;
    for (size_t i = 0; i < pod->pod->place_count && !found; i++)
        found = pod->places[i].fresh && pod->places[i].names;
    return found;
}

static void check_mirror(struct pod_case *pod)
{
    if (pod->pod->mirror && has_new_identity(pod))
        opinion_refuse(pod->opinion, REASON_MIRROR_POD, NULL,
                       "a mirror pod (of a static pod) cannot have a gMSA: it has no service "
                       "account; make it an ordinary pod");
}

/* It becomes part of a user name, so it must not hold a colon. */
static void check_service_account(struct pod_case *pod)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    if (kubernetes_check_subdomain(pod->service_account, messages) > 0)
        opinion_refuse(pod->opinion, REASON_SERVICE_ACCOUNT_INVALID, NULL,
                       "spec.serviceAccountName: Invalid value: %s: %s",
                       quote(pod->arena, pod->service_account), messages[0]);
}

static void prepare_places(struct pod_case *pod)
{
    size_t count = pod->pod->place_count;
    pod->places = arena_allocate_array(pod->arena, count, sizeof(*pod->places));
    for (size_t i = 0; i < count; i++) {
        pod->places[i].names = names_identity(&pod->pod->places[i]);
        pod->places[i].spec = NO_SPEC;
        pod->places[i].fresh = pod->old == NULL;
        pod->on_windows = pod->on_windows || pod->places[i].names;
    }
}

void pod_case_open(struct pod_case *pod)
{
    pod->concerned = pod_has_identity(pod->pod) || (pod->old != NULL && pod_has_identity(pod->old));
    pod->service_account = scope_service_account(pod->pod);
    if (!pod->concerned || pod->pod->place_count == 0)
        return;
    prepare_places(pod);
    if (pod->old)
        pod_match_old(pod);
    check_mirror(pod);
    for (size_t i = 0; i < pod->pod->place_count && !opinion_settled(pod->opinion); i++)
        if (pod->places[i].fresh)
            read_place_name(pod, i);
    if (!pod->old)
        pod_read_annotations(pod);
    pod->authorise_count = pod->name_count;
    if (pod->name_count > 0)
        check_service_account(pod);
    if (pod->old)
        add_inherited(pod);
}

const struct credspec_resource *pod_resource(const struct pod_case *pod, int spec)
{
    if (spec == NO_SPEC || pod->answers[spec].lookup != LOOKUP_FOUND)
        return NULL;
    return pod->answers[spec].resource;
}

struct effective pod_effective(const struct pod_case *pod, size_t container)
{
    const struct place_case *own = &pod->places[container], *whole = &pod->places[0];
    const struct place *place = &pod->pod->places[container], *top = &pod->pod->places[0];
    const struct place_case *source = own->names ? own : whole;
    struct effective effective = {.identity = source->names, .spec = source->spec};
    const struct slice users[] = {place->run_as_user_name, own->new_user, top->run_as_user_name,
                                  whole->new_user};
    for (size_t i = 0; i < 4 && !slice_present(effective.user); i++)
        effective.user = users[i];
    return effective;
}
