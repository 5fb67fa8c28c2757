/* The decision: a review in, a verdict out, in two pure steps.
 *
 *   decision_ask()     what must be looked up, and who must be authorised
 *   decision_verdict() decides, given the answers
 *
 * Nothing here waits, knows the clock, the network or a global. A cluster, a folder of manifests
 * and a unit test find the answers each in their own way; what they need to know is in `struct
 * questions`. The same settings must go into both steps. All results live in the arena.
 */
#ifndef GMSA_WEBHOOK_DECISION_DECISION_H
#define GMSA_WEBHOOK_DECISION_DECISION_H

#include "credspec/grant.h"
#include "credspec/resource.h"
#include "webhook/decision/review.h"

enum endpoint {
    ENDPOINT_MUTATE,
    ENDPOINT_VALIDATE,
    ENDPOINT_VALIDATE_CREDSPEC,
    ENDPOINT_WARN,
    /* None of the server's: as ENDPOINT_VALIDATE, but everything that speaks against the pod is
     * found, not the first of it alone; what could not be found out is none of it. For pods that
     * run already. */
    ENDPOINT_AUDIT,
};

struct decision_settings {
    struct slice default_run_as_user_name; /* cluster-wide default; absent for none */
    bool random_hostname;
    bool warn_on_invalid_specs; /* --invalid-specs=warn */
    /* NULL: Linux pods with a gMSA are refused; ENDPOINT_AUDIT does not verify their grants then.
     */
    const struct grant_keys *grant_keys;
    struct slice cluster_name;
};

/* What must be known before the verdict. */
struct questions {
    struct slice namespace;
    struct slice service_account; /* the subject: system:serviceaccount:NAMESPACE:SERVICE_ACCOUNT */
    struct slice *spec_names;     /* distinct, each a DNS-1123 subdomain */
    size_t count;                 /* 0: the verdict needs no answers */
    size_t authorise_count; /* only the first of them need authorisation; the rest is only looked
                               up, its answers say AUTHORISATION_ALLOWED */
};

enum authorisation { AUTHORISATION_DENIED, AUTHORISATION_ALLOWED, AUTHORISATION_UNAVAILABLE };
enum lookup { LOOKUP_MISSING, LOOKUP_FOUND, LOOKUP_UNAVAILABLE };

/* The answer for the spec name of the same index. */
struct answer {
    enum authorisation authorisation;
    enum lookup lookup;
    const struct credspec_resource *resource; /* with LOOKUP_FOUND; must outlive the verdict */
    bool of_requester;  /* the authorisation is that of who sends the request, who must be permitted
                           too, not that of the service account */
    const char *detail; /* why something is unavailable or refused, for the message; or NULL */
};

enum { VERDICT_WARNING_MAX = 120 }; /* characters of one warning (Kubernetes' advice) */

/* One reason why a pod would not be admitted. */
struct objection {
    const char *reason;  /* see reasons.h */
    const char *message; /* for the user */
};

enum { OBJECTIONS_MAX = 64 }; /* more than this are not told */

/* Where several places have several faults, the verdict names the first in this order: the
 * request's form (400); names, annotations and changes of identity (422); authorisation of all
 * (403, then 503); look-up of all (404, then 503); validity of the specs, contents, user names,
 * grant (422). What a caller looked up counts only once everything is authorised, so it may look up
 * lazily. */
struct verdict {
    bool allowed;
    int code;            /* HTTP status of a refusal: 400, 403, 404, 422, 503; 200 when allowed */
    const char *reason;  /* stable word for logs, metrics and audit: see reasons.h */
    const char *message; /* for the user; NULL when allowed */
    const char *patch;   /* JSON Patch (RFC 6902), or NULL when nothing changes */
    const char **warnings;
    size_t warning_count;
    const struct objection *objections; /* of ENDPOINT_AUDIT */
    size_t objection_count;
    struct slice
        *spec_names; /* for the audit annotation and the log line; the new ones in an UPDATE */
    size_t spec_count;
    bool concerned; /* the object has a gMSA: pods without are logged at debug level only */
};

void decision_ask(const struct review *review, enum endpoint endpoint,
                  const struct decision_settings *settings, struct arena *arena,
                  struct questions *questions);
void decision_verdict(const struct review *review, enum endpoint endpoint,
                      const struct decision_settings *settings, const struct questions *questions,
                      const struct answer *answers, struct arena *arena, struct verdict *verdict);

/* The AdmissionReview that answers: JSON, with the request's uid, the patch in base64, warnings and
 * audit annotations. */
struct buffer;
void decision_write_response(struct buffer *out, const struct review *review,
                             const struct verdict *verdict);

#endif
