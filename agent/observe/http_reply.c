/* SPDX-License-Identifier: Apache-2.0 */
#include "http_reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "metrics.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define TEXT_HTML "text/html; charset=utf-8"

typedef int (*http_reply_write)(const struct http_content *content, FILE *out, bool verbose);

static int write_metrics(const struct http_content *content, FILE *out, bool verbose)
{
	(void)verbose;
	return content->write_metrics(content->context, out);
}

static int write_page(const struct http_content *content, FILE *out, bool verbose)
{
	(void)verbose;
	return content->write_page(content->context, out);
}

static int write_alive(const struct http_content *content, FILE *out, bool verbose)
{
	(void)content;
	(void)verbose;
	fputs("ok\n", out);
	return 0;
}

/* Returns -EAGAIN, which is answered 503, unless every check has passed. */
static int write_ready(const struct http_content *content, FILE *out, bool verbose)
{
	struct http_check checks[HTTP_SERVER_CHECKS] = {0};
	size_t count = content->list_checks(content->context, checks, HTTP_SERVER_CHECKS);
	bool ready = true;

	for (size_t i = 0; i < count; i++)
		ready = ready && checks[i].passed;
	for (size_t i = 0; i < count && (verbose || !ready); i++)
		fprintf(out, "[%c] %s%s%s\n", checks[i].passed ? '+' : '-', checks[i].name,
			checks[i].text[0] ? ": " : "", checks[i].text);
	fputs(ready ? "ready\n" : "not ready\n", out);
	return ready ? 0 : -EAGAIN;
}

static const struct {
	const char *path;
	const char *content_type;
	http_reply_write write;
} pages[] = {
	{"/", TEXT_HTML, write_page},
	{"/metrics", METRICS_CONTENT_TYPE, write_metrics},
	{"/readyz", TEXT_PLAIN, write_ready},
	{"/livez", TEXT_PLAIN, write_alive},
};

static int write_not_found(const struct http_content *content, FILE *out, bool verbose)
{
	(void)content;
	(void)verbose;
	fputs("not found; there is /, /metrics, /readyz, /livez\n", out);
	return -ENOENT;
}

static unsigned int status_of(int error)
{
	switch (error) {
	case 0:
		return 200;
	case -ENOENT:
		return 404;
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}

static int write_body(const struct http_content *content, http_reply_write write, bool verbose,
		      struct http_reply *reply)
{
	FILE *out = open_memstream(&reply->body, &reply->length);
	int error;

	if (!out)
		return -ENOMEM;
	error = write(content, out, verbose);
	reply->status = status_of(error);
	/* Half a page must not be taken for a whole one. */
	if (reply->status == 500) {
		rewind(out);
		fprintf(out, "cannot read the router's state: %s\n", strerror(-error));
		reply->content_type = TEXT_PLAIN;
	}
	return fclose(out) ? -ENOMEM : 0;
}

int http_reply_make(const struct http_content *content, const char *path, bool verbose,
		    struct http_reply *ret_reply)
{
	struct http_reply reply = {.content_type = TEXT_PLAIN};
	http_reply_write write = write_not_found;
	int error;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (!strcmp(path, pages[i].path)) {
			reply.content_type = pages[i].content_type;
			write = pages[i].write;
		}
	}
	error = write_body(content, write, verbose, &reply);
	if (error) {
		free(reply.body);
		return error;
	}
	*ret_reply = reply;
	return 0;
}
