/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_find.h"

#include <string.h>

#include "../agent/datapath/readings_map.h"

static struct host *route_lookup_host(const struct host_key *key);
static struct path_entry *route_lookup_path(const struct path_key *key);
static struct rule *route_lookup_rule(__u32 rule);

#include "../bpf/lib/route_find.h"

/* The look-ups of the search have no context: one search at a time. */
static struct {
	const struct trace_maps *maps;
	struct trace_result *result;
	struct route_scratch route;
	uint32_t method;
	bool canonical;
	struct host host;
	struct path_entry path;
	struct rule rule;
} search;

static struct trace_step *add_step(void)
{
	struct trace_result *result = search.result;
	uint32_t index = result->step_count;

	/* There are fewer names and prefixes to try; the last place is for what nobody expects. */
	if (index + 1 < TRACE_STEPS_MAX)
		result->step_count++;
	memset(&result->steps[index], 0, sizeof(result->steps[index]));
	return &result->steps[index];
}

/* The key has only the hash: how long is the text that was hashed? */
static uint32_t length_of(uint64_t hash)
{
	const struct route_scratch *route = &search.route;

	for (uint32_t i = 0; i < route->boundaries && i < ROUTE_LABELS_MAX; i++)
		if (route->boundary[i].hash == hash)
			return route->boundary[i].length;
	return route->length;
}

/* A host was read from its right end. */
static void write_host(uint32_t length, char *text)
{
	for (uint32_t i = 0; i < length && i < TRACE_TEXT_MAX - 1; i++)
		text[i] = (char)search.route.text[length - 1 - i];
}

static struct host *route_lookup_host(const struct host_key *key)
{
	struct trace_step *step = add_step();

	step->kind = key->kind;
	if (key->kind == HOST_EXACT)
		write_host(search.route.length, step->text);
	else if (key->kind != HOST_ANY)
		write_host(length_of(key->hash), step->text);
	step->found = !readings_map_lookup(search.maps->hosts_fd, key, &search.host);
	return step->found ? &search.host : NULL;
}

static struct path_entry *route_lookup_path(const struct path_key *key)
{
	struct trace_step *step = add_step();
	uint32_t length = key->kind == PATH_EXACT ? search.route.length : length_of(key->hash);

	step->is_path = true;
	step->canonical = search.canonical;
	step->kind = key->kind;
	if (length < TRACE_TEXT_MAX)
		memcpy(step->text, search.route.text, length);
	step->found = !readings_map_lookup(search.maps->paths_fd, key, &search.path);
	if (!step->found)
		return NULL;
	step->rule = search.path.rule[search.method] ?: search.path.rule[HTTP_METHOD_OTHER];
	return &search.path;
}

/* Asked for between the first and the second reading, for the rule's policy. */
static struct rule *route_lookup_rule(__u32 rule)
{
	search.canonical = true;
	return readings_map_lookup(search.maps->rules_fd, &rule, &search.rule) ? NULL
									       : &search.rule;
}

int trace_find(const struct trace_maps *maps, uint32_t table, struct hold_large *hold,
	       struct trace_result *ret_result)
{
	uint32_t only = 0;
	struct route_meta meta;
	int error = readings_map_lookup(maps->route_meta_fd, &only, &meta);

	if (error)
		return error;
	memset(&search, 0, sizeof(search));
	search.maps = maps;
	search.result = ret_result;
	search.method = hold->head.method < HTTP_METHOD_COUNT ? hold->head.method : 0;
	search.route.seed = meta.hash_seed;
	search.route.table = table;
	ret_result->step_count = 0;
	ret_result->verdict = (enum verdict)route_find(&search.route, hold, &ret_result->match);
	return 0;
}
