/* The page of `gmsa-webhook who-can --output html`: no scripts, no other files. */
#include <stdlib.h>

#include "lib/common/quote.h"
#include "webhook/report/who_can.h"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Who may use which gMSA</title>\n"
    "<style>\n"
    ":root { color-scheme: light dark; --line: #d0d7de; --soft: #f6f8fa; --text: #1f2328;\n"
    "  --back: #ffffff; --dim: #59636e; --yes: #1a7f37; --yes-back: #dafbe1; --bad: #b35900; }\n"
    "@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #151b23;\n"
    "  --text: #f0f6fc; --back: #0d1117; --dim: #9198a1; --yes: #56d364; --yes-back: #12261e;\n"
    "  --bad: #e3b341; } }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);\n"
    "  margin: 2rem; }\n"
    "h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }\n"
    "p { max-width: 46rem; } .dim { color: var(--dim); }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; }\n"
    "th, td { border: 1px solid var(--line); padding: .35rem .7rem; text-align: left;\n"
    "  vertical-align: top; }\n"
    "thead th { background: var(--soft); position: sticky; top: 0; }\n"
    "tbody th { font-weight: 500; background: var(--soft); position: sticky; left: 0; }\n"
    "td.yes { background: var(--yes-back); } .mark { color: var(--yes); font-weight: 600; }\n"
    ".bad { color: var(--bad); } small { display: block; color: var(--dim); }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<h1>Who may use which gMSA</h1>\n";

/* Names may hold anything: what cannot be seen or turns the direction of writing is shown as an
 * escape. */
static void escape(struct buffer *out, struct slice text)
{
    cleanup_buffer struct buffer visible = {0};
    quote_append_visible(&visible, text);
    for (size_t i = 0; i < visible.length; i++) {
        switch (visible.data[i]) {
        case '&':
            buffer_append_text(out, "&amp;");
            break;
        case '<':
            buffer_append_text(out, "&lt;");
            break;
        case '>':
            buffer_append_text(out, "&gt;");
            break;
        default:
            buffer_append_byte(out, visible.data[i]);
        }
    }
}

/* <TAG>text</TAG> */
static void element(struct buffer *out, const char *tag, const char *text)
{
    buffer_append_format(out, "<%s>", tag);
    escape(out, slice_of(text));
    buffer_append_format(out, "</%s>", tag);
}

/* --- Specs --------------------------------------------------------------------------------------
 */

static void write_spec_row(struct buffer *out, const struct spec_permissions *spec,
                           struct arena *arena)
{
    buffer_append_text(out, "<tr><th scope=\"row\">");
    escape(out, spec->name);
    buffer_append_text(out, "</th>");
    if (!spec->spec) {
        buffer_append_text(out,
                           "<td colspan=\"4\" class=\"bad\">not among the manifests</td></tr>\n");
        return;
    }
    const struct credspec_resource *resource = spec->spec->resource;
    element(out, "td", resource->account);
    element(out, "td", resource->domain);
    if (resource->canonical) {
        buffer_append_text(out, "<td><span class=\"mark\">valid</span></td>");
    } else {
        buffer_append_text(out, "<td><span class=\"bad\">not valid</span>");
        element(out, "small", resource->problem ? resource->problem : "");
        buffer_append_text(out, "</td>");
    }
    element(out, "td", origin_text(spec->spec->origin, arena));
    buffer_append_text(out, "</tr>\n");
}

