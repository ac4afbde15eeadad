/* SPDX-License-Identifier: Apache-2.0 */
#include "request_line.h"

#include <string.h>
#include <time.h>

#include "../agent/base/address_text.h"
#include "amounts.h"

#define CUT_MARK "..."

void request_line_print_titles(FILE *out)
{
	fprintf(out, "%-12s  %6s  %8s  %8s  %-15s  %s\n", "TIME", "STATUS", "TOOK", "REPLY",
		"CLIENT", "REQUEST");
}

static void print_text(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < 0x20 || byte >= 0x7f)
			fprintf(out, "\\x%02x", byte);
		else
			putc(byte, out);
	}
}

static size_t within(size_t length, size_t limit)
{
	return length < limit ? length : limit;
}

static void print_time(FILE *out, uint64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	char text[16];
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(text, sizeof(text), "%H:%M:%S", &local);
	fprintf(out, "%s.%03u", text, (unsigned)(us % 1000000 / 1000));
}

static void print_target(FILE *out, const struct access_log_request *request)
{
	const struct log_entry *entry = request->entry;

	print_text(out, entry->method, within(entry->method_length, LOG_METHOD_MAX));
	putc(' ', out);
	print_text(out, entry->host, within(entry->host_length, LOG_HOST_MAX));
	if (entry->flags & LOG_HOST_CUT)
		fputs(CUT_MARK, out);
	print_text(out, entry->path, within(entry->path_length, LOG_PATH_MAX));
	if (entry->flags & LOG_PATH_CUT)
		fputs(CUT_MARK, out);
}

void request_line_print(FILE *out, const struct access_log_request *request)
{
	const struct log_entry *entry = request->entry;
	char took[AMOUNT_TEXT_MAX], size[AMOUNT_TEXT_MAX], client[ADDRESS_TEXT_MAX];
	char status[8] = "-";

	if (entry->status)
		snprintf(status, sizeof(status), "%u", entry->status);
	print_time(out, request->started_us);
	fprintf(out, "  %6s  %8s  %8s  %-15s  ", status, amount_time(entry->total_us, took),
		amount_bytes((double)entry->reply_bytes, size),
		address_text(&entry->client, client));
	print_target(out, request);
	if (*request->rule) {
		fputs("  ", out);
		print_text(out, request->rule, strlen(request->rule));
	}
	if (*request->endpoint)
		fprintf(out, " -> %s", request->endpoint);
	if (entry->flags & LOG_OWN_REPLY)
		fputs("  (router's reply)", out);
	if (entry->flags & LOG_ABORTED)
		fputs("  (aborted)", out);
	putc('\n', out);
}
