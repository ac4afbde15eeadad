/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <errno.h>
#include <math.h>

#include "metrics_format.h"
#include "metrics_kube.h"
#include "metrics_objects.h"
#include "metrics_status.h"

static void write_verdicts(FILE *out, const struct readings *readings)
{
	static const struct metrics_family family = {
		"packets_total", "counter", "Packets by the way in which they left the router."};

	metrics_format_family(out, &family);
	for (size_t i = VERDICT_CONTINUE + 1; i < VERDICT_COUNT; i++) {
		const struct metrics_label labels[] = {{"verdict", readings_verdict_label(i)},
						       {"class", readings_verdict_class(i)},
						       {NULL, NULL}};

		metrics_format_count(out, &family, labels, readings->verdicts[i]);
	}
}

static void write_verdicts_xdp(FILE *out, const struct readings *readings)
{
	static const struct metrics_family family = {
		"xdp_packets_total", "counter",
		"How many of these packets XDP took, so that tc did not see them."};

	metrics_format_family(out, &family);
	for (size_t i = VERDICT_CONTINUE + 1; i < VERDICT_COUNT; i++) {
		const struct metrics_label labels[] = {{"verdict", readings_verdict_label(i)},
						       {NULL, NULL}};

		if (readings->verdicts_xdp[i])
			metrics_format_count(out, &family, labels, readings->verdicts_xdp[i]);
	}
}

static void write_flows(FILE *out, const struct readings *readings)
{
	static const struct metrics_family family = {"flows", "gauge", "Connections by state."};

	metrics_format_family(out, &family);
	for (size_t i = FLOW_FREE + 1; i < FLOW_STATE_COUNT; i++) {
		const struct metrics_label labels[] = {{"state", readings_state_label(i)},
						       {NULL, NULL}};

		metrics_format_sample(out, &family, labels, (double)readings->flows[i]);
	}
}

static void write_fills(FILE *out, const struct readings *readings)
{
	static const struct metrics_family entries = {"map_entries", "gauge",
						      "Entries in use of each table."};
	static const struct metrics_family capacity = {"map_capacity", "gauge",
						       "Entries that each table has room for."};

	metrics_format_family(out, &entries);
	for (size_t i = 0; i < readings->fill_count; i++) {
		const struct metrics_label labels[] = {{"map", readings->fills[i].name},
						       {NULL, NULL}};

		metrics_format_count(out, &entries, labels, readings->fills[i].entries);
	}
	metrics_format_family(out, &capacity);
	for (size_t i = 0; i < readings->fill_count; i++) {
		const struct metrics_label labels[] = {{"map", readings->fills[i].name},
						       {NULL, NULL}};

		metrics_format_count(out, &capacity, labels, readings->fills[i].capacity);
	}
}

static void write_single(FILE *out, const struct metrics_family *family, double value)
{
	metrics_format_family(out, family);
	metrics_format_sample(out, family, NULL, value);
}

static void write_log(FILE *out, const struct readings *readings)
{
	static const struct metrics_family entries = {"access_log_entries_total", "counter",
						      "Requests handed to the access log."};
	static const struct metrics_family dropped = {
		"access_log_dropped_total", "counter",
		"Requests that the access log lacks: by the kernel (no room), by the agent (not "
		"written)."};
	static const struct metrics_label kernel[] = {{"by", "kernel"}, {NULL, NULL}};
	static const struct metrics_label agent[] = {{"by", "agent"}, {NULL, NULL}};

	metrics_format_family(out, &entries);
	metrics_format_count(out, &entries, NULL, readings->log_counts[LOG_COUNT_WRITTEN]);
	metrics_format_family(out, &dropped);
	metrics_format_count(out, &dropped, kernel, readings->log_counts[LOG_COUNT_DROPPED]);
	metrics_format_count(out, &dropped, agent, readings->log_counts[LOG_COUNT_UNWRITTEN]);
}

static void write_build(FILE *out, const struct agent_reading *agent)
{
	static const struct metrics_family family = {"build_info", "gauge",
						     "Always 1; the labels tell what is running."};
	char abi[12];

	snprintf(abi, sizeof(abi), "%d", DATAPATH_ABI_VERSION);
	metrics_format_family(out, &family);
	metrics_format_sample(
		out, &family,
		(const struct metrics_label[]){{"version", agent->version ? agent->version : ""},
					       {"abi", abi},
					       {NULL, NULL}},
		1);
}

static void write_audits(FILE *out, const struct agent_reading *agent)
{
	static const struct metrics_family audits = {
		"map_audits_total", "counter",
		"Comparisons of the tables with what they should hold."};
	static const struct metrics_family drift = {
		"map_drift_total", "counter",
		"Differences that these comparisons have found and set right."};
	static const struct metrics_family repairs = {
		"device_repairs_total", "counter",
		"Times that a program of a device, taken off by somebody, was attached again."};

	write_single(out, &audits, (double)agent->map_audits);
	write_single(out, &drift, (double)agent->map_drift);
	write_single(out, &repairs, (double)agent->repairs);
}

static void write_agent(FILE *out, const struct agent_reading *agent)
{
	static const struct metrics_family sync_age = {
		"sync_age_seconds", "gauge",
		"Time since the tables last agreed with the source of objects; +Inf: not yet."};
	static const struct metrics_family refused = {"manifests_refused", "gauge",
						      "Documents of the source that are refused."};
	static const struct metrics_family routes = {"routes", "gauge",
						     "PathRoutes that are accepted."};
	static const struct metrics_family errors = {"map_errors_total", "counter",
						     "Failed changes of the tables."};

	write_build(out, agent);
	write_single(out, &sync_age, agent->sync_age < 0 ? (double)INFINITY : agent->sync_age);
	write_single(out, &refused, (double)agent->manifests_refused);
	write_single(out, &routes, (double)agent->routes);
	write_single(out, &errors, (double)agent->map_errors);
	write_audits(out, agent);
}

static void write_event_times(FILE *out, const struct latency *latency)
{
	static const struct metrics_family family = {
		"event_to_maps_seconds", "histogram",
		"From the reading of a changed object to the tables that have it."};
	const struct metrics_histogram histogram = {
		.bounds = latency_bounds,
		.counts = latency->counts,
		.count = LATENCY_BUCKETS,
		.sum = latency->sum,
	};

	metrics_format_family(out, &family);
	metrics_format_histogram(out, &family, NULL, &histogram);
}

int metrics_write(FILE *out, const struct readings *readings, const struct agent_reading *agent)
{
	write_agent(out, agent);
	write_event_times(out, &agent->event_to_maps);
	metrics_kube_write(out, &agent->kube);
	metrics_status_write(out, &agent->status);
	write_verdicts(out, readings);
	write_verdicts_xdp(out, readings);
	write_flows(out, readings);
	write_fills(out, readings);
	write_log(out, readings);
	metrics_objects_write_rules(out, readings);
	metrics_objects_write_endpoints(out, readings);
	metrics_objects_write_devices(out, readings);
	return ferror(out) ? -EIO : 0;
}
