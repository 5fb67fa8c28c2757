/* `credspec lint`: says what is wrong with credential specs in files and folders.
 *
 * One document is in memory at a time, and findings are printed as they come, so that what is
 * needed does not grow with the number of files. */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/output.h"
#include "credspec/cli/source.h"
#include "credspec/spec.h"
#include "lib/common/memory.h"

struct lint_options {
    const char *output;
    bool strict;
    bool quiet;
};

struct lint {
    bool json;
    bool quiet;
    size_t files, specs, errors, warnings, skipped, unreadable;
    size_t specs_of_path; /* in the PATH being read, things that could not be read included */
    char *last_file;      /* documents of one file follow each other */
    struct buffer line;   /* of JSON */
    size_t printed;       /* findings */
    bool progress;        /* standard error is a terminal: say how far we are */
    bool progress_shown;
    int64_t next_progress; /* milliseconds of the monotonic clock */
};

/* --- Progress on long work ----------------------------------------------------------------------
 */

enum { PROGRESS_FIRST = 1000, PROGRESS_EVERY = 200 };

static int64_t milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void progress_show(struct lint *lint)
{
    if (!lint->progress || milliseconds_now() < lint->next_progress)
        return;
    fprintf(stderr, "\r%zu files, %zu errors ...\033[K", lint->files, lint->errors);
    lint->progress_shown = true;
    lint->next_progress = milliseconds_now() + PROGRESS_EVERY;
}

static void progress_clear(struct lint *lint)
{
    if (lint->progress_shown)
        fputs("\r\033[K", stderr);
    lint->progress_shown = false;
}

/* --- What is found ------------------------------------------------------------------------------
 */

static void print_finding(struct lint *lint, const char *file, const struct finding *finding)
{
    progress_clear(lint);
    if (!lint->json) {
        output_finding(stdout, file, finding);
        return;
    }
    buffer_clear(&lint->line);
    buffer_append_text(&lint->line, lint->printed > 0 ? ",\n" : "\n");
    output_finding_json(&lint->line, file, finding);
    fwrite(lint->line.data, 1, lint->line.length, stdout);
    lint->printed++;
}

static void count_file(struct lint *lint, const char *file)
{
    if (lint->last_file && strcmp(lint->last_file, file) == 0)
        return;
    free(lint->last_file);
    lint->last_file = xstrdup(file);
    lint->files++;
    progress_show(lint);
}

static void lint_broken(struct lint *lint, const struct document *document)
{
    lint->specs_of_path++;
    if (document->unreadable) {
        progress_clear(lint);
        lint->unreadable++;
        output_error(document->error);
        return;
    }
    count_file(lint, document->file);
    const struct finding finding = {
        .rule = source_syntax_rule(),
        .pointer = "",
        .position = document->where,
        .message = document->error->message,
    };
    print_finding(lint, document->file, &finding);
    lint->errors++;
}

/* Other Kubernetes objects live in the same folders and are none of our business. Anything else may
 * be a credential spec that is too far from one to be known as such. */
static void lint_other(struct lint *lint, const struct manifest *manifest)
{
    lint->skipped++;
    bool kubernetes = slice_present(node_text(manifest->object, "apiVersion")) &&
                      slice_present(node_text(manifest->object, "kind"));
    if (kubernetes || lint->quiet)
        return;
    progress_clear(lint);
    output_note("%s:%u:%u: skipped: neither a credential spec nor a Kubernetes object",
                manifest->document->file, manifest->object->position.line,
                manifest->object->position.column);
}

static bool lint_manifest(const struct manifest *manifest, void *context)
{
    struct lint *lint = context;
    if (manifest->kind == MANIFEST_BROKEN) {
        lint_broken(lint, manifest->document);
        return !ferror(stdout);
    }
    count_file(lint, manifest->document->file);
    if (manifest->kind == MANIFEST_OTHER) {
        lint_other(lint, manifest);
        return true;
    }
    lint->specs++;
    lint->specs_of_path++;
    struct findings findings = {.arena = manifest->document->arena};
    source_check(manifest, &findings);
    for (size_t i = 0; i < findings.count; i++)
        print_finding(lint, manifest->document->file, &findings.items[i]);
    lint->errors += findings.errors;
    lint->warnings += findings.warnings;
    if (findings.errors + findings.warnings > findings.count)
        output_note("%s: only the first %zu findings of a spec are listed",
                    manifest->document->file, findings.count);
    return !ferror(stdout);
}

