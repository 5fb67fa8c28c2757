#include "lib/directory/md4.h"

#include <stdbool.h>

#include "lib/directory/openssl_library.h"

struct legacy {
    OSSL_LIB_CTX *library;
    OSSL_PROVIDER *provider;
    EVP_MD *md4;
    EVP_MD_CTX *context;
};

static void legacy_release(struct legacy *legacy)
{
    EVP_MD_CTX_free(legacy->context); /* wipes */
    EVP_MD_free(legacy->md4);
    if (legacy->provider)
        (void)OSSL_PROVIDER_unload(legacy->provider);
    OSSL_LIB_CTX_free(legacy->library);
}
#define cleanup_legacy __attribute__((cleanup(legacy_release)))

static bool legacy_load(struct legacy *legacy)
{
    legacy->library = OSSL_LIB_CTX_new();
    if (legacy->library)
        legacy->provider = OSSL_PROVIDER_load(legacy->library, "legacy");
    if (legacy->provider)
        legacy->md4 = EVP_MD_fetch(legacy->library, "MD4", NULL);
    return legacy->md4 != NULL;
}

int md4_digest(const void *data, size_t length, unsigned char digest[MD4_LENGTH],
               struct error **err)
{
    if (openssl_library_load(err) < 0)
        return -1;
    cleanup_legacy struct legacy legacy = {0};
    (void)ERR_set_mark();
    bool loaded = legacy_load(&legacy);
    (void)ERR_pop_to_mark();
    if (!loaded)
        return error_set(err, ERROR_INTERNAL,
                         "RC4 keys need MD4, and OpenSSL's legacy provider, which has it, is not "
                         "installed (legacy.so in `openssl version -m`'s folder); use AES instead");
    legacy.context = EVP_MD_CTX_new();
    if (!legacy.context || EVP_DigestInit_ex2(legacy.context, legacy.md4, NULL) != 1 ||
        EVP_DigestUpdate(legacy.context, data, length) != 1 ||
        EVP_DigestFinal_ex(legacy.context, digest, NULL) != 1)
        return error_set(err, ERROR_INTERNAL, "OpenSSL cannot compute MD4");
    return 0;
}
