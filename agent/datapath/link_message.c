/* SPDX-License-Identifier: Apache-2.0 */
#include "link_message.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef IFLA_NEW_NETNSID
#define IFLA_NEW_NETNSID 45
#endif

/* The kind of a device, as `ip link add type` names it; "" for those that have none. */
static const char *link_kind(const struct rtattr *linkinfo)
{
	int left = linkinfo ? (int)RTA_PAYLOAD(linkinfo) : 0;

	for (const struct rtattr *attribute = linkinfo ? RTA_DATA(linkinfo) : NULL;
	     attribute && RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type == IFLA_INFO_KIND)
			return RTA_DATA(attribute);
	}
	return "";
}

static bool kind_has_peer(const char *kind)
{
	return !strcmp(kind, "veth") || !strcmp(kind, "netkit");
}

static bool kind_is_tunnel(const char *kind)
{
	static const char *const tunnels[] = {"vxlan", "geneve", "gretap", "ip6gretap", "wireguard",
					      "gre",   "ip6gre", "ipip",   "sit",       "ip6tnl"};

	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
		if (!strcmp(kind, tunnels[i]))
			return true;
	}
	return false;
}

/* Finds the attributes by type; those not there are NULL. */
static void link_attributes(const struct nlmsghdr *message, const struct rtattr **attributes,
			    size_t count)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	int left = (int)IFLA_PAYLOAD(message);

	memset(attributes, 0, count * sizeof(*attributes));
	for (const struct rtattr *attribute = IFLA_RTA(info); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		unsigned type = attribute->rta_type & NLA_TYPE_MASK;

		if (type < count)
			attributes[type] = attribute;
	}
}

bool link_message_read(const struct nlmsghdr *message, struct link_state *ret_link)
{
	const struct rtattr *attributes[IFLA_NEW_NETNSID + 1];
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct link_state link = {.ifindex = (uint32_t)info->ifi_index};
	const char *kind;

	link_attributes(message, attributes, IFLA_NEW_NETNSID + 1);
	if (info->ifi_family != AF_UNSPEC || !attributes[IFLA_IFNAME] || !attributes[IFLA_MTU])
		return false;
	memcpy(&link.mtu, RTA_DATA(attributes[IFLA_MTU]), sizeof(link.mtu));
	memcpy(link.name, RTA_DATA(attributes[IFLA_IFNAME]),
	       strnlen(RTA_DATA(attributes[IFLA_IFNAME]), LINK_NAME_MAX - 1));
	kind = link_kind(attributes[IFLA_LINKINFO]);
	link.peer_elsewhere = attributes[IFLA_LINK_NETNSID] && kind_has_peer(kind);
	link.is_physical = !*kind && info->ifi_type == ARPHRD_ETHER;
	if (attributes[IFLA_LINK] && !attributes[IFLA_LINK_NETNSID] && !strcmp(kind, "vlan"))
		memcpy(&link.vlan_of, RTA_DATA(attributes[IFLA_LINK]), sizeof(link.vlan_of));
	link.tunnel = kind_is_tunnel(kind);
	*ret_link = link;
	return true;
}

bool link_message_is_move(const struct nlmsghdr *message)
{
	const struct rtattr *attributes[IFLA_NEW_NETNSID + 1];

	link_attributes(message, attributes, IFLA_NEW_NETNSID + 1);
	return attributes[IFLA_NEW_NETNSID];
}
