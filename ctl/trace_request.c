/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_request.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/cleanup.h"
#include "../bpf/lib/http_parse.h"
#include "allocate.h"

enum verdict trace_request_parse(const struct trace_words *words, struct hold_large *hold)
{
	_cleanup_free_ char *text = NULL;
	int length = asprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", words->method,
			      words->target, words->host);
	int verdict;

	if (length < 0)
		allocate_failed();
	memset(hold, 0, sizeof(*hold));
	hold->length = length < HOLD_LARGE_SIZE ? (__u32)length : HOLD_LARGE_SIZE;
	memcpy(hold->data, text, hold->length);
	verdict = http_head_parse(hold, hold->length);
	/* CR and LF in a word of the user may leave the head without its end. */
	if (verdict == VERDICT_CONTINUE && !hold->head.end)
		return VERDICT_REQUEST_LINE_MALFORMED;
	return (enum verdict)verdict;
}
