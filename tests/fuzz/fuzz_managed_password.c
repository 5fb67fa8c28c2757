/* MSDS-MANAGEDPASSWORD_BLOB. Whatever is taken must lie in the blob, in one piece, without a NUL
 * unit in it and with one behind it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/directory/managed_password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct secure_buffer *password, const uint8_t *blob, size_t size,
                  size_t field)
{
    size_t at = (size_t)(blob[field] | blob[field + 1] << 8);
    if (password->length == 0 || password->length % 2 != 0 || at + password->length + 2 > size ||
        memcmp(password->data, blob + at, password->length) != 0 ||
        blob[at + password->length] != 0 || blob[at + password->length + 1] != 0)
        abort();
    for (size_t i = 0; i < password->length; i += 2)
        if (password->data[i] == 0 && password->data[i + 1] == 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_managed_password struct managed_password password = {0};
    cleanup_error struct error *error = NULL;
    if (managed_password_decode(&password, data, size, &error) < 0) {
        if (!error || password.current.data || password.previous.data)
            abort();
        return 0;
    }
    check(&password.current, data, size, 8);
    if (password.previous.data)
        check(&password.previous, data, size, 10);
    return 0;
}
