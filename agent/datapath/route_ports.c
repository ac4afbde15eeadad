/* SPDX-License-Identifier: Apache-2.0 */
#include "route_ports.h"

#include "readings_map.h"

static int word_read(const void *key, const void *value, void *context)
{
	struct route_ports *ports = context;

	ports->word[*(const uint32_t *)key] = *(const uint64_t *)value;
	return 0;
}

int route_ports_read(struct route_ports *ports, int map)
{
	struct readings_map_walk walk = {
		.limit = PORTS_USED_WORDS, .visit = word_read, .context = ports};

	return readings_map_walk(map, &walk);
}

bool route_ports_add(struct route_ports *ports, enum ports_kind kind, __be16 port)
{
	uint64_t *word = &ports->word[PORTS_USED_WORD(kind, port)];
	bool is_new = !(*word & PORTS_USED_BIT(port));

	*word |= PORTS_USED_BIT(port);
	return is_new;
}
