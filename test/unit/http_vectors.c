/* SPDX-License-Identifier: Apache-2.0 */
#include "http_vectors.h"

#include <string.h>

size_t http_vector_bytes(const struct http_vector *vector, uint8_t *ret_bytes)
{
	size_t length = vector->length;
	size_t fill = vector->fill ? strlen(vector->fill) : 0;
	size_t tail = vector->tail ? strlen(vector->tail) : 0;

	memcpy(ret_bytes, vector->bytes, length);
	for (size_t i = 0;
	     vector->fill && i < vector->fill_count && length + fill + tail <= VECTOR_MAX; i++) {
		memcpy(ret_bytes + length, vector->fill, fill);
		length += fill;
	}
	if (tail)
		memcpy(ret_bytes + length, vector->tail, tail);
	return length + tail;
}

unsigned http_vector_status(enum verdict verdict)
{
	static const unsigned statuses[VERDICT_COUNT] = {
#define X(symbol, label, class, status, text) [VERDICT_##symbol] = (status),
		VERDICTS(X)
#undef X
	};

	return statuses[verdict];
}
