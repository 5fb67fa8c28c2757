/* `credspec doctor`: finds out why an identity does not work, along the whole chain from the
 * credential spec to a sign-in as the gMSA. */
#include <string.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/doctor.h"
#include "credspec/cli/output.h"
#include "credspec/cli/source.h"
#include "credspec/plugin_input.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/directory/deadline.h"

struct doctor_options {
    const char *name;
    const char *output;
    bool json;
    struct directory_options directory;
};

void doctor_say(struct doctor *doctor, enum doctor_stage stage, const char *account,
                enum doctor_status status, int64_t took, const char *detail, const char *hint)
{
    const struct doctor_result result = {
        .stage = stage,
        .status = status,
        .took = took,
        .account = account,
        .detail = detail,
        .hint = hint,
    };
    doctor_report_stage(&doctor->report, &result);
}

void doctor_skip(struct doctor *doctor, enum doctor_stage from, enum doctor_stage to,
                 const char *account, const char *why)
{
    for (int stage = (int)from; stage <= (int)to; stage++)
        doctor_say(doctor, (enum doctor_stage)stage, account, DOCTOR_SKIPPED, 0, why, NULL);
}

const char *doctor_hint(const struct error *error, const char *otherwise)
{
    return error->code == ERROR_UNAVAILABLE
               ? "try it again, or another domain controller with --server; the event log of this "
                 "one may say why"
               : otherwise;
}

/* --- The spec -----------------------------------------------------------------------------------
 */

/* Whom a host that is not joined to the domain asks for an account. */
static const char *plugin_text(struct arena *arena, const struct source *source,
                               const struct credspec *spec)
{
    if (!spec->has_plugin)
        return "for hosts that are joined to the domain";
    const struct plugin *known = plugin_find(spec->plugin_guid);
    /* An input that breaks a rule may hold a password. */
    bool shown = !source_has_finding(&source->findings, source->spec_pointer,
                                     "/ActiveDirectoryConfig/HostAccountConfig/PluginInput");
    return arena_format(arena, "hosts ask the plug-in %.*s%s%s%s with %s",
                        SLICE_FORMAT(spec->plugin_guid), known ? " (" : "",
                        known ? known->title : "", known ? ")" : "",
                        shown ? quote(arena, spec->plugin_input) : "an input that lint objects to");
}

