#include "lib/document/yaml_scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/common/memory.h"
#include "lib/document/json_number.h"

#define YAML_TAG "tag:yaml.org,2002:"

enum { NUMBER_TEXT_MAX = 64 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* --- Words -------------------------------------------------------------------------------------
 */

static bool find_word(struct slice text, struct yaml_scalar *scalar)
{
    static const struct {
        const char *word;
        struct yaml_scalar scalar;
    } words[] = {
        {"", {.type = YAML_SCALAR_NULL}},
        {"~", {.type = YAML_SCALAR_NULL}},
        {"null", {.type = YAML_SCALAR_NULL}},
        {"Null", {.type = YAML_SCALAR_NULL}},
        {"NULL", {.type = YAML_SCALAR_NULL}},
        {"y", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"Y", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"yes", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"Yes", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"YES", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"true", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"True", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"TRUE", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"on", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"On", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"ON", {.type = YAML_SCALAR_BOOLEAN, .boolean = true}},
        {"n", {.type = YAML_SCALAR_BOOLEAN}},
        {"N", {.type = YAML_SCALAR_BOOLEAN}},
        {"no", {.type = YAML_SCALAR_BOOLEAN}},
        {"No", {.type = YAML_SCALAR_BOOLEAN}},
        {"NO", {.type = YAML_SCALAR_BOOLEAN}},
        {"false", {.type = YAML_SCALAR_BOOLEAN}},
        {"False", {.type = YAML_SCALAR_BOOLEAN}},
        {"FALSE", {.type = YAML_SCALAR_BOOLEAN}},
        {"off", {.type = YAML_SCALAR_BOOLEAN}},
        {"Off", {.type = YAML_SCALAR_BOOLEAN}},
        {"OFF", {.type = YAML_SCALAR_BOOLEAN}},
        {".nan", {.type = YAML_SCALAR_REAL, .real = (double)NAN}},
        {".NaN", {.type = YAML_SCALAR_REAL, .real = (double)NAN}},
        {".NAN", {.type = YAML_SCALAR_REAL, .real = (double)NAN}},
        {".inf", {.type = YAML_SCALAR_REAL, .real = (double)INFINITY}},
        {".Inf", {.type = YAML_SCALAR_REAL, .real = (double)INFINITY}},
        {".INF", {.type = YAML_SCALAR_REAL, .real = (double)INFINITY}},
        {"+.inf", {.type = YAML_SCALAR_REAL, .real = (double)INFINITY}},
        {"+.Inf", {.type = YAML_SCALAR_REAL, .real = (double)INFINITY}},
        {"+.INF", {.type = YAML_SCALAR_REAL, .real = (double)INFINITY}},
        {"-.inf", {.type = YAML_SCALAR_REAL, .real = -(double)INFINITY}},
        {"-.Inf", {.type = YAML_SCALAR_REAL, .real = -(double)INFINITY}},
        {"-.INF", {.type = YAML_SCALAR_REAL, .real = -(double)INFINITY}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (slice_is(text, words[i].word)) {
            *scalar = words[i].scalar;
            return true;
        }
    }
    return false;
}

/* --- Numbers -----------------------------------------------------------------------------------
 */

static int digit_value(char byte)
{
    if (is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return 16;
}

/* Digits of a base; false on any other byte and when they do not fit. */
static bool parse_digits(const char *digits, unsigned base, uint64_t *value)
{
    *value = 0;
    for (; *digits; digits++) {
        unsigned digit = (unsigned)digit_value(*digits);
        if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, digit, value))
            return false;
    }
    return true;
}

static bool make_integer(uint64_t magnitude, char sign, struct yaml_scalar *scalar)
{
    if (sign == '-') {
        if (magnitude > (uint64_t)INT64_MAX + 1)
            return false;
        *scalar =
            (struct yaml_scalar){.type = YAML_SCALAR_INTEGER, .integer = (int64_t)(0 - magnitude)};
    } else if (magnitude <= INT64_MAX) {
        *scalar = (struct yaml_scalar){.type = YAML_SCALAR_INTEGER, .integer = (int64_t)magnitude};
    } else if (sign == 0) {
        /* Go's ParseUint takes no sign, so +9223372036854775808 is left to be a real. */
        *scalar = (struct yaml_scalar){.type = YAML_SCALAR_UNSIGNED, .natural = magnitude};
    } else {
        return false;
    }
    return true;
}

/* Go's strconv.ParseInt and ParseUint with base 0: 0x, 0o, 0b and a leading 0 for octal. */
static bool parse_integer(const char *text, struct yaml_scalar *scalar)
{
    char sign = 0;
    if (*text == '+' || *text == '-')
        sign = *text++;
    if (*text == '\0')
        return false;
    unsigned base = 10;
    if (text[0] == '0' && text[1] != '\0') {
        char letter = (char)(text[1] | 0x20);
        bool prefixed = text[2] != '\0' && (letter == 'x' || letter == 'o' || letter == 'b');
        base = !prefixed ? 8 : letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
        text += prefixed ? 2 : 1;
    }
    uint64_t magnitude;
    return parse_digits(text, base, &magnitude) && make_integer(magnitude, sign, scalar);
}

/* go-yaml's second try at binary numbers lets a sign stand behind the prefix: 0b-11. */
static bool parse_late_sign(const char *text, struct yaml_scalar *scalar)
{
    uint64_t magnitude;
    return text[0] == '0' && text[1] == 'b' && (text[2] == '+' || text[2] == '-') && text[3] &&
           parse_digits(text + 3, 2, &magnitude) && make_integer(magnitude, text[2], scalar);
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool has_real_form(const char *text)
{
    if (*text == '+' || *text == '-')
        text++;
    bool leading = is_digit(*text);
    while (is_digit(*text))
        text++;
    if (*text == '.') {
        text++;
        if (!leading && !is_digit(*text))
            return false;
        while (is_digit(*text))
            text++;
    } else if (!leading) {
        return false;
    }
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '+' || *text == '-')
            text++;
        if (!is_digit(*text))
            return false;
        while (is_digit(*text))
            text++;
    }
    return *text == '\0';
}

