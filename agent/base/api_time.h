/* SPDX-License-Identifier: Apache-2.0 */
/* Times as the API server writes them (RFC 3339, UTC). */
#ifndef PATHROUTE_API_TIME_H
#define PATHROUTE_API_TIME_H

#include <stdint.h>

#define API_TIME_MAX 28 /* with microseconds and NUL */

/* "2026-01-31T12:00:00Z" */
void api_time_format(int64_t seconds, char ret_text[API_TIME_MAX]);

/* "2026-01-31T12:00:00.000123Z" */
void api_time_format_micro(int64_t seconds, uint32_t microseconds, char ret_text[API_TIME_MAX]);

#endif
