#include "lib/document/documents.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"
#include "lib/document/json_scan.h"
#include "lib/document/json_tree.h"
#include "lib/document/text_form.h"
#include "lib/document/yaml_tree.h"

enum { FILE_LIMIT_DEFAULT = 16 << 20 };

/* One call of documents_visit() or documents_visit_text(). */
struct visit {
    struct documents_options options;
    document_function *function;
    void *context;
    struct arena arena; /* of the document at hand */
    struct document document;
    size_t delivered; /* documents and errors of the file at hand */
    bool stopped;
};

static struct visit visit_of(const struct documents_options *options, document_function *function,
                             void *context)
{
    struct visit visit = {.function = function, .context = context};
    if (options)
        visit.options = *options;
    if (visit.options.file_limit == 0)
        visit.options.file_limit = FILE_LIMIT_DEFAULT;
    visit.options.limits = tree_limits_effective(&visit.options.limits);
    return visit;
}

/* --- Telling the caller --------------------------------------------------------------------- */

const char *document_error_text(const struct document *document)
{
    const char *message = document->error->message;
    size_t length = strlen(document->file);
    bool named =
        strncmp(message, document->file, length) == 0 && strncmp(message + length, ": ", 2) == 0;
    return document->unreadable && named ? message + length + 2 : message;
}

static void begin_file(struct visit *visit, const char *name, size_t size)
{
    visit->document = (struct document){.file = name, .file_size = size};
    visit->delivered = 0;
}

static void deliver(struct visit *visit, const struct node *root)
{
    visit->document.root = root;
    visit->document.arena = &visit->arena;
    visit->delivered++;
    visit->stopped = !visit->function(&visit->document, visit->context);
    arena_reset(&visit->arena);
}

static void deliver_error(struct visit *visit, const struct error *error, struct position where)
{
    visit->document.error = error;
    visit->document.where = where;
    deliver(visit, NULL);
}

static void deliver_unreadable(struct visit *visit, const char *name, const struct error *error,
                               bool empty)
{
    begin_file(visit, name, 0);
    visit->document.unreadable = true;
    visit->document.empty = empty;
    deliver_error(visit, error, (struct position){0});
}

/* --- Places in a file of several texts -------------------------------------------------------- */

/* From a place in a part of the file to the one in the file. */
static struct position shift(struct position position, const struct json_place *begin)
{
    if (position.line == 0)
        return position;
    if (position.line == 1)
        position.column += begin->column - 1;
    position.line += begin->line - 1;
    return position;
}

static void shift_node(struct node *node, const struct json_place *begin)
{
    node->position = shift(node->position, begin);
    node->name_position = shift(node->name_position, begin);
    for (struct node *child = node->first; child; child = child->next)
        shift_node(child, begin);
}

static void deliver_tree(struct visit *visit, struct node *root, const struct json_place *begin)
{
    if (begin->line > 1 || begin->column > 1)
        shift_node(root, begin);
    deliver(visit, root);
}

/* --- Texts ------------------------------------------------------------------------------------ */

static void visit_yaml(struct visit *visit, struct slice text, const struct json_place *begin)
{
    cleanup_error struct error *error = NULL;
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(text.data, text.length, &visit->options.limits);
    visit->document.json = false;
    while (!visit->stopped) {
        struct node *root = NULL;
        struct position where = {0};
        int status = yaml_reader_next(reader, &visit->arena, &root, &where, &error);
        if (status < 0)
            deliver_error(visit, error, shift(where, begin));
        if (status <= 0)
            return;
        if (root)
            deliver_tree(visit, root, begin);
        else
            arena_reset(&visit->arena);
    }
}

static size_t count_space(struct slice text)
{
    size_t length = 0;
    while (length < text.length && memchr(" \t\r\n", text.data[length], 4))
        length++;
    return length;
}

static struct slice skip(struct slice text, size_t length)
{
    return (struct slice){text.data + length, text.length - length};
}

