/* The grant's text: payload, the envelope around it, and reading both back. */
#include "credspec/grant.h"

#include <stdlib.h>

#include "credspec/grant_keys.h"
#include "credspec/spec.h"
#include "lib/common/base64.h"
#include "lib/common/memory.h"
#include "lib/document/json_scan.h"
#include "lib/document/json_write.h"

/* What is signed: this, its NUL included, and the payload. Another kind of text signed with the
 * same key can therefore never be taken for a grant. */
static const char domain[] = "gmsa-identity.dev/grant/v1";

enum { GRANT_VERSION = 1 };

/* --- Writing ------------------------------------------------------------------------------------
 */

static int by_container(const void *a, const void *b)
{
    return slice_compare(((const struct grant_entry *)a)->container,
                         ((const struct grant_entry *)b)->container);
}

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct grant_spec *)a)->name,
                         ((const struct grant_spec *)b)->name);
}

static bool names_spec(const struct grant_spec *specs, size_t count, struct slice name)
{
    const struct grant_spec key = {.name = name};
    return bsearch(&key, specs, count, sizeof(key), by_name) != NULL;
}

static int check_sorted(const struct grant_entry *entries, size_t entry_count,
                        const struct grant_spec *specs, size_t spec_count, struct error **err)
{
    for (size_t i = 1; i < spec_count; i++)
        if (slice_equal(specs[i - 1].name, specs[i].name))
            return error_set(err, ERROR_INPUT, "a grant cannot hold a spec twice");
    for (size_t i = 0; i < entry_count; i++) {
        if (i > 0 && slice_equal(entries[i - 1].container, entries[i].container))
            return error_set(err, ERROR_INPUT, "a grant cannot name a container twice");
        if (!names_spec(specs, spec_count, entries[i].spec_name))
            return error_set(err, ERROR_INPUT, "a grant's entry names a spec that it lacks");
    }
    return 0;
}

static void write_member(struct buffer *out, const char *before, struct slice value)
{
    buffer_append_text(out, before);
    json_write_string(out, value);
}

/* The payload: canonical JSON, so that there is one text for one meaning. */
static int write_payload(struct buffer *out, const struct grant *grant, struct slice key_id,
                         struct error **err)
{
    if (grant->entry_count == 0 || grant->spec_count == 0)
        return error_set(err, ERROR_INPUT, "a grant without an identity says nothing");
    cleanup_free struct grant_entry *entries = xcalloc(grant->entry_count, sizeof(*entries));
    cleanup_free struct grant_spec *specs = xcalloc(grant->spec_count, sizeof(*specs));
    memcpy(entries, grant->entries, grant->entry_count * sizeof(*entries));
    memcpy(specs, grant->specs, grant->spec_count * sizeof(*specs));
    qsort(entries, grant->entry_count, sizeof(*entries), by_container);
    qsort(specs, grant->spec_count, sizeof(*specs), by_name);
    if (check_sorted(entries, grant->entry_count, specs, grant->spec_count, err) != 0)
        return -1;

    write_member(out, "{\"cluster\":", grant->cluster);
    buffer_append_text(out, ",\"containers\":");
    for (size_t i = 0; i < grant->entry_count; i++) {
        write_member(out, i ? "," : "{", entries[i].container);
        write_member(out, ":", entries[i].spec_name);
    }
    write_member(out, "},\"keyId\":", key_id);
    write_member(out, ",\"namespace\":", grant->namespace);
    write_member(out, ",\"serviceAccount\":", grant->service_account);
    buffer_append_text(out, ",\"specs\":");
    for (size_t i = 0; i < grant->spec_count; i++) {
        write_member(out, i ? "," : "{", specs[i].name);
        buffer_append_byte(out, ':');
        buffer_append(out, specs[i].canonical.data, specs[i].canonical.length);
    }
    buffer_append_format(out, "},\"version\":%d}", GRANT_VERSION);
    return 0;
}

