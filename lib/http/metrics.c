#include "lib/http/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/memory.h"
#include "lib/common/utf8.h"

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct metric {
    struct metric *next;
    struct metric_family *family;
    char *labels;              /* `name="value",...`, escaped; "" for none */
    _Atomic uint64_t count;    /* counter */
    _Atomic double value;      /* gauge; histogram: sum */
    _Atomic uint64_t *buckets; /* histogram: one more than bounds, each for itself */
};

struct metric_family {
    struct metric_family *next;
    struct metrics *metrics;
    enum kind kind;
    const char *name, *help;
    const char *labels[METRIC_LABELS_MAX];
    size_t label_count;
    double bounds[METRIC_BUCKETS_MAX];
    size_t bound_count;
    struct metric *first, **end;
};

struct collector {
    struct collector *next;
    metrics_collector *function;
    void *context;
};

struct metrics {
    pthread_mutex_t lock; /* the lists; values need none */
    struct metric_family *first, **end;
    struct collector *collectors, **collectors_end;
};

/* --- Registry --------------------------------------------------------------------------------- */

struct metrics *metrics_create(void)
{
    struct metrics *metrics = xcalloc(1, sizeof(*metrics));

    (void)pthread_mutex_init(&metrics->lock, NULL);
    metrics->end = &metrics->first;
    metrics->collectors_end = &metrics->collectors;
    return metrics;
}

static void family_free(struct metric_family *family)
{
    for (struct metric *metric = family->first, *next; metric; metric = next) {
        next = metric->next;
        free(metric->labels);
        free(metric->buckets);
        free(metric);
    }
    free(family);
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (struct metric_family *family = metrics->first, *next; family; family = next) {
        next = family->next;
        family_free(family);
    }
    for (struct collector *collector = metrics->collectors, *next; collector; collector = next) {
        next = collector->next;
        free(collector);
    }
    (void)pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static bool is_name(const char *name, bool colon)
{
    for (const char *c = name; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' ||
                      (colon && *c == ':');
        if (!letter && (c == name || *c < '0' || *c > '9'))
            return false;
    }
    return *name != '\0';
}

static struct metric_family *add_family(struct metrics *metrics, enum kind kind, const char *name,
                                        const char *help, const char *const *labels)
{
    struct metric_family *family = xcalloc(1, sizeof(*family));

    family->metrics = metrics;
    family->kind = kind;
    family->name = name;
    family->help = help;
    family->end = &family->first;
    if (!is_name(name, true))
        abort();
    for (; labels && labels[family->label_count]; family->label_count++) {
        const char *label = labels[family->label_count];
        if (family->label_count == METRIC_LABELS_MAX || !is_name(label, false) ||
            (kind == KIND_HISTOGRAM && strcmp(label, "le") == 0))
            abort();
        family->labels[family->label_count] = label;
    }
    pthread_mutex_lock(&metrics->lock);
    for (struct metric_family *other = metrics->first; other; other = other->next)
        if (strcmp(other->name, name) == 0)
            abort();
    *metrics->end = family;
    metrics->end = &family->next;
    pthread_mutex_unlock(&metrics->lock);
    return family;
}

struct metric_family *metrics_counter(struct metrics *metrics, const char *name, const char *help,
                                      const char *const *labels)
{
    return add_family(metrics, KIND_COUNTER, name, help, labels);
}

struct metric_family *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
                                    const char *const *labels)
{
    return add_family(metrics, KIND_GAUGE, name, help, labels);
}

struct metric_family *metrics_histogram(struct metrics *metrics, const char *name, const char *help,
                                        const char *const *labels, const double *bounds,
                                        size_t count)
{
    struct metric_family *family = add_family(metrics, KIND_HISTOGRAM, name, help, labels);

    if (count > METRIC_BUCKETS_MAX)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            abort();
        family->bounds[i] = bounds[i];
    }
    family->bound_count = count;
    return family;
}

void metrics_collect(struct metrics *metrics, metrics_collector *function, void *context)
{
    struct collector *collector = xcalloc(1, sizeof(*collector));

    collector->function = function;
    collector->context = context;
    *metrics->collectors_end = collector;
    metrics->collectors_end = &collector->next;
}

/* --- Series ----------------------------------------------------------------------------------- */

/* Label values are UTF-8 with \\, \" and \n escaped; a help text is the same without \". */
static void append_escaped(struct buffer *out, const char *text, bool quoted)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code_point;
        size_t length = utf8_decode(text, left, &code_point);
        if (length == 0)
            buffer_append_text(out, "\xef\xbf\xbd");
        else if (*text == '\n')
            buffer_append_text(out, "\\n");
        else if (*text == '\\' || (quoted && *text == '"'))
            buffer_append_format(out, "\\%c", *text);
        else
            buffer_append(out, text, length);
        length = length ? length : 1;
        text += length;
        left -= length;
    }
}

