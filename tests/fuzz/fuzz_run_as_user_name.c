/* Kubernetes' rules on names against the same rules written with POSIX regular expressions in the C
 * locale, where they are read off validation.go. */
#include <assert.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>

#include "credspec/kubernetes.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/common/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool matches(const char *pattern, const char *text)
{
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        abort();
    int result = regexec(&expression, text, 0, NULL, 0);
    regfree(&expression);
    return result == 0;
}

/* Each character beyond ASCII, and each byte that is none, becomes one "_", which the NetBIOS form
 * allows and the DNS form does not: so that a byte-wise expression counts characters. */
static char *one_byte_each(const char *text)
{
    struct buffer out = {0};
    size_t length = strlen(text);
    for (size_t i = 0; i < length;) {
        uint32_t code_point = 0;
        size_t step = utf8_decode(text + i, length - i, &code_point);
        buffer_append_byte(&out, step == 1 ? text[i] : '_');
        i += step ? step : 1;
    }
    return buffer_steal(&out);
}

static size_t expect_user(const char *user, const char **expected, size_t count)
{
    if (strlen(user) == 0)
        expected[count++] = "runAsUserName's User cannot be empty";
    else if (strlen(user) > 104)
        expected[count++] = "runAsUserName's User length must not be longer than 104 characters";
    if (matches("^[. ]+$", user))
        expected[count++] = "runAsUserName's User cannot contain only periods or spaces";
    if (matches("[]\"/\\:;|=,+*?<>@[]", user))
        expected[count++] = "runAsUserName's User cannot contain the following characters: "
                            "\"/\\:;|=,+*?<>@[]";
    return count;
}

/* `name` has neither a NUL nor another control character. */
static size_t expect_names(char *name, const char **expected)
{
    char *user = strchr(name, '\\');
    if (!user)
        return expect_user(name, expected, 0);
    if (strchr(user + 1, '\\')) {
        expected[0] = "runAsUserName cannot contain more than one backslash";
        return 1;
    }
    *user++ = '\0';
    size_t count = 0;
    if (strlen(name) >= 256)
        expected[count++] = "runAsUserName's Domain length must be under 256 characters";
    cleanup_free char *domain = one_byte_each(name);
    if (!matches("^[^\\\\/:*?\"<>|.][^\\\\/:*?\"<>|]{0,14}$", domain) &&
        !matches("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
                 "(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
                 domain))
        expected[count++] = "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
    return expect_user(user, expected, count);
}

static size_t expect(const char *data, size_t size, const char **expected)
{
    if (size == 0) {
        expected[0] = "runAsUserName cannot be an empty string";
        return 1;
    }
    cleanup_free char *name = xstrndup(data, size);
    if (strlen(name) < size || matches("[[:cntrl:]]", name)) {
        expected[0] = "runAsUserName cannot contain control characters";
        return 1;
    }
    return expect_names(name, expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1024) /* lengths are decided by then, and expressions become slow */
        return 0;
    struct slice name = {(const char *)data, size};
    const char *expected[KUBERNETES_MESSAGES_MAX];
    const char *found[KUBERNETES_MESSAGES_MAX];
    size_t expected_count = expect(name.data, size, expected);
    size_t count = kubernetes_check_run_as_user_name(name, found);
    assert(count == expected_count);
    for (size_t i = 0; i < count; i++)
        assert(strcmp(found[i], expected[i]) == 0);

    cleanup_free char *text = xstrndup(name.data, size);
    bool whole = strlen(text) == size;
    count = kubernetes_check_subdomain(name, found);
    bool valid =
        whole && size <= 253 &&
        matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", text);
    assert((count == 0) == valid);
    count = kubernetes_check_label(name, found);
    valid = whole && size <= 63 && matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", text);
    assert((count == 0) == valid);
    return 0;
}
