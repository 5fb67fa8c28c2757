/* Who may read a password: every SID that is taken stands in the descriptor. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/directory/security_descriptor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_password_readers struct password_readers readers = {0};
    if (password_readers_decode(&readers, data, size, NULL) < 0)
        return 0;
    if (readers.everyone && readers.count > 0)
        abort();
    for (size_t i = 0; i < readers.count; i++) {
        unsigned char bytes[SID_LENGTH_MAX];
        size_t length = sid_encode(&readers.items[i].sid, bytes);
        if (!memmem(data, size, bytes, length))
            abort();
        bool allowed = password_readers_allow(&readers, &readers.items[i].sid, 1);
        if (i == 0 && allowed == readers.items[i].denied)
            abort();
    }
    return 0;
}
