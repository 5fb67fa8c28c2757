#include "lib/directory/managed_password.h"

#include <string.h>

#include "lib/common/memory.h"
#include "lib/directory/little_endian.h"

/* MSDS-MANAGEDPASSWORD_BLOB: offsets of the head's fields (all numbers are little-endian). */
enum {
    AT_VERSION = 0,   /* u16 */
    AT_RESERVED = 2,  /* u16 */
    AT_LENGTH = 4,    /* u32 */
    AT_CURRENT = 8,   /* u16 each from here on: offsets */
    AT_PREVIOUS = 10, /* 0: there is none */
    AT_QUERY = 12,
    AT_UNCHANGED = 14,
    HEAD = 16,
    VERSION = 1,
    UNIT = 2, /* bytes of a UTF-16 unit */
    INTERVAL = 8,
};

/* A piece of the blob behind its head. */
struct field {
    size_t begin, end; /* the NUL unit that ends a password counts */
};
enum { CURRENT, PREVIOUS, QUERY, UNCHANGED, FIELDS };

static int refuse(struct error **err, const char *why)
{
    return error_set(err, ERROR_PROTOCOL, "msDS-ManagedPassword is damaged: %s", why);
}

/* Finds a password's end: the first NUL unit, counted from its begin, aligned or not. */
static bool find_password(struct field *field, const unsigned char *blob, size_t length)
{
    size_t at = field->begin;
    while (at + UNIT <= length && (blob[at] != 0 || blob[at + 1] != 0))
        at += UNIT;
    field->end = at + UNIT;
    return at >= HEAD && at + UNIT <= length;
}

static int find_fields(struct field fields[FIELDS], const unsigned char *blob, size_t length,
                       struct error **err)
{
    for (size_t i = 0; i < FIELDS; i++)
        fields[i].begin = fields[i].end = le16(blob + AT_CURRENT + 2 * i);
    for (size_t i = 0; i < FIELDS; i++) {
        if (i == PREVIOUS && fields[i].begin == 0)
            continue;
        if (fields[i].begin < HEAD || fields[i].begin >= length)
            return refuse(err, "an offset points into its head or beyond its end");
    }
    if (!find_password(&fields[CURRENT], blob, length))
        return refuse(err, "the current password has no end");
    if (fields[PREVIOUS].begin != 0 && !find_password(&fields[PREVIOUS], blob, length))
        return refuse(err, "the previous password has no end");
    fields[QUERY].end += INTERVAL;
    fields[UNCHANGED].end += INTERVAL;
    if (fields[QUERY].end > length || fields[UNCHANGED].end > length)
        return refuse(err, "an interval goes beyond its end");
    return 0;
}

static int check_overlaps(const struct field fields[FIELDS], struct error **err)
{
    for (size_t i = 0; i < FIELDS; i++)
        for (size_t j = i + 1; j < FIELDS; j++)
            if (fields[i].begin < fields[j].end && fields[j].begin < fields[i].end)
                return refuse(err, "two of its fields overlap");
    return 0;
}

static int check_head(const unsigned char *blob, size_t length, struct error **err)
{
    if (length < HEAD || length > MANAGED_PASSWORD_BLOB_MAX)
        return refuse(err, "it is too short or too long");
    if (le16(blob + AT_VERSION) != VERSION)
        return refuse(err, "its version is not 1");
    if (le16(blob + AT_RESERVED) != 0)
        return refuse(err, "its reserved field is not 0");
    if (le32(blob + AT_LENGTH) != length)
        return refuse(err, "the length in it is not its own");
    return 0;
}

/* Copies a password without its terminator. */
static int copy(struct secure_buffer *to, const unsigned char *blob, struct field field,
                struct error **err)
{
    size_t length = field.end - UNIT - field.begin;
    if (length == 0)
        return refuse(err, "a password is empty");
    if (secure_buffer_create(to, length, err) < 0)
        return -1;
    memcpy(to->data, blob + field.begin, length);
    to->length = length;
    return 0;
}

int managed_password_decode(struct managed_password *password, const void *blob, size_t length,
                            struct error **err)
{
    struct field fields[FIELDS];
    cleanup_managed_password struct managed_password decoded = {0};
    const unsigned char *bytes = blob;

    if (check_head(bytes, length, err) < 0 || find_fields(fields, bytes, length, err) < 0 ||
        check_overlaps(fields, err) < 0 || copy(&decoded.current, bytes, fields[CURRENT], err) < 0)
        return -1;
    if (fields[PREVIOUS].begin != 0 && copy(&decoded.previous, bytes, fields[PREVIOUS], err) < 0)
        return -1;
    decoded.query_interval = le64(bytes + fields[QUERY].begin);
    decoded.unchanged_interval = le64(bytes + fields[UNCHANGED].begin);
    *password = MOVE(decoded);
    return 0;
}

void managed_password_release(struct managed_password *password)
{
    secure_buffer_release(&password->current);
    secure_buffer_release(&password->previous);
    *password = (struct managed_password){0};
}
