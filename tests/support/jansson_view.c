#include "tests/support/jansson_view.h"

#include <jansson.h>

static json_t *load(struct slice text)
{
    json_error_t error;
    return json_loadb(text.data ? text.data : "", text.length,
                      JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
}

bool jansson_accepts(struct slice text)
{
    json_t *value = load(text);
    json_decref(value);
    return value != NULL;
}

bool jansson_equal(struct slice a, struct slice b)
{
    json_t *first = load(a), *second = load(b);
    bool equal = first && second && json_equal(first, second);
    json_decref(first);
    json_decref(second);
    return equal;
}
