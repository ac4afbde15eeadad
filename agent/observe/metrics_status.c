/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_status.h"

#include "metrics_format.h"

static void write_count(FILE *out, const struct metrics_family *family, uint64_t count)
{
	metrics_format_family(out, family);
	metrics_format_count(out, family, NULL, count);
}

static void write_writes(FILE *out, const struct status_reading *status)
{
	static const struct metrics_family family = {
		"status_writes_total", "counter",
		"Patches of the status of PathRoutes, by result."};
	const struct {
		const char *result;
		uint64_t count;
	} results[] = {
		{"written", status->written},
		{"conflict", status->conflicts},
		{"failed", status->failures},
	};

	metrics_format_family(out, &family);
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		const struct metrics_label labels[] = {{"result", results[i].result}, {NULL, NULL}};

		metrics_format_count(out, &family, labels, results[i].count);
	}
}

void metrics_status_write(FILE *out, const struct status_reading *status)
{
	static const struct metrics_family leader = {
		"leader", "gauge",
		"1: this agent writes the status of the PathRoutes of its class."};
	static const struct metrics_family nodes = {
		"nodes", "gauge", "Nodes that have reported to this agent, while it leads."};
	static const struct metrics_family reports = {"node_reports_total", "counter",
						      "Reports of what this node has programmed."};
	static const struct metrics_family events = {"events_total", "counter",
						     "Events about PathRoutes that were written."};

	if (!status->known)
		return;
	write_count(out, &leader, status->leads);
	write_count(out, &nodes, status->nodes);
	write_writes(out, status);
	write_count(out, &reports, status->node_reports);
	write_count(out, &events, status->events);
}
