/* SPDX-License-Identifier: Apache-2.0 */
#include "request_names.h"

#include <errno.h>
#include <string.h>

#include "../../bpf/datapath_abi.h"
#include "../base/address_text.h"
#include "../base/cleanup.h"
#include "readings_map.h"

#define SLOTS 512 /* of each kind, by number modulo SLOTS */

/* Number 0 has no name, so that a zeroed slot is right. */
struct rule_slot {
	uint32_t id;
	struct object_name name;
};

struct endpoint_slot {
	uint32_t id;
	struct object_name service;
	char address[ADDRESS_PORT_TEXT_MAX];
};

struct request_names {
	int rule_names;
	int endpoint_names;
	int endpoints;
	struct rule_slot rules[SLOTS];
	struct endpoint_slot places[SLOTS];
};

static void request_names_closep(struct request_names **names)
{
	request_names_close(*names);
}

static int map_open(const char *directory, const char *name, int *ret_fd)
{
	int fd = readings_map_open(directory, name);

	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

int request_names_open(const char *directory, struct request_names **ret_names)
{
	_cleanup_(request_names_closep) struct request_names *names = calloc(1, sizeof(*names));
	int error;

	if (!names)
		return -ENOMEM;
	names->rule_names = names->endpoint_names = names->endpoints = -1;
	error = map_open(directory, "rule_names", &names->rule_names);
	if (!error)
		error = map_open(directory, "endpoint_names", &names->endpoint_names);
	if (!error)
		error = map_open(directory, "endpoints", &names->endpoints);
	if (!error)
		*ret_names = STEAL(names);
	return error;
}

void request_names_close(struct request_names *names)
{
	if (!names)
		return;
	closep(&names->rule_names);
	closep(&names->endpoint_names);
	closep(&names->endpoints);
	free(names);
}

void request_names_forget(struct request_names *names)
{
	if (!names)
		return;
	memset(names->rules, 0, sizeof(names->rules));
	memset(names->places, 0, sizeof(names->places));
}

static void name_read(int fd, uint32_t id, struct object_name *ret_name)
{
	if (readings_map_lookup(fd, &id, ret_name))
		ret_name->text[0] = '\0';
	ret_name->text[ROUTE_NAME_MAX - 1] = '\0';
}

const char *request_names_rule(struct request_names *names, uint32_t rule)
{
	struct rule_slot *slot = &names->rules[rule % SLOTS];

	if (!rule)
		return "";
	if (slot->id != rule) {
		name_read(names->rule_names, rule, &slot->name);
		slot->id = rule;
	}
	return slot->name.text;
}

static const struct endpoint_slot *place_find(struct request_names *names, uint32_t id)
{
	struct endpoint_slot *slot = &names->places[id % SLOTS];
	struct endpoint endpoint;

	if (slot->id == id)
		return slot;
	name_read(names->endpoint_names, id, &slot->service);
	slot->address[0] = '\0';
	if (!readings_map_lookup(names->endpoints, &id, &endpoint) && endpoint.port)
		address_port_text(&endpoint.address, ntohs(endpoint.port), slot->address);
	slot->id = id;
	return slot;
}

const char *request_names_service(struct request_names *names, uint32_t endpoint)
{
	return endpoint ? place_find(names, endpoint)->service.text : "";
}

const char *request_names_endpoint(struct request_names *names, uint32_t endpoint)
{
	return endpoint ? place_find(names, endpoint)->address : "";
}
