#include "tests/support/review_data.h"

#include <check.h>

#include "lib/common/file.h"
#include "lib/common/memory.h"

void review_data_load(const char *name, struct buffer *body)
{
    cleanup_free char *path = xasprintf("tests/data/reviews/%s.json", name);
    cleanup_error struct error *err = NULL;
    if (file_read(path, 1 << 20, body, &err))
        ck_abort_msg("%s", err->message);
}

void assert_slice(struct slice seen, const char *expected)
{
    if (!slice_equal(seen, slice_of(expected)))
        ck_abort_msg("expected %s, seen \"%.*s\"%s", expected ? expected : "nothing",
                     SLICE_FORMAT(seen), slice_present(seen) ? "" : " (absent)");
}
