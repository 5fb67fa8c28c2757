#include "lib/directory/root_dse.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"

/* --- Time ------------------------------------------------------------------------------------- */

/* Two digits; -1 where there are none. */
static int two_digits(const char *text)
{
    if (!ascii_is_digit(text[0]) || !ascii_is_digit(text[1]))
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/* ".0Z", "Z": a fraction, which is dropped, and UTC. */
static bool is_rest(struct slice rest)
{
    if (rest.length > 1 && rest.data[0] == '.') {
        size_t digits = 1;
        while (digits < rest.length && ascii_is_digit(rest.data[digits]))
            digits++;
        rest.data += digits;
        rest.length -= digits;
    }
    return slice_is(rest, "Z");
}

int64_t generalized_time_read(struct slice text)
{
    enum { DIGITS = 14 };
    int parts[DIGITS / 2];
    if (text.length <= DIGITS)
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        parts[i] = two_digits(text.data + 2 * i);
        if (parts[i] < 0)
            return -1;
    }
    struct tm time = {.tm_year = parts[0] * 100 + parts[1] - 1900,
                      .tm_mon = parts[2] - 1,
                      .tm_mday = parts[3],
                      .tm_hour = parts[4],
                      .tm_min = parts[5],
                      .tm_sec = parts[6]};
    bool in_range = time.tm_year >= 70 && parts[2] >= 1 && parts[2] <= 12 && parts[3] >= 1 &&
                    parts[3] <= 31 && parts[4] <= 23 && parts[5] <= 59 && parts[6] <= 60;
    if (!in_range || !is_rest((struct slice){text.data + DIGITS, text.length - DIGITS}))
        return -1;
    return (int64_t)timegm(&time);
}

/* --- The entry -------------------------------------------------------------------------------- */

static char *copy(const struct directory_entry *entry, const char *name)
{
    struct slice value = directory_value(entry, name);
    return value.length > 0 ? xstrndup(value.data, value.length) : NULL;
}

/* The server's clock against the middle of our question and its answer, in milliseconds. It counts
 * whole seconds, so half of one is added. */
static int64_t clock_offset(int64_t server, struct timespec asked, struct timespec answered)
{
    int64_t before = (int64_t)asked.tv_sec * 1000 + asked.tv_nsec / 1000000;
    int64_t after = (int64_t)answered.tv_sec * 1000 + answered.tv_nsec / 1000000;
    return server * 1000 + 500 - (before + after) / 2;
}

int root_dse_read(struct directory_connection *connection, int64_t deadline, struct root_dse *root,
                  struct error **err)
{
    static const char *const attributes[] = {"dnsHostName",
                                             "defaultNamingContext",
                                             "rootDomainNamingContext",
                                             "domainFunctionality",
                                             "forestFunctionality",
                                             "configurationNamingContext",
                                             "currentTime",
                                             NULL};
    const struct directory_search search = {.base = "", .attributes = attributes, .entries_max = 1};
    cleanup_directory_entries struct directory_entries entries = {0};
    struct timespec asked, answered;
    (void)clock_gettime(CLOCK_REALTIME, &asked);
    if (directory_search(connection, &search, deadline, &entries, err) < 0)
        return -1;
    (void)clock_gettime(CLOCK_REALTIME, &answered);
    const struct directory_entry none = {0}, *entry = entries.count > 0 ? entries.items : &none;
    cleanup_root_dse struct root_dse read = {
        .host = copy(entry, "dnsHostName"),
        .naming_context = copy(entry, "defaultNamingContext"),
        .root_context = copy(entry, "rootDomainNamingContext"),
        .configuration_context = copy(entry, "configurationNamingContext"),
        .functional_level = (int)directory_integer(entry, "domainFunctionality", -1),
        .forest_level = (int)directory_integer(entry, "forestFunctionality", -1),
        .time = generalized_time_read(directory_value(entry, "currentTime")),
    };
    if (!read.naming_context || !read.configuration_context)
        return error_set(err, ERROR_PROTOCOL,
                         "%s: it is no domain controller: its rootDSE names no domain",
                         directory_host(connection));
    if (read.time >= 0)
        read.offset = clock_offset(read.time, asked, answered);
    *root = MOVE(read);
    return 0;
}

void root_dse_release(struct root_dse *root)
{
    free(root->host);
    free(root->naming_context);
    free(root->root_context);
    free(root->configuration_context);
    *root = (struct root_dse){0};
}
