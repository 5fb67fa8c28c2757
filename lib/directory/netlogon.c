#include "lib/directory/netlogon.h"

#include <stdbool.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/utf8.h"
#include "lib/directory/little_endian.h"

/* The message's fixed part (numbers are little-endian): opcode, padding, flags, GUID, names. */
enum {
    AT_OPCODE = 0, /* u16 */
    AT_FLAGS = 4,  /* u32 */
    AT_GUID = 8,
    AT_NAMES = AT_GUID + GUID_LENGTH,
};
/* MS-ADTS 6.3.1.3 */
enum {
    SAM_LOGON_RESPONSE_EX = 23,
    SAM_PAUSE_RESPONSE_EX = 24,
    SAM_USER_UNKNOWN_EX = 25, /* the same message; no user is ever asked for here */
};
enum { NAME_MAX_LENGTH = 253, LABEL_MAX_LENGTH = 63 };

struct message {
    const unsigned char *data;
    size_t length;
    size_t at;
};

/* Appends one label and the dot in front of it. What is printed later must not hold controls. */
static bool add_label(char *name, size_t *length, const unsigned char *label, size_t size)
{
    size_t dot = *length > 0 ? 1 : 0;
    if (*length + dot + size > NAME_MAX_LENGTH || !utf8_valid((const char *)label, size))
        return false;
    for (size_t i = 0; i < size; i++)
        if (ascii_is_control((char)label[i]))
            return false;
    if (dot)
        name[(*length)++] = '.';
    memcpy(name + *length, label, size);
    *length += size;
    return true;
}

/* RFC 1035, 4.1.4: labels, ended by an empty one or by a pointer to the rest of an earlier name. A
 * pointer must point to before the labels that led to it, so that there are no loops. */
static bool take_name(struct message *message, char name[NETLOGON_NAME_SIZE])
{
    size_t at = message->at, bound = message->at, length = 0;
    bool jumped = false;
    while (at < message->length) {
        size_t size = message->data[at++];
        if (size == 0) {
            if (!jumped)
                message->at = at;
            name[length] = '\0';
            return true;
        }
        if (size > LABEL_MAX_LENGTH) { /* a pointer has both upper bits; one alone is reserved */
            if ((size & 0xC0) != 0xC0 || at >= message->length)
                return false;
            size_t to = (size & 0x3F) << 8 | message->data[at++];
            if (to >= bound || to < AT_NAMES)
                return false;
            if (!jumped)
                message->at = at;
            jumped = true;
            at = bound = to;
            continue;
        }
        if (size > message->length - at || !add_label(name, &length, message->data + at, size))
            return false;
        at += size;
    }
    return false;
}

int netlogon_decode(struct netlogon *netlogon, const void *data, size_t length, struct error **err)
{
    struct message message = {.data = data, .length = length, .at = AT_NAMES};
    struct netlogon decoded = {0};
    char *const names[] = {decoded.forest,         decoded.domain,       decoded.host,
                           decoded.netbios_domain, decoded.netbios_host, decoded.user,
                           decoded.dc_site,        decoded.client_site};

    if (length < AT_NAMES)
        return error_set(err, ERROR_PROTOCOL, "the answer to the LDAP ping is too short");
    uint32_t opcode = le16(message.data + AT_OPCODE);
    if (opcode == SAM_PAUSE_RESPONSE_EX)
        return error_set(err, ERROR_UNAVAILABLE,
                         "the domain controller's Netlogon service is paused");
    if (opcode != SAM_LOGON_RESPONSE_EX && opcode != SAM_USER_UNKNOWN_EX)
        return error_set(err, ERROR_PROTOCOL,
                         "the answer to the LDAP ping has the unknown opcode %u", opcode);
    decoded.flags = le32(message.data + AT_FLAGS);
    memcpy(decoded.domain_guid.bytes, message.data + AT_GUID, GUID_LENGTH);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!take_name(&message, names[i]))
            return error_set(err, ERROR_PROTOCOL,
                             "the answer to the LDAP ping has a damaged name (number %zu)", i + 1);
    *netlogon = decoded;
    return 0;
}
