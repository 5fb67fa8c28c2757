/* The operator's side, on plain HTTP: /livez, /readyz, /metrics. */
#ifndef GMSA_WEBHOOK_SERVER_HEALTH_H
#define GMSA_WEBHOOK_SERVER_HEALTH_H

#include <stdatomic.h>

#include "lib/http/server.h"
#include "webhook/certificates/manager.h"
#include "webhook/server/instruments.h"
#include "webhook/sources/source.h"

struct health {
    struct source *source;
    struct certificate_store *certificates;
    struct certificate_manager *manager; /* or NULL */
    struct instruments *instruments;
    atomic_bool draining;
};

enum { HEALTH_ROUTES = 3 };

void health_routes(struct health *health, struct http_route routes[HEALTH_ROUTES + 1]);

#endif
