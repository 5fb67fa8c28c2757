/* One Check program a module: tests/unit/test_<module>.c ends with
 *
 *   SUITE("module", first_test, second_test)
 */
#ifndef GMSA_TESTS_SUPPORT_SUITE_H
#define GMSA_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stddef.h>

/* Runs the tests and returns main()'s exit code. */
int suite_run(const char *name, const TTest *const *tests, size_t count);

#define SUITE(name, ...)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return suite_run(name, tests, sizeof(tests) / sizeof(tests[0]));                           \
    }

#endif
