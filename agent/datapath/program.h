/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel programs and their maps: sized, loaded over pinned maps if there are any, started. */
#ifndef PATHROUTE_PROGRAM_H
#define PATHROUTE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"
#include "report.h"

struct program_options {
	const char *directory; /* of the pins, exists */
	uint32_t flows;
	uint32_t rules;
	uint32_t endpoints;
	uint32_t holds_large;
	uint32_t source_cap;
	uint32_t head_timeout_s;
	uint32_t idle_timeout_s;
	enum delivery delivery;
	uint16_t mss_v4;
	uint16_t mss_v6;
};

struct program;

/* Loads and starts the sweep of dead flows. Pinned maps are taken over with the size they have: a
 * size asked for in vain is reported, as are the verifier's last words. Returns 0, -EUCLEAN when a
 * pinned map has another layout, or the error of the load. */
int program_load(const struct program_options *options, const struct report_sink *sink,
		 struct program **ret_program);

/* Closes descriptors; what is pinned or attached lives on. Accepts NULL. */
void program_free(struct program *program);

/* True if the maps were there before. */
bool program_adopted(const struct program *program);

int program_ingress_fd(const struct program *program);

/* For packets that leave; negative with DELIVERY_FAST. */
int program_egress_fd(const struct program *program);

/* What is run for each entry of "due_ring": see due_sends.h. */
int program_send_fd(const struct program *program);

/* The descriptor of a map, owned by the program, or -ENOENT. */
int program_map_fd(const struct program *program, const char *name);

#endif
