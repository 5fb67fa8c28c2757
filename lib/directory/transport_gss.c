#include "lib/directory/transport_gss.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/directory/kerberos_failure.h"

enum {
    PREFIX = 4, /* bytes of the length in front of a sealed message */
    SEALED_MAX = 17 * 1024 * 1024,
    PLAIN_MAX = 60 * 1024, /* of ours in one message */
};

/* Of GSS_C_NT_HOSTBASED_SERVICE (RFC 2743, 4.1), and MIT's of GSS_C_SEC_CONTEXT_SASL_SSF. */
static gss_OID_desc host_based_service = {10, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04"};
static gss_OID_desc sasl_strength = {11, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x0f"};
/* 1.3.6.1.5.5.2 */
static gss_OID_desc spnego = {6, (void *)"\x2b\x06\x01\x05\x05\x02"};

struct transport_gss {
    char *host;
    gss_cred_id_t credential;
    gss_name_t service;
    gss_ctx_id_t context;
    bool complete;
    unsigned strength;

    struct buffer sealed;  /* what has come of the next message, its length included */
    gss_buffer_desc plain; /* the latest message; */
    size_t taken;          /* so much of it was read */
    struct buffer sending; /* a message of ours; */
    size_t sent;           /* so much of it went out */
    size_t owed;           /* it stands for so many bytes that libldap believes unsent */
};

/* What gss_unwrap() makes is a block of plain malloc(). */
static void release_plain(struct transport_gss *gss)
{
    OM_uint32 minor;
    if (gss->plain.length > 0)
        explicit_bzero(gss->plain.value, gss->plain.length);
    (void)gss_release_buffer(&minor, &gss->plain);
    gss->taken = 0;
}

void transport_gss_free(struct transport_gss *gss)
{
    OM_uint32 minor;
    if (!gss)
        return;
    release_plain(gss);
    (void)gss_delete_sec_context(&minor, &gss->context, GSS_C_NO_BUFFER);
    (void)gss_release_name(&minor, &gss->service);
    (void)gss_release_cred(&minor, &gss->credential);
    buffer_release(&gss->sealed);
    buffer_release(&gss->sending);
    free(gss->host);
    free(gss);
}

/* libkrb5's code stands in `minor`, but SPNEGO numbers it anew: its text tells. */
static int fail(const char *host, OM_uint32 minor, struct error **err)
{
    cleanup_free char *before = xasprintf("%s: sign-in", host);
    cleanup_free char *said = NULL;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 more = 0, ignored;
    if (gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &spnego, &more, &text) ==
        GSS_S_COMPLETE)
        said = xstrndup(text.value, text.length);
    (void)gss_release_buffer(&ignored, &text);
    int32_t code = said ? kerberos_failure_find(said) : 0;
    const struct kerberos_failure_facts facts = {.detail = said};
    return kerberos_failure(code ? code : (int32_t)minor, &facts, before, err);
}

struct transport_gss *transport_gss_create(const char *ccache, const char *host, struct error **err)
{
    gss_key_value_element_desc place = {"ccache", ccache};
    const gss_key_value_set_desc store = {1, &place};
    gss_OID_desc wanted[] = {*GSS_MECHANISM_KRB5, spnego};
    gss_OID_set_desc mechanisms = {ARRAY_LENGTH(wanted), wanted};
    struct transport_gss *gss = xcalloc(1, sizeof *gss);
    cleanup_free char *name = xasprintf("ldap@%s", host);
    gss_buffer_desc name_buffer = {strlen(name), name};
    OM_uint32 minor = 0;
    gss->host = xstrdup(host);
    OM_uint32 major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, 0, &mechanisms, GSS_C_INITIATE,
                                            &store, &gss->credential, NULL, NULL);
    if (!GSS_ERROR(major))
        major = gss_import_name(&minor, &name_buffer, &host_based_service, &gss->service);
    if (!GSS_ERROR(major))
        return gss;
    (void)fail(host, minor, err);
    transport_gss_free(gss);
    return NULL;
}

/* MIT's number for SASL: four bytes, the highest first. */
static unsigned read_strength(gss_ctx_id_t context)
{
    gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
    OM_uint32 minor;
    uint32_t strength = 0;
    if (gss_inquire_sec_context_by_oid(&minor, context, &sasl_strength, &set) == GSS_S_COMPLETE &&
        set->count > 0 && set->elements[0].length == sizeof strength)
        memcpy(&strength, set->elements[0].value, sizeof strength);
    (void)gss_release_buffer_set(&minor, &set);
    return ntohl(strength);
}

int transport_gss_step(struct transport_gss *gss, const struct berval *received, gss_buffer_t token,
                       struct error **err)
{
    const OM_uint32 needed = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG |
                             GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG;
    gss_buffer_desc input = {received ? received->bv_len : 0, received ? received->bv_val : NULL};
    OM_uint32 minor = 0, flags = 0;
    OM_uint32 major =
        gss_init_sec_context(&minor, gss->credential, &gss->context, gss->service, &spnego, needed,
                             0, GSS_C_NO_CHANNEL_BINDINGS, &input, NULL, token, &flags, NULL);
    if (GSS_ERROR(major))
        return fail(gss->host, minor, err);
    if (major != GSS_S_COMPLETE)
        return 0;
    if ((flags & needed) != needed)
        return error_set(err, ERROR_PROTOCOL, "%s: sign-in: the connection would not be sealed",
                         gss->host);
    gss->complete = true;
    gss->strength = read_strength(gss->context);
    return 0;
}

