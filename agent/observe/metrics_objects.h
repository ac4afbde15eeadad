/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics that have series for each rule, endpoint or device. */
#ifndef PATHROUTE_METRICS_OBJECTS_H
#define PATHROUTE_METRICS_OBJECTS_H

#include <stdio.h>

#include "readings.h"

/* A rule without requests has no histogram yet. */
void metrics_objects_write_rules(FILE *out, const struct readings *readings);
void metrics_objects_write_endpoints(FILE *out, const struct readings *readings);
void metrics_objects_write_devices(FILE *out, const struct readings *readings);

#endif
