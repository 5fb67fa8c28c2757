/* The API server's own rules for the fields this project is about: what happens to a pod between
 * mutating and validating webhooks.
 *
 * Rules, order and texts are those of kubernetes/pkg/apis/core/validation/validation.go:
 * validateWindowsSecurityContextOptions, validateWindowsHostProcessPod, validateOS, validateLinux
 * and validateWindows. Everything else about a pod is not judged here. The cluster is taken to
 * allow privileged containers.
 */
#ifndef GMSA_WEBHOOK_ADMISSION_API_RULES_H
#define GMSA_WEBHOOK_ADMISSION_API_RULES_H

#include "lib/common/arena.h"
#include "lib/document/tree.h"

/* Texts as the API server prints them: "spec.hostNetwork: Invalid value: false: ...". */
struct api_errors {
    struct arena *arena;
    const char **messages;
    size_t count, capacity;
};

/* Values are printed as Go's %q does, and cut after 256 bytes. A field of a wrong type counts as
 * missing: the API server cannot read such an object at all. */
void api_rules_check_pod(const struct node *pod, struct api_errors *errors);

/* One line, as kubectl shows it: `Pod "NAME" is invalid: FIRST` or `...: [FIRST, SECOND]`. In the
 * arena. */
const char *api_errors_text(const struct api_errors *errors, struct slice name);

#endif