static char *format_labels(const struct metric_family *family, const char *const *values)
{
    struct buffer out = {0};

    for (size_t i = 0; i < family->label_count; i++) {
        buffer_append_format(&out, "%s%s=\"", i ? "," : "", family->labels[i]);
        append_escaped(&out, values[i], true);
        buffer_append_text(&out, "\"");
    }
    return buffer_steal(&out);
}

struct metric *metric_series(struct metric_family *family, const char *const *values)
{
    cleanup_free char *labels = format_labels(family, values);
    struct metric *metric;

    pthread_mutex_lock(&family->metrics->lock);
    for (metric = family->first; metric; metric = metric->next)
        if (strcmp(metric->labels, labels) == 0)
            break;
    if (!metric) {
        metric = xcalloc(1, sizeof(*metric));
        metric->family = family;
        metric->labels = STEAL(labels);
        if (family->kind == KIND_HISTOGRAM)
            metric->buckets = xcalloc(family->bound_count + 1, sizeof(*metric->buckets));
        *family->end = metric;
        family->end = &metric->next;
    }
    pthread_mutex_unlock(&family->metrics->lock);
    return metric;
}

void metric_add(struct metric *metric, uint64_t amount)
{
    atomic_fetch_add_explicit(&metric->count, amount, memory_order_relaxed);
}

void metric_set_counter(struct metric *metric, uint64_t total)
{
    atomic_store_explicit(&metric->count, total, memory_order_relaxed);
}

static void add_value(struct metric *metric, double amount)
{
    double old = atomic_load_explicit(&metric->value, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(&metric->value, &old, old + amount,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void metric_adjust(struct metric *metric, int64_t by)
{
    add_value(metric, (double)by);
}

void metric_set(struct metric *metric, double value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void metric_observe(struct metric *metric, double value)
{
    const struct metric_family *family = metric->family;
    size_t bucket = 0;

    while (bucket < family->bound_count && value > family->bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&metric->buckets[bucket], 1, memory_order_relaxed);
    add_value(metric, value);
}

/* --- Text ------------------------------------------------------------------------------------- */

/* The shortest of the common precisions that reads back as the same number. */
static void append_number(struct buffer *out, double number)
{
    char text[40];

    if (isnan(number) || isinf(number)) {
        buffer_append_text(out, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof(text), "%.*g", precision, number);
        if (!(strtod(text, NULL) < number) && !(strtod(text, NULL) > number))
            break;
    }
    buffer_append_text(out, text);
}

/* name_suffix{labels} and a space. */
static void append_series(struct buffer *out, const struct metric *metric, const char *suffix)
{
    buffer_append_text(out, metric->family->name);
    buffer_append_text(out, suffix);
    if (*metric->labels)
        buffer_append_format(out, "{%s}", metric->labels);
    buffer_append_text(out, " ");
}

static void render_histogram(struct buffer *out, const struct metric *metric)
{
    const struct metric_family *family = metric->family;
    uint64_t count = 0;

    for (size_t i = 0; i <= family->bound_count; i++) {
        count += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        buffer_append_format(out, "%s_bucket{%s%sle=\"", family->name, metric->labels,
                             *metric->labels ? "," : "");
        append_number(out, i < family->bound_count ? family->bounds[i] : INFINITY);
        buffer_append_format(out, "\"} %llu\n", (unsigned long long)count);
    }
    append_series(out, metric, "_sum");
    append_number(out, atomic_load_explicit(&metric->value, memory_order_relaxed));
    buffer_append_text(out, "\n");
    append_series(out, metric, "_count");
    buffer_append_format(out, "%llu\n", (unsigned long long)count);
}

static void render_series(struct buffer *out, const struct metric *metric)
{
    switch (metric->family->kind) {
    case KIND_COUNTER:
        append_series(out, metric, "");
        buffer_append_format(
            out, "%llu\n",
            (unsigned long long)atomic_load_explicit(&metric->count, memory_order_relaxed));
        break;
    case KIND_GAUGE:
        append_series(out, metric, "");
        append_number(out, atomic_load_explicit(&metric->value, memory_order_relaxed));
        buffer_append_text(out, "\n");
        break;
    case KIND_HISTOGRAM:
        render_histogram(out, metric);
        break;
    }
}

void metrics_render(struct metrics *metrics, struct buffer *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};

    for (struct collector *collector = metrics->collectors; collector; collector = collector->next)
        collector->function(collector->context);
    pthread_mutex_lock(&metrics->lock);
    for (struct metric_family *family = metrics->first; family; family = family->next) {
        if (!family->first)
            continue;
        buffer_append_format(out, "# HELP %s ", family->name);
        append_escaped(out, family->help, false);
        buffer_append_format(out, "\n# TYPE %s %s\n", family->name, types[family->kind]);
        for (struct metric *metric = family->first; metric; metric = metric->next)
            render_series(out, metric);
    }
    pthread_mutex_unlock(&metrics->lock);
}