static void lint_path(struct lint *lint, const char *path)
{
    lint->specs_of_path = 0;
    manifest_visit(path, lint_manifest, lint);
    if (lint->specs_of_path > 0)
        return;
    progress_clear(lint);
    lint->unreadable++;
    cleanup_error struct error *error = NULL;
    source_none_error(path, &error);
    output_error(error);
}

/* --- The command --------------------------------------------------------------------------------
 */

static void print_summary(const struct lint *lint)
{
    (void)fflush(stdout); /* keeps the order where both go to one file */
    (void)fflush(stdout); /* the findings come first, also where both streams are one file */
    output_count(stderr, lint->files, "file");
    fputs(", ", stderr);
    output_count(stderr, lint->specs, "spec");
    fputs(": ", stderr);
    output_count(stderr, lint->errors, "error");
    fputs(", ", stderr);
    output_count(stderr, lint->warnings, "warning");
    if (lint->skipped > 0) {
        fputs("; ", stderr);
        output_count(stderr, lint->skipped, "other object");
        fputs(" skipped", stderr);
    }
    if (lint->unreadable > 0)
        fprintf(stderr, "; %zu not read", lint->unreadable);
    fputc('\n', stderr);
}

static int run_lint(const struct command_row *command, const void *values,
                    const char *const *operands)
{
    (void)command;
    const struct lint_options *options = values;
    struct lint lint = {
        .json = strcmp(options->output, "json") == 0,
        .quiet = options->quiet,
        .progress = isatty(STDERR_FILENO) && !options->quiet,
        .next_progress = milliseconds_now() + PROGRESS_FIRST,
    };
    if (lint.json)
        fputs("{\"findings\":[", stdout);
    for (const char *const *path = operands; *path; path++)
        lint_path(&lint, *path);
    progress_clear(&lint);
    if (lint.json)
        printf("],\n\"files\":%zu,\"specs\":%zu,\"errors\":%zu,\"warnings\":%zu,\"skipped\":%zu,"
               "\"unreadable\":%zu}\n",
               lint.files, lint.specs, lint.errors, lint.warnings, lint.skipped, lint.unreadable);
    else if (!lint.quiet)
        print_summary(&lint);
    free(lint.last_file);
    buffer_release(&lint.line);
    if (lint.unreadable > 0)
        return EXIT_USAGE;
    bool bad = lint.errors > 0 || (options->strict && lint.warnings > 0);
    return bad ? EXIT_NEGATIVE : EXIT_SUCCESS;
}

static const struct option_row options[] = {
    {
        .type = OPTION_CHOICE,
        .letter = 'o',
        .name = "output",
        .argument = "FORMAT",
        .offset = offsetof(struct lint_options, output),
        .fallback = "text",
        .choices = output_choices,
        .help = "text: as compilers print it; json: one object with a list \"findings\"",
    },
    {
        .type = OPTION_FLAG,
        .name = "strict",
        .offset = offsetof(struct lint_options, strict),
        .help = "warnings count as errors for the exit code",
    },
    {
        .type = OPTION_FLAG,
        .letter = 'q',
        .name = "quiet",
        .offset = offsetof(struct lint_options, quiet),
        .help = "print findings only: no summary, no notes on what is skipped",
    },
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"credspec lint webapp01.json", "check one credential spec"},
    {"credspec lint --strict manifests/", "check every manifest of a folder, warnings count"},
    {"kubectl get gmsacredentialspecs -o yaml | credspec lint -", "check what a cluster holds"},
    {"credspec lint -o json specs/ | jq -r '.findings[].code' | sort | uniq -c",
     "count the findings by rule"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 no errors (with --strict: no warnings either)",
    "1 errors were found",
    "2 something could not be read or holds no credential spec, or the call is wrong",
    NULL,
};

const struct command_row lint_command = {
    .name = "lint",
    .operands = "PATH...",
    .least = 1,
    .most = -1,
    .summary = "say what is wrong with credential specs",
    .description =
        "Checks bare credential specs and GMSACredentialSpec objects, JSON or YAML, several to a "
        "file, in lists, in any mix. A folder means its *.yaml, *.yml and *.json files; - means "
        "standard input. Other Kubernetes objects are skipped.\n"
        "\n"
        "Findings go to standard output, a summary and whatever could not be read to standard "
        "error. `credspec rules CODE` explains a finding's code.",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct lint_options),
    .run = run_lint,
};
