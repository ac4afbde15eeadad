/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of kube_config, for its own files. */
#ifndef PATHROUTE_KUBE_CONFIG_PARTS_H
#define PATHROUTE_KUBE_CONFIG_PARTS_H

#include "kube_config.h"

static inline void kube_config_freep(struct kube_config **config)
{
	kube_config_free(*config);
}

#endif
