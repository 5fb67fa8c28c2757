#include "lib/directory/security_descriptor.h"

#include <string.h>

#include "lib/common/base64.h"
#include "lib/common/memory.h"
#include "tests/support/suite.h"

enum { AT_DACL = 20, DESCRIPTOR_MAX = 4096 };

struct descriptor {
    unsigned char bytes[DESCRIPTOR_MAX];
    size_t length;
};

/* Self-relative, with a list that has no entry yet. */
static struct descriptor empty(void)
{
    struct descriptor made = {.bytes = {1, 0, 0x04, 0x80}, .length = AT_DACL + 8};
    made.bytes[16] = AT_DACL;
    made.bytes[AT_DACL] = 4;
    made.bytes[AT_DACL + 2] = 8;
    return made;
}

/* Adds an entry for S-1-5-`part`, with `extra` bytes in front of the SID. Returns its place. */
static size_t add(struct descriptor *descriptor, unsigned type, unsigned flags, uint32_t mask,
                  const void *extra, size_t extra_length, unsigned char part)
{
    size_t at = descriptor->length, size = 8 + extra_length + 12;
    unsigned char *ace = descriptor->bytes + at;
    ace[0] = (unsigned char)type;
    ace[1] = (unsigned char)flags;
    ace[2] = (unsigned char)size;
    for (size_t i = 0; i < 4; i++)
        ace[4 + i] = (unsigned char)(mask >> (8 * i));
    memcpy(ace + 8, extra, extra_length);
    memcpy(ace + 8 + extra_length, "\1\1\0\0\0\0\0\5", 8);
    ace[8 + extra_length + 8] = part;
    descriptor->length += size;
    descriptor->bytes[AT_DACL + 2] = (unsigned char)(descriptor->length - AT_DACL);
    descriptor->bytes[AT_DACL + 3] = (unsigned char)((descriptor->length - AT_DACL) >> 8);
    descriptor->bytes[AT_DACL + 4]++;
    return at;
}

static int decode(const struct descriptor *descriptor, struct password_readers *readers,
                  struct error **err)
{
    cleanup_free unsigned char *exact = xmalloc(descriptor->length); /* for the sanitizer */
    memcpy(exact, descriptor->bytes, descriptor->length);
    return password_readers_decode(readers, exact, descriptor->length, err);
}

static bool allows(const struct password_readers *readers, const char *sid)
{
    struct sid parsed;
    ck_assert_int_eq(sid_parse(&parsed, slice_of(sid), NULL), 0);
    return password_readers_allow(readers, &parsed, 1);
}

/* msDS-GroupMSAMembership as a domain controller gave it. */
static const struct {
    const char *base64;
    size_t readers;
    const char *first;
} given[] = {
    {"AQAEgBQAAAAAAAAAAAAAACQAAAABAgAAAAAABSAAAAAgAgAABAB0AAMAAAAAACQAEAAAAAEFAAAAAAAFFQAAAO9xP3tF"
     "TwFFt53LZ08EAAAAACQAEAAAAAEFAAAAAAAFFQAAAO9xP3tFTwFFt53LZ1YEAAAAACQAEAAAAAEFAAAAAAAFFQAAAO9x"
     "P3tFTwFFt53LZ1UEAAA=",
     3, "S-1-5-21-2067755503-1157713733-1741397431-1103"},
    /* what Samba puts there by itself: the administrator */
    {"AQAEgBQAAAAAAAAAAAAAACQAAAABAgAAAAAABSAAAAAgAgAABAAsAAEAAAAAACQA/wEPAAEFAAAAAAAFFQAAAO9xP3tF"
     "TwFFt53LZ/QBAAA=",
     1, "S-1-5-21-2067755503-1157713733-1741397431-500"},
    /* nobody */
    {"AQAEgBQAAAAAAAAAAAAAACQAAAABAgAAAAAABSAAAAAgAgAABAAIAAAAAAA=", 0, NULL},
};

START_TEST(what_a_controller_gives_is_read)
{
    for (size_t i = 0; i < ARRAY_LENGTH(given); i++) {
        struct descriptor descriptor;
        cleanup_password_readers struct password_readers readers = {0};
        ck_assert(base64_decode(slice_of(given[i].base64), (char *)descriptor.bytes,
                                sizeof(descriptor.bytes), &descriptor.length));
        ck_assert_int_eq(decode(&descriptor, &readers, NULL), 0);
        ck_assert_uint_eq(readers.count, given[i].readers);
        ck_assert(!readers.everyone);
        if (given[i].first) {
            char text[SID_TEXT_SIZE];
            sid_format(&readers.items[0].sid, text);
            ck_assert_str_eq(text, given[i].first);
            ck_assert(allows(&readers, given[i].first));
        }
        ck_assert(!allows(&readers, "S-1-5-21-2067755503-1157713733-1741397431-1200"));
    }
}
END_TEST

