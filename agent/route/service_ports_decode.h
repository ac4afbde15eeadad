/* SPDX-License-Identifier: Apache-2.0 */
/* The list of ports that Services and EndpointSlices have in common. */
#ifndef PATHROUTE_SERVICE_PORTS_DECODE_H
#define PATHROUTE_SERVICE_PORTS_DECODE_H

#include "../base/json_read.h"
#include "service.h"

/*
 * Keeps the TCP ports that have a number. *ret_count must be 0 before. On failure too, the caller
 * releases what *ret_ports and *ret_count then say.
 */
int service_ports_decode(const struct json_value *list, struct service_port **ret_ports,
			 size_t *ret_count);

#endif
