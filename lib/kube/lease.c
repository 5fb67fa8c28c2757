#include "lib/kube/lease.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/document/json_fields.h"
#include "lib/document/json_write.h"
#include "lib/kube/metadata.h"

static const int64_t SECOND = 1000000000;

/* --- The record ------------------------------------------------------------------------------- */

/* A whole number of at most nine digits; anything else that JSON calls a number counts as 0. */
static bool read_number(struct json_reader *reader, void *target)
{
    int64_t *number = target;
    struct slice text;
    if (!json_read_number(&reader->scan, &text))
        return false;
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || text.length > 9) {
            *number = 0;
            return true;
        }
        *number = *number * 10 + (text.data[i] - '0');
    }
    return true;
}

static const struct json_field spec_fields[] = {
    {JSON_NAME("holderIdentity"), offsetof(struct kube_lease, holder), json_field_text},
    {JSON_NAME("acquireTime"), offsetof(struct kube_lease, acquire_time), json_field_text},
    {JSON_NAME("renewTime"), offsetof(struct kube_lease, renew_time), json_field_text},
    {JSON_NAME("leaseDurationSeconds"), offsetof(struct kube_lease, duration), read_number},
    {JSON_NAME("leaseTransitions"), offsetof(struct kube_lease, transitions), read_number},
    {JSON_FIELDS_END}};
static const struct json_field lease_fields[] = {{JSON_NAME("spec"), 0, NULL, spec_fields},
                                                 {JSON_FIELDS_END}};

int kube_lease_read(struct slice json, struct arena *arena, struct kube_lease *lease,
                    struct error **err)
{
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, JSON_DEPTH_MAX),
                                 .arena = arena};
    struct kube_metadata metadata;
    *lease = (struct kube_lease){0};
    if (!json_read_fields(&reader, lease_fields, lease) || !json_expect_end(&reader.scan)) {
        struct error *problem = NULL;
        (void)json_reader_error(&reader, "a Lease", &problem);
        problem->code = ERROR_PROTOCOL;
        return error_move(err, problem);
    }
    if (lease->duration > KUBE_LEASE_DURATION_MAX)
        lease->duration = KUBE_LEASE_DURATION_MAX;
    if (kube_metadata_read(json, arena, &metadata, err) < 0)
        return -1;
    lease->resource_version = metadata.resource_version;
    return 0;
}

static void write_text(struct buffer *out, const char *name, struct slice text)
{
    buffer_append_format(out, "\"%s\":", name);
    if (slice_present(text))
        json_write_string(out, text);
    else
        buffer_append_text(out, "null");
}

static void write_spec(struct buffer *out, const struct kube_lease *lease)
{
    buffer_append_text(out, "\"spec\":{");
    write_text(out, "holderIdentity", lease->holder);
    buffer_append_byte(out, ',');
    write_text(out, "acquireTime", lease->acquire_time);
    buffer_append_byte(out, ',');
    write_text(out, "renewTime", lease->renew_time);
    buffer_append_format(out, ",\"leaseDurationSeconds\":%lld,\"leaseTransitions\":%lld}",
                         (long long)lease->duration, (long long)lease->transitions);
}

void kube_lease_write(struct buffer *out, const char *namespace, const char *name,
                      const struct kube_lease *lease)
{
    buffer_append_text(out, "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\","
                            "\"metadata\":{");
    write_text(out, "namespace", slice_of(namespace));
    buffer_append_byte(out, ',');
    write_text(out, "name", slice_of(name));
    buffer_append_text(out, "},");
    write_spec(out, lease);
    buffer_append_byte(out, '}');
}

void kube_lease_write_patch(struct buffer *out, const struct kube_lease *lease)
{
    buffer_append_text(out, "{\"metadata\":{");
    write_text(out, "resourceVersion", lease->resource_version);
    buffer_append_text(out, "},");
    write_spec(out, lease);
    buffer_append_byte(out, '}');
}

void kube_lease_time(int64_t nanoseconds, char text[KUBE_LEASE_TIME_SIZE])
{
    time_t seconds = nanoseconds / SECOND;
    struct tm tm;
    char date[24] = "1970-01-01T00:00:00";
    if (gmtime_r(&seconds, &tm))
        (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(text, KUBE_LEASE_TIME_SIZE, "%s.%06dZ", date,
                   (int)(nanoseconds % SECOND / 1000));
}

/* --- The rules -------------------------------------------------------------------------------- */

void kube_lease_view_release(struct kube_lease_view *view)
{
    buffer_release(&view->record);
}

static void note(struct kube_lease_view *view, const struct kube_lease *lease, int64_t now)
{
    cleanup_buffer struct buffer record = {0};
    write_spec(&record, lease);
    if (slice_equal((struct slice){view->record.data, view->record.length},
                    (struct slice){record.data, record.length}))
        return;
    buffer_clear(&view->record);
    buffer_append(&view->record, record.data, record.length);
    view->since = now;
}

enum kube_lease_act kube_lease_look(struct kube_lease_view *view, const struct kube_lease *lease,
                                    struct slice identity, int64_t now)
{
    note(view, lease, now);
    if (slice_equal(lease->holder, identity))
        return KUBE_LEASE_RENEW;
    bool free = lease->holder.length == 0;
    return free || now - view->since >= lease->duration * SECOND ? KUBE_LEASE_TAKE
                                                                 : KUBE_LEASE_WAIT;
}

struct kube_lease kube_lease_next(const struct kube_lease *lease, enum kube_lease_act act,
                                  struct slice identity, int64_t duration, struct slice time)
{
    bool renew = act == KUBE_LEASE_RENEW;
    return (struct kube_lease){
        .resource_version = lease->resource_version,
        .holder = identity,
        .acquire_time = renew ? lease->acquire_time : time,
        .renew_time = time,
        .duration = duration,
        .transitions = lease->transitions + (renew ? 0 : 1),
    };
}
