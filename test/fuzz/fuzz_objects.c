/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any YAML as objects: those that are accepted go into a store, and a table is built of it, all of
 * whose values must be within what the data path can hold.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cjson/cJSON.h>

#include "agent/route/object_decode.h"
#include "agent/route/route_table_build.h"
#include "agent/route/route_text.h"
#include "agent/route/route_version.h"
#include "agent/base/yaml_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store_document(struct route_store *store, const struct yaml_document *document)
{
	struct rejection rejection = {0};
	struct object *object = NULL;
	struct route_version version;
	struct object_key key;
	cJSON *tree = NULL;
	int error;

	if (yaml_json_parse(document, &tree, &rejection))
		return;
	route_version_decode(tree, &version);
	error = object_decode(tree, &object, &rejection);
	assert(error == 0 || error == -ENOTSUP || error == -EINVAL);
	if (error == -EINVAL)
		assert(rejection.reason && strlen(rejection.message) > 0);
	if (error == 0) {
		assert(object_decode_key(tree, &key, NULL) == 0);
		assert(route_store_put(store, object) == 0);
	}
	cJSON_Delete(tree);
}

static void check_rule(const struct table_rule *rule)
{
	size_t i;

	assert(rule->group_count <= ROUTE_GROUPS_MAX);
	assert(rule->redirect.path_length <= sizeof(rule->redirect.path));
	assert(rule->redirect.origin_length < sizeof(rule->redirect.origin));
	for (i = 0; i < rule->group_count; i++) {
		assert(rule->groups[i].weight > 0);
		assert(!rule->groups[i].missing || rule->groups[i].endpoint_count[0] == 0);
	}
}

static void check_hosts(const struct route_table *table)
{
	const struct table_host *host;
	size_t i;

	for (i = 0; i < table->host_count; i++) {
		host = &table->hosts[i];
		assert(strlen(host->name) <= ROUTE_HOST_MAX);
		assert((host->kind == HOST_ANY) == (host->name[0] == '\0'));
		assert(host->default_rule == TABLE_NONE || host->default_rule < table->rule_count);
	}
}

static void check_table(const struct route_table *table)
{
	const struct table_path *path;
	size_t i;

	check_hosts(table);
	for (i = 0; i < table->path_count; i++) {
		path = &table->paths[i];
		assert(path->host < table->host_count && path->rule < table->rule_count);
		assert(strlen(path->path) <= ROUTE_PATH_MAX);
		assert(route_text_path_depth(path->path) <= ROUTE_DEPTH_MAX);
		assert((unsigned)path->method < HTTP_METHOD_COUNT);
	}
	for (i = 0; i < table->rule_count; i++)
		check_rule(&table->rules[i]);
	for (i = 0; i < table->listener_count; i++)
		assert(table->listeners[i].table > 0 &&
		       table->listeners[i].table <= table->listener_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml_stream stream = {.text = (const char *)data, .length = size, .line = 1};
	struct ip_address node = {{0, 0, htonl(0xffff), htonl(0x0a000001)}};
	struct route_table_options options = {.node_addresses = &node, .node_address_count = 1};
	struct yaml_document document;
	struct route_report report;
	struct route_table *table;
	struct route_store *store;

	assert(route_store_new(&store) == 0);
	while (yaml_stream_next(&stream, &document))
		store_document(store, &document);
	assert(route_table_build(store, &options, &table, &report) == 0);
	check_table(table);
	route_table_free(table);
	route_report_done(&report);
	route_store_free(store);
	return 0;
}
