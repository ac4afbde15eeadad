/* SPDX-License-Identifier: Apache-2.0 */
/* The XDP program: it works on the maps of the tc programs, and is loaded after them. */
#ifndef PATHROUTE_PROGRAM_EARLY_H
#define PATHROUTE_PROGRAM_EARLY_H

#include <bpf/libbpf.h>

#include "../../bpf/datapath_abi.h"

struct pathroute_xdp;

/* `maps` is the loaded object whose maps are shared. Returns 0, -ENOMEM, or the error of the load:
 * libbpf_words_report() tells more. */
int program_early_load(const struct bpf_object *maps, const struct datapath_settings *settings,
		       struct pathroute_xdp **ret_early);

/* Closes descriptors. Accepts NULL. */
void program_early_free(struct pathroute_xdp *early);

/* -1 for NULL. */
int program_early_descriptor(const struct pathroute_xdp *early);

#endif
