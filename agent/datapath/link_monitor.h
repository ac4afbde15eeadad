/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices and their changes, those of addresses and of what tc(8) makes: rtnetlink. */
#ifndef PATHROUTE_LINK_MONITOR_H
#define PATHROUTE_LINK_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_NAME_MAX 16

struct link_state {
	uint32_t ifindex;
	uint32_t mtu;
	bool peer_elsewhere; /* veth or netkit whose peer is in another network namespace */
	char name[LINK_NAME_MAX];
};

/* Called from within link_monitor_dump() and link_monitor_dispatch(). */
struct link_sink {
	void *context;
	void (*present)(void *context,
			const struct link_state *link); /* new, changed or the same */
	void (*gone)(void *context, uint32_t ifindex);
	void (*addresses_changed)(void *context);
	void (*filters_changed)(void *context, uint32_t ifindex); /* or queueing disciplines */
};

struct link_monitor;

/* For the network namespace of the caller. The sink is copied. */
int link_monitor_new(const struct link_sink *sink, struct link_monitor **ret_monitor);
/* Accepts NULL. */
void link_monitor_free(struct link_monitor *monitor);

/* Readable when something has changed. */
int link_monitor_fd(const struct link_monitor *monitor);

/* Calls present() for every device. */
int link_monitor_dump(struct link_monitor *monitor);

/* Never blocks for news. Returns 1 when news were lost, or a veth may have got another peer: then
 * link_monitor_dump() is due, and devices it does not name are gone. 0, or a negative errno. */
int link_monitor_dispatch(struct link_monitor *monitor);

#endif
