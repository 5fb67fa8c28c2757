/* Searches memory and files for secrets, for tests/integration/directory_secrets.sh.
 *
 *   secret_search LIST process PID     all the memory of a process, its arguments and environment
 *   secret_search LIST files FILE...
 *
 * LIST is a file of lines "NAME HEX". Prints what it found (which byte of which form) and
 * where, a line each, never a secret; exits 1 where it found something.
 *
 * A secret is known by any 16 bytes of it that begin at a multiple of 16: as they are, and of its
 * text in hexadecimal digits of either case, in base64 (of all three alignments), and in UTF-16. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/common/ascii.h"
#include "lib/common/base64.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"

enum {
    PIECE = 16,
    STEP = 1 << 20,
    PAGE = 4096,
    FILTER_BITS = 16,
};

/* AddressSanitizer keeps its notes in regions of terabytes. */
static const uint64_t region_most = (uint64_t)1 << 36;

struct piece {
    unsigned char bytes[PIECE];
    const char *form;
    char *name;
    unsigned at; /* where in the form it begins */
};

struct search {
    struct piece *pieces;
    size_t count;
    /* Whether a piece begins with bytes of this hash. */
    bool filter[1 << FILTER_BITS];
    uint64_t searched;
    bool found;
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

/* --- What to look for ------------------------------------------------------------------------- */

static unsigned hash(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return (unsigned)(word * 0x9E3779B97F4A7C15U >> (64 - FILTER_BITS));
}

static void add_form(struct search *search, const char *name, const char *form, const void *data,
                     size_t length)
{
    for (size_t at = 0; at + PIECE <= length; at += PIECE) {
        search->pieces = xreallocarray(search->pieces, search->count + 1, sizeof(struct piece));
        struct piece *piece = &search->pieces[search->count++];
        *piece = (struct piece){.form = form, .name = xstrdup(name), .at = (unsigned)at};
        memcpy(piece->bytes, (const char *)data + at, PIECE);
        search->filter[hash(piece->bytes)] = true;
    }
}

static void add_texts(struct search *search, const char *name, const unsigned char *data,
                      size_t length)
{
    cleanup_buffer struct buffer text = {0};
    for (int upper = 0; upper <= 1; upper++) {
        buffer_clear(&text);
        for (size_t i = 0; i < length; i++)
            buffer_append_format(&text, upper ? "%02X" : "%02x", data[i]);
        add_form(search, name, "hexadecimal", text.data, text.length);
    }
    buffer_clear(&text);
    for (size_t i = 0; i < length; i++) {
        buffer_append_byte(&text, (char)data[i]);
        buffer_append_byte(&text, '\0');
    }
    add_form(search, name, "UTF-16", text.data, text.length);
    for (size_t shift = 0; shift < 3 && shift < length; shift++) {
        buffer_clear(&text);
        base64_encode(&text, data + shift, length - shift);
        /* The last digits depend on what stands behind. */
        add_form(search, name, "base64", text.data, (length - shift) / 3 * 4);
    }
}

static size_t read_hex(const char *text, unsigned char *data, size_t most)
{
    size_t length = 0;
    while (length < most && ascii_is_hex(text[0]) && ascii_is_hex(text[1])) {
        const char digits[] = {text[0], text[1], '\0'};
        data[length++] = (unsigned char)strtoul(digits, NULL, 16);
        text += 2;
    }
    return length;
}

static void learn(struct search *search, const char *path)
{
    enum { LINE_MAX_LENGTH = 4096 };
    char line[LINE_MAX_LENGTH];
    unsigned char secret[LINE_MAX_LENGTH / 2];
    FILE *file = fopen(path, "re");
    if (!file)
        die(path);
    while (fgets(line, sizeof line, file)) {
        char *space = strchr(line, ' ');
        if (!space)
            continue;
        *space = '\0';
        size_t length = read_hex(space + 1, secret, sizeof secret);
        if (length < PIECE)
            (void)fprintf(stderr, "%s is too short to be looked for\n", line);
        add_form(search, line, "raw", secret, length);
        add_texts(search, line, secret, length);
    }
    (void)fclose(file);
    if (search->count == 0) {
        (void)fprintf(stderr, "%s has no secrets\n", path);
        exit(2);
    }
}

/* --- Looking ---------------------------------------------------------------------------------- */

/* `address` is where in the process or file that is. */
static void compare(struct search *search, const unsigned char *bytes, const char *where,
                    uint64_t address)
{
    for (size_t i = 0; i < search->count; i++) {
        struct piece *piece = &search->pieces[i];
        if (memcmp(piece->bytes, bytes, PIECE) != 0)
            continue;
        (void)printf("found %s (%s, %u) in %s at %llx\n", piece->name, piece->form, piece->at,
                     where, (unsigned long long)address);
        search->found = true;
    }
}

static void look(struct search *search, const unsigned char *data, size_t length, const char *where,
                 uint64_t address)
{
    for (size_t at = 0; at + PIECE <= length; at++)
        if (search->filter[hash(data + at)])
            compare(search, data + at, where, address + at);
}

/* From there on; `length` bytes, or until the end. What cannot be read is left out. */
static void look_at(struct search *search, int fd, uint64_t start, uint64_t length,
                    const char *where)
{
    static unsigned char data[STEP + PIECE];
    size_t kept = 0;
    for (uint64_t at = 0; at < length;) {
        uint64_t left = length - at;
        ssize_t got = pread(fd, data + kept, left < STEP ? left : STEP, (off_t)(start + at));
        if (got <= 0)
            return;
        at += (uint64_t)got;
        search->searched += (uint64_t)got;
        size_t have = kept + (size_t)got;
        look(search, data, have, where, start + at - have);
        kept = have < PIECE - 1 ? have : PIECE - 1;
        memmove(data, data + have - kept, kept);
    }
}

/* Runs of pages that are there, in memory or swapped out (Linux, admin-guide/mm/pagemap.rst). */
static void look_at_region(struct search *search, int memory, int pagemap, uint64_t start,
                           uint64_t end, const char *where)
{
    enum { PAGES = 4096 };
    static uint64_t entries[PAGES];
    const uint64_t present = (uint64_t)3 << 62;
    uint64_t run = 0; /* where the present run began, or 0 */
    for (uint64_t at = start; at < end;) {
        uint64_t pages = (end - at) / PAGE;
        size_t size = (pages < PAGES ? pages : PAGES) * sizeof(entries[0]);
        ssize_t got = pread(pagemap, entries, size, (off_t)(at / PAGE * sizeof(entries[0])));
        if (got <= 0)
            die("pagemap");
        for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++, at += PAGE) {
            bool there = (entries[i] & present) != 0;
            if (there && run == 0)
                run = at;
            if (!there && run != 0)
                look_at(search, memory, run, at - run, where);
            if (!there)
                run = 0;
        }
    }
    if (run != 0)
        look_at(search, memory, run, end - run, where);
}

