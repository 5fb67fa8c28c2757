/* What the webhook measures: the metrics that /metrics shows.
 *
 * Names: controller-runtime's where it has one, so that existing dashboards work, else gmsa_*.
 */
#ifndef GMSA_WEBHOOK_SERVER_INSTRUMENTS_H
#define GMSA_WEBHOOK_SERVER_INSTRUMENTS_H

#include "lib/http/certificate.h"
#include "lib/http/metrics.h"
#include "lib/http/server.h"
#include "webhook/certificates/manager.h"
#include "webhook/decision/decision.h"
#include "webhook/sources/source.h"

struct instruments;

/* What the gauges are read from at each scrape. All outlive the instruments; each may be NULL. */
struct instrument_sources {
    struct source *source;
    struct certificate_store *certificates;
    const struct http_server *server;
    struct certificate_manager *manager;
};

/* `cluster`: with the metrics of an API server's client; `self_managed`: with those of certificates
 * that are made in one. */
struct instruments *instruments_create(bool cluster, bool self_managed);
void instruments_free(struct instruments *instruments);
void instruments_set_sources(struct instruments *instruments,
                             const struct instrument_sources *sources);
/* Prometheus' text. From one thread at a time. */
void instruments_render(struct instruments *instruments, struct buffer *out);

/* A kube_observer (lib/kube/client.h); `context` is the instruments, made for a cluster. */
void instruments_count_api_call(const char *code, const char *method, const char *host,
                                void *context);

/* A worker's own view: the series it has looked up already, so that counting takes no lock. */
struct instrument_cache;
struct instrument_cache *instrument_cache_create(struct instruments *instruments);
void instrument_cache_free(struct instrument_cache *cache);

/* A request of this endpoint began or ended being decided. */
void instruments_in_flight(struct instrument_cache *cache, enum endpoint endpoint, int by);
/* A decision was made. `reason` is a stable word (static text). */
void instruments_decided(struct instrument_cache *cache, enum endpoint endpoint,
                         enum operation operation, bool allowed, const char *reason);
/* A request of this endpoint was answered, with this HTTP status after so many seconds. */
void instruments_answered(struct instrument_cache *cache, enum endpoint endpoint, int status,
                          double seconds);

/* "mutate", "validate", "validate-credspec", "warn" */
const char *endpoint_name(enum endpoint endpoint);
/* "CREATE", ...; "OTHER" */
const char *operation_name(enum operation operation);

#endif
