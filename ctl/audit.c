/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../agent/base/cleanup.h"
#include "../agent/datapath/route_audit.h"
#include "../agent/node_addresses.h"
#include "../agent/route/route_table_build.h"
#include "allocate.h"
#include "audit_objects.h"
#include "context.h"
#include "table.h"

#define TRIES 3 /* a change that the agent is writing just now is no difference */
#define PAUSE_NS 300000000

struct findings {
	struct table *table;
	cJSON *json;
};

static void difference_note(void *context, const struct audit_difference *difference)
{
	struct findings *findings = context;
	const char *word = route_audit_word(difference->finding);
	cJSON *json = cJSON_CreateObject();

	table_add(findings->table, "%s", word);
	table_add(findings->table, "%s", difference->kind);
	table_add(findings->table, "%s", difference->name);
	table_add(findings->table, "%s", difference->detail);
	cJSON_AddStringToObject(json, "finding", word);
	cJSON_AddStringToObject(json, "kind", difference->kind);
	cJSON_AddStringToObject(json, "name", difference->name);
	if (*difference->detail)
		cJSON_AddStringToObject(json, "detail", difference->detail);
	cJSON_AddItemToArray(findings->json, json);
}

static void report_complain(void *context, int level, const char *text)
{
	(void)context, (void)level;
	context_complain(EXIT_OK, "%s", text);
}

static void findings_begin(struct findings *findings)
{
	static const char *const columns[] = {"FINDING", "KIND", "NAME", "DETAIL", NULL};

	table_free(findings->table);
	cJSON_Delete(findings->json);
	findings->table = table_new(columns);
	findings->json = cJSON_CreateArray();
}

static void findings_done(struct findings *findings)
{
	table_free(findings->table);
	cJSON_Delete(findings->json);
}

static int maps_compare(const struct context *context, const struct route_table *table,
			struct findings *findings, size_t *ret_count)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const struct report_sink report = {report_complain, NULL};
	const struct audit_sink sink = {findings, difference_note, &report};
	int error = 0;

	for (int i = 0; i < TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		findings_begin(findings);
		error = route_audit_run(context->directory, table, &sink, ret_count);
		if (error || !*ret_count)
			break;
	}
	return error;
}

static void print_json(struct findings *findings, size_t count)
{
	cJSON *root = cJSON_CreateObject();

	cJSON_AddBoolToObject(root, "equal", !count);
	cJSON_AddNumberToObject(root, "count", (double)count);
	cJSON_AddItemToObject(root, "differences", STEAL(findings->json));
	context_print_json(root);
}

static void print_findings(const struct findings *findings, const struct route_table *table,
			   size_t count)
{
	if (!count) {
		printf("equal: %zu listeners, %zu hosts, %zu paths, %zu rules\n",
		       table->listener_count, table->host_count, table->path_count,
		       table->rule_count);
		return;
	}
	table_print(findings->table, stdout);
	if (count > AUDIT_TOLD_MAX)
		printf("and %zu more\n", count - AUDIT_TOLD_MAX);
}

static int audit_table(struct context *context, const struct route_table *table)
{
	_cleanup_(findings_done) struct findings findings = {0};
	size_t count = 0;
	int error = maps_compare(context, table, &findings, &count);

	if (error == -ENOSPC || error == -EAGAIN)
		return context_complain(EXIT_NOTHING,
					"the tables in %s are too small for these "
					"objects",
					context->directory);
	if (error)
		return context_complain_errno(context, error);
	if (context->json)
		print_json(&findings, count);
	else
		print_findings(&findings, table, count);
	return count ? EXIT_NOTHING : EXIT_OK;
}

/* Those of the host, unless some are given. An exit status. */
static int addresses_read(const struct arguments *arguments, struct ip_address **ret_addresses,
			  size_t *ret_count)
{
	const struct arguments_list *list = &arguments->node_addresses;
	struct ip_address *addresses;
	int error;

	if (!list->count) {
		error = node_addresses_list(ret_addresses, ret_count);
		return error ? context_complain(EXIT_NOTHING, "addresses of this host: %s",
						strerror(-error))
			     : EXIT_OK;
	}
	addresses = allocate_zeroed(list->count, sizeof(*addresses));
	*ret_addresses = addresses;
	*ret_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		addresses[i] = (struct ip_address){{0, 0, htonl(0xffff), 0}};
		if (inet_pton(AF_INET, list->items[i], &addresses[i].word[3]) != 1 &&
		    inet_pton(AF_INET6, list->items[i], addresses[i].word) != 1)
			return context_complain(EXIT_USAGE,
						"--node-address: \"%s\" is no IP "
						"address",
						list->items[i]);
	}
	return EXIT_OK;
}

static void route_store_freep(struct route_store **store)
{
	route_store_free(*store);
}

static void route_table_freep(struct route_table **table)
{
	route_table_free(*table);
}

int command_audit(struct context *context)
{
	_cleanup_(route_store_freep) struct route_store *store = NULL;
	_cleanup_(route_table_freep) struct route_table *table = NULL;
	_cleanup_free_ struct ip_address *addresses = NULL;
	char host[HOST_NAME_MAX + 1] = "";
	struct route_table_options wanted = {
		.class_name = context->arguments.class_name,
		.place = {context->arguments.zone, context->arguments.node_name},
	};
	int status;

	if (route_store_new(&store))
		allocate_failed();
	status = audit_objects_read(&context->arguments, store);
	if (!status)
		status =
			addresses_read(&context->arguments, &addresses, &wanted.node_address_count);
	if (status)
		return status;
	wanted.node_addresses = addresses;
	if (!wanted.place.node && !gethostname(host, sizeof(host) - 1))
		wanted.place.node = host;
	if (route_table_build(store, &wanted, &table, NULL))
		allocate_failed();
	return audit_table(context, table);
}
