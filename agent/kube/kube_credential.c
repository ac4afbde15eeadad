/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_credential.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/base64.h"
#include "../base/cleanup.h"
#include "../base/file_text.h"

static void bytes_free(char *bytes, size_t length)
{
	if (bytes)
		explicit_bzero(bytes, length);
	free(bytes);
}

void kube_credential_done(struct kube_credential *credential)
{
	bytes_free(credential->bytes, credential->length);
	free(credential->file);
	*credential = (struct kube_credential){0};
}

static size_t trimmed(char *text, size_t length)
{
	size_t blanks = strspn(text, " \t\r\n");

	while (length > blanks && isspace((unsigned char)text[length - 1]))
		length--;
	memmove(text, text + blanks, length - blanks);
	text[length - blanks] = '\0';
	return length - blanks;
}

/* It becomes part of a header. */
static const char *token_flaw(const char *text, size_t length)
{
	if (!length)
		return "is empty";
	for (size_t i = 0; i < length; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return "is no token: blanks or control characters inside";
	}
	return NULL;
}

static const char *pem_flaw(const char *text, size_t length)
{
	if (strlen(text) != length || !strstr(text, "-----BEGIN "))
		return "is not PEM";
	return NULL;
}

/* The bytes are the callee's. */
static int credential_take(struct kube_credential *credential, enum kube_credential_kind kind,
			   char *bytes, size_t length, const char **ret_why)
{
	if (kind == KUBE_CREDENTIAL_TOKEN)
		length = trimmed(bytes, length);
	*ret_why =
		kind == KUBE_CREDENTIAL_TOKEN ? token_flaw(bytes, length) : pem_flaw(bytes, length);
	if (*ret_why) {
		bytes_free(bytes, length);
		return -EINVAL;
	}
	bytes_free(credential->bytes, credential->length);
	credential->bytes = bytes;
	credential->length = length;
	return 0;
}

int kube_credential_read(struct kube_credential *credential, enum kube_credential_kind kind,
			 const char **ret_why)
{
	size_t length = 0;
	char *bytes;
	int error = file_text_read(credential->file, KUBE_CREDENTIAL_MAX, &bytes, &length);

	if (error) {
		*ret_why = error == -EINVAL ? "is not a regular file" : strerrordesc_np(-error);
		return error;
	}
	return credential_take(credential, kind, bytes, length, ret_why);
}

int kube_credential_set(struct kube_credential *credential, enum kube_credential_kind kind,
			const char *text, const char **ret_why)
{
	size_t length = strlen(text);
	char *bytes = NULL;
	int error = 0;

	if (kind == KUBE_CREDENTIAL_TOKEN)
		bytes = strdup(text);
	else
		error = base64_decode(text, &bytes, &length);
	if (error == -EINVAL)
		*ret_why = "is not base64";
	if (error)
		return error;
	return bytes ? credential_take(credential, kind, bytes, length, ret_why) : -ENOMEM;
}
