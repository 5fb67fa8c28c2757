/* The grant as the node reads it. Twice: the input as the annotation's value, and the input as a
 * payload that was signed with the right key. What opens must write back to the same value. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "credspec/grant.h"
#include "credspec/grant_keys.h"
#include "lib/common/base64.h"

static struct grant_keys *keys;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((constructor)) static void begin(void)
{
    /* RFC 8032 section 7.1, TEST 1: a published key, so that seeds can hold signatures. */
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                              "-----END PRIVATE KEY-----\n";
    char path[] = P_tmpdir "/fuzz-grant-XXXXXX.key";
    int fd = mkstemps(path, 4);
    if (fd < 0 || write(fd, pem, sizeof(pem) - 1) != (ssize_t)(sizeof(pem) - 1) || close(fd) != 0)
        abort();
    keys = grant_keys_load(path, NULL);
    if (!keys || unlink(path) != 0)
        abort();
}

static void open_value(struct slice value)
{
    cleanup_arena struct arena arena = {0};
    struct grant grant;
    if (grant_open(keys, value, &arena, &grant, NULL) != 0)
        return;
    cleanup_buffer struct buffer again = {0};
    if (grant_sign(keys, &grant, &again, NULL) != 0 ||
        !slice_equal(value, (struct slice){again.data, again.length}) ||
        grant_verify_exact(keys, value, &grant, NULL) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char domain[] = "gmsa-identity.dev/grant/v1";
    unsigned char signature[GRANT_SIGNATURE_LENGTH];
    cleanup_buffer struct buffer message = {0}, value = {0};
    open_value((struct slice){(const char *)data, size});
    buffer_append(&message, domain, sizeof(domain));
    buffer_append(&message, data, size);
    if (size > GRANT_VALUE_MAX / 2 ||
        grant_keys_sign(keys, (struct slice){message.data, message.length}, signature, NULL) != 0)
        return 0;
    buffer_append_format(&value, "%s.", grant_keys_signer(keys));
    base64url_encode(&value, data, size);
    buffer_append_byte(&value, '.');
    base64url_encode(&value, signature, sizeof(signature));
    open_value((struct slice){value.data, value.length});
    return 0;
}
