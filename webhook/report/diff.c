/* The longest common subsequence of the lines between the common beginning and end. */
#include "webhook/report/diff.h"

#include <stdint.h>

#include "lib/common/memory.h"

enum { CONTEXT_LINES = 3, CELLS_MAX = 4 * 1024 * 1024 };

struct lines {
    struct slice *items;
    size_t count;
};

enum edit { EDIT_KEEP, EDIT_DELETE, EDIT_INSERT };

/* One step of the way from before to after; `line` belongs to after only when inserting. */
struct step {
    enum edit edit;
    struct slice line;
};

struct script {
    struct step *steps;
    size_t count;
};

static struct lines split(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == '\n';
    struct lines lines = {.items = xcalloc(count + 1, sizeof(struct slice))};
    size_t begin = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '\n')
            continue;
        lines.items[lines.count++] = (struct slice){text.data + begin, i - begin};
        begin = i + 1;
    }
    if (begin < text.length)
        lines.items[lines.count++] = (struct slice){text.data + begin, text.length - begin};
    return lines;
}

static void add_step(struct script *script, enum edit edit, struct slice line)
{
    script->steps[script->count++] = (struct step){.edit = edit, .line = line};
}

static void add_all(struct script *script, enum edit edit, const struct slice *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_step(script, edit, lines[i]);
}

/* lengths[i][j]: the longest common subsequence of a[i..] and b[j..]. */
static void compare(struct script *script, const struct slice *a, size_t a_count,
                    const struct slice *b, size_t b_count)
{
    const size_t width = b_count + 1;
    if (a_count != 0 && width > CELLS_MAX / a_count) {
        add_all(script, EDIT_DELETE, a, a_count);
        add_all(script, EDIT_INSERT, b, b_count);
        return;
    }
    cleanup_free uint32_t *lengths = xcalloc((a_count + 1) * width, sizeof(*lengths));
    for (size_t i = a_count; i-- > 0;) {
        for (size_t j = b_count; j-- > 0;) {
            uint32_t down = lengths[(i + 1) * width + j];
            uint32_t right = lengths[i * width + j + 1];
            lengths[i * width + j] = slice_equal(a[i], b[j]) ? lengths[(i + 1) * width + j + 1] + 1
                                                             : (down > right ? down : right);
        }
    }
    size_t i = 0;
    size_t j = 0;
    while (i < a_count && j < b_count) {
        if (slice_equal(a[i], b[j])) {
            add_step(script, EDIT_KEEP, a[i++]);
            j++;
        } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            add_step(script, EDIT_DELETE, a[i++]);
        } else {
            add_step(script, EDIT_INSERT, b[j++]);
        }
    }
    add_all(script, EDIT_DELETE, a + i, a_count - i);
    add_all(script, EDIT_INSERT, b + j, b_count - j);
}

static void make_script(struct script *script, const struct lines *before,
                        const struct lines *after)
{
    size_t shorter = before->count < after->count ? before->count : after->count;
    size_t head = 0;
    while (head < shorter && slice_equal(before->items[head], after->items[head]))
        head++;
    size_t tail = 0;
    while (tail < shorter - head && slice_equal(before->items[before->count - 1 - tail],
                                                after->items[after->count - 1 - tail]))
        tail++;
    add_all(script, EDIT_KEEP, before->items, head);
    compare(script, before->items + head, before->count - head - tail, after->items + head,
            after->count - head - tail);
    add_all(script, EDIT_KEEP, before->items + before->count - tail, tail);
}

static void write_line(struct buffer *out, const struct step *step, bool colour)
{
    static const char marks[] = {' ', '-', '+'};
    static const char *const colours[] = {"", "\033[31m", "\033[32m"};
    bool coloured = colour && step->edit != EDIT_KEEP;
    if (coloured)
        buffer_append_text(out, colours[step->edit]);
    buffer_append_byte(out, marks[step->edit]);
    buffer_append(out, step->line.data, step->line.length);
    buffer_append_text(out, coloured ? "\033[0m\n" : "\n");
}

/* The steps first..end, which begin at these lines (from 0) of the two texts. */
static void write_hunk(struct buffer *out, const struct script *script, size_t first, size_t end,
                       size_t before_line, size_t after_line, bool colour)
{
    size_t before_count = 0;
    size_t after_count = 0;
    for (size_t i = first; i < end; i++) {
        before_count += script->steps[i].edit != EDIT_INSERT;
        after_count += script->steps[i].edit != EDIT_DELETE;
    }
    /* As diff does, an empty range stands behind the line before it. */
    buffer_append_format(out, "%s@@ -%zu,%zu +%zu,%zu @@%s\n", colour ? "\033[36m" : "",
                         before_line + (before_count > 0), before_count,
                         after_line + (after_count > 0), after_count, colour ? "\033[0m" : "");
    for (size_t i = first; i < end; i++)
        write_line(out, &script->steps[i], colour);
}

/* Where the hunk that begins with the change at `at` ends: behind the lines after its last change
 * that has no more than twice the context before the next one. */
static size_t hunk_end(const struct script *script, size_t at)
{
    size_t last = at;
    for (size_t i = at; i < script->count && i - last <= (size_t)2 * CONTEXT_LINES + 1; i++)
        if (script->steps[i].edit != EDIT_KEEP)
            last = i;
    size_t end = last + 1 + CONTEXT_LINES;
    return end < script->count ? end : script->count;
}

static void write_script(struct buffer *out, const struct script *script, bool colour)
{
    size_t before_line = 0;
    size_t after_line = 0;
    size_t at = 0;
    while (at < script->count) {
        size_t change = at;
        while (change < script->count && script->steps[change].edit == EDIT_KEEP)
            change++;
        if (change == script->count)
            return;
        size_t first = change - at > CONTEXT_LINES ? change - CONTEXT_LINES : at;
        before_line += first - at;
        after_line += first - at;
        size_t end = hunk_end(script, change);
        write_hunk(out, script, first, end, before_line, after_line, colour);
        for (size_t i = first; i < end; i++) {
            before_line += script->steps[i].edit != EDIT_INSERT;
            after_line += script->steps[i].edit != EDIT_DELETE;
        }
        at = end;
    }
}

void diff_write(struct buffer *out, struct slice before, struct slice after, bool colour)
{
    struct lines old_lines = split(before);
    struct lines new_lines = split(after);
    struct script script = {
        .steps = xcalloc(old_lines.count + new_lines.count + 1, sizeof(struct step))};
    make_script(&script, &old_lines, &new_lines);
    write_script(out, &script, colour);
    free(script.steps);
    free(new_lines.items);
    free(old_lines.items);
}
