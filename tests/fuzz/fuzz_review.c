/* review_read() against an oracle over jansson: what one reads, the other reads too, and nothing is
 * refused that is neither wrong nor said twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/review_generator.h"
#include "tests/support/review_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *body, size_t length)
{
    cleanup_arena struct arena arena = {0};
    /* An exact copy: a read beyond the end is then seen. */
    cleanup_free char *copy = xmalloc(length ? length : 1);
    if (length)
        memcpy(copy, body, length);
    const char *disagreement = review_disagreement(&arena, copy, length);
    if (disagreement) {
        (void)fprintf(stderr, "%.*s\n%s\n", (int)length, body, disagreement);
        abort();
    }
}

static void check_generated(uint64_t seed, bool spoilt)
{
    cleanup_buffer struct buffer body = {0};
    review_generate(&body, seed, spoilt);
    check(body.data, body.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check((const char *)data, size);
    /* Short inputs double as seeds of whole reviews, which no mutation of bytes finds. */
    uint64_t seed = 0;
    if (size > sizeof(seed))
        return 0;
    memcpy(&seed, data, size);
    check_generated(seed, false);
    check_generated(seed, true);
    return 0;
}
