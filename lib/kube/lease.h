/* coordination.k8s.io/v1 Lease as a lock between replicas: the record and the rules, without calls.
 *
 * The rules are client-go's (tools/leaderelection/leaderelection.go): who holds the lease renews
 * it; the others watch the record and take it over when it has not changed for the time that it
 * says itself, measured by their own monotonic clock. The times in the record are for people:
 * clocks of different machines are never compared. */
#ifndef GMSA_KUBE_LEASE_H
#define GMSA_KUBE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/arena.h"
#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

/* LeaseSpec. Texts of the JSON or of the arena; absent where they are missing. */
struct kube_lease {
    struct slice resource_version;
    struct slice holder;                   /* absent or empty: nobody */
    struct slice acquire_time, renew_time; /* RFC 3339 with microseconds */
    int64_t duration;                      /* seconds; 0 where it is missing */
    int64_t transitions;                   /* how often it went from one holder to another */
};

enum { KUBE_LEASE_DURATION_MAX = 24 * 3600, KUBE_LEASE_IDENTITY_MAX = 253 };

/* ERROR_PROTOCOL for what is no Lease. A duration beyond a day counts as a day. */
int kube_lease_read(struct slice json, struct arena *arena, struct kube_lease *lease,
                    struct error **err);
/* Appends a new Lease. */
void kube_lease_write(struct buffer *out, const char *namespace, const char *name,
                      const struct kube_lease *lease);
/* Appends a merge patch (RFC 7386) that puts this record into a Lease, and fails where the Lease is
 * not at lease->resource_version any more. */
void kube_lease_write_patch(struct buffer *out, const struct kube_lease *lease);

enum { KUBE_LEASE_TIME_SIZE = 40 };
/* "2006-01-02T15:04:05.000000Z" for nanoseconds since 1970. */
void kube_lease_time(int64_t nanoseconds, char text[KUBE_LEASE_TIME_SIZE]);

/* What one has seen of somebody else's record. Zeroed in the beginning. */
struct kube_lease_view {
    struct buffer record;
    int64_t since; /* when the record was first seen as it is; CLOCK_MONOTONIC ns */
};
void kube_lease_view_release(struct kube_lease_view *view);

enum kube_lease_act {
    KUBE_LEASE_WAIT,  /* somebody else holds it */
    KUBE_LEASE_TAKE,  /* it is free, or its holder is gone */
    KUBE_LEASE_RENEW, /* it is ours */
};

/* Looks at the Lease as it is `now`, and says what `identity` has to do. */
enum kube_lease_act kube_lease_look(struct kube_lease_view *view, const struct kube_lease *lease,
                                    struct slice identity, int64_t now);
/* The record after that act, which is not KUBE_LEASE_WAIT: `time` is the text of the present
 * time. */
struct kube_lease kube_lease_next(const struct kube_lease *lease, enum kube_lease_act act,
                                  struct slice identity, int64_t duration, struct slice time);

#endif
