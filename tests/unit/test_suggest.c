#include "lib/common/suggest.h"

#include <string.h>

#include "lib/common/memory.h"
#include "tests/support/suite.h"

static const char *const fields[] = {
    "Sid", "Guid", "MachineAccountName", "DnsTreeName", "DnsName", "NetBiosName", NULL};

START_TEST(a_slip_finds_its_word)
{
    static const char *const cases[][2] = {
        {"Sdi", "Sid"},
        {"SID", "Sid"},
        {"guid", "Guid"},
        {"MachineAcountName", "MachineAccountName"},
        {"DNSName", "DnsName"},
        {"DnsTreName", "DnsTreeName"},
        {"NetbiosName", "NetBiosName"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        ck_assert_pstr_eq(suggest_nearest(cases[i][0], fields), cases[i][1]);
}
END_TEST

START_TEST(another_word_gets_no_suggestion)
{
    static const char *const words[] = {"", "x", "Password", "kubernetes", "ab"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        ck_assert_pstr_eq(suggest_nearest(words[i], fields), NULL);
}
END_TEST

START_TEST(a_monstrous_word_is_left_alone)
{
    char word[200];
    memset(word, 'S', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    ck_assert_ptr_null(suggest_nearest(word, fields));
    const char *const monstrous[] = {word, NULL};
    ck_assert_ptr_null(suggest_nearest("SSSS", monstrous));
}
END_TEST

START_TEST(a_first_part_finds_its_word)
{
    static const char *const options[] = {"user", "password-file", "passage", NULL};
    ck_assert_pstr_eq(suggest_nearest("password", options), "password-file");
    ck_assert_pstr_eq(suggest_nearest("passwor", options), "passage");
    /* One that is nearer comes first. */
    static const char *const others[] = {"password-file", "passwords", NULL};
    ck_assert_pstr_eq(suggest_nearest("password", others), "passwords");
}
END_TEST

SUITE("suggest", a_first_part_finds_its_word, a_slip_finds_its_word,
      another_word_gets_no_suggestion, a_monstrous_word_is_left_alone)
