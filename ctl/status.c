/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/cleanup.h"
#include "../agent/datapath/attach_chain.h"
#include "../agent/datapath/attach_xdp.h"
#include "context.h"
#include "table.h"

static double fill_percent(const struct fill_reading *fill)
{
	return fill->capacity ? 100.0 * (double)fill->entries / (double)fill->capacity : 0;
}

/* What the kernel says; where it has no program of ours, what the agent wrote down. */
static const char *xdp_text(const struct context *context, const struct device_reading *reading)
{
	uint32_t program;

	if (!attach_xdp_query(context->directory, reading->ifindex, &program))
		return readings_xdp_label(XDP_STATE_NATIVE);
	return reading->device.xdp == XDP_STATE_NATIVE ? "none, not native"
						       : readings_xdp_label(reading->device.xdp);
}

static void print_devices(const struct context *context, const struct readings *readings)
{
	static const char *const columns[] = {
		"DEVICE",  ">INDEX",  ">MTU",   "HOOK",           ">PROGRAM",       "XDP", "PEER",
		">BEFORE", ">BEHIND", "EGRESS", ">EGRESS BEFORE", ">EGRESS BEHIND", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	for (size_t i = 0; i < readings->device_count; i++) {
		const struct device_reading *reading = &readings->devices[i];
		struct attach_chain chain = {.mode = ATTACH_NONE}, egress = chain;

		attach_chain_read(context->directory, reading->ifindex, ATTACH_INGRESS, &chain);
		attach_chain_read(context->directory, reading->ifindex, ATTACH_EGRESS, &egress);
		table_add(table, "%s", reading->device.name);
		table_add(table, "%" PRIu32, reading->ifindex);
		table_add(table, "%" PRIu32, reading->device.mtu);
		table_add(table, "%s%s%s", readings_attach_label(chain.mode),
			  chain.mode == reading->device.attach ? "" : ", not ",
			  chain.mode == reading->device.attach
				  ? ""
				  : readings_attach_label(reading->device.attach));
		table_add(table, chain.mode ? "%" PRIu32 : "-", chain.program_id);
		table_add(table, "%s", xdp_text(context, reading));
		table_add(table, "%s", reading->device.flags & DEVICE_PEER ? "direct" : "-");
		table_add(table, "%" PRIu32, chain.before);
		table_add(table, "%" PRIu32, chain.behind);
		table_add(table, "%s", readings_attach_label(egress.mode));
		table_add(table, "%" PRIu32, egress.before);
		table_add(table, "%" PRIu32, egress.behind);
	}
	table_print(table, stdout);
}

static void print_fills(const struct readings *readings)
{
	static const char *const columns[] = {"TABLE", ">ENTRIES", ">CAPACITY", ">FULL", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	for (size_t i = 0; i < readings->fill_count; i++) {
		const struct fill_reading *fill = &readings->fills[i];

		table_add(table, "%s", fill->name);
		table_add(table, "%" PRIu64, fill->entries);
		table_add(table, "%" PRIu64, fill->capacity);
		table_add(table, "%.1f %%", fill_percent(fill));
	}
	table_print(table, stdout);
}

static void print_flows(const struct readings *readings)
{
	static const char *const columns[] = {"STATE", ">CONNECTIONS", "MEANING", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	for (size_t i = FLOW_FREE + 1; i < FLOW_STATE_COUNT; i++) {
		table_add(table, "%s", readings_state_label(i));
		table_add(table, "%" PRId64, readings->flows[i]);
		table_add(table, "%s", readings_state_text(i));
	}
	table_print(table, stdout);
}

static void print_verdicts(const struct context *context, const struct readings *readings)
{
	static const char *const columns[] = {"VERDICT", "CLASS",   ">PACKETS",
					      ">BY XDP", "MEANING", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	for (size_t i = VERDICT_CONTINUE + 1; i < VERDICT_COUNT; i++) {
		if (!readings->verdicts[i] && !context->arguments.all)
			continue;
		table_add(table, "%s", readings_verdict_label(i));
		table_add(table, "%s", readings_verdict_class(i));
		table_add(table, "%" PRIu64, readings->verdicts[i]);
		table_add(table, "%" PRIu64, readings->verdicts_xdp[i]);
		table_add(table, "%s", readings_verdict_text(i));
	}
	table_print(table, stdout);
}

/* What is known of the access log, in the order of the table. */
static const struct log_field {
	const char *label; /* in the table */
	const char *key;   /* in JSON */
	const char *text;
	enum log_count count;
} log_fields[] = {
	{"written", "written", "requests handed to the agent", LOG_COUNT_WRITTEN},
	{"dropped", "dropped", "requests for which the kernel had no room", LOG_COUNT_DROPPED},
	{"unwritten", "unwritten", "requests that the agent could not write out",
	 LOG_COUNT_UNWRITTEN},
	{"tail-dropped", "tailDropped", "requests that `tail` did not show",
	 LOG_COUNT_TAIL_DROPPED},
};

#define LOG_FIELDS (sizeof(log_fields) / sizeof(log_fields[0]))

static void print_log(const struct readings *readings)
{
	static const char *const columns[] = {"ACCESS LOG", ">REQUESTS", "MEANING", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);

	table_add(table, "one of");
	table_add(table, "%" PRIu32, readings->log_control.every);
	table_add(table, "%s",
		  readings->log_control.every ? "requests is logged" : "none is logged");
	for (size_t i = 0; i < LOG_FIELDS; i++) {
		table_add(table, "%s", log_fields[i].label);
		table_add(table, "%" PRIu64, readings->log_counts[log_fields[i].count]);
		table_add(table, "%s", log_fields[i].text);
	}
	table_print(table, stdout);
}

static int count_link(void *context, const char *directory, const char *name)
{
	(void)directory;
	(void)name;
	++*(unsigned *)context;
	return 0;
}

static void print_status(const struct context *context, const struct readings *readings)
{
	unsigned links = 0;

	pins_walk_links(context->directory, count_link, &links);
	printf("Data path ABI %d, pins in %s, %u pinned links\n\n", DATAPATH_ABI_VERSION,
	       context->directory, links);
	print_devices(context, readings);
	putchar('\n');
	print_fills(readings);
	putchar('\n');
	print_flows(readings);
	putchar('\n');
	print_log(readings);
	putchar('\n');
	print_verdicts(context, readings);
}

static cJSON *devices_json(const struct context *context, const struct readings *readings)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < readings->device_count; i++) {
		const struct device_reading *reading = &readings->devices[i];
		cJSON *device = cJSON_CreateObject();
		struct attach_chain chain = {.mode = ATTACH_NONE}, egress = chain;

		attach_chain_read(context->directory, reading->ifindex, ATTACH_INGRESS, &chain);
		attach_chain_read(context->directory, reading->ifindex, ATTACH_EGRESS, &egress);
		cJSON_AddItemToArray(list, device);
		cJSON_AddStringToObject(device, "name", reading->device.name);
		cJSON_AddNumberToObject(device, "ifindex", reading->ifindex);
		cJSON_AddNumberToObject(device, "mtu", reading->device.mtu);
		cJSON_AddStringToObject(device, "hook", readings_attach_label(chain.mode));
		cJSON_AddBoolToObject(device, "asRecorded", chain.mode == reading->device.attach);
		cJSON_AddNumberToObject(device, "programId", chain.program_id);
		cJSON_AddStringToObject(device, "xdp", xdp_text(context, reading));
		cJSON_AddBoolToObject(device, "peer", reading->device.flags & DEVICE_PEER);
		cJSON_AddNumberToObject(device, "programsBefore", chain.before);
		cJSON_AddNumberToObject(device, "programsBehind", chain.behind);
		cJSON_AddStringToObject(device, "egress", readings_attach_label(egress.mode));
		cJSON_AddNumberToObject(device, "egressProgramsBefore", egress.before);
		cJSON_AddNumberToObject(device, "egressProgramsBehind", egress.behind);
	}
	return list;
}

static cJSON *fills_json(const struct readings *readings)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < readings->fill_count; i++) {
		cJSON *fill = cJSON_CreateObject();

		cJSON_AddItemToArray(list, fill);
		cJSON_AddStringToObject(fill, "name", readings->fills[i].name);
		cJSON_AddNumberToObject(fill, "entries", (double)readings->fills[i].entries);
		cJSON_AddNumberToObject(fill, "capacity", (double)readings->fills[i].capacity);
	}
	return list;
}

