#include "lib/http/metrics.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/suite.h"

static const char *const CODE[] = {"webhook", "code", NULL};

static void expect(struct metrics *metrics, const char *text)
{
    cleanup_buffer struct buffer out = {0};

    metrics_render(metrics, &out);
    ck_assert_str_eq(buffer_text(&out), text);
}

START_TEST(counter_and_gauge)
{
    struct metrics *metrics = metrics_create();
    struct metric_family *requests =
        metrics_counter(metrics, "requests_total", "Requests by code.", CODE);
    struct metric *up = metric_series(metrics_gauge(metrics, "up", "Whether it runs.", NULL), NULL);

    metric_add(metric_series(requests, (const char *[]){"mutate", "200"}), 2);
    metric_add(metric_series(requests, (const char *[]){"mutate", "403"}), 1);
    metric_add(metric_series(requests, (const char *[]){"mutate", "200"}), 40);
    metric_set(up, 0.1);
    expect(metrics, "# HELP requests_total Requests by code.\n"
                    "# TYPE requests_total counter\n"
                    "requests_total{webhook=\"mutate\",code=\"200\"} 42\n"
                    "requests_total{webhook=\"mutate\",code=\"403\"} 1\n"
                    "# HELP up Whether it runs.\n"
                    "# TYPE up gauge\n"
                    "up 0.1\n");
    metric_set_counter(metric_series(requests, (const char *[]){"mutate", "403"}), 7);
    metric_set(up, 3);
    metric_adjust(up, -5);
    expect(metrics, "# HELP requests_total Requests by code.\n"
                    "# TYPE requests_total counter\n"
                    "requests_total{webhook=\"mutate\",code=\"200\"} 42\n"
                    "requests_total{webhook=\"mutate\",code=\"403\"} 7\n"
                    "# HELP up Whether it runs.\n"
                    "# TYPE up gauge\n"
                    "up -2\n");
    metrics_free(metrics);
}
END_TEST

/* A bound belongs to its bucket; buckets count everything below; +Inf is the count. */
START_TEST(histogram)
{
    struct metrics *metrics = metrics_create();
    const double bounds[] = {0.005, 0.5, 2.5};
    struct metric *seconds =
        metric_series(metrics_histogram(metrics, "seconds", "Time.",
                                        (const char *[]){"webhook", NULL}, bounds, 3),
                      (const char *[]){"validate"});

    metric_observe(seconds, 0.005);
    metric_observe(seconds, 0.25);
    metric_observe(seconds, 0.25);
    metric_observe(seconds, 100);
    expect(metrics, "# HELP seconds Time.\n"
                    "# TYPE seconds histogram\n"
                    "seconds_bucket{webhook=\"validate\",le=\"0.005\"} 1\n"
                    "seconds_bucket{webhook=\"validate\",le=\"0.5\"} 3\n"
                    "seconds_bucket{webhook=\"validate\",le=\"2.5\"} 3\n"
                    "seconds_bucket{webhook=\"validate\",le=\"+Inf\"} 4\n"
                    "seconds_sum{webhook=\"validate\"} 100.505\n"
                    "seconds_count{webhook=\"validate\"} 4\n");
    metrics_free(metrics);
}
END_TEST

START_TEST(escapes)
{
    struct metrics *metrics = metrics_create();
    struct metric_family *family =
        metrics_gauge(metrics, "g", "Back\\slash \"and\"\nline.", (const char *[]){"l", NULL});

    metric_set(metric_series(family, (const char *[]){"a\"b\\c\nd \xc3\xa9 \xff"}), INFINITY);
    metric_set(metric_series(family, (const char *[]){""}), NAN);
    expect(metrics, "# HELP g Back\\\\slash \"and\"\\nline.\n"
                    "# TYPE g gauge\n"
                    "g{l=\"a\\\"b\\\\c\\nd \xc3\xa9 \xef\xbf\xbd\"} +Inf\n"
                    "g{l=\"\"} NaN\n");
    metrics_free(metrics);
}
END_TEST

