/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus text format 0.0.4 of all readings. */
#ifndef PATHROUTE_METRICS_H
#define PATHROUTE_METRICS_H

#include <stdio.h>

#include "readings.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Writes every metric with its HELP and TYPE. Returns 0, or -EIO when the stream has failed. */
int metrics_write(FILE *out, const struct readings *readings, const struct agent_reading *agent);

#endif
