/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The search for a rule. Order: exact host, else the longest wildcard, else no host; in that host
 * Exact, else the longest Prefix on whole elements whose method fits, else its default backend.
 * A path that can be read in two ways must lead to the same rule in both (route_match.h).
 */
#ifndef PATHROUTE_ROUTE_FIND_H
#define PATHROUTE_ROUTE_FIND_H

#include "http_path.h"
#include "route_hash.h"
#include "route_match.h"

#ifdef __bpf__
#include "route_lookup.h"
#else
/* Static ones of the includer's, defined before this header, serve as well. */
extern struct host *route_lookup_host(const struct host_key *key);
extern struct path_entry *route_lookup_path(const struct path_key *key);
extern struct rule *route_lookup_rule(__u32 rule);
#endif

#define ROUTE_PATH_READ (ROUTE_PATH_MAX + 1) /* one more tells whether the last element ends */

static __always_inline __u8 route_lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static __always_inline void route_mark(struct route_scratch *route, __u64 hash, __u32 length)
{
	struct route_boundary *boundary =
		&route->boundary[route->boundaries & (ROUTE_LABELS_MAX - 1)];

	boundary->hash = hash;
	boundary->length = length;
	route->boundaries++;
}

/* Reads the host from its right end: text, hash, and a boundary at each dot. */
PROVED_ALONE int route_read_host(struct route_scratch *route, struct hold_large *hold)
{
	__u32 length;
	__u32 start;

	if (!route || !hold)
		return -1;
	start = hold->head.host;
	length = hold->head.host_length;
	route->hash = route->seed;
	route->boundaries = 0;
	route->length = length;
	for (__u32 i = 0; i < ROUTE_HOST_MAX; i++) {
		__u8 byte;

		barrier(); /* state stays in memory, where it is one state to the verifier */
		if (i >= route->length)
			break;
		byte = route_lower(http_byte(hold, start + length - 1 - i));
		route->text[i] = byte;
		route->hash = route_hash_step(route->hash, byte);
		if (byte == '.')
			route_mark(route, route->hash, i + 1);
	}
	return 0;
}

/* One more byte of a path. A slash ends an element; behind the depth of rules none counts. */
static __always_inline void route_take(struct route_scratch *route, __u8 byte, __u32 at)
{
	if (byte == '/' && route->boundaries <= ROUTE_DEPTH_MAX)
		route_mark(route, route->hash, at);
	route->text[at & 511] = byte;
	route->hash = route_hash_step(route->hash, byte);
}

/* Reads the path as it stands, as far as rules go. */
PROVED_ALONE int route_read_path(struct route_scratch *route, struct hold_large *hold)
{
	__u32 start;
	__u32 empty;

	if (!route || !hold)
		return -1;
	start = hold->head.path;
	empty = !hold->head.path_length; /* absolute-form without a path is "/" */
	route->length = hold->head.path_length + empty;
	route->hash = route->seed;
	route->boundaries = 0;
	for (__u32 i = 0; i < ROUTE_PATH_READ; i++) {
		barrier();
		if (i >= route->length)
			break;
		route_take(route, empty ? '/' : http_byte(hold, start + i), i);
	}
	return 0;
}

/* One byte of the canonical reading. Nonzero: the end. */
static __always_inline int route_canonical_byte(struct route_scratch *route,
						struct hold_large *hold)
{
	struct http_path_reader *reader = &hold->head.reader;
	int byte;

	if (reader->at >= reader->end || route->length >= ROUTE_PATH_READ)
		return 1;
	byte = http_path_read(hold, reader);
	if (byte < 0)
		return 1;
	if (byte == HTTP_PATH_NONE)
		return 0;
	route_take(route, byte, route->length);
	route->length++;
	return 0;
}

struct route_canonical {
	struct route_scratch *route;
	struct hold_large *hold;
};

static __noinline long route_canonical_step(__u32 index, void *data)
{
	struct route_canonical *canonical = data;

	(void)index;
	return route_canonical_byte(canonical->route, canonical->hold);
}

