/* The Authorization field of a client's calls, which follows a token file that is rotated. */
#ifndef GMSA_KUBE_CREDENTIAL_H
#define GMSA_KUBE_CREDENTIAL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"
#include "lib/kube/config.h"

struct kube_credential {
    const struct kube_config *config;
    struct secure_buffer header; /* "Authorization: ..."; empty where there is none */
    struct timespec file_time;   /* of the token file that was read: what tells a new one */
    ino_t file_inode;
    bool stale, complained;
};

/* The field's line, or NULL for a client without token and password. A look at the token file is
 * all it costs while that stays the same (kubelet renames a new one into place). Where a new one
 * cannot be read the old one is used further, and the log says so once. The result is valid until
 * the next call. ERROR_NOT_FOUND, ERROR_DENIED, ERROR_INPUT (no token yet and the file cannot be
 * read, or holds none). */
int kube_credential_line(struct kube_credential *credential, const char **line, struct error **err);
/* After a refusal with 401: the file is read again whatever it looks like. */
void kube_credential_doubt(struct kube_credential *credential);
void kube_credential_release(struct kube_credential *credential);

#endif
