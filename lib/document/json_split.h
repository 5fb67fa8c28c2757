/* Splits JSON that arrives in pieces of any size into its objects, one at a time.
 *
 * For texts that are too long to hold: a stream of objects one after another, or one object whose
 * member of a given name is a list of objects (Kubernetes' "items"). Only the object that is being
 * read is in memory, and only where it is not whole within one piece. Every object is checked by
 * json_scan.h before it is handed out.
 */
#ifndef GMSA_DOCUMENT_JSON_SPLIT_H
#define GMSA_DOCUMENT_JSON_SPLIT_H

#include "lib/common/buffer.h"
#include "lib/common/error.h"
#include "lib/common/slice.h"

/* Gets the text of one object, which is valid until it returns. -1 stops the splitting with the
 * error it has set. */
typedef int json_split_object(struct slice json, void *context, struct error **err);

struct json_split_settings {
    const char *list;    /* name of the member that holds the list; NULL for a stream of objects */
    size_t object_limit; /* bytes of one object */
    size_t frame_limit;  /* bytes of everything around the list's objects */
    json_split_object *object;
    void *context;
};

/* A zeroed struct with the settings filled in is ready for use. */
struct json_split {
    struct json_split_settings settings;
    int state;
    bool in_string, after_backslash;
    int name_seen;        /* in the frame: how much of the list's name and colon stood there last */
    unsigned depth;       /* brackets open within the object, or within the frame */
    size_t string_begin;  /* in the frame: where the latest string began */
    struct buffer object; /* the part of the object that came with earlier pieces */
    struct buffer frame;  /* the text without the list's objects */
};

/* Takes the next piece. ERROR_PROTOCOL where the text is no such JSON or an object is too large, or
 * the error of the callback; the splitter is of no use afterwards. */
int json_split_feed(struct json_split *split, struct slice piece, struct error **err);
/* No more will come: ERROR_PROTOCOL where something is missing. `frame` (may be NULL, and is empty
 * for a stream) gets the text around the objects, an object with an empty list, which is checked
 * too and valid until the splitter is released. */
int json_split_end(struct json_split *split, struct slice *frame, struct error **err);
void json_split_release(struct json_split *split);

#define cleanup_json_split __attribute__((cleanup(json_split_release)))

#endif
