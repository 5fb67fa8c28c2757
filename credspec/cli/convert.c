/* `credspec convert`: one form of a credential spec to another. */
#include <string.h>

#include "credspec/cli/commands.h"
#include "credspec/cli/output.h"
#include "credspec/cli/resource_name.h"
#include "credspec/cli/source.h"
#include "credspec/resource.h"
#include "credspec/spec.h"
#include "lib/common/memory.h"
#include "lib/document/json_write.h"
#include "lib/document/yaml_write.h"

struct convert_options {
    const char *to;
    const char *name;
    bool force;
};

/* What the API server adds to metadata says nothing about the object elsewhere, and keeps it from
 * being applied to another cluster. */
static bool is_kept(struct slice member)
{
    static const char *const added[] = {"uid",
                                        "resourceVersion",
                                        "generation",
                                        "creationTimestamp",
                                        "deletionTimestamp",
                                        "deletionGracePeriodSeconds",
                                        "managedFields",
                                        "ownerReferences",
                                        "selfLink",
                                        "kubectl.kubernetes.io/last-applied-configuration"};
    for (size_t i = 0; i < ARRAY_LENGTH(added); i++)
        if (slice_is(member, added[i]))
            return false;
    return true;
}

static struct node *copy_members(struct arena *arena, const struct node *object)
{
    struct node *copy = node_create(arena, NODE_OBJECT);
    if (!object || object->type != NODE_OBJECT)
        return copy;
    node_for_each (member, object) {
        if (!is_kept(member->name))
            continue;
        const char *name = arena_copy(arena, member->name.data, member->name.length);
        bool annotations = strcmp(name, "annotations") == 0;
        struct node *value = annotations ? copy_members(arena, member) : node_copy(arena, member);
        if (!annotations || value->count > 0)
            node_set_member(arena, copy, name, value);
    }
    return copy;
}

/* A resource stays what it is (labels, user names ...) in the present version of its group. */
static struct node *rename_resource(struct arena *arena, const struct node *original,
                                    const char *name)
{
    struct node *metadata = copy_members(arena, node_member(original, "metadata"));
    if (name)
        node_set_member(arena, metadata, "name", node_create_text(arena, slice_of(name)));
    struct node *object = node_copy(arena, original);
    node_set_member(arena, object, "apiVersion",
                    node_create_text(arena, slice_of(CREDSPEC_API_VERSION)));
    node_set_member(arena, object, "metadata", metadata);
    return object;
}

static struct node *make_resource(struct source *source, const char *name, struct error **err)
{
    struct arena *arena = &source->arena;
    bool bare = source->kind == MANIFEST_SPEC;
    if (!name && bare)
        name = resource_name_from(
            arena, node_text(node_member(source->spec, "DomainJoinConfig"), "MachineAccountName"));
    if (name && resource_name_check("the name", name, err) != 0)
        return NULL;
    return bare ? credspec_wrap(arena, source->spec, name, (struct slice){0})
                : rename_resource(arena, source->object, name);
}

/* What a bare spec has no place for. */
static void warn_of_loss(const struct source *source)
{
    static const char *const fields[] = {"runAsUserName", "allowedRunAsUserNames"};
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (source->kind == MANIFEST_RESOURCE && node_member(source->object, fields[i]))
            output_note("%s is left out: a bare credential spec has no place for it", fields[i]);
}

static int write_form(struct source *source, const struct convert_options *options,
                      struct buffer *out, struct error **err)
{
    if (strcmp(options->to, "resource") == 0) {
        const struct node *object = make_resource(source, options->name, err);
        if (!object)
            return -1;
        yaml_write(out, object);
        return 0;
    }
    if (options->name)
        return error_set(err, ERROR_INPUT,
                         "--name needs --to resource: a bare credential spec has no name");
    warn_of_loss(source);
    if (strcmp(options->to, "yaml") == 0) {
        yaml_write(out, source->spec);
        return 0;
    }
    json_write_pretty(out, source->spec);
    buffer_append_byte(out, '\n');
    return 0;
}

static int run_convert(const struct command_row *command, const void *values,
                       const char *const *operands)
{
    (void)command;
    const struct convert_options *options = values;
    if (!options->to)
        return output_usage_error("--to says what to convert to: json, resource or yaml");
    cleanup_error struct error *error = NULL;
    cleanup_source struct source source = {.kind = MANIFEST_OTHER};
    if (source_read(operands[0], &source, &error) != 0)
        return output_error(error);
    source_report(&source);
    if (!source.spec || (source.findings.errors > 0 && !options->force)) {
        output_note("nothing converted%s",
                    source.spec ? ": mend the errors, or give --force to convert it as it is" : "");
        return EXIT_NEGATIVE;
    }
    cleanup_buffer struct buffer text = {0};
    if (write_form(&source, options, &text, &error) != 0)
        return output_error(error);
    fwrite(text.data, 1, text.length, stdout);
    return source.findings.errors > 0 ? EXIT_NEGATIVE : EXIT_SUCCESS;
}

static const char *const to_choices[] = {"json", "resource", "yaml", NULL};

static const struct option_row options[] = {
    {
        .type = OPTION_CHOICE,
        .letter = 't',
        .name = "to",
        .argument = "FORM",
        .offset = offsetof(struct convert_options, to),
        .choices = to_choices,
        .help = "json: the bare spec, for Docker; resource: a GMSACredentialSpec in YAML, for "
                "kubectl; yaml: the bare spec in YAML (required)",
    },
    {
        .type = OPTION_TEXT,
        .letter = 'n',
        .name = "name",
        .argument = "NAME",
        .offset = offsetof(struct convert_options, name),
        .help = "the resource's name (default: the one it has, or the account in lower case)",
    },
    {
        .type = OPTION_FLAG,
        .name = "force",
        .offset = offsetof(struct convert_options, force),
        .help = "convert a spec with errors as it is; the exit code is 1 all the same",
    },
    {.name = NULL},
};

static const struct option_example examples[] = {
    {"credspec convert --to resource webapp01.json | kubectl apply -f -",
     "a Docker credential spec into the cluster"},
    {"kubectl get gmsacredentialspec webapp01 -o yaml | credspec convert --to json - > "
     "webapp01.json",
     "and back"},
    {NULL},
};

static const char *const exit_codes[] = {
    "0 converted",
    "1 the spec has errors",
    "2 FILE could not be read or does not hold exactly one credential spec, or the call is wrong",
    NULL,
};

const struct command_row convert_command = {
    .name = "convert",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .summary = "turn a bare spec into a resource, JSON into YAML, and back",
    .description =
        "Reads one credential spec, bare or as a GMSACredentialSpec, and prints it in another "
        "form. What the rules say of it goes to standard error; a spec with errors is not "
        "converted unless --force is given. Fields that are not known are kept.",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
    .values_size = sizeof(struct convert_options),
    .run = run_convert,
};
