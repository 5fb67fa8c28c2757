#include "lib/kube/exec_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/common/memory.h"
#include "lib/kube/clock.h"

enum {
    OUTPUT_MAX = 1024 * 1024,
    LOOK_FIRST = 1, /* milliseconds between two looks whether it has ended */
    LOOK_LAST = 32,
};

static void free_list(char **list)
{
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
}

void exec_program_release(struct exec_program *program)
{
    free_list(program->arguments);
    free_list(program->environment);
    *program = (struct exec_program){0};
}

bool exec_program_has_variable(const struct exec_program *program, const char *variable)
{
    size_t length = strcspn(variable, "=");
    for (char **other = program->environment; *other; other++)
        if (strncmp(*other, variable, length) == 0 && (*other)[length] == '=')
            return true;
    return false;
}

static int64_t now(void)
{
    return kube_now() / 1000000; /* milliseconds */
}

/* Waits until the descriptor can be read, or the time is over (ERROR_UNAVAILABLE). */
static int wait_for(int fd, const char *name, int64_t until, struct error **err)
{
    for (;;) {
        int64_t left = until - now();
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int ready = poll(&wanted, 1, left > 0 ? (int)left : 0);
        if (ready > 0)
            return 0;
        if (ready == 0)
            return error_set(err, ERROR_UNAVAILABLE, "%s took too long and was ended", name);
        if (errno != EINTR)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot wait for %s", name);
    }
}

static int read_output(int fd, const char *name, int64_t until, struct secure_buffer *output,
                       struct error **err)
{
    if (secure_buffer_create(output, OUTPUT_MAX, err) < 0)
        return -1;
    for (;;) {
        if (wait_for(fd, name, until, err) < 0)
            return -1;
        ssize_t got = read(fd, output->data + output->length, OUTPUT_MAX - output->length + 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot read from %s", name);
        if (got == 0)
            return 0;
        output->length += (size_t)got;
        if (output->length > OUTPUT_MAX)
            return error_set(err, ERROR_PROTOCOL, "%s printed more than %d bytes", name,
                             OUTPUT_MAX);
    }
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int out)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    failed |= posix_spawn_file_actions_adddup2(actions, out, 1);
    failed |= posix_spawn_file_actions_addclosefrom_np(actions, 3);
    failed |= posix_spawnattr_setsigmask(attributes, &none);
    failed |= posix_spawnattr_setsigdefault(attributes, &all);
    failed |= posix_spawnattr_setpgroup(attributes, 0);
    failed |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                       POSIX_SPAWN_SETPGROUP);
    return failed;
}

static int start(const struct exec_program *program, int out, pid_t *pid, struct error **err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    int failed = prepare(&actions, &attributes, out);
    if (!failed)
        failed = posix_spawnp(pid, program->arguments[0], &actions, &attributes, program->arguments,
                              program->environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (!failed)
        return 0;
    return error_set_errno(err,
                           failed == ENOENT   ? ERROR_NOT_FOUND
                           : failed == EACCES ? ERROR_DENIED
                                              : ERROR_INTERNAL,
                           failed, "cannot run %s", program->arguments[0]);
}

/* Whether the program has ended; it is left to be waited for. */
static int has_ended(pid_t pid, const char *name, bool *ended, struct error **err)
{
    siginfo_t info = {0};
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        if (errno != EINTR)
            return error_set_errno(err, ERROR_INTERNAL, errno, "cannot wait for %s", name);
    *ended = info.si_pid == pid;
    return 0;
}

/* The end of the program, which comes right after that of its output or hardly ever later: looking
 * for it again and again costs little, and works on every kernel (pidfd_open(2) needs 5.3). */
static int await_end(pid_t pid, const char *name, int64_t until, struct error **err)
{
    bool ended = false;
    int64_t wait = LOOK_FIRST;
    for (;;) {
        if (has_ended(pid, name, &ended, err) < 0)
            return -1;
        int64_t left = until - now();
        if (ended)
            return 0;
        if (left <= 0)
            return error_set(err, ERROR_UNAVAILABLE, "%s took too long and was ended", name);
        int64_t pause = wait < left ? wait : left;
        (void)nanosleep(&(struct timespec){.tv_nsec = pause * 1000000}, NULL);
        wait = wait < LOOK_LAST ? wait * 2 : LOOK_LAST;
    }
}

static int judge(int status, const char *name, struct error **err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status))
        return error_set(err, ERROR_UNAVAILABLE, "%s failed with exit code %d", name,
                         WEXITSTATUS(status));
    return error_set(err, ERROR_UNAVAILABLE, "%s was ended by signal %d", name, WTERMSIG(status));
}

int exec_program_run(const struct exec_program *program, struct secure_buffer *output,
                     struct error **err)
{
    const char *name = program->arguments[0];
    cleanup_secure_buffer struct secure_buffer printed = {0};
    int64_t until = now() + program->timeout;
    int pipe_ends[2], status = 0;
    pid_t pid;
    if (pipe2(pipe_ends, O_CLOEXEC) < 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
    cleanup_close int in = pipe_ends[0];
    int started = start(program, pipe_ends[1], &pid, err);
    (void)close(pipe_ends[1]);
    if (started < 0)
        return -1;
    int result = read_output(in, name, until, &printed, err);
    if (result == 0)
        result = await_end(pid, name, until, err);
    if (result < 0)
        (void)kill(-pid, SIGKILL);
    pid_t waited;
    while ((waited = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    /* A process that ignores SIGCHLD is told nothing about its children. */
    if (waited < 0 && result == 0)
        result = error_set_errno(err, ERROR_INTERNAL, errno, "cannot tell how %s ended", name);
    if (result < 0 || judge(status, name, err) < 0)
        return -1;
    *output = MOVE(printed);
    return 0;
}
