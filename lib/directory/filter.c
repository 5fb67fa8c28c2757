#include "lib/directory/filter.h"

#include <string.h>

#include "lib/common/ascii.h"
#include "lib/common/memory.h"

void filter_append(struct buffer *filter, struct slice value)
{
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7F || strchr("*()\\", c))
            buffer_append_format(filter, "\\%02x", (unsigned char)c);
        else
            buffer_append_byte(filter, c);
    }
}

void filter_append_octets(struct buffer *filter, const void *data, size_t length)
{
    const unsigned char *octets = data;
    for (size_t i = 0; i < length; i++)
        buffer_append_format(filter, "\\%02x", octets[i]);
}

/* Whether a character of a value must be escaped wherever it stands (RFC 4514, 2.4). */
static bool is_special(char c)
{
    return c != '\0' && strchr(",+\"\\<>;=#", c);
}

char *domain_to_dn(const char *domain)
{
    cleanup_buffer struct buffer dn = {0};
    while (*domain) {
        size_t length = strcspn(domain, ".");
        if (length > 0)
            buffer_append_text(&dn, dn.length > 0 ? ",DC=" : "DC=");
        for (size_t i = 0; i < length; i++) {
            if (is_special(domain[i]))
                buffer_append_byte(&dn, '\\');
            buffer_append_byte(&dn, domain[i]);
        }
        domain += length;
        domain += *domain == '.';
    }
    return buffer_steal(&dn);
}

/* Where the trailing DC components begin; NULL where there are none. */
static const char *find_domain(const char *dn)
{
    const char *begin = NULL;
    bool at_component = true, escaped = false;
    for (const char *c = dn; *c; c++) {
        if (at_component) {
            bool is_dc =
                slice_equal_ignoring_case((struct slice){c, strnlen(c, 3)}, slice_of("DC="));
            begin = !is_dc ? NULL : begin ? begin : c;
        }
        at_component = *c == ',' && !escaped;
        escaped = *c == '\\' && !escaped;
    }
    return begin;
}

char *domain_of_dn(const char *dn)
{
    cleanup_buffer struct buffer domain = {0};
    const char *at = find_domain(dn);
    if (!at || strpbrk(at, "\\\"+"))
        return NULL;
    while (*at) {
        at += strlen("DC=");
        size_t length = strcspn(at, ",");
        if (length == 0)
            return NULL;
        if (domain.length > 0)
            buffer_append_byte(&domain, '.');
        buffer_append(&domain, at, length);
        at += length;
        at += *at == ',';
    }
    return buffer_steal(&domain);
}
