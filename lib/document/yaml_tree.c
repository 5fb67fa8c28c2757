/* libyaml's events to a tree. Recursion is bounded by limits.depth, and aliases are copied node by
 * node, so that what they stand for counts. */
#include "lib/document/yaml_tree.h"

#include <stdlib.h>
#include <yaml.h>

#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/document/yaml_members.h"
#include "lib/document/yaml_problem.h"
#include "lib/document/yaml_scalar.h"

/* Anchors are looked up one by one; no manifest needs many. */
enum { ANCHORS_MAX = 256 };

/* What an anchor can stand for: a scalar stays unresolved between value and key. */
struct value {
    struct position position;
    struct node *node; /* list or object, else NULL */
    struct yaml_scalar scalar;
};

struct anchor {
    struct slice name;
    struct value value;
    bool open; /* its value is still being read */
};

struct yaml_reader {
    yaml_parser_t parser;
    struct slice text;
    struct tree_limits limits;
    bool started, finished;
    /* Of the document being read: */
    struct arena *arena;
    struct position *where;
    struct error **err;
    size_t nodes;
    struct anchor anchors[ANCHORS_MAX];
    size_t anchor_count;
};

struct yaml_reader *yaml_reader_create(const char *text, size_t length,
                                       const struct tree_limits *limits)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct yaml_reader *reader = xcalloc(1, sizeof(*reader));
    reader->limits = tree_limits_effective(limits);
    reader->text = (struct slice){length ? text : "", length};
    if (slice_starts_with(reader->text, mark)) {
        reader->text.data += strlen(mark);
        reader->text.length -= strlen(mark);
    }
    if (!yaml_parser_initialize(&reader->parser))
        abort(); /* out of memory */
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->text.data,
                                 reader->text.length);
    return reader;
}

void yaml_reader_free(struct yaml_reader *reader)
{
    if (!reader)
        return;
    yaml_parser_delete(&reader->parser);
    free(reader);
}

/* --- Events and failures -----------------------------------------------------------------------
 */

#define cleanup_event __attribute__((cleanup(yaml_event_delete)))

static struct position start_of(const yaml_event_t *event)
{
    return (struct position){(unsigned)event->start_mark.line + 1,
                             (unsigned)event->start_mark.column + 1};
}

/* Gives the place of an error that has been set. */
static int failed_at(const struct yaml_reader *reader, struct position position)
{
    if (reader->where)
        *reader->where = position;
    return -1;
}

static int next_event(struct yaml_reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return 0;
    return yaml_problem_report(&reader->parser, reader->text, reader->where, reader->err);
}

static int count_node(struct yaml_reader *reader, struct position position)
{
    if (++reader->nodes <= reader->limits.nodes)
        return 0;
    (void)error_set(reader->err, ERROR_INPUT,
                    "the document holds more than %zu values, aliases counted as what they stand "
                    "for; split it",
                    reader->limits.nodes);
    return failed_at(reader, position);
}

static int check_depth(struct yaml_reader *reader, size_t depth, struct position position)
{
    if (depth <= reader->limits.depth)
        return 0;
    (void)error_set(reader->err, ERROR_INPUT,
                    "lists and objects are nested more than %zu deep; flatten the document",
                    reader->limits.depth);
    return failed_at(reader, position);
}

/* --- Anchors and aliases -----------------------------------------------------------------------
 */

static struct anchor *find_anchor(struct yaml_reader *reader, struct slice name)
{
    for (size_t i = 0; i < reader->anchor_count; i++)
        if (slice_equal(reader->anchors[i].name, name))
            return &reader->anchors[i];
    return NULL;
}

/* Begins an anchor, if the event has one: *anchor is NULL where it has none. A later anchor of the
 * same name takes the place of the earlier. */
static int open_anchor(struct yaml_reader *reader, const yaml_char_t *name,
                       struct position position, struct anchor **anchor)
{
    *anchor = NULL;
    if (!name)
        return 0;
    struct slice wanted = slice_of((const char *)name);
    *anchor = find_anchor(reader, wanted);
    if (!*anchor) {
        if (reader->anchor_count == ANCHORS_MAX) {
            (void)error_set(reader->err, ERROR_INPUT,
                            "the document has more than %d anchors; write the values out",
                            ANCHORS_MAX);
            return failed_at(reader, position);
        }
        *anchor = &reader->anchors[reader->anchor_count++];
        (*anchor)->name = arena_copy_slice(reader->arena, wanted);
    }
    (*anchor)->open = true;
    return 0;
}

static void close_anchor(struct anchor *anchor, const struct value *value)
{
    if (!anchor)
        return;
    anchor->value = *value;
    anchor->open = false;
}

