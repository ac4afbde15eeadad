/* SPDX-License-Identifier: Apache-2.0 */
/* A Service and one of its ports, as a route refers to them. */
#ifndef PATHROUTE_SERVICE_LOOKUP_H
#define PATHROUTE_SERVICE_LOOKUP_H

#include "route_store.h"

/* NULL: it does not exist. */
const struct service *service_lookup(const struct route_store *store, const char *namespace,
				     const struct service_ref *ref);

/* NULL: the Service has no such TCP port. */
const struct service_port *service_lookup_port(const struct service *service,
					       const struct service_ref *ref);

#define SERVICE_REF_TEXT_MAX (2 * 63 + 2)

/* "web:80", "web:http". Returns ret_text. */
const char *service_ref_text(const struct service_ref *ref, char ret_text[SERVICE_REF_TEXT_MAX]);

#endif
