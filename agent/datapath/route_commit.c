/* SPDX-License-Identifier: Apache-2.0 */
#include "route_commit.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../base/cleanup.h"

void commit_write(struct route_commit *commit, enum route_map map, const void *key,
		  const void *value)
{
	if (commit->error)
		return;
	if (bpf_map_update_elem(commit->maps->fd[map], key, value, BPF_ANY))
		commit->error = -errno;
	commit->change->writes++;
}

void commit_delete(struct route_commit *commit, enum route_map map, const void *key)
{
	if (commit->error)
		return;
	if (bpf_map_delete_elem(commit->maps->fd[map], key) && errno != ENOENT)
		commit->error = -errno;
	commit->change->writes++;
}

/* MEMBARRIER_CMD_GLOBAL is synchronize_rcu(), and programs run inside RCU. Kernels with nohz_full
 * refuse it: there a pause much longer than any program's run must do. */
void commit_wait_readers(const struct route_commit *commit)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	if (!commit->error && syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&pause, NULL);
}

static void name_write(struct route_commit *commit, enum route_map map, uint32_t id,
		       const char *text)
{
	struct object_name name = {0};

	memcpy(name.text, text, strlen(text)); /* cut already */
	commit_write(commit, map, &id, &name);
}

static void port_write(struct route_commit *commit, enum ports_kind kind, __be16 port)
{
	uint32_t index = PORTS_USED_WORD(kind, port);

	if (route_ports_add(commit->ports, kind, port))
		commit_write(commit, ROUTE_MAP_ports_used, &index, &commit->ports->word[index]);
}

void commit_endpoint(struct route_commit *commit, const struct image_endpoint *endpoint)
{
	static const struct endpoint_stats no_stats;

	port_write(commit, PORTS_ENDPOINT, endpoint->value.port);
	name_write(commit, ROUTE_MAP_endpoint_names, endpoint->id, endpoint->name);
	commit_write(commit, ROUTE_MAP_endpoint_stats, &endpoint->id, &no_stats);
	commit_write(commit, ROUTE_MAP_endpoints, &endpoint->id, &endpoint->value);
	commit->change->endpoints_added++;
}

static void members_write(struct route_commit *commit, const struct image_set *set)
{
	_cleanup_free_ uint32_t *keys = calloc(set->member_count + 1, sizeof(*keys));
	uint32_t count = set->member_count;

	if (commit->error || !count)
		return;
	if (!keys) {
		commit->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		keys[i] = set->first + i;
	if (bpf_map_update_batch(commit->maps->fd[ROUTE_MAP_members], keys, set->members, &count,
				 NULL))
		commit->error = -errno;
	commit->change->writes += set->member_count;
}

static void set_write(struct route_commit *commit, const struct image_set *set)
{
	struct rule_set value = {.group_count = set->group_count, .version = set->version};

	memcpy(value.group, set->groups, sizeof(value.group));
	members_write(commit, set);
	commit_write(commit, ROUTE_MAP_rule_sets, &set->id, &value);
}

/* The programs read the words of a rule one by one: the part that the present action does not use
 * is brought in first, so that no moment shows the new action with old references. */
static void rule_change(struct route_commit *commit, const struct image_rule *rule)
{
	const struct rule *before = &rule->before->value;
	struct rule between = rule->value;

	if (!memcmp(before, &rule->value, sizeof(*before)))
		return;
	if (before->action != rule->value.action) {
		if (rule->value.action == RULE_REDIRECT) {
			memcpy(between.set, before->set, sizeof(between.set));
		} else {
			between = *before;
			memcpy(between.set, rule->value.set, sizeof(between.set));
		}
		commit_write(commit, ROUTE_MAP_rules, &rule->id, &between);
	}
	commit_write(commit, ROUTE_MAP_rules, &rule->id, &rule->value);
	commit->change->rules_changed++;
}

static void rule_stats_clear(struct route_commit *commit, uint32_t id)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct rule_stats *zero = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*zero));

	if (cpus < 0 || !zero) {
		commit->error = cpus < 0 ? cpus : -ENOMEM;
		return;
	}
	commit_write(commit, ROUTE_MAP_rule_stats, &id, zero);
}

