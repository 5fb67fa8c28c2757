#include "lib/document/json_scan.h"

#include "lib/document/json_token.h"

static const char text_ends[] = "the text ends too early";
static const char too_deep[] = "arrays and objects are nested too deeply";
static const char no_value[] = "expected a value";
static const char no_member[] = "expected ',' or '}' after a member";
static const char no_item[] = "expected ',' or ']' after an item";

struct json_scan json_scan_of(const char *text, size_t length, unsigned depth_limit)
{
    return (struct json_scan){
        .begin = text,
        .at = text,
        .end = text ? text + length : text,
        .depth_limit = depth_limit < JSON_DEPTH_MAX ? depth_limit : JSON_DEPTH_MAX,
    };
}

bool json_scan_fail(struct json_scan *scan, const char *problem)
{
    if (!scan->problem)
        scan->problem = problem;
    return false;
}

/* Skips white space; false where the text ends or a problem stands already. */
static bool advance(struct json_scan *scan)
{
    if (scan->problem)
        return false;
    scan->at = json_skip_space(scan->at, scan->end);
    return scan->at < scan->end || json_scan_fail(scan, text_ends);
}

/* Takes what a check returned; a NULL has set the problem. */
static bool accept(struct json_scan *scan, const char *behind)
{
    if (behind)
        scan->at = behind;
    return behind != NULL;
}

static enum json_kind kind_of(char first)
{
    switch (first) {
    case 'n':
        return JSON_NULL;
    case 'f':
        return JSON_FALSE;
    case 't':
        return JSON_TRUE;
    case '"':
        return JSON_STRING;
    case '[':
        return JSON_ARRAY;
    case '{':
        return JSON_OBJECT;
    default:
        return first == '-' || (first >= '0' && first <= '9') ? JSON_NUMBER : JSON_INVALID;
    }
}

enum json_kind json_peek(struct json_scan *scan)
{
    if (scan->problem)
        return JSON_INVALID;
    scan->at = json_skip_space(scan->at, scan->end);
    return scan->at < scan->end ? kind_of(*scan->at) : JSON_INVALID;
}

/* --- Arrays and objects -------------------------------------------------------------------- */

static bool enter(struct json_scan *scan, char bracket, const char *problem)
{
    if (!advance(scan))
        return false;
    if (*scan->at != bracket)
        return json_scan_fail(scan, problem);
    if (scan->depth >= scan->depth_limit)
        return json_scan_fail(scan, too_deep);
    scan->at++;
    scan->depth++;
    scan->first = true;
    return true;
}

bool json_enter_object(struct json_scan *scan)
{
    return enter(scan, '{', "expected an object");
}

bool json_enter_array(struct json_scan *scan)
{
    return enter(scan, '[', "expected an array");
}

/* Consumes the comma before the next member or item, where one is due, or the closing bracket. */
static bool next(struct json_scan *scan, char bracket, const char *problem)
{
    if (!advance(scan))
        return false;
    if (*scan->at == bracket) {
        scan->at++;
        scan->depth--;
        scan->first = false;
        return false;
    }
    if (scan->first) {
        scan->first = false;
        return true;
    }
    if (*scan->at != ',')
        return json_scan_fail(scan, problem);
    scan->at++;
    return true;
}

/* A member's name and the colon behind it, white space before either. */
static const char *check_name(struct json_scan *scan, const char *at, struct json_string *name)
{
    at = json_skip_space(at, scan->end);
    if (at == scan->end)
        return json_problem_at(scan, at, text_ends);
    if (*at != '"')
        return json_problem_at(scan, at, "expected the name of a member, in double quotes");
    const char *behind = json_check_string(scan, at, &name->escaped);
    if (!behind)
        return NULL;
    name->raw = (struct slice){at + 1, (size_t)(behind - at) - 2};
    at = json_skip_space(behind, scan->end);
    if (at == scan->end)
        return json_problem_at(scan, at, text_ends);
    if (*at != ':')
        return json_problem_at(scan, at, "expected ':' after the name of a member");
    return at + 1;
}

bool json_next_member(struct json_scan *scan, struct json_string *name)
{
    return next(scan, '}', no_member) && accept(scan, check_name(scan, scan->at, name));
}

bool json_next_item(struct json_scan *scan)
{
    return next(scan, ']', no_item);
}

/* --- Values -------------------------------------------------------------------------------- */

bool json_read_string(struct json_scan *scan, struct json_string *value)
{
    if (!advance(scan))
        return false;
    if (*scan->at != '"')
        return json_scan_fail(scan, "expected a string");
    const char *begin = scan->at + 1;
    if (!accept(scan, json_check_string(scan, scan->at, &value->escaped)))
        return false;
    value->raw = (struct slice){begin, (size_t)(scan->at - begin) - 1};
    return true;
}

