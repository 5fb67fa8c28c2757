/* Searching. */
#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/connection_parts.h"
#include "lib/directory/deadline.h"
#include "lib/directory/wiping_memory.h"

enum {
    ENTRIES_MAX = 100,
    PAGE = 500,
    BYTES_MAX = 4 * 1024 * 1024,
    ATTRIBUTES_MAX = 64, /* of an entry */
    VALUES_MAX = 100000, /* of an attribute */
};

static const char what[] = "search";

/* --- Asking ----------------------------------------------------------------------------------- */

static int may_search(const struct directory_connection *connection,
                      const struct directory_search *search, struct error **err)
{
    if (directory_check(connection, what, err) < 0)
        return -1;
    if (!connection->bound && search->base[0] != '\0')
        return error_set(err, ERROR_INTERNAL, "%s: %s: nobody is signed in", connection->host,
                         what);
    return 0;
}

static int send_search(struct directory_connection *connection,
                       const struct directory_search *search, LDAPControl *page, int *id,
                       struct error **err)
{
    static const int scopes[] = {[DIRECTORY_BASE] = LDAP_SCOPE_BASE,
                                 [DIRECTORY_ONE_LEVEL] = LDAP_SCOPE_ONELEVEL,
                                 [DIRECTORY_SUBTREE] = LDAP_SCOPE_SUBTREE};
    LDAPControl *controls[] = {page, NULL};
    if (may_search(connection, search, err) < 0)
        return -1;
    int code = ldap_search_ext(connection->ld, search->base, scopes[search->scope],
                               search->filter ? search->filter : "(objectClass=*)",
                               (char **)search->attributes, 0, page ? controls : NULL, NULL, NULL,
                               LDAP_NO_LIMIT, id);
    return code == LDAP_SUCCESS ? 0 : directory_fail(connection, code, what, err);
}

/* --- Taking what comes ------------------------------------------------------------------------ */

/* One search's results so far, and how many bytes there may still be. */
struct taking {
    struct directory_connection *connection;
    struct directory_entries *entries;
    size_t entries_max, bytes_left;
};

static int take_bytes(struct taking *taking, size_t length, struct error **err)
{
    if (length > taking->bytes_left)
        return error_set(err, ERROR_PROTOCOL, "%s: %s: the answer is too large",
                         taking->connection->host, what);
    taking->bytes_left -= length;
    return 0;
}

static int take_values(struct taking *taking, struct berval *values,
                       struct directory_attribute *attribute, struct error **err)
{
    struct arena *arena = &taking->entries->arena;
    size_t count = 0;
    while (values && values[count].bv_val)
        count++;
    if (count > VALUES_MAX)
        return take_bytes(taking, SIZE_MAX, err);
    attribute->values = arena_allocate_array(arena, count + 1, sizeof *attribute->values);
    for (attribute->count = 0; attribute->count < count; attribute->count++) {
        const struct berval *value = &values[attribute->count];
        if (take_bytes(taking, value->bv_len, err) < 0)
            return -1;
        attribute->values[attribute->count] =
            (struct slice){arena_copy(arena, value->bv_val, value->bv_len), value->bv_len};
    }
    return 0;
}

/* The attributes of an entry, which lie in libldap's message. -1: it cannot be decoded. */
struct reading {
    LDAP *ld;
    LDAPMessage *message;
    BerElement *ber;
    struct berval name, *values;
};

static bool read_attribute(struct reading *reading, int *code)
{
    ber_memfree(reading->values);
    reading->values = NULL;
    *code = ldap_get_attribute_ber(reading->ld, reading->message, reading->ber, &reading->name,
                                   &reading->values);
    return *code == LDAP_SUCCESS && reading->name.bv_val;
}

static int begin_reading(struct reading *reading, struct berval *dn)
{
    return ldap_get_dn_ber(reading->ld, reading->message, &reading->ber, dn);
}

static void reading_release(struct reading *reading)
{
    ber_memfree(reading->values);
    ber_free(reading->ber, 0);
}
#define cleanup_reading __attribute__((cleanup(reading_release)))

static int take_attributes(struct taking *taking, struct reading *reading,
                           struct directory_entry *entry, struct error **err)
{
    struct directory_attribute attributes[ATTRIBUTES_MAX];
    struct arena *arena = &taking->entries->arena;
    int code;
    while (read_attribute(reading, &code)) {
        if (entry->count == ATTRIBUTES_MAX)
            return take_bytes(taking, SIZE_MAX, err);
        struct directory_attribute *attribute = &attributes[entry->count++];
        if (take_bytes(taking, reading->name.bv_len, err) < 0)
            return -1;
        attribute->name = arena_copy(arena, reading->name.bv_val, reading->name.bv_len);
        if (take_values(taking, reading->values, attribute, err) < 0)
            return -1;
    }
    if (code != LDAP_SUCCESS)
        return directory_fail(taking->connection, code, what, err);
    entry->attributes = arena_allocate_array(arena, entry->count + 1, sizeof *attributes);
    memcpy(entry->attributes, attributes, entry->count * sizeof *attributes);
    return 0;
}

