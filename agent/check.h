/* SPDX-License-Identifier: Apache-2.0 */
/* Tells before anything is installed what this node lacks. */
#ifndef PATHROUTE_CHECK_H
#define PATHROUTE_CHECK_H

#include <stdio.h>

#include "options.h"

/* Prints one line for each check, "ok name: finding" or "FAIL name: finding; remedy", or a JSON
 * array. Changes nothing on the node. Returns the exit status: 0, or the number of the first check
 * that failed, as listed in --help. */
int check_run(const struct options *options, FILE *out);

#endif
