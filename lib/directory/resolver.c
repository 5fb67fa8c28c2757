#include "lib/directory/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/common/ascii.h"
#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/directory/ares_library.h"
#include "lib/directory/deadline.h"

enum { ATTEMPT = 1000 /* milliseconds */, RESOLV_CONF_MAX = 64 * 1024, NAME_MAX_LENGTH = 253 };

/* --- c-ares ----------------------------------------------------------------------------------- */

static int library_status;

static void start_library(void)
{
    library_status = ares_library_init(ARES_LIB_INIT_ALL);
}

/* One question under way. */
struct lookup {
    ares_channel channel;
    bool done;
    int status;
    unsigned char *answer;
    int length;
    struct addresses *addresses;
};

static void lookup_release(struct lookup *lookup)
{
    if (lookup->channel)
        ares_destroy(lookup->channel);
    free(lookup->answer);
}
#define cleanup_lookup __attribute__((cleanup(lookup_release)))

static int lookup_create(const struct resolver_settings *settings, struct lookup *lookup,
                         struct error **err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct ares_options options = {.timeout = ATTEMPT, .tries = 2};
    const char *servers = settings ? settings->servers : NULL;
    if (ares_library_load(err) < 0)
        return -1;
    (void)pthread_once(&once, start_library);
    if (settings && settings->attempt > 0)
        options.timeout = settings->attempt < 60000 ? (int)settings->attempt : 60000;
    int status = library_status;
    if (status == ARES_SUCCESS)
        status = ares_init_options(&lookup->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS)
        return error_set(err, ERROR_INTERNAL, "DNS cannot be used: %s", ares_strerror(status));
    if (servers && ares_set_servers_ports_csv(lookup->channel, servers) != ARES_SUCCESS)
        return error_set(err, ERROR_INPUT, "%s is no list of name servers' addresses", servers);
    return 0;
}

/* One turn: waits until something happens on a socket of the channel, at most until the deadline.
 */
static void lookup_turn(struct lookup *lookup, int64_t deadline)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polls[ARES_GETSOCK_MAXNUM];
    unsigned bits = (unsigned)ares_getsock(lookup->channel, sockets, ARES_GETSOCK_MAXNUM);
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        /* ARES_GETSOCK_READABLE() and its kin shift into the sign. */
        bool reads = bits >> i & 1, writes = bits >> (i + ARES_GETSOCK_MAXNUM) & 1;
        short events = (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        if (events)
            polls[count++] = (struct pollfd){.fd = sockets[i], .events = events};
    }
    struct timeval most = deadline_timeval(deadline), own;
    const struct timeval *wait = ares_timeout(lookup->channel, &most, &own);
    int ready = poll(polls, count, (int)(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000));
    if (ready <= 0)
        ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (nfds_t i = 0; ready > 0 && i < count; i++) {
        bool in = (polls[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool out = (polls[i].revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
        if (in || out)
            ares_process_fd(lookup->channel, in ? polls[i].fd : ARES_SOCKET_BAD,
                            out ? polls[i].fd : ARES_SOCKET_BAD);
    }
}

static void lookup_wait(struct lookup *lookup, int64_t deadline)
{
    while (!lookup->done && deadline_left(deadline) > 0)
        lookup_turn(lookup, deadline);
    if (!lookup->done) {
        ares_cancel(lookup->channel);
        lookup->status = ARES_ETIMEOUT;
    }
}

/* Fills *err for a look-up that failed. Returns -1. */
static int lookup_fail(int status, const char *what, const char *name, struct error **err)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
        return error_set(err, ERROR_NOT_FOUND, "DNS has no %s for %s", what, name);
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED:
        return error_set(err, ERROR_UNAVAILABLE, "no name server answered in time about %s", name);
    /* Also what c-ares says when every server has failed or refused. */
    case ARES_ECONNREFUSED:
        return error_set(err, ERROR_UNAVAILABLE,
                         "no name server answers about %s: they cannot be reached, or do not know "
                         "where to ask",
                         name);
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
        return error_set(err, ERROR_UNAVAILABLE, "the name server would not answer about %s: %s",
                         name, ares_strerror(status));
    case ARES_EBADNAME:
    case ARES_EBADQUERY:
        return error_set(err, ERROR_INPUT, "%s is no name of DNS", name);
    default:
        return error_set(err, ERROR_PROTOCOL, "the name server's answer about %s is no good: %s",
                         name, ares_strerror(status));
    }
}

