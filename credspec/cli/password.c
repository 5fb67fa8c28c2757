#include "credspec/cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>

#include "lib/common/memory.h"
#include "lib/common/utf8.h"

/* Cuts the line end off and looks at what is left; `from` begins messages. */
static int check_password(struct secure_buffer *password, const char *from, struct error **err)
{
    const char *text = (const char *)password->data;
    size_t length = password->length;
    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length < password->length && length > 0 && text[length - 1] == '\r')
        length--;
    if (length == 0)
        return error_set(err, ERROR_INPUT, "%s: there is no password", from);
    if (length > PASSWORD_LENGTH_MAX)
        return error_set(err, ERROR_INPUT, "%s: longer than any password (%d bytes)", from,
                         PASSWORD_LENGTH_MAX);
    if (memchr(text, '\n', length))
        return error_set(err, ERROR_INPUT, "%s: more than one line, and a password is one", from);
    if (memchr(text, '\0', length) || !utf8_valid(text, length))
        return error_set(err, ERROR_INPUT, "%s: the password is not UTF-8 text", from);
    password->length = length;
    password->data[length] = '\0';
    return 0;
}

int password_read(const char *path, struct secure_buffer *password, struct error **err)
{
    bool input = strcmp(path, "-") == 0;
    cleanup_secure_buffer struct secure_buffer read = {0};
    /* Room for a line end, and for seeing that there is too much. */
    if (secure_buffer_read_file(&read, input ? "/dev/stdin" : path, PASSWORD_LENGTH_MAX + 3, err) !=
            0 ||
        check_password(&read, input ? "<stdin>" : path, err) != 0)
        return -1;
    *password = MOVE(read);
    return 0;
}

/* --- The terminal -------------------------------------------------------------------------------
 */

/* Signals that end or stop a program and must not leave the terminal without echo. */
static const int caught_signals[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
                                     SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};
enum { SIGNALS = sizeof(caught_signals) / sizeof(caught_signals[0]) };
static volatile sig_atomic_t caught; /* a signal's number */

static void on_signal(int number)
{
    caught = number;
}

static void catch_signals(struct sigaction before[SIGNALS])
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: read() shall end */
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        (void)sigaction(caught_signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            (void)sigaction(caught_signals[i], &action, NULL);
    }
}

static void release_signals(const struct sigaction before[SIGNALS])
{
    for (size_t i = 0; i < SIGNALS; i++)
        (void)sigaction(caught_signals[i], &before[i], NULL);
}

static void say(int terminal, const char *text)
{
    if (write(terminal, text, strlen(text)) < 0) {
        /* A terminal that takes no prompt may still give a line. */
    }
}

/* One line, terminal and signals as before afterwards; the errno of a failure, else 0. EINTR: look
 * at `caught`. */
static int ask_once(int terminal, const char *prompt, struct secure_buffer *password)
{
    struct sigaction before[SIGNALS];
    struct termios normal;
    if (tcgetattr(terminal, &normal) != 0)
        return errno;
    struct termios silent = normal;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    catch_signals(before);
    int problem = tcsetattr(terminal, TCSAFLUSH, &silent) == 0 ? 0 : errno;
    if (problem == 0) {
        say(terminal, prompt);
        ssize_t length = read(terminal, password->data, password->capacity);
        problem = length < 0 ? errno : 0;
        password->length = length > 0 ? (size_t)length : 0;
        say(terminal, "\n");
    }
    while (tcsetattr(terminal, TCSAFLUSH, &normal) != 0 && errno == EINTR && caught != SIGTTOU) {
    }
    release_signals(before);
    return problem;
}

int password_ask(const char *prompt, struct secure_buffer *password, struct error **err)
{
    cleanup_close int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0)
        return error_set(err, ERROR_INPUT,
                         "there is no terminal to ask for the password: give "
                         "--password-file");
    cleanup_secure_buffer struct secure_buffer typed = {0};
    if (secure_buffer_create(&typed, PASSWORD_LENGTH_MAX + 3, err) != 0)
        return -1;
    int problem;
    do {
        caught = 0;
        problem = ask_once(terminal, prompt, &typed);
        /* Ends or stops the program, as the signal would have done; behind a stop it asks anew. */
        if (caught != 0)
            (void)raise(caught);
    } while (problem == EINTR);
    if (problem != 0)
        return error_set_errno(err, ERROR_INPUT, problem,
                               "the password could not be read from the terminal");
    if (check_password(&typed, "terminal", err) != 0)
        return -1;
    *password = MOVE(typed);
    return 0;
}
