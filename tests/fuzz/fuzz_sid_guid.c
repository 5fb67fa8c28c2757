/* SIDs and GUIDs, as bytes and as text: what is decoded must write back to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/directory/guid.h"
#include "lib/directory/sid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sid_bytes(const uint8_t *data, size_t size)
{
    struct sid sid, again;
    unsigned char bytes[SID_LENGTH_MAX];
    char text[SID_TEXT_SIZE];
    if (sid_decode(&sid, data, size, NULL) < 0)
        return;
    sid_format(&sid, text);
    if (sid_encode(&sid, bytes) != size || memcmp(bytes, data, size) != 0 ||
        sid_parse(&again, slice_of(text), NULL) < 0 || !sid_equal(&sid, &again))
        abort();
}

static void sid_text(struct slice input)
{
    struct sid sid;
    char text[SID_TEXT_SIZE];
    if (sid_parse(&sid, input, NULL) < 0)
        return;
    sid_format(&sid, text);
    if (!slice_equal_ignoring_case(slice_of(text), input))
        abort();
}

static void guid_bytes(const uint8_t *data, size_t size)
{
    struct guid guid, again;
    char text[GUID_TEXT_SIZE];
    if (guid_decode(&guid, data, size, NULL) < 0)
        return;
    guid_format(&guid, text);
    if (guid_parse(&again, slice_of(text), NULL) < 0 || !guid_equal(&guid, &again) ||
        memcmp(again.bytes, data, size) != 0)
        abort();
}

static void guid_text(struct slice input)
{
    struct guid guid;
    char text[GUID_TEXT_SIZE];
    if (guid_parse(&guid, input, NULL) < 0)
        return;
    guid_format(&guid, text);
    if (input.data[0] == '{')
        input = (struct slice){input.data + 1, input.length - 2};
    if (!slice_equal_ignoring_case(slice_of(text), input))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    sid_bytes(data, size);
    sid_text(input);
    guid_bytes(data, size);
    guid_text(input);
    return 0;
}
