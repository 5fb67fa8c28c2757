/* The public keys that grants of Linux pods are verified with. */
#ifndef GMSA_WEBHOOK_KUBECTL_GRANTS_H
#define GMSA_WEBHOOK_KUBECTL_GRANTS_H

#include "credspec/grant.h"
#include "lib/common/options.h"
#include "webhook/kubectl/cluster.h"

struct grants_options {
    const char *public_key, *cluster_name, *webhook_namespace;
};

#define GRANTS_ROWS(values)                                                                        \
    {.type = OPTION_TEXT,                                                                          \
     .name = "grant-public-key",                                                                   \
     .argument = "PATH",                                                                           \
     .offset = offsetof(values, grants.public_key),                                                \
     .heading = "Grants of Linux pods",                                                            \
     .help = "public key (.pub), or folder of keys, to verify them with, instead of those in the " \
             "ConfigMap gmsa-grants"},                                                             \
        {.type = OPTION_TEXT,                                                                      \
         .name = "cluster-name",                                                                   \
         .argument = "NAME",                                                                       \
         .offset = offsetof(values, grants.cluster_name),                                          \
         .help = "the cluster's name in grants, instead of that in the ConfigMap"},                \
    {                                                                                              \
        .type = OPTION_TEXT, .name = "webhook-namespace", .argument = "NAME",                      \
        .offset = offsetof(values, grants.webhook_namespace), .fallback = "gmsa-webhook",          \
        .help = "where the ConfigMap is"                                                           \
    }

struct grants {
    struct grant_keys *keys;  /* NULL where there are none */
    const char *cluster_name; /* NULL where it is not known */
    const char *problem;      /* why there are no keys, or no name; in the arena */
    struct arena arena;
};

/* Keys and name, from the options or else the ConfigMap. That this may not be read, or is not
 * there, is no error. ERROR_INPUT and the others of grant_keys_load() for what the options say. */
int grants_load(struct grants *grants, struct cluster *cluster,
                const struct grants_options *options, struct error **err);
void grants_release(struct grants *grants);
#define cleanup_grants __attribute__((cleanup(grants_release)))

#endif
