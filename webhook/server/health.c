#include "webhook/server/health.h"

#include <time.h>

static void handle_livez(struct http_exchange *exchange, void *context)
{
    (void)context;
    exchange->response.content_type = "text/plain";
    buffer_append_text(&exchange->response.body, "ok\n");
}

/* One line a check, as the API server's own /readyz?verbose. */
static bool check(struct buffer *out, const char *name, bool passed, const char *reason)
{
    if (passed)
        buffer_append_format(out, "[+]%s ok\n", name);
    else
        buffer_append_format(out, "[-]%s failed: %s\n", name, reason);
    return passed;
}

/* What is wrong with the cluster, which being not ready would not make better. */
static void add_remarks(struct buffer *out, struct source *source)
{
    struct source_statistics statistics = {0};
    source_statistics(source, &statistics);
    if (statistics.has_api && !statistics.api_up)
        buffer_append_text(out, "[!]api-server does not answer\n");
    if (statistics.definition_lacks_fields)
        buffer_append_text(out, "[!]definition lacks runAsUserName and allowedRunAsUserNames: pods "
                                "of specs that had an allow-list are refused\n");
}

/* A certificate of our own counts when every configuration trusts it. That is asked for once: later
 * a configuration that was replaced is put right while we go on serving. */
static bool check_managed(struct buffer *out, struct certificate_manager *manager)
{
    struct certificate_manager_status status;
    cleanup_buffer struct buffer problem = {0};
    certificate_manager_status(manager, &status);
    if (!status.trusted)
        certificate_manager_problem(manager, &problem);
    if (status.ready && !status.trusted)
        buffer_append_format(out, "[!]certificate-trust %s\n", buffer_text(&problem));
    else
        (void)check(out, "certificate-trust", status.ready, buffer_text(&problem));
    return status.ready;
}

static void handle_readyz(struct http_exchange *exchange, void *context)
{
    struct health *health = context;
    struct buffer *out = &exchange->response.body;
    struct certificate_status status;

    certificate_store_status(health->certificates, &status);
    exchange->response.content_type = "text/plain";
    bool ready = check(out, "specs", source_ready(health->source), "not loaded yet");
    ready &= check(out, "certificate", status.expiry > (int64_t)time(NULL),
                   status.expiry ? "expired" : "there is none yet");
    if (health->manager)
        ready &= check_managed(out, health->manager);
    ready &= check(out, "serving", !atomic_load(&health->draining), "shutting down");
    add_remarks(out, health->source);
    if (!ready)
        exchange->response.status = 503;
}

static void handle_metrics(struct http_exchange *exchange, void *context)
{
    struct health *health = context;
    exchange->response.content_type = METRICS_CONTENT_TYPE;
    instruments_render(health->instruments, &exchange->response.body);
}

void health_routes(struct health *health, struct http_route routes[HEALTH_ROUTES + 1])
{
    const struct http_route table[HEALTH_ROUTES + 1] = {
        {"/livez", "GET", NULL, handle_livez, health},
        {"/readyz", "GET", NULL, handle_readyz, health},
        {"/metrics", "GET", NULL, handle_metrics, health},
        {0},
    };
    memcpy(routes, table, sizeof(table));
}
