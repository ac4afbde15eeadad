/* SPDX-License-Identifier: Apache-2.0 */
/* Runs pathroutectl: $PATHROUTECTL, else $BUILD_DIR/pathroutectl, else build/pathroutectl. */
#ifndef PATHROUTE_TEST_CTL_PROCESS_H
#define PATHROUTE_TEST_CTL_PROCESS_H

#include <stdbool.h>

/* `words` begin with the command and end with NULL. Returns the exit status; the text on stdout is
 * the caller's to free. */
int ctl_process_run(const char *bpffs, const char *const *words, bool json, char **ret_output);

#endif
