/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text {
	const char *bytes;
	size_t length;
};

static bool ends_with(struct text text, const struct host *host)
{
	size_t before = text.length - host->name_length;

	return text.length > host->name_length &&
	       strncasecmp(text.bytes + before, host->name, host->name_length) == 0;
}

/* How well a host fits: 0 not at all, else the higher the better. */
static unsigned host_fit(struct text text, const struct head_routes_host *host)
{
	size_t length = host->value.name_length;

	switch (host->key.kind) {
	case HOST_EXACT:
		return length && length == text.length &&
				       strncasecmp(text.bytes, host->value.name, length) == 0
			       ? 10000
			       : 0;
	case HOST_SINGLE_LABEL:
		if (!ends_with(text, &host->value) || memchr(text.bytes, '.', text.length - length))
			return 0;
		return (unsigned)(2 * length) + 3;
	case HOST_SUFFIX:
		return ends_with(text, &host->value) ? (unsigned)(2 * length) + 2 : 0;
	default:
		return 1;
	}
}

static const struct host *find_host(const struct head_routes *routes, struct text text)
{
	const struct host *best = NULL;
	unsigned best_fit = 0;

	for (size_t i = 0; i < routes->host_count; i++) {
		const struct head_routes_host *host = &routes->hosts[i];
		unsigned fit = host->key.table == HEAD_ROUTES_TABLE ? host_fit(text, host) : 0;

		if (fit > best_fit) {
			best_fit = fit;
			best = &host->value;
		}
	}
	return best;
}

static unsigned path_fit(struct text text, const struct head_routes_path *path)
{
	size_t length = path->value.length;

	if (text.length < length || memcmp(text.bytes, path->value.path, length) != 0)
		return 0;
	if (path->key.kind == PATH_EXACT)
		return text.length == length ? 10000 : 0;
	return text.length == length || text.bytes[length] == '/' ? (unsigned)length + 1 : 0;
}

static uint32_t find_rule(const struct head_routes *routes, const struct host *host,
			  struct text text, unsigned method)
{
	uint32_t best = host->default_rule;
	unsigned best_fit = 0;

	for (size_t i = 0; i < routes->path_count; i++) {
		const struct head_routes_path *path = &routes->paths[i];
		uint32_t rule =
			path->value.rule[method] ? path->value.rule[method] : path->value.rule[0];
		unsigned fit = path->key.host == host->id && rule ? path_fit(text, path) : 0;

		if (fit > best_fit) {
			best_fit = fit;
			best = rule;
		}
	}
	return best;
}

static uint32_t find_canonical(const struct head_routes *routes, const struct host *host,
			       struct text path, unsigned method)
{
	uint8_t *canonical = malloc(path.length + 1);
	struct text text = {.bytes = (char *)canonical};
	uint32_t rule;

	if (!canonical)
		abort();
	text.length = reference_path_canonical((const uint8_t *)path.bytes, path.length, canonical);
	rule = find_rule(routes, host, text, method);
	free(canonical);
	return rule;
}

enum verdict reference_route_find(const struct head_routes *routes, const uint8_t *bytes,
				  const struct reference_head *head, uint32_t *ret_rule)
{
	struct text name = {(const char *)bytes + head->host.start, head->host.length};
	struct text path = {(const char *)bytes + head->path.start, head->path.length};
	const struct host *host = find_host(routes, name);
	unsigned policy;
	uint32_t rule;

	if (!host)
		return VERDICT_NO_ROUTE;
	if (path.length == 0)
		path = (struct text){"/", 1};
	rule = head->flags & HTTP_HEAD_ASTERISK ? host->default_rule
						: find_rule(routes, host, path, head->method);
	*ret_rule = rule;
	policy = rule ? routes->rules[rule].ambiguous : AMBIGUOUS_AGREE;
	if (policy == AMBIGUOUS_RAW)
		return VERDICT_CONTINUE;
	if (head->flags & HTTP_HEAD_HIGH_BYTE)
		return VERDICT_PATH_BYTE;
	if (head->flags & HTTP_HEAD_AMBIGUOUS &&
	    (policy == AMBIGUOUS_REJECT ||
	     find_canonical(routes, host, path, head->method) != rule))
		return VERDICT_PATH_AMBIGUOUS;
	return rule ? VERDICT_CONTINUE : VERDICT_NO_ROUTE;
}
