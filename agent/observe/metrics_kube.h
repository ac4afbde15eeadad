/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PATHROUTE_METRICS_KUBE_H
#define PATHROUTE_METRICS_KUBE_H

#include <stdio.h>

#include "readings.h"

/* Families of the API server's copies; nothing if the source is another one. */
void metrics_kube_write(FILE *out, const struct kube_reading *kube);

#endif