/* Reads the path in its canonical form. */
PROVED_ALONE int route_read_canonical(struct route_scratch *route, struct hold_large *hold)
{
	struct route_canonical canonical = {.route = route, .hold = hold};

	if (!route || !hold)
		return -1;
	__builtin_memset(&hold->head.reader, 0, sizeof(hold->head.reader));
	hold->head.reader.at = hold->head.path;
	hold->head.reader.end = hold->head.path + hold->head.path_length;
	route->hash = route->seed;
	route->boundaries = 0;
	route->length = 0;
	loop_bounded(HTTP_TARGET_MAX, route_canonical_step, &canonical);
	return 0;
}

/* Whether the entry's name is the first `length` bytes that were read, from the right. */
PROVED_ALONE int route_is_host(struct route_scratch *route, struct host *host, __u32 length)
{
	if (!route || !host || host->name_length != length)
		return 0;
	for (__u32 i = 0; i < ROUTE_HOST_MAX; i++) {
		__u32 at = (host->name_length - 1 - i) & 255;

		if (i >= host->name_length || at > ROUTE_HOST_MAX)
			break;
		if ((__u8)host->name[at] != route->text[i])
			return 0;
	}
	return 1;
}

PROVED_ALONE int route_is_path(struct route_scratch *route, struct path_entry *entry, __u32 length)
{
	if (!route || !entry || entry->length != length)
		return 0;
	for (__u32 i = 0; i < ROUTE_PATH_MAX; i++) {
		if (i >= entry->length)
			break;
		if ((__u8)entry->path[i] != route->text[i])
			return 0;
	}
	return 1;
}

static __always_inline struct host *route_try_host(struct route_scratch *route, __u64 hash,
						   __u32 kind, __u32 length)
{
	struct host_key key = {.hash = hash, .table = route->table, .kind = kind};
	struct host *host = route_lookup_host(&key);

	return host && route_is_host(route, host, length) ? host : NULL;
}

/* The longest wildcard: boundaries lie from the right to the left. */
static __always_inline struct host *route_find_wildcard(struct route_scratch *route,
							struct route_match *match)
{
	struct host *host;

	for (__u32 i = 0; i < ROUTE_LABELS_MAX; i++) {
		struct route_boundary *boundary;

		barrier();
		if (i >= route->boundaries)
			break;
		boundary = &route->boundary[(route->boundaries - 1 - i) & (ROUTE_LABELS_MAX - 1)];
		match->host_kind = i ? HOST_SUFFIX : HOST_SINGLE_LABEL;
		if (boundary->length == route->length)
			continue; /* a leading dot has no label in front */
		host = route_try_host(route, boundary->hash, match->host_kind, boundary->length);
		if (host)
			return host;
		if (i)
			continue;
		match->host_kind = HOST_SUFFIX;
		host = route_try_host(route, boundary->hash, HOST_SUFFIX, boundary->length);
		if (host)
			return host;
	}
	return NULL;
}

static __always_inline struct host *route_find_host(struct route_scratch *route,
						    struct route_match *match)
{
	struct host *host = NULL;

	if (route->length) {
		match->host_kind = HOST_EXACT;
		host = route_try_host(route, route->hash, HOST_EXACT, route->length);
		if (!host)
			host = route_find_wildcard(route, match);
	}
	if (host)
		return host;
	match->host_kind = HOST_ANY;
	return route_try_host(route, 0, HOST_ANY, 0);
}

static __always_inline __u32 route_try_path(struct route_scratch *route, const struct path_key *key,
					    __u32 length, __u32 method)
{
	struct path_entry *entry = route_lookup_path(key);
	__u64 index = method;
	__u32 rule;

	if (!entry || !route_is_path(route, entry, length))
		return 0;
	barrier_var(index); /* else it is compared in one register and used from another */
	rule = index < HTTP_METHOD_COUNT ? entry->rule[index] : 0;
	return rule ? rule : entry->rule[HTTP_METHOD_OTHER];
}

static __always_inline __u32 route_find_prefix(struct route_scratch *route, const struct host *host,
					       struct route_match *match, __u32 method)
{
	struct path_key key = {.host = host->id, .kind = PATH_PREFIX};
	__u32 depths = host->prefix_depths;

