/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a JSON tree to an object, with the API server's schemas: Service (v1), EndpointSlice
 * (discovery.k8s.io/v1) and PathRoute (pathroute.io/v1alpha1). Strict on types, on limits and on
 * words that have a fixed set of values; unknown fields are ignored (but see path_route_fields.h).
 */
#ifndef PATHROUTE_OBJECT_DECODE_H
#define PATHROUTE_OBJECT_DECODE_H

#include "../base/rejection.h"
#include "object.h"

struct cJSON;

/*
 * Returns 0 and an object that the caller frees; -ENOTSUP: an object of a kind that is not ours,
 * and is not meant to be;
 * -EINVAL: the user's mistake, told in *ret_rejection; -ENOMEM.
 * The object's origin_file is NULL, origin_line that of the tree if its parser noted it.
 */
int object_decode(const struct cJSON *tree, struct object **ret_object,
		  struct rejection *ret_rejection);

/*
 * Only which object it is, also for one whose content is broken. The strings belong to the tree.
 * Same return values; *ret_rejection may be NULL.
 */
int object_decode_key(const struct cJSON *tree, struct object_key *ret_key,
		      struct rejection *ret_rejection);

#endif