/* The length of the first JSON value, or of the whole text where that is none. */
static size_t json_extent(struct slice text, const struct tree_limits *limits)
{
    struct json_scan scan = json_scan_of(text.data, text.length, (unsigned)limits->depth);
    struct slice raw;
    if (!json_skip(&scan, &raw))
        return text.length;
    return (size_t)(raw.data + raw.length - text.data);
}

/* Reads the JSON value that the text begins with. Returns its length, or 0 when there is no more to
 * read. */
static size_t visit_json(struct visit *visit, struct slice text, const struct json_place *begin)
{
    cleanup_error struct error *error = NULL;
    struct position where = {0};
    size_t length = json_extent(text, &visit->options.limits);
    struct node *root =
        json_tree_parse(&visit->arena, text.data, length, &visit->options.limits, &where, &error);
    visit->document.json = true;
    if (root)
        deliver_tree(visit, root, begin);
    else
        deliver_error(visit, error, shift(where, begin));
    return root && !visit->stopped ? length : 0;
}

static void refuse_rest(struct visit *visit, const char *at, struct json_place *place)
{
    cleanup_error struct error *error = NULL;
    json_place_advance(place, at);
    (void)error_set(&error, ERROR_INPUT, "text follows the end of the JSON document; remove it");
    deliver_error(visit, error, (struct position){place->line, place->column});
}

static bool is_separator(struct slice text)
{
    return slice_starts_with(text, "---") && (text.length == 3 || count_space(skip(text, 3)) > 0);
}

/* Reads JSON objects one after another. Returns what stands behind a `---`, if there is one: as
 * kubectl, files are taken in which JSON objects are parted like YAML documents. */
static struct slice visit_json_run(struct visit *visit, struct slice text, struct json_place *place)
{
    while (text.length > 0) {
        if (text.data[0] != '{') {
            refuse_rest(visit, text.data, place);
            return skip(text, text.length);
        }
        json_place_advance(place, text.data);
        size_t length = visit_json(visit, text, place);
        if (length == 0)
            return skip(text, text.length);
        text = skip(text, length);
        text = skip(text, count_space(text));
        if (is_separator(text))
            return skip(text, 3);
    }
    return text;
}

static void visit_parts(struct visit *visit, struct slice text)
{
    struct json_place place = {text.data, 1, 1};
    for (;;) {
        size_t space = count_space(text);
        if (space == text.length)
            return;
        if (text.data[space] != '{') {
            /* White space in front belongs to it: it is the indentation. */
            json_place_advance(&place, text.data);
            visit_yaml(visit, text, &place);
            return;
        }
        text = visit_json_run(visit, skip(text, space), &place);
    }
}

static void visit_text(struct visit *visit, const char *name, struct slice text)
{
    cleanup_error struct error *error = NULL;
    struct position where;
    begin_file(visit, name, text.length);
    if (text_form_check(text, &where, &error) < 0) {
        deliver_error(visit, error, where);
        return;
    }
    visit_parts(visit, text_form_skip_mark(text));
    if (visit->delivered == 0) {
        visit->document.empty = true;
        (void)error_set(&error, ERROR_INPUT, "the file holds no document; write one, or remove it");
        deliver_error(visit, error, (struct position){0});
    }
}

/* --- Files and folders ------------------------------------------------------------------------ */

static void visit_file(struct visit *visit, const char *path)
{
    bool standard_input = strcmp(path, "-") == 0;
    const char *name = standard_input ? "<stdin>" : path;
    size_t limit = visit->options.file_limit;
    cleanup_error struct error *error = NULL;
    cleanup_buffer struct buffer text = {0};
    if ((standard_input ? file_read_descriptor(STDIN_FILENO, name, limit, &text, &error)
                        : file_read(path, limit, &text, &error)) < 0)
        deliver_unreadable(visit, name, error, false);
    else
        visit_text(visit, name, (struct slice){buffer_text(&text), text.length});
}

static bool is_document_name(const char *name)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    size_t length = strlen(name);
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* A folder is listed in passes, each for the next so many names in order: memory does not grow with
 * the number of its files. */
enum { PATHS_AT_ONCE = 1024 };

