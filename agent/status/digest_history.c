/* SPDX-License-Identifier: Apache-2.0 */
#include "digest_history.h"

#include "../base/dice.h"

uint64_t digest_of_route(const char *uid, int64_t generation)
{
	uint64_t hash = dice_mix((uint64_t)generation + 1);

	for (; *uid; uid++)
		hash = dice_mix(hash + (unsigned char)*uid + 1);
	return hash;
}

void digest_history_init(struct digest_history *history)
{
	*history = (struct digest_history){.position = 1};
	history->digests[1] = DIGEST_EMPTY;
}

uint64_t digest_history_now(const struct digest_history *history)
{
	return history->digests[history->position % DIGEST_HISTORY_MAX];
}

uint64_t digest_history_add(struct digest_history *history, uint64_t before, uint64_t after)
{
	uint64_t digest = digest_history_now(history) - before + after;

	history->position++;
	history->digests[history->position % DIGEST_HISTORY_MAX] = digest;
	return history->position;
}

uint64_t digest_history_find(const struct digest_history *history, uint64_t digest)
{
	uint64_t position = history->position;

	for (size_t i = 0; i < DIGEST_HISTORY_MAX && position > 0; i++, position--) {
		if (history->digests[position % DIGEST_HISTORY_MAX] == digest)
			return position;
	}
	return 0;
}
