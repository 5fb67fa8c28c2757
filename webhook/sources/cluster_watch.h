/* What a cluster's watches know: credential specs, their definition, and that RBAC changed.
 *
 * One thread with a client of its own keeps the watches. What it learns it publishes: a snapshot of
 * the specs on a board, the generation of RBAC in an epoch, a few flags. Readers never wait for it.
 */
#ifndef GMSA_WEBHOOK_SOURCES_CLUSTER_WATCH_H
#define GMSA_WEBHOOK_SOURCES_CLUSTER_WATCH_H

#include "lib/common/error.h"
#include "lib/kube/client.h"
#include "webhook/sources/authorisation_cache.h"
#include "webhook/sources/spec_snapshot.h"

struct cluster_watch;

/* Starts the thread. `client` serves as a pattern: its base is not looked at. */
struct cluster_watch *cluster_watch_create(const struct kube_client_settings *client,
                                           struct error **err);
/* Ends the thread; nobody may read any more. NULL is fine. */
void cluster_watch_free(struct cluster_watch *watch);

/* Any thread; live as long as the watch. */
struct spec_board *cluster_watch_board(struct cluster_watch *watch);
const struct rbac_epoch *cluster_watch_epoch(const struct cluster_watch *watch);

struct cluster_watch_state {
    bool ready;        /* the specs were in sync once, or may not be watched */
    bool specs_denied; /* specs may not be listed or watched: snapshots are not kept up to date */
    bool api_up;       /* the latest call got an answer */
};
/* Any thread. */
struct cluster_watch_state cluster_watch_state(const struct cluster_watch *watch);

#endif
