/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define BITS_PER_SIGN 6

static int value_of(char sign)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = sign ? strchr(alphabet, sign) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

struct decoding {
	char *bytes;
	size_t length;
	size_t signs; /* padding, too */
	size_t padding;
	uint32_t bits;
};

static int sign_take(struct decoding *decoding, char sign)
{
	int value = sign == '=' ? 0 : value_of(sign);

	if (value < 0 || (decoding->padding && sign != '='))
		return -EINVAL;
	decoding->padding += sign == '=';
	decoding->bits = decoding->bits << BITS_PER_SIGN | (uint32_t)value;
	if (++decoding->signs % 4)
		return 0;
	if (decoding->padding > 2)
		return -EINVAL;
	for (size_t i = 0; i < 3 - decoding->padding; i++)
		decoding->bytes[decoding->length++] = (char)(decoding->bits >> (16 - 8 * i));
	return 0;
}

int base64_decode(const char *text, char **ret_bytes, size_t *ret_length)
{
	_cleanup_free_ char *bytes = malloc(strlen(text) / 4 * 3 + 4);
	struct decoding decoding = {.bytes = bytes};

	if (!bytes)
		return -ENOMEM;
	for (; *text; text++) {
		if (strchr(" \t\r\n", *text))
			continue;
		if (sign_take(&decoding, *text))
			return -EINVAL;
	}
	if (decoding.signs % 4)
		return -EINVAL;
	bytes[decoding.length] = '\0';
	*ret_bytes = STEAL(bytes);
	*ret_length = decoding.length;
	return 0;
}
