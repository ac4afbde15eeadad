/* SPDX-License-Identifier: Apache-2.0 */
/* A request as a client would send it, read by the data path's own parser. */
#ifndef PATHROUTE_CTL_TRACE_REQUEST_H
#define PATHROUTE_CTL_TRACE_REQUEST_H

#include "../bpf/lib/hold_large.h"

struct trace_words {
	const char *method;
	const char *host;
	const char *target;
};

/* Returns VERDICT_CONTINUE with the parsed head in `hold`, or why the head is refused. */
enum verdict trace_request_parse(const struct trace_words *words, struct hold_large *hold);

#endif
