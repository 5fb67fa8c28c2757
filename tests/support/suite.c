#include "tests/support/suite.h"

#include <stdlib.h>

unsigned suite_rounds(unsigned full)
{
    const char *text = getenv("TEST_ROUNDS_DIVISOR");
    unsigned long divisor = text ? strtoul(text, NULL, 10) : 1;
    return divisor > 1 && full > divisor ? full / (unsigned)divisor : full;
}

int suite_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(all, tests[i]);
    /* Checkers (valgrind, sanitizers) are far slower than the default of 4 seconds allows. */
    tcase_set_timeout(all, 120);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
