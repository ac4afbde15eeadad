/* SPDX-License-Identifier: Apache-2.0 */
#include "cookie_keys.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sys/random.h>

#include "../../bpf/datapath_abi.h"

/* The kernel's coarse clock lags behind by up to one tick of 10 ms. */
#define SLOT_MARGIN_MS 100

static int key_replace(int map_fd, uint32_t index)
{
	struct cookie_key key;

	do {
		if (getrandom(&key, sizeof(key), 0) != sizeof(key))
			return -errno;
	} while (!key.word[0] && !key.word[1]);
	return bpf_map_update_elem(map_fd, &index, &key, BPF_ANY) ? -errno : 0;
}

int cookie_keys_fill(int map_fd)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < COOKIE_KEYS; i++) {
		struct cookie_key key;

		if (bpf_map_lookup_elem(map_fd, &i, &key))
			return -errno;
		if (!key.word[0] && !key.word[1])
			error = key_replace(map_fd, i);
	}
	return error;
}

int cookie_keys_rotate(int map_fd, uint64_t now_ns)
{
	return key_replace(map_fd, (uint32_t)((now_ns >> COOKIE_SLOT_SHIFT) + 2) % COOKIE_KEYS);
}

uint64_t cookie_keys_wait_ms(uint64_t now_ns)
{
	uint64_t next_ns = ((now_ns >> COOKIE_SLOT_SHIFT) + 1) << COOKIE_SLOT_SHIFT;

	return (next_ns - now_ns) / 1000000 + SLOT_MARGIN_MS;
}
