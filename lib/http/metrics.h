/* Metrics in Prometheus' text format (version 0.0.4).
 *
 * A family is a name, a help text and label names; a series is one set of label values, with a
 * value that any thread may change without a lock. Look series up when starting, or once per new
 * label value, and keep the pointer: they live as long as the registry.
 */
#ifndef GMSA_HTTP_METRICS_H
#define GMSA_HTTP_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/common/buffer.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum { METRIC_LABELS_MAX = 6, METRIC_BUCKETS_MAX = 24 };

struct metrics;
struct metric_family;
struct metric; /* one series */

struct metrics *metrics_create(void);
void metrics_free(struct metrics *metrics);

/* All text is static or outlives the registry. `labels` ends with NULL, or is NULL for none. A name
 * that Prometheus does not allow, or that is registered twice, is a mistake in the program:
 * aborts. */
struct metric_family *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                                      const char *const *labels);
struct metric_family *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                                    const char *const *labels);
/* `bounds` are the buckets' upper bounds, ascending, without +Inf. */
struct metric_family *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
                                        const char *const *labels, const double *bounds,
                                        size_t count);

/* The series with these label values (as many as the family has labels; copied), made with the
 * value 0 where it is new. From any thread; takes a lock. Values that come from outside must be
 * bounded by the caller: a series is never forgotten. */
struct metric *metric_series(struct metric_family *family, const char *const *values);

/* Any thread, no lock. */
void metric_add(struct metric *metric, uint64_t amount);        /* counter */
void metric_adjust(struct metric *metric, int64_t by);          /* gauge, whole numbers */
void metric_set(struct metric *metric, double value);           /* gauge */
void metric_set_counter(struct metric *metric, uint64_t total); /* counter kept elsewhere */
void metric_observe(struct metric *metric, double value);       /* histogram */

/* Called before each rendering, to set what is not kept up to date. */
typedef void metrics_collector(void *context);
void metrics_collect(struct metrics *metrics, metrics_collector *collector, void *context);

/* Appends all families in the order they were registered. From one thread at a time. */
void metrics_render(struct metrics *metrics, struct buffer *out);

#endif
