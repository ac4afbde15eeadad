/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../agent/base/cleanup.h"
#include "allocate.h"
#include "trace_show.h"

static struct trace_maps maps_of(const struct context *context, const struct snapshot *snapshot)
{
	return (struct trace_maps){
		.hosts_fd = context->maps.fd[READINGS_MAP_hosts],
		.paths_fd = context->maps.fd[READINGS_MAP_paths],
		.rules_fd = snapshot->rules_fd,
		.route_meta_fd = snapshot->route_meta_fd,
	};
}

/* "10.0.0.1:80" or "[fd00::1]:80". */
static int parse_listener(const char *text, struct snapshot_listener *ret_listener)
{
	struct snapshot_listener listener = {.address = {.word = {0, 0, htonl(0xffff), 0}}};
	const char *colon = strrchr(text, ':');
	bool ipv6 = *text == '[';
	char host[64], *end;
	unsigned long port;
	int parsed;

	if (!colon || colon[1] < '0' || colon[1] > '9' || (ipv6 && colon[-1] != ']'))
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text) - 2 * ipv6, text + ipv6);
	parsed = ipv6 ? inet_pton(AF_INET6, host, &listener.address)
		      : inet_pton(AF_INET, host, &listener.address.word[3]);
	if (parsed != 1 || *end || !port || port > UINT16_MAX)
		return -EINVAL;
	listener.port = (uint16_t)port;
	*ret_listener = listener;
	return 0;
}

static bool is_wanted(const struct snapshot_listener *listener,
		      const struct snapshot_listener *wanted)
{
	return !wanted->port ||
	       (listener->port == wanted->port &&
		!memcmp(&listener->address, &wanted->address, sizeof(wanted->address)));
}

/* The first and the end of the wanted listeners of one table; false: there are none from `*end`
 * on. */
static bool next_listeners(const struct snapshot *snapshot, const struct snapshot_listener *wanted,
			   size_t *first, size_t *end)
{
	const struct snapshot_listener *list = snapshot->listeners;

	*first = *end;
	while (*first < snapshot->listener_count && !is_wanted(&list[*first], wanted))
		++*first;
	*end = *first;
	while (*end < snapshot->listener_count && list[*end].table == list[*first].table &&
	       is_wanted(&list[*end], wanted))
		++*end;
	return *end > *first;
}

/* Searches in each table; returns how many have a rule for the request, or a negative errno:
 * -EADDRNOTAVAIL when there is no wanted listener. */
static int search(const struct context *context, struct trace_show *show,
		  const struct snapshot_listener *wanted)
{
	struct trace_maps maps = maps_of(context, show->snapshot);
	_cleanup_free_ struct trace_result *result = allocate_zeroed(1, sizeof(*result));
	size_t first, end = 0;
	int rules = 0, tables = 0;

	while (next_listeners(show->snapshot, wanted, &first, &end)) {
		uint32_t table = show->snapshot->listeners[first].table;
		int error = trace_find(&maps, table, show->hold, result);

		if (error)
			return error;
		show->first_listener = first;
		show->end_listener = end;
		trace_show_result(show, result);
		rules += result->verdict == VERDICT_CONTINUE;
		tables++;
	}
	return tables ? rules : -EADDRNOTAVAIL;
}

static int trace(const struct context *context, struct trace_show *show)
{
	struct snapshot_listener wanted = {.port = 0};
	const char *text = context->arguments.listener;
	int rules = 0;

	if (text && parse_listener(text, &wanted))
		return context_complain(EXIT_USAGE, "--listener \"%s\" is not ADDRESS:PORT", text);
	show->verdict = trace_request_parse(show->words, show->hold);
	trace_show_request(show);
	if (show->verdict == VERDICT_CONTINUE)
		rules = search(context, show, &wanted);
	if (rules >= 0)
		trace_show_end(show);
	if (rules == -EADDRNOTAVAIL)
		return context_complain(EXIT_NOTHING, "there is no such listener");
	if (rules < 0)
		return context_complain_errno(context, rules);
	return rules ? EXIT_OK : EXIT_NOTHING;
}

int command_trace(struct context *context)
{
	_cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_EMPTY;
	_cleanup_free_ struct hold_large *hold = allocate_zeroed(1, sizeof(*hold));
	struct trace_words words = {
		.method = context->arguments.method ? context->arguments.method : "GET",
		.host = context->arguments.operands[0],
		.target = context->arguments.operands[1],
	};
	struct trace_show show = {.snapshot = &snapshot, .words = &words, .hold = hold};
	int error = snapshot_take(context, &snapshot);
	int status;

	if (error)
		return context_complain_errno(context, error);
	if (context->json)
		show.json = cJSON_CreateObject();
	status = trace(context, &show);
	cJSON_Delete(show.json);
	return status;
}
