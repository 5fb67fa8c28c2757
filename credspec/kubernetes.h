/* What the API server itself demands of the fields this project writes.
 *
 * Rules and texts are those of kubernetes/pkg/apis/core/validation/validation.go
 * (validateWindowsSecurityContextOptions) and apimachinery/pkg/util/validation/validation.go.
 * Lengths are bytes, except that the NetBIOS form counts code points; nothing here follows the
 * locale.
 *
 * Each function lists what is wrong as static English texts without the field's path, in the API
 * server's own order and words, and returns how many there are: 0 means valid.
 */
#ifndef GMSA_CREDSPEC_KUBERNETES_H
#define GMSA_CREDSPEC_KUBERNETES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/common/slice.h"

enum { KUBERNETES_MESSAGES_MAX = 8 };

/* IsDNS1123Subdomain: gmsaCredentialSpecName and the names of most objects. */
size_t kubernetes_check_subdomain(struct slice name, const char *messages[KUBERNETES_MESSAGES_MAX]);
/* IsDNS1123Label: namespaces, container names, hostnames. */
size_t kubernetes_check_label(struct slice name, const char *messages[KUBERNETES_MESSAGES_MAX]);
/* runAsUserName: [DOMAIN\]USER. */
size_t kubernetes_check_run_as_user_name(struct slice name,
                                         const char *messages[KUBERNETES_MESSAGES_MAX]);
/* gmsaCredentialSpec: size alone; the API server does not read it. */
size_t kubernetes_check_credential_spec(struct slice contents,
                                        const char *messages[KUBERNETES_MESSAGES_MAX]);

/* Whether two user names mean the same account to Windows: ASCII letters without regard to case. */
bool run_as_user_name_equal(struct slice a, struct slice b);

#endif
