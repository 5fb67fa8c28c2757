/* Admission reviews for tests: recorded ones from tests/data/reviews, and short ones made of parts.
 */
#ifndef GMSA_TESTS_SUPPORT_REVIEW_DATA_H
#define GMSA_TESTS_SUPPORT_REVIEW_DATA_H

#include "lib/common/buffer.h"
#include "lib/common/slice.h"
#include "webhook/decision/review.h"

/* Reads tests/data/reviews/NAME.json; the test fails where it is not there. */
void review_data_load(const char *name, struct buffer *body);

/* A review of a pod: REVIEW_OF_POD("\"spec\":{}"). */
#define REVIEW_OF(members)                                                                         \
    "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{" members   \
    "}}"
#define REVIEW_OF_POD(members)                                                                     \
    REVIEW_OF("\"uid\":\"u\",\"resource\":{\"group\":\"\",\"version\":\"v1\","                     \
              "\"resource\":\"pods\"},\"operation\":\"CREATE\",\"object\":{" members "}")

/* ck_assert() for slices; NULL means absent. */
void assert_slice(struct slice seen, const char *expected);

#endif
