#include "webhook/sources/rbac_census.h"

#include "lib/kube/metadata.h"

/* 0 for what is no number. */
static uint64_t version_number(struct slice version)
{
    uint64_t number = 0;
    for (size_t i = 0; i < version.length; i++) {
        unsigned digit = (unsigned char)version.data[i] - '0';
        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return 0;
        number = number * 10 + digit;
    }
    return number;
}

static uint64_t version_of(struct slice json)
{
    cleanup_arena struct arena arena = {0};
    struct kube_metadata metadata = {0};
    cleanup_error struct error *error = NULL;
    if (kube_metadata_read(json, &arena, &metadata, &error) < 0)
        return 0;
    return version_number(metadata.resource_version);
}

static void note_version(struct rbac_state *state, uint64_t version)
{
    if (version == 0)
        state->exact = false;
    if (version > state->newest)
        state->newest = version;
}

void rbac_census_begin(struct rbac_census *census)
{
    census->listing = (struct rbac_state){.exact = true};
}

void rbac_census_count(struct rbac_census *census, enum kube_event event, struct slice json)
{
    switch (event) {
    case KUBE_LISTED:
        census->listing.count++;
        note_version(&census->listing, version_of(json));
        break;
    case KUBE_ADDED:
        census->known.count++;
        note_version(&census->known, version_of(json));
        break;
    case KUBE_MODIFIED:
        note_version(&census->known, version_of(json));
        break;
    case KUBE_DELETED:
        census->known.count--;
        census->known.exact = false;
        break;
    }
}

bool rbac_census_end(struct rbac_census *census)
{
    struct rbac_state before = census->known;
    census->known = census->listing;
    return !before.exact || !census->known.exact || before.count != census->known.count ||
           before.newest != census->known.newest;
}
