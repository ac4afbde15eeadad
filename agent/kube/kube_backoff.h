/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait before trying again: any time up to a limit that doubles from 1 s to 60 s, so
 * that a thousand agents do not come back at the same moment.
 */
#ifndef PATHROUTE_KUBE_BACKOFF_H
#define PATHROUTE_KUBE_BACKOFF_H

#include <stdint.h>

#define KUBE_BACKOFF_FIRST_MS 1000
#define KUBE_BACKOFF_MAX_MS 60000
#define KUBE_BACKOFF_LEAST_MS 50

/* To begin with: zeroed. */
struct kube_backoff {
	unsigned failures; /* since the last success */
};

/* After a failure: milliseconds to wait. A server's wish (Retry-After, 0: none) is kept, and up to
 * a second is added to it. `random` is any number. Pure. */
uint64_t kube_backoff_next(struct kube_backoff *backoff, unsigned retry_after_s, uint64_t random);

/* After a success. */
static inline void kube_backoff_reset(struct kube_backoff *backoff)
{
	backoff->failures = 0;
}

/* From the kernel. */
uint64_t kube_backoff_random(void);

#endif
