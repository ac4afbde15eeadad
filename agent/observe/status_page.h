/* SPDX-License-Identifier: Apache-2.0 */
/* The status page for people: plain HTML without scripts; all text from outside is escaped. */
#ifndef PATHROUTE_STATUS_PAGE_H
#define PATHROUTE_STATUS_PAGE_H

#include <stdio.h>

#include "http_server.h"
#include "readings.h"

struct status_page {
	const struct readings *readings;
	const struct agent_reading *agent;
	const struct http_check *checks;
	size_t check_count;
};

/* Returns 0, or -EIO when the stream has failed. */
int status_page_write(FILE *out, const struct status_page *page);

#endif
