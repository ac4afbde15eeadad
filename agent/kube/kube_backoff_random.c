/* SPDX-License-Identifier: Apache-2.0 */
/* Alone in its file: a test that must know how long is waited links numbers of its own. */
#include <sys/random.h>

#include "../base/clock.h"
#include "kube_backoff.h"

uint64_t kube_backoff_random(void)
{
	uint64_t random;

	/* Before the kernel has gathered randomness, the clock does as well. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = clock_ms() * 0x9e3779b97f4a7c15ULL;
	return random;
}