/* What is too large for a double is a string in go-yaml; what is too small is zero. */
static bool parse_real(const char *text, struct yaml_scalar *scalar)
{
    if (!has_real_form(text))
        return false;
    double value = strtod(text, NULL);
    if (isinf(value))
        return false;
    *scalar = (struct yaml_scalar){.type = YAML_SCALAR_REAL, .real = value};
    return true;
}

/* A copy without underscores that ends with a NUL. NULL for text that holds a NUL itself, and so is
 * no number. */
static char *number_text(struct slice text)
{
    if (memchr(text.data, '\0', text.length))
        return NULL;
    char *copy = xmalloc(text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] != '_')
            copy[length++] = text.data[i];
    copy[length] = '\0';
    return copy;
}

static bool underscores_separate_digits(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '_' && (i == 0 || i + 1 == text.length || !is_digit(text.data[i - 1]) ||
                                    !is_digit(text.data[i + 1])))
            return false;
    return true;
}

struct yaml_scalar yaml_scalar_of_plain(struct slice text)
{
    struct yaml_scalar scalar;
    if (find_word(text, &scalar))
        return scalar;
    struct yaml_scalar string = {.type = YAML_SCALAR_STRING, .text = text};
    char first = text.data[0];
    if (first != '.' && first != '+' && first != '-' && !is_digit(first))
        return string;
    /* Underscores may stand anywhere in a number, but what begins with a point goes to Go's own
     * ParseFloat, which is stricter. */
    if (first == '.' && !underscores_separate_digits(text))
        return string;
    cleanup_free char *number = number_text(text);
    if (!number)
        return string;
    if (first == '.')
        return parse_real(number, &scalar) ? scalar : string;
    if (parse_integer(number, &scalar) || parse_real(number, &scalar) ||
        parse_late_sign(number, &scalar))
        return scalar;
    return string;
}

/* --- Tags --------------------------------------------------------------------------------------
 */

/* The tags that have a say in what the text is. */
static int resolve_typed(struct slice text, const char *kind, struct yaml_scalar *scalar,
                         struct error **err)
{
    struct yaml_scalar found = yaml_scalar_of_plain(text);
    bool fits;
    if (strcmp(kind, "null") == 0) {
        fits = found.type == YAML_SCALAR_NULL;
    } else if (strcmp(kind, "bool") == 0) {
        fits = found.type == YAML_SCALAR_BOOLEAN;
    } else if (strcmp(kind, "int") == 0) {
        fits = found.type == YAML_SCALAR_INTEGER || found.type == YAML_SCALAR_UNSIGNED;
    } else {
        if (found.type == YAML_SCALAR_INTEGER)
            found = (struct yaml_scalar){.type = YAML_SCALAR_REAL, .real = (double)found.integer};
        fits = found.type == YAML_SCALAR_REAL;
    }
    if (!fits)
        return error_set(err, ERROR_INPUT,
                         "the value does not go with its tag !!%s; leave the tag out", kind);
    *scalar = found;
    return 0;
}