bool json_read_boolean(struct json_scan *scan, bool *value)
{
    if (!advance(scan))
        return false;
    if (*scan->at != 't' && *scan->at != 'f')
        return json_scan_fail(scan, "expected true or false");
    bool read = *scan->at == 't';
    if (!accept(scan, json_check_literal(scan, scan->at, read ? "true" : "false")))
        return false;
    *value = read;
    return true;
}

bool json_read_null(struct json_scan *scan)
{
    if (!advance(scan))
        return false;
    if (*scan->at != 'n')
        return json_scan_fail(scan, "expected null");
    return accept(scan, json_check_literal(scan, scan->at, "null"));
}

bool json_read_number(struct json_scan *scan, struct slice *text)
{
    if (!advance(scan))
        return false;
    if (kind_of(*scan->at) != JSON_NUMBER)
        return json_scan_fail(scan, "expected a number");
    const char *begin = scan->at;
    if (!accept(scan, json_check_number(scan, begin)))
        return false;
    *text = (struct slice){begin, (size_t)(scan->at - begin)};
    return true;
}

/* Anything but an array or object. */
static const char *check_scalar(struct json_scan *scan, const char *at)
{
    bool escaped;
    switch (kind_of(*at)) {
    case JSON_STRING:
        return json_check_string(scan, at, &escaped);
    case JSON_NUMBER:
        return json_check_number(scan, at);
    case JSON_TRUE:
        return json_check_literal(scan, at, "true");
    case JSON_FALSE:
        return json_check_literal(scan, at, "false");
    case JSON_NULL:
        return json_check_literal(scan, at, "null");
    default:
        return json_problem_at(scan, at, no_value);
    }
}

/* What is open within the value that is being skipped: the bracket that closes each. */
struct open_brackets {
    size_t count, limit;
    char closing[JSON_DEPTH_MAX];
};

/* `at` is an opening bracket. */
static const char *open_bracket(struct json_scan *scan, const char *at, struct open_brackets *open)
{
    if (open->count >= open->limit)
        return json_problem_at(scan, at, too_deep);
    open->closing[open->count++] = *at == '{' ? '}' : ']';
    at = json_skip_space(at + 1, scan->end);
    return at < scan->end ? at : json_problem_at(scan, at, text_ends);
}

/* Consumes the closing brackets behind a value, then the comma if anything is still open. */
static const char *close_brackets(struct json_scan *scan, const char *at,
                                  struct open_brackets *open)
{
    while (open->count > 0) {
        at = json_skip_space(at, scan->end);
        if (at == scan->end)
            return json_problem_at(scan, at, text_ends);
        char closing = open->closing[open->count - 1];
        if (*at == ',')
            return at + 1;
        if (*at != closing)
            return json_problem_at(scan, at, closing == '}' ? no_member : no_item);
        at++;
        open->count--;
    }
    return at;
}

/* Checks a value and all within it; no recursion, so that no text can exhaust the stack. */
static const char *check_value(struct json_scan *scan, const char *at)
{
    struct open_brackets open;
    struct json_string name;
    open.count = 0;
    open.limit = scan->depth_limit - scan->depth;
    do {
        at = json_skip_space(at, scan->end);
        if (at == scan->end)
            return json_problem_at(scan, at, text_ends);
        bool filled = false;
        if (*at == '{' || *at == '[') {
            at = open_bracket(scan, at, &open);
            filled = at && *at != open.closing[open.count - 1];
        } else {
            at = check_scalar(scan, at);
        }
        if (at && !filled)
            at = close_brackets(scan, at, &open);
        if (at && open.count > 0 && open.closing[open.count - 1] == '}')
            at = check_name(scan, at, &name);
    } while (at && open.count > 0);
    return at;
}

bool json_skip(struct json_scan *scan, struct slice *raw)
{
    if (!advance(scan))
        return false;
    const char *begin = scan->at;
    if (!accept(scan, check_value(scan, begin)))
        return false;
    if (raw)
        *raw = (struct slice){begin, (size_t)(scan->at - begin)};
    return true;
}

bool json_expect_end(struct json_scan *scan)
{
    if (scan->problem)
        return false;
    scan->at = json_skip_space(scan->at, scan->end);
    return scan->at == scan->end ||
           json_scan_fail(scan, "more text after the end of the JSON value");
}

/* --- Places -------------------------------------------------------------------------------- */

void json_place_advance(struct json_place *place, const char *at)
{
    for (; place->at < at; place->at++) {
        if (*place->at == '\n') {
            place->line++;
            place->column = 1;
        } else if (((unsigned char)*place->at & 0xc0) != 0x80) { /* no continuation byte */
            place->column++;
        }
    }
}

void json_scan_position(const struct json_scan *scan, const char *place, unsigned *line,
                        unsigned *column)
{
    struct json_place reached = {scan->begin, 1, 1};
    json_place_advance(&reached, place);
    *line = reached.line;
    *column = reached.column;
}
