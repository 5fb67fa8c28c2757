#include "lib/http/key_pair.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/http/tls_context.h"

enum { TEXT_LIMIT = 64 * 1024, SERIAL_SIZE = 16, NAME_MAX_LENGTH = 253, SKEW = 300, DAY = 86400 };

static void bio_free_at(BIO **bio)
{
    (void)BIO_free(*bio);
}
static void names_free_at(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}
#define cleanup_bio   __attribute__((cleanup(bio_free_at)))
#define cleanup_names __attribute__((cleanup(names_free_at)))

void key_pair_release(struct key_pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    *pair = (struct key_pair){0};
}

void key_pair_share(struct key_pair *to, const struct key_pair *from)
{
    *to = *from;
    if (to->certificate)
        (void)X509_up_ref(to->certificate);
    if (to->key)
        (void)EVP_PKEY_up_ref(to->key);
}

static void move(struct key_pair *to, struct key_pair *from)
{
    *to = *from;
    *from = (struct key_pair){0};
}

/* --- Texts ------------------------------------------------------------------------------------ */

int key_pair_read(struct key_pair *pair, struct slice certificate, struct slice key,
                  const char *certificate_name, const char *key_name, struct error **err)
{
    if (certificate.length > TEXT_LIMIT || key.length > TEXT_LIMIT)
        return error_set(err, ERROR_INPUT, "%s or %s is larger than %d bytes", certificate_name,
                         key_name, TEXT_LIMIT);
    ERR_clear_error();
    cleanup_bio BIO *certificate_bio =
        BIO_new_mem_buf(certificate.data ? certificate.data : "", (int)certificate.length);
    cleanup_bio BIO *key_bio = BIO_new_mem_buf(key.data ? key.data : "", (int)key.length);
    cleanup_key_pair struct key_pair loaded = {0};
    loaded.certificate = PEM_read_bio_X509(certificate_bio, NULL, tls_no_password, NULL);
    loaded.key = PEM_read_bio_PrivateKey(key_bio, NULL, tls_no_password, NULL);
    if (!loaded.certificate || !loaded.key ||
        X509_check_private_key(loaded.certificate, loaded.key) != 1)
        return error_set(err, ERROR_INPUT, "%s and %s are no certificate and its key: %s",
                         certificate_name, key_name, tls_error_text());
    move(pair, &loaded);
    return 0;
}

static int failed_to_write(const char *what, struct error **err)
{
    return error_set(err, ERROR_INTERNAL, "%s: cannot be put into words: %s", what,
                     tls_error_text());
}

int key_pair_write(const struct key_pair *pair, struct buffer *certificate,
                   struct secure_buffer *key, struct error **err)
{
    cleanup_bio BIO *certificate_bio = BIO_new(BIO_s_mem());
    cleanup_bio BIO *key_bio = BIO_new(BIO_s_secmem()); /* wiped when it is freed */
    char *data = NULL;

    if (PEM_write_bio_PKCS8PrivateKey(key_bio, pair->key, NULL, NULL, 0, NULL, NULL) != 1)
        return failed_to_write("the key", err);
    if (PEM_write_bio_X509(certificate_bio, pair->certificate) != 1)
        return failed_to_write("the certificate", err);
    long length = BIO_get_mem_data(key_bio, &data);
    if (secure_buffer_copy(key, data, (size_t)length, err) < 0)
        return -1;
    length = BIO_get_mem_data(certificate_bio, &data);
    buffer_append(certificate, data, (size_t)length);
    return 0;
}

/* --- Files ------------------------------------------------------------------------------------ */

int key_pair_load(struct key_pair *pair, const char *certificate, const char *key,
                  struct error **err)
{
    cleanup_buffer struct buffer certificate_text = {0};
    cleanup_secure_buffer struct secure_buffer key_text = {0};

