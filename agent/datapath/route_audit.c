/* SPDX-License-Identifier: Apache-2.0 */
#include "route_audit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/address_text.h"
#include "../base/cleanup.h"
#include "../base/clock.h"
#include "image_diff.h"
#include "route_maps_parts.h"

struct audit {
	const struct audit_sink *sink;
	const struct route_image *held;   /* by the maps */
	const struct route_image *wanted; /* by the table */
	size_t count;
};

const char *route_audit_word(enum audit_finding finding)
{
	static const char *const words[] = {
		[AUDIT_MISSING] = "missing",
		[AUDIT_EXTRA] = "unexpected",
		[AUDIT_DIFFERENT] = "different",
	};

	return words[finding];
}

static bool is_told(struct audit *audit)
{
	return audit->count++ < AUDIT_TOLD_MAX;
}

static void tell(const struct audit *audit, const struct audit_difference *difference)
{
	audit->sink->tell(audit->sink->context, difference);
}

static enum audit_finding finding_of(const struct image_pair *pair)
{
	if (!pair->before)
		return AUDIT_MISSING;
	return pair->after ? AUDIT_DIFFERENT : AUDIT_EXTRA;
}

static const void *either(const struct image_pair *pair)
{
	return pair->after ? pair->after : pair->before;
}

/* The image that the element of either() is from. */
static const struct route_image *image_of(const struct audit *audit, const struct image_pair *pair)
{
	return pair->after ? audit->wanted : audit->held;
}

static void listener_tell(struct audit *audit, const struct image_pair *pair)
{
	const struct image_listener *listener = either(pair);
	char name[ADDRESS_PORT_TEXT_MAX];
	struct audit_difference difference = {
		.finding = finding_of(pair),
		.kind = "listener",
		.name = address_port_text(&listener->key.address, ntohs(listener->key.port), name),
		.detail = finding_of(pair) == AUDIT_DIFFERENT ? "carries other routes" : "",
	};

	if (is_told(audit))
		tell(audit, &difference);
}

/* "*.example.com" for ".example.com"; a Suffix wildcard is told by its two stars. */
static void host_name(const struct image_host *host, char ret_name[AUDIT_NAME_MAX])
{
	static const char *const prefix[] = {
		[HOST_EXACT] = "", [HOST_SINGLE_LABEL] = "*", [HOST_SUFFIX] = "**"};

	if (host->key.kind >= HOST_ANY)
		snprintf(ret_name, AUDIT_NAME_MAX, "(any host)");
	else
		snprintf(ret_name, AUDIT_NAME_MAX, "%s%.*s", prefix[host->key.kind],
			 host->value.name_length, host->value.name);
}

/* Adds " at 10.96.0.1:80", of the table's first listener. */
static void host_place(const struct route_image *image, uint32_t table, char name[AUDIT_NAME_MAX])
{
	size_t length = strlen(name);
	char text[ADDRESS_PORT_TEXT_MAX];

	for (size_t i = 0; i < image->listener_count; i++) {
		const struct image_listener *listener = &image->listeners[i];

		if (listener->table != table)
			continue;
		snprintf(
			name + length, AUDIT_NAME_MAX - length, " at %s",
			address_port_text(&listener->key.address, ntohs(listener->key.port), text));
		return;
	}
}

static void host_tell(struct audit *audit, const struct image_pair *pair)
{
	const struct image_host *host = either(pair), *before = pair->before;
	bool other_default = finding_of(pair) == AUDIT_DIFFERENT &&
			     before->value.default_rule != host->value.default_rule;
	char name[AUDIT_NAME_MAX];
	struct audit_difference difference = {
		.finding = finding_of(pair),
		.kind = "host",
		.name = name,
		.detail = other_default ? "default backend" : "",
	};

	if (!is_told(audit))
		return;
	host_name(host, name);
	host_place(image_of(audit, pair), host->key.table, name);
	tell(audit, &difference);
}

