#include "lib/directory/encryption_types.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const struct {
    uint32_t bits;
    size_t count;
    int32_t numbers[ENCRYPTION_TYPES_MAX];
    const char *words;
    bool lack_aes;
} rows[] = {
    {0, 0, {0}, "none", true},
    {0x04, 1, {23}, "RC4", true},
    {0x18, 2, {18, 17}, "AES256, AES128", false},
    {0x1C, 3, {18, 17, 23}, "AES256, AES128, RC4", false},
    {0x1F, 5, {18, 17, 23, 3, 1}, "AES256, AES128, RC4, DES-CBC-MD5, DES-CBC-CRC", false},
    {0x10, 1, {18}, "AES256", false},
    {0x24, 1, {23}, "RC4", true},       /* session keys of AES do not make AES tickets */
    {0xFFFF0000, 0, {0}, "none", true}, /* FAST, compound identity, claims */
};

START_TEST(bits_are_numbers_and_words)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int32_t numbers[ENCRYPTION_TYPES_MAX];
        cleanup_buffer struct buffer words = {0};
        ck_assert_uint_eq(encryption_types_numbers(rows[i].bits, numbers), rows[i].count);
        for (size_t j = 0; j < rows[i].count; j++)
            ck_assert_int_eq(numbers[j], rows[i].numbers[j]);
        encryption_types_words(rows[i].bits, &words);
        ck_assert_str_eq(buffer_text(&words), rows[i].words);
        ck_assert_int_eq(encryption_types_lack_aes(rows[i].bits), rows[i].lack_aes);
    }
}
END_TEST

START_TEST(numbers_are_bits)
{
    ck_assert_uint_eq(encryption_types_bit(18), ENCRYPTION_AES256);
    ck_assert_uint_eq(encryption_types_bit(23), ENCRYPTION_RC4);
    ck_assert_uint_eq(encryption_types_bit(20), 0);
}
END_TEST

SUITE("encryption_types", bits_are_numbers_and_words, numbers_are_bits)
