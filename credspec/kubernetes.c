#include "credspec/kubernetes.h"

#include "lib/common/ascii.h"
#include "lib/common/utf8.h"

enum {
    SUBDOMAIN_MAX = 253,
    LABEL_MAX = 63,
    NETBIOS_MAX = 15, /* code points */
    DOMAIN_MAX = 255,
    USER_MAX = 104,
    CREDENTIAL_SPEC_MAX = 65536,
};

static size_t add(const char *messages[KUBERNETES_MESSAGES_MAX], size_t count, const char *message)
{
    if (count < KUBERNETES_MESSAGES_MAX)
        messages[count++] = message;
    return count;
}

/* The end of the part that begins at `begin`: the next separator or the end of the text. */
static size_t part_end(struct slice text, size_t begin, char separator)
{
    size_t end = begin;
    while (end < text.length && text.data[end] != separator)
        end++;
    return end;
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_lower_label(struct slice label)
{
    for (size_t i = 0; i < label.length; i++) {
        char c = label.data[i];
        bool edge = i == 0 || i == label.length - 1;
        if (!ascii_is_lower(c) && !ascii_is_digit(c) && (c != '-' || edge))
            return false;
    }
    return label.length > 0;
}

/* Labels are not bounded in length here, only the whole is. */
static bool is_lower_subdomain(struct slice name)
{
    for (size_t begin = 0; begin <= name.length;) {
        size_t end = part_end(name, begin, '.');
        if (!is_lower_label((struct slice){name.data + begin, end - begin}))
            return false;
        begin = end + 1;
    }
    return true;
}

size_t kubernetes_check_subdomain(struct slice name, const char *messages[KUBERNETES_MESSAGES_MAX])
{
    size_t count = 0;
    if (name.length > SUBDOMAIN_MAX)
        count = add(messages, count, "must be no more than 253 characters");
    if (name.length == 0 || !is_lower_subdomain(name))
        count = add(messages, count,
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
                    "characters, '-' or '.', and must start and end with an alphanumeric character "
                    "(e.g. 'example.com', regex used for validation is "
                    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    return count;
}

size_t kubernetes_check_label(struct slice name, const char *messages[KUBERNETES_MESSAGES_MAX])
{
    size_t count = 0;
    if (name.length > LABEL_MAX)
        count = add(messages, count, "must be no more than 63 characters");
    if (!is_lower_label(name))
        count = add(messages, count,
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                    "or '-', and must start and end with an alphanumeric character (e.g. "
                    "'my-name',  or '123-abc', regex used for validation is "
                    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
    return count;
}

/* ^[^\\/:\*\?"<>|\.][^\\/:\*\?"<>|]{0,14}$ : a byte that is not UTF-8 counts as one character, as
 * in Go's regexp. */
static bool is_netbios_form(struct slice domain)
{
    if (domain.length == 0 || domain.data[0] == '.')
        return false;
    for (size_t i = 0; i < domain.length; i++)
        if (domain.data[i] == '\0' || strchr("\\/:*?\"<>|", domain.data[i]))
            return false;
    return utf8_count(domain.data, domain.length) <= NETBIOS_MAX;
}

/* [a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])? */
static bool is_dns_label(struct slice label)
{
    for (size_t i = 0; i < label.length; i++) {
        bool edge = i == 0 || i == label.length - 1;
        if (!ascii_is_alphanumeric(label.data[i]) && (label.data[i] != '-' || edge))
            return false;
    }
    return label.length > 0 && label.length <= LABEL_MAX;
}

static bool is_dns_form(struct slice domain)
{
    for (size_t begin = 0; begin <= domain.length;) {
        size_t end = part_end(domain, begin, '.');
        if (!is_dns_label((struct slice){domain.data + begin, end - begin}))
            return false;
        begin = end + 1;
    }
    return true;
}

static bool holds_control(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (ascii_is_control(text.data[i]))
            return true;
    return false;
}

static bool is_periods_and_spaces(struct slice user)
{
    for (size_t i = 0; i < user.length; i++)
        if (user.data[i] != '.' && user.data[i] != ' ')
            return false;
    return user.length > 0;
}

static bool holds_forbidden(struct slice user)
{
    for (size_t i = 0; i < user.length; i++)
        if (user.data[i] != '\0' && strchr("\"/\\:;|=,+*?<>@[]", user.data[i]))
            return true;
    return false;
}

static size_t check_user(struct slice user, const char *messages[KUBERNETES_MESSAGES_MAX],
                         size_t count)
{
    if (user.length == 0)
        count = add(messages, count, "runAsUserName's User cannot be empty");
    else if (user.length > USER_MAX)
        count = add(messages, count,
                    "runAsUserName's User length must not be longer than 104 characters");
    if (is_periods_and_spaces(user))
        count = add(messages, count, "runAsUserName's User cannot contain only periods or spaces");
    if (holds_forbidden(user))
        count = add(messages, count,
                    "runAsUserName's User cannot contain the following characters: "
                    "\"/\\:;|=,+*?<>@[]");
    return count;
}

size_t kubernetes_check_run_as_user_name(struct slice name,
                                         const char *messages[KUBERNETES_MESSAGES_MAX])
{
    if (name.length == 0)
        return add(messages, 0, "runAsUserName cannot be an empty string");
    if (holds_control(name))
        return add(messages, 0, "runAsUserName cannot contain control characters");
    const char *backslash = memchr(name.data, '\\', name.length);
    if (!backslash)
        return check_user(name, messages, 0);
    struct slice domain = {name.data, (size_t)(backslash - name.data)};
    struct slice user = {backslash + 1, name.length - domain.length - 1};
    if (memchr(user.data, '\\', user.length))
        return add(messages, 0, "runAsUserName cannot contain more than one backslash");
    size_t count = 0;
    if (domain.length > DOMAIN_MAX)
        count = add(messages, count, "runAsUserName's Domain length must be under 256 characters");
    /* An empty domain before a backslash is a domain nevertheless. */
    if (!is_netbios_form(domain) && !is_dns_form(domain))
        count = add(messages, count,
                    "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    return check_user(user, messages, count);
}

size_t kubernetes_check_credential_spec(struct slice contents,
                                        const char *messages[KUBERNETES_MESSAGES_MAX])
{
    if (contents.length == 0)
        return add(messages, 0, "gmsaCredentialSpec cannot be an empty string");
    /* 65536 itself passes, whatever the text says. */
    if (contents.length > CREDENTIAL_SPEC_MAX)
        return add(messages, 0, "gmsaCredentialSpec size must be under 64 KiB");
    return 0;
}

bool run_as_user_name_equal(struct slice a, struct slice b)
{
    return slice_equal_ignoring_case(a, b);
}