static const struct image_host *host_by_id(const struct route_image *image, uint32_t id)
{
	for (size_t i = 0; i < image->host_count; i++) {
		if (image->hosts[i].value.id == id)
			return &image->hosts[i];
	}
	return NULL;
}

/* As it is mostly written: a Prefix with a slash at its end, "=" before an Exact one. */
static void path_name(const struct route_image *image, const struct image_path *path,
		      char ret_name[AUDIT_NAME_MAX])
{
	const struct image_host *host = host_by_id(image, path->key.host);
	size_t length = 0;
	bool is_exact = path->key.kind == PATH_EXACT;

	snprintf(ret_name, AUDIT_NAME_MAX, "(no host)");
	if (host)
		host_name(host, ret_name);
	length = strlen(ret_name);
	snprintf(ret_name + length, AUDIT_NAME_MAX - length, "%s%.*s%s", is_exact ? " =" : " ",
		 path->value.length < ROUTE_PATH_MAX ? path->value.length : ROUTE_PATH_MAX,
		 path->value.path, is_exact ? "" : "/");
	if (host)
		host_place(image, host->key.table, ret_name);
}

static void path_tell(struct audit *audit, const struct image_pair *pair)
{
	char name[AUDIT_NAME_MAX];
	struct audit_difference difference = {
		.finding = finding_of(pair),
		.kind = "path",
		.name = name,
		.detail = finding_of(pair) == AUDIT_DIFFERENT ? "leads to another rule" : "",
	};

	if (!is_told(audit))
		return;
	path_name(image_of(audit, pair), either(pair), name);
	tell(audit, &difference);
}

typedef void (*pair_tell)(struct audit *audit, const struct image_pair *pair);

static int keys_compare(struct audit *audit, const struct image_shape *shape,
			const struct image_array arrays[2], pair_tell tell_pair)
{
	_cleanup_free_ struct image_pair *pairs = NULL;
	size_t count = 0;
	int error = image_diff(shape, &arrays[0], &arrays[1], &pairs, &count);

	for (size_t i = 0; i < count; i++)
		tell_pair(audit, &pairs[i]);
	return error;
}

static int all_keys_compare(struct audit *audit)
{
	static const struct image_shape listener = {sizeof(struct image_listener),
						    sizeof(struct listener_key), sizeof(uint32_t)};
	static const struct image_shape host = {sizeof(struct image_host), sizeof(struct host_key),
						sizeof(struct host)};
	static const struct image_shape path = {sizeof(struct image_path), sizeof(struct path_key),
						sizeof(struct path_entry)};
	const struct route_image *held = audit->held, *wanted = audit->wanted;
	const struct image_array listeners[2] = {{held->listeners, held->listener_count},
						 {wanted->listeners, wanted->listener_count}};
	const struct image_array hosts[2] = {{held->hosts, held->host_count},
					     {wanted->hosts, wanted->host_count}};
	const struct image_array paths[2] = {{held->paths, held->path_count},
					     {wanted->paths, wanted->path_count}};
	int error = keys_compare(audit, &listener, listeners, listener_tell);

	if (!error)
		error = keys_compare(audit, &host, hosts, host_tell);
	return error ?: keys_compare(audit, &path, paths, path_tell);
}

/* NULL: the maps hold the rule as it should be. */
static const char *rule_detail(const struct image_rule *rule)
{
	const struct rule *held = &rule->before->value, *wanted = &rule->value;

	if (held->action != wanted->action)
		return "action";
	if (rule->redirect_fresh || held->redirect != wanted->redirect)
		return "redirect";
	if (held->set[0] != wanted->set[0])
		return "endpoints (IPv4)";
	if (held->set[1] != wanted->set[1])
		return "endpoints (IPv6)";
	return memcmp(held, wanted, sizeof(*held)) ? "settings" : NULL;
}

static void name_tell(struct audit *audit, enum audit_finding finding, const char *name,
		      const char *detail)
{
	struct audit_difference difference = {finding, "rule", name, detail};

	if (is_told(audit))
		tell(audit, &difference);
}

