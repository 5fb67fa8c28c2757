/* Signed in at a domain: what a program needs before it can ask the directory anything.
 *
 *   domain name -> controllers by DNS -> one that answers -> tickets -> sign-in -> facts
 *
 * session_open() does all of it within one deadline, and tells an observer of each stage as it
 * ends, which is all that `credspec doctor` needs to report them. */
#ifndef GMSA_DIRECTORY_SESSION_H
#define GMSA_DIRECTORY_SESSION_H

#include <stdint.h>

#include "lib/common/error.h"
#include "lib/directory/connection.h"
#include "lib/directory/domain.h"
#include "lib/directory/failure_memory.h"
#include "lib/directory/identity.h"
#include "lib/directory/kerberos.h"
#include "lib/directory/locate.h"
#include "lib/directory/resolver.h"
#include "lib/directory/tickets.h"

enum session_stage {
    SESSION_DNS,    /* which domain, and its controllers */
    SESSION_REACH,  /* one of them answers: connected, TLS, ping */
    SESSION_TICKET, /* a TGT and a ticket for the controller; left out with TLS */
    SESSION_BIND,   /* signed in */
    SESSION_FACTS,  /* the domain's facts */
};
enum { SESSION_STAGES = SESSION_FACTS + 1 };
const char *session_stage_name(enum session_stage stage);

struct session;

/* Zero means the default. What it points to must outlive the session. */
struct session_settings {
    const char *domain; /* DNS name; NULL: the realm of the identity, else the search domain */
    const char *server; /* name or address of the DC; NULL: by DNS */
    struct identity identity;
    struct directory_settings connection; /* a security with TLS needs user and password */
    struct resolver_settings resolver;
    struct failure_memory *failures; /* or NULL */
    struct kerberos *kerberos;       /* shared with others; NULL: one of the session's own */
    int64_t attempt;                 /* see locate.h */
    int64_t timeout;                 /* milliseconds for everything; 30 s */
    enum session_stage last;         /* go no further; 0 means SESSION_FACTS */
    /* A stage has ended, well (error is NULL) or not, after so many nanoseconds. What the session
     * has by then may be looked at. Or NULL. */
    void (*stage_done)(const struct session *session, enum session_stage stage, int64_t took,
                       const struct error *error, void *context);
    /* See locate.h; or NULL. */
    void (*passed_over)(const char *host, const struct error *error, void *context);
    void *context;
};

/* What is there after its stage; the rest is zero. */
struct session {
    char *domain_name; /* SESSION_REACH: DNS name in lower case */
    char *realm;       /* SESSION_REACH: the same in upper case */
    struct locate_settings locating;
    struct locate_candidates candidates;      /* SESSION_DNS */
    struct domain_controller controller;      /* SESSION_REACH; with the connection */
    struct kerberos *kerberos, *own_kerberos; /* its KDC is the controller */
    struct tickets *tickets;                  /* SESSION_TICKET */
    char *signed_in_as;   /* SESSION_BIND: "reader@CONTOSO.TEST", for account_find() */
    struct domain domain; /* SESSION_FACTS */
};

/* NULL on failure; the session as far as it came is seen by the observer alone. A controller that
 * gives no ticket or drops the connection (ERROR_UNAVAILABLE) is passed over for the next, and then
 * the stages from SESSION_REACH on are told of again. kerberos_prepare() must have been called. */
struct session *session_open(const struct session_settings *settings, struct error **err);
void session_free(struct session *session);

static inline void session_free_at(struct session **session)
{
    session_free(*session);
}
#define cleanup_session __attribute__((cleanup(session_free_at)))

#endif
