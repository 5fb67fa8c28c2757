#include "credspec/names.h"

#include "lib/common/ascii.h"
#include "lib/common/utf8.h"

enum { DNS_NAME_MAX = 253, DNS_LABEL_MAX = 63 };

static bool is_label(struct slice label)
{
    for (size_t i = 0; i < label.length; i++) {
        char c = label.data[i];
        bool edge = i == 0 || i == label.length - 1;
        if (!ascii_is_alphanumeric(c) && c != '_' && (c != '-' || edge))
            return false;
    }
    return label.length > 0 && label.length <= DNS_LABEL_MAX;
}

static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!ascii_is_digit(text.data[i]))
            return false;
    return text.length > 0;
}

/* Number of labels, 0 where it is no DNS name. */
static size_t count_labels(struct slice name)
{
    if (name.length == 0 || name.length > DNS_NAME_MAX)
        return 0;
    struct slice label = {0};
    size_t count = 0;
    for (size_t begin = 0; begin <= name.length; begin += label.length + 1) {
        const char *dot =
            begin < name.length ? memchr(name.data + begin, '.', name.length - begin) : NULL;
        label.data = name.data + begin;
        label.length = (dot ? (size_t)(dot - name.data) : name.length) - begin;
        if (!is_label(label))
            return 0;
        count++;
    }
    return is_number(label) ? 0 : count;
}

bool is_dns_name(struct slice name)
{
    return count_labels(name) >= 1;
}

bool is_dns_name_of_labels(struct slice name)
{
    return count_labels(name) >= 2;
}

bool is_netbios_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (ascii_is_control(name.data[i]) || strchr("\\/:*?\"<>|.", name.data[i]))
            return false;
    return name.length > 0;
}

bool is_netbios_domain(struct slice name)
{
    return is_netbios_name(name) && utf8_count(name.data, name.length) <= NETBIOS_NAME_MAX;
}

bool is_domain_below(struct slice name, struct slice tree)
{
    if (name.length < tree.length)
        return false;
    size_t above = name.length - tree.length;
    if (!slice_equal_ignoring_case((struct slice){name.data + above, tree.length}, tree))
        return false;
    return above == 0 || name.data[above - 1] == '.';
}

bool is_guid(struct slice guid)
{
    if (guid.length != 36)
        return false;
    for (size_t i = 0; i < guid.length; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? guid.data[i] != '-' : !ascii_is_hex(guid.data[i]))
            return false;
    }
    return true;
}

bool is_guid_zero(struct slice guid)
{
    return slice_is(guid, "00000000-0000-0000-0000-000000000000");
}

struct slice without_braces(struct slice guid)
{
    if (guid.length < 2 || guid.data[0] != '{' || guid.data[guid.length - 1] != '}')
        return (struct slice){0};
    return (struct slice){guid.data + 1, guid.length - 2};
}

const char *account_name_problem(struct slice name)
{
    if (memchr(name.data, '\\', name.length))
        return "has a domain part, which does not belong here";
    if (memchr(name.data, '@', name.length))
        return "is a user principal name: the account's name alone belongs here";
    if (name.data[name.length - 1] == '$')
        return "ends with '$', which Windows adds itself";
    /* Of a sAMAccountName, [MS-SAMR] 3.1.1.6, and '$', which only stands at its end. */
    for (size_t i = 0; i < name.length; i++)
        if (strchr("\"/[]:;|=,+*?<>$", name.data[i]))
            return "has one of the characters \"/[]:;|=,+*?<>$, which no account name has";
    if (name.data[name.length - 1] == '.')
        return "ends with a period, which no account name does";
    return NULL;
}
