/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of the access log: one finished request as text. Hosts, paths and methods come from
 * strangers: whatever their bytes are, a line is one line of ASCII.
 */
#ifndef PATHROUTE_ACCESS_LOG_H
#define PATHROUTE_ACCESS_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "../../bpf/datapath_abi.h"

#define ACCESS_LOG_LINE_MAX 6144 /* bytes of a line in any format, with its newline */

enum access_log_format {
	/* One object: {"time":"2026-01-31T12:00:00.123456Z","client":...}. Bytes that are no
	 * printable ASCII are \u0000 to \u00ff: the text's Latin-1 form has the request's bytes. */
	ACCESS_LOG_JSON,
	/* Apache's and NGINX's "combined", without referrer and agent, which are not read. Other
	 * bytes than printable ASCII are \xHH; the size counts the head, too. */
	ACCESS_LOG_COMBINED,
};

struct access_log_request {
	const struct log_entry *entry;
	uint64_t started_us;  /* since 1970 */
	const char *rule;     /* "namespace/route/rule"; "" here and below: none */
	const char *service;  /* "namespace/service:port" */
	const char *endpoint; /* "10.0.1.2:8080" */
};

/* Returns the length of the line; there is no NUL behind it. */
size_t access_log_write(enum access_log_format format, const struct access_log_request *request,
			char ret_line[ACCESS_LOG_LINE_MAX]);

#endif
