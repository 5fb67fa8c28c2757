#include "webhook/certificates/authorities.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "lib/http/key_pair.h"
#include "lib/http/tls_context.h"

static void bio_free_at(BIO **bio)
{
    (void)BIO_free(*bio);
}
static void x509_free_at(X509 **certificate)
{
    X509_free(*certificate);
}
#define cleanup_bio  __attribute__((cleanup(bio_free_at)))
#define cleanup_x509 __attribute__((cleanup(x509_free_at)))

static void take_out(struct authorities *set, size_t index)
{
    X509_free(set->items[index]);
    set->count--;
    for (size_t i = index; i < set->count; i++)
        set->items[i] = set->items[i + 1];
}

bool authorities_has(const struct authorities *set, X509 *certificate)
{
    for (size_t i = 0; i < set->count; i++)
        if (X509_cmp(set->items[i], certificate) == 0)
            return true;
    return false;
}

void authorities_add(struct authorities *set, X509 *certificate)
{
    if (authorities_has(set, certificate))
        return;
    if (set->count == AUTHORITIES_MAX)
        take_out(set, 0);
    (void)X509_up_ref(certificate);
    set->items[set->count++] = certificate;
}

int authorities_read(struct authorities *set, struct slice pem, struct error **err)
{
    if (pem.length > AUTHORITIES_TEXT_MAX)
        return error_set(err, ERROR_INPUT, "a bundle of more than %d bytes", AUTHORITIES_TEXT_MAX);
    ERR_clear_error();
    cleanup_bio BIO *bio = BIO_new_mem_buf(pem.data ? pem.data : "", (int)pem.length);
    for (;;) {
        cleanup_x509 X509 *certificate = PEM_read_bio_X509(bio, NULL, tls_no_password, NULL);
        if (!certificate)
            break;
        if (X509_check_ca(certificate) != 1)
            return error_set(err, ERROR_INPUT, "a certificate in the bundle is no authority's");
        authorities_add(set, certificate);
    }
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end)
        return error_set(err, ERROR_INPUT, "a certificate in the bundle is damaged: %s",
                         tls_error_text());
    ERR_clear_error();
    return 0;
}

size_t authorities_drop_ended(struct authorities *set, int64_t now)
{
    size_t before = set->count;
    for (size_t i = set->count; i-- > 0;)
        if (certificate_life(set->items[i]).ends <= now)
            take_out(set, i);
    return before - set->count;
}

int64_t authorities_first_end(const struct authorities *set)
{
    int64_t first = 0;
    for (size_t i = 0; i < set->count; i++) {
        int64_t end = certificate_life(set->items[i]).ends;
        if (i == 0 || end < first)
            first = end;
    }
    return first;
}

void authorities_write(const struct authorities *set, struct buffer *pem)
{
    cleanup_bio BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    for (size_t i = 0; i < set->count; i++)
        if (PEM_write_bio_X509(bio, set->items[i]) != 1)
            abort(); /* no memory */
    long length = BIO_get_mem_data(bio, &data);
    buffer_append(pem, data, (size_t)length);
}

void authorities_release(struct authorities *set)
{
    for (size_t i = 0; i < set->count; i++)
        X509_free(set->items[i]);
    *set = (struct authorities){0};
}
