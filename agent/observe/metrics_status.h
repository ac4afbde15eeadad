/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of leading and of writing statuses. */
#ifndef PATHROUTE_METRICS_STATUS_H
#define PATHROUTE_METRICS_STATUS_H

#include <stdio.h>

#include "readings.h"

/* Nothing where there is no API server. */
void metrics_status_write(FILE *out, const struct status_reading *status);

#endif