static int open_of(const char *pid, const char *name)
{
    cleanup_free char *path = xasprintf("/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path);
    return fd;
}

static void look_at_process(struct search *search, const char *pid)
{
    static const char *const texts[] = {"cmdline", "environ"};
    char line[PAGE + 256], access[5];
    uint64_t start, end;
    int memory = open_of(pid, "mem"), pagemap = open_of(pid, "pagemap");
    FILE *maps = fdopen(open_of(pid, "maps"), "re");
    if (!maps)
        die("maps");
    while (fgets(line, sizeof line, maps)) {
        int name = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &start, &end, access, &name) < 3 ||
            access[0] != 'r' || end - start > region_most || strstr(line, "[vsyscall]") ||
            strstr(line, "[vvar"))
            continue;
        look_at_region(search, memory, pagemap, start, end, line[name] ? line + name : "memory");
    }
    (void)fclose(maps);
    (void)close(memory);
    (void)close(pagemap);
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        cleanup_close int fd = open_of(pid, texts[i]);
        look_at(search, fd, 0, UINT64_MAX, texts[i]);
    }
}

int main(int argc, char **argv)
{
    static struct search search;
    if (argc < 4) {
        (void)fprintf(stderr, "secret_search: see the head of secret_search.c\n");
        return 2;
    }
    learn(&search, argv[1]);
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[2], "process") == 0) {
            look_at_process(&search, argv[i]);
        } else {
            cleanup_close int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
            if (fd < 0)
                die(argv[i]);
            look_at(&search, fd, 0, UINT64_MAX, argv[i]);
        }
    (void)printf("%zu pieces looked for in %llu KiB\n", search.count,
                 (unsigned long long)search.searched / 1024);
    for (size_t i = 0; i < search.count; i++)
        free(search.pieces[i].name);
    free(search.pieces);
    return search.found ? 1 : 0;
}