    if (file_read(certificate, TEXT_LIMIT, &certificate_text, err) < 0 ||
        secure_buffer_read_file(&key_text, key, TEXT_LIMIT, err) < 0)
        return -1;
    return key_pair_read(pair, (struct slice){certificate_text.data, certificate_text.length},
                         (struct slice){(const char *)key_text.data, key_text.length}, certificate,
                         key, err);
}

int key_pair_save(const struct key_pair *pair, const char *certificate, const char *key,
                  struct error **err)
{
    cleanup_buffer struct buffer certificate_text = {0};
    cleanup_secure_buffer struct secure_buffer key_text = {0};

    if (key_pair_write(pair, &certificate_text, &key_text, err) < 0)
        return error_prefix(err, "%s", certificate);
    if (file_write_atomic(key, key_text.data, key_text.length, 0600, FILE_REPLACE, err) < 0)
        return -1;
    return file_write_atomic(certificate, certificate_text.data, certificate_text.length, 0644,
                             FILE_REPLACE, err);
}

/* --- Names ------------------------------------------------------------------------------------ */

static bool is_address(const char *name)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* Letters, digits and hyphens, in labels of at most 63 (RFC 1035, 2.3.1). */
static bool is_dns_name(const char *name)
{
    size_t label = 0, length = strlen(name);

    for (size_t i = 0; i <= length; i++) {
        if (i == length || name[i] == '.') {
            if (label == 0 || label > 63 || name[i - 1] == '-' || name[i - label] == '-')
                return false;
            label = 0;
        } else if (ascii_is_alphanumeric(name[i]) || name[i] == '-') {
            label++;
        } else {
            return false;
        }
    }
    return length <= NAME_MAX_LENGTH;
}

int key_pair_check_names(const char *const *names, struct error **err)
{
    if (!names[0])
        return error_set(err, ERROR_INPUT, "a certificate needs at least one name");
    for (size_t i = 0; names[i]; i++)
        if (!is_address(names[i]) && !is_dns_name(names[i]))
            return error_set(err, ERROR_INPUT, "'%.300s' is neither a DNS name nor an IP address",
                             names[i]);
    return 0;
}

static bool add_names(X509 *certificate, const char *const *names)
{
    cleanup_names GENERAL_NAMES *list = GENERAL_NAMES_new();

    for (size_t i = 0; list && names[i]; i++) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        bool address = is_address(names[i]);
        ASN1_STRING *value = address ? a2i_IPADDRESS(names[i]) : ASN1_IA5STRING_new();
        bool good = name && value &&
                    (address || ASN1_STRING_set(value, names[i], (int)strlen(names[i])) == 1);
        if (good)
            GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
        else
            ASN1_STRING_free(value);
        if (!good || sk_GENERAL_NAME_push(list, name) == 0) {
            GENERAL_NAME_free(name);
            return false;
        }
    }
    return list &&
           X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, X509V3_ADD_APPEND) == 1;
}

/* --- Making ----------------------------------------------------------------------------------- */

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_SIZE];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] = (bytes[0] & 0x3F) | 0x40; /* positive, and always as long */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return done;
}

static bool set_subject(X509 *certificate, const char *name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
    bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* Everything that both kinds have. */
static bool begin(struct key_pair *pair, const char *subject, const struct key_pair *issuer,
                  time_t end)
{
    pair->key = EVP_EC_gen("P-256");
    pair->certificate = X509_new();
    if (!pair->key || !pair->certificate)
        return false;
    X509 *certificate = pair->certificate, *by = issuer ? issuer->certificate : certificate;
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
           set_subject(certificate, subject) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(by)) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -SKEW) &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), end) &&
           X509_set_pubkey(certificate, pair->key) == 1 &&
           add_extension(certificate, by, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, by, NID_authority_key_identifier, "keyid:always");
}

static int failed(struct error **err)
{
    return error_set(err, ERROR_INTERNAL, "cannot make a certificate: %s", tls_error_text());
}

