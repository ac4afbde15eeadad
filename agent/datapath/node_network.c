/* SPDX-License-Identifier: Apache-2.0 */
#include "node_network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "default_routes.h"

static void freeifaddrsp(struct ifaddrs **list)
{
	freeifaddrs(*list);
}

static bool address_take(const struct sockaddr *from, struct node_address *ret)
{
	if (from && from->sa_family == AF_INET) {
		const struct in_addr *v4 =
			&((const struct sockaddr_in *)(const void *)from)->sin_addr;
		uint32_t value = ntohl(v4->s_addr);

		ret->ipv6 = false;
		ret->address = (struct ip_address){{0, 0, htonl(0xffff), v4->s_addr}};
		return value >> 24 != 127 && value >> 16 != 0xa9fe;
	}
	if (from && from->sa_family == AF_INET6) {
		const struct in6_addr *v6 =
			&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;

		ret->ipv6 = true;
		memcpy(ret->address.word, v6, sizeof(ret->address.word));
		return !IN6_IS_ADDR_LOOPBACK(v6) && !IN6_IS_ADDR_LINKLOCAL(v6);
	}
	return false;
}

static int addresses_read(struct node_network *network)
{
	_cleanup_(freeifaddrsp) struct ifaddrs *list = NULL;
	size_t limit = 1;

	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next)
		limit++;
	network->addresses = calloc(limit, sizeof(*network->addresses));
	if (!network->addresses)
		return -ENOMEM;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		struct node_address *address = &network->addresses[network->address_count];

		if (!address_take(item->ifa_addr, address))
			continue;
		address->ifindex = if_nametoindex(item->ifa_name);
		network->address_count++;
	}
	return 0;
}

int node_network_read(struct node_network *ret_network)
{
	_cleanup_(node_network_done) struct node_network network = {0};
	int error = addresses_read(&network);

	if (!error)
		error = default_routes_list(&network.uplinks, &network.uplink_count);
	if (error)
		return error;
	*ret_network = network;
	network = (struct node_network){0};
	return 0;
}

void node_network_done(struct node_network *network)
{
	free(network->addresses);
	free(network->uplinks);
	*network = (struct node_network){0};
}

bool node_network_is_uplink(const struct node_network *network, uint32_t ifindex)
{
	for (size_t i = 0; i < network->uplink_count; i++) {
		if (network->uplinks[i] == ifindex)
			return true;
	}
	return false;
}

struct ip_address node_network_source(const struct node_network *network, uint32_t ifindex,
				      bool ipv6)
{
	const struct node_address *found = NULL;
	bool found_uplink = false;

	for (size_t i = 0; i < network->address_count; i++) {
		const struct node_address *address = &network->addresses[i];
		bool uplink = node_network_is_uplink(network, address->ifindex);

		if (address->ipv6 != ipv6)
			continue;
		if (address->ifindex == ifindex)
			return address->address;
		if (found && (found_uplink || !uplink))
			continue;
		found = address;
		found_uplink = uplink;
	}
	return found ? found->address : (struct ip_address){0};
}
