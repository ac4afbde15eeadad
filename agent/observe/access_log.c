/* SPDX-License-Identifier: Apache-2.0 */
#include "access_log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../base/address_text.h"

#define US_PER_SECOND 1000000

struct line {
	char *next;
	char *end;
};

typedef void (*escape_byte)(struct line *line, unsigned char byte);

static void put_bytes(struct line *line, const char *bytes, size_t length)
{
	size_t room = (size_t)(line->end - line->next);

	if (length > room)
		length = room;
	memcpy(line->next, bytes, length);
	line->next += length;
}

__attribute__((format(printf, 2, 3))) static void put_format(struct line *line, const char *format,
							     ...)
{
	char text[256];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length > 0)
		put_bytes(line, text, (size_t)length < sizeof(text) ? (size_t)length : 0);
}

static bool is_printable(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

static void escape_json(struct line *line, unsigned char byte)
{
	if (!is_printable(byte))
		put_format(line, "\\u%04x", byte);
	else
		put_format(line, "\\%c", byte);
}

/* As Apache does it, so that its tools read it. */
static void escape_combined(struct line *line, unsigned char byte)
{
	static const char controls[] = "\b\n\r\t\v", letters[] = "bnrtv";
	const char *control = byte ? strchr(controls, byte) : NULL;

	if (control)
		put_format(line, "\\%c", letters[control - controls]);
	else if (!is_printable(byte))
		put_format(line, "\\x%02x", byte);
	else
		put_format(line, "\\%c", byte);
}

static void put_escaped(struct line *line, const char *text, size_t length, escape_byte escape)
{
	size_t plain = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (is_printable(byte) && byte != '"' && byte != '\\') {
			plain++;
			continue;
		}
		put_bytes(line, text + i - plain, plain);
		plain = 0;
		escape(line, byte);
	}
	put_bytes(line, text + length - plain, plain);
}

static size_t within(size_t length, size_t limit)
{
	return length < limit ? length : limit;
}

static const char *protocol(const struct log_entry *entry)
{
	return entry->flags & LOG_HTTP_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

/* Most of a line's time would go into snprintf(). */
static void put_number(struct line *line, uint64_t number)
{
	char digits[20];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put_bytes(line, digits + first, sizeof(digits) - first);
}

static void put_text(struct line *line, const char *text)
{
	put_bytes(line, text, strlen(text));
}

static void put_json_key(struct line *line, const char *key)
{
	put_text(line, ",\"");
	put_text(line, key);
	put_text(line, "\":");
}

static void put_json_number(struct line *line, const char *key, uint64_t number)
{
	put_json_key(line, key);
	put_number(line, number);
}

static void put_json_text(struct line *line, const char *key, const char *text, size_t length)
{
	put_json_key(line, key);
	put_text(line, "\"");
	put_escaped(line, text, length, escape_json);
	put_text(line, "\"");
}

static void put_json_time(struct line *line, uint64_t us)
{
	time_t seconds = (time_t)(us / US_PER_SECOND);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	put_format(line, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06uZ\"", utc.tm_year + 1900,
		   utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
		   (unsigned)(us % US_PER_SECOND));
}

static void put_json_flags(struct line *line, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{LOG_ABORTED, "aborted"},
		{LOG_OWN_REPLY, "own_reply"},
		{LOG_HOST_CUT, "host_cut"},
		{LOG_PATH_CUT, "path_cut"},
	};
	const char *separator = "";

	put_text(line, ",\"flags\":[");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		put_format(line, "%s\"%s\"", separator, names[i].name);
		separator = ",";
	}
	put_text(line, "]}\n");
}

static void put_json(struct line *line, const struct access_log_request *request)
{
	const struct log_entry *entry = request->entry;
	char client[ADDRESS_TEXT_MAX];

	address_text(&entry->client, client);
	put_json_time(line, request->started_us);
	put_json_text(line, "client", client, strlen(client));
	put_json_number(line, "client_port", ntohs(entry->client_port));
	put_json_text(line, "method", entry->method, within(entry->method_length, LOG_METHOD_MAX));
	put_json_text(line, "host", entry->host, within(entry->host_length, LOG_HOST_MAX));
	put_json_text(line, "path", entry->path, within(entry->path_length, LOG_PATH_MAX));
	put_json_text(line, "protocol", protocol(entry), strlen(protocol(entry)));
	put_json_number(line, "status", entry->status);
	put_json_number(line, "request_bytes", entry->request_bytes);
	put_json_number(line, "reply_bytes", entry->reply_bytes);
	put_json_number(line, "first_byte_us", entry->first_us);
	put_json_number(line, "duration_us", entry->total_us);
	put_json_text(line, "rule", request->rule, strlen(request->rule));
	put_json_text(line, "service", request->service, strlen(request->service));
	put_json_text(line, "endpoint", request->endpoint, strlen(request->endpoint));
	put_json_flags(line, entry->flags);
}

/* The names of months are English whatever the locale is. */
static void put_combined_time(struct line *line, uint64_t us)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(us / US_PER_SECOND);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	put_format(line, " - - [%02d/%.3s/%04d:%02d:%02d:%02d +0000] \"", utc.tm_mday,
		   months + (size_t)utc.tm_mon * 3, utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
		   utc.tm_sec);
}

static void put_combined(struct line *line, const struct access_log_request *request)
{
	const struct log_entry *entry = request->entry;
	char client[ADDRESS_TEXT_MAX];

	put_text(line, address_text(&entry->client, client));
	put_combined_time(line, request->started_us);
	put_escaped(line, entry->method, within(entry->method_length, LOG_METHOD_MAX),
		    escape_combined);
	put_text(line, " ");
	put_escaped(line, entry->path, within(entry->path_length, LOG_PATH_MAX), escape_combined);
	put_format(line, " %s\" ", protocol(entry));
	if (entry->status)
		put_format(line, "%u ", entry->status);
	else
		put_text(line, "- ");
	put_format(line, "%llu \"-\" \"-\"\n", entry->reply_bytes);
}

size_t access_log_write(enum access_log_format format, const struct access_log_request *request,
			char ret_line[ACCESS_LOG_LINE_MAX])
{
	struct line line = {ret_line, ret_line + ACCESS_LOG_LINE_MAX};

	if (format == ACCESS_LOG_COMBINED)
		put_combined(&line, request);
	else
		put_json(&line, request);
	return (size_t)(line.next - ret_line);
}
