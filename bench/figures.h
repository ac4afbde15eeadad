/* SPDX-License-Identifier: Apache-2.0 */
/* The table for people and the JSON file for programs. */
#ifndef PATHROUTE_BENCH_FIGURES_H
#define PATHROUTE_BENCH_FIGURES_H

struct figures_path {
	const char *name;
	double ns;
	double noop_ns;
};

struct figures_program {
	const char *name;
	unsigned long verifier_steps;
};

struct figures {
	const struct figures_path *paths;
	unsigned path_count;
	const struct figures_program *programs;
	unsigned program_count;
};

void figures_print(const struct figures *figures);

/* {"paths": [{"name", "ns", "noop_ns"}…], "programs": [{"name", "verifier_steps"}…]}; 0 or
 * negative errno. */
int figures_write(const struct figures *figures, const char *file);

#endif
