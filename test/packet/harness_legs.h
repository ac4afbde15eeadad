/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client connection with several pods: which of them the script speaks for, and what the router
 * knows of all of them.
 */
#ifndef PATHROUTE_TEST_HARNESS_LEGS_H
#define PATHROUTE_TEST_HARNESS_LEGS_H

#include "harness_script.h"

/* The side of a pod that is not in use. */
struct leg {
	unsigned pod_number;
	uint16_t source_port;
	struct party pod;
	uint32_t e, router_isn, router_tsval, pod_tsval;
};

/* The pod in use, to be spoken for later. */
struct leg leg_of(const struct connection *c);

/* The client has acknowledged all that the pod has sent, and turns to another pod: its SYN is taken
 * next. That pod has a clock and numbers of its own. */
void leg_leave(struct connection *c, struct leg *ret_leg);

/* The client's next byte begins a request to a pod that was left. */
void leg_return(struct connection *c, const struct leg *leg);

/* Speaks for another pod than the one in use, or for that one again; nothing else changes. */
void leg_speak(struct connection *c, const struct leg *leg);

/* What the router knows of the connection. */
struct flow flow_of(const struct connection *c);
void flow_set(const struct connection *c, const struct flow *flow);
unsigned parked_of(const struct connection *c);

/* Legs that a pod's endpoint carries. */
uint32_t active_on(const struct connection *c, unsigned pod);

/* The reply to the only outstanding request, acknowledged by the client in a segment of its own. */
void reply_is_taken(struct connection *c, const char *reply);

/* A joined connection on which REQUEST_API waits for the reply to REQUEST_ROOT. */
void connection_splice_waiting(struct connection *c);

/* A request to another rule on an idle connection, up to the first acknowledgement of its pod. */
void reroute(struct connection *c, const char *request, struct leg *ret_left);

#endif
