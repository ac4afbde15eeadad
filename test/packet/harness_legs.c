/* SPDX-License-Identifier: Apache-2.0 */
#include "harness_legs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include "harness_expect.h"

struct leg leg_of(const struct connection *c)
{
	return (struct leg){
		.pod_number = c->pod_number,
		.source_port = c->pod_source_port,
		.pod = c->pod,
		.e = c->e,
		.router_isn = c->router_isn,
		.router_tsval = c->router_tsval,
		.pod_tsval = c->pod_tsval,
	};
}

/* Our numbering begins anew behind what the client has. */
static void rebase(struct connection *c)
{
	c->router_isn = c->client.ack - 1;
	c->router_tsval = c->client.tsecr;
	c->stream_length = 0;
}

void leg_leave(struct connection *c, struct leg *ret_leg)
{
	*ret_leg = leg_of(c);
	rebase(c);
	c->e = 0;
	c->pod.isn = c->pod.next + 0x31234567;
	c->pod.tsval += 0x21234567;
}

void leg_return(struct connection *c, const struct leg *leg)
{
	leg_speak(c, leg);
	rebase(c);
	c->e = c->client.next - c->pod.ack;
	c->pod.isn = c->pod.next - 1;
	c->pod_tsval = c->pod.tsval;
}

void leg_speak(struct connection *c, const struct leg *leg)
{
	c->pod_number = leg->pod_number;
	c->pod_source_port = leg->source_port;
	c->pod = leg->pod;
	c->e = leg->e;
	c->router_isn = leg->router_isn;
	c->router_tsval = leg->router_tsval;
	c->pod_tsval = leg->pod_tsval;
}

static bool find_slot(const struct connection *c, uint32_t *ret_slot)
{
	struct flow_key key = {
		.source = c->client_address,
		.destination = c->listener,
		.source_port = htons(c->client_port),
		.destination_port = htons(c->listener_port),
	};
	struct flow_ref ref;

	if (bpf_map_lookup_elem(testbed_map(c->testbed, "flows"), &key, &ref))
		return false;
	*ret_slot = ref.slot;
	return true;
}

struct flow flow_of(const struct connection *c)
{
	struct flow flow = {};
	uint32_t slot;

	if (!find_slot(c, &slot) ||
	    bpf_map_lookup_elem(testbed_map(c->testbed, "flow_slots"), &slot, &flow))
		flow.state = FLOW_FREE;
	return flow;
}

void flow_set(const struct connection *c, const struct flow *flow)
{
	uint32_t slot;

	if (!find_slot(c, &slot) ||
	    bpf_map_update_elem(testbed_map(c->testbed, "flow_slots"), &slot, flow, BPF_ANY))
		expect_fail(HERE, "the flow cannot be changed");
}

unsigned parked_of(const struct connection *c)
{
	struct flow flow = flow_of(c);
	unsigned count = 0;

	for (unsigned id = 0; id < FLOW_LEGS; id++)
		count += flow.parked[id] != 0;
	return count;
}

uint32_t active_on(const struct connection *c, unsigned pod)
{
	uint32_t endpoint = routes_endpoint(c->routes, pod);
	struct endpoint_stats stats = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "endpoint_stats"), &endpoint, &stats);
	return stats.active;
}

void reply_is_taken(struct connection *c, const char *reply)
{
	pod_passes(c, TCP_PSH, reply);
	client_passes(c, 0, NULL);
}

void connection_splice_waiting(struct connection *c)
{
	connection_splice(c, REQUEST_ROOT);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
}

void reroute(struct connection *c, const char *request, struct leg *ret_left)
{
	client_says(c, TCP_PSH, request);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, ret_left);
	take_pod_syn(c);
	expect_nothing_more(c);
	pod_accepts(c);
	expect_stream(c, request, strlen(request));
	pod_passes(c, 0, NULL);
}
