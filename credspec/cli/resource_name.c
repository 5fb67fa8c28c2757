#include "credspec/cli/resource_name.h"

#include "credspec/kubernetes.h"
#include "lib/common/ascii.h"

char *resource_name_from(struct arena *arena, struct slice text)
{
    char *name = arena_copy(arena, text.data ? text.data : "", text.length);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = ascii_to_lower(name[i]);
        if (!ascii_is_alphanumeric(byte) && byte != '.')
            byte = '-';
        if (length > 0 || ascii_is_alphanumeric(byte))
            name[length++] = byte;
    }
    while (length > 0 && !ascii_is_alphanumeric(name[length - 1]))
        length--;
    name[length] = '\0';
    return name;
}

int resource_name_check(const char *what, const char *name, struct error **err)
{
    const char *messages[KUBERNETES_MESSAGES_MAX];
    size_t count = kubernetes_check_subdomain(slice_of(name), messages);
    if (count == 0)
        return 0;
    return error_set(err, ERROR_INPUT, "%s \"%s\": %s", what, name, messages[0]);
}