static int take_entry(struct taking *taking, LDAPMessage *message, struct error **err)
{
    struct directory_entries *entries = taking->entries;
    cleanup_reading struct reading reading = {.ld = taking->connection->ld, .message = message};
    struct directory_entry entry = {0};
    struct berval dn = {0};
    if (entries->count == taking->entries_max)
        return error_set(err, ERROR_PROTOCOL, "%s: %s: more than %zu entries were found",
                         taking->connection->host, what, taking->entries_max);
    int code = begin_reading(&reading, &dn);
    if (code != LDAP_SUCCESS)
        return directory_fail(taking->connection, code, what, err);
    if (take_bytes(taking, dn.bv_len, err) < 0)
        return -1;
    entry.dn = arena_copy(&entries->arena, dn.bv_val, dn.bv_len);
    if (take_attributes(taking, &reading, &entry, err) < 0)
        return -1;
    entries->items = xreallocarray(entries->items, entries->count + 1, sizeof *entries->items);
    entries->items[entries->count++] = entry;
    return 0;
}

/* Takes entries until the result comes. */
static int take_answer(struct taking *taking, int id, int64_t deadline, LDAPControl ***controls,
                       struct error **err)
{
    for (;;) {
        cleanup_ldap_message LDAPMessage *message = NULL;
        if (directory_next(taking->connection, id, deadline, what, &message, err) < 0)
            return -1;
        int type = ldap_msgtype(message);
        if (type == LDAP_RES_SEARCH_RESULT)
            return directory_result(taking->connection, message, what, controls, err);
        if (type == LDAP_RES_SEARCH_ENTRY && take_entry(taking, message, err) < 0) {
            (void)ldap_abandon_ext(taking->connection->ld, id, NULL, NULL);
            return -1;
        }
    }
}

static struct taking begin_taking(struct directory_connection *connection,
                                  const struct directory_search *search,
                                  struct directory_entries *entries)
{
    return (struct taking){connection, entries,
                           search->entries_max ? search->entries_max : ENTRIES_MAX,
                           search->bytes_max ? search->bytes_max : BYTES_MAX};
}

/* --- Whole searches --------------------------------------------------------------------------- */

/* RFC 2696. `cookie` is empty before the first page and behind the last. */
static int search_page(struct taking *taking, const struct directory_search *search,
                       struct berval *cookie, int64_t deadline, struct error **err)
{
    LDAPControl *control = NULL, **answered = NULL;
    int id = 0;
    int code = ldap_create_page_control(taking->connection->ld, PAGE,
                                        cookie->bv_val ? cookie : NULL, 1, &control);
    if (code != LDAP_SUCCESS)
        return directory_fail(taking->connection, code, what, err);
    int result = send_search(taking->connection, search, control, &id, err);
    ldap_control_free(control);
    if (result == 0)
        result = take_answer(taking, id, deadline, &answered, err);
    ber_memfree(cookie->bv_val);
    *cookie = (struct berval){0};
    control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answered, NULL);
    if (result == 0 && control) {
        ber_int_t estimate;
        code = ldap_parse_pageresponse_control(taking->connection->ld, control, &estimate, cookie);
        if (code != LDAP_SUCCESS)
            result = directory_fail(taking->connection, code, what, err);
    }
    ldap_controls_free(answered);
    return result;
}

int directory_search(struct directory_connection *connection, const struct directory_search *search,
                     int64_t deadline, struct directory_entries *entries, struct error **err)
{
    if (search->entries_max <= PAGE)
        return directory_search_all(connection, search, 1, deadline, entries, err);
    struct taking taking = begin_taking(connection, search, entries);
    struct berval cookie = {0};
    int result;
    do
        result = search_page(&taking, search, &cookie, deadline, err);
    while (result == 0 && cookie.bv_len > 0);
    ber_memfree(cookie.bv_val);
    return result;
}

enum { TOGETHER_MAX = 8 };

