#include "lib/directory/netlogon.h"

#include <string.h>

#include "lib/common/base64.h"
#include "lib/common/memory.h"
#include "tests/support/suite.h"

enum { AT_NAMES = 24, MESSAGE_MAX = 1024 };

/* What a domain controller (Samba 4.22) answered to
 * (&(DnsDomain=contoso.test)(NtVer=\06\00\00\00)). */
static const char answer[] =
    "FwAAAL3RAQCylhSljheCQZgOrqFMrczxB2NvbnRvc28EdGVzdADAGANkYzHAGAdDT05UT1NPAANEQzEAABdEZWZhdWx0"
    "LUZpcnN0LVNpdGUtTmFtZQDAPQUAAAD/////";

START_TEST(a_controllers_answer_is_read)
{
    char bytes[MESSAGE_MAX], guid[GUID_TEXT_SIZE];
    size_t length;
    struct netlogon netlogon;
    ck_assert(base64_decode(slice_of(answer), bytes, sizeof(bytes), &length));
    ck_assert_int_eq(netlogon_decode(&netlogon, bytes, length, NULL), 0);
    ck_assert_uint_eq(netlogon.flags, 0x0001D1BD);
    ck_assert(netlogon.flags & NETLOGON_HAS_KDC);
    ck_assert(netlogon.flags & NETLOGON_IS_WRITABLE);
    ck_assert(!(netlogon.flags & NETLOGON_IS_READ_ONLY));
    guid_format(&netlogon.domain_guid, guid);
    ck_assert_str_eq(guid, "a51496b2-178e-4182-980e-aea14cadccf1");
    ck_assert_str_eq(netlogon.forest, "contoso.test");
    ck_assert_str_eq(netlogon.domain, "contoso.test");
    ck_assert_str_eq(netlogon.host, "dc1.contoso.test");
    ck_assert_str_eq(netlogon.netbios_domain, "CONTOSO");
    ck_assert_str_eq(netlogon.netbios_host, "DC1");
    ck_assert_str_eq(netlogon.user, "");
    ck_assert_str_eq(netlogon.dc_site, "Default-First-Site-Name");
    ck_assert_str_eq(netlogon.client_site, "Default-First-Site-Name");
    /* Cut anywhere before the end of its names it is damaged; what comes behind is not read. */
    for (size_t cut = 0; cut < length; cut++) {
        cleanup_free char *exact = xmalloc(cut + 1);
        memcpy(exact, bytes, cut);
        ck_assert_int_eq(netlogon_decode(&netlogon, exact, cut, NULL), cut < length - 8 ? -1 : 0);
    }
}
END_TEST

struct message {
    unsigned char bytes[MESSAGE_MAX];
    size_t length;
};

/* The fixed part with that opcode, then names. */
static struct message message_of(unsigned char opcode, const void *names, size_t length)
{
    struct message message = {.bytes = {opcode}, .length = AT_NAMES + length};
    memcpy(message.bytes + AT_NAMES, names, length);
    return message;
}

static int decode(const struct message *message, struct netlogon *netlogon, struct error **err)
{
    return netlogon_decode(netlogon, message->bytes, message->length, err);
}

START_TEST(an_answer_without_a_client_site_is_read)
{
    static const char names[] = "\1f\0\1d\0\1h\300\033\2ND\0\2NH\0\0\4site\0\0";
    struct message message = message_of(25, names, sizeof(names) - 1);
    struct netlogon netlogon;
    ck_assert_int_eq(decode(&message, &netlogon, NULL), 0);
    ck_assert_str_eq(netlogon.host, "h.d");
    ck_assert_str_eq(netlogon.dc_site, "site");
    ck_assert_str_eq(netlogon.client_site, "");
}
END_TEST

START_TEST(damaged_names_are_refused)
{
    static const struct {
        const char *what, *names;
        size_t length;
    } rows[] = {
        {"a pointer to itself", "\300\030", 2},
        {"a pointer forward", "\300\040\0\0\0\0\0\0\0\0\0\0", 12},
        {"two that point at each other", "\1a\300\030", 4},
        {"a pointer into the head", "\300\010\0\0\0\0\0\0\0\0", 10},
        {"a pointer beyond the end", "\1a\0\377\377\0\0\0\0\0\0\0\0", 13},
        {"half a pointer", "\0\300", 2},
        {"the reserved label type 01", "\100\0\0\0\0\0\0\0\0\0", 10},
        {"the reserved label type 10", "\200\0\0\0\0\0\0\0\0\0", 10},
        {"a label beyond the end", "\0\0\0\0\0\0\0\5abc", 11},
        {"a line break", "\3a\nb\0\0\0\0\0\0\0\0", 13},
        {"a NUL", "\3a\0b\0\0\0\0\0\0\0\0", 13},
        {"bytes that are no UTF-8", "\2\377\376\0\0\0\0\0\0\0\0", 12},
        {"seven names", "\0\0\0\0\0\0\0", 7},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct message message = message_of(23, rows[i].names, rows[i].length);
        cleanup_error struct error *error = NULL;
        struct netlogon netlogon;
        ck_assert_msg(decode(&message, &netlogon, &error) == -1, "%s", rows[i].what);
        ck_assert_int_eq(error->code, ERROR_PROTOCOL);
    }
}
END_TEST

/* 253 characters are a name, 254 are not; pointers cannot make one longer either. */
START_TEST(long_names_are_refused)
{
    for (size_t last = 61; last <= 62; last++) {
        struct message message = message_of(23, "", 0);
        struct netlogon netlogon;
        for (size_t label = 0; label < 4; label++) {
            size_t size = label < 3 ? 63 : last;
            message.bytes[message.length++] = (unsigned char)size;
            memset(message.bytes + message.length, 'a', size);
            message.length += size;
        }
        message.length += 8; /* its end, and seven empty names */
        ck_assert_int_eq(decode(&message, &netlogon, NULL), last == 61 ? 0 : -1);
        if (last == 61)
            ck_assert_uint_eq(strlen(netlogon.forest), 253);
        /* "a" in front of the long one: */
        message.bytes[message.length - 7] = 1;
        message.bytes[message.length - 6] = 'a';
        message.bytes[message.length - 5] = 0xC0;
        message.bytes[message.length - 4] = AT_NAMES;
        message.length += 2;
        ck_assert_int_eq(decode(&message, &netlogon, NULL), -1);
    }
}
END_TEST

START_TEST(other_messages_are_refused)
{
    struct netlogon netlogon;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        struct message message = message_of((unsigned char)opcode, "\0\0\0\0\0\0\0", 8);
        cleanup_error struct error *error = NULL;
        bool good = opcode == 23 || opcode == 25;
        ck_assert_int_eq(decode(&message, &netlogon, &error), good ? 0 : -1);
        if (!good)
            ck_assert_int_eq(error->code, opcode == 24 ? ERROR_UNAVAILABLE : ERROR_PROTOCOL);
    }
}
END_TEST

SUITE("netlogon", a_controllers_answer_is_read, an_answer_without_a_client_site_is_read,
      damaged_names_are_refused, long_names_are_refused, other_messages_are_refused)
