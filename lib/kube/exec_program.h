/* Running a program for what it prints: no shell, a time limit, nothing inherited but standard
 * error. */
#ifndef GMSA_KUBE_EXEC_PROGRAM_H
#define GMSA_KUBE_EXEC_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/common/error.h"
#include "lib/common/secure_buffer.h"

struct exec_program {
    char **arguments;   /* owned; [0] is looked up in PATH where it has no slash; ends with NULL */
    char **environment; /* owned, "NAME=value", ends with NULL */
    int64_t timeout;    /* milliseconds */
};

/* Whether the environment has a variable of the same name as "NAME=value" yet. */
bool exec_program_has_variable(const struct exec_program *program, const char *variable);

/* Runs it with an empty standard input, in a process group of its own, which is killed when the
 * time is over. The process must not ignore SIGCHLD (ERROR_INTERNAL). ERROR_NOT_FOUND and
 * ERROR_DENIED where it cannot be started, ERROR_UNAVAILABLE where it fails or takes too long,
 * ERROR_PROTOCOL where it prints more than 1 MiB. */
int exec_program_run(const struct exec_program *program, struct secure_buffer *output,
                     struct error **err);
void exec_program_release(struct exec_program *program);

#define cleanup_exec_program __attribute__((cleanup(exec_program_release)))

#endif
