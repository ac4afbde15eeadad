/* SPDX-License-Identifier: Apache-2.0 */
#include "api_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void api_time_format(int64_t seconds, char ret_text[API_TIME_MAX])
{
	time_t time = (time_t)seconds;
	struct tm tm = {0};

	gmtime_r(&time, &tm);
	strftime(ret_text, API_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void api_time_format_micro(int64_t seconds, uint32_t microseconds, char ret_text[API_TIME_MAX])
{
	char whole[API_TIME_MAX];

	api_time_format(seconds, whole);
	snprintf(ret_text, API_TIME_MAX, "%.19s.%06uZ", whole, microseconds % 1000000);
}