static cJSON *verdicts_json(const struct context *context, const struct readings *readings)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = VERDICT_CONTINUE + 1; i < VERDICT_COUNT; i++) {
		cJSON *verdict;

		if (!readings->verdicts[i] && !context->arguments.all)
			continue;
		verdict = cJSON_CreateObject();
		cJSON_AddItemToArray(list, verdict);
		cJSON_AddStringToObject(verdict, "verdict", readings_verdict_label(i));
		cJSON_AddStringToObject(verdict, "class", readings_verdict_class(i));
		cJSON_AddNumberToObject(verdict, "packets", (double)readings->verdicts[i]);
		cJSON_AddNumberToObject(verdict, "byXdp", (double)readings->verdicts_xdp[i]);
	}
	return list;
}

static cJSON *log_json(const struct readings *readings)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddNumberToObject(json, "every", readings->log_control.every);
	for (size_t i = 0; i < LOG_FIELDS; i++)
		cJSON_AddNumberToObject(json, log_fields[i].key,
					(double)readings->log_counts[log_fields[i].count]);
	return json;
}

static cJSON *status_json(const struct context *context, const struct readings *readings)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *flows = cJSON_CreateObject();

	cJSON_AddNumberToObject(root, "abi", DATAPATH_ABI_VERSION);
	cJSON_AddStringToObject(root, "directory", context->directory);
	cJSON_AddItemToObject(root, "devices", devices_json(context, readings));
	cJSON_AddItemToObject(root, "tables", fills_json(readings));
	for (size_t i = FLOW_FREE + 1; i < FLOW_STATE_COUNT; i++)
		cJSON_AddNumberToObject(flows, readings_state_label(i), (double)readings->flows[i]);
	cJSON_AddItemToObject(root, "flows", flows);
	cJSON_AddItemToObject(root, "accessLog", log_json(readings));
	cJSON_AddItemToObject(root, "packets", verdicts_json(context, readings));
	return root;
}

int command_status(struct context *context)
{
	_cleanup_(readings_done) struct readings readings = {0};
	int error = readings_take(&context->maps, &readings);

	if (error)
		return context_complain_errno(context, error);
	if (context->json)
		context_print_json(status_json(context, &readings));
	else
		print_status(context, &readings);
	return EXIT_OK;
}