int key_pair_make_authority_until(struct key_pair *pair, time_t end, struct error **err)
{
    cleanup_key_pair struct key_pair made = {0};

    ERR_clear_error();
    if (!begin(&made, "self-made certificate authority", NULL, end) ||
        !add_extension(made.certificate, made.certificate, NID_basic_constraints,
                       "critical,CA:TRUE,pathlen:0") ||
        !add_extension(made.certificate, made.certificate, NID_key_usage,
                       "critical,keyCertSign,cRLSign") ||
        X509_sign(made.certificate, made.key, EVP_sha256()) == 0)
        return failed(err);
    move(pair, &made);
    return 0;
}

int key_pair_make_authority(struct key_pair *pair, int days, struct error **err)
{
    return key_pair_make_authority_until(pair, time(NULL) + (time_t)days * DAY, err);
}

int key_pair_make_serving_until(struct key_pair *pair, const struct key_pair *authority,
                                const char *const *names, time_t end, struct error **err)
{
    cleanup_key_pair struct key_pair made = {0};
    /* Clients read the alternative names; a common name ends at 64 characters. */
    const char *subject = strlen(names[0]) <= 64 ? names[0] : "server";

    ERR_clear_error();
    if (!begin(&made, subject, authority, end) || !add_names(made.certificate, names) ||
        !add_extension(made.certificate, authority->certificate, NID_basic_constraints,
                       "critical,CA:FALSE") ||
        !add_extension(made.certificate, authority->certificate, NID_key_usage,
                       "critical,digitalSignature") ||
        !add_extension(made.certificate, authority->certificate, NID_ext_key_usage, "serverAuth") ||
        X509_sign(made.certificate, authority->key, EVP_sha256()) == 0)
        return failed(err);
    move(pair, &made);
    return 0;
}

int key_pair_make_serving(struct key_pair *pair, const struct key_pair *authority,
                          const char *const *names, int days, struct error **err)
{
    return key_pair_make_serving_until(pair, authority, names, time(NULL) + (time_t)days * DAY,
                                       err);
}

/* --- Checking --------------------------------------------------------------------------------- */

bool key_pair_is_authority(const struct key_pair *pair)
{
    return X509_check_ca(pair->certificate) == 1;
}

bool key_pair_is_signed_by(const struct key_pair *pair, const struct key_pair *authority)
{
    bool signed_by = X509_check_issued(authority->certificate, pair->certificate) == X509_V_OK &&
                     X509_verify(pair->certificate, authority->key) == 1;

    ERR_clear_error();
    return signed_by;
}

bool key_pair_has_names(const struct key_pair *pair, const char *const *names)
{
    bool all = true;

    for (size_t i = 0; all && names[i]; i++)
        all = (is_address(names[i])
                   ? X509_check_ip_asc(pair->certificate, names[i], 0)
                   : X509_check_host(pair->certificate, names[i], 0,
                                     X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL)) == 1;
    return all;
}

static time_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm;

    return ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : 0;
}

bool key_pair_is_young(const struct key_pair *pair, time_t now)
{
    time_t begin_time = seconds_of(X509_get0_notBefore(pair->certificate));
    time_t end_time = seconds_of(X509_get0_notAfter(pair->certificate));

    return begin_time <= now && end_time - now > (end_time - begin_time) / 6;
}

struct certificate_life certificate_life(X509 *certificate)
{
    return (struct certificate_life){
        .made = seconds_of(X509_get0_notBefore(certificate)) + SKEW,
        .ends = seconds_of(X509_get0_notAfter(certificate)),
    };
}

void certificate_serial(X509 *certificate, char text[CERTIFICATE_SERIAL_SIZE])
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    size_t length = (size_t)ASN1_STRING_length(serial);
    const unsigned char *bytes = ASN1_STRING_get0_data(serial);

    text[0] = '\0';
    for (size_t i = 0; i < length && 2 * i + 2 < CERTIFICATE_SERIAL_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02X", bytes[i]);
}
