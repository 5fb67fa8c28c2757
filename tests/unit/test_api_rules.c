/* The API server's own rules between mutate and validate. */
#include "lib/common/memory.h"
#include "lib/document/documents.h"

#include "tests/support/suite.h"
#include "webhook/admission/api_rules.h"

#define LONG_NAME                                                                                  \
    "a123456789012345678901234567890123456789012345678901234567890123"                             \
    "a123456789012345678901234567890123456789012345678901234567890123"                             \
    "a123456789012345678901234567890123456789012345678901234567890123"                             \
    "a123456789012345678901234567890123456789012345678901234567890123"

struct row {
    const char *spec;     /* YAML of the pod's spec, one line of flow style */
    const char *expected; /* messages, one a line; "" for none */
};

static const struct row rows[] = {
    {"{}", ""},
    {"{containers: [{name: a}]}", ""},
    {"{securityContext: {windowsOptions: {gmsaCredentialSpecName: web, runAsUserName: 'NT "
     "AUTHORITY\\NETWORK SERVICE'}}, containers: [{name: a}]}",
     ""},
    {"{securityContext: {windowsOptions: {gmsaCredentialSpecName: null}}}", ""},
    {"{securityContext: null, containers: [{securityContext: {windowsOptions: null}}]}", ""},
    {"{containers: [{name: a}, {securityContext: {windowsOptions: {runAsUserName: "
     "\"a\\tb\"}}}]}",
     "spec.containers[1].securityContext.windowsOptions.runAsUserName: Invalid value: \"a\\tb\": "
     "runAsUserName cannot contain control characters\n"},
    {"{initContainers: [{securityContext: {windowsOptions: {runAsUserName: 'a\\b\\c:*?'}}}]}",
     "spec.initContainers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "
     "\"a\\\\b\\\\c:*?\": runAsUserName cannot contain more than one backslash\n"},
    {"{ephemeralContainers: [{securityContext: {windowsOptions: {gmsaCredentialSpec: ''}}}]}",
     "spec.ephemeralContainers[0].securityContext.windowsOptions.gmsaCredentialSpec: Invalid "
     "value: \"\": gmsaCredentialSpec cannot be an empty string\n"},
    {"{securityContext: {windowsOptions: {gmsaCredentialSpecName: Web_1}}}",
     "spec.securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: \"Web_1\": a "
     "lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
     "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
     "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n"},
    /* A long value is cut. */
    {"{securityContext: {windowsOptions: {gmsaCredentialSpecName: " LONG_NAME "}}}",
     "spec.securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: \"" LONG_NAME
     "\": must be no more than 253 characters\n"},
    {"{securityContext: {windowsOptions: {gmsaCredentialSpecName: " LONG_NAME "x}}}",
     "spec.securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: \"" LONG_NAME
     "...\": must be no more than 253 characters\n"},
    /* Containers come before the pod, name before user. */
    {"{securityContext: {windowsOptions: {runAsUserName: ''}}, containers: [{securityContext: "
     "{windowsOptions: {runAsUserName: '', gmsaCredentialSpec: ''}}}]}",
     "spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: \"\": "
     "gmsaCredentialSpec cannot be an empty string\n"
     "spec.containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: \"\": "
     "runAsUserName cannot be an empty string\n"
     "spec.securityContext.windowsOptions.runAsUserName: Invalid value: \"\": runAsUserName cannot "
     "be an empty string\n"},
    /* hostProcess */
    {"{hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, containers: [{}, "
     "{}], initContainers: [{}]}",
     ""},
    {"{hostNetwork: true, containers: [{securityContext: {windowsOptions: {hostProcess: true}}}]}",
     ""},
    {"{securityContext: {windowsOptions: {hostProcess: false}}, containers: [{}]}", ""},
    {"{securityContext: {windowsOptions: {hostProcess: true}}, containers: [{}]}",
     "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any "
     "hostProcess containers\n"},
    {"{hostNetwork: true, containers: [{securityContext: {windowsOptions: {hostProcess: true}}}], "
     "initContainers: [{}]}",
     "spec: Invalid value: \"\": If pod contains any hostProcess containers then all containers "
     "must be HostProcess containers\n"},
    {"{hostNetwork: true, containers: [{securityContext: {windowsOptions: {hostProcess: true}}}], "
     "ephemeralContainers: [{}]}",
     "spec: Invalid value: \"\": If pod contains any hostProcess containers then all containers "
     "must be HostProcess containers\n"},
    {"{hostNetwork: true, securityContext: {windowsOptions: {hostProcess: true}}, containers: "
     "[{securityContext: {windowsOptions: {hostProcess: false}}}, {}]}",
     "spec.containers[0].securityContext.windowsOptions.hostProcess: Invalid value: false: pod "
     "hostProcess value must be identical if both are specified, was true\n"
     "spec: Invalid value: \"\": If pod contains any hostProcess containers then all containers "
     "must be HostProcess containers\n"},
    {"{hostNetwork: true, securityContext: {windowsOptions: {hostProcess: false}}, containers: "
     "[{securityContext: {windowsOptions: {hostProcess: true}}}]}",
     "spec.containers[0].securityContext.windowsOptions.hostProcess: Invalid value: true: pod "
     "hostProcess value must be identical if both are specified, was false\n"},
    /* os */
    {"{os: {name: linux}, containers: [{}]}", ""},
    {"{os: {name: windows}, securityContext: {windowsOptions: {runAsUserName: a}}}", ""},
    {"{os: {}}", "spec.os.name: Required value: cannot be empty\n"},
    {"{os: {name: Windows}}",
     "spec.os: Unsupported value: \"Windows\": supported values: \"linux\", \"windows\"\n"},
    {"{os: {name: linux}, securityContext: {windowsOptions: {}}, initContainers: "
     "[{securityContext: {windowsOptions: {}}}], containers: [{securityContext: {}}], "
     "ephemeralContainers: [{securityContext: {windowsOptions: {}}}]}",
     "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux "
     "pod\n"
     "spec.initContainers[0].securityContext.windowsOptions: Forbidden: windows options cannot be "
     "set for a linux pod\n"
     "spec.ephemeralContainers[0].securityContext.windowsOptions: Forbidden: windows options "
     "cannot be set for a linux pod\n"},
    {"{os: {name: windows}, hostPID: true, hostIPC: false, hostUsers: false, securityContext: "
     "{fsGroup: 1, runAsUser: 0}, containers: [{securityContext: {privileged: false}}]}",
     "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod\n"
     "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod\n"
     "spec.hostUsers: Forbidden: cannot be set for a windows pod\n"
     "spec.hostPID: Forbidden: cannot be set for a windows pod\n"
     "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows "
     "pod\n"},
    {"{hostPID: true, securityContext: {fsGroup: 1, windowsOptions: {runAsUserName: a}}}", ""},
};

