/* SPDX-License-Identifier: Apache-2.0 */
/* The content of an EndpointSlice. For object_decode(), which reads the rest. */
#ifndef PATHROUTE_ENDPOINT_SLICE_DECODE_H
#define PATHROUTE_ENDPOINT_SLICE_DECODE_H

#include "../base/json_read.h"
#include "service.h"

/* Fills a zeroed struct; on failure too, the caller releases it with endpoint_slice_done(). */
int endpoint_slice_decode(const struct json_value *object, struct endpoint_slice *slice);

#endif
