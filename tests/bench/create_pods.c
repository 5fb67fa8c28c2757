/* Creates pods through an API server, as many at a time as there are connections, for
 * tests/bench/cluster.sh.
 *
 *   create_pods KUBECONFIG NAMESPACE PREFIX COUNT CONNECTIONS <POD
 *
 * POD is one pod in JSON in which %s stands for its name. Prints "SECONDS P50 P99 CREATED OTHERS",
 * the percentiles in milliseconds; what else than 201 came is told on standard error.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/common/buffer.h"
#include "lib/common/log.h"
#include "lib/common/memory.h"
#include "lib/kube/client.h"
#include "lib/kube/clock.h"

enum { TEMPLATE_MAX = 64 * 1024, NAME_SIZE = 64, TIMEOUT = 60 * 1000 };

static const struct kube_resource pods = {"", "v1", "pods"};

struct load {
    struct event_base *base;
    struct kube_client *client;
    const char *namespace, *prefix;
    char template[TEMPLATE_MAX];
    const char *behind_name; /* in the template, whose %s is its end */
    size_t count, sent, done, created;
    int64_t *latencies; /* nanoseconds */
};

struct one {
    struct load *load;
    int64_t begun;
};

static void send_next(struct load *load);

static void answered(const struct kube_answer *answer, void *context)
{
    struct one *one = context;
    struct load *load = one->load;
    load->latencies[load->done++] = kube_now() - one->begun;
    if (answer->status == 201)
        load->created++;
    else
        (void)fprintf(stderr, "%s\n", answer->error ? answer->error->message : "no error");
    free(one);
    if (load->done == load->count)
        (void)event_base_loopbreak(load->base);
    else if (load->sent < load->count)
        send_next(load);
}

static void send_next(struct load *load)
{
    cleanup_buffer struct buffer body = {0};
    struct one *one = xcalloc(1, sizeof(*one));
    *one = (struct one){load, kube_now()};
    buffer_append_format(&body, "%s%s-%zu%s", load->template, load->prefix, load->sent++,
                         load->behind_name);
    const struct kube_call call = {
        .verb = KUBE_CREATE,
        .target = {.resource = &pods, .namespace = load->namespace},
        .body = {body.data, body.length},
        .timeout = TIMEOUT,
        .done = answered,
        .context = one,
    };
    (void)kube_send(load->client, &call);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static double milliseconds(const struct load *load, size_t percent)
{
    size_t rank = (load->count - 1) * percent / 100;
    return (double)load->latencies[rank] / 1e6;
}

static int run(struct load *load, const char *kubeconfig, size_t connections, struct error **err)
{
    const struct kube_config_options options = {.kubeconfig = kubeconfig};
    cleanup_kube_config struct kube_config *config = kube_config_load(&options, err);
    if (!config)
        return -1;
    load->base = event_base_new();
    const struct kube_client_settings settings = {
        .base = load->base, .config = config, .in_flight = connections};
    load->client = kube_client_create(&settings, err);
    if (!load->client)
        return -1;
    int64_t begun = kube_now();
    for (size_t i = 0; i < connections && i < load->count; i++)
        send_next(load);
    (void)event_base_dispatch(load->base);
    double seconds = (double)(kube_now() - begun) / 1e9;
    qsort(load->latencies, load->count, sizeof(load->latencies[0]), compare);
    (void)printf("%.3f %.1f %.1f %zu %zu\n", seconds, milliseconds(load, 50),
                 milliseconds(load, 99), load->created, load->count - load->created);
    kube_client_free(load->client);
    event_base_free(load->base);
    return 0;
}

static bool read_template(struct load *load)
{
    size_t length = fread(load->template, 1, sizeof(load->template) - 1, stdin);
    load->template[length] = '\0';
    char *name = strstr(load->template, "%s");
    if (!name)
        return false;
    *name = '\0';
    load->behind_name = name + 2;
    return true;
}

int main(int argc, char **argv)
{
    cleanup_error struct error *error = NULL;
    struct load load = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc != 6 || !read_template(&load))
        return 2;
    load.namespace = argv[2];
    load.prefix = argv[3];
    load.count = strtoul(argv[4], NULL, 10);
    load.latencies = xcalloc(load.count, sizeof(load.latencies[0]));
    int result = load.count ? run(&load, argv[1], strtoul(argv[5], NULL, 10), &error) : -1;
    if (result < 0)
        (void)fprintf(stderr, "create_pods: %s\n", error ? error->message : "no pods");
    free(load.latencies);
    return result < 0 ? 1 : 0;
}
