/* Made-up admission reviews: valid ones of every shape, and spoilt ones. */
#ifndef GMSA_TESTS_SUPPORT_REVIEW_GENERATOR_H
#define GMSA_TESTS_SUPPORT_REVIEW_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/common/buffer.h"

/* Appends an AdmissionReview that `seed` decides: any member that matters may be there, null or
 * missing, among others that do not matter, in any order, names and values escaped here and there.
 * Spoilt: one value somewhere is replaced by one of another type, or is gone. */
void review_generate(struct buffer *out, uint64_t seed, bool spoilt);

#endif
