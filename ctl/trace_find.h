/* SPDX-License-Identifier: Apache-2.0 */
/* The data path's own search for a rule, run over the pinned maps, with every look-up noted. */
#ifndef PATHROUTE_CTL_TRACE_FIND_H
#define PATHROUTE_CTL_TRACE_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "../bpf/lib/hold_large.h"
#include "../bpf/lib/route_match.h"

#define TRACE_STEPS_MAX 256
#define TRACE_TEXT_MAX 512

/* Where to look up. */
struct trace_maps {
	int hosts_fd;
	int paths_fd;
	int rules_fd;
	int route_meta_fd;
};

struct trace_step {
	bool is_path;
	bool canonical; /* the path's second reading */
	uint32_t kind;  /* enum host_kind or enum path_kind */
	bool found;
	uint32_t rule; /* of a found path, for the request's method; 0: not for this method */
	char text[TRACE_TEXT_MAX];
};

struct trace_result {
	enum verdict verdict; /* VERDICT_CONTINUE: match.rule is the rule */
	struct route_match match;
	struct trace_step steps[TRACE_STEPS_MAX];
	uint32_t step_count;
};

/* Searches for the rule of the parsed head in a listener's table. Returns 0 or a negative errno. */
int trace_find(const struct trace_maps *maps, uint32_t table, struct hold_large *hold,
	       struct trace_result *ret_result);

#endif
