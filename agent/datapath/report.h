/* SPDX-License-Identifier: Apache-2.0 */
/* How the data path tells its owner what happened: it does not log by itself. */
#ifndef PATHROUTE_REPORT_H
#define PATHROUTE_REPORT_H

/* `level` as in <syslog.h>. A sink without `take` swallows everything. */
struct report_sink {
	void (*take)(void *context, int level, const char *text);
	void *context;
};

void report_print(const struct report_sink *sink, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
