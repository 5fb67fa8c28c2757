/* JSON texts that RFC 8259 accepts or refuses, for every reader of JSON. */
#ifndef GMSA_TESTS_SUPPORT_JSON_TEXTS_H
#define GMSA_TESTS_SUPPORT_JSON_TEXTS_H

#include <stddef.h>

#include "lib/common/slice.h"

extern const struct slice json_texts_good[];
extern const size_t json_texts_good_count;

/* What is refused: the text, where (bytes before the place) and what the problem says. */
struct json_text_bad {
    struct slice text;
    size_t at;
    const char *problem;
};
extern const struct json_text_bad json_texts_bad[];
extern const size_t json_texts_bad_count;

#endif
