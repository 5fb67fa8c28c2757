#include "lib/kube/easy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"

enum {
    KEEPALIVE_IDLE = 30, /* seconds */
    KEEPALIVE_INTERVAL = 10,
    UNACKNOWLEDGED_MAX = 30 * 1000, /* milliseconds */
    AUTHORITY_CACHE = 60,           /* seconds: how soon a new CA file counts */
    UPLOAD_BUFFER = 16 * 1024,      /* the least there is; each connection has one */
};

/* --- The endpoint ----------------------------------------------------------------------------- */

void kube_endpoint_init(struct kube_endpoint *endpoint, const struct kube_config *config)
{
    const char *port = strrchr(config->host, ':');
    *endpoint = (struct kube_endpoint){.config = config};
    endpoint->direct = strncmp(config->host, "127.", 4) == 0 ||
                       strncmp(config->host, "localhost:", 10) == 0 ||
                       strncmp(config->host, "[::1]:", 6) == 0;
    /* As for Go: the proxy resolves names. */
    if (config->proxy_url && strncmp(config->proxy_url, "socks5://", 9) == 0)
        endpoint->proxy = xasprintf("socks5h://%s", config->proxy_url + 9);
    else if (config->proxy_url)
        endpoint->proxy = xstrdup(config->proxy_url);
    if (!config->tls_server_name) {
        endpoint->url = xstrdup(config->server);
        return;
    }
    /* Curl checks the certificate for the URL's name, so the URL gets the name that is wanted. */
    const char *scheme_end = strstr(config->server, "://");
    const char *prefix = strchr(scheme_end + 3, '/');
    cleanup_free char *connect_to = xasprintf("::%s", config->host);
    endpoint->url =
        xasprintf("https://%s%s%s", config->tls_server_name, port, prefix ? prefix : "");
    endpoint->host_line = xasprintf("Host: %s", config->host);
    endpoint->connect_to = curl_slist_append(NULL, connect_to);
    if (!endpoint->connect_to)
        abort();
}

void kube_endpoint_release(struct kube_endpoint *endpoint)
{
    free(endpoint->url);
    free(endpoint->host_line);
    free(endpoint->proxy);
    curl_slist_free_all(endpoint->connect_to);
    *endpoint = (struct kube_endpoint){0};
}

/* --- Sockets ---------------------------------------------------------------------------------- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A peer that is gone without a word is noticed by what it does not acknowledge. */
static int set_socket_options(void *context, curl_socket_t socket, curlsocktype purpose)
{
    int limit = UNACKNOWLEDGED_MAX;
    (void)context;
    (void)purpose;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
    return CURL_SOCKOPT_OK;
}

/* --- Options ---------------------------------------------------------------------------------- */

/* A wrong type or an unknown option is a mistake in the program; so is a build of libcurl that
 * lacks what protects us. */
#define SET(easy, option, value)                                                                   \
    do {                                                                                           \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
            abort();                                                                               \
    } while (0)

static struct curl_blob blob_of(const struct secure_buffer *secret)
{
    return (struct curl_blob){secret->data, secret->length, CURL_BLOB_NOCOPY};
}

static void set_authorities(CURL *easy, const struct kube_config *config)
{
    SET(easy, CURLOPT_SSL_VERIFYPEER, config->insecure ? 0L : 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, config->insecure ? 0L : 2L);
    if (!config->ca.data && !config->ca_file)
        return;
    struct curl_blob blob = blob_of(&config->ca);
    SET(easy, CURLOPT_CAPATH, NULL);
    SET(easy, CURLOPT_CAINFO, config->ca_file);
    SET(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)AUTHORITY_CACHE);
    if (config->ca.data)
        SET(easy, CURLOPT_CAINFO_BLOB, &blob);
}

static void set_tls(CURL *easy, const struct kube_config *config)
{
    struct curl_blob certificate = blob_of(&config->certificate), key = blob_of(&config->key);
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    set_authorities(easy, config);
    if (config->certificate.data)
        SET(easy, CURLOPT_SSLCERT_BLOB, &certificate);
    else
        SET(easy, CURLOPT_SSLCERT, config->certificate_file);
    if (config->key.data)
        SET(easy, CURLOPT_SSLKEY_BLOB, &key);
    else
        SET(easy, CURLOPT_SSLKEY, config->key_file);
}

