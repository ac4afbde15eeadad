/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number for what routing can see of an object. A version that differs only in the rest has the
 * same: most changes of PathRoutes are the agents' own patches of their status, and most writes of
 * a Service touch annotations. Pure.
 */
#ifndef PATHROUTE_OBJECT_DIGEST_H
#define PATHROUTE_OBJECT_DIGEST_H

#include <stdint.h>

#include "../route/object.h"

struct cJSON;

/* Never 0. The tree is as object_decode() takes it. */
uint64_t object_digest(const struct cJSON *tree, enum object_kind kind);

#endif
