/* `credspec new --offline`: the values of account and domain are what the user says. */
#include <string.h>

#include "credspec/cli/account_check.h"
#include "credspec/cli/new.h"
#include "credspec/cli/output.h"
#include "lib/common/memory.h"

static int check_options(const struct new_options *options)
{
    const struct {
        const char *flag;
        const char *value;
    } needed[] = {
        {"--account", options->account},
        {"--dns-name", options->dns_name},
        {"--netbios-name", options->netbios_name},
        {"--sid", options->sid},
        {"--guid", options->guid},
    };
    const char *given = directory_options_given(&options->directory);
    if (given)
        return output_usage_error("--%s asks a directory, which --offline does not: leave one of "
                                  "them out",
                                  given);
    cleanup_buffer struct buffer missing = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
        if (!needed[i].value)
            buffer_append_format(&missing, "%s%s", missing.length > 0 ? ", " : "", needed[i].flag);
    if (missing.length > 0)
        return output_usage_error("--offline also needs %s; `credspec new --help` says where to "
                                  "get the values",
                                  buffer_text(&missing));
    return 0;
}

/* NAME or NAME@SCOPE. */
static struct credspec_account additional_account(const char *text)
{
    const char *at = strchr(text, '@');
    if (!at)
        return (struct credspec_account){.name = account_spec_name(text, strlen(text))};
    return (struct credspec_account){
        .name = account_spec_name(text, (size_t)(at - text)),
        .scope = slice_of(at + 1),
    };
}

int new_offline_parts(struct arena *arena, const struct new_options *options,
                      struct credspec_parts *parts)
{
    int code = check_options(options);
    if (code != 0)
        return code;
    size_t count = options->additional.count;
    struct credspec_account *additional =
        arena_allocate_array(arena, count > 0 ? count : 1, sizeof(*additional));
    for (size_t i = 0; i < count; i++)
        additional[i] = additional_account(options->additional.values[i]);
    parts->account = account_spec_name(options->account, strlen(options->account));
    parts->dns_name = slice_of(options->dns_name);
    parts->dns_tree_name = slice_of(options->forest ? options->forest : options->dns_name);
    parts->netbios_name = slice_of(options->netbios_name);
    parts->sid = slice_of(options->sid);
    parts->guid = slice_of(options->guid);
    parts->additional = additional;
    parts->additional_count = count;
    return 0;
}