bool transport_gss_is_complete(const struct transport_gss *gss)
{
    return gss->complete;
}

unsigned transport_gss_strength(const struct transport_gss *gss)
{
    return gss->strength;
}

/* --- Below libldap ---------------------------------------------------------------------------- */

static int attach(Sockbuf_IO_Desc *layer, void *gss)
{
    layer->sbiod_pvt = gss;
    return 0;
}

static int detach(Sockbuf_IO_Desc *layer)
{
    layer->sbiod_pvt = NULL;
    return 0;
}

static int control(Sockbuf_IO_Desc *layer, int option, void *argument)
{
    const struct transport_gss *gss = layer->sbiod_pvt;
    if (option == LBER_SB_OPT_DATA_READY && gss->taken < gss->plain.length)
        return 1;
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static ber_slen_t fail_with(int number)
{
    errno = number;
    return -1;
}

/* How many bytes of the message are still to come; its length first. -1: it is too long. */
static ssize_t missing(const struct buffer *sealed)
{
    uint32_t length;
    if (sealed->length < PREFIX)
        return (ssize_t)(PREFIX - sealed->length);
    memcpy(&length, sealed->data, PREFIX);
    length = ntohl(length);
    return length > SEALED_MAX ? -1 : (ssize_t)(PREFIX + length - sealed->length);
}

static ber_slen_t open_message(struct transport_gss *gss)
{
    gss_buffer_desc input = {gss->sealed.length - PREFIX, gss->sealed.data + PREFIX};
    OM_uint32 minor;
    int was_sealed = 0;
    OM_uint32 major = gss_unwrap(&minor, gss->context, &input, &gss->plain, &was_sealed, NULL);
    buffer_clear(&gss->sealed);
    gss->taken = 0;
    return major == GSS_S_COMPLETE && was_sealed ? 1 : fail_with(EPIPE);
}

/* Reads a whole message. 1, or what LBER_SBIOD_READ_NEXT() says. */
static ber_slen_t receive(struct transport_gss *gss, Sockbuf_IO_Desc *layer)
{
    ssize_t left;
    while ((left = missing(&gss->sealed)) > 0) {
        buffer_reserve(&gss->sealed, (size_t)left);
        ber_slen_t got =
            LBER_SBIOD_READ_NEXT(layer, gss->sealed.data + gss->sealed.length, (size_t)left);
        if (got <= 0)
            return got;
        gss->sealed.length += (size_t)got;
    }
    return left < 0 ? fail_with(EPIPE) : open_message(gss);
}

static ber_slen_t read_some(Sockbuf_IO_Desc *layer, void *data, ber_len_t length)
{
    struct transport_gss *gss = layer->sbiod_pvt;
    while (gss->taken == gss->plain.length) {
        release_plain(gss);
        ber_slen_t got = receive(gss, layer);
        if (got <= 0)
            return got;
    }
    size_t left = gss->plain.length - gss->taken;
    size_t size = length < left ? length : left;
    memcpy(data, (const char *)gss->plain.value + gss->taken, size);
    gss->taken += size;
    if (gss->taken == gss->plain.length)
        release_plain(gss);
    return (ber_slen_t)size;
}

/* 1 when nothing is left to send, or what LBER_SBIOD_WRITE_NEXT() says. */
static ber_slen_t flush(struct transport_gss *gss, Sockbuf_IO_Desc *layer)
{
    while (gss->sent < gss->sending.length) {
        ber_slen_t put = LBER_SBIOD_WRITE_NEXT(layer, gss->sending.data + gss->sent,
                                               gss->sending.length - gss->sent);
        if (put <= 0)
            return put;
        gss->sent += (size_t)put;
    }
    buffer_clear(&gss->sending);
    gss->sent = 0;
    return 1;
}

static bool seal(struct transport_gss *gss, void *data, size_t length)
{
    gss_buffer_desc input = {length, data}, output = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    int sealed = 0;
    OM_uint32 major =
        gss_wrap(&minor, gss->context, 1, GSS_C_QOP_DEFAULT, &input, &sealed, &output);
    bool good = major == GSS_S_COMPLETE && sealed;
    uint32_t prefix = htonl((uint32_t)output.length);
    if (good) {
        buffer_append(&gss->sending, &prefix, PREFIX);
        buffer_append(&gss->sending, output.value, output.length);
    }
    (void)gss_release_buffer(&minor, &output);
    return good;
}

/* A message that goes out in part only counts as unsent: libldap comes again with the same bytes.
 */
static ber_slen_t write_some(Sockbuf_IO_Desc *layer, void *data, ber_len_t length)
{
    struct transport_gss *gss = layer->sbiod_pvt;
    if (gss->owed == 0) {
        size_t size = length < PLAIN_MAX ? length : PLAIN_MAX;
        if (!seal(gss, data, size))
            return fail_with(EPIPE);
        gss->owed = size;
    }
    ber_slen_t put = flush(gss, layer);
    if (put <= 0)
        return put;
    size_t owed = gss->owed;
    gss->owed = 0;
    return (ber_slen_t)owed;
}

static int close_layer(Sockbuf_IO_Desc *layer)
{
    (void)layer;
    return 0;
}

int transport_gss_attach(struct transport_gss *gss, Sockbuf *sockbuf)
{
    static Sockbuf_IO layer = {attach, detach, control, read_some, write_some, close_layer};
    return ber_sockbuf_add_io(sockbuf, &layer, LBER_SBIOD_LEVEL_APPLICATION, gss);
}
