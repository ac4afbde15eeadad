/* SPDX-License-Identifier: Apache-2.0 */
#include "framing_text.h"

#include <string.h>

void framing_text_add(struct framing_text *text, const char *bytes, size_t length)
{
	if (length > FRAMING_TEXT_MAX - text->length)
		return;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void framing_text_fill(struct framing_text *text, char byte, size_t count)
{
	if (count > FRAMING_TEXT_MAX - text->length)
		return;
	memset(text->bytes + text->length, byte, count);
	text->length += count;
}

size_t framing_text_begin(struct framing_text *text, bool reply)
{
	const char *head = reply ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				 : "POST / HTTP/1.1\r\nHost: h\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";

	text->length = 0;
	framing_text_add(text, head, strlen(head));
	return text->length;
}
