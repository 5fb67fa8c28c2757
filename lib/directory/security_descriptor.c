#include "lib/directory/security_descriptor.h"

#include <stdint.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "lib/directory/little_endian.h"

/* SECURITY_DESCRIPTOR (MS-DTYP 2.4.6), self-relative; numbers are little-endian. */
enum {
    AT_CONTROL = 2, /* u16 */
    AT_DACL = 16,   /* u32, offset */
    DESCRIPTOR_HEAD = 20,
    DACL_PRESENT = 0x0004,
    SELF_RELATIVE = 0x8000,
};
/* ACL (2.4.5) */
enum { AT_ACL_SIZE = 2, AT_ACE_COUNT = 4, ACL_HEAD = 8 };
/* ACE (2.4.4): type u8, flags u8, size u16, mask u32, SID; the object types have flags u32 and up
 * to two GUIDs in between. */
enum {
    ACE_HEAD = 8,
    ACE_ALLOWED = 0,
    ACE_DENIED = 1,
    ACE_ALLOWED_OBJECT = 5,
    ACE_DENIED_OBJECT = 6,
    INHERIT_ONLY = 0x08,
    OBJECT_TYPE = 0x1,
    INHERITED_OBJECT_TYPE = 0x2,
    GUID_SIZE = 16,
};
/* RIGHT_DS_READ_PROPERTY (MS-ADTS 5.1.3.2), and the generic rights that hold it. */
#define READING (UINT32_C(0x00000010) | UINT32_C(0x10000000) | UINT32_C(0x80000000))

static int damaged(struct error **err)
{
    return error_set(err, ERROR_PROTOCOL,
                     "msDS-GroupMSAMembership is damaged: not a security descriptor");
}

/* Reads one entry that is whole. Returns 1 where it counts, 0 where not, -1 where it is damaged. */
static int read_entry(struct password_reader *reader, const unsigned char *ace, size_t size)
{
    unsigned type = ace[0], flags = ace[1];
    bool object = type == ACE_ALLOWED_OBJECT || type == ACE_DENIED_OBJECT;
    size_t at = ACE_HEAD;

    if (type != ACE_ALLOWED && type != ACE_DENIED && !object)
        return 0;
    if (size < ACE_HEAD)
        return -1;
    if (object) {
        if (size < ACE_HEAD + 4)
            return -1;
        uint32_t present = le32(ace + ACE_HEAD);
        if (present & OBJECT_TYPE)
            return 0;
        at += present & INHERITED_OBJECT_TYPE ? 4 + GUID_SIZE : 4;
    }
    if (at > size || sid_read(&reader->sid, ace + at, size - at) == 0)
        return -1;
    reader->denied = type == ACE_DENIED || type == ACE_DENIED_OBJECT;
    return (le32(ace + 4) & READING) != 0 && !(flags & INHERIT_ONLY);
}

/* Reads an access control list that begins at `acl` and has at most `length` bytes. */
static int read_list(struct password_readers *readers, const unsigned char *acl, size_t length,
                     struct error **err)
{
    if (length < ACL_HEAD || le16(acl + AT_ACL_SIZE) > length)
        return damaged(err);
    length = le16(acl + AT_ACL_SIZE);
    size_t count = le16(acl + AT_ACE_COUNT), at = ACL_HEAD;
    if (count > length / 4) /* bounds the memory; each entry has at least its head */
        return damaged(err);
    readers->items = xcalloc(count + 1, sizeof(*readers->items));
    for (size_t i = 0; i < count; i++) {
        if (at + 4 > length)
            return damaged(err);
        size_t size = le16(acl + at + 2);
        if (size < 4 || size > length - at)
            return damaged(err);
        int counts = read_entry(&readers->items[readers->count], acl + at, size);
        if (counts < 0)
            return damaged(err);
        readers->count += (size_t)counts;
        at += size;
    }
    return 0;
}

int password_readers_decode(struct password_readers *readers, const void *descriptor, size_t length,
                            struct error **err)
{
    const unsigned char *bytes = descriptor;
    cleanup_password_readers struct password_readers decoded = {0};

    if (length < DESCRIPTOR_HEAD || bytes[0] != 1)
        return damaged(err);
    uint32_t control = le16(bytes + AT_CONTROL);
    size_t at = le32(bytes + AT_DACL);
    if (!(control & SELF_RELATIVE))
        return damaged(err);
    if (!(control & DACL_PRESENT) || at == 0) {
        decoded.everyone = true;
    } else {
        if (at < DESCRIPTOR_HEAD || at >= length)
            return damaged(err);
        if (read_list(&decoded, bytes + at, length - at, err) < 0)
            return -1;
    }
    *readers = MOVE(decoded);
    return 0;
}

void password_readers_release(struct password_readers *readers)
{
    free(readers->items);
    *readers = (struct password_readers){0};
}

bool password_readers_allow(const struct password_readers *readers, const struct sid *sids,
                            size_t count)
{
    if (readers->everyone)
        return true;
    for (size_t i = 0; i < readers->count; i++)
        for (size_t j = 0; j < count; j++)
            if (sid_equal(&readers->items[i].sid, &sids[j]))
                return !readers->items[i].denied;
    return false;
}
