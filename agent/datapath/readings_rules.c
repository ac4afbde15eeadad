/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "readings_lists.h"
#include "readings_map.h"

/* Ids rise in every walk, so names and counters are joined to the rules by walking along. */
struct rule_walk {
	struct readings *readings;
	size_t capacity;
	size_t next;
	int cpus;
};

static int add_rule(const void *key, const void *value, void *context)
{
	struct rule_walk *walk = context;
	const struct rule *rule = value;
	struct readings *readings = walk->readings;

	if (!rule->in_use)
		return 0;
	if (readings->rule_count == walk->capacity)
		return -E2BIG;
	readings->rules[readings->rule_count++].id = *(const uint32_t *)key;
	return 0;
}

static struct rule_reading *rule_at(struct rule_walk *walk, uint32_t id)
{
	struct rule_reading *rules = walk->readings->rules;
	size_t count = walk->readings->rule_count;

	while (walk->next < count && rules[walk->next].id < id)
		walk->next++;
	return walk->next < count && rules[walk->next].id == id ? &rules[walk->next] : NULL;
}

static int set_name(const void *key, const void *value, void *context)
{
	struct rule_reading *rule = rule_at(context, *(const uint32_t *)key);

	if (rule) {
		memcpy(rule->name, value, sizeof(rule->name));
		rule->name[sizeof(rule->name) - 1] = '\0';
	}
	return 0;
}

void readings_stats_add(struct rule_stats *sum, const struct rule_stats *stats)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)stats;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static int add_stats(const void *key, const void *value, void *context)
{
	struct rule_walk *walk = context;
	struct rule_reading *rule = rule_at(walk, *(const uint32_t *)key);
	const struct rule_stats *stats = value;

	for (int cpu = 0; rule && cpu < walk->cpus; cpu++)
		readings_stats_add(&rule->stats, &stats[cpu]);
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct rule_reading *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static int join(int fd, readings_map_visit visit, struct rule_walk *context)
{
	const struct readings *readings = context->readings;
	struct readings_map_walk walk = {.visit = visit, .context = context};

	if (!readings->rule_count)
		return 0;
	context->next = 0;
	walk.limit = readings->rules[readings->rule_count - 1].id + 1;
	return readings_map_walk(fd, &walk);
}

static int allocate(int fd, struct rule_walk *walk)
{
	uint32_t capacity = 0;
	int error = readings_map_capacity(fd, &capacity);

	if (error)
		return error;
	walk->readings->rules = calloc(capacity, sizeof(*walk->readings->rules));
	walk->capacity = capacity;
	walk->cpus = libbpf_num_possible_cpus();
	if (walk->cpus < 0)
		return walk->cpus;
	return walk->readings->rules ? 0 : -ENOMEM;
}

int readings_rules_take(const struct readings_maps *maps, struct readings *readings)
{
	struct rule_walk context = {.readings = readings};
	struct readings_map_walk walk = {.visit = add_rule, .context = &context};
	int error = allocate(maps->fd[READINGS_MAP_rules], &context);

	if (!error)
		error = readings_map_walk(maps->fd[READINGS_MAP_rules], &walk);
	if (!error)
		error = join(maps->fd[READINGS_MAP_rule_names], set_name, &context);
	if (!error)
		error = join(maps->fd[READINGS_MAP_rule_stats], add_stats, &context);
	if (error)
		return error;
	qsort(readings->rules, readings->rule_count, sizeof(*readings->rules), by_name);
	return 0;
}
