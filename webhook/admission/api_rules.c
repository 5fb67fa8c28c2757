#include "webhook/admission/api_rules.h"

#include "credspec/kubernetes.h"
#include "lib/common/buffer.h"
#include "lib/common/memory.h"
#include "lib/common/quote.h"
#include "lib/common/utf8.h"

enum { VALUE_SHOWN_MAX = 256, PATH_MAX_BYTES = 128 };

/* --- Texts --------------------------------------------------------------------------------------
 */

static void add(struct api_errors *errors, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct api_errors *errors, const char *format, ...)
{
    if (errors->count == errors->capacity) {
        size_t capacity = errors->capacity ? errors->capacity * 2 : 8;
        const char **messages = arena_allocate_array(errors->arena, capacity, sizeof(messages[0]));
        for (size_t i = 0; i < errors->count; i++)
            messages[i] = errors->messages[i];
        errors->messages = messages;
        errors->capacity = capacity;
    }
    va_list arguments;
    va_start(arguments, format);
    cleanup_free char *text = xvasprintf(format, arguments);
    va_end(arguments);
    errors->messages[errors->count++] = arena_format(errors->arena, "%s", text);
}

/* One code point as Go's strconv.Quote writes it. */
static void append_code_point(struct buffer *out, uint32_t code_point, struct slice text)
{
    static const char letters[] = "abtnvfr";
    if (code_point == '"' || code_point == '\\')
        buffer_append_format(out, "\\%c", (int)code_point);
    else if (code_point >= 7 && code_point <= 13)
        buffer_append_format(out, "\\%c", letters[code_point - 7]);
    else if (code_point < 0x20 || code_point == 0x7f)
        buffer_append_format(out, "\\x%02x", (unsigned)code_point);
    else if ((code_point >= 0x80 && code_point <= 0xa0) || code_point == 0xad)
        buffer_append_format(out, "\\u%04x", (unsigned)code_point);
    else
        quote_append_visible(out, text);
}

static void append_quoted(struct buffer *out, struct slice text)
{
    buffer_append_byte(out, '"');
    for (size_t at = 0; at < text.length;) {
        if (at >= VALUE_SHOWN_MAX) {
            buffer_append_text(out, "...");
            break;
        }
        uint32_t code_point;
        size_t length = utf8_decode(text.data + at, text.length - at, &code_point);
        if (length == 0)
            buffer_append_format(out, "\\x%02x", (unsigned)(unsigned char)text.data[at]);
        else
            append_code_point(out, code_point, (struct slice){text.data + at, length});
        at += length ? length : 1;
    }
    buffer_append_byte(out, '"');
}

static void add_invalid(struct api_errors *errors, const char *path, const char *field,
                        struct slice value, const char *message)
{
    cleanup_buffer struct buffer quoted = {0};
    append_quoted(&quoted, value);
    add(errors, "%s.%s: Invalid value: %s: %s", path, field, buffer_text(&quoted), message);
}

const char *api_errors_text(const struct api_errors *errors, struct slice name)
{
    cleanup_buffer struct buffer text = {0};
    buffer_append_text(&text, "Pod ");
    append_quoted(&text, name);
    buffer_append_format(&text, " is invalid: %s", errors->count > 1 ? "[" : "");
    for (size_t i = 0; i < errors->count; i++)
        buffer_append_format(&text, "%s%s", i > 0 ? ", " : "", errors->messages[i]);
    if (errors->count > 1)
        buffer_append_byte(&text, ']');
    return arena_copy(errors->arena, buffer_text(&text), text.length);
}

/* --- Walking a pod ------------------------------------------------------------------------------
 */

static const struct node *member(const struct node *object, const char *name)
{
    const struct node *node = node_member(object, name);
    return node && node->type != NODE_NULL ? node : NULL;
}

static bool is_true(const struct node *object, const char *name)
{
    const struct node *node = member(object, name);
    return node && node->type == NODE_BOOLEAN && node->boolean;
}

static const struct node *security_context(const struct node *owner)
{
    return member(owner, "securityContext");
}

static const struct node *windows_options(const struct node *owner)
{
    return member(security_context(owner), "windowsOptions");
}

typedef void container_function(const struct node *container, const char *path, void *context);

static void visit_list(const struct node *spec, const char *list_name, container_function *visit,
                       void *context)
{
    const struct node *list = member(spec, list_name);
    if (!list || list->type != NODE_ARRAY)
        return;
    size_t index = 0;
    node_for_each (container, list) {
        char path[PATH_MAX_BYTES];
        (void)snprintf(path, sizeof(path), "spec.%s[%zu]", list_name, index++);
        visit(container, path, context);
    }
}

/* The order of podutil.VisitContainersWithPath. */
static void visit_containers(const struct node *spec, container_function *visit, void *context)
{
    visit_list(spec, "initContainers", visit, context);
    visit_list(spec, "containers", visit, context);
    visit_list(spec, "ephemeralContainers", visit, context);
}

/* --- windowsOptions -----------------------------------------------------------------------------
 */

typedef size_t check_function(struct slice value, const char *messages[KUBERNETES_MESSAGES_MAX]);