static void write_specs(struct buffer *out, const struct spec_permissions *specs, size_t count,
                        struct arena *arena)
{
    buffer_append_text(out, "<h2>Credential specs</h2>\n<div class=\"wide\"><table>\n"
                            "<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Account</th>"
                            "<th scope=\"col\">Domain</th><th scope=\"col\">State</th>"
                            "<th scope=\"col\">From</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++)
        write_spec_row(out, &specs[i], arena);
    buffer_append_text(out, "</tbody></table></div>\n");
}

/* --- Matrix -------------------------------------------------------------------------------------
 */

/* One permission and the column it stands in. */
struct entry {
    const struct permission *permission;
    size_t column;
    size_t order; /* as permissions_find() sorted them */
};

static int compare_subjects(const struct rbac_subject *a, const struct rbac_subject *b)
{
    static const int ranks[] = {
        [RBAC_SERVICE_ACCOUNT] = 0, [RBAC_GROUP_OF_USERS] = 1, [RBAC_USER] = 2};
    int order = ranks[a->kind] - ranks[b->kind];
    if (order == 0)
        order = slice_compare(a->namespace, b->namespace);
    return order != 0 ? order : slice_compare(a->name, b->name);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int order = compare_subjects(&a->permission->subject, &b->permission->subject);
    if (order == 0)
        order = (a->column > b->column) - (a->column < b->column);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static void write_permission(struct buffer *out, const struct permission *permission,
                             struct arena *arena)
{
    const struct rbac_binding *binding = permission->binding;
    if (permission->without_effect)
        buffer_append_text(out, "<span class=\"dim\">no effect</span>");
    else
        buffer_append_text(out, "<span class=\"mark\">\xe2\x9c\x93 may use</span>");
    if (permission->namespace.length > 0)
        element(out, "small",
                arena_format(arena, "in namespace %.*s", SLICE_FORMAT(permission->namespace)));
    if (slice_present(permission->via_group))
        element(out, "small",
                arena_format(arena, "through group %.*s", SLICE_FORMAT(permission->via_group)));
    element(out, "small",
            arena_format(arena, "%s \xe2\x86\x92 %s %.*s", rbac_binding_label(binding, arena),
                         binding->to_cluster_role ? "ClusterRole" : "Role",
                         SLICE_FORMAT(binding->role_name)));
    element(out, "small", origin_text(binding->origin, arena));
    if (permission->without_effect)
        element(out, "small", permission->without_effect);
}

/* The cell of one column: the entries from `at` on that stand in it. Returns the next entry. */
static size_t write_cell(struct buffer *out, const struct entry *entries, size_t at, size_t end,
                         size_t column, struct arena *arena)
{
    size_t first = at;
    bool effective = false;
    while (at < end && entries[at].column == column)
        effective |= !entries[at++].permission->without_effect;
    buffer_append_text(out, effective ? "<td class=\"yes\">" : "<td>");
    for (size_t i = first; i < at; i++)
        write_permission(out, entries[i].permission, arena);
    buffer_append_text(out, "</td>");
    return at;
}

static void write_matrix_rows(struct buffer *out, const struct entry *entries, size_t total,
                              size_t columns, struct arena *arena)
{
    for (size_t at = 0; at < total;) {
        const struct rbac_subject *subject = &entries[at].permission->subject;
        size_t end = at;
        while (end < total && compare_subjects(&entries[end].permission->subject, subject) == 0)
            end++;
        buffer_append_text(out, "<tr><th scope=\"row\">");
        escape(out, slice_of(who_can_subject_name(subject, arena)));
        element(out, "small", rbac_subject_kind_name(subject->kind));
        buffer_append_text(out, "</th>");
        for (size_t column = 0; column < columns; column++)
            at = write_cell(out, entries, at, end, column, arena);
        buffer_append_text(out, "</tr>\n");
    }
}

static void write_matrix(struct buffer *out, const struct spec_permissions *specs, size_t count,
                         struct arena *arena)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += specs[i].permissions.count;
    struct entry *entries = arena_allocate_array(arena, total, sizeof(*entries));
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < specs[i].permissions.count; k++, at++)
            entries[at] = (struct entry){&specs[i].permissions.items[k], i, k};
    buffer_append_text(out, "<h2>Permissions</h2>\n");
    if (total == 0) {
        buffer_append_text(out, "<p>Nobody may use any of them.</p>\n");
        return;
    }
    qsort(entries, total, sizeof(entries[0]), compare_entries);
    buffer_append_text(out,
                       "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">Subject</th>");
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, "<th scope=\"col\">");
        escape(out, specs[i].name);
        buffer_append_text(out, "</th>");
    }
    buffer_append_text(out, "</tr></thead>\n<tbody>\n");
    write_matrix_rows(out, entries, total, count, arena);
    buffer_append_text(out, "</tbody></table></div>\n");
}

void who_can_write_html(struct buffer *out, const struct spec_permissions *specs, size_t count,
                        struct arena *arena)
{
    buffer_append_text(out, head);
    buffer_append_text(
        out, "<p>A pod gets the gMSA of a credential spec when its service account holds the RBAC "
             "verb <code>use</code> on it in the pod's namespace. Permissions of other users and "
             "groups are shown too, although no pod runs as these.</p>\n");
    write_specs(out, specs, count, arena);
    write_matrix(out, specs, count, arena);
    buffer_append_text(out, "</body>\n</html>\n");
}