int directory_search_all(struct directory_connection *connection,
                         const struct directory_search *searches, size_t count, int64_t deadline,
                         struct directory_entries *entries, struct error **err)
{
    int ids[TOGETHER_MAX], result = 0;
    size_t sent = 0;
    if (count > TOGETHER_MAX)
        abort();
    while (sent < count && result == 0) {
        result = send_search(connection, &searches[sent], NULL, &ids[sent], err);
        sent += result == 0;
    }
    for (size_t i = 0; i < sent; i++) {
        struct taking taking = begin_taking(connection, &searches[i], &entries[i]);
        if (result == 0)
            result = take_answer(&taking, ids[i], deadline, NULL, err);
        else if (!connection->broken)
            (void)ldap_abandon_ext(connection->ld, ids[i], NULL, NULL);
    }
    return result;
}

void directory_entries_release(struct directory_entries *entries)
{
    free(entries->items);
    arena_wipe(&entries->arena);
    *entries = (struct directory_entries){0};
}

/* --- Looking at entries ----------------------------------------------------------------------- */

const struct directory_attribute *directory_attribute(const struct directory_entry *entry,
                                                      const char *name)
{
    for (size_t i = 0; i < entry->count; i++)
        if (slice_equal_ignoring_case(slice_of(entry->attributes[i].name), slice_of(name)))
            return &entry->attributes[i];
    return NULL;
}

struct slice directory_value(const struct directory_entry *entry, const char *name)
{
    const struct directory_attribute *attribute = directory_attribute(entry, name);
    return attribute && attribute->count > 0 ? attribute->values[0] : (struct slice){0};
}

int64_t directory_integer(const struct directory_entry *entry, const char *name, int64_t fallback)
{
    struct slice value = directory_value(entry, name);
    char *end;
    if (!slice_present(value) || value.length == 0 || value.length > 20)
        return fallback;
    int64_t number = strtoll(value.data, &end, 10);
    return end == value.data + value.length ? number : fallback;
}

/* --- A secret --------------------------------------------------------------------------------- */

static int keep_secret(const struct directory_connection *connection, const struct berval *value,
                       size_t limit, struct secure_buffer *secret, struct error **err)
{
    if (value->bv_len > limit)
        return error_set(err, ERROR_PROTOCOL, "%s: %s: the value is larger than %zu bytes",
                         connection->host, what, limit);
    if (secure_buffer_create(secret, value->bv_len, err) < 0)
        return -1;
    memcpy(secret->data, value->bv_val, value->bv_len);
    secret->length = value->bv_len;
    explicit_bzero(value->bv_val, value->bv_len);
    return 0;
}

static int take_secret(struct directory_connection *connection, LDAPMessage *message,
                       const char *attribute, size_t limit, struct directory_secret *secret,
                       struct error **err)
{
    cleanup_reading struct reading reading = {.ld = connection->ld, .message = message};
    struct berval dn;
    int code = begin_reading(&reading, &dn);
    while (code == LDAP_SUCCESS && read_attribute(&reading, &code)) {
        struct slice name = {reading.name.bv_val, reading.name.bv_len};
        if (!slice_equal_ignoring_case(name, slice_of(attribute)) || !reading.values ||
            !reading.values[0].bv_val || secret->value.data)
            continue;
        if (keep_secret(connection, &reading.values[0], limit, &secret->value, err) < 0)
            return -1;
    }
    secret->entries++;
    return code == LDAP_SUCCESS ? 0 : directory_fail(connection, code, what, err);
}

/* Everything but the wiping of what was used on the way. */
static int read_secret(struct directory_connection *connection,
                       const struct directory_search *search, size_t limit, int64_t deadline,
                       struct directory_secret *secret, struct error **err)
{
    int id = 0;
    if (!connection->bound || connection->strength < DIRECTORY_SSF_LEAST)
        return error_set(err, ERROR_INTERNAL,
                         "%s: %s: secrets are read by a sealed connection only", connection->host,
                         what);
    if (send_search(connection, search, NULL, &id, err) < 0)
        return -1;
    for (;;) {
        cleanup_ldap_message LDAPMessage *message = NULL;
        if (directory_next(connection, id, deadline, what, &message, err) < 0)
            break;
        int type = ldap_msgtype(message);
        if (type == LDAP_RES_SEARCH_RESULT) {
            if (directory_result(connection, message, what, NULL, err) < 0)
                break;
            return 0;
        }
        if (type == LDAP_RES_SEARCH_ENTRY &&
            take_secret(connection, message, search->attributes[0], limit, secret, err) < 0) {
            connection->broken = true;
            break;
        }
    }
    return -1;
}

int directory_read_secret(struct directory_connection *connection,
                          const struct directory_search *search, size_t limit, int64_t deadline,
                          struct directory_secret *secret, struct error **err)
{
    *secret = (struct directory_secret){0};
    int result = read_secret(connection, search, limit, deadline, secret, err);
    wipe_traces();
    if (result < 0)
        secure_buffer_release(&secret->value);
    return result;
}
