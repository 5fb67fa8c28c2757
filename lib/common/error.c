#include "lib/common/error.h"

#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"

static void set(struct error **err, enum error_code code, char *message)
{
    struct error *error = xmalloc(sizeof(*error));
    error->code = code;
    error->message = message;
    *err = error;
}

int(error_set)(struct error **err, enum error_code code, const char *format, ...)
{
    va_list arguments;

    if (err && !*err) {
        va_start(arguments, format);
        set(err, code, xvasprintf(format, arguments));
        va_end(arguments);
    }
    return -1;
}

int(error_set_errno)(struct error **err, enum error_code code, int number, const char *format, ...)
{
    va_list arguments;

    if (err && !*err) {
        char text[128];
        va_start(arguments, format);
        cleanup_free char *message = xvasprintf(format, arguments);
        va_end(arguments);
        set(err, code, xasprintf("%s: %s", message, strerror_r(number, text, sizeof(text))));
    }
    return -1;
}

int(error_prefix)(struct error **err, const char *format, ...)
{
    va_list arguments;

    if (err && *err) {
        va_start(arguments, format);
        cleanup_free char *context = xvasprintf(format, arguments);
        va_end(arguments);
        cleanup_free char *inner = (*err)->message;
        (*err)->message = xasprintf("%s: %s", context, inner);
    }
    return -1;
}

int(error_move)(struct error **err, struct error *from)
{
    if (err && !*err)
        *err = from;
    else
        error_free(from);
    return -1;
}

void error_free(struct error *error)
{
    if (!error)
        return;
    free(error->message);
    free(error);
}

const char *error_code_name(enum error_code code)
{
    switch (code) {
    case ERROR_INPUT:
        return "input";
    case ERROR_DENIED:
        return "denied";
    case ERROR_NOT_FOUND:
        return "not-found";
    case ERROR_UNAVAILABLE:
        return "unavailable";
    case ERROR_PROTOCOL:
        return "protocol";
    case ERROR_INTERNAL:
        break;
    }
    return "internal";
}
