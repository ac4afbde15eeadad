/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "../../agent/base/cleanup.h"
#include "harness_testbed.h"
#include "pathroute_tc.skel.h"

#define CPUS_MAX 256
#define KEY_MAX 64

static void clear_hash(int fd)
{
	uint8_t key[KEY_MAX];

	while (!bpf_map_get_next_key(fd, NULL, key))
		bpf_map_delete_elem(fd, key);
}

static void clear_queue(int fd)
{
	uint32_t value;

	while (!bpf_map_lookup_and_delete_elem(fd, NULL, &value))
		;
}

static void clear_array(const struct bpf_map *map, size_t copies)
{
	_cleanup_free_ void *zero = calloc(copies, (bpf_map__value_size(map) + 7) & ~7u);

	for (uint32_t i = 0; zero && i < bpf_map__max_entries(map); i++)
		bpf_map_update_elem(bpf_map__fd(map), &i, zero, BPF_ANY);
}

/* The sweep's timer lives on; its map holds nothing else. */
static bool is_kept(const struct bpf_map *map)
{
	return bpf_map__is_internal(map) || strstr(bpf_map__name(map), "sweep") ||
	       strstr(bpf_map__name(map), "scratch");
}

static void clear_map(const struct bpf_map *map)
{
	if (is_kept(map))
		return;
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
		clear_hash(bpf_map__fd(map));
		break;
	case BPF_MAP_TYPE_QUEUE:
		clear_queue(bpf_map__fd(map));
		break;
	case BPF_MAP_TYPE_ARRAY:
		clear_array(map, 1);
		break;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		clear_array(map, (size_t)libbpf_num_possible_cpus());
		break;
	default:
		break;
	}
}

void testbed_reset(struct testbed *testbed)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, testbed->skeleton->obj) clear_map(map);
	while (network_capture(&testbed->network, &testbed->after))
		;
	testbed->output_count = 0;
	testbed->output_taken = 0;
	testbed->verdict = VERDICT_CONTINUE;
}

static uint64_t sum_cpus(const struct testbed *testbed, const char *map, uint32_t key)
{
	uint64_t values[CPUS_MAX] = {}, sum = 0;

	if (bpf_map_lookup_elem(testbed_map(testbed, map), &key, values))
		return 0;
	for (int cpu = 0; cpu < libbpf_num_possible_cpus() && cpu < CPUS_MAX; cpu++)
		sum += values[cpu];
	return sum;
}

uint64_t testbed_verdict_total(const struct testbed *testbed, enum verdict verdict)
{
	return sum_cpus(testbed, "verdicts", verdict);
}

uint64_t testbed_verdict_total_xdp(const struct testbed *testbed, enum verdict verdict)
{
	return sum_cpus(testbed, "verdicts_xdp", verdict);
}

int64_t testbed_gauge(const struct testbed *testbed, enum flow_state state)
{
	return (int64_t)sum_cpus(testbed, "flow_gauges", state);
}

unsigned testbed_flows_in_state(const struct testbed *testbed, enum flow_state state)
{
	int fd = testbed_map(testbed, "flow_slots");
	unsigned count = 0;
	struct flow flow;

	for (uint32_t slot = 0; slot < testbed->settings.flows; slot++)
		if (!bpf_map_lookup_elem(fd, &slot, &flow) && flow.state == state)
			count++;
	return count;
}

unsigned testbed_count_entries(const struct testbed *testbed, const char *map)
{
	int fd = testbed_map(testbed, map);
	uint8_t key[KEY_MAX];
	unsigned count = 0;

	for (int end = bpf_map_get_next_key(fd, NULL, key); !end;
	     end = bpf_map_get_next_key(fd, key, key))
		count++;
	return count;
}

unsigned testbed_heads_held(const struct testbed *testbed)
{
	int fd = testbed_map(testbed, "sources");
	struct source_key key;
	struct source source;
	unsigned held = 0;

	for (int end = bpf_map_get_next_key(fd, NULL, &key); !end;
	     end = bpf_map_get_next_key(fd, &key, &key))
		if (!bpf_map_lookup_elem(fd, &key, &source))
			held += source.held;
	return held;
}

const char *testbed_verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {[VERDICT_CONTINUE] = "none",
#define X(symbol, label, class, status, text) [VERDICT_##symbol] = #label,
							 VERDICTS(X)
#undef X
	};

	return verdict < VERDICT_COUNT ? names[verdict] : "unknown";
}
