#include "lib/directory/encryption_types.h"

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const struct {
    const char *words;
    size_t count;
    uint32_t bits;
    int32_t numbers[ENCRYPTION_TYPES_MAX];
    bool lack_aes;
} rows[] = {
    {"none", 0, 0, {0}, true},
    {"RC4", 1, 0x04, {23}, true},
    {"AES256, AES128", 2, 0x18, {18, 17}, false},
    {"AES256, AES128, RC4", 3, 0x1C, {18, 17, 23}, false},
    {"AES256, AES128, RC4, DES-CBC-MD5, DES-CBC-CRC", 5, 0x1F, {18, 17, 23, 3, 1}, false},
    {"AES256", 1, 0x10, {18}, false},
    {"RC4", 1, 0x24, {23}, true},       /* session keys of AES do not make AES tickets */
    {"none", 0, 0xFFFF0000, {0}, true}, /* FAST, compound identity, claims */
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
