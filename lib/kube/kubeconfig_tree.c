#include "lib/kube/kubeconfig_tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/common/secure_buffer.h"
#include "lib/document/text_form.h"
#include "lib/document/yaml_tree.h"

enum { NAMES_SHOWN = 10 };

/* --- Reading ---------------------------------------------------------------------------------- */

/* The one document of a file; an empty file is an empty config, as for kubectl. */
static int parse(struct arena *arena, struct slice text, const struct node **root,
                 struct position *where, struct error **err)
{
    struct node *node = NULL, *more = NULL;
    if (text_form_check(text, where, err) < 0)
        return -1;
    text = text_form_skip_mark(text);
    cleanup_yaml_reader struct yaml_reader *reader =
        yaml_reader_create(text.data, text.length, NULL);
    if (yaml_reader_next(reader, arena, &node, where, err) < 0)
        return -1;
    int got = node ? yaml_reader_next(reader, arena, &more, where, err) : 0;
    if (got < 0)
        return -1;
    if (more)
        return error_set(err, ERROR_INPUT, "there is more than one document");
    if (node && node->type != NODE_OBJECT && node->type != NODE_NULL)
        return error_set(err, ERROR_INPUT, "it must be an object, not %s", node_type_name(node));
    *root = node;
    return 0;
}

/* Secure memory is locked whole, so no more is asked for than the file needs. */
static size_t limit_for(const char *path, size_t limit)
{
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode) || (size_t)status.st_size >= limit)
        return limit;
    return (size_t)status.st_size;
}

static int load_file(struct kubeconfig *all, const char *path, size_t limit, struct error **err)
{
    cleanup_secure_buffer struct secure_buffer text = {0};
    cleanup_error struct error *problem = NULL;
    struct position where = {0};
    struct kubeconfig_file *file = &all->files[all->count];
    if (secure_buffer_read_file(&text, path, limit_for(path, limit), err) < 0)
        return -1;
    struct slice slice = {(const char *)text.data, text.length};
    file->path = arena_copy(&all->arena, path, strlen(path));
    if (parse(&all->arena, slice, &file->root, &where, &problem) < 0) {
        (void)error_move(err, STEAL(problem));
        return where.line
                   ? error_prefix(err, "%s: line %u, column %u", path, where.line, where.column)
                   : error_prefix(err, "%s", path);
    }
    all->count++;
    return 0;
}

static bool is_repeated(const char *const *paths, const char *const *path)
{
    for (; paths < path; paths++)
        if (strcmp(*paths, *path) == 0)
            return true;
    return false;
}

int kubeconfig_load(struct kubeconfig *all, const char *const *paths, size_t limit,
                    struct error **err)
{
    size_t count = 0;
    cleanup_error struct error *missing = NULL;
    while (paths[count])
        count++;
    all->files = arena_allocate_array(&all->arena, count, sizeof(*all->files));
    for (const char *const *path = paths; *path; path++) {
        cleanup_error struct error *problem = NULL;
        if (is_repeated(paths, path) || load_file(all, *path, limit, &problem) == 0)
            continue;
        if (problem->code != ERROR_NOT_FOUND)
            return error_move(err, STEAL(problem));
        if (!missing)
            missing = STEAL(problem);
    }
    if (all->count == 0 && missing)
        return error_move(err, STEAL(missing));
    return 0;
}

void kubeconfig_release(struct kubeconfig *all)
{
    arena_wipe(&all->arena);
    *all = (struct kubeconfig){0};
}

/* --- Looking up ------------------------------------------------------------------------------- */

static int entry_list(const struct kubeconfig_file *file, const char *kind,
                      const struct node **list, struct error **err)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "%ss", kind);
    *list = file->root ? node_member(file->root, name) : NULL;
    if (*list && (*list)->type == NODE_NULL)
        *list = NULL;
    if (*list && (*list)->type != NODE_ARRAY)
        return error_set(err, ERROR_INPUT, "%s: %s must be a list, not %s", file->path, name,
                         node_type_name(*list));
    return 0;
}

static void append_names(const struct node *list, const char *kind, size_t *shown,
                         struct buffer *names)
{
    cleanup_arena struct arena arena = {0};
    if (!list)
        return;
    node_for_each (item, list) {
        struct slice name = node_text(item, "name");
        if (!slice_present(name) || !node_member(item, kind) || *shown > NAMES_SHOWN)
            continue;
        buffer_append_format(names, "%s%s", *shown ? ", " : "; there is ",
                             *shown < NAMES_SHOWN ? quote(&arena, name) : "...");
        ++*shown;
    }
}

int kubeconfig_find(struct kubeconfig *all, const char *kind, struct slice name,
                    struct kubeconfig_entry *entry, struct error **err)
{
    cleanup_buffer struct buffer names = {0};
    size_t shown = 0;
    *entry = (struct kubeconfig_entry){.kind = kind, .name = name};
    entry->quoted_name = quote(&all->arena, name);
    for (size_t i = 0; i < all->count; i++) {
        const struct node *list;
        entry->file = &all->files[i];
        if (entry_list(entry->file, kind, &list, err) < 0)
            return -1;
        append_names(list, kind, &shown, &names);
        if (!list)
            continue;
        node_for_each (item, list) {
            if (!slice_equal(node_text(item, "name"), name))
                continue;
            entry->node = node_member(item, kind);
            if (entry->node && entry->node->type == NODE_OBJECT)
                return 0;
            return error_set(err, ERROR_INPUT, "%s: %s %s has no contents", entry->file->path, kind,
                             entry->quoted_name);
        }
    }
    return error_set(err, ERROR_NOT_FOUND, "%s: no %s is named %s%s", all->files[0].path, kind,
                     entry->quoted_name, buffer_text(&names));
}

int kubeconfig_find_context(struct kubeconfig *all, const char *name,
                            struct kubeconfig_entry *entry, struct error **err)
{
    struct slice wanted = slice_of(name);
    for (size_t i = 0; i < all->count && wanted.length == 0; i++)
        if (all->files[i].root)
            wanted = node_text(all->files[i].root, "current-context");
    if (wanted.length == 0)
        return error_set(err, ERROR_INPUT,
                         "%s: it has no current-context: give --context, or run "
                         "'kubectl config use-context NAME'",
                         all->files[0].path);
    return kubeconfig_find(all, "context", wanted, entry, err);
}

char *kubeconfig_resolve(const struct kubeconfig_file *file, struct slice path)
{
    const char *slash = strrchr(file->path, '/');
    if (path.data[0] == '/' || !slash)
        return xstrndup(path.data, path.length);
    return xasprintf("%.*s/%.*s", (int)(slash - file->path), file->path, SLICE_FORMAT(path));
}