/* --- Service records -------------------------------------------------------------------------- */

static void take_answer(void *context, int status, int timeouts, unsigned char *answer, int length)
{
    struct lookup *lookup = context;
    (void)timeouts;
    lookup->done = true;
    lookup->status = status;
    if (status != ARES_SUCCESS || length <= 0)
        return;
    lookup->answer = xmalloc((size_t)length);
    memcpy(lookup->answer, answer, (size_t)length);
    lookup->length = length;
}

static bool is_host_name(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!ascii_is_alphanumeric(name[i]) && !strchr("-_.", name[i]))
            return false;
    return length > 0 && length <= NAME_MAX_LENGTH && name[0] != '.';
}

/* "." (no such service) and what is no host's name are left out. */
static void take_records(const struct ares_srv_reply *reply, struct service_records *records)
{
    records->items = xcalloc(RESOLVER_RECORDS_MAX, sizeof *records->items);
    for (; reply && records->count < RESOLVER_RECORDS_MAX; reply = reply->next) {
        if (!is_host_name(reply->host))
            continue;
        struct service_record *record = &records->items[records->count++];
        *record = (struct service_record){.host = xstrdup(reply->host),
                                          .priority = reply->priority,
                                          .weight = reply->weight,
                                          .port = reply->port};
        for (char *c = record->host; *c; c++)
            *c = ascii_to_lower(*c);
        size_t length = strlen(record->host);
        if (record->host[length - 1] == '.')
            record->host[length - 1] = '\0';
    }
}

void service_records_release(struct service_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        free(records->items[i].host);
    free(records->items);
    *records = (struct service_records){0};
}

static uint32_t real_random(uint32_t most, void *context)
{
    uint32_t number = 0;
    (void)context;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = (uint32_t)deadline_now();
    return most == UINT32_MAX ? number : number % (most + 1);
}

int resolver_services(const struct resolver_settings *settings, const char *name, int64_t deadline,
                      struct service_records *records, struct error **err)
{
    cleanup_lookup struct lookup lookup = {0};
    struct ares_srv_reply *reply = NULL;
    if (lookup_create(settings, &lookup, err) < 0)
        return -1;
    ares_query(lookup.channel, name, ns_c_in, ns_t_srv, take_answer, &lookup);
    lookup_wait(&lookup, deadline);
    int status = lookup.status;
    if (status == ARES_SUCCESS)
        status = ares_parse_srv_reply(lookup.answer, lookup.length, &reply);
    if (status != ARES_SUCCESS)
        return lookup_fail(status, "service records", name, err);
    cleanup_service_records struct service_records found = {0};
    take_records(reply, &found);
    ares_free_data(reply);
    if (found.count == 0)
        return lookup_fail(ARES_ENODATA, "service records", name, err);
    service_records_order(&found, real_random, NULL);
    *records = MOVE(found);
    return 0;
}

/* --- Their order ------------------------------------------------------------------------------ */

static int compare_records(const void *a, const void *b)
{
    const struct service_record *left = a, *right = b;
    if (left->priority != right->priority)
        return left->priority < right->priority ? -1 : 1;
    /* Those of weight 0 first, so that they have a small chance (RFC 2782). */
    if ((left->weight == 0) != (right->weight == 0))
        return left->weight == 0 ? -1 : 1;
    return strcmp(left->host, right->host);
}

/* Puts `count` records of one priority into an order by chance. */
static void order_by_weight(struct service_record *items, size_t count, service_random *random,
                            void *context)
{
    for (size_t done = 0; done + 1 < count; done++) {
        uint32_t sum = 0, running = 0;
        size_t pick = done;
        for (size_t i = done; i < count; i++)
            sum += items[i].weight;
        uint32_t point = random(sum, context);
        while ((running += items[pick].weight) < point && pick + 1 < count)
            pick++;
        struct service_record picked = items[pick];
        memmove(items + done + 1, items + done, (pick - done) * sizeof *items);
        items[done] = picked;
    }
}

