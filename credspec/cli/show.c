/* `credspec show`: what a credential spec says, for people. */
#include <string.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/output.h"
#include "credspec/cli/source.h"
#include "credspec/plugin_input.h"
#include "credspec/resource.h"
#include "credspec/spec.h"
#include "lib/common/memory.h"

struct show {
    size_t shown;
    bool errors;
    bool failed;
};

static void print_label(const char *label)
{
    printf("  %-20s ", label);
}

static void print_slice(const char *label, struct slice value)
{
    print_label(label);
    if (!slice_present(value))
        fputs("(missing)", stdout);
    else if (value.length == 0)
        fputs("(empty)", stdout);
    output_text(stdout, value);
    putchar('\n');
}

/* --- The parts of a spec ------------------------------------------------------------------------
 */

static void print_accounts(const struct credspec *spec)
{
    for (size_t i = 0; i < spec->account_count; i++) {
        print_label(i == 0 ? "Accounts" : "");
        output_text(stdout, spec->accounts[i].name);
        fputs(" in ", stdout);
        output_text(stdout, spec->accounts[i].scope);
        bool additional = !slice_equal(spec->accounts[i].name, spec->machine_account_name);
        fputs(additional ? " (additional)\n" : "\n", stdout);
    }
}

static void print_plugin(const struct credspec *spec, const struct findings *findings,
                         const char *spec_pointer)
{
    if (!spec->has_plugin) {
        print_slice("Hosts", slice_of("joined to the domain (no HostAccountConfig)"));
        return;
    }
    print_slice("Hosts", slice_of("not joined: a plug-in gives an account that may read the "
                                  "password"));
    const struct plugin *known = plugin_find(spec->plugin_guid);
    if (known)
        print_slice("Plug-in", slice_of(known->title));
    print_slice(known ? "" : "Plug-in", spec->plugin_guid);
    /* An input that breaks a rule may hold a password. */
    if (source_has_finding(findings, spec_pointer,
                           "/ActiveDirectoryConfig/HostAccountConfig/PluginInput"))
        print_slice("Plug-in input", slice_of("(not shown: lint has something to say of it)"));
    else
        print_slice("Plug-in input", spec->plugin_input);
}

static void print_spec(const struct manifest *manifest, const struct findings *findings)
{
    const struct credspec spec = credspec_view(manifest->document->arena, manifest->spec);
    print_slice("Account", spec.machine_account_name);
    print_slice("Domain", spec.dns_name);
    print_slice("NetBIOS name", spec.netbios_name);
    print_slice("Forest", spec.dns_tree_name);
    print_slice("Domain SID", spec.sid);
    print_slice("Domain GUID", spec.guid);
    print_accounts(&spec);
    print_plugin(&spec, findings, manifest->spec_pointer);
}

/* --- The resource around it ---------------------------------------------------------------------
 */

static void print_user_names(const struct node *object)
{
    struct slice user = node_text(object, "runAsUserName");
    if (slice_present(user))
        print_slice("Runs as", user);
    const struct node *allowed = node_member(object, "allowedRunAsUserNames");
    if (!allowed || allowed->type != NODE_ARRAY)
        return;
    const char *label = "May run as";
    node_for_each (item, allowed) {
        if (item->type == NODE_STRING)
            print_slice(label, item->text);
        label = "";
    }
}

static void print_title(const struct manifest *manifest)
{
    struct slice name = {0};
    if (manifest->kind == MANIFEST_RESOURCE)
        name = source_object_name(manifest->object);
    if (slice_present(name)) {
        output_text(stdout, name);
        fputs(": ", stdout);
    }
    fputs(manifest->kind == MANIFEST_RESOURCE ? CREDSPEC_KIND : "bare credential spec", stdout);
    fputs(" in ", stdout);
    output_text(stdout, slice_of(manifest->document->file));
    printf(":%u\n", manifest->object->position.line);
}

static void print_verdict(const struct findings *findings)
{
    print_label("Verdict");
    if (findings->errors == 0 && findings->warnings == 0) {
        fputs("correct\n", stdout);
        return;
    }
    output_count(stdout, findings->errors, "error");
    fputs(", ", stdout);
    output_count(stdout, findings->warnings, "warning");
    fputs(": `credspec lint` says which\n", stdout);
}

/* --- The command --------------------------------------------------------------------------------
 */

static bool show_manifest(const struct manifest *manifest, void *context)
{
    struct show *show = context;
    if (manifest->kind == MANIFEST_BROKEN) {
        cleanup_error struct error *error = NULL;
        source_document_error(manifest->document, &error);
        output_error(error);
        show->failed = true;
        return true;
    }
    if (manifest->kind == MANIFEST_OTHER)
        return true;
    if (show->shown++ > 0)
        putchar('\n');
    struct findings findings = {.arena = manifest->document->arena};
    source_check(manifest, &findings);
    print_title(manifest);
    if (manifest->spec && manifest->spec->type == NODE_OBJECT)
        print_spec(manifest, &findings);
    if (manifest->kind == MANIFEST_RESOURCE)
        print_user_names(manifest->object);
    print_verdict(&findings);
    if (findings.errors > 0)
        show->errors = true;
    return !ferror(stdout);
}

static int run_show(const struct command_row *command, const void *values,
                    const char *const *operands)
{
    (void)command, (void)values;
    struct show show = {0};
    for (const char *const *path = operands; *path; path++) {
        size_t before = show.shown;
        bool failed = show.failed;
        show.failed = false;
        manifest_visit(*path, show_manifest, &show);
        if (show.shown == before && !show.failed) {
            cleanup_error struct error *error = NULL;
            source_none_error(*path, &error);
            output_error(error);
            show.failed = true;
        }
        show.failed = show.failed || failed;
    }
    if (show.failed)
        return EXIT_USAGE;
    return show.errors ? EXIT_NEGATIVE : EXIT_SUCCESS;
}

static const struct option_example examples[] = {
    {"credspec show webapp01.json", "what one credential spec says"},
    {"kubectl get gmsacredentialspecs -o yaml | credspec show -", "what a cluster holds"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 shown",
    "1 shown, and a spec has errors",
    "2 something could not be read or holds no credential spec, or the call is wrong",
    NULL,
};

const struct command_row show_command = {
    .name = "show",
    .operands = "FILE...",
    .least = 1,
    .most = -1,
    .summary = "show what a credential spec says",
    .description = "Prints a summary of every credential spec in the files, folders or standard "
                   "input (-): account, domain, plug-in, user names, and whether it is correct.",
    .examples = examples,
    .exit_codes = exit_codes,
    .run = run_show,
};
