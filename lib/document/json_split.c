#include "lib/document/json_split.h"

#include "lib/document/json_scan.h"

enum {
    BETWEEN,       /* of a stream: before, between and behind its objects */
    FRAME_BEGIN,   /* before the object that holds the list */
    FRAME,         /* in it, but not in the list */
    FRAME_END,     /* behind it */
    FIRST_OBJECT,  /* in the list: an object or its end */
    NEXT_OBJECT,   /* an object */
    BEHIND_OBJECT, /* a comma or the end of the list */
    OBJECT,
};

enum { NAME_NOT_SEEN, NAME_SEEN, COLON_SEEN };

enum { OBJECT_KEPT = 64 * 1024 }; /* larger buffers are freed after use */

static int fail(struct error **err, const char *problem)
{
    return error_set(err, ERROR_PROTOCOL, "%s", problem);
}

/* Part of a number or a literal. */
static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Hands a whole object out, unless it is not one. */
static int emit(const struct json_split *split, struct slice json, struct error **err)
{
    if (json.length > split->settings.object_limit)
        return error_set(err, ERROR_PROTOCOL, "an object is larger than %zu bytes",
                         split->settings.object_limit);
    struct json_scan scan = json_scan_of(json.data, json.length, JSON_DEPTH_MAX);
    if (!json_skip(&scan, NULL) || !json_expect_end(&scan))
        return fail(err, scan.problem);
    return split->settings.object(json, split->settings.context, err);
}

/* One byte behind the opening quote of a string. */
static void follow_string(struct json_split *split, char c)
{
    if (split->after_backslash)
        split->after_backslash = false;
    else if (c == '\\')
        split->after_backslash = true;
    else if (c == '"')
        split->in_string = false;
}

/* Follows strings and brackets from `at` to behind the bracket that closes the object, or to the
 * end of the piece. Which bracket closes which is not looked at: emit() does. */
static const char *follow(struct json_split *split, const char *at, const char *end)
{
    for (; at < end; at++) {
        char c = *at;
        if (split->in_string) {
            follow_string(split, c);
        } else if (c == '"') {
            split->in_string = true;
        } else if (c == '{' || c == '[') {
            split->depth++;
        } else if ((c == '}' || c == ']') && --split->depth == 0) {
            return at + 1;
        }
    }
    return at;
}

/* `at` is the object's first byte in this piece. */
static const char *take_object(struct json_split *split, const char *at, const char *end,
                               struct error **err)
{
    const char *behind = follow(split, at, end);
    struct slice part = {at, (size_t)(behind - at)};
    struct buffer *kept = &split->object;
    bool whole = split->depth == 0;
    if (whole && kept->length == 0) {
        if (emit(split, part, err) < 0)
            return NULL;
    } else {
        if (part.length > split->settings.object_limit - kept->length) {
            (void)error_set(err, ERROR_PROTOCOL, "an object is larger than %zu bytes",
                            split->settings.object_limit);
            return NULL;
        }
        buffer_append(kept, part.data, part.length);
        if (whole && emit(split, (struct slice){kept->data, kept->length}, err) < 0)
            return NULL;
    }
    if (!whole)
        return behind;
    buffer_clear(kept);
    if (kept->capacity > OBJECT_KEPT)
        buffer_release(kept);
    split->state = split->settings.list ? BEHIND_OBJECT : BETWEEN;
    split->depth = split->settings.list ? 1 : 0;
    return behind;
}

static const char *begin_object(struct json_split *split, const char *at, const char *end,
                                struct error **err)
{
    if (*at != '{') {
        (void)fail(err, "expected an object");
        return NULL;
    }
    split->state = OBJECT;
    split->depth = 0;
    return take_object(split, at, end, err);
}

/* Whether the string that ends the frame is the list's name, as it is always written: one with an
 * escape in it is found by whoever reads the frame. */
static bool names_list(const struct json_split *split)
{
    struct slice name = slice_of(split->settings.list);
    const char *begin = split->frame.data + split->string_begin;
    return slice_equal(name,
                       (struct slice){begin + 1, split->frame.length - split->string_begin - 2});
}

