/* One Check program a module: tests/unit/test_<module>.c ends with
 *
 *   SUITE("module", first_test, second_test)
 */
#ifndef GMSA_TESTS_SUPPORT_SUITE_H
#define GMSA_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stddef.h>

/* How often a test with random input, or one of a size, goes round: `full` times, or a share of it
 * where TEST_ROUNDS_DIVISOR is set, as for valgrind, which is some fifty times slower and looks for
 * mistakes that the first rounds make, too. At least one. */
unsigned suite_rounds(unsigned full);

/* Runs the tests and returns main()'s exit code. */
int suite_run(const char *name, const TTest *const *tests, size_t count);

#define SUITE(name, ...)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return suite_run(name, tests, sizeof(tests) / sizeof(tests[0]));                           \
    }

#endif
