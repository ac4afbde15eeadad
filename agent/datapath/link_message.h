/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what rtnetlink tells of a device. Pure. */
#ifndef PATHROUTE_LINK_MESSAGE_H
#define PATHROUTE_LINK_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "link_monitor.h"

/* Of RTM_NEWLINK. False: the message is about a bridge port, or tells neither name nor MTU. */
bool link_message_read(const struct nlmsghdr *message, struct link_state *ret_link);

/* Of RTM_DELLINK: true if the device has moved to another network namespace. */
bool link_message_is_move(const struct nlmsghdr *message);

#endif