	for (__u32 i = 0; i <= ROUTE_DEPTH_MAX; i++) {
		__u32 depth = ROUTE_DEPTH_MAX - i;
		struct route_boundary *boundary = &route->boundary[depth];
		__u32 rule;

		if (depth >= route->boundaries || !(depths >> depth & 1))
			continue;
		key.hash = boundary->hash;
		match->prefix_length = boundary->length;
		rule = route_try_path(route, &key, boundary->length, method);
		if (rule)
			return rule;
	}
	return 0;
}

/* The rule for the path that was read, in this host. */
static __always_inline __u32 route_find_rule(struct route_scratch *route, const struct host *host,
					     struct route_match *match, __u32 method)
{
	struct path_key key = {.hash = route->hash, .host = host->id, .kind = PATH_EXACT};
	__u32 rule;

	match->prefix_length = route->length;
	match->found = ROUTE_FOUND_EXACT;
	if (host->has_exact && route->length <= ROUTE_PATH_MAX) {
		rule = route_try_path(route, &key, route->length, method);
		if (rule)
			return rule;
	}
	/* The end of the path ends its last element. */
	if (route->length <= ROUTE_PATH_MAX && route->boundaries <= ROUTE_DEPTH_MAX)
		route_mark(route, route->hash, route->length);
	match->found = ROUTE_FOUND_PREFIX;
	rule = route_find_prefix(route, host, match, method);
	if (rule)
		return rule;
	match->prefix_length = 0;
	match->found = host->default_rule ? ROUTE_FOUND_DEFAULT : ROUTE_FOUND_NONE;
	return host->default_rule;
}

/* What the rule's policy says of a path that can be read in two ways. */
static __always_inline int route_check_readings(struct route_scratch *route,
						struct hold_large *hold, const struct host *host,
						struct route_match *match)
{
	struct rule *rule = route_lookup_rule(match->rule);
	__u32 policy = rule && match->rule ? rule->ambiguous : AMBIGUOUS_AGREE;
	struct route_match canonical = {};

	if (policy == AMBIGUOUS_RAW)
		return VERDICT_CONTINUE;
	if (hold->head.flags & HTTP_HEAD_HIGH_BYTE)
		return VERDICT_PATH_BYTE;
	if (!(hold->head.flags & HTTP_HEAD_AMBIGUOUS))
		return VERDICT_CONTINUE;
	if (policy == AMBIGUOUS_REJECT || route_read_canonical(route, hold))
		return VERDICT_PATH_AMBIGUOUS;
	match->canonical_rule = route_find_rule(route, host, &canonical, hold->head.method);
	return match->canonical_rule == match->rule ? VERDICT_CONTINUE : VERDICT_PATH_AMBIGUOUS;
}

/* Chooses the rule for the complete head in `hold`, in route->table with route->seed. Yields
 * VERDICT_CONTINUE with match->rule set, or the verdict to answer with. */
PROVED_ALONE int route_find(struct route_scratch *route, struct hold_large *hold,
			    struct route_match *match)
{
	struct host *host;
	int verdict;

	if (!route || !hold || !match)
		return VERDICT_INTERNAL;
	__builtin_memset(match, 0, sizeof(*match));
	if (route_read_host(route, hold))
		return VERDICT_INTERNAL;
	host = route_find_host(route, match);
	if (!host)
		return VERDICT_NO_ROUTE;
	match->host = host->id;
	if (hold->head.flags & HTTP_HEAD_ASTERISK) {
		match->rule = host->default_rule;
		match->found = match->rule ? ROUTE_FOUND_DEFAULT : ROUTE_FOUND_NONE;
		return match->rule ? VERDICT_CONTINUE : VERDICT_NO_ROUTE;
	}
	if (route_read_path(route, hold))
		return VERDICT_INTERNAL;
	match->rule = route_find_rule(route, host, match, hold->head.method);
	verdict = route_check_readings(route, hold, host, match);
	if (verdict != VERDICT_CONTINUE)
		return verdict;
	return match->rule ? VERDICT_CONTINUE : VERDICT_NO_ROUTE;
}

#endif
