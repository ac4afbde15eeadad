/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one file again: what it now has goes to the sink, what it no longer has disappears. */
#ifndef PATHROUTE_MANIFEST_LOAD_H
#define PATHROUTE_MANIFEST_LOAD_H

#include "manifest_set.h"

/*
 * Marks the files that take over an object of this one. *ret_gone: the file no longer exists.
 * 0 or -ENOMEM.
 */
int manifest_load(struct manifest_set *set, struct manifest_state *state, bool *ret_gone);

#endif
