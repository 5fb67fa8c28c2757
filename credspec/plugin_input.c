#include "credspec/plugin_input.h"

#include "credspec/kubernetes.h"
#include "credspec/names.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/document/json_tree.h"

/* Cuts the text before the next separator off the front of `rest`, which becomes absent behind the
 * last one. */
static struct slice next_part(struct slice *rest, char separator)
{
    const char *end = rest->length > 0 ? memchr(rest->data, separator, rest->length) : NULL;
    struct slice part = {rest->data, end ? (size_t)(end - rest->data) : rest->length};
    *rest = end ? (struct slice){end + 1, rest->length - part.length - 1} : (struct slice){0};
    return part;
}

static bool is_label(struct slice text)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    return kubernetes_check_label(text, messages) == 0;
}

static bool is_subdomain(struct slice text)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    return kubernetes_check_subdomain(text, messages) == 0;
}

/* The account provider's entry: NAMESPACE/NAME or NAME. */
static const char *own_problem(struct arena *arena, struct slice input)
{
    (void)arena;
    struct slice rest = input;
    struct slice first = next_part(&rest, '/');
    if (!slice_present(rest))
        return is_subdomain(first) ? NULL : "is not the name of an account entry";
    if (!is_label(first))
        return "does not begin with the name of a namespace";
    return is_subdomain(rest) ? NULL : "does not end with the name of an account entry";
}

static const char *rancher_problem(struct arena *arena, struct slice input)
{
    (void)arena;
    struct slice secret = input;
    struct slice namespace = next_part(&secret, ':');
    if (!slice_present(secret) || memchr(secret.data, ':', secret.length))
        return "is not two parts with one colon between them";
    if (!is_label(namespace))
        return "does not begin with the name of a namespace";
    return is_subdomain(secret) ? NULL : "does not end with the name of a secret";
}

static const char *key_vault_problem(struct arena *arena, struct slice input)
{
    (void)arena;
    bool object_id = false;
    bool secret_uri = false;
    for (struct slice rest = input; slice_present(rest);) {
        struct slice value = next_part(&rest, ';');
        struct slice key = next_part(&value, '=');
        if (slice_equal_ignoring_case(key, slice_of("ObjectId")))
            object_id = value.length > 0;
        else if (slice_equal_ignoring_case(key, slice_of("SecretUri")))
            secret_uri = slice_starts_with(value, "https://");
        else if (key.length > 0)
            return "has a key that is neither ObjectId nor SecretUri";
    }
    if (!object_id)
        return "lacks the ObjectId of the managed identity";
    return secret_uri ? NULL : "lacks a SecretUri that begins with https://";
}

static const char *aws_problem(struct arena *arena, struct slice input)
{
    const struct tree_limits limits = {.depth = 4, .nodes = 64};
    const struct node *object =
        json_tree_parse(arena, input.data, input.length, &limits, NULL, NULL);
    if (!object || object->type != NODE_OBJECT)
        return "is not a JSON object inside a string";
    node_for_each (member, object) {
        if (!slice_equal_ignoring_case(member->name, slice_of("credentialArn")))
            continue;
        if (member->type == NODE_STRING && slice_starts_with(member->text, "arn:"))
            return NULL;
        return "has a credentialArn that does not begin with arn:";
    }
    return "lacks credentialArn";
}

static const struct plugin plugins[] = {
    {"{2F1B4A9C-6C0E-4D57-9A3B-7E5D1C84A6F2}", "this project's plug-in",
     "write the name of an entry of the account provider: NAMESPACE/NAME or NAME", own_problem},
    {"{CCC2A336-D7F3-4818-A213-272B7924213E}", "the Azure Key Vault plug-in",
     "write ObjectId=MANAGED-IDENTITY;SecretUri=https://VAULT.vault.azure.net/secrets/NAME",
     key_vault_problem},
    {"{e4781092-f116-4b79-b55e-28eb6a224e26}", "Rancher's plug-in", "write NAMESPACE:SECRET",
     rancher_problem},
    {"{859E1386-BDB4-49E8-85C7-3070B13920E1}", "the AWS plug-in",
     "write \"{\\\"credentialArn\\\":\\\"arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME\\\"}\"",
     aws_problem},
    {"{CFCA0441-511D-4B2A-862E-20348A78760B}", "the sample plug-in of Microsoft's manual",
     "use a plug-in that reads the password from a secret store", NULL},
};

const struct plugin *plugin_find(struct slice guid)
{
    for (size_t i = 0; i < ARRAY_LENGTH(plugins); i++)
        if (slice_equal_ignoring_case(guid, slice_of(plugins[i].guid)))
            return &plugins[i];
    return NULL;
}

static bool holds_ignoring_case(struct slice text, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= text.length; i++)
        if (slice_equal_ignoring_case((struct slice){text.data + i, length}, slice_of(word)))
            return true;
    return false;
}

static bool names_domain(struct slice text, const struct slice *domains, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_present(domains[i]) && slice_equal_ignoring_case(text, domains[i]))
            return true;
    return false;
}

enum password_likelihood plugin_input_password(struct slice input, const struct slice *domains,
                                               size_t domain_count)
{
    if (holds_ignoring_case(input, "password=") || holds_ignoring_case(input, "\"password\"") ||
        holds_ignoring_case(input, "pwd="))
        return PASSWORD_CLEAR;
    struct slice rest = input;
    struct slice first = next_part(&rest, ':');
    if (rest.length == 0)
        return PASSWORD_NONE;
    /* DOMAIN\user:password */
    struct slice user = first;
    struct slice domain = next_part(&user, '\\');
    if (slice_present(user))
        return names_domain(domain, domains, domain_count) ? PASSWORD_CLEAR : PASSWORD_PERHAPS;
    /* domain:user:password; the password may hold colons itself. */
    user = next_part(&rest, ':');
    if (user.length == 0 || rest.length == 0)
        return PASSWORD_NONE;
    if (names_domain(first, domains, domain_count))
        return PASSWORD_CLEAR;
    bool three_parts = !memchr(rest.data, ':', rest.length);
    if (!three_parts || user.data[0] == '/' || slice_is(first, "arn"))
        return PASSWORD_NONE;
    return is_dns_name_of_labels(first) ? PASSWORD_CLEAR : PASSWORD_PERHAPS;
}