/* A copy that counts, and shares the strings: an alias to a long text must not multiply it. */
static struct node *copy_counted(struct yaml_reader *reader, const struct node *from, size_t depth,
                                 struct position alias)
{
    if (count_node(reader, alias) < 0)
        return NULL;
    bool collection = from->type == NODE_ARRAY || from->type == NODE_OBJECT;
    if (collection && check_depth(reader, depth, alias) < 0)
        return NULL;
    struct node *copy = node_create(reader->arena, from->type);
    *copy = *from;
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    node_for_each (child, from) {
        struct node *item = copy_counted(reader, child, depth + 1, alias);
        if (!item)
            return NULL;
        node_append(copy, item);
    }
    return copy;
}

static int read_alias(struct yaml_reader *reader, const yaml_event_t *event, size_t depth,
                      struct value *value)
{
    struct slice name = slice_of((const char *)event->data.alias.anchor);
    struct position position = start_of(event);
    const struct anchor *anchor = find_anchor(reader, name);
    if (!anchor || anchor->open) {
        (void)error_set(reader->err, ERROR_INPUT,
                        anchor ? "the alias %s stands inside the value it names; remove it"
                               : "there is no anchor %s before this alias; define it, or quote the "
                                 "value",
                        quote(reader->arena, name));
        return failed_at(reader, position);
    }
    *value = anchor->value;
    value->position = position;
    if (!value->node)
        return count_node(reader, position);
    value->node = copy_counted(reader, value->node, depth, position);
    if (!value->node)
        return -1;
    value->node->position = position;
    value->node->name = (struct slice){0};
    value->node->name_position = (struct position){0};
    return 0;
}

/* --- Values ------------------------------------------------------------------------------------
 */

static int read_value(struct yaml_reader *reader, const yaml_event_t *event, size_t depth,
                      struct value *value);

static int read_scalar(struct yaml_reader *reader, const yaml_event_t *event, struct value *value)
{
    struct anchor *anchor;
    if (count_node(reader, value->position) < 0 ||
        open_anchor(reader, event->data.scalar.anchor, value->position, &anchor) < 0)
        return -1;
    struct slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (yaml_scalar_resolve(text, (const char *)event->data.scalar.tag,
                            event->data.scalar.plain_implicit, &value->scalar, reader->err) < 0)
        return failed_at(reader, value->position);
    if (value->scalar.type == YAML_SCALAR_STRING)
        value->scalar.text = arena_copy_slice(reader->arena, text);
    close_anchor(anchor, value);
    return 0;
}

/* The value as a node of its own. */
static struct node *node_of(struct yaml_reader *reader, const struct value *value)
{
    if (value->node)
        return value->node;
    struct node *node = yaml_scalar_node(reader->arena, &value->scalar, reader->err);
    if (!node)
        (void)failed_at(reader, value->position);
    else
        node->position = value->position;
    return node;
}

static struct node *read_node(struct yaml_reader *reader, const yaml_event_t *event, size_t depth)
{
    struct value value;
    if (read_value(reader, event, depth, &value) < 0)
        return NULL;
    return node_of(reader, &value);
}

static int read_list(struct yaml_reader *reader, size_t depth, struct node *list)
{
    for (;;) {
        cleanup_event yaml_event_t event = {0};
        if (next_event(reader, &event) < 0)
            return -1;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            return 0;
        struct node *item = read_node(reader, &event, depth + 1);
        if (!item)
            return -1;
        node_append(list, item);
    }
}

/* --- Objects -----------------------------------------------------------------------------------
 */

static bool is_merge_key(const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.length != 2 ||
        memcmp(event->data.scalar.value, "<<", 2) != 0)
        return false;
    const char *tag = (const char *)event->data.scalar.tag;
    return event->data.scalar.plain_implicit ||
           (tag && strcmp(tag, "tag:yaml.org,2002:merge") == 0);
}

static int merge_members(struct yaml_reader *reader, const struct node *object,
                         struct position position, struct yaml_members *members)
{
    if (!object || object->type != NODE_OBJECT) {
        (void)error_set(reader->err, ERROR_INPUT,
                        "\"<<\" takes an object or a list of objects; give it an alias of one, or "
                        "quote it");
        return failed_at(reader, position);
    }
    struct node *next;
    for (struct node *member = object->first; member; member = next) {
        next = member->next;
        yaml_members_add(members, member, true);
    }
    return 0;
}

/* Takes in the members of the object or the objects that follow a `<<`. As in go-yaml, a list must
 * stand there itself and not as an alias. */
