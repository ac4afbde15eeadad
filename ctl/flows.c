/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/address_text.h"
#include "../agent/base/cleanup.h"
#include "../agent/datapath/readings_map.h"
#include "allocate.h"
#include "snapshot.h"
#include "table.h"

#define LIMIT_DEFAULT 100

struct flow_list {
	bool has_client;
	struct ip_address client; /* wanted */
	int state;                /* wanted; FLOW_FREE: any */
	size_t limit;
	uint32_t now;
	struct flow *flows;
	size_t count, capacity;
};

static int add_flow(const void *key, const void *value, void *context)
{
	struct flow_list *list = context;
	const struct flow *flow = value;

	(void)key;
	if (flow->state == FLOW_FREE || (list->state && flow->state != list->state))
		return 0;
	if (list->has_client && memcmp(&flow->client, &list->client, sizeof(flow->client)))
		return 0;
	list->flows =
		allocate_room(list->flows, sizeof(*list->flows), list->count, &list->capacity);
	memcpy(&list->flows[list->count++], flow, sizeof(*flow));
	return 0;
}

static int by_client(const void *left, const void *right)
{
	const struct flow *a = left, *b = right;
	int order = memcmp(&a->client, &b->client, sizeof(a->client));

	if (!order)
		order = (int)ntohs(a->client_port) - (int)ntohs(b->client_port);
	if (!order)
		order = memcmp(&a->listener, &b->listener, sizeof(a->listener));
	return order ? order : (int)ntohs(a->listener_port) - (int)ntohs(b->listener_port);
}

static int take_flows(const struct context *context, struct flow_list *list)
{
	struct readings_map_walk walk = {.visit = add_flow, .context = list};
	int error = readings_flows_high_water(&context->maps, &walk.limit);

	if (!error && walk.limit)
		error = readings_map_walk(context->maps.fd[READINGS_MAP_flow_slots], &walk);
	if (error)
		return error;
	list->now = readings_ticks_now();
	if (list->count)
		qsort(list->flows, list->count, sizeof(*list->flows), by_client);
	return 0;
}

static double idle_seconds(const struct flow_list *list, const struct flow *flow)
{
	int32_t ticks = (int32_t)(list->now - flow->seen);

	return ticks > 0 ? ticks * (double)(1 << DATAPATH_TICK_SHIFT) / 1e9 : 0;
}

/* A flow that has not chosen yet has neither rule nor pod. */
static const char *rule_text(const struct snapshot *snapshot, const struct flow *flow)
{
	return flow->rule ? snapshot_rule_name(snapshot, flow->rule) : "";
}

static const char *pod_text(const struct flow *flow, char text[ADDRESS_PORT_TEXT_MAX])
{
	if (!flow->leg.pod_port)
		return "";
	return address_port_text(&flow->leg.pod, ntohs(flow->leg.pod_port), text);
}

static void print_table(const struct snapshot *snapshot, const struct flow_list *list)
{
	static const char *const columns[] = {"CLIENT",    "LISTENER", "RULE",  "POD", "STATE",
					      ">REQUESTS", ">PARKED",  ">IDLE", NULL};
	_cleanup_(table_freep) struct table *table = table_new(columns);
	char text[ADDRESS_PORT_TEXT_MAX];

	for (size_t i = 0; i < list->count && i < list->limit; i++) {
		const struct flow *flow = &list->flows[i];

		table_add(table, "%s",
			  address_port_text(&flow->client, ntohs(flow->client_port), text));
		table_add(table, "%s",
			  address_port_text(&flow->listener, ntohs(flow->listener_port), text));
		table_add(table, "%s", rule_text(snapshot, flow));
		table_add(table, "%s", pod_text(flow, text));
		table_add(table, "%s", readings_state_label(flow->state));
		table_add(table, "%u", flow->outstanding_count);
		table_add(table, "%u", readings_flow_parked(flow));
		table_add(table, "%.1f s", idle_seconds(list, flow));
	}
	table_print(table, stdout);
	if (list->count > list->limit)
		printf("... and %zu more (--limit %zu shows all)\n", list->count - list->limit,
		       list->count);
}

