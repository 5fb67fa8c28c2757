/* `credspec new` without --offline: the values of account and domain out of the directory. */
#include <string.h>

#include "credspec/cli/account_check.h"
#include "credspec/cli/directory_login.h"
#include "credspec/cli/new.h"
#include "credspec/cli/output.h"
#include "lib/common/ascii.h"
#include "lib/common/memory.h"
#include "lib/directory/deadline.h"

/* --- Options ------------------------------------------------------------------------------------
 */

static int check_options(const struct new_options *options)
{
    const struct {
        const char *flag;
        const char *value;
    } offline_only[] = {
        {"--dns-name", options->dns_name}, {"--netbios-name", options->netbios_name},
        {"--sid", options->sid},           {"--guid", options->guid},
        {"--forest", options->forest},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(offline_only); i++)
        if (offline_only[i].value)
            return output_usage_error("%s needs --offline: without it the directory says what the "
                                      "value is",
                                      offline_only[i].flag);
    if (!options->account)
        return output_usage_error("--account is missing: the gMSA that the container runs as");
    cleanup_error struct error *error = NULL;
    if (directory_options_check(&options->directory, &error) != 0)
        return output_error(error);
    return 0;
}

/* A domain whose name can be looked up, out of "webapp01@contoso.test"; NULL for a NetBIOS name or
 * none. */
static const char *domain_of_account(struct arena *arena, const char *account)
{
    struct account_reference reference;
    if (account_reference_read(account, &reference, NULL) != 0 || !reference.domain.data ||
        !memchr(reference.domain.data, '.', reference.domain.length))
        return NULL;
    return arena_copy(arena, reference.domain.data, reference.domain.length);
}

/* --- Accounts -----------------------------------------------------------------------------------
 */

struct online {
    struct arena *arena;
    const struct new_options *options;
    struct directory_login login;
    struct session *session;
};

static void online_release(struct online *online)
{
    session_free(online->session);
    directory_login_release(&online->login);
}

static int64_t time_limit(const struct online *online)
{
    return deadline_after(online->options->directory.timeout);
}

static int report_missing(const struct online *online, const struct session *session,
                          const char *name, const struct error *error)
{
    const char *nearest = account_nearest(online->arena, session->controller.connection,
                                          &session->domain, name, time_limit(online));
    if (!nearest)
        return program_fail(EXIT_NEGATIVE, error);
    const char *message =
        arena_format(online->arena, "%s; did you mean %s?", error->message, nearest);
    return program_fail(
        EXIT_NEGATIVE,
        &(struct error){error->code, arena_copy(online->arena, message, strlen(message))});
}

static int judge(const struct online *online, const struct session *session,
                 const struct account *account)
{
    cleanup_account_readers struct account_readers readers = {0};
    cleanup_error struct error *error = NULL;
    bool known = account->has_membership;
    if (known && account_readers(session->controller.connection, &session->domain, account,
                                 time_limit(online), &readers, &error) != 0)
        return program_fail(EXIT_DIRECTORY, error);
    struct account_verdict verdict;
    account_judge(online->arena, account, known ? &readers : NULL, &verdict);
    if (verdict.problem) {
        char *message = arena_format(online->arena, "%s: %s", verdict.problem, verdict.hint);
        return program_fail(EXIT_NEGATIVE, &(struct error){ERROR_INPUT, message});
    }
    for (size_t i = 0; i < verdict.warning_count; i++)
        output_warning("%s", verdict.warnings[i]);
    return 0;
}

/* Finds the account and tells whether it is fit. `name` gets it as the directory writes it. */
static int look_up(const struct online *online, const struct session *session, const char *text,
                   struct slice *name)
{
    cleanup_account struct account account = {0};
    cleanup_error struct error *error = NULL;
    if (account_find(session->controller.connection, &session->domain, text, time_limit(online),
                     &account, &error) != 0) {
        if (error->code == ERROR_NOT_FOUND)
            return report_missing(online, session, text, error);
        return program_fail(error->code == ERROR_INPUT ? EXIT_NEGATIVE : EXIT_DIRECTORY, error);
    }
    int code = judge(online, session, &account);
    struct slice found = account_spec_name(account.name, strlen(account.name));
    *name = arena_copy_slice(online->arena, found);
    return code;
}

static bool is_of_domain(const struct domain *domain, struct slice name)
{
    return !slice_present(name) || slice_equal_ignoring_case(name, slice_of(domain->dns_name)) ||
           slice_equal_ignoring_case(name, slice_of(domain->netbios_name));
}

/* NAME or NAME@DOMAIN, in the same domain or another one. */
static int look_up_additional(const struct online *online, const char *text,
                              struct credspec_account *additional)
{
    cleanup_error struct error *error = NULL;
    struct account_reference reference;
    if (account_reference_read(text, &reference, &error) != 0) {
        error_prefix(&error, "--additional-account");
        return output_error(error);
    }
    if (is_of_domain(&online->session->domain, reference.domain))
        return look_up(online, online->session, text, &additional->name);
    const char *domain = arena_copy(online->arena, reference.domain.data, reference.domain.length);
    cleanup_session struct session *other =
        directory_login_other(&online->login, online->session, domain, &error);
    if (!other) {
        error_prefix(&error, "--additional-account %s", text);
        return program_fail(EXIT_DIRECTORY, error);
    }
    additional->scope = arena_copy_slice(online->arena, slice_of(other->domain.dns_name));
    return look_up(online, other, text, &additional->name);
}

/* --- The parts ----------------------------------------------------------------------------------
 */

static void take_domain(struct arena *arena, const struct domain *domain,
                        struct credspec_parts *parts)
{
    parts->dns_name = arena_copy_slice(arena, slice_of(domain->dns_name));
    parts->dns_tree_name = arena_copy_slice(arena, slice_of(domain->forest_name));
    parts->netbios_name = arena_copy_slice(arena, slice_of(domain->netbios_name));
    parts->sid = arena_copy_slice(arena, slice_of(domain->sid));
    parts->guid = arena_copy_slice(arena, slice_of(domain->guid));
}

static int take_accounts(const struct online *online, struct credspec_parts *parts)
{
    const struct option_list *list = &online->options->additional;
    int code = look_up(online, online->session, online->options->account, &parts->account);
    struct credspec_account *additional =
        arena_allocate_array(online->arena, list->count + 1, sizeof(*additional));
    for (size_t i = 0; i < list->count && code == 0; i++)
        code = look_up_additional(online, list->values[i], &additional[i]);
    parts->additional = additional;
    parts->additional_count = list->count;
    return code;
}

int new_online_parts(struct arena *arena, const struct new_options *options,
                     struct credspec_parts *parts)
{
    int code = check_options(options);
    if (code != 0)
        return code;
    __attribute__((cleanup(online_release))) struct online online = {
        .arena = arena,
        .options = options,
    };
    cleanup_error struct error *error = NULL;
    if (directory_login_begin(&online.login, &options->directory, &error) != 0)
        return output_error(error);
    const char *domain =
        options->directory.domain ? NULL : domain_of_account(arena, options->account);
    const struct session_settings settings = directory_login_settings(&online.login, domain);
    online.session = session_open(&settings, &error);
    if (!online.session)
        return program_fail(EXIT_DIRECTORY, error);
    take_domain(arena, &online.session->domain, parts);
    return take_accounts(&online, parts);
}