/* One byte of the frame that is in no string; the state that follows. */
static int follow_frame(struct json_split *split, char c)
{
    int seen = split->name_seen;
    split->name_seen = NAME_NOT_SEEN;
    switch (c) {
    case ':':
        split->name_seen = seen == NAME_SEEN ? COLON_SEEN : NAME_NOT_SEEN;
        return FRAME;
    case '[':
        if (seen == COLON_SEEN)
            return FIRST_OBJECT;
        split->depth++;
        return FRAME;
    case '{':
        split->depth++;
        return FRAME;
    case '}':
    case ']':
        return --split->depth == 0 ? FRAME_END : FRAME;
    default:
        return FRAME;
    }
}

static int take_frame_byte(struct json_split *split, char c, struct error **err)
{
    struct buffer *frame = &split->frame;
    if (!split->in_string && is_space(c)) {
        /* White space is left out, but not between two words: `7 7` is no number. */
        if (frame->length > 0 && is_word(frame->data[frame->length - 1]))
            buffer_append_byte(frame, ' ');
        return 0;
    }
    if (frame->length >= split->settings.frame_limit)
        return error_set(err, ERROR_PROTOCOL, "there are more than %zu bytes around the list",
                         split->settings.frame_limit);
    buffer_append_byte(frame, c);
    if (split->in_string) {
        follow_string(split, c);
        if (!split->in_string && split->depth == 1 && names_list(split))
            split->name_seen = NAME_SEEN;
    } else if (c == '"') {
        split->in_string = true;
        split->string_begin = frame->length - 1;
        split->name_seen = NAME_NOT_SEEN;
    } else {
        split->state = follow_frame(split, c);
    }
    return 0;
}

/* The end of the list, or the comma before its next object. */
static int take_separator(struct json_split *split, char c, struct error **err)
{
    if (c == ']') {
        buffer_append_byte(&split->frame, ']');
        split->state = FRAME;
        return 0;
    }
    if (c != ',')
        return fail(err, "expected ',' or ']' after an object of the list");
    split->state = NEXT_OBJECT;
    return 0;
}

/* Takes what begins at `at`; returns the place behind it, or NULL on failure. */
static const char *take(struct json_split *split, const char *at, const char *end,
                        struct error **err)
{
    if (split->state == OBJECT)
        return take_object(split, at, end, err);
    if (split->state == FRAME)
        return take_frame_byte(split, *at, err) < 0 ? NULL : at + 1;
    if (is_space(*at))
        return at + 1;
    switch (split->state) {
    case BETWEEN:
    case NEXT_OBJECT:
        return begin_object(split, at, end, err);
    case FIRST_OBJECT:
        if (*at != ']')
            return begin_object(split, at, end, err);
        return take_separator(split, *at, err) < 0 ? NULL : at + 1;
    case BEHIND_OBJECT:
        return take_separator(split, *at, err) < 0 ? NULL : at + 1;
    case FRAME_BEGIN:
        if (*at != '{')
            break;
        split->state = FRAME;
        split->depth = 1;
        buffer_append_byte(&split->frame, '{');
        return at + 1;
    default:
        break;
    }
    (void)fail(err, split->state == FRAME_END ? "more text after the end" : "expected an object");
    return NULL;
}

int json_split_feed(struct json_split *split, struct slice piece, struct error **err)
{
    const char *at = piece.data, *end = piece.data + piece.length;
    if (split->state == BETWEEN && split->settings.list)
        split->state = FRAME_BEGIN;
    while (at < end) {
        at = take(split, at, end, err);
        if (!at)
            return -1;
    }
    return 0;
}

int json_split_end(struct json_split *split, struct slice *frame, struct error **err)
{
    bool list = split->settings.list != NULL;
    if (split->state != (list ? FRAME_END : BETWEEN))
        return fail(err, "the text ends too early");
    struct slice text = {buffer_text(&split->frame), split->frame.length};
    if (list) {
        struct json_scan scan = json_scan_of(text.data, text.length, JSON_DEPTH_MAX);
        if (!json_skip(&scan, NULL) || !json_expect_end(&scan))
            return fail(err, scan.problem);
    }
    if (frame)
        *frame = text;
    return 0;
}

void json_split_release(struct json_split *split)
{
    buffer_release(&split->object);
    buffer_release(&split->frame);
}
