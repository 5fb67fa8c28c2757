/* One HTTP request as a libcurl transfer: what every call to one API server has in common. */
#ifndef GMSA_KUBE_EASY_H
#define GMSA_KUBE_EASY_H

#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/kube/config.h"
#include "lib/kube/curl.h"

/* What follows from a config once. */
struct kube_endpoint {
    const struct kube_config *config;
    char *url;                     /* what a path is put behind */
    char *host_line;               /* "Host: ..." where the URL names another one, or NULL */
    char *proxy;                   /* or NULL: as the environment says */
    struct curl_slist *connect_to; /* where to connect instead, or NULL */
    bool direct;                   /* never through the environment's proxy: a loopback address */
    int64_t connect_timeout;       /* milliseconds */
    const char *user_agent;
};

void kube_endpoint_init(struct kube_endpoint *endpoint, const struct kube_config *config);
void kube_endpoint_release(struct kube_endpoint *endpoint);

struct kube_message {
    const char *method, *path; /* with the query */
    struct slice body;         /* must outlive the transfer; absent: none */
    const char *content_type, *accept;
    const char *authorization; /* the whole line, or NULL */
    bool fresh_connection, own_connection;
};

/* A transfer without callbacks; `fields` gets its list of header fields, which must outlive it and
 * is released with kube_fields_release(). */
CURL *kube_easy_create(const struct kube_endpoint *endpoint, const struct kube_message *message,
                       struct curl_slist **fields) __attribute__((returns_nonnull));
/* Wipes and frees: one of them is a credential. */
void kube_fields_release(struct curl_slist *fields);

/* Fills *err for a transfer that got no answer. `detail` is curl's own text, or "". Returns -1. */
int kube_easy_error(const struct kube_endpoint *endpoint, CURLcode result, const char *detail,
                    struct error **err);

#endif
