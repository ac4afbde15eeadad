/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_backoff.h"

uint64_t kube_backoff_next(struct kube_backoff *backoff, unsigned retry_after_s, uint64_t random)
{
	uint64_t limit = KUBE_BACKOFF_FIRST_MS;

	for (unsigned i = 0; i < backoff->failures && limit < KUBE_BACKOFF_MAX_MS; i++)
		limit *= 2;
	if (limit > KUBE_BACKOFF_MAX_MS)
		limit = KUBE_BACKOFF_MAX_MS;
	backoff->failures += backoff->failures < UINT32_MAX;
	if (retry_after_s)
		return 1000ULL * retry_after_s + random % KUBE_BACKOFF_FIRST_MS;
	return KUBE_BACKOFF_LEAST_MS + random % (limit - KUBE_BACKOFF_LEAST_MS + 1);
}
