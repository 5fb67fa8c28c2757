#include "lib/kube/target.h"

#include "lib/common/ascii.h"
#include "lib/common/quote.h"

enum { PART_LENGTH_MAX = 253 };

/* Everything but RFC 3986's unreserved characters is encoded. */
static void append_encoded(struct buffer *out, struct slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (ascii_is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            buffer_append_byte(out, c);
        } else {
            buffer_append_byte(out, '%');
            buffer_append_byte(out, digits[(unsigned char)c >> 4]);
            buffer_append_byte(out, digits[(unsigned char)c & 15]);
        }
    }
}

static bool is_path_part(struct slice part)
{
    if (part.length == 0 || part.length > PART_LENGTH_MAX || slice_is(part, ".") ||
        slice_is(part, ".."))
        return false;
    for (size_t i = 0; i < part.length; i++)
        if (part.data[i] == '/' || part.data[i] == '%' || ascii_is_control(part.data[i]))
            return false;
    return true;
}

static int append_part(struct buffer *path, const char *what, const char *text, struct error **err)
{
    struct slice part = slice_of(text);
    if (!text)
        return 0;
    if (!is_path_part(part)) {
        cleanup_arena struct arena arena = {0};
        return error_set(err, ERROR_INPUT, "%s is no %s that Kubernetes can have",
                         quote(&arena, part), what);
    }
    buffer_append_byte(path, '/');
    append_encoded(path, part);
    return 0;
}

int kube_target_path(const struct kube_target *target, struct buffer *path, struct error **err)
{
    const struct kube_resource *resource = target->resource;
    buffer_append_text(path, *resource->group ? "/apis" : "/api");
    if (*resource->group && append_part(path, "API group", resource->group, err) < 0)
        return -1;
    if (append_part(path, "API version", resource->version, err) < 0)
        return -1;
    if (target->namespace) {
        buffer_append_text(path, "/namespaces");
        if (append_part(path, "namespace", target->namespace, err) < 0)
            return -1;
    }
    if (append_part(path, "resource", resource->plural, err) < 0 ||
        append_part(path, "name", target->name, err) < 0 ||
        append_part(path, "subresource", target->subresource, err) < 0)
        return -1;
    return 0;
}

void kube_path_add_query(struct buffer *path, const char *name, struct slice value)
{
    if (!slice_present(value))
        return;
    buffer_append_byte(path, path->length && memchr(path->data, '?', path->length) ? '&' : '?');
    buffer_append_text(path, name);
    buffer_append_byte(path, '=');
    append_encoded(path, value);
}
