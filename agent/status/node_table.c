/* SPDX-License-Identifier: Apache-2.0 */
#include "node_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"

void node_table_done(struct node_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->nodes[i].name);
	free(table->nodes);
	*table = (struct node_table){0};
}

/* First place whose name is not below the wanted one. */
static size_t position_of(const struct node_table *table, const char *name)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(table->nodes[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct node_table *table, size_t position, const char *name)
{
	return position < table->count && !strcmp(table->nodes[position].name, name);
}

static int reserve(struct node_table *table)
{
	size_t capacity = table->capacity ? 2 * table->capacity : 16;
	struct node_entry *grown;

	if (table->count < table->capacity)
		return 0;
	if (table->count >= NODES_MAX)
		return -ENOSPC;
	grown = reallocarray(table->nodes, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	table->nodes = grown;
	table->capacity = capacity;
	return 0;
}

static int insert(struct node_table *table, size_t position, const char *name)
{
	_cleanup_free_ char *copy = strdup(name);
	int error = copy ? reserve(table) : -ENOMEM;

	if (error)
		return error;
	memmove(&table->nodes[position + 1], &table->nodes[position],
		(table->count - position) * sizeof(*table->nodes));
	table->nodes[position] = (struct node_entry){.name = STEAL(copy)};
	table->count++;
	return 0;
}

int node_table_put(struct node_table *table, const struct lease *lease, uint64_t now_ms)
{
	size_t position = position_of(table, lease->name);
	struct node_entry *node;
	int error = 0;

	if (!is_at(table, position, lease->name))
		error = insert(table, position, lease->name);
	if (error)
		return error;
	node = &table->nodes[position];
	if (strcmp(node->renew_time, lease->renew_time) || !node->seen_ms)
		node->seen_ms = now_ms;
	node->marked = true;
	node->duration_s = lease->duration_s;
	node->has_digest = lease->has_digest;
	node->digest = lease->digest;
	snprintf(node->renew_time, sizeof(node->renew_time), "%s", lease->renew_time);
	snprintf(node->resource_version, sizeof(node->resource_version), "%s",
		 lease->resource_version);
	return 0;
}

static void remove_at(struct node_table *table, size_t position)
{
	free(table->nodes[position].name);
	table->count--;
	memmove(&table->nodes[position], &table->nodes[position + 1],
		(table->count - position) * sizeof(*table->nodes));
}

void node_table_remove(struct node_table *table, const char *name)
{
	size_t position = position_of(table, name);

	if (is_at(table, position, name))
		remove_at(table, position);
}

void node_table_list_begin(struct node_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->nodes[i].marked = false;
}

void node_table_list_end(struct node_table *table)
{
	for (size_t i = table->count; i-- > 0;) {
		if (!table->nodes[i].marked)
			remove_at(table, i);
	}
}

static uint64_t expiry(const struct node_entry *node)
{
	uint32_t duration_s = node->duration_s ? node->duration_s : NODE_LEASE_DURATION_S;

	return node->seen_ms + (uint64_t)duration_s * 1000;
}

const struct node_entry *node_table_expired(const struct node_table *table, uint64_t now_ms,
					    uint64_t *ret_next_ms)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < table->count; i++) {
		if (expiry(&table->nodes[i]) <= now_ms)
			return &table->nodes[i];
		if (expiry(&table->nodes[i]) < next)
			next = expiry(&table->nodes[i]);
	}
	*ret_next_ms = next;
	return NULL;
}

static int number_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Most nodes report one of a few digests: each is looked up once. In place. */
static size_t digests_locate(uint64_t *digests, size_t count, const struct digest_history *history)
{
	uint64_t digest = 0, position = 0;
	size_t known = 0;

	qsort(digests, count, sizeof(*digests), number_compare);
	for (size_t i = 0; i < count; i++) {
		if (!i || digests[i] != digest)
			position = digest_history_find(history, digests[i]);
		digest = digests[i];
		if (position)
			digests[known++] = position;
	}
	qsort(digests, known, sizeof(*digests), number_compare);
	return known;
}

int node_progress_take(const struct node_table *table, const struct digest_history *history,
		       uint64_t now_ms, struct node_progress *ret_progress)
{
	uint64_t *digests = calloc(table->count + 1, sizeof(*digests));
	struct node_progress progress = {.positions = digests};
	size_t count = 0;

	if (!digests)
		return -ENOMEM;
	for (size_t i = 0; i < table->count; i++) {
		const struct node_entry *node = &table->nodes[i];

		if (expiry(node) > now_ms && node->has_digest)
			digests[count++] = node->digest;
	}
	progress.known = digests_locate(digests, count, history);
	progress.unknown = count - progress.known;
	*ret_progress = progress;
	return 0;
}

void node_progress_done(struct node_progress *progress)
{
	free(progress->positions);
	*progress = (struct node_progress){0};
}

uint32_t node_progress_count(const struct node_progress *progress, uint64_t position, uint32_t told)
{
	size_t low = 0, high = progress->known;
	size_t sure, possible;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (progress->positions[middle] < position)
			low = middle + 1;
		else
			high = middle;
	}
	sure = progress->known - low;
	possible = sure + progress->unknown;
	if (told < sure)
		return (uint32_t)sure;
	return (uint32_t)(told < possible ? told : possible);
}
