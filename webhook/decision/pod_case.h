/* One pod under judgement: its places, what changed, which specs they name. Inside the decision.
 *
 * pod_case_open() does all that needs no answers; what follows, in order of precedence, are the
 * steps below. Each adds its refusals to the opinion.
 */
#ifndef GMSA_WEBHOOK_DECISION_POD_CASE_H
#define GMSA_WEBHOOK_DECISION_POD_CASE_H

#include "webhook/decision/opinion.h"
#include "webhook/decision/patch.h"
#include "webhook/decision/scope.h"

/* Different specs one pod may name. Bounds what a request can cost; real pods name one or two. */
enum { POD_SPECS_MAX = 64, NO_SPEC = -1 };

struct place_case {
    bool fresh;                /* to be judged: not there in the old pod */
    bool names;                /* names a spec or carries contents: kubelet takes both from here */
    int spec;                  /* index of the spec it names, or NO_SPEC */
    struct slice new_contents; /* what /mutate writes, absent for nothing */
    struct slice new_user;
};

/* A Linux pod's annotation that names a spec. */
struct annotation_case {
    const struct annotation *annotation;
    struct slice container; /* "*" for all */
    int spec;
};

struct pod_case {
    struct arena *arena;
    struct opinion *opinion;
    const struct decision_settings *settings;
    const struct pod_view *pod, *old; /* old: NULL at CREATE */
    bool fill;                        /* /mutate, or as if: what is absent is written */
    struct slice namespace, service_account;

    bool concerned;  /* there is an identity in the pod or the old one */
    bool on_windows; /* the identity stands in windowsOptions */
    bool keep_hostname;
    struct slice grant;        /* the annotation's value, or absent */
    struct place_case *places; /* one for each of pod->places; NULL when not concerned */
    struct annotation_case *annotations;
    size_t annotation_count;

    struct slice *names; /* distinct */
    size_t name_count;
    size_t authorise_count; /* the first of them; the rest is only looked up */
    const struct answer *answers;
};

/* Whether there is any identity, Windows or Linux, in a pod. */
bool pod_has_identity(const struct pod_view *pod);

/* Fills in a case whose arena, opinion, settings, pod, old, fill and namespace are set, and does
 * everything that needs no answers: names, changes, annotations. */
void pod_case_open(struct pod_case *pod);

/* update.c: finds out which places are fresh, and refuses changes of identity. */
void pod_match_old(struct pod_case *pod);
/* linux.c: reads our annotations. Then grants, once contents are known to be right. */
void pod_read_annotations(struct pod_case *pod);
void pod_grant_write(struct pod_case *pod, struct patch *patch);
void pod_grant_check(struct pod_case *pod);

/* answers.c: authorisation of all, then look-up of all, then validity of all. */
void pod_check_answers(struct pod_case *pod);
/* verdict_mutate.c, verdict_validate.c */
void pod_contents_fill(struct pod_case *pod);
void pod_write_patch(struct pod_case *pod, struct patch *patch);
void pod_contents_check(struct pod_case *pod);
/* Whether the text means the canonical spec: read strictly, so that no two programs can read two
 * things out of it. */
bool pod_contents_mean(const struct pod_case *pod, struct slice contents, struct slice canonical);
/* run_as_user.c: writes defaults, then holds every effective pair against its list. */
void pod_users_fill(struct pod_case *pod);
void pod_users_check(struct pod_case *pod);
/* hostname.c: a hostname made of the request's uid (opt-in). */
void pod_hostname_write(struct pod_case *pod, struct slice uid, struct patch *patch);
/* warnings.c */
void pod_warn(struct pod_case *pod);

/* The spec of that index; NULL where it is not there. */
const struct credspec_resource *pod_resource(const struct pod_case *pod, int spec);
/* The index of a name in pod->names, which it is added to; NO_SPEC when there are too many. */
int pod_add_name(struct pod_case *pod, struct slice name);

/* What kubelet gives a container (DetermineEffectiveSecurityContext), with what /mutate writes
 * counted in: both gMSA fields from the container where it sets either, the user name from
 * whichever sets one, the container first. */
struct effective {
    bool identity; /* there is a gMSA at all */
    int spec;
    struct slice user; /* or absent */
};
struct effective pod_effective(const struct pod_case *pod, size_t container);

/* place_label() of a place. */
const char *pod_label(const struct pod_case *pod, size_t place);

#endif
