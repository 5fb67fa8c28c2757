/* An AdmissionReview (admission.k8s.io/v1), reduced to what the decision needs.
 *
 * One pass over the request body, without a tree of the pod: what matters is kept as slices of the
 * body (or, where escaped, of the arena), everything else is checked for being JSON and skipped.
 * Field names match exactly, as the API server writes them; a duplicate of a field that matters is
 * refused, since two readers could take two values.
 */
#ifndef GMSA_WEBHOOK_DECISION_REVIEW_H
#define GMSA_WEBHOOK_DECISION_REVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/arena.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

/* Our annotations (Linux pods). */
#define ANNOTATION_DOMAIN        "gmsa-identity.dev/"
#define ANNOTATION_SPEC          "gmsa-identity.dev/credential-spec"
#define ANNOTATION_SPEC_PREFIX   "gmsa-identity.dev/credential-spec."
#define ANNOTATION_GRANT         "gmsa-identity.dev/grant"
#define ANNOTATION_KEEP_HOSTNAME "gmsa-identity.dev/keep-hostname"

/* Bounds on what is read; a body that goes beyond one is refused. The API server has none on the
 * number of containers, but what is kept of one is far more than the two bytes of a `{}`: so many
 * take about 2 MB for two objects with all three lists, and no node can run such a pod. */
enum {
    REVIEW_CONTAINERS_MAX = 1000, /* in one list */
    REVIEW_LIST_MAX = 10000,      /* groups of the user; annotations of ours */
    REVIEW_UID_MAX = 1024,        /* bytes */
    REVIEW_DEPTH_MAX = 500,       /* nested arrays and objects */
};

enum operation {
    OPERATION_CREATE,
    OPERATION_UPDATE,
    OPERATION_DELETE,
    OPERATION_CONNECT,
    OPERATION_OTHER, /* missing or not known */
};

enum place_kind { PLACE_POD, PLACE_CONTAINER, PLACE_INIT_CONTAINER, PLACE_EPHEMERAL_CONTAINER };

enum tristate { UNSET, SET_FALSE, SET_TRUE };

/* The pod itself or one of its containers: where an identity can be named. An absent slice is a
 * field that is missing or null; an empty one is "". */
struct place {
    enum place_kind kind;
    size_t index;      /* in its list */
    struct slice name; /* of the container */
    bool has_security_context;
    bool has_windows_options;
    struct slice spec_name; /* gmsaCredentialSpecName */
    struct slice contents;  /* gmsaCredentialSpec */
    struct slice run_as_user_name;
    enum tristate host_process;
    enum tristate run_as_non_root;
    struct slice raw; /* JSON text of windowsOptions, absent where there is none */
};

struct annotation {
    struct slice key, value;
};

/* A pod (or pod template): places[0] is the pod itself, then containers, init containers, ephemeral
 * containers, each in the order of its list. */
struct pod_view {
    struct slice name, generate_name, namespace;
    /* serviceAccountName, else serviceAccount, whichever is not empty, as the API server converts
     * them (pkg/apis/core/v1/conversion.go); absent when neither is set. */
    struct slice service_account;
    struct slice hostname;
    struct slice os_name;                /* spec.os.name */
    bool selects_windows, selects_linux; /* nodeSelector kubernetes.io/os */
    bool host_network;
    bool mirror; /* annotation kubernetes.io/config.mirror */
    bool has_metadata, has_annotations, has_spec;
    struct annotation *annotations; /* only ours: ANNOTATION_DOMAIN; sorted by key, each once */
    size_t annotation_count;
    struct place *places;
    size_t place_count;
};

struct review {
    struct slice uid; /* 1 to REVIEW_UID_MAX bytes */
    /* "" where missing, which is what it means to Go. */
    struct slice kind_group, kind_version, kind;
    struct slice resource_group, resource_version, resource;
    struct slice subresource; /* absent when missing */
    enum operation operation;
    struct slice name, namespace;
    struct slice user;    /* userInfo.username: the requester, never the subject */
    struct slice *groups; /* userInfo.groups */
    size_t group_count;
    struct slice user_uid;   /* userInfo.uid */
    struct slice user_extra; /* userInfo.extra: raw JSON */
    bool dry_run;
    struct slice object, old_object; /* raw JSON; absent when missing or null */
    /* What object and oldObject say of themselves. */
    struct slice object_api_version, object_kind;
    struct slice old_api_version, old_kind;
    /* Read where resource is pods of the core group, of whatever subresource; NULL otherwise and
     * where the object is absent. */
    struct pod_view *pod, *old_pod;
};

/* Reads a request body. ERROR_INPUT where it is no v1 AdmissionReview with a request and a uid, no
 * JSON, or says something twice: answer with HTTP 400. Slices point into `body` and the arena. */
int review_read(struct arena *arena, const char *body, size_t length, struct review *review,
                struct error **err);

/* Reads a pod or pod template out of a workload's JSON text (`raw` is review->object): `path` is
 * the member names that lead to it, as {"spec", "template", NULL} ({NULL}: `raw` itself). NULL when
 * there is none, with *err untouched; ERROR_INPUT. */
struct pod_view *review_read_template(struct arena *arena, struct slice raw,
                                      const char *const *path, struct error **err);

/* The JSON pointer of a place's parent: "/spec" or "/spec/initContainers/2". */
const char *place_pointer(const struct place *place, struct arena *arena);
/* As messages name it: "pod" or `init container "migrate"`. */
const char *place_label(const struct place *place, struct arena *arena);

#endif