static void check_windows_options(const struct node *owner, const char *path, void *context)
{
    static const struct {
        const char *field;
        check_function *check;
    } rules[] = {
        {"gmsaCredentialSpecName", kubernetes_check_subdomain},
        {"gmsaCredentialSpec", kubernetes_check_credential_spec},
        {"runAsUserName", kubernetes_check_run_as_user_name},
    };
    struct api_errors *errors = context;
    const struct node *options = windows_options(owner);
    if (!options)
        return;
    char options_path[PATH_MAX_BYTES + 64];
    (void)snprintf(options_path, sizeof(options_path), "%s.securityContext.windowsOptions", path);
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        struct slice value = node_text(options, rules[i].field);
        if (!slice_present(value))
            continue;
        const char *messages[KUBERNETES_MESSAGES_MAX];
        size_t count = rules[i].check(value, messages);
        for (size_t k = 0; k < count; k++)
            add_invalid(errors, options_path, rules[i].field, value, messages[k]);
    }
}

/* --- hostProcess --------------------------------------------------------------------------------
 */

struct host_process {
    struct api_errors *errors;
    const struct node *pod_value; /* NULL where it is not set */
    size_t containers, host_process_containers;
};

static const struct node *host_process_value(const struct node *owner)
{
    const struct node *value = member(windows_options(owner), "hostProcess");
    return value && value->type == NODE_BOOLEAN ? value : NULL;
}

static void count_host_process(const struct node *container, const char *path, void *context)
{
    struct host_process *state = context;
    const struct node *own = host_process_value(container);
    const struct node *pod = state->pod_value;
    state->containers++;
    if (own && pod && own->boolean != pod->boolean)
        add(state->errors,
            "%s.securityContext.windowsOptions.hostProcess: Invalid value: %s: pod hostProcess "
            "value must be identical if both are specified, was %s",
            path, own->boolean ? "true" : "false", pod->boolean ? "true" : "false");
    const struct node *effective = own ? own : pod;
    if (effective && effective->boolean)
        state->host_process_containers++;
}

static void check_host_process(const struct node *spec, struct api_errors *errors)
{
    struct host_process state = {.errors = errors, .pod_value = host_process_value(spec)};
    visit_containers(spec, count_host_process, &state);
    if (state.host_process_containers == 0)
        return;
    if (state.host_process_containers != state.containers)
        add(errors, "spec: Invalid value: \"\": If pod contains any hostProcess containers then "
                    "all containers must be HostProcess containers");
    if (!is_true(spec, "hostNetwork"))
        add(errors, "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod "
                    "contains any hostProcess containers");
}

/* --- spec.os ------------------------------------------------------------------------------------
 */

static void forbid_windows_options(const struct node *owner, const char *path, void *context)
{
    if (windows_options(owner))
        add(context,
            "%s.securityContext.windowsOptions: Forbidden: windows options cannot be set for a "
            "linux pod",
            path);
}

static void forbid_present(const struct node *object, const char *path, const char *const *fields,
                           struct api_errors *errors)
{
    for (size_t i = 0; fields[i]; i++)
        if (member(object, fields[i]))
            add(errors, "%s.%s: Forbidden: cannot be set for a windows pod", path, fields[i]);
}

static void forbid_linux_options(const struct node *container, const char *path, void *context)
{
    static const char *const fields[] = {
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "runAsUser",
        "runAsGroup",
        NULL,
    };
    char context_path[PATH_MAX_BYTES + 32];
    (void)snprintf(context_path, sizeof(context_path), "%s.securityContext", path);
    forbid_present(security_context(container), context_path, fields, context);
}

static void check_windows_pod(const struct node *spec, struct api_errors *errors)
{
    static const char *const security_fields[] = {
        "appArmorProfile",     "seLinuxOptions",
        "seccompProfile",      "fsGroup",
        "fsGroupChangePolicy", "sysctls",
        "runAsUser",           "runAsGroup",
        "supplementalGroups",  "supplementalGroupsPolicy",
        "seLinuxChangePolicy", NULL,
    };
    static const char *const spec_fields[] = {"hostUsers", "shareProcessNamespace", NULL};
    static const char *const true_fields[] = {"hostPID", "hostIPC", NULL};
    forbid_present(security_context(spec), "spec.securityContext", security_fields, errors);
    forbid_present(spec, "spec", spec_fields, errors);
    for (size_t i = 0; true_fields[i]; i++)
        if (is_true(spec, true_fields[i]))
            add(errors, "spec.%s: Forbidden: cannot be set for a windows pod", true_fields[i]);
    visit_containers(spec, forbid_linux_options, errors);
}

static void check_os(const struct node *spec, struct api_errors *errors)
{
    const struct node *os = member(spec, "os");
    if (!os)
        return;
    struct slice name = node_text(os, "name");
    if (name.length == 0) {
        add(errors, "spec.os.name: Required value: cannot be empty");
    } else if (slice_is(name, "linux")) {
        forbid_windows_options(spec, "spec", errors);
        visit_containers(spec, forbid_windows_options, errors);
    } else if (slice_is(name, "windows")) {
        check_windows_pod(spec, errors);
    } else {
        cleanup_buffer struct buffer quoted = {0};
        append_quoted(&quoted, name);
        add(errors, "spec.os: Unsupported value: %s: supported values: \"linux\", \"windows\"",
            buffer_text(&quoted));
    }
}

void api_rules_check_pod(const struct node *pod, struct api_errors *errors)
{
    const struct node *spec = member(pod, "spec");
    if (!spec || spec->type != NODE_OBJECT)
        return;
    /* Containers first, then the pod: the order of ValidatePodSpec. */
    visit_list(spec, "containers", check_windows_options, errors);
    visit_list(spec, "initContainers", check_windows_options, errors);
    visit_list(spec, "ephemeralContainers", check_windows_options, errors);
    check_windows_options(spec, "spec", errors);
    check_host_process(spec, errors);
    check_os(spec, errors);
}
