/* SPDX-License-Identifier: Apache-2.0 */
#include "status_home.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include "../base/api_time.h"

void status_home_report(const struct status_home *home, int level, const char *format, ...)
{
	char text[KUBE_REPLY_TEXT_MAX + 512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	home->report(home->context, level, text);
}

void status_home_time(char ret_text[LEASE_TIME_MAX])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	api_time_format_micro(now.tv_sec, (uint32_t)now.tv_nsec / 1000, ret_text);
}

void status_fault_begin(struct status_fault *fault, const struct status_home *home,
			const char *what, const struct kube_reply *reply)
{
	if (fault->failing)
		return;
	fault->failing = true;
	status_home_report(home, LOG_WARNING, "%s: %s, trying again", what, reply->text);
}

void status_fault_end(struct status_fault *fault, const struct status_home *home, const char *what)
{
	if (!fault->failing)
		return;
	fault->failing = false;
	status_home_report(home, LOG_INFO, "%s: works again", what);
}