int yaml_scalar_resolve(struct slice text, const char *tag, bool plain, struct yaml_scalar *scalar,
                        struct error **err)
{
    *scalar = (struct yaml_scalar){.type = YAML_SCALAR_STRING, .text = text};
    if (!tag) {
        if (plain)
            *scalar = yaml_scalar_of_plain(text);
        return 0;
    }
    size_t prefix = strlen(YAML_TAG);
    if (strncmp(tag, YAML_TAG, prefix) != 0)
        return 0;
    const char *kind = tag + prefix;
    if (strcmp(kind, "null") == 0 || strcmp(kind, "bool") == 0 || strcmp(kind, "int") == 0 ||
        strcmp(kind, "float") == 0)
        return resolve_typed(text, kind, scalar, err);
    if (strcmp(kind, "binary") == 0 || strcmp(kind, "timestamp") == 0)
        return error_set(err, ERROR_INPUT,
                         "the tag !!%s is not supported; write the value as a quoted string", kind);
    return 0;
}

/* --- As a value or a name ----------------------------------------------------------------------
 */

/* As encoding/json writes a float64, which gives an integer for 1.0 and 1e3. */
static struct node *real_node(struct arena *arena, double real)
{
    char exact[NUMBER_TEXT_MAX];
    (void)snprintf(exact, sizeof(exact), "%.17g", real);
    cleanup_buffer struct buffer json = {0};
    json_write_number(&json, exact);
    const char *text = arena_copy(arena, buffer_text(&json), json.length);
    if (!strpbrk(text, ".e") && strcmp(text, "-0") != 0) {
        errno = 0;
        int64_t integer = strtoll(text, NULL, 10);
        if (errno == 0) {
            struct node *node = node_create(arena, NODE_INTEGER);
            node->integer = integer;
            return node;
        }
    }
    struct node *node = node_create(arena, NODE_NUMBER);
    /* "-0" would read back as the integer 0. */
    node->text = slice_of(strcmp(text, "-0") == 0 ? "-0.0" : text);
    return node;
}

struct node *yaml_scalar_node(struct arena *arena, const struct yaml_scalar *scalar,
                              struct error **err)
{
    struct node *node = NULL;
    switch (scalar->type) {
    case YAML_SCALAR_NULL:
        return node_create(arena, NODE_NULL);
    case YAML_SCALAR_BOOLEAN:
        node = node_create(arena, NODE_BOOLEAN);
        node->boolean = scalar->boolean;
        return node;
    case YAML_SCALAR_INTEGER:
        node = node_create(arena, NODE_INTEGER);
        node->integer = scalar->integer;
        return node;
    case YAML_SCALAR_UNSIGNED:
        node = node_create(arena, NODE_NUMBER);
        node->text = slice_of(arena_format(arena, "%" PRIu64, scalar->natural));
        return node;
    case YAML_SCALAR_REAL:
        if (isfinite(scalar->real))
            return real_node(arena, scalar->real);
        (void)error_set(err, ERROR_INPUT, "%s has no form in JSON; quote it when text is meant",
                        isnan(scalar->real) ? "not-a-number (.nan)" : "infinity (.inf)");
        return NULL;
    case YAML_SCALAR_STRING:
        break;
    }
    /* Not node_create_text(): that copies, and an alias to a long text may stand a million times.
     */
    node = node_create(arena, NODE_STRING);
    node->text = scalar->text;
    return node;
}

/* A key of a number with a fraction, as sigs.k8s.io/yaml makes it: FormatFloat(real, 'g', -1, 32),
 * so the shortest text that tells it from other float32 numbers. */
static const char *real_key(struct arena *arena, double real)
{
    float value = (float)real;
    if (isnan(value))
        return ".nan";
    if (isinf(value))
        return value > 0 ? ".inf" : "-.inf";
    char text[NUMBER_TEXT_MAX];
    int decimals = 0;
    (void)snprintf(text, sizeof(text), "%.*e", decimals, (double)value);
    while (strtof(text, NULL) != value) {
        decimals++;
        (void)snprintf(text, sizeof(text), "%.*e", decimals, (double)value);
    }
    int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    if (exponent < -4 || exponent >= 6)
        return arena_copy(arena, text, strlen(text));
    return arena_format(arena, "%.*f", decimals > exponent ? decimals - exponent : 0,
                        (double)value);
}

int yaml_scalar_key(struct arena *arena, const struct yaml_scalar *scalar, struct slice *key,
                    struct error **err)
{
    switch (scalar->type) {
    case YAML_SCALAR_NULL:
        return error_set(err, ERROR_INPUT, "null cannot be a key; quote it when text is meant");
    case YAML_SCALAR_BOOLEAN:
        *key = slice_of(scalar->boolean ? "true" : "false");
        return 0;
    case YAML_SCALAR_INTEGER:
        *key = slice_of(arena_format(arena, "%" PRId64, scalar->integer));
        return 0;
    case YAML_SCALAR_UNSIGNED:
        return error_set(err, ERROR_INPUT, "the number is too large for a key; quote it");
    case YAML_SCALAR_REAL:
        *key = slice_of(real_key(arena, scalar->real));
        return 0;
    case YAML_SCALAR_STRING:
        break;
    }
    *key = scalar->text;
    return 0;
}
