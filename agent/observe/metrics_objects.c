/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics_objects.h"

#include <string.h>

#include "../base/address_text.h"
#include "metrics_format.h"

struct endpoint_series {
	struct metrics_family family;
	uint64_t (*value)(const struct endpoint_reading *endpoint);
};

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

static void write_others_of(FILE *out, const struct metrics_family *family,
			    const struct device *device, unsigned hook)
{
	const struct device_others *others = &device->others[hook];
	const char *label = readings_hook_label(hook);
	const struct metrics_label before[] = {
		{"device", device->name}, {"hook", label}, {"position", "before"}, {NULL, NULL}};
	const struct metrics_label behind[] = {
		{"device", device->name}, {"hook", label}, {"position", "behind"}, {NULL, NULL}};

	metrics_format_count(out, family, before, others->before);
	metrics_format_count(out, family, behind, others->behind);
}

/* Whose program sees the packets of a device beside ours. */
static void write_others(FILE *out, const struct readings *readings)
{
	static const struct metrics_family family = {
		"device_foreign_programs", "gauge",
		"Programs of others that the device runs before the router's, and behind it."};

	metrics_format_family(out, &family);
	for (size_t i = 0; i < readings->device_count; i++) {
		for (unsigned hook = 0; hook < DEVICE_HOOKS; hook++)
			write_others_of(out, &family, &readings->devices[i].device, hook);
	}
}

static void write_devices_xdp(FILE *out, const struct readings *readings)
{
	static const struct metrics_family family = {
		"device_xdp", "gauge",
		"1: XDP answers handshakes on the device; the state says why not."};

	metrics_format_family(out, &family);
	for (size_t i = 0; i < readings->device_count; i++) {
		const struct device *device = &readings->devices[i].device;
		const char *state = readings_xdp_label(device->xdp);

		metrics_format_count(out, &family,
				     (const struct metrics_label[]){{"device", device->name},
								    {"state", state},
								    {NULL, NULL}},
				     !strcmp(state, "native"));
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
	write_others(out, readings);
	write_devices_xdp(out, readings);
}
