/* SPDX-License-Identifier: Apache-2.0 */
/* A strict reader of the Prometheus text format 0.0.4, stricter than the format asks for. */
#ifndef PATHROUTE_TEST_PROMETHEUS_CHECK_H
#define PATHROUTE_TEST_PROMETHEUS_CHECK_H

/* NULL: well-formed; each family has one HELP and one TYPE directly before its samples, no family
 * comes twice, no series comes twice, counters and only counters end in "_total". Else what is
 * wrong in which line, in a static buffer. Changes the text. */
const char *prometheus_check(char *text);

#endif