/* Two label values must not be able to look like one another. */
START_TEST(values_do_not_mix)
{
    struct metrics *metrics = metrics_create();
    struct metric_family *family = metrics_counter(metrics, "c", "C.", CODE);

    ck_assert_ptr_ne(metric_series(family, (const char *[]){"a\",code=\"b", "c"}),
                     metric_series(family, (const char *[]){"a", "b\",code=\"c"}));
    ck_assert_ptr_eq(metric_series(family, (const char *[]){"a", "b"}),
                     metric_series(family, (const char *[]){"a", "b"}));
    metrics_free(metrics);
}
END_TEST

static void set_expiry(void *context)
{
    metric_set(context, 1795000000);
}

START_TEST(collectors_run_first)
{
    struct metrics *metrics = metrics_create();
    struct metric *expiry = metric_series(metrics_gauge(metrics, "expiry", "E.", NULL), NULL);

    metrics_collect(metrics, set_expiry, expiry);
    expect(metrics, "# HELP expiry E.\n# TYPE expiry gauge\nexpiry 1795000000\n");
    metrics_free(metrics);
}
END_TEST

START_TEST(families_without_series_are_left_out)
{
    struct metrics *metrics = metrics_create();

    (void)metrics_counter(metrics, "c", "C.", CODE);
    expect(metrics, "");
    metrics_free(metrics);
}
END_TEST

enum { ROUNDS = 20000 };

static void *use_metrics(void *context)
{
    struct metric **metrics = context;

    for (int i = 0; i < ROUNDS; i++) {
        metric_add(metrics[0], 1);
        metric_adjust(metrics[1], 1);
        metric_observe(metrics[2], 2);
    }
    return NULL;
}

START_TEST(many_threads)
{
    struct metrics *metrics = metrics_create();
    const double bounds[] = {1};
    struct metric *all[] = {
        metric_series(metrics_counter(metrics, "c", "C.", NULL), NULL),
        metric_series(metrics_gauge(metrics, "g", "G.", NULL), NULL),
        metric_series(metrics_histogram(metrics, "h", "H.", NULL, bounds, 1), NULL),
    };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_metrics, all), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    expect(metrics, "# HELP c C.\n# TYPE c counter\nc 40000\n"
                    "# HELP g G.\n# TYPE g gauge\ng 40000\n"
                    "# HELP h H.\n# TYPE h histogram\n"
                    "h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 40000\n"
                    "h_sum 80000\nh_count 40000\n");
    metrics_free(metrics);
}
END_TEST

static void make_mistake(int number)
{
    struct metrics *metrics = metrics_create();
    const double falling[] = {2, 1};

    switch (number) {
    case 0:
        (void)metrics_counter(metrics, "with space", "", NULL);
        break;
    case 1:
        (void)metrics_counter(metrics, "9lives", "", NULL);
        break;
    case 2:
        (void)metrics_counter(metrics, "ok", "", (const char *[]){"a:b", NULL});
        break;
    case 3:
        (void)metrics_counter(metrics, "twice", "", NULL);
        (void)metrics_gauge(metrics, "twice", "", NULL);
        break;
    case 4:
        (void)metrics_histogram(metrics, "h", "", (const char *[]){"le", NULL}, falling, 1);
        break;
    default:
        (void)metrics_histogram(metrics, "h", "", NULL, falling, 2);
        break;
    }
}

/* Mistakes in the program end it the first time it starts. In a process of its own, whatever way
 * Check runs. */
START_TEST(mistakes_abort)
{
    for (int number = 0; number < 6; number++) {
        int status = 0;
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            (void)signal(SIGABRT, SIG_DFL);
            make_mistake(number);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "mistake %d", number);
    }
}
END_TEST

SUITE("metrics", counter_and_gauge, histogram, escapes, values_do_not_mix, collectors_run_first,
      families_without_series_are_left_out, many_threads, mistakes_abort)
