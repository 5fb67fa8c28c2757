/* Splitting in pieces must give what splitting in one gives, and a list that is accepted must be
 * JSON. The first byte chooses the form, the second the size of the pieces. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "lib/document/json_scan.h"
#include "lib/document/json_split.h"

enum { OBJECT_LIMIT = 4096, FRAME_LIMIT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int collect(struct slice json, void *context, struct error **err)
{
    (void)err;
    buffer_append(context, json.data, json.length);
    buffer_append_byte(context, '\n');
    return 0;
}

/* Appends what came out; false where it was refused. */
static bool split(const char *list, struct slice text, size_t piece, struct buffer *out)
{
    cleanup_json_split struct json_split split = {
        .settings = {list, OBJECT_LIMIT, FRAME_LIMIT, collect, out}};
    struct slice frame;
    for (size_t at = 0; at < text.length; at += piece) {
        size_t length = text.length - at < piece ? text.length - at : piece;
        cleanup_free char *copy = xmalloc(length);
        memcpy(copy, text.data + at, length);
        if (json_split_feed(&split, (struct slice){copy, length}, NULL) < 0)
            return false;
    }
    if (json_split_end(&split, &frame, NULL) < 0)
        return false;
    buffer_append(out, frame.data, frame.length);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_buffer struct buffer whole = {0}, pieces = {0};
    if (size < 2)
        return 0;
    const char *list = data[0] % 2 ? "items" : NULL;
    struct slice text = {(const char *)data + 2, size - 2};
    bool accepted = split(list, text, size, &whole);
    if (split(list, text, (size_t)data[1] % 32 + 1, &pieces) != accepted)
        abort();
    if (accepted && strcmp(buffer_text(&whole), buffer_text(&pieces)) != 0)
        abort();
    struct json_scan scan = json_scan_of(text.data, text.length, JSON_DEPTH_MAX);
    bool is_json = json_skip(&scan, NULL) && json_expect_end(&scan);
    if (list && accepted && !is_json && !strstr(scan.problem, "too deeply"))
        abort();
    return 0;
}
