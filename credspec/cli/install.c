/* `credspec install`: puts a checked credential spec where the host looks for it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/output.h"
#include "credspec/cli/resource_name.h"
#include "credspec/cli/source.h"
#include "credspec/spec.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"

#define NODE_FOLDER       "/etc/gmsa-node"
#define NODE_SPECS_FOLDER NODE_FOLDER "/credential-specs"

struct install_options {
    const char *directory;
};

/* --- Where it goes ------------------------------------------------------------------------------
 */

/* metadata.name of a resource; for a bare spec the file's own name, so that what Docker users have
 * typed so far goes on working; for standard input the account. */
static const char *name_of_spec(struct source *source, const char *path)
{
    if (source->kind == MANIFEST_RESOURCE) {
        struct slice name = source_object_name(source->object);
        return name.data ? arena_copy(&source->arena, name.data, name.length) : "";
    }
    if (strcmp(path, "-") == 0)
        return resource_name_from(
            &source->arena,
            node_text(node_member(source->spec, "DomainJoinConfig"), "MachineAccountName"));
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    struct slice stem = {base, dot && dot != base ? (size_t)(dot - base) : strlen(base)};
    return resource_name_from(&source->arena, stem);
}

/* Makes a folder whose parent exists. A missing parent is more likely a slip than a wish. */
static int make_folder(const char *path, struct error **err)
{
    if (mkdir(path, 0755) == 0)
        return chmod(path, 0755) == 0 ? 0
                                      : error_set_errno(err, ERROR_INTERNAL, errno,
                                                        "%s: cannot set the permissions", path);
    int number = errno;
    struct stat there;
    if (number == EEXIST && stat(path, &there) == 0) {
        if (S_ISDIR(there.st_mode))
            return 0;
        return error_set(err, ERROR_INPUT, "%s is no folder", path);
    }
    if (number == ENOENT)
        return error_set(err, ERROR_NOT_FOUND,
                         "cannot make the folder %s: the folder above it does not exist", path);
    enum error_code code = number == EACCES || number == EPERM ? ERROR_DENIED : ERROR_INTERNAL;
    return error_set_errno(err, code, number, "cannot make the folder %s", path);
}

static int make_folders(const char *directory, struct error **err)
{
    if (!directory && make_folder(NODE_FOLDER, err) != 0)
        return -1;
    return make_folder(directory ? directory : NODE_SPECS_FOLDER, err);
}

/* --- Putting it there ---------------------------------------------------------------------------
 */

enum outcome { OUTCOME_NEW, OUTCOME_REPLACED, OUTCOME_UNCHANGED };

static enum outcome compare_with_existing(const char *path, const struct buffer *text)
{
    cleanup_buffer struct buffer there = {0};
    struct stat state;
    if (lstat(path, &state) != 0)
        return OUTCOME_NEW;
    if (!S_ISREG(state.st_mode) || (state.st_mode & 07777) != 0644 ||
        file_read(path, CREDSPEC_TEXT_MAX, &there, NULL) != 0)
        return OUTCOME_REPLACED;
    bool same = there.length == text->length &&
                memcmp(buffer_text(&there), buffer_text(text), text->length) == 0;
    return same ? OUTCOME_UNCHANGED : OUTCOME_REPLACED;
}

/* A name that passed resource_name_check() holds nothing that a shell could take for its own. */
static void print_outcome(const char *path, const char *name, enum outcome outcome, bool docker)
{
    static const char *const words[] = {"installed", "replaced", "already there, unchanged:"};
    printf("%s ", words[outcome]);
    output_text(stdout, slice_of(path));
    putchar('\n');
    if (docker)
        printf("\nOn that Windows host:\n"
               "  docker run --security-opt \"credentialspec=file://%s.json\" IMAGE\n",
               name);
}

static int install(struct source *source, const char *name, const char *directory,
                   struct error **err)
{
    cleanup_free char *path =
        xasprintf("%s/%s.json", directory ? directory : NODE_SPECS_FOLDER, name);
    cleanup_buffer struct buffer text = {0};
    credspec_canonical(&text, source->spec);
    if (make_folders(directory, err) != 0)
        return -1;
    enum outcome outcome = compare_with_existing(path, &text);
    if (outcome != OUTCOME_UNCHANGED && output_file(path, &text, true, err) != 0)
        return -1;
    print_outcome(path, name, outcome, directory != NULL);
    return 0;
}

/* --- The command --------------------------------------------------------------------------------
 */

static int run_install(const struct command_row *command, const void *values,
                       const char *const *operands)
{
    (void)command;
    const struct install_options *options = values;
    cleanup_error struct error *error = NULL;
    cleanup_source struct source source = {.kind = MANIFEST_OTHER};
    if (source_read(operands[0], &source, &error) != 0)
        return output_error(error);
    source_report(&source);
    if (!source.spec || source.findings.errors > 0) {
        output_note("nothing installed: mend the errors first");
        return EXIT_NEGATIVE;
    }
    const char *name = name_of_spec(&source, operands[0]);
    if (resource_name_check("the spec's name", name, &error) != 0 ||
        install(&source, name, options->directory, &error) != 0)
        return output_error(error);
    return EXIT_SUCCESS;
}

static const struct option_row options[] = {
    {
        .type = OPTION_TEXT,
        .letter = 'd',
        .name = "dir",
        .argument = "DIR",
        .offset = offsetof(struct install_options, directory),
        .help = "the CredentialSpecs folder of a Windows Docker root, as this machine sees it "
                "(default: " NODE_SPECS_FOLDER ", for the Linux node)",
    },
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"credspec install webapp01.yaml", "for the node plugin of this Linux host"},
    {"credspec install --dir /mnt/c/ProgramData/Docker/CredentialSpecs webapp01.json",
     "for Docker on a Windows host"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 installed, or already there",
    "1 the spec has errors; nothing was written",
    "2 FILE could not be read or does not hold exactly one credential spec, or could not be "
    "written, or the call is wrong",
    NULL,
};

const struct command_row install_command = {
    .name = "install",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .summary = "put a credential spec where the host looks for it",
    .description =
        "Checks the spec, then writes its canonical text to NAME.json, readable for everybody "
        "(mode 0644; it holds no secret), as a whole or not at all; an older file of that name is "
        "replaced. NAME is the resource's name, or for a bare spec the name of FILE. The folder is "
        "made when the folder above it exists.\n"
        "\n"
        "With --dir the line to start a container on Windows is printed. On Linux, Docker itself "
        "knows no credential specs: there the file is for the node plugin.",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct install_options),
    .run = run_install,
};
