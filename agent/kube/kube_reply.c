/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_reply.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

static void text_clean(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static const char *member_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

static unsigned member_number(const cJSON *object, const char *key, unsigned max)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsNumber(number) || !(number->valuedouble > 0))
		return 0;
	return number->valuedouble < max ? (unsigned)number->valuedouble : max;
}

unsigned kube_reply_read_status(const cJSON *tree, struct kube_failure *ret_failure)
{
	const cJSON *details = cJSON_GetObjectItemCaseSensitive(tree, "details");
	const char *reason = member_text(tree, "reason"), *message = member_text(tree, "message");

	*ret_failure = (struct kube_failure){
		.retry_after_s =
			member_number(details, "retryAfterSeconds", KUBE_RETRY_AFTER_MAX_S),
	};
	snprintf(ret_failure->reason, sizeof(ret_failure->reason), "%s", reason);
	snprintf(ret_failure->text, sizeof(ret_failure->text), "%s%s%s", reason,
		 *reason && *message ? ": " : "", message);
	text_clean(ret_failure->reason);
	text_clean(ret_failure->text);
	return member_number(tree, "code", 999);
}

void kube_reply_read(unsigned status, const char *body, size_t length,
		     struct kube_failure *ret_failure)
{
	cJSON *tree = cJSON_ParseWithLength(body, length);
	int first_line = (int)strcspn(body, "\r\n");

	if (!strcmp(member_text(tree, "kind"), "Status")) {
		kube_reply_read_status(tree, ret_failure);
	} else {
		*ret_failure = (struct kube_failure){0};
		snprintf(ret_failure->text, sizeof(ret_failure->text), "HTTP %u%s%.*s", status,
			 first_line ? ": " : "", first_line, body);
		text_clean(ret_failure->text);
	}
	cJSON_Delete(tree);
}