static void set_connection(CURL *easy, const struct kube_endpoint *endpoint,
                           const struct kube_message *message)
{
    SET(easy, CURLOPT_PROTOCOLS_STR, strncmp(endpoint->url, "http:", 5) == 0 ? "http" : "https");
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    SET(easy, CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs does not hold us up */
    SET(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(easy, CURLOPT_SOCKOPTFUNCTION, set_socket_options);
    SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE);
    SET(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL);
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)endpoint->connect_timeout);
    SET(easy, CURLOPT_FRESH_CONNECT,
        message->fresh_connection || message->own_connection ? 1L : 0L);
    SET(easy, CURLOPT_FORBID_REUSE, message->own_connection ? 1L : 0L);
    SET(easy, CURLOPT_CONNECT_TO, endpoint->connect_to);
    SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
    if (endpoint->proxy) {
        SET(easy, CURLOPT_PROXY, endpoint->proxy);
        SET(easy, CURLOPT_NOPROXY, "");
    } else if (endpoint->direct) {
        SET(easy, CURLOPT_NOPROXY, "*");
    }
}

static void add_field(struct curl_slist **fields, const char *name, const char *value)
{
    if (!value)
        return;
    cleanup_free char *line = *name ? xasprintf("%s: %s", name, value) : xstrdup(value);
    struct curl_slist *longer = curl_slist_append(*fields, line);
    explicit_bzero(line, strlen(line));
    if (!longer)
        abort();
    *fields = longer;
}

static struct curl_slist *make_fields(const struct kube_endpoint *endpoint,
                                      const struct kube_message *message)
{
    const struct kube_config *config = endpoint->config;
    struct curl_slist *fields = NULL;
    add_field(&fields, "", endpoint->host_line);
    add_field(&fields, "", message->authorization);
    add_field(&fields, "Accept", message->accept ? message->accept : "application/json");
    add_field(&fields, "Content-Type", slice_present(message->body) ? message->content_type : NULL);
    add_field(&fields, "", "Expect:"); /* no waiting for "100 Continue" */
    add_field(&fields, "Impersonate-User", config->as);
    add_field(&fields, "Impersonate-Uid", config->as_uid);
    for (char **group = config->as_groups; group && *group; group++)
        add_field(&fields, "Impersonate-Group", *group);
    return fields;
}

void kube_fields_release(struct curl_slist *fields)
{
    for (struct curl_slist *field = fields; field; field = field->next)
        explicit_bzero(field->data, strlen(field->data));
    curl_slist_free_all(fields);
}

CURL *kube_easy_create(const struct kube_endpoint *endpoint, const struct kube_message *message,
                       struct curl_slist **fields)
{
    cleanup_free char *url = xasprintf("%s%s", endpoint->url, message->path);
    CURL *easy = curl_easy_init();
    if (!easy)
        abort();
    SET(easy, CURLOPT_URL, url);
    SET(easy, CURLOPT_PATH_AS_IS, 1L);
    if (slice_present(message->body)) {
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)message->body.length);
        SET(easy, CURLOPT_POSTFIELDS, message->body.data);
    }
    SET(easy, CURLOPT_CUSTOMREQUEST, message->method);
    SET(easy, CURLOPT_USERAGENT, endpoint->user_agent);
    set_connection(easy, endpoint, message);
    set_tls(easy, endpoint->config);
    *fields = make_fields(endpoint, message);
    SET(easy, CURLOPT_HTTPHEADER, *fields);
    return easy;
}

/* --- Failures --------------------------------------------------------------------------------- */

static enum error_code blame(CURLcode result)
{
    switch (result) {
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERROR_INPUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
        return ERROR_PROTOCOL;
    default:
        return ERROR_UNAVAILABLE;
    }
}

int kube_easy_error(const struct kube_endpoint *endpoint, CURLcode result, const char *detail,
                    struct error **err)
{
    cleanup_buffer struct buffer text = {0};
    quote_append_visible(&text, slice_of(*detail ? detail : curl_easy_strerror(result)));
    while (text.length > 0 &&
           (text.data[text.length - 1] == '.' || text.data[text.length - 1] == ' '))
        text.data[--text.length] = '\0';
    return error_set(err, blame(result), "no answer from %s: %s", endpoint->config->host,
                     buffer_text(&text));
}
