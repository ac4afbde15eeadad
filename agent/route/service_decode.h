/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a Service. For object_decode(), which reads the rest. */
#ifndef PATHROUTE_SERVICE_DECODE_H
#define PATHROUTE_SERVICE_DECODE_H

#include "../base/json_read.h"
#include "service.h"

/* Fills a zeroed struct; on failure too, the caller releases it with service_done(). */
int service_decode(const struct json_value *object, struct service *service);

#endif
