/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel can do, found by trying. Nothing stays behind. */
#ifndef PATHROUTE_PROBE_H
#define PATHROUTE_PROBE_H

#include <stdbool.h>

#include "../../bpf/datapath_abi.h"
#include "report.h"

/* Loads the tc programs that `delivery` needs, with small maps that are not pinned, and counts
 * them. Returns 0 or a negative errno; the verifier's last words go to the sink. */
int probe_programs(enum delivery delivery, const struct report_sink *sink, unsigned *ret_count);

/* The same for the XDP program. */
int probe_early(const struct report_sink *sink);

/* True if programs can be attached with tcx. Needs the right to load programs. */
bool probe_tcx(void);

/* True if programs are compiled to machine code. Needs the right to load programs. */
bool probe_jit(void);

#endif