struct outcome {
    struct arena *arena;
    struct api_errors errors;
};

static bool check_document(const struct document *document, void *context)
{
    struct outcome *outcome = context;
    ck_assert_msg(document->root != NULL, "%s", document->error ? document->error->message : "");
    outcome->errors.arena = outcome->arena;
    api_rules_check_pod(document->root, &outcome->errors);
    return true;
}

static void check_spec(struct outcome *outcome, const char *spec)
{
    const struct documents_options options = {0};
    const char *text = arena_format(outcome->arena, "spec: %s\n", spec);
    documents_visit_text("pod.yaml", text, strlen(text), &options, check_document, outcome);
}

START_TEST(says_what_the_api_server_says)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct arena arena = {0};
        struct outcome outcome = {.arena = &arena};
        check_spec(&outcome, rows[i].spec);
        const char *said = "";
        for (size_t k = 0; k < outcome.errors.count; k++)
            said = arena_format(&arena, "%s%s\n", said, outcome.errors.messages[k]);
        ck_assert_msg(strcmp(said, rows[i].expected) == 0, "%s:\n%s\ninstead of\n%s", rows[i].spec,
                      said, rows[i].expected);
        arena_release(&arena);
    }
}
END_TEST

START_TEST(one_line_as_kubectl_shows_it)
{
    struct arena arena = {0};
    struct outcome one = {.arena = &arena};
    check_spec(&one, "{os: {}}");
    ck_assert_str_eq(api_errors_text(&one.errors, slice_of("p")),
                     "Pod \"p\" is invalid: spec.os.name: Required value: cannot be empty");
    struct outcome two = {.arena = &arena};
    check_spec(&two, "{os: {}, securityContext: {windowsOptions: {runAsUserName: ''}}}");
    ck_assert_str_eq(
        api_errors_text(&two.errors, slice_of("p")),
        "Pod \"p\" is invalid: [spec.securityContext.windowsOptions.runAsUserName: Invalid value: "
        "\"\": runAsUserName cannot be an empty string, spec.os.name: Required value: cannot be "
        "empty]");
    arena_release(&arena);
}
END_TEST

START_TEST(values_are_quoted_as_go_does)
{
    struct arena arena = {0};
    struct outcome outcome = {.arena = &arena};
    check_spec(&outcome, "{os: {name: \"\\a\\x01\\e\\\"\\\\\\u0085\\xe9\\u20ac\\x7f\"}}");
    ck_assert_uint_eq(outcome.errors.count, 1);
    ck_assert_str_eq(outcome.errors.messages[0],
                     "spec.os: Unsupported value: \"\\a\\x01\\x1b\\\"\\\\\\u0085\u00e9\u20ac\\x7f\""
                     ": supported values: \"linux\", \"windows\"");
    arena_release(&arena);
}
END_TEST

SUITE("api_rules", says_what_the_api_server_says, one_line_as_kubectl_shows_it,
      values_are_quoted_as_go_does)
