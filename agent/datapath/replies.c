/* SPDX-License-Identifier: Apache-2.0 */
#include "replies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ALLOWED_METHODS "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE"

struct verdict_text {
	enum verdict_class class;
	int status;
	const char *text;
};

static const struct verdict_text verdict_texts[VERDICT_COUNT] = {
#define X(symbol, label, class_, status_, text_) \
	[VERDICT_##symbol] = {VERDICT_CLASS_##class_, status_, text_},
	VERDICTS(X)
#undef X
};

static const char *status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{400, "Bad Request"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Error";
}

static int reply_print(const struct verdict_text *verdict, struct reply_template *template)
{
	const char *phrase = status_phrase(verdict->status);
	const char *allow = verdict->status == 405 ? "Allow: " ALLOWED_METHODS "\r\n" : "";
	char body[REPLY_MAX];
	int body_length =
		snprintf(body, sizeof(body), "%d %s: %s\n", verdict->status, phrase, verdict->text);
	int length = snprintf(template->bytes, sizeof(template->bytes),
			      "HTTP/1.1 %d %s\r\n"
			      "Content-Type: text/plain; charset=utf-8\r\n"
			      "Content-Length: %d\r\n"
			      "Cache-Control: no-store\r\n"
			      "%s"
			      "Connection: close\r\n"
			      "\r\n"
			      "%s",
			      verdict->status, phrase, body_length, allow, body);

	if (length < 0 || (size_t)length >= sizeof(template->bytes))
		return -EMSGSIZE;
	template->total_length = (uint16_t)length;
	template->head_length = (uint16_t)(length - body_length);
	return 0;
}

int replies_format(enum verdict verdict, struct reply_template *ret_template)
{
	const struct verdict_text *text = &verdict_texts[verdict];
	struct reply_template template = {0};
	bool is_redirect = text->status >= 300 && text->status < 400;
	int error = 0;

	if (text->class == VERDICT_CLASS_REPLY && !is_redirect)
		error = reply_print(text, &template);
	if (!error)
		*ret_template = template;
	return error;
}

int replies_write(int map_fd)
{
	for (uint32_t verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		struct reply_template template;
		int error = replies_format((enum verdict)verdict, &template);

		if (error)
			return error;
		if (bpf_map_update_elem(map_fd, &verdict, &template, BPF_ANY))
			return -errno;
	}
	return 0;
}