void commit_rule(struct route_commit *commit, const struct image_rule *rule)
{
	for (int family = 0; family < IMAGE_FAMILIES; family++) {
		if (rule->sets[family] && rule->sets[family]->fresh)
			set_write(commit, rule->sets[family]);
	}
	if (rule->redirect_fresh)
		commit_write(commit, ROUTE_MAP_redirects, &rule->value.redirect, rule->redirect);
	if (!rule->fresh) {
		rule_change(commit, rule);
		return;
	}
	rule_stats_clear(commit, rule->id);
	name_write(commit, ROUTE_MAP_rule_names, rule->id, rule->name);
	commit_write(commit, ROUTE_MAP_rules, &rule->id, &rule->value);
	commit->change->rules_added++;
}

void commit_rules(struct route_commit *commit)
{
	for (size_t i = 0; i < commit->image->endpoint_count; i++) {
		if (commit->image->endpoints[i].fresh)
			commit_endpoint(commit, &commit->image->endpoints[i]);
	}
	for (size_t i = 0; i < commit->image->rule_count; i++)
		commit_rule(commit, &commit->image->rules[i]);
}

static void rules_remove(struct route_commit *commit)
{
	static const struct rule no_rule;

	for (size_t i = 0; i < commit->old->rule_count; i++) {
		if (commit->old->rules[i].kept)
			continue;
		if (!commit->change->rules_removed++)
			commit_wait_readers(commit);
		commit_write(commit, ROUTE_MAP_rules, &commit->old->rules[i].id, &no_rule);
	}
}

void commit_unused_endpoint(struct route_commit *commit, const struct image_endpoint *endpoint)
{
	struct endpoint gone = endpoint->value;

	gone.in_use = 0;
	commit_write(commit, ROUTE_MAP_endpoints, &endpoint->id, &gone);
	commit->change->endpoints_removed++;
}

void commit_unused_rules(struct route_commit *commit)
{
	rules_remove(commit);
	for (size_t i = 0; i < commit->old->endpoint_count; i++) {
		if (!commit->old->endpoints[i].kept && commit->old->endpoints[i].value.in_use)
			commit_unused_endpoint(commit, &commit->old->endpoints[i]);
	}
}

/* Also what an earlier agent left without: commit_endpoint() sees to those that are new. */
static void ports_write(struct route_commit *commit)
{
	for (size_t i = 0; i < commit->image->endpoint_count; i++)
		port_write(commit, PORTS_ENDPOINT, commit->image->endpoints[i].value.port);
	for (size_t i = 0; i < commit->image->listener_count; i++)
		port_write(commit, PORTS_LISTENER, commit->image->listeners[i].key.port);
}

int route_maps_commit_refresh(struct route_maps *maps, const struct route_refresh *refresh,
			      struct route_change *change)
{
	const struct route_image *image = maps->image;
	struct route_commit commit = {
		.maps = maps, .ports = &maps->ports, .image = image, .change = change};

	for (size_t i = refresh->first_endpoint; i < image->endpoint_count; i++)
		commit_endpoint(&commit, &image->endpoints[i]);
	for (size_t i = 0; i < refresh->rule_count; i++)
		commit_rule(&commit, &refresh->rules[i]);
	for (size_t i = 0; i < refresh->gone_count; i++)
		commit_unused_endpoint(&commit, &image->endpoints[refresh->gone[i]]);
	return commit.error;
}

int route_maps_commit(struct route_maps *maps, const struct route_image *image,
		      struct route_change *change)
{
	struct route_commit commit = {
		.maps = maps,
		.ports = &maps->ports,
		.old = maps->image,
		.image = image,
		.change = change,
	};
	struct commit_keys keys = {0};

	commit.error = commit_keys_compare(&commit, &keys);
	ports_write(&commit);
	commit_rules(&commit);
	commit_keys_add(&commit, &keys);
	commit_keys_remove(&commit, &keys);
	commit_unused_rules(&commit);
	commit_keys_done(&keys);
	return commit.error;
}
