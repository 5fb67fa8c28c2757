/* What libyaml found wrong with a text, said so that its author can mend it. */
#ifndef GMSA_DOCUMENT_YAML_PROBLEM_H
#define GMSA_DOCUMENT_YAML_PROBLEM_H

#include <yaml.h>

#include "lib/common/error.h"
#include "lib/common/slice.h"
#include "lib/document/tree.h"

/* Reports the failure of a libyaml parser over `text` as ERROR_INPUT, with its place in `where`
 * (may be NULL). Always returns -1. */
int yaml_problem_report(const yaml_parser_t *parser, struct slice text, struct position *where,
                        struct error **err);

#endif
