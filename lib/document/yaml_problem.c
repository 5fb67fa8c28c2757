#include "lib/document/yaml_problem.h"

#include "lib/common/memory.h"
#include "lib/common/utf8.h"

/* libyaml's words, and what to do about it. `%u` is the line where the thing began. */
struct advice {
    const char *problem;
    const char *hint;
};

static const struct advice advices[] = {
    {"found a tab character that violates indentation", "indent with spaces"},
    {"found a tab character that violate indentation", "indent with spaces"},
    {"found a tab character where an indentation space is expected", "indent with spaces"},
    {"mapping values are not allowed in this context",
     "check the indentation, and quote a value that holds \": \""},
    {"did not find expected key", "check the indentation, and that quotes are closed"},
    {"did not find expected '-' indicator", "indent all items of the list alike"},
    {"block sequence entries are not allowed in this context",
     "begin the list on a line of its own"},
    {"could not find expected ':'", "write \"key: value\", with a space after the colon"},
    {"did not find expected ',' or ']'", "close the list with \"]\""},
    {"did not find expected ',' or '}'", "close the object with \"}\""},
    {"did not find expected node content", "write a value, or null"},
    {"found unexpected end of stream", "close the quote"},
    {"found unexpected document indicator", "close the quote before \"---\" or \"...\""},
    {"found unknown escape character",
     "double the backslash, or use single quotes, which know no escapes"},
    {"did not find expected hexdecimal number",
     "double the backslash, or use single quotes, which know no escapes"},
    {"found invalid Unicode character escape code", "write the character itself"},
    {"found undefined tag handle", "quote a value that begins with \"!\""},
    {"did not find expected alphabetic or numeric character",
     "quote a value that begins with \"&\" or \"*\""},
    {"did not find expected whitespace or line break", "quote a value that begins with \"!\""},
    {"did not find expected <document start>", "begin each further document with \"---\""},
    {"control characters are not allowed", "remove them, or write an escape in double quotes"},
    {"invalid leading UTF-8 octet", "save the file as UTF-8"},
    {"invalid trailing UTF-8 octet", "save the file as UTF-8"},
    {"incomplete UTF-8 octet sequence", "save the file as UTF-8"},
    {"found incompatible YAML document", "leave out the %YAML line"},
};

static const char *hint_for(const char *problem)
{
    for (size_t i = 0; i < ARRAY_LENGTH(advices); i++)
        if (strcmp(problem, advices[i].problem) == 0)
            return advices[i].hint;
    return "check the lines above, or quote the value";
}

static struct position position_of_mark(yaml_mark_t mark)
{
    return (struct position){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* The reader knows only how many bytes came before. */
static struct position position_of_offset(struct slice text, size_t offset)
{
    struct position position = {1, 1};
    const char *line = text.data;
    if (offset > text.length)
        offset = text.length;
    for (size_t i = 0; i < offset; i++) {
        bool broken = text.data[i] == '\n' ||
                      (text.data[i] == '\r' && !(i + 1 < text.length && text.data[i + 1] == '\n'));
        if (broken) {
            position.line++;
            line = text.data + i + 1;
        }
    }
    size_t before = (size_t)(text.data + offset - line);
    position.column = (unsigned)utf8_count(line, before) + 1;
    return position;
}

/* The byte at a mark, which counts characters; NUL behind the end. */
static char byte_at(struct slice text, yaml_mark_t mark)
{
    size_t offset = 0;
    for (size_t i = 0; i < mark.index && offset < text.length; i++) {
        uint32_t code_point;
        size_t length = utf8_decode(text.data + offset, text.length - offset, &code_point);
        offset += length ? length : 1;
    }
    return offset < text.length ? text.data[offset] : '\0';
}

static int report_character(char byte, struct error **err)
{
    if (byte == '\t')
        return error_set(err, ERROR_INPUT,
                         "found a tab character where indentation is expected; indent with spaces");
    if (byte > ' ' && byte < '\x7f')
        return error_set(err, ERROR_INPUT, "a value cannot begin with \"%c\"; quote it", byte);
    return error_set(err, ERROR_INPUT, "found a character that cannot begin a value; quote it");
}

int yaml_problem_report(const yaml_parser_t *parser, struct slice text, struct position *where,
                        struct error **err)
{
    struct position ignored;
    if (!where)
        where = &ignored;
    if (parser->error == YAML_MEMORY_ERROR)
        abort(); /* as everywhere: lib/common/memory.h */
    const char *problem = parser->problem ? parser->problem : "this is not YAML";
    if (parser->error == YAML_READER_ERROR) {
        *where = position_of_offset(text, parser->problem_offset);
        return error_set(err, ERROR_INPUT, "%s; %s", problem, hint_for(problem));
    }
    *where = position_of_mark(parser->problem_mark);
    /* libyaml puts the end of a text without a last line end onto a line of its own. */
    if (parser->problem_mark.index >= utf8_count(text.data, text.length))
        *where = position_of_offset(text, text.length);
    if (strcmp(problem, "found character that cannot start any token") == 0)
        return report_character(byte_at(text, parser->problem_mark), err);
    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        return error_set(err, ERROR_INPUT, "%s %s that began at line %zu; %s", problem,
                         parser->context, parser->context_mark.line + 1, hint_for(problem));
    return error_set(err, ERROR_INPUT, "%s; %s", problem, hint_for(problem));
}
