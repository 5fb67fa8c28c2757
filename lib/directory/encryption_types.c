#include "lib/directory/encryption_types.h"

static const struct {
    uint32_t bit;
    int32_t number;
    const char *word;
} types[ENCRYPTION_TYPES_MAX] = {
    {ENCRYPTION_AES256, 18, "AES256"},
    {ENCRYPTION_AES128, 17, "AES128"},
    {ENCRYPTION_RC4, 23, "RC4"},
    {ENCRYPTION_DES_MD5, 3, "DES-CBC-MD5"},
    {ENCRYPTION_DES_CRC, 1, "DES-CBC-CRC"},
};

size_t encryption_types_numbers(uint32_t bits, int32_t numbers[ENCRYPTION_TYPES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < ENCRYPTION_TYPES_MAX; i++)
        if (bits & types[i].bit)
            numbers[count++] = types[i].number;
    return count;
}

uint32_t encryption_types_bit(int32_t number)
{
    for (size_t i = 0; i < ENCRYPTION_TYPES_MAX; i++)
        if (types[i].number == number)
            return types[i].bit;
    return 0;
}

void encryption_types_words(uint32_t bits, struct buffer *words)
{
    const char *before = "";
    for (size_t i = 0; i < ENCRYPTION_TYPES_MAX; i++) {
        if (!(bits & types[i].bit))
            continue;
        buffer_append_format(words, "%s%s", before, types[i].word);
        before = ", ";
    }
    if (!(bits & ENCRYPTION_KNOWN))
        buffer_append_text(words, "none");
}

bool encryption_types_lack_aes(uint32_t bits)
{
    return (bits & ENCRYPTION_AES) == 0;
}
