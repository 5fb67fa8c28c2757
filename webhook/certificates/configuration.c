#include "webhook/certificates/configuration.h"

#include "lib/common/base64.h"
#include "lib/document/json_fields.h"
#include "lib/document/json_write.h"
#include "lib/kube/metadata.h"

/* --- Reading ---------------------------------------------------------------------------------- */

struct client_config {
    struct slice url, namespace, name, bundle;
};

static const struct json_field service_fields[] = {
    {JSON_NAME("namespace"), offsetof(struct client_config, namespace), json_field_text},
    {JSON_NAME("name"), offsetof(struct client_config, name), json_field_text},
    {JSON_FIELDS_END}};
static const struct json_field client_config_fields[] = {
    {JSON_NAME("url"), offsetof(struct client_config, url), json_field_text},
    {JSON_NAME("caBundle"), offsetof(struct client_config, bundle), json_field_text},
    {JSON_NAME("service"), 0, NULL, service_fields},
    {JSON_FIELDS_END}};

static bool read_client_config(struct json_reader *reader, void *target)
{
    return json_read_fields(reader, client_config_fields, target);
}

static const struct json_field webhook_fields[] = {
    {JSON_NAME("clientConfig"), 0, read_client_config}, {JSON_FIELDS_END}};

static bool read_webhook(struct json_reader *reader, void *target)
{
    return json_read_fields(reader, webhook_fields, target);
}

static bool read_webhooks(struct json_reader *reader, void *target)
{
    return json_read_list(reader, read_webhook, sizeof(struct client_config),
                          CONFIGURATION_ENTRIES_MAX, target);
}

struct conversion {
    struct slice strategy;
    struct client_config client;
};

static const struct json_field configuration_fields[] = {{JSON_NAME("webhooks"), 0, read_webhooks},
                                                         {JSON_FIELDS_END}};

static const struct json_field conversion_webhook_fields[] = {
    {JSON_NAME("clientConfig"), offsetof(struct conversion, client), read_client_config},
    {JSON_FIELDS_END}};
static const struct json_field conversion_fields[] = {
    {JSON_NAME("strategy"), offsetof(struct conversion, strategy), json_field_text},
    {JSON_NAME("webhook"), 0, NULL, conversion_webhook_fields},
    {JSON_FIELDS_END}};
static const struct json_field definition_spec_fields[] = {
    {JSON_NAME("conversion"), 0, NULL, conversion_fields}, {JSON_FIELDS_END}};
static const struct json_field definition_fields[] = {
    {JSON_NAME("spec"), 0, NULL, definition_spec_fields}, {JSON_FIELDS_END}};

static bool is_ours(const struct client_config *client, enum configuration_kind kind,
                    const struct configuration_service *service)
{
    if (slice_present(client->url))
        return kind != CONFIGURATION_DEFINITION;
    return slice_is(client->namespace, service->namespace) && slice_is(client->name, service->name);
}

static void add_entry(struct configuration *configuration, size_t index,
                      const struct client_config *client)
{
    struct configuration_entry *entry = &configuration->entries[configuration->count++];
    size_t length = 0;
    *entry = (struct configuration_entry){.index = index};
    if (client->bundle.length == 0)
        return;
    buffer_reserve(&entry->bundle, client->bundle.length);
    /* What is no base64 the API server does not store; if it did, it would not be our bundle. */
    if (base64_decode(client->bundle, entry->bundle.data, client->bundle.length, &length))
        entry->bundle.length = length;
    entry->bundle.data[entry->bundle.length] = '\0';
}

static int refuse(const struct json_reader *reader, enum configuration_kind kind,
                  struct error **err)
{
    struct error *problem = NULL;
    (void)json_reader_error(reader, configuration_kind_name(kind), &problem);
    problem->code = ERROR_PROTOCOL;
    return error_move(err, problem);
}

