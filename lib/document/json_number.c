/* The C locale is taken for granted: no program here calls setlocale(). */
#include "lib/document/json_number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 17 }; /* as many tell any two float64 apart */

/* A positive number: d.ddd times ten to the power of the exponent. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int count;
    int exponent;
};

static double decimal_value(const struct decimal *decimal)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.1s.%se%d", decimal->digits, decimal->digits + 1,
                   decimal->exponent);
    return strtod(text, NULL);
}

static struct decimal round_to(double value, int count)
{
    struct decimal decimal = {.count = count};
    char text[64];
    (void)snprintf(text, sizeof(text), "%.*e", count - 1, value);
    const char *exponent = strchr(text, 'e');
    decimal.exponent = (int)strtol(exponent + 1, NULL, 10);
    int at = 0;
    for (const char *digit = text; digit < exponent && at < DIGITS_MAX; digit++)
        if (*digit != '.')
            decimal.digits[at++] = *digit;
    return decimal;
}

/* Adds one to the last digit; false where that carries over to a new one. */
static bool increment(struct decimal *decimal)
{
    for (int i = decimal->count - 1; i >= 0; i--) {
        if (decimal->digits[i] < '9') {
            decimal->digits[i]++;
            return true;
        }
        decimal->digits[i] = '0';
    }
    return false;
}

static struct decimal shortest(double value)
{
    for (int count = 1; count < DIGITS_MAX; count++) {
        struct decimal decimal = round_to(value, count);
        if (decimal_value(&decimal) == value)
            return decimal;
        /* Above a power of two the float64 lie twice as far apart as below it: there the next
         * decimal above can read back as the value although the nearest one, below, does not. */
        if (increment(&decimal) && decimal_value(&decimal) == value)
            return decimal;
    }
    return round_to(value, DIGITS_MAX);
}

static void write_zeros(struct buffer *out, int count)
{
    for (int i = 0; i < count; i++)
        buffer_append_byte(out, '0');
}

static void write_with_exponent(struct buffer *out, const struct decimal *decimal)
{
    buffer_append(out, decimal->digits, 1);
    if (decimal->count > 1) {
        buffer_append_byte(out, '.');
        buffer_append(out, decimal->digits + 1, (size_t)decimal->count - 1);
    }
    buffer_append_format(out, "e%+d", decimal->exponent);
}

static void write_without_exponent(struct buffer *out, const struct decimal *decimal)
{
    int whole = decimal->exponent + 1; /* digits before the point */
    if (whole <= 0) {
        buffer_append_text(out, "0.");
        write_zeros(out, -whole);
        buffer_append(out, decimal->digits, (size_t)decimal->count);
    } else if (whole >= decimal->count) {
        buffer_append(out, decimal->digits, (size_t)decimal->count);
        write_zeros(out, whole - decimal->count);
    } else {
        buffer_append(out, decimal->digits, (size_t)whole);
        buffer_append_byte(out, '.');
        buffer_append(out, decimal->digits + whole, (size_t)(decimal->count - whole));
    }
}

void json_write_number(struct buffer *out, const char *text)
{
    double value = strtod(text, NULL);
    if (!isfinite(value)) {
        buffer_append_text(out, text);
        return;
    }
    if (signbit(value))
        buffer_append_byte(out, '-');
    value = fabs(value);
    struct decimal decimal = shortest(value);
    if (value != 0 && (value < 1e-6 || value >= 1e21))
        write_with_exponent(out, &decimal);
    else
        write_without_exponent(out, &decimal);
}
