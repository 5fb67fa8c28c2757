/* Why a verdict is what it is: one stable word for logs, metrics and audit annotations, and the
 * HTTP status that goes with it. Words are never reused for something else. */
#ifndef GMSA_WEBHOOK_DECISION_REASONS_H
#define GMSA_WEBHOOK_DECISION_REASONS_H

/* X(constant, word, status) */
#define REASONS(X)                                                                                 \
    /* Allowed. */                                                                                 \
    X(REASON_NO_IDENTITY, "no-identity", 200) /* the object has no gMSA */                         \
    X(REASON_PERMITTED, "permitted", 200)     /* it has, and everything about it is right */       \
    X(REASON_UNCHANGED, "unchanged", 200)     /* an UPDATE that leaves every identity as it was */ \
    X(REASON_NOT_OURS, "not-ours", 200)       /* no resource or operation this endpoint judges */  \
    X(REASON_ADVICE_ONLY, "advice-only", 200) /* /warn, or --invalid-specs=warn */                 \
    /* The request itself. */                                                                      \
    X(REASON_MALFORMED, "malformed-request", 400)                                                  \
    X(REASON_NAMESPACE_DIFFERS, "namespace-differs", 400)                                          \
    X(REASON_NAME_DIFFERS, "name-differs", 400)                                                    \
    /* Who may. */                                                                                 \
    X(REASON_NOT_AUTHORISED, "not-authorised", 403)                                                \
    X(REASON_AUTHORISATION_UNAVAILABLE, "authorisation-unavailable", 503)                          \
    /* The spec. */                                                                                \
    X(REASON_SPEC_NAME_INVALID, "spec-name-invalid", 422)                                          \
    X(REASON_TOO_MANY_SPECS, "too-many-specs", 422)                                                \
    X(REASON_SPEC_NOT_FOUND, "spec-not-found", 404)                                                \
    X(REASON_LOOKUP_UNAVAILABLE, "lookup-unavailable", 503)                                        \
    X(REASON_SPEC_INVALID, "spec-invalid", 422)                                                    \
    /* The contents. */                                                                            \
    X(REASON_CONTENTS_WITHOUT_NAME, "contents-without-name", 422)                                  \
    X(REASON_CONTENTS_MISSING, "contents-missing", 422) /* /mutate did not run */                  \
    X(REASON_CONTENTS_DIFFER, "contents-differ", 422)                                              \
    X(REASON_POD_TOO_LARGE, "pod-too-large", 422)                                                  \
    /* runAsUserName. */                                                                           \
    X(REASON_USER_NAME_INVALID, "user-name-invalid", 422)                                          \
    X(REASON_USER_NAME_NOT_ALLOWED, "user-name-not-allowed", 422)                                  \
    X(REASON_USER_NAME_MISSING, "user-name-missing", 422)                                          \
    /* The pod. */                                                                                 \
    X(REASON_IDENTITY_CHANGED, "identity-changed", 422)                                            \
    X(REASON_MIRROR_POD, "mirror-pod", 422)                                                        \
    X(REASON_SERVICE_ACCOUNT_INVALID, "service-account-invalid", 422)                              \
    /* Linux. */                                                                                   \
    X(REASON_ANNOTATION_UNKNOWN, "annotation-unknown", 422)                                        \
    X(REASON_CONTAINER_UNKNOWN, "container-unknown", 422)                                          \
    X(REASON_ANNOTATION_ON_WINDOWS, "annotation-on-windows-pod", 422)                              \
    X(REASON_GRANT_KEY_MISSING, "grant-key-missing", 422)                                          \
    X(REASON_GRANT_MISSING, "grant-missing", 422) /* /mutate did not run */                        \
    X(REASON_GRANT_UNEXPECTED, "grant-unexpected", 422)                                            \
    X(REASON_GRANT_DIFFERS, "grant-differs", 422)                                                  \
    X(REASON_GRANT_TOO_LARGE, "grant-too-large", 422)                                              \
    X(REASON_GRANT_UNAVAILABLE, "grant-unavailable", 503) /* OpenSSL failed */                     \
    /* GMSACredentialSpec objects. */                                                              \
    X(REASON_SPEC_OBJECT_INVALID, "spec-object-invalid", 422)

enum reason {
#define X(constant, word, status) constant,
    REASONS(X)
#undef X
};

const char *reason_word(enum reason reason);
int reason_status(enum reason reason);

#endif