void service_records_order(struct service_records *records, service_random *random, void *context)
{
    if (records->count == 0)
        return;
    qsort(records->items, records->count, sizeof *records->items, compare_records);
    for (size_t begin = 0, end; begin < records->count; begin = end) {
        end = begin + 1;
        while (end < records->count &&
               records->items[end].priority == records->items[begin].priority)
            end++;
        order_by_weight(records->items + begin, end - begin, random, context);
    }
}

/* --- Addresses -------------------------------------------------------------------------------- */

static void add_address(struct addresses *addresses, const struct sockaddr *socket, size_t length)
{
    if (addresses->count == RESOLVER_ADDRESSES_MAX || length > sizeof(struct sockaddr_storage))
        return;
    struct address *address = &addresses->items[addresses->count++];
    memcpy(&address->socket, socket, length);
    address->length = (socklen_t)length;
}

static void take_addresses(void *context, int status, int timeouts, struct ares_addrinfo *result)
{
    static const int families[] = {AF_INET, AF_INET6};
    struct lookup *lookup = context;
    (void)timeouts;
    lookup->done = true;
    lookup->status = status;
    for (size_t i = 0; result && i < ARRAY_LENGTH(families); i++)
        for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next)
            if (node->ai_family == families[i])
                add_address(lookup->addresses, node->ai_addr, node->ai_addrlen);
    ares_freeaddrinfo(result);
}

/* "10.0.0.1", "fd00::1", "[fd00::1]", "fe80::1%eth0". */
static bool take_literal(const char *host, struct addresses *addresses)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *result = NULL;
    size_t length = strlen(host);
    bool in_brackets = length > 2 && host[0] == '[' && host[length - 1] == ']';
    cleanup_free char *bare = in_brackets ? xstrndup(host + 1, length - 2) : xstrdup(host);
    if (getaddrinfo(bare, NULL, &hints, &result) != 0)
        return false;
    add_address(addresses, result->ai_addr, result->ai_addrlen);
    freeaddrinfo(result);
    return true;
}

int resolver_addresses(const struct resolver_settings *settings, const char *host, int64_t deadline,
                       struct addresses *addresses, struct error **err)
{
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    *addresses = (struct addresses){0};
    if (take_literal(host, addresses))
        return 0;
    if (!is_host_name(host))
        return lookup_fail(ARES_EBADNAME, "addresses", host, err);
    cleanup_lookup struct lookup lookup = {.addresses = addresses};
    if (lookup_create(settings, &lookup, err) < 0)
        return -1;
    ares_getaddrinfo(lookup.channel, host, NULL, &hints, take_addresses, &lookup);
    lookup_wait(&lookup, deadline);
    /* Half an answer (no IPv6 in time) is one. */
    if (addresses->count == 0)
        return lookup_fail(lookup.status == ARES_SUCCESS ? ARES_ENODATA : lookup.status,
                           "addresses", host, err);
    return 0;
}

void address_text(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
    if (getnameinfo((const struct sockaddr *)&address->socket, address->length, text,
                    ADDRESS_TEXT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
        text[0] = '\0';
}

/* --- The machine's domain --------------------------------------------------------------------- */

/* The word behind `search` or `domain`, of which the last line counts (resolv.conf(5)). */
static char *configured_domain(const char *text)
{
    char *domain = NULL;
    while (*text) {
        size_t line = strcspn(text, "\n");
        const char *word = text + strspn(text, " \t");
        size_t length = strcspn(word, " \t\n");
        if ((length == 6 && memcmp(word, "search", 6) == 0) ||
            (length == 6 && memcmp(word, "domain", 6) == 0)) {
            word += length + strspn(word + length, " \t");
            length = strcspn(word, " \t\n");
            free(domain);
            domain = length > 0 ? xstrndup(word, length) : NULL;
        }
        text += line;
        text += *text == '\n';
    }
    return domain;
}

char *resolver_search_domain(void)
{
    cleanup_buffer struct buffer text = {0};
    char host[256] = "";
    if (file_read("/etc/resolv.conf", RESOLV_CONF_MAX, &text, NULL) == 0) {
        cleanup_free char *domain = configured_domain(buffer_text(&text));
        if (domain && is_host_name(domain))
            return STEAL(domain);
    }
    (void)gethostname(host, sizeof host - 1);
    const char *dot = strchr(host, '.');
    return dot && is_host_name(dot + 1) ? xstrdup(dot + 1) : NULL;
}
