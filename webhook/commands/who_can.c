/* `gmsa-webhook who-can`: who may use a credential spec. */
#include "webhook/report/who_can.h"
#include <stdlib.h>

#include "lib/common/quote.h"
#include "webhook/commands/commands.h"
#include "webhook/report/nodes.h"

struct who_can_options {
    struct option_list manifests;
    const char *output;
};

static int run(const struct command_row *command, const void *values, const char *const *operands)
{
    (void)command;
    const struct who_can_options *options = values;
    cleanup_error struct error *err = NULL;
    cleanup_arena struct arena arena = {0};
    cleanup_buffer struct buffer out = {0};
    if (options->manifests.count == 0) {
        error_set(&err, ERROR_INPUT,
                  "--manifests is missing: where credential specs and permissions stand");
        return program_fail(EXIT_USAGE, err);
    }
    cleanup_manifest_set struct manifest_set *manifests =
        command_load_manifests(&options->manifests, slice_of("default"), &err);
    if (!manifests)
        return program_fail(EXIT_USAGE, err);

    size_t count;
    const struct spec_permissions *specs = who_can_find(manifests, operands[0], &arena, &count);
    if (operands[0] && !specs[0].spec)
        (void)fprintf(stderr, "warning: the manifests hold no credential spec %s\n",
                      quote(&arena, specs[0].name));
    if (strcmp(options->output, "json") == 0)
        report_write_json(&out, who_can_node(specs, count, &arena));
    else if (strcmp(options->output, "html") == 0)
        who_can_write_html(&out, specs, count, &arena);
    else
        who_can_write_table(&out, specs, count, &arena);
    if (out.length > 0)
        (void)fwrite(out.data, 1, out.length, stdout);
    return who_can_anybody(specs, count) ? EXIT_SUCCESS : EXIT_NEGATIVE;
}

static const char *const outputs[] = {"table", "json", "html", NULL};

static const struct option_row rows[] = {
    {.type = OPTION_LIST,
     .letter = 'm',
     .name = "manifests",
     .argument = "PATH",
     .offset = offsetof(struct who_can_options, manifests),
     .help = "file or folder with GMSACredentialSpecs, ServiceAccounts and RBAC objects; may be "
             "given several times"},
    {.type = OPTION_CHOICE,
     .letter = 'o',
     .name = "output",
     .argument = "FORMAT",
     .offset = offsetof(struct who_can_options, output),
     .choices = outputs,
     .fallback = "table",
     .help = "table, json, or html: one page with the matrix of specs and subjects"},
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"gmsa-webhook who-can web --manifests cluster/", "who may use the spec \"web\"?"},
    {"gmsa-webhook who-can -m cluster/ --output html > gmsa.html", "all specs on one page"},
    {NULL, NULL},
};

static const char *const exit_codes[] = {
    "0 at least one permission gives pods a gMSA",
    "1 no pod gets one",
    "2 wrong call, or something could not be read",
    NULL,
};

const struct command_row who_can_command = {
    .name = "who-can",
    .operands = "[SPEC]",
    .least = 0,
    .most = 1,
    .summary = "list who may use a credential spec, and why",
    .description =
        "Lists the service accounts, groups and users that hold the RBAC verb `use` on a "
        "credential spec, each with the binding that grants it; without SPEC, on every spec of "
        "the manifests. Groups of service accounts are listed with the accounts that the "
        "manifests hold.\n"
        "\n"
        "The webhook asks for the pod's service account with the groups system:serviceaccounts "
        "and system:serviceaccounts:NAMESPACE, in the pod's namespace. A permission that can "
        "never be met this way, as that of a user, is listed as one without effect.",
    .options = rows,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct who_can_options),
    .run = run,
};
