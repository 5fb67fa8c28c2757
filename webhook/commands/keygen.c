/* `gmsa-webhook keygen`: a key for the grants of Linux pods. */
#include <errno.h>
#include <sys/stat.h>

#include "credspec/grant.h"
#include "lib/common/memory.h"
#include "lib/common/secure_buffer.h"
#include "webhook/commands/commands.h"

static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    (void)values;
    cleanup_error struct error *err = NULL;
    cleanup_free char *path = NULL;
    secure_process();
    if (mkdir(operands[0], 0700) < 0 && errno != EEXIST) {
        error_set_errno(&err, ERROR_INTERNAL, errno, "%s cannot be made", operands[0]);
        return program_fail(EXIT_USAGE, err);
    }
    if (grant_key_generate(operands[0], &path, &err) < 0)
        return program_fail(EXIT_USAGE, err);
    printf("%s\n", path);
    return EXIT_SUCCESS;
}

static const struct option_example examples[] = {
    {"gmsa-webhook keygen /etc/gmsa-webhook/grant-keys", "make the first key, or the next one"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 the key was made",
    "2 wrong call, or the key could not be written",
    NULL,
};

const struct command_row keygen_command = {
    .name = "keygen",
    .operands = "DIR",
    .least = 1,
    .most = 1,
    .summary = "make a key that signs grants for Linux pods",
    .description =
        "Makes an Ed25519 key pair in DIR, a .key file which only its owner may read and a .pub "
        "file, and prints the path of the first. DIR is made where it is not there, for its owner "
        "alone. Nothing that is there is overwritten.\n"
        "\n"
        "The webhook signs with the newest key of the folder and accepts grants of all of them. "
        "The nodes need the .pub files only. To change the key, make a new one, bring its .pub "
        "file to the nodes, and remove the old pair when no pod with an old grant is left; to "
        "revoke all grants of a key, remove its pair everywhere.",
    .examples = examples,
    .exit_codes = exit_codes,
    .run = run,
};
