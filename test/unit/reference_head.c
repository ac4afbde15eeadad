/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_head.h"

#include <string.h>

#include "reference_input.h"

void reference_head_parse(const uint8_t *bytes, size_t length, struct reference_head *ret_head)
{
	struct reference_input input = {.bytes = bytes, .length = length, .head = ret_head};
	enum reference_part part;
	size_t at = 0;

	memset(ret_head, 0, sizeof(*ret_head));
	if (length > HTTP_HEAD_MAX)
		input.length = HTTP_HEAD_MAX;
	part = reference_request_read(&input, &at);
	if (!part)
		part = reference_fields_read(&input, at);
	if (part == PART_MISSING && input.length == HTTP_HEAD_MAX)
		ret_head->verdict = VERDICT_HEAD_TOO_LONG;
}