static void rules_compare(struct audit *audit)
{
	for (size_t i = 0; i < audit->wanted->rule_count; i++) {
		const struct image_rule *rule = &audit->wanted->rules[i];
		const char *detail = rule->before ? rule_detail(rule) : NULL;

		if (!rule->before)
			name_tell(audit, AUDIT_MISSING, rule->name, "");
		else if (detail)
			name_tell(audit, AUDIT_DIFFERENT, rule->name, detail);
	}
	for (size_t i = 0; i < audit->held->rule_count; i++) {
		if (!audit->held->rules[i].kept)
			name_tell(audit, AUDIT_EXTRA, audit->held->rules[i].name, "");
	}
}

static void endpoint_tell(struct audit *audit, enum audit_finding finding,
			  const struct image_endpoint *endpoint)
{
	char name[AUDIT_NAME_MAX], address[ADDRESS_PORT_TEXT_MAX];
	struct audit_difference difference = {finding, "endpoint", name, ""};

	if (!is_told(audit))
		return;
	snprintf(name, sizeof(name), "%s of %s",
		 address_port_text(&endpoint->value.address, ntohs(endpoint->value.port), address),
		 endpoint->name);
	tell(audit, &difference);
}

static void endpoints_compare(struct audit *audit)
{
	for (size_t i = 0; i < audit->wanted->endpoint_count; i++) {
		if (audit->wanted->endpoints[i].fresh)
			endpoint_tell(audit, AUDIT_MISSING, &audit->wanted->endpoints[i]);
	}
	for (size_t i = 0; i < audit->held->endpoint_count; i++) {
		if (!audit->held->endpoints[i].kept)
			endpoint_tell(audit, AUDIT_EXTRA, &audit->held->endpoints[i]);
	}
}

static void port_compare(struct audit *audit, struct route_ports *held, enum ports_kind kind,
			 __be16 port)
{
	char name[AUDIT_NAME_MAX];
	struct audit_difference difference = {AUDIT_MISSING, "port", name, ""};

	if (!route_ports_add(held, kind, port) || !is_told(audit))
		return;
	snprintf(name, sizeof(name), "%u of %s", ntohs(port),
		 kind == PORTS_LISTENER ? "listeners" : "endpoints");
	tell(audit, &difference);
}

/* Each that is missing is told once: it is added to the copy of what is held. */
static void ports_compare(struct audit *audit, struct route_ports *held)
{
	for (size_t i = 0; i < audit->wanted->listener_count; i++)
		port_compare(audit, held, PORTS_LISTENER, audit->wanted->listeners[i].key.port);
	for (size_t i = 0; i < audit->wanted->endpoint_count; i++)
		port_compare(audit, held, PORTS_ENDPOINT, audit->wanted->endpoints[i].value.port);
}

static void route_maps_closep(struct route_maps **maps)
{
	route_maps_close(*maps);
}

static void route_image_freep(struct route_image **image)
{
	route_image_free(*image);
}

int route_audit_run(const char *directory, const struct route_table *table,
		    const struct audit_sink *sink, size_t *ret_count)
{
	_cleanup_(route_maps_closep) struct route_maps *maps = NULL;
	_cleanup_(route_image_freep) struct route_image *wanted = NULL;
	struct route_plan_input input = {.table = table, .now_ms = clock_ms()};
	struct audit audit = {.sink = sink};
	const char *full;
	int error = route_maps_open_to_read(directory, sink->report, &maps);

	if (error)
		return error;
	input.old = maps->image;
	input.pools = &maps->pools;
	input.seed = maps->seed;
	error = route_plan_make(&input, &wanted, &full);
	if (error)
		return error;
	audit.held = maps->image;
	audit.wanted = wanted;
	error = all_keys_compare(&audit);
	if (error)
		return error;
	rules_compare(&audit);
	endpoints_compare(&audit);
	ports_compare(&audit, &maps->ports);
	*ret_count = audit.count;
	return 0;
}
