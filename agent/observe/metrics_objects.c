/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_objects.h"

#include <string.h>

#include "../base/address_text.h"
#include "metrics_format.h"

/* One counter of a rule; `direction` is its label, or NULL. */
struct rule_series {
	struct metrics_family family;
	const char *direction;
	uint64_t (*value)(const struct rule_stats *stats);
};

struct endpoint_series {
	struct metrics_family family;
	uint64_t (*value)(const struct endpoint_reading *endpoint);
};

static uint64_t rule_connections(const struct rule_stats *stats)
{
	return stats->connections;
}

static uint64_t rule_requests(const struct rule_stats *stats)
{
	return stats->requests;
}

static uint64_t rule_bytes_to_pod(const struct rule_stats *stats)
{
	return stats->bytes_to_pod;
}

static uint64_t rule_bytes_to_client(const struct rule_stats *stats)
{
	return stats->bytes_to_client;
}

static uint64_t endpoint_active(const struct endpoint_reading *endpoint)
{
	return endpoint->stats.active;
}

static uint64_t endpoint_connections(const struct endpoint_reading *endpoint)
{
	return endpoint->stats.connections;
}

static uint64_t endpoint_failures(const struct endpoint_reading *endpoint)
{
	return endpoint->stats.failures;
}

static uint64_t endpoint_ejections(const struct endpoint_reading *endpoint)
{
	return endpoint->stats.ejections;
}

static uint64_t endpoint_ejected(const struct endpoint_reading *endpoint)
{
	return endpoint->ejected;
}

/* "namespace/route/rule" in its three parts; missing ones are empty. */
struct rule_labels {
	char text[ROUTE_NAME_MAX];
	const char *part[3];
};

static void split_name(const char *name, struct rule_labels *labels)
{
	char *rest = labels->text;

	snprintf(labels->text, sizeof(labels->text), "%s", name);
	for (int i = 0; i < 2; i++) {
		char *slash = strchr(rest, '/');

		labels->part[i] = rest;
		if (slash)
			*slash = '\0';
		rest = slash ? slash + 1 : rest + strlen(rest);
	}
	labels->part[2] = rest;
}

/* Equal series would make the whole scrape fail, so rules whose names were cut to the same text
 * are added up. Returns the index behind the last one. */
static size_t write_rule(FILE *out, const struct readings *readings, size_t first,
			 const struct rule_series *series)
{
	const struct rule_reading *rules = readings->rules;
	struct rule_labels labels;
	uint64_t sum = 0;
	size_t i = first;

	for (; i < readings->rule_count && !strcmp(rules[i].name, rules[first].name); i++)
		sum += series->value(&rules[i].stats);
	split_name(rules[first].name, &labels);
	metrics_format_count(out, &series->family,
			     (const struct metrics_label[]){
				     {"namespace", labels.part[0]},
				     {"route", labels.part[1]},
				     {"rule", labels.part[2]},
				     {series->direction ? "direction" : NULL, series->direction},
				     {NULL, NULL}},
			     sum);
	return i;
}

void metrics_objects_write_rules(FILE *out, const struct readings *readings)
{
	static const struct rule_series list[] = {
		{{"rule_connections_total", "counter", "Connections that chose the rule."},
		 NULL,
		 rule_connections},
		{{"rule_requests_total", "counter", "Requests that chose the rule."},
		 NULL,
		 rule_requests},
		{{"rule_bytes_total", "counter", "TCP payload of the rule's connections."},
		 "to_pod",
		 rule_bytes_to_pod},
		{{"rule_bytes_total", NULL, NULL}, "to_client", rule_bytes_to_client},
	};

	for (size_t s = 0; s < sizeof(list) / sizeof(list[0]); s++) {
		if (list[s].family.help)
			metrics_format_family(out, &list[s].family);
		for (size_t i = 0; i < readings->rule_count;)
			i = write_rule(out, readings, i, &list[s]);
	}
}

static bool same_endpoint(const struct endpoint_reading *a, const struct endpoint_reading *b)
{
	return a->port == b->port && !memcmp(&a->address, &b->address, sizeof(a->address)) &&
	       !strcmp(a->service, b->service);
}

static size_t write_endpoint(FILE *out, const struct readings *readings, size_t first,
			     const struct endpoint_series *series)
{
	const struct endpoint_reading *list = readings->endpoints;
	char address[ADDRESS_TEXT_MAX];
	char port[8];
	uint64_t sum = 0;
	size_t i = first;

	for (; i < readings->endpoint_count && same_endpoint(&list[i], &list[first]); i++)
		sum += series->value(&list[i]);
	snprintf(port, sizeof(port), "%u", list[first].port);
	metrics_format_count(out, &series->family,
			     (const struct metrics_label[]){
				     {"service", list[first].service},
				     {"address", address_text(&list[first].address, address)},
				     {"port", port},
				     {NULL, NULL}},
			     sum);
	return i;
}

void metrics_objects_write_endpoints(FILE *out, const struct readings *readings)
{
	static const struct endpoint_series list[] = {
		{{"endpoint_active", "gauge", "Connections that use the endpoint now."},
		 endpoint_active},
		{{"endpoint_connections_total", "counter", "Connections opened to the endpoint."},
		 endpoint_connections},
		{{"endpoint_failures_total", "counter",
		  "Connections that the endpoint did not take."},
		 endpoint_failures},
		{{"endpoint_ejections_total", "counter", "Times the endpoint was taken out."},
		 endpoint_ejections},
		{{"endpoint_ejected", "gauge",
		  "Not 0 while the endpoint is taken out after failures."},
		 endpoint_ejected},
	};

	for (size_t s = 0; s < sizeof(list) / sizeof(list[0]); s++) {
		metrics_format_family(out, &list[s].family);
		for (size_t i = 0; i < readings->endpoint_count;)
			i = write_endpoint(out, readings, i, &list[s]);
	}
}

void metrics_objects_write_devices(FILE *out, const struct readings *readings)
{
	static const struct metrics_family family = {"device_attached", "gauge",
						     "1: the device carries the router's program."};

	metrics_format_family(out, &family);
	for (size_t i = 0; i < readings->device_count; i++) {
		const struct device *device = &readings->devices[i].device;
		const char *mode = readings_attach_label(device->attach);

		metrics_format_count(out, &family,
				     (const struct metrics_label[]){{"device", device->name},
								    {"mode", mode},
								    {NULL, NULL}},
				     device->attach != 0);
	}
}
