/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line a message on stderr: "<level> text", level as in <syslog.h> when stderr is a journal
 * (JOURNAL_STREAM is set), else "2026-01-31T12:00:00.123Z level text".
 * Only main, the controller and the programs' entry points log; library modules return errors.
 */
#ifndef PATHROUTE_LOG_H
#define PATHROUTE_LOG_H

#include <syslog.h>

/* Messages above this level (LOG_INFO by default) are not printed. */
void log_set_level(int level);

void log_print(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_print(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

#endif
