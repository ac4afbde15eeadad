/* SPDX-License-Identifier: Apache-2.0 */
#include "node_addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static void freeifaddrsp(struct ifaddrs **list)
{
	freeifaddrs(*list);
}

static bool v4_is_global(const struct in_addr *address)
{
	uint32_t value = ntohl(address->s_addr);

	return value >> 24 != 127 && value >> 16 != 0xa9fe;
}

static bool v6_is_global(const struct in6_addr *address)
{
	return !IN6_IS_ADDR_LOOPBACK(address) && !IN6_IS_ADDR_LINKLOCAL(address);
}

static bool address_take(const struct sockaddr *from, struct ip_address *ret_address)
{
	if (from && from->sa_family == AF_INET) {
		const struct in_addr *v4 =
			&((const struct sockaddr_in *)(const void *)from)->sin_addr;

		*ret_address = (struct ip_address){{0, 0, htonl(0xffff), v4->s_addr}};
		return v4_is_global(v4);
	}
	if (from && from->sa_family == AF_INET6) {
		const struct in6_addr *v6 =
			&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;

		memcpy(ret_address->word, v6, sizeof(ret_address->word));
		return v6_is_global(v6);
	}
	return false;
}

static bool is_known(const struct ip_address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!memcmp(&addresses[i], &addresses[count], sizeof(addresses[i])))
			return true;
	}
	return false;
}

int node_addresses_list(struct ip_address **ret_addresses, size_t *ret_count)
{
	_cleanup_(freeifaddrsp) struct ifaddrs *list = NULL;
	_cleanup_free_ struct ip_address *addresses = NULL;
	size_t limit = 1, count = 0;

	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next)
		limit++;
	addresses = calloc(limit, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		if (address_take(item->ifa_addr, &addresses[count]))
			count += !is_known(addresses, count);
	}
	*ret_addresses = STEAL(addresses);
	*ret_count = count;
	return 0;
}
