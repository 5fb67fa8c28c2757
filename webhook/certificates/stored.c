#include "webhook/certificates/stored.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/common/base64.h"
#include "lib/common/memory.h"
#include "lib/document/json_fields.h"
#include "lib/document/json_write.h"
#include "lib/kube/metadata.h"

/* --- Times ------------------------------------------------------------------------------------ */

void stored_time(int64_t seconds, char text[STORED_TIME_SIZE])
{
    struct tm tm;
    time_t time = (time_t)seconds;
    text[0] = '\0';
    if (gmtime_r(&time, &tm))
        (void)strftime(text, STORED_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int64_t stored_time_read(struct slice text)
{
    char copy[STORED_TIME_SIZE];
    struct tm tm = {0};
    if (!slice_present(text) || text.length >= sizeof(copy))
        return 0;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return end && *end == '\0' ? (int64_t)timegm(&tm) : 0;
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct secret {
    struct slice mark, adopted_until;
    struct slice ca, ca_key, serving, serving_key, next, next_key, previous, adopted;
};

static const struct json_field annotation_fields[] = {
    {JSON_NAME(STORED_MARK), offsetof(struct secret, mark), json_field_text},
    {JSON_NAME(STORED_ADOPTED), offsetof(struct secret, adopted_until), json_field_text},
    {JSON_FIELDS_END}};
static const struct json_field metadata_fields[] = {
    {JSON_NAME("annotations"), 0, NULL, annotation_fields}, {JSON_FIELDS_END}};
static const struct json_field data_fields[] = {
    {JSON_NAME("ca.crt"), offsetof(struct secret, ca), json_field_text},
    {JSON_NAME("ca.key"), offsetof(struct secret, ca_key), json_field_text},
    {JSON_NAME("tls.crt"), offsetof(struct secret, serving), json_field_text},
    {JSON_NAME("tls.key"), offsetof(struct secret, serving_key), json_field_text},
    {JSON_NAME("next-ca.crt"), offsetof(struct secret, next), json_field_text},
    {JSON_NAME("next-ca.key"), offsetof(struct secret, next_key), json_field_text},
    {JSON_NAME("previous-ca.crt"), offsetof(struct secret, previous), json_field_text},
    {JSON_NAME("adopted-ca.crt"), offsetof(struct secret, adopted), json_field_text},
    {JSON_FIELDS_END}};
/* Read one after the other: whose it is must be known even where the data is odd. */
static const struct json_field whose_fields[] = {{JSON_NAME("metadata"), 0, NULL, metadata_fields},
                                                 {JSON_FIELDS_END}};
static const struct json_field secret_fields[] = {{JSON_NAME("data"), 0, NULL, data_fields},
                                                  {JSON_FIELDS_END}};

static int read_fields(struct slice json, struct arena *arena, const struct json_field *fields,
                       struct secret *secret, struct error **err)
{
    struct json_reader reader = {.scan = json_scan_of(json.data, json.length, JSON_DEPTH_MAX),
                                 .arena = arena};
    if (json_read_fields(&reader, fields, secret) && json_expect_end(&reader.scan))
        return 0;
    return json_reader_error(&reader, "the Secret", err);
}

/* Base64 into a secure buffer: certificates go the same way as keys. */
static int decode(struct slice text, const char *name, struct secure_buffer *out,
                  struct error **err)
{
    if (secure_buffer_create(out, text.length / 4 * 3 + 3, err) < 0)
        return -1;
    if (!base64_decode(text, out->data, out->capacity, &out->length)) {
        out->length = 0;
        return error_set(err, ERROR_INPUT, "%s is not base64", name);
    }
    out->data[out->length] = '\0';
    return 0;
}

static struct slice text_of(const struct secure_buffer *buffer)
{
    return (struct slice){(const char *)buffer->data, buffer->length};
}

/* Both or none must be there. */
static int read_pair(struct key_pair *pair, struct slice certificate, const char *certificate_name,
                     struct slice key, const char *key_name, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer certificate_text = {0}, key_text = {0};
    if (certificate.length == 0 && key.length == 0)
        return 0;
    if (certificate.length == 0 || key.length == 0)
        return error_set(err, ERROR_INPUT, "%s without %s",
                         key.length ? key_name : certificate_name,
                         key.length ? certificate_name : key_name);
    if (decode(certificate, certificate_name, &certificate_text, err) < 0 ||
        decode(key, key_name, &key_text, err) < 0)
        return -1;
    return key_pair_read(pair, text_of(&certificate_text), text_of(&key_text), certificate_name,
                         key_name, err);
}

static int read_set(struct authorities *set, struct slice data, const char *name,
                    struct error **err)
{
    cleanup_secure_buffer struct secure_buffer text = {0};
    if (data.length == 0)
        return 0;
    if (decode(data, name, &text, err) < 0)
        return -1;
    return authorities_read(set, text_of(&text), err) < 0 ? error_prefix(err, "%s", name) : 0;
}

static int check(const struct stored *stored, struct error **err)
{
    if (!stored->current.key && !stored->next.key)
        return error_set(err, ERROR_INPUT, "there is no authority in it");
    if ((stored->current.key && !key_pair_is_authority(&stored->current)) ||
        (stored->next.key && !key_pair_is_authority(&stored->next)))
        return error_set(err, ERROR_INPUT, "ca.crt or next-ca.crt is no authority's certificate");
    if (stored->serving.key &&
        (!stored->current.key || !key_pair_is_signed_by(&stored->serving, &stored->current)))
        return error_set(err, ERROR_INPUT, "tls.crt is not of the authority in ca.crt");
    if (stored->adopted.count > 0 && stored->adopted_until == 0)
        return error_set(err, ERROR_INPUT, STORED_ADOPTED " is no time");
    return 0;
}

static int read_data(struct stored *stored, const struct secret *secret, struct error **err)
{
    if (read_pair(&stored->current, secret->ca, "ca.crt", secret->ca_key, "ca.key", err) < 0 ||
        read_pair(&stored->serving, secret->serving, "tls.crt", secret->serving_key, "tls.key",
                  err) < 0 ||
        read_pair(&stored->next, secret->next, "next-ca.crt", secret->next_key, "next-ca.key",
                  err) < 0 ||
        read_set(&stored->previous, secret->previous, "previous-ca.crt", err) < 0 ||
        read_set(&stored->adopted, secret->adopted, "adopted-ca.crt", err) < 0)
        return -1;
    if (stored->adopted.count > 0)
        stored->adopted_until = stored_time_read(secret->adopted_until);
    return check(stored, err);
}

static enum plan_secret read_secret(struct stored *stored, struct slice json, struct arena *arena,
                                    struct error **err)
{
    struct kube_metadata metadata;
    struct secret secret = {0};
    if (kube_metadata_read(json, arena, &metadata, err) < 0 ||
        read_fields(json, arena, whose_fields, &secret, err) < 0)
        return PLAN_SECRET_FOREIGN;
    buffer_append(&stored->version, metadata.resource_version.data,
                  metadata.resource_version.length);
    if (!slice_is(secret.mark, STORED_FORMAT)) {
        (void)error_set(err, ERROR_DENIED,
                        "the Secret does not carry the annotation " STORED_MARK "=" STORED_FORMAT
                        ": it is somebody else's, and not touched; delete it or name another one "
                        "with --self-managed-secret");
        return PLAN_SECRET_FOREIGN;
    }
    return read_fields(json, arena, secret_fields, &secret, err) < 0 ||
                   read_data(stored, &secret, err) < 0
               ? PLAN_SECRET_DAMAGED
               : PLAN_SECRET_GOOD;
}

enum plan_secret stored_read(struct stored *stored, struct slice json, struct error **err)
{
    struct arena arena = {0};
    cleanup_stored struct stored read = {0};
    enum plan_secret result = read_secret(&read, json, &arena, err);
    arena_wipe(&arena); /* texts with escapes in them were unescaped there */
    stored_release(stored);
    if (result == PLAN_SECRET_GOOD) {
        *stored = MOVE(read);
    } else {
        stored->version = read.version;
        read.version = (struct buffer){0};
    }
    return result;
}

void stored_release(struct stored *stored)
{
    buffer_release(&stored->version);
    key_pair_release(&stored->current);
    key_pair_release(&stored->next);
    key_pair_release(&stored->serving);
    authorities_release(&stored->previous);
    authorities_release(&stored->adopted);
    *stored = (struct stored){0};
}

static void copy_set(struct authorities *to, const struct authorities *from)
{
    for (size_t i = 0; i < from->count; i++)
        authorities_add(to, from->items[i]);
}

void stored_copy(struct stored *to, const struct stored *from)
{
    key_pair_share(&to->current, &from->current);
    key_pair_share(&to->next, &from->next);
    key_pair_share(&to->serving, &from->serving);
    copy_set(&to->previous, &from->previous);
    copy_set(&to->adopted, &from->adopted);
    to->adopted_until = from->adopted_until;
    buffer_append(&to->version, from->version.data, from->version.length);
}

void stored_bundle(const struct stored *stored, struct buffer *bundle)
{
    cleanup_authorities struct authorities all = {0};
    /* The oldest first: where there is no room, it goes. */
    for (size_t i = 0; i < stored->adopted.count; i++)
        authorities_add(&all, stored->adopted.items[i]);
    for (size_t i = 0; i < stored->previous.count; i++)
        authorities_add(&all, stored->previous.items[i]);
    if (stored->current.certificate)
        authorities_add(&all, stored->current.certificate);
    if (stored->next.certificate)
        authorities_add(&all, stored->next.certificate);
    authorities_write(&all, bundle);
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* A text that was measured before: it never grows, so no copy of a key is left behind. */
static void put(struct secure_buffer *out, const char *text, size_t length)
{
    if (length > out->capacity - out->length)
        abort();
    memcpy(out->data + out->length, text, length);
    out->length += length;
    out->data[out->length] = '\0';
}

static void put_text(struct secure_buffer *out, const char *text)
{
    put(out, text, strlen(text));
}

/* One member of `data`. An empty one is left out, or removed by a patch. */
static void put_member(struct secure_buffer *out, bool patch, const char *name, struct slice value)
{
    bool first = out->data[out->length - 1] == '{';
    if (value.length == 0 && !patch)
        return;
    put_text(out, first ? "\"" : ",\"");
    put_text(out, name);
    put_text(out, value.length ? "\":\"" : "\":null");
    if (value.length == 0)
        return;
    /* Encoded in its place. */
    struct buffer place = {.data = (char *)out->data + out->length,
                           .capacity = out->capacity - out->length};
    if (value.length / 3 * 4 + 8 > place.capacity)
        abort();
    base64_encode(&place, value.data, value.length);
    out->length += place.length;
    put_text(out, "\"");
}

static int put_pair(struct secure_buffer *out, bool patch, const struct key_pair *pair,
                    const char *certificate_name, const char *key_name, struct error **err)
{
    cleanup_buffer struct buffer certificate = {0};
    cleanup_secure_buffer struct secure_buffer key = {0};
    if (pair->key && key_pair_write(pair, &certificate, &key, err) < 0)
        return -1;
    put_member(out, patch, certificate_name, (struct slice){certificate.data, certificate.length});
    put_member(out, patch, key_name, text_of(&key));
    return 0;
}

static void put_set(struct secure_buffer *out, bool patch, const struct authorities *set,
                    const char *name)
{
    cleanup_buffer struct buffer text = {0};
    authorities_write(set, &text);
    put_member(out, patch, name, (struct slice){text.data, text.length});
}

static void put_metadata(const struct stored *stored, const char *namespace, const char *name,
                         struct buffer *out)
{
    char until[STORED_TIME_SIZE];
    stored_time(stored->adopted_until, until);
    buffer_append_text(out, "{");
    if (stored->version.length == 0)
        buffer_append_text(out, "\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"type\":\"Opaque\",");
    buffer_append_text(out, "\"metadata\":{\"namespace\":");
    json_write_string(out, slice_of(namespace));
    buffer_append_text(out, ",\"name\":");
    json_write_string(out, slice_of(name));
    if (stored->version.length > 0) {
        buffer_append_text(out, ",\"resourceVersion\":");
        json_write_string(out, (struct slice){stored->version.data, stored->version.length});
    }
    buffer_append_text(out, ",\"annotations\":{\"" STORED_MARK "\":\"" STORED_FORMAT "\"");
    if (stored->adopted.count > 0)
        buffer_append_format(out, ",\"" STORED_ADOPTED "\":\"%s\"", until);
    else if (stored->version.length > 0)
        buffer_append_text(out, ",\"" STORED_ADOPTED "\":null");
    buffer_append_text(out, "}},\"data\":{");
}

int stored_write(const struct stored *stored, const char *namespace, const char *name,
                 struct secure_buffer *json, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer out = {0};
    cleanup_buffer struct buffer head = {0};
    bool patch = stored->version.length > 0;
    put_metadata(stored, namespace, name, &head);
    if (secure_buffer_create(&out, STORED_MAX, err) < 0)
        return -1;
    put(&out, head.data, head.length);
    if (put_pair(&out, patch, &stored->current, "ca.crt", "ca.key", err) < 0 ||
        put_pair(&out, patch, &stored->serving, "tls.crt", "tls.key", err) < 0 ||
        put_pair(&out, patch, &stored->next, "next-ca.crt", "next-ca.key", err) < 0)
        return -1;
    put_set(&out, patch, &stored->previous, "previous-ca.crt");
    put_set(&out, patch, &stored->adopted, "adopted-ca.crt");
    put_text(&out, "}}");
    *json = MOVE(out);
    return 0;
}
