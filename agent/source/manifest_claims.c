/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"

void manifest_claim_free(struct manifest_claim *claim)
{
	if (!claim)
		return;
	free(claim->namespace);
	free(claim->name);
	free(claim->file);
	free(claim);
}

static void claim_freep(struct manifest_claim **claim)
{
	manifest_claim_free(*claim);
}

void manifest_claims_done(struct manifest_claims *claims)
{
	size_t i;

	for (i = 0; i < claims->count; i++)
		manifest_claim_free(claims->claims[i]);
	free(claims->claims);
}

struct object_key manifest_claim_key(const struct manifest_claim *claim)
{
	return (struct object_key){
		.kind = claim->kind,
		.namespace = claim->namespace,
		.name = claim->name,
	};
}

static int compare(const struct manifest_claim *claim, const struct object_key *key,
		   const char *file)
{
	struct object_key own = manifest_claim_key(claim);
	int order = object_key_compare(&own, key);

	return order ? order : strcmp(claim->file, file);
}

/* First position that is not below. */
static size_t position_of(const struct manifest_claims *claims, const struct object_key *key,
			  const char *file)
{
	size_t low = 0, high = claims->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(claims->claims[middle], key, file) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct manifest_claim *manifest_claims_find(const struct manifest_claims *claims,
					    const struct object_key *key, const char *file)
{
	size_t position = position_of(claims, key, file);

	if (position == claims->count || compare(claims->claims[position], key, file))
		return NULL;
	return claims->claims[position];
}

struct manifest_claim *manifest_claims_owner(const struct manifest_claims *claims,
					     const struct object_key *key)
{
	size_t position = position_of(claims, key, "");
	struct object_key found;

	if (position == claims->count)
		return NULL;
	found = manifest_claim_key(claims->claims[position]);
	return object_key_compare(&found, key) ? NULL : claims->claims[position];
}

size_t manifest_claims_count_disowned(const struct manifest_claims *claims)
{
	struct object_key key, previous;
	size_t i, count = 0;

	for (i = 1; i < claims->count; i++) {
		previous = manifest_claim_key(claims->claims[i - 1]);
		key = manifest_claim_key(claims->claims[i]);
		count += object_key_compare(&previous, &key) == 0;
	}
	return count;
}

static int reserve(struct manifest_claims *claims)
{
	size_t capacity = claims->capacity ? 2 * claims->capacity : 64;
	struct manifest_claim **grown;

	if (claims->count < claims->capacity)
		return 0;
	grown = reallocarray(claims->claims, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	claims->claims = grown;
	claims->capacity = capacity;
	return 0;
}

int manifest_claims_add(struct manifest_claims *claims, const struct object_key *key,
			const char *file, struct manifest_claim **ret_claim)
{
	_cleanup_(claim_freep) struct manifest_claim *claim = calloc(1, sizeof(*claim));
	size_t position = position_of(claims, key, file);

	if (!claim || reserve(claims))
		return -ENOMEM;
	claim->kind = key->kind;
	claim->namespace = strdup(key->namespace);
	claim->name = strdup(key->name);
	claim->file = strdup(file);
	if (!claim->namespace || !claim->name || !claim->file)
		return -ENOMEM;
	memmove(&claims->claims[position + 1], &claims->claims[position],
		(claims->count - position) * sizeof(*claims->claims));
	claims->claims[position] = claim;
	claims->count++;
	*ret_claim = STEAL(claim);
	return 0;
}

struct manifest_claim *manifest_claims_take_stale(struct manifest_claims *claims, const char *file,
						  uint64_t load, size_t *cursor)
{
	struct manifest_claim *claim;

	for (; *cursor < claims->count; (*cursor)++) {
		claim = claims->claims[*cursor];
		if (claim->load == load || strcmp(claim->file, file))
			continue;
		claims->count--;
		memmove(&claims->claims[*cursor], &claims->claims[*cursor + 1],
			(claims->count - *cursor) * sizeof(*claims->claims));
		return claim;
	}
	return NULL;
}
