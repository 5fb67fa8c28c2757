/* A pod that runs, as whoever creates it anew would send it. */
#ifndef GMSA_WEBHOOK_KUBECTL_RECREATE_H
#define GMSA_WEBHOOK_KUBECTL_RECREATE_H

#include "lib/document/tree.h"

/* The pod without what it got since: status, node, ephemeral containers, everything of its metadata
 * but names, labels and annotations; and without what admission alone writes: the grant, and the
 * contents of a credential spec wherever one is named. Contents without a name stay, as whoever
 * wrote them would send them again; so does a runAsUserName, of which nobody knows whether it was
 * a default. In the arena; shares nothing with the pod. */
struct node *pod_recreate(struct arena *arena, const struct node *pod);

#endif
