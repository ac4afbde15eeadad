/* SPDX-License-Identifier: Apache-2.0 */
/* A finished request on one line for people. Bytes that a terminal may not get are \xHH. */
#ifndef PATHROUTE_CTL_REQUEST_LINE_H
#define PATHROUTE_CTL_REQUEST_LINE_H

#include <stdio.h>

#include "../agent/observe/access_log.h"

/* The titles above the lines. */
void request_line_print_titles(FILE *out);

/* The time is local. */
void request_line_print(FILE *out, const struct access_log_request *request);

#endif
