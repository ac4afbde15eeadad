/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "controller_parts.h"

const char *controller_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int controller_place_find(struct controller *controller)
{
	const struct options *options = controller->options;
	const char *name =
		options->node_name ? options->node_name : controller_variable("NODE_NAME");
	char host[HOST_NAME_MAX + 1] = "";

	if (!name && gethostname(host, sizeof(host) - 1)) {
		log_error("name of the host: %s", strerror(errno));
		return -errno;
	}
	controller->node = strndup(name ? name : host, OBJECT_NAME_MAX);
	if (!controller->node)
		return -ENOMEM;
	controller->place = (struct endpoint_place){
		.zone = options->zone ? options->zone : controller_variable("NODE_ZONE"),
		.node = controller->node,
	};
	if (controller->place.zone)
		log_info("zone %s: endpoints with hints for it come first", controller->place.zone);
	return 0;
}
