/* Pods and pod templates out of JSON, for review.c. */
#ifndef GMSA_WEBHOOK_DECISION_POD_READER_H
#define GMSA_WEBHOOK_DECISION_POD_READER_H

#include "lib/document/json_fields.h"
#include "webhook/decision/review.h"

/* What every Kubernetes object says of itself. */
struct object_head {
    struct slice api_version, kind;
};

/* Reads one object as a pod, into the reader's arena. NULL with a problem. */
struct pod_view *pod_read(struct json_reader *reader, struct object_head *head);

#endif