static int merge(struct yaml_reader *reader, size_t depth, struct yaml_members *members)
{
    cleanup_event yaml_event_t event = {0};
    struct value value;
    if (next_event(reader, &event) < 0 || read_value(reader, &event, depth, &value) < 0)
        return -1;
    /* The members move to another object, so what an anchor names (itself or within) is left whole
     * for its aliases. */
    if (value.node && event.type != YAML_ALIAS_EVENT && reader->anchor_count > 0) {
        value.node = copy_counted(reader, value.node, depth, value.position);
        if (!value.node)
            return -1;
    }
    if (!value.node || event.type != YAML_SEQUENCE_START_EVENT)
        return merge_members(reader, value.node, value.position, members);
    node_for_each (item, value.node) {
        if (merge_members(reader, item, item->position, members) < 0)
            return -1;
    }
    return 0;
}

static int read_key(struct yaml_reader *reader, const yaml_event_t *event, size_t depth,
                    struct slice *name)
{
    struct value key;
    if (read_value(reader, event, depth, &key) < 0)
        return -1;
    if (key.node)
        (void)error_set(reader->err, ERROR_INPUT,
                        "%s cannot be a key; quote a key or value that begins with \"{\" or \"[\"",
                        node_type_name(key.node));
    else if (yaml_scalar_key(reader->arena, &key.scalar, name, reader->err) == 0)
        return 0;
    return failed_at(reader, key.position);
}

static int read_member(struct yaml_reader *reader, const yaml_event_t *key, size_t depth,
                       struct yaml_members *members)
{
    struct slice name;
    if (read_key(reader, key, depth, &name) < 0)
        return -1;
    cleanup_event yaml_event_t event = {0};
    if (next_event(reader, &event) < 0)
        return -1;
    struct node *value = read_node(reader, &event, depth);
    if (!value)
        return -1;
    value->name = name;
    value->name_position = start_of(key);
    yaml_members_add(members, value, false);
    return 0;
}

static int read_object(struct yaml_reader *reader, size_t depth, struct node *object)
{
    cleanup_yaml_members struct yaml_members members = {0};
    for (;;) {
        cleanup_event yaml_event_t event = {0};
        if (next_event(reader, &event) < 0)
            return -1;
        if (event.type == YAML_MAPPING_END_EVENT)
            break;
        if (!is_merge_key(&event)) {
            if (read_member(reader, &event, depth + 1, &members) < 0)
                return -1;
            continue;
        }
        if (yaml_members_begin_merge(&members, start_of(&event), reader->err) < 0)
            return failed_at(reader, start_of(&event));
        if (merge(reader, depth + 1, &members) < 0)
            return -1;
    }
    struct position position;
    if (yaml_members_settle(&members, object, &position, reader->err) < 0)
        return failed_at(reader, position);
    return 0;
}

static int read_value(struct yaml_reader *reader, const yaml_event_t *event, size_t depth,
                      struct value *value)
{
    *value = (struct value){.position = start_of(event)};
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event, depth, value);
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event, value);
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    struct anchor *anchor;
    if (count_node(reader, value->position) < 0 ||
        check_depth(reader, depth, value->position) < 0 ||
        open_anchor(reader,
                    list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor,
                    value->position, &anchor) < 0)
        return -1;
    struct node *node = node_create(reader->arena, list ? NODE_ARRAY : NODE_OBJECT);
    node->position = value->position;
    if ((list ? read_list(reader, depth, node) : read_object(reader, depth, node)) < 0)
        return -1;
    value->node = node;
    close_anchor(anchor, value);
    return 0;
}

/* --- Documents ---------------------------------------------------------------------------------
 */

static bool is_nothing(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0 &&
           event->data.scalar.plain_implicit && !event->data.scalar.anchor;
}

/* From behind the document's start to its end. */
static int read_document(struct yaml_reader *reader, struct node **root)
{
    cleanup_event yaml_event_t event = {0};
    if (next_event(reader, &event) < 0)
        return -1;
    struct node *node = NULL;
    if (!is_nothing(&event)) {
        node = read_node(reader, &event, 1);
        if (!node)
            return -1;
    }
    cleanup_event yaml_event_t end = {0};
    if (next_event(reader, &end) < 0)
        return -1;
    *root = node;
    return 1;
}

static int read_next(struct yaml_reader *reader, struct node **root)
{
    for (;;) {
        cleanup_event yaml_event_t event = {0};
        if (next_event(reader, &event) < 0)
            return -1;
        if (event.type == YAML_STREAM_END_EVENT)
            return 0;
        if (event.type == YAML_DOCUMENT_START_EVENT)
            return read_document(reader, root);
    }
}

int yaml_reader_next(struct yaml_reader *reader, struct arena *arena, struct node **root,
                     struct position *where, struct error **err)
{
    if (reader->finished)
        return 0;
    reader->arena = arena;
    reader->where = where;
    reader->err = err;
    reader->nodes = 0;
    reader->anchor_count = 0;
    int result = read_next(reader, root);
    reader->finished = result <= 0;
    return result;
}