static void say_spec(struct doctor *doctor, const struct source *source, int64_t took)
{
    struct arena *arena = &doctor->arena;
    const char *hints = NULL;
    for (size_t i = 0; i < source->findings.count; i++) {
        const struct finding *finding = &source->findings.items[i];
        hints = arena_format(arena, "%s%s%s [%s]", hints ? hints : "", hints ? "\n" : "",
                             finding->message, finding->rule->code);
        if (finding->hint)
            hints = arena_format(arena, "%s; %s", hints, finding->hint);
    }
    size_t errors = source->findings.errors, warnings = source->findings.warnings;
    const char *detail =
        errors + warnings > 0
            ? arena_format(arena, "%s: %zu error%s, %zu warning%s", source->file, errors,
                           errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s")
            : arena_format(arena, "%s is correct, %s", source->file,
                           plugin_text(arena, source, &doctor->spec));
    doctor_say(doctor, DOCTOR_SPEC, NULL,
               errors > 0     ? DOCTOR_FAILED
               : warnings > 0 ? DOCTOR_WARNING
                              : DOCTOR_OK,
               took, detail, hints);
}

/* --- The command --------------------------------------------------------------------------------
 */

/* The stages of every account, or that they could not be judged. */
static void examine_accounts(struct doctor *doctor, const struct session *session)
{
    size_t count;
    const struct doctor_account *accounts = doctor_accounts(&doctor->arena, &doctor->spec, &count);
    doctor->report.accounts = count > 1;
    if (count == 0)
        doctor_skip(doctor, DOCTOR_ACCOUNT, DOCTOR_BIND, NULL, "the spec names no account");
    for (size_t i = 0; i < count; i++) {
        if (session)
            doctor_account(doctor, session, &accounts[i]);
        else
            doctor_skip(doctor, DOCTOR_ACCOUNT, DOCTOR_BIND, accounts[i].label, doctor->no_session);
    }
}

static int check_options(const struct doctor_options *options, const char *path)
{
    cleanup_error struct error *error = NULL;
    if (directory_options_check(&options->directory, &error) != 0)
        return output_error(error);
    const char *file = options->directory.password_file;
    if (file && strcmp(file, "-") == 0 && strcmp(path, "-") == 0)
        return output_usage_error("standard input cannot be both the spec and the password");
    return 0;
}

static void say_verdict(const struct doctor_report *report, int code)
{
    (void)fflush(stdout);
    if (report->has_failed)
        fprintf(stderr, "The first thing to mend: %s (exit code %d)\n",
                doctor_stage_name(report->failed), code);
    else
        fputs(report->has_warnings ? "It works, with warnings\n" : "It works\n", stderr);
}

/* `took`: reading and checking the spec, in nanoseconds. */
static int examine(struct doctor *doctor, const struct doctor_options *options,
                   const struct source *source, int64_t took)
{
    cleanup_error struct error *error = NULL;
    if (directory_login_begin(&doctor->login, &options->directory, &error) != 0)
        return output_error(error);
    bool json = options->json || strcmp(options->output, "json") == 0;
    doctor_report_begin(&doctor->report, json);
    say_spec(doctor, source, took);
    if (doctor->spec.dns_name.length > 0 || options->directory.domain) {
        cleanup_session struct session *session = doctor_domain(doctor);
        examine_accounts(doctor, session);
    } else {
        doctor_skip(doctor, DOCTOR_DNS, DOCTOR_BIND, NULL, "the spec names no domain");
    }
    int code = doctor_report_end(&doctor->report);
    if (!json)
        say_verdict(&doctor->report, code);
    return code;
}

static int run_doctor(const struct command_row *command, const void *values,
                      const char *const *operands)
{
    (void)command;
    const struct doctor_options *options = values;
    int code = check_options(options, operands[0]);
    if (code != 0)
        return code;
    cleanup_source struct source source = {0};
    cleanup_error struct error *error = NULL;
    int64_t start = deadline_now();
    if (source_read_named(operands[0], options->name, "--name", &source, &error) != 0)
        return output_error(error);
    int64_t took = deadline_now() - start;
    struct doctor doctor = {.options = &options->directory};
    if (source.spec)
        doctor.spec = credspec_view(&source.arena, source.spec);
    code = examine(&doctor, options, &source, took);
    directory_login_release(&doctor.login);
    buffer_release(&doctor.report.line);
    arena_release(&doctor.arena);
    return code;
}

static const struct option_row options[] = {
    {
        .type = OPTION_TEXT,
        .name = "name",
        .argument = "NAME",
        .offset = offsetof(struct doctor_options, name),
        .heading = "Options",
        .help = "which resource, where SPEC holds several",
    },
    {
        .type = OPTION_CHOICE,
        .letter = 'o',
        .name = "output",
        .argument = "FORMAT",
        .offset = offsetof(struct doctor_options, output),
        .fallback = "text",
        .choices = output_choices,
        .help = "text: a line a stage; json: a list with an object a stage",
    },
    {
        .type = OPTION_FLAG,
        .name = "json",
        .offset = offsetof(struct doctor_options, json),
        .help = "the same as --output json",
    },
    DIRECTORY_OPTION_ROWS(struct doctor_options),
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"kinit admin@CONTOSO.COM && credspec doctor webapp01.json",
     "with your own ticket: are you one who may read the password?"},
    {"credspec doctor webapp01.json --keytab /etc/krb5.keytab",
     "as this host, on a Linux host that is joined to the domain"},
    {"kubectl get gmsacredentialspec webapp01 -o yaml | credspec doctor - --user gmsa-reader",
     "what a cluster holds, as the account that a plug-in uses; its password is asked for"},
    {"credspec doctor webapp01.json --json | jq -r '.[] | select(.status == \"failed\").hint'",
     "what to do next"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 all is well (there may be warnings)",
    "2 the call is wrong, or SPEC or the password could not be read",
    "10 spec: `credspec lint` finds errors",
    "11 dns: no domain controllers of the domain are known",
    "12 reach: none answers LDAP and Kerberos (TCP 389 or 636, 88), or its certificate is refused",
    "13 clock: it differs by more than five minutes",
    "14 sign-in: wrong password, no or an expired ticket, a wrong keytab",
    "15 domain: its names, SID or GUID are not the spec's",
    "16 account: there is none of this name, it is no gMSA, or disabled",
    "17 password: who signed in may not read it",
    "18 keys: none could be made of the password",
    "19 ticket: no ticket-granting ticket for the gMSA",
    "20 service: no service ticket",
    "21 bind: the gMSA could not sign in",
    NULL,
};

const struct command_row doctor_command = {
    .name = "doctor",
    .operands = "SPEC",
    .least = 1,
    .most = 1,
    .summary = "find out why an identity does not work",
    .description =
        "Walks the whole chain from the credential spec to a sign-in as the gMSA, as a host does "
        "it "
        "for a container, and prints a line a stage: whether it is well, how long it took, what "
        "was "
        "found, and for a failure what to do next. Stages that a failed one makes impossible are "
        "shown as skipped; all others still run. The exit code says which stage failed first.\n"
        "\n"
        "Sign in as the account that is to read the gMSA's password: the host's keytab, or the "
        "user that a plug-in has. Nothing is changed anywhere, and no password, key or ticket is "
        "printed or written.\n"
        "\n"
        "SPEC is a file with a bare credential spec or a GMSACredentialSpec, or - for standard "
        "input.",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct doctor_options),
    .run = run_doctor,
};
