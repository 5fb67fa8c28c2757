#include "lib/kube/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/document/json_split.h"
#include "lib/kube/metadata.h"

enum {
    PAGE = 500, /* client-go's pager */
    OBJECT_MAX = 4 * 1024 * 1024,
    FRAME_MAX = 64 * 1024,
    TIMEOUT = 60 * 1000,
    WHOLE = 10, /* times as long for a list in one piece */
    HEAD_TIMEOUT = 30 * 1000,
    GONE = 410,
};

struct kube_list {
    struct kube_client *client;
    struct kube_list_settings settings;
    struct kube_request *request;
    struct json_split split;
    struct buffer not_older_than;
    struct buffer version, next_page;
    bool whole;      /* in one piece instead of pages */
    size_t received; /* objects of the present page */
};

static void send_page(struct kube_list *list);

static struct slice slice_of_buffer(const struct buffer *buffer)
{
    return (struct slice){buffer->length ? buffer->data : NULL, buffer->length};
}

/* --- What arrives ----------------------------------------------------------------------------- */

static void on_begun(void *context)
{
    struct kube_list *list = context;
    if (list->next_page.length == 0)
        list->settings.begun(list->settings.context);
}

static int on_object(struct slice json, void *context, struct error **err)
{
    struct kube_list *list = context;
    (void)err;
    list->received++;
    list->settings.object(json, list->settings.context);
    return 0;
}

static int on_data(struct slice piece, void *context, struct error **err)
{
    struct kube_list *list = context;
    return json_split_feed(&list->split, piece, err);
}

/* --- Pages ------------------------------------------------------------------------------------ */

static void begin_anew(struct kube_list *list)
{
    buffer_clear(&list->next_page);
    send_page(list);
}

/* Takes the page's own metadata: 1 where more pages follow, 0 where it was the last. */
static int end_page(struct kube_list *list, struct error **err)
{
    cleanup_arena struct arena arena = {0};
    struct kube_metadata metadata;
    struct slice frame;
    if (json_split_end(&list->split, &frame, err) < 0 ||
        kube_metadata_read(frame, &arena, &metadata, err) < 0)
        return -1;
    if (metadata.resource_version.length == 0)
        return error_set(err, ERROR_PROTOCOL, "the list has no resource version");
    buffer_clear(&list->version);
    buffer_append(&list->version, metadata.resource_version.data, metadata.resource_version.length);
    buffer_clear(&list->next_page);
    if (metadata.continue_token.length == 0)
        return 0;
    if (list->received == 0)
        return error_set(err, ERROR_PROTOCOL, "a page without objects says that more follow");
    buffer_append(&list->next_page, metadata.continue_token.data, metadata.continue_token.length);
    return 1;
}

static void list_free(struct kube_list *list)
{
    json_split_release(&list->split);
    buffer_release(&list->not_older_than);
    buffer_release(&list->version);
    buffer_release(&list->next_page);
    free(list);
}

static void finish(struct kube_list *list, const struct kube_answer *answer,
                   const struct error *error)
{
    const struct kube_list_result result = {
        .resource_version = slice_of_buffer(&list->version),
        .status = answer->status,
        .retry_after = answer->retry_after,
        .error = error,
    };
    list->settings.done(&result, list->settings.context);
    list_free(list);
}

/* Whether the refusal is one that asking in another way avoids. */
static bool recover(struct kube_list *list, const struct kube_answer *answer)
{
    bool gone = answer->status == GONE;
    if (gone && list->next_page.length > 0 && !list->whole) {
        list->whole = true;
    } else if ((gone || answer->version_is_too_large) && list->next_page.length == 0 &&
               list->not_older_than.length > 0) {
        buffer_clear(&list->not_older_than);
    } else {
        return false;
    }
    begin_anew(list);
    return true;
}

static void on_done(const struct kube_answer *answer, void *context)
{
    struct kube_list *list = context;
    cleanup_error struct error *error = NULL;
    list->request = NULL;
    if (answer->error) {
        if (!recover(list, answer))
            finish(list, answer, answer->error);
        return;
    }
    int more = end_page(list, &error);
    if (more < 0)
        (void)error_prefix(&error, "list %s", list->settings.target.resource->plural);
    if (more == 1)
        send_page(list);
    else
        finish(list, answer, error);
}

static void send_page(struct kube_list *list)
{
    const struct kube_list_settings *settings = &list->settings;
    bool first = list->next_page.length == 0;
    bool bounded = first && list->not_older_than.length > 0;
    char page[16];
    (void)snprintf(page, sizeof(page), "%u", settings->page ? settings->page : PAGE);
    const struct kube_parameter parameters[] = {
        {"limit", slice_of(list->whole ? NULL : page)},
        {"continue", slice_of_buffer(&list->next_page)},
        {"resourceVersion", bounded ? slice_of_buffer(&list->not_older_than) : (struct slice){0}},
        {"resourceVersionMatch", slice_of(bounded ? "NotOlderThan" : NULL)},
        {"labelSelector", slice_of(settings->label_selector)},
        {"fieldSelector", slice_of(settings->field_selector)},
    };
    int64_t timeout = settings->timeout ? settings->timeout : TIMEOUT;
    const struct kube_call call = {
        .verb = KUBE_GET,
        .target = settings->target,
        .parameters = parameters,
        .parameter_count = ARRAY_LENGTH(parameters),
        .accept = settings->metadata_only
                      ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
                      : NULL,
        .timeout = list->whole ? timeout * WHOLE : timeout,
        .stream = {on_begun, on_data, .head = HEAD_TIMEOUT, .quiet = HEAD_TIMEOUT},
        .done = on_done,
        .context = list,
    };
    json_split_release(&list->split);
    list->split = (struct json_split){
        .settings = {"items", settings->object_limit ? settings->object_limit : OBJECT_MAX,
                     FRAME_MAX, on_object, list}};
    list->received = 0;
    list->request = kube_send(list->client, &call);
}

struct kube_list *kube_list_start(struct kube_client *client,
                                  const struct kube_list_settings *settings)
{
    struct kube_list *list = xcalloc(1, sizeof(*list));
    list->client = client;
    list->settings = *settings;
    buffer_append(&list->not_older_than, settings->not_older_than.data,
                  settings->not_older_than.length);
    begin_anew(list);
    return list;
}

void kube_list_cancel(struct kube_list *list)
{
    if (list->request)
        kube_cancel(list->request);
    list_free(list);
}