static cJSON *flow_json(const struct snapshot *snapshot, const struct flow_list *list,
			const struct flow *flow)
{
	cJSON *json = cJSON_CreateObject();
	char text[ADDRESS_PORT_TEXT_MAX];

	cJSON_AddStringToObject(json, "client",
				address_port_text(&flow->client, ntohs(flow->client_port), text));
	cJSON_AddStringToObject(
		json, "listener",
		address_port_text(&flow->listener, ntohs(flow->listener_port), text));
	cJSON_AddStringToObject(json, "rule", rule_text(snapshot, flow));
	cJSON_AddStringToObject(json, "pod", pod_text(flow, text));
	cJSON_AddStringToObject(json, "state", readings_state_label(flow->state));
	cJSON_AddNumberToObject(json, "outstandingRequests", flow->outstanding_count);
	cJSON_AddNumberToObject(json, "parkedConnections", readings_flow_parked(flow));
	cJSON_AddNumberToObject(json, "idleSeconds", idle_seconds(list, flow));
	return json;
}

static void print_json(const struct snapshot *snapshot, const struct flow_list *list)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *flows = cJSON_AddArrayToObject(root, "flows");

	cJSON_AddNumberToObject(root, "total", (double)list->count);
	for (size_t i = 0; i < list->count && i < list->limit; i++)
		cJSON_AddItemToArray(flows, flow_json(snapshot, list, &list->flows[i]));
	context_print_json(root);
}

static int parse_client(const char *text, struct ip_address *ret_address)
{
	struct ip_address address = {.word = {0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1 &&
	    inet_pton(AF_INET6, text, &address) != 1)
		return -EINVAL;
	*ret_address = address;
	return 0;
}

static int parse_state(const char *text, int *ret_state)
{
	for (unsigned state = FLOW_FREE + 1; state < FLOW_STATE_COUNT; state++) {
		if (!strcmp(text, readings_state_label(state))) {
			*ret_state = (int)state;
			return 0;
		}
	}
	return -EINVAL;
}

static int complain_state(const char *text)
{
	char states[120] = "";
	size_t length = 0;

	for (unsigned state = FLOW_FREE + 1; state < FLOW_STATE_COUNT; state++)
		length += (size_t)snprintf(states + length, sizeof(states) - length, " %s",
					   readings_state_label(state));
	return context_complain(EXIT_USAGE, "--state \"%s\" is none of:%s", text, states);
}

static int parse_filters(const struct arguments *arguments, struct flow_list *list)
{
	list->limit = LIMIT_DEFAULT;
	list->has_client = arguments->client;
	if (arguments->client && parse_client(arguments->client, &list->client))
		return context_complain(EXIT_USAGE, "--client \"%s\" is no IP address",
					arguments->client);
	if (arguments->state && parse_state(arguments->state, &list->state))
		return complain_state(arguments->state);
	if (arguments->limit && arguments_parse_number(arguments->limit, &list->limit))
		return context_complain(EXIT_USAGE, "--limit \"%s\" is no positive number",
					arguments->limit);
	return EXIT_OK;
}

static int show(struct context *context, struct flow_list *list)
{
	_cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_EMPTY;
	int error = snapshot_take(context, &snapshot);

	if (!error)
		error = take_flows(context, list);
	if (error)
		return context_complain_errno(context, error);
	if (context->json)
		print_json(&snapshot, list);
	else if (list->count)
		print_table(&snapshot, list);
	return list->count ? EXIT_OK : context_complain(EXIT_NOTHING, "no such flow");
}

int command_flows(struct context *context)
{
	struct flow_list list = {0};
	int status = parse_filters(&context->arguments, &list);

	if (!status)
		status = show(context, &list);
	free(list.flows);
	return status;
}