START_TEST(only_entries_that_give_reading_count)
{
    static const char guid[4 + 32] = {0};
    static const char object_type[4 + 16] = {1}, inherited[4 + 16] = {2};
    static const struct {
        const char *extra;
        size_t extra_length;
        unsigned type, flags;
        uint32_t mask;
        bool counts;
    } rows[] = {
        {"", 0, 0, 0, 0x10, true},
        {"", 0, 0, 0, 0xF01FF, true},
        {"", 0, 0, 0, 0x80000000, true}, /* generic reading */
        {"", 0, 0, 0, 0x10000000, true}, /* generic all */
        {"", 0, 0, 0, 0xFFFEF & 0x0FFFFFEF, false},
        {"", 0, 0, 0x08, 0x10, false},        /* to be inherited only */
        {"", 0, 0, 0x10, 0x10, true},         /* inherited */
        {"", 0, 1, 0, 0x10, true},            /* denies */
        {"", 0, 2, 0, 0x10, false},           /* audits */
        {guid, 4, 5, 0, 0x10, true},          /* an object entry for no object */
        {object_type, 20, 5, 0, 0x10, false}, /* for one property */
        {inherited, 20, 5, 0, 0x10, true},
        {"", 0, 9, 0, 0x10, false}, /* with a condition */
        {"", 0, 255, 0, 0x10, false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct descriptor descriptor = empty();
        cleanup_password_readers struct password_readers readers = {0};
        (void)add(&descriptor, rows[i].type, rows[i].flags, rows[i].mask, rows[i].extra,
                  rows[i].extra_length, 18);
        ck_assert_int_eq(decode(&descriptor, &readers, NULL), 0);
        ck_assert_msg(readers.count == (rows[i].counts ? 1 : 0), "row %zu", i);
        if (rows[i].counts)
            ck_assert_int_eq(readers.items[0].denied, rows[i].type == 1);
    }
}
END_TEST

START_TEST(the_first_entry_for_somebody_decides)
{
    struct descriptor descriptor = empty();
    cleanup_password_readers struct password_readers readers = {0};
    struct sid both[2];
    (void)add(&descriptor, 1, 0, 0x10, "", 0, 1);
    (void)add(&descriptor, 0, 0, 0x10, "", 0, 2);
    (void)add(&descriptor, 0, 0, 0x10, "", 0, 1);
    (void)add(&descriptor, 1, 0, 0x10, "", 0, 2);
    ck_assert_int_eq(decode(&descriptor, &readers, NULL), 0);
    ck_assert(!allows(&readers, "S-1-5-1"));
    ck_assert(allows(&readers, "S-1-5-2"));
    ck_assert(!allows(&readers, "S-1-5-3"));
    ck_assert_int_eq(sid_parse(&both[0], slice_of("S-1-5-2"), NULL), 0);
    ck_assert_int_eq(sid_parse(&both[1], slice_of("S-1-5-1"), NULL), 0);
    ck_assert(!password_readers_allow(&readers, both, 2));
}
END_TEST

START_TEST(without_a_list_nobody_is_refused)
{
    for (int i = 0; i < 2; i++) {
        struct descriptor descriptor = empty();
        cleanup_password_readers struct password_readers readers = {0};
        descriptor.bytes[i == 0 ? 2 : 16] = 0; /* the flag, or the offset */
        ck_assert_int_eq(decode(&descriptor, &readers, NULL), 0);
        ck_assert(readers.everyone);
        ck_assert(allows(&readers, "S-1-5-18"));
    }
}
END_TEST

START_TEST(damage_is_refused)
{
    struct descriptor whole = empty();
    size_t ace = add(&whole, 0, 0, 0x10, "", 0, 18);
    const struct {
        const char *what;
        size_t at;
        unsigned char value;
    } rows[] = {
        {"another revision", 0, 2},
        {"not self-relative", 3, 0},
        {"the list in the head", 16, 19},
        {"the list beyond the end", 16, 200},
        {"the list far beyond the end", 19, 0xFF},
        {"a list without room for its head", 16, (unsigned char)(whole.length - 7)},
        {"a list larger than the descriptor", AT_DACL + 2, 250},
        {"a list smaller than its entries", AT_DACL + 2, 20},
        {"a list smaller than its head", AT_DACL + 2, 4},
        {"more entries than there are", AT_DACL + 4, 2},
        {"far more entries than there are", AT_DACL + 5, 0xFF},
        {"an entry without size", ace + 2, 0},
        {"an entry without its mask", ace + 2, 7},
        {"an entry that cuts its SID", ace + 2, 16},
        {"an entry beyond the list", ace + 2, 200},
        {"no SID", ace + 8, 9},
        {"a SID beyond the entry", ace + 9, 15},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct descriptor descriptor = whole;
        cleanup_error struct error *error = NULL;
        struct password_readers readers = {0};
        descriptor.bytes[rows[i].at] = rows[i].value;
        ck_assert_msg(decode(&descriptor, &readers, &error) == -1, "%s", rows[i].what);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
        ck_assert_ptr_null(readers.items);
    }
    for (size_t length = 1; length < whole.length; length++) {
        struct descriptor cut = whole;
        struct password_readers readers = {0};
        cut.length = length;
        ck_assert_int_eq(decode(&cut, &readers, NULL), -1);
    }
}
END_TEST

START_TEST(an_object_entry_that_is_too_short_is_refused)
{
    for (unsigned char size = 8; size < 24; size += 4) {
        struct descriptor descriptor = empty();
        struct password_readers readers = {0};
        size_t ace = add(&descriptor, 5, 0, 0x10, "\0\0\0", 4, 18);
        descriptor.bytes[ace + 2] = size;
        ck_assert_int_eq(decode(&descriptor, &readers, NULL), -1);
    }
}
END_TEST

SUITE("security_descriptor", what_a_controller_gives_is_read, only_entries_that_give_reading_count,
      the_first_entry_for_somebody_decides, without_a_list_nobody_is_refused, damage_is_refused,
      an_object_entry_that_is_too_short_is_refused)