int grant_sign(const struct grant_keys *keys, const struct grant *grant, struct buffer *out,
               struct error **err)
{
    unsigned char signature[GRANT_SIGNATURE_LENGTH];
    cleanup_buffer struct buffer message = {0};
    const char *key_id = grant_keys_signer(keys);
    if (!key_id)
        return error_set(err, ERROR_INPUT, "the grant keys have no private key to sign with");
    buffer_append(&message, domain, sizeof(domain));
    if (write_payload(&message, grant, slice_of(key_id), err) != 0)
        return -1;
    if (message.length > GRANT_VALUE_MAX / 4 * 3 - GRANT_SIGNATURE_LENGTH - GRANT_KEY_ID_LENGTH)
        return error_set(err, ERROR_INPUT,
                         "the grant would be longer than the %d KiB that annotations may have",
                         GRANT_VALUE_MAX / 1024);
    if (grant_keys_sign(keys, buffer_slice(&message), signature, err) != 0)
        return -1;
    buffer_append_text(out, key_id);
    buffer_append_byte(out, '.');
    base64url_encode(out, message.data + sizeof(domain), message.length - sizeof(domain));
    buffer_append_byte(out, '.');
    base64url_encode(out, signature, sizeof(signature));
    return 0;
}

/* --- Reading ------------------------------------------------------------------------------------
 */

/* A value taken apart. `message` is what was signed. */
struct envelope {
    struct slice key_id;
    struct buffer message;
};

static void envelope_release(struct envelope *envelope)
{
    buffer_release(&envelope->message);
}
#define cleanup_envelope __attribute__((cleanup(envelope_release)))

static bool cut_at_dot(struct slice *rest, struct slice *part)
{
    const char *dot = rest->length ? memchr(rest->data, '.', rest->length) : NULL;
    if (!dot)
        return false;
    *part = (struct slice){rest->data, (size_t)(dot - rest->data)};
    *rest = (struct slice){dot + 1, rest->length - part->length - 1};
    return true;
}

static int open_envelope(const struct grant_keys *keys, struct slice value,
                         struct envelope *envelope, struct error **err)
{
    cleanup_buffer struct buffer signature = {0};
    struct slice rest = value, payload = {0};
    if (value.length > GRANT_VALUE_MAX)
        return error_set(err, ERROR_DENIED, "the grant is longer than %d KiB",
                         GRANT_VALUE_MAX / 1024);
    buffer_append(&envelope->message, domain, sizeof(domain));
    if (!cut_at_dot(&rest, &envelope->key_id) || !cut_at_dot(&rest, &payload) ||
        !base64url_decode(&envelope->message, payload) || !base64url_decode(&signature, rest))
        return error_set(err, ERROR_DENIED,
                         "the grant has not the form KEYID.PAYLOAD.SIGNATURE in base64url");
    return grant_keys_verify(keys, envelope->key_id, buffer_slice(&envelope->message),
                             buffer_slice(&signature), err);
}

static struct slice envelope_payload(const struct envelope *envelope)
{
    return (struct slice){envelope->message.data + sizeof(domain),
                          envelope->message.length - sizeof(domain)};
}

int grant_verify_exact(const struct grant_keys *keys, struct slice value,
                       const struct grant *expected, struct error **err)
{
    cleanup_envelope struct envelope envelope = {0};
    cleanup_buffer struct buffer payload = {0};
    if (open_envelope(keys, value, &envelope, err) != 0 ||
        write_payload(&payload, expected, envelope.key_id, err) != 0)
        return -1;
    if (!slice_equal(envelope_payload(&envelope), buffer_slice(&payload)))
        return error_set(err, ERROR_DENIED, "the grant is not the one this pod would get");
    return 0;
}

static bool read_text(struct json_scan *scan, struct arena *arena, struct slice *text)
{
    struct json_string string;
    if (!json_read_string(scan, &string))
        return false;
    *text = arena_copy_slice(arena, json_unescape(string, arena));
    return true;
}

