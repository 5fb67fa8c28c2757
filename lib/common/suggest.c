#include "lib/common/suggest.h"

#include <string.h>

enum { WORD_MAX = 64, COST = 2 /* of one edit; a change of case costs half */ };

static unsigned char lower(char byte)
{
    unsigned char value = (unsigned char)byte;
    return value >= 'A' && value <= 'Z' ? (unsigned char)(value + ('a' - 'A')) : value;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned substitution(char a, char b)
{
    if (a == b)
        return 0;
    return lower(a) == lower(b) ? COST / 2 : COST;
}

/* Optimal string alignment: insertion, deletion, substitution, swap of neighbours. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        above[j] = (unsigned)j * COST;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = (unsigned)i * COST;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j] + COST, row[j - 1] + COST);
            row[j] = least(row[j], above[j - 1] + substitution(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + COST);
        }
        unsigned *oldest = before;
        before = above, above = row, row = oldest;
    }
    return above[b_length];
}

const char *suggest_nearest(const char *word, const char *const *candidates)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    const char *begun = NULL;
    /* One slip for every three characters, but never half of the word. */
    unsigned best = (unsigned)(length / 3 + 1) * COST;
    if (best > length)
        best = (unsigned)length;
    for (; *candidates; candidates++) {
        size_t candidate_length = strlen(*candidates);
        if (candidate_length > WORD_MAX)
            continue;
        unsigned cost = distance(word, length, *candidates, candidate_length);
        if (cost < best || (cost == best && !nearest)) {
            best = cost;
            nearest = *candidates;
        }
        if (!begun && strncmp(*candidates, word, length) == 0 && (*candidates)[length] == '-')
            begun = *candidates;
    }
    return nearest ? nearest : begun;
}