struct paths {
    char **items;
    size_t count, capacity;
    bool narrowed; /* sorted, PATHS_AT_ONCE of them, and there are more */
};

static void paths_release(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
}
#define cleanup_paths __attribute__((cleanup(paths_release)))

static void paths_add(struct paths *paths, char *path)
{
    if (paths->count == paths->capacity) {
        paths->capacity = paths->capacity ? paths->capacity * 2 : 16;
        paths->items = xreallocarray(paths->items, paths->capacity, sizeof(char *));
    }
    paths->items[paths->count++] = path;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts, and leaves the first PATHS_AT_ONCE. */
static void paths_narrow(struct paths *paths)
{
    if (paths->count > 0)
        qsort(paths->items, paths->count, sizeof(char *), compare_paths);
    while (paths->count > PATHS_AT_ONCE) {
        free(paths->items[--paths->count]);
        paths->narrowed = true;
    }
}

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}
#define cleanup_folder __attribute__((cleanup(close_folder)))

/* Adds a file of the folder that comes behind `after` (NULL: from the first) and may be one of the
 * next. What is no file is left out, as reading a FIFO would never end; what cannot be examined
 * stays in, so that reading it says why. */
static void list_entry(const char *folder, const char *name, const char *after, struct paths *paths)
{
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
    cleanup_free char *path = xasprintf("%s%s%s", folder, slash, name);
    struct stat status;
    if (after && strcmp(path, after) <= 0)
        return;
    if (paths->narrowed && strcmp(path, paths->items[PATHS_AT_ONCE - 1]) >= 0)
        return;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return;
    paths_add(paths, STEAL(path));
    if (paths->count == 2 * (size_t)PATHS_AT_ONCE)
        paths_narrow(paths);
}

static int list_folder(const char *path, const char *after, struct paths *paths, struct error **err)
{
    cleanup_folder DIR *folder = opendir(path);
    if (!folder)
        return error_set_errno(err, errno == EACCES ? ERROR_DENIED : ERROR_INTERNAL, errno,
                               "%s: the folder cannot be opened", path);
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            break;
        if (is_document_name(entry->d_name))
            list_entry(path, entry->d_name, after, paths);
    }
    if (errno != 0)
        return error_set_errno(err, ERROR_INTERNAL, errno, "%s: the folder cannot be listed", path);
    if (paths->count == 0 && !after)
        return error_set(err, ERROR_NOT_FOUND,
                         "%s: the folder holds no *.yaml, *.yml or *.json file; name another one",
                         path);
    paths_narrow(paths);
    return 0;
}

/* The next files behind `last`, which becomes the last of them. Returns whether there may be more.
 */
static bool visit_batch(struct visit *visit, const char *path, char **last)
{
    cleanup_error struct error *error = NULL;
    cleanup_paths struct paths paths = {0};
    if (list_folder(path, *last, &paths, &error) < 0) {
        deliver_unreadable(visit, path, error, error->code == ERROR_NOT_FOUND);
        return false;
    }
    for (size_t i = 0; i < paths.count && !visit->stopped; i++)
        visit_file(visit, paths.items[i]);
    if (!paths.narrowed || visit->stopped)
        return false;
    free(*last);
    *last = STEAL(paths.items[paths.count - 1]);
    return true;
}

static void visit_folder(struct visit *visit, const char *path)
{
    cleanup_free char *last = NULL;
    while (visit_batch(visit, path, &last))
        ;
}

bool documents_visit(const char *path, const struct documents_options *options,
                     document_function *visit, void *context)
{
    struct visit state = visit_of(options, visit, context);
    struct stat status;
    if (strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        visit_folder(&state, path);
    else
        visit_file(&state, path);
    arena_release(&state.arena);
    return !state.stopped;
}

bool documents_visit_text(const char *name, const char *text, size_t length,
                          const struct documents_options *options, document_function *visit,
                          void *context)
{
    struct visit state = visit_of(options, visit, context);
    visit_text(&state, name, (struct slice){length ? text : "", length});
    arena_release(&state.arena);
    return !state.stopped;
}