/* The next member, which must have that name: writers know one order only. */
static bool expect_member(struct json_scan *scan, const char *name)
{
    struct json_string found;
    return json_next_member(scan, &found) &&
           (json_string_is(found, name) || json_scan_fail(scan, "an unexpected member"));
}

static void read_entries(struct json_scan *scan, struct arena *arena, struct grant *grant)
{
    struct json_string name;
    struct grant_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    if (json_enter_object(scan))
        while (json_next_member(scan, &name)) {
            if (count == capacity) {
                struct grant_entry *more =
                    arena_allocate_array(arena, capacity = capacity * 2 + 4, sizeof(*more));
                if (entries)
                    memcpy(more, entries, count * sizeof(*more));
                entries = more;
            }
            entries[count].container = arena_copy_slice(arena, json_unescape(name, arena));
            read_text(scan, arena, &entries[count++].spec_name);
        }
    grant->entries = entries;
    grant->entry_count = count;
}

static void read_specs(struct json_scan *scan, struct arena *arena, struct grant *grant)
{
    struct json_string name;
    struct grant_spec *specs = NULL;
    size_t count = 0, capacity = 0;
    if (json_enter_object(scan))
        while (json_next_member(scan, &name)) {
            if (count == capacity) {
                struct grant_spec *more =
                    arena_allocate_array(arena, capacity = capacity * 2 + 4, sizeof(*more));
                if (specs)
                    memcpy(more, specs, count * sizeof(*more));
                specs = more;
            }
            struct slice raw = {0};
            if (json_peek(scan) != JSON_OBJECT)
                json_scan_fail(scan, "a spec is an object");
            json_skip(scan, &raw);
            specs[count++] = (struct grant_spec){
                arena_copy_slice(arena, json_unescape(name, arena)), arena_copy_slice(arena, raw)};
        }
    grant->specs = specs;
    grant->spec_count = count;
}

static bool read_payload(struct slice payload, struct slice key_id, struct arena *arena,
                         struct grant *grant)
{
    struct json_scan scan = json_scan_of(payload.data, payload.length, CREDSPEC_DEPTH_MAX + 2);
    struct slice number = {0}, inner_key_id = {0};
    json_enter_object(&scan);
    if (expect_member(&scan, "cluster"))
        read_text(&scan, arena, &grant->cluster);
    if (expect_member(&scan, "containers"))
        read_entries(&scan, arena, grant);
    if (expect_member(&scan, "keyId"))
        read_text(&scan, arena, &inner_key_id);
    if (expect_member(&scan, "namespace"))
        read_text(&scan, arena, &grant->namespace);
    if (expect_member(&scan, "serviceAccount"))
        read_text(&scan, arena, &grant->service_account);
    if (expect_member(&scan, "specs"))
        read_specs(&scan, arena, grant);
    if (expect_member(&scan, "version"))
        json_read_number(&scan, &number);
    struct json_string more;
    if (json_next_member(&scan, &more))
        json_scan_fail(&scan, "an unexpected member");
    json_expect_end(&scan);
    if (scan.problem || !slice_is(number, "1"))
        return false;
    /* One text for one meaning: what is read must write back to the same bytes. That excludes
     * duplicates and entries without a spec as well. */
    cleanup_buffer struct buffer again = {0};
    return write_payload(&again, grant, key_id, NULL) == 0 &&
           slice_equal(payload, buffer_slice(&again));
}

int grant_open(const struct grant_keys *keys, struct slice value, struct arena *arena,
               struct grant *grant, struct error **err)
{
    cleanup_envelope struct envelope envelope = {0};
    if (open_envelope(keys, value, &envelope, err) != 0)
        return -1;
    struct grant result = {0};
    if (!read_payload(envelope_payload(&envelope), envelope.key_id, arena, &result))
        return error_set(err, ERROR_PROTOCOL,
                         "the grant is signed, but its payload is not of version %d: is this "
                         "program older than the webhook?",
                         GRANT_VERSION);
    *grant = result;
    return 0;
}