int configuration_read(struct configuration *configuration, enum configuration_kind kind,
                       const struct configuration_service *service, struct slice json,
                       struct error **err)
{
    cleanup_arena struct arena arena = {0};
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, JSON_DEPTH_MAX),
                                 .arena = &arena};
    struct json_list webhooks = {0};
    struct conversion conversion = {0};
    struct kube_metadata metadata;
    bool definition = kind == CONFIGURATION_DEFINITION;

    configuration_release(configuration);
    configuration->kind = kind;
    if (!json_read_fields(&reader, definition ? definition_fields : configuration_fields,
                          definition ? (void *)&conversion : (void *)&webhooks) ||
        !json_expect_end(&reader.scan))
        return refuse(&reader, kind, err);
    if (kube_metadata_read(json, &arena, &metadata, err) < 0)
        return -1;
    buffer_append(&configuration->version, metadata.resource_version.data,
                  metadata.resource_version.length);
    if (definition) {
        if (slice_is(conversion.strategy, "Webhook") && is_ours(&conversion.client, kind, service))
            add_entry(configuration, 0, &conversion.client);
        return 0;
    }
    const struct client_config *clients = webhooks.items;
    for (size_t i = 0; i < webhooks.count; i++)
        if (is_ours(&clients[i], kind, service))
            add_entry(configuration, i, &clients[i]);
    return 0;
}

void configuration_release(struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->count; i++)
        buffer_release(&configuration->entries[i].bundle);
    buffer_release(&configuration->version);
    *configuration = (struct configuration){.kind = configuration->kind};
}

/* --- Comparing -------------------------------------------------------------------------------- */

bool configuration_holds(const struct configuration *configuration, struct slice bundle)
{
    for (size_t i = 0; i < configuration->count; i++)
        if (!slice_equal(buffer_slice(&configuration->entries[i].bundle), bundle))
            return false;
    return true;
}

bool configuration_trusts(const struct configuration *configuration, X509 *authority)
{
    for (size_t i = 0; i < configuration->count; i++) {
        cleanup_authorities struct authorities set = {0};
        (void)authorities_read(&set, buffer_slice(&configuration->entries[i].bundle), NULL);
        if (!authorities_has(&set, authority))
            return false;
    }
    return true;
}

void configuration_collect(const struct configuration *configuration, struct authorities *set)
{
    for (size_t i = 0; i < configuration->count; i++)
        (void)authorities_read(set, buffer_slice(&configuration->entries[i].bundle), NULL);
}

/* --- Writing ---------------------------------------------------------------------------------- */

void configuration_write_patch(const struct configuration *configuration, struct slice bundle,
                               struct buffer *patch)
{
    /* Replaced where it is there already (RFC 6902, 4.1). */
    buffer_append_text(patch,
                       "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":");
    json_write_string(patch, buffer_slice(&configuration->version));
    buffer_append_byte(patch, '}');
    for (size_t i = 0; i < configuration->count; i++) {
        const struct configuration_entry *entry = &configuration->entries[i];
        if (slice_equal(buffer_slice(&entry->bundle), bundle))
            continue;
        buffer_append_text(patch, ",{\"op\":\"add\",\"path\":\"");
        if (configuration->kind == CONFIGURATION_DEFINITION)
            buffer_append_text(patch, "/spec/conversion/webhook");
        else
            buffer_append_format(patch, "/webhooks/%zu", entry->index);
        buffer_append_text(patch, "/clientConfig/caBundle\",\"value\":\"");
        base64_encode(patch, bundle.data, bundle.length);
        buffer_append_text(patch, "\"}");
    }
    buffer_append_byte(patch, ']');
}

const char *configuration_kind_name(enum configuration_kind kind)
{
    static const char *const names[CONFIGURATION_KINDS] = {
        [CONFIGURATION_MUTATING] = "MutatingWebhookConfiguration",
        [CONFIGURATION_VALIDATING] = "ValidatingWebhookConfiguration",
        [CONFIGURATION_DEFINITION] = "CustomResourceDefinition",
    };
    return names[kind];
}
