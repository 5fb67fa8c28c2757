#include "webhook/decision/reasons.h"

static const struct {
    const char *word;
    int status;
} rows[] = {
#define X(constant, word, status) {word, status},
    REASONS(X)
#undef X
};

const char *reason_word(enum reason reason)
{
    return rows[reason].word;
}

int reason_status(enum reason reason)
{
    return rows[reason].status;
}
