/* SPDX-License-Identifier: Apache-2.0 */
/* What rtnetlink's messages say of devices: messages as the kernel lays them out, for kinds that
 * the machine of the tests may lack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "../../agent/datapath/device_xdp.h"
#include "../../agent/datapath/link_message.h"

#define MESSAGE_MAX 512

struct message {
	struct nlmsghdr header;
	struct ifinfomsg info;
	char attributes[MESSAGE_MAX];
};

static void *put(struct message *message, uint16_t type, const void *value, size_t size)
{
	char *end = (char *)message + NLMSG_ALIGN(message->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)end;

	assert_true(end + RTA_SPACE(size) <= (char *)(message + 1));
	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), value, size);
	message->header.nlmsg_len = (uint32_t)(end + RTA_LENGTH(size) - (char *)message);
	return attribute;
}

static void put_number(struct message *message, uint16_t type, uint32_t value)
{
	put(message, type, &value, sizeof(value));
}

/* Nested as the kernel does: the kind first, then its own data. */
static void put_kind(struct message *message, const char *kind)
{
	const uint16_t vlan_id = 100;
	struct rtattr *linkinfo = put(message, IFLA_LINKINFO, NULL, 0), *data;

	put(message, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	data = put(message, IFLA_INFO_DATA, NULL, 0);
	put(message, IFLA_VLAN_ID, &vlan_id, sizeof(vlan_id));
	data->rta_len = (uint16_t)((char *)message + message->header.nlmsg_len - (char *)data);
	linkinfo->rta_len =
		(uint16_t)((char *)message + message->header.nlmsg_len - (char *)linkinfo);
}

static struct message begin(const char *name)
{
	struct message message = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			   .nlmsg_type = RTM_NEWLINK},
		.info = {.ifi_family = AF_UNSPEC, .ifi_type = ARPHRD_ETHER, .ifi_index = 9},
	};

	put(&message, IFLA_IFNAME, name, strlen(name) + 1);
	put_number(&message, IFLA_MTU, 1500);
	return message;
}

static struct link_state read_whole(const struct message *message)
{
	struct link_state link;

	assert_true(link_message_read(&message->header, &link));
	return link;
}

static void a_vlan_tells_its_device(void **state)
{
	struct message message = begin("eth0.100");
	struct device_xdp xdp = {.with_vlans_count = 0};
	struct link_state link;

	(void)state;
	put_number(&message, IFLA_LINK, 2);
	put_kind(&message, "vlan");
	link = read_whole(&message);
	assert_int_equal(link.ifindex, 9);
	assert_int_equal(link.mtu, 1500);
	assert_string_equal(link.name, "eth0.100");
	assert_int_equal(link.vlan_of, 2);
	assert_false(link.is_physical);
	assert_int_equal(device_xdp_note_link(&xdp, &link), 2);
	assert_true(device_xdp_has_vlans(&xdp, 2));
	assert_false(device_xdp_has_vlans(&xdp, 9));
}

/* The number is that of another namespace, where it may be any device's. */
static void the_device_of_a_vlan_may_be_elsewhere(void **state)
{
	struct message message = begin("eth0.100");

	(void)state;
	put_number(&message, IFLA_LINK, 2);
	put_number(&message, IFLA_LINK_NETNSID, 0);
	put_kind(&message, "vlan");
	assert_int_equal(read_whole(&message).vlan_of, 0);
}

static void what_is_on_a_device_without_tag_is_no_vlan(void **state)
{
	struct message message = begin("macvlan0");

	(void)state;
	put_number(&message, IFLA_LINK, 2);
	put_kind(&message, "macvlan");
	assert_int_equal(read_whole(&message).vlan_of, 0);
}

static void hardware_has_no_kind(void **state)
{
	struct message card = begin("eth0"), loopback = begin("lo");
	struct link_state link = read_whole(&card);

	(void)state;
	assert_true(link.is_physical);
	assert_false(link.tunnel);
	assert_int_equal(link.vlan_of, 0);
	loopback.info.ifi_type = ARPHRD_LOOPBACK;
	assert_false(read_whole(&loopback).is_physical);
}

static void tunnels_are_known_by_their_kind(void **state)
{
	struct message message = begin("flannel.1");

	(void)state;
	put_number(&message, IFLA_LINK, 2);
	put_kind(&message, "vxlan");
	assert_true(read_whole(&message).tunnel);
	assert_int_equal(read_whole(&message).vlan_of, 0);
}

static void a_peer_is_elsewhere_if_its_namespace_is_told(void **state)
{
	struct message here = begin("veth0"), elsewhere = begin("veth1"), vlan = begin("vlan1");

	(void)state;
	put_kind(&here, "veth");
	put_number(&elsewhere, IFLA_LINK_NETNSID, 3);
	put_kind(&elsewhere, "veth");
	put_number(&vlan, IFLA_LINK_NETNSID, 3);
	put_kind(&vlan, "vlan");
	assert_false(read_whole(&here).peer_elsewhere);
	assert_true(read_whole(&elsewhere).peer_elsewhere);
	assert_false(read_whole(&vlan).peer_elsewhere);
}

static void what_is_no_device_is_passed_over(void **state)
{
	struct message port = begin("veth0"), nameless = begin("veth0");
	struct link_state link;

	(void)state;
	port.info.ifi_family = AF_BRIDGE;
	assert_false(link_message_read(&port.header, &link));
	nameless.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	assert_false(link_message_read(&nameless.header, &link));
}

static void a_move_is_told_from_the_end(void **state)
{
	struct message message = begin("veth0");

	(void)state;
	message.header.nlmsg_type = RTM_DELLINK;
	assert_false(link_message_is_move(&message.header));
	put_number(&message, 45, 1); /* IFLA_NEW_NETNSID */
	assert_true(link_message_is_move(&message.header));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_tells_its_device),
		cmocka_unit_test(the_device_of_a_vlan_may_be_elsewhere),
		cmocka_unit_test(what_is_on_a_device_without_tag_is_no_vlan),
		cmocka_unit_test(hardware_has_no_kind),
		cmocka_unit_test(tunnels_are_known_by_their_kind),
		cmocka_unit_test(a_peer_is_elsewhere_if_its_namespace_is_told),
		cmocka_unit_test(what_is_no_device_is_passed_over),
		cmocka_unit_test(a_move_is_told_from_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
