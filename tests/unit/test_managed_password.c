#include "lib/directory/managed_password.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

enum { PASSWORD = 256, BLOB_SIZE = 1024 };

struct blob {
    unsigned char bytes[BLOB_SIZE];
    size_t length;
};

static void put(struct blob *blob, size_t at, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        blob->bytes[at + i] = (unsigned char)(number >> (8 * i));
}

/* Appends a password of 128 units that begin with `first`, and its end; returns the offset. */
static size_t add_password(struct blob *blob, unsigned char first)
{
    size_t at = blob->length;
    for (size_t i = 0; i < PASSWORD; i++)
        blob->bytes[at + i] = i == 0 ? first : (unsigned char)(i % 2 ? 0xD8 : i);
    blob->length += PASSWORD + 2;
    return at;
}

static void add_interval(struct blob *blob, size_t field, uint64_t interval)
{
    put(blob, field, blob->length, 2);
    put(blob, blob->length, interval, 8);
    blob->length += 8;
}

/* As Samba writes it (no padding), or as MS-ADTS 2.2.19 draws it, with 6 bytes in front of the
 * intervals. */
static struct blob make(bool previous, size_t padding)
{
    struct blob blob = {.length = 16};
    put(&blob, 0, 1, 2);
    put(&blob, 8, add_password(&blob, 'c'), 2);
    if (previous)
        put(&blob, 10, add_password(&blob, 'p'), 2);
    blob.length += padding;
    add_interval(&blob, 12, UINT64_C(0x0102030405060708));
    add_interval(&blob, 14, UINT64_C(0x0102030405060708) - 3000000000U);
    put(&blob, 4, blob.length, 4);
    return blob;
}

START_TEST(what_samba_and_windows_write_is_read)
{
    for (int i = 0; i < 4; i++) {
        bool previous = i % 2;
        struct blob blob = make(previous, i < 2 ? 0 : 6);
        cleanup_managed_password struct managed_password password = {0};
        if (i < 2)
            ck_assert_uint_eq(blob.length, previous ? 548 : 290);
        ck_assert_int_eq(managed_password_decode(&password, blob.bytes, blob.length, NULL), 0);
        ck_assert_uint_eq(password.current.length, PASSWORD);
        ck_assert_mem_eq(password.current.data, blob.bytes + 16, PASSWORD);
        ck_assert_int_eq(password.previous.data != NULL, previous);
        ck_assert_uint_eq(password.previous.length, previous ? PASSWORD : 0);
        if (previous)
            ck_assert_mem_eq(password.previous.data, blob.bytes + 16 + PASSWORD + 2, PASSWORD);
        ck_assert_uint_eq(password.query_interval, UINT64_C(0x0102030405060708));
        ck_assert_uint_eq(password.query_interval - password.unchanged_interval,
                          300 * MANAGED_PASSWORD_SECOND);
    }
}
END_TEST

START_TEST(the_offsets_are_followed_in_any_order)
{
    struct blob blob = {.length = 16};
    cleanup_managed_password struct managed_password password = {0};
    put(&blob, 0, 1, 2);
    add_interval(&blob, 14, 1);
    add_interval(&blob, 12, 2);
    blob.length += 1; /* unaligned */
    put(&blob, 10, add_password(&blob, 'p'), 2);
    put(&blob, 8, add_password(&blob, 'c'), 2);
    put(&blob, 4, blob.length, 4);
    ck_assert_int_eq(managed_password_decode(&password, blob.bytes, blob.length, NULL), 0);
    ck_assert_int_eq(password.current.data[0], 'c');
    ck_assert_int_eq(password.previous.data[0], 'p');
    ck_assert_uint_eq(password.query_interval, 2);
    ck_assert_uint_eq(password.unchanged_interval, 1);
}
END_TEST

/* One change to a blob of 548 bytes with both passwords: at 16, 274; intervals at 532, 540. */
START_TEST(a_damaged_blob_is_refused)
{
    static const struct {
        const char *what;
        size_t at, size;
        uint64_t value;
    } rows[] = {
        {"another version", 0, 2, 2},
        {"no version", 0, 2, 0},
        {"the reserved field", 2, 2, 1},
        {"a length that is too small", 4, 4, 547},
        {"a length that is too large", 4, 4, 549},
        {"the largest length", 4, 4, UINT32_MAX},
        {"no current password", 8, 2, 0},
        {"current in the head", 8, 2, 15},
        {"current at the end", 8, 2, 548},
        {"current beyond the end", 8, 2, 65535},
        {"current in the last byte", 8, 2, 547},
        {"current is previous", 8, 2, 274},
        {"current within previous", 8, 2, 300},
        {"current within an interval", 8, 2, 533},
        {"an empty current password", 16, 2, 0},
        {"previous in the head", 10, 2, 1},
        {"previous beyond the end", 10, 2, 600},
        {"an empty previous password", 274, 2, 0},
        {"no query interval", 12, 2, 0},
        {"query interval beyond the end", 12, 2, 541},
        {"query interval far beyond", 12, 2, 65535},
        {"query interval in a password", 12, 2, 20},
        {"query interval over a terminator", 12, 2, 531},
        {"the intervals overlap", 14, 2, 539},
        {"the intervals are one", 14, 2, 532},
        {"unchanged interval in the head", 14, 2, 8},
        {"unchanged interval cut off", 14, 2, 541},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct blob blob = make(true, 0);
        cleanup_error struct error *error = NULL;
        struct managed_password password = {0};
        put(&blob, rows[i].at, rows[i].value, rows[i].size);
        ck_assert_msg(managed_password_decode(&password, blob.bytes, blob.length, &error) == -1,
                      "%s", rows[i].what);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
        ck_assert_ptr_null(password.current.data);
        ck_assert_ptr_null(password.previous.data);
    }
}
END_TEST

START_TEST(a_password_needs_its_end)
{
    struct blob blob = {.length = 16};
    struct managed_password password = {0};
    put(&blob, 0, 1, 2);
    add_interval(&blob, 12, 1);
    add_interval(&blob, 14, 1);
    put(&blob, 8, add_password(&blob, 'c'), 2);
    for (size_t cut = 1; cut <= 3; cut++) {
        cleanup_error struct error *error = NULL;
        put(&blob, 4, blob.length - cut, 4);
        ck_assert_int_eq(managed_password_decode(&password, blob.bytes, blob.length - cut, &error),
                         -1);
        ck_assert_ptr_nonnull(strstr(error->message, "no end"));
    }
    put(&blob, 4, blob.length, 4);
    ck_assert_int_eq(managed_password_decode(&password, blob.bytes, blob.length, NULL), 0);
    managed_password_release(&password);
}
END_TEST

START_TEST(every_length_is_safe)
{
    struct blob blob = make(true, 0);
    for (size_t length = 0; length < blob.length; length++) {
        struct managed_password password = {0};
        cleanup_free unsigned char *exact = xmalloc(length + 1); /* for the address sanitizer */
        memcpy(exact, blob.bytes, length);
        ck_assert_int_eq(managed_password_decode(&password, exact, length, NULL), -1);
        if (length >= 8) {
            for (size_t i = 0; i < 4; i++)
                exact[4 + i] = (unsigned char)(length >> (8 * i));
            ck_assert_int_eq(managed_password_decode(&password, exact, length, NULL), -1);
        }
    }
}
END_TEST

SUITE("managed_password", what_samba_and_windows_write_is_read,
      the_offsets_are_followed_in_any_order, a_damaged_blob_is_refused, a_password_needs_its_end,
      every_length_is_safe)
