/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "harness_expect.h"
#include "harness_script.h"

void connection_init(struct connection *c, struct testbed *testbed, struct routes *routes,
		     bool ipv6)
{
	memset(c, 0, sizeof(*c));
	c->testbed = testbed;
	c->routes = routes;
	c->ipv6 = ipv6;
	c->client_address = segment_address(ipv6 ? "fd00:c::10" : "192.0.2.10");
	c->node_address = routes_node_address(ipv6);
	c->listener = routes_listener(ipv6, false);
	c->other_listener = routes_listener(ipv6, true);
	for (unsigned pod = 0; pod < NETWORK_PODS; pod++)
		c->pod_address[pod] = routes_pod_address(ipv6, pod);
	c->client_port = 40000;
	c->pod_source_port = 40000;
	c->listener_port = 80;
	c->pod_port = ROUTES_POD_PORT;
	c->client = (struct party){.syn_layout = "mstnw",
				   .mss = ipv6 ? 1440 : 1460,
				   .wscale = 7,
				   .window = 502,
				   .ttl = 63,
				   .isn = 1000000,
				   .tsval = 500000};
	c->pod = (struct party){.syn_layout = "mstnw",
				.mss = ipv6 ? 1440 : 1460,
				.wscale = 7,
				.window = 509,
				.ttl = 64,
				.isn = 7000000,
				.tsval = 900000};
}

static const char *data_layout(const struct party *party)
{
	return party->timestamps ? "nnt" : "";
}

static void set_options(struct tcp_segment *segment, const struct party *party, const char *layout)
{
	struct tcp_options *options = &segment->options;

	memset(options, 0, sizeof(*options));
	memcpy(options->layout, layout, strlen(layout));
	if (segment_has(segment, 'm'))
		options->mss = party->mss;
	if (segment_has(segment, 'w'))
		options->wscale = party->wscale;
	if (segment_has(segment, 't')) {
		options->tsval = party->tsval;
		options->tsecr = party->tsecr;
	}
}

static void set_content(struct tcp_segment *segment, const struct party *party, const char *text)
{
	segment->seq = party->next;
	segment->ack = party->ack;
	segment->window = party->window;
	segment->ttl = party->ttl;
	segment->payload = text;
	segment->payload_length = text ? strlen(text) : 0;
}

static void address_from_client(const struct connection *c, struct tcp_segment *segment)
{
	const struct network_device *device = &c->testbed->network.client;

	segment->source = c->client_address;
	segment->destination = c->listener;
	segment->source_port = c->client_port;
	segment->destination_port = c->listener_port;
	memcpy(segment->source_mac, device->far_mac, 6);
	memcpy(segment->destination_mac, device->own_mac, 6);
}

static void address_from_pod(const struct connection *c, struct tcp_segment *segment)
{
	const struct network_device *device = &c->testbed->network.pod[c->pod_number];

	segment->source = c->pod_address[c->pod_number];
	segment->destination = c->has_nat ? c->node_address : c->client_address;
	segment->source_port = c->pod_port;
	segment->destination_port = c->pod_source_port;
	memcpy(segment->source_mac, device->far_mac, 6);
	memcpy(segment->destination_mac, device->own_mac, 6);
}

/* Who receives it is who would have sent the reverse. */
static void reverse(struct tcp_segment *segment)
{
	struct tcp_segment was = *segment;

	segment->source = was.destination;
	segment->destination = was.source;
	segment->source_port = was.destination_port;
	segment->destination_port = was.source_port;
	memcpy(segment->source_mac, was.destination_mac, 6);
	memcpy(segment->destination_mac, was.source_mac, 6);
}

struct tcp_segment client_segment(const struct connection *c, uint16_t flags, const char *text)
{
	struct tcp_segment segment = {.flags = flags | TCP_ACK};

	address_from_client(c, &segment);
	set_content(&segment, &c->client, text);
	set_options(&segment, &c->client, data_layout(&c->client));
	return segment;
}

struct tcp_segment pod_segment(const struct connection *c, uint16_t flags, const char *text)
{
	struct tcp_segment segment = {.flags = flags | TCP_ACK};

	address_from_pod(c, &segment);
	set_content(&segment, &c->pod, text);
	set_options(&segment, &c->pod, data_layout(&c->pod));
	return segment;
}

struct tcp_segment client_syn(const struct connection *c)
{
	struct tcp_segment segment = client_segment(c, 0, NULL);

	segment.flags = TCP_SYN;
	segment.seq = c->client.isn;
	segment.ack = 0;
	segment.window = 64240;
	set_options(&segment, &c->client, c->client.syn_layout);
	segment.options.tsecr = 0;
	return segment;
}

struct tcp_segment pod_syn_ack(const struct connection *c)
{
	struct tcp_segment segment = pod_segment(c, TCP_SYN, NULL);

	segment.seq = c->pod.isn;
	segment.window = 65160;
	set_options(&segment, &c->pod, c->pod.syn_layout);
	return segment;
}

struct tcp_segment answer_to_client(const struct connection *c, uint16_t flags, const char *text)
{
	struct tcp_segment segment = {.flags = flags | TCP_ACK};

	address_from_client(c, &segment);
	reverse(&segment);
	segment.seq = c->client.ack;
	segment.ack = c->client.next;
	segment.ttl = ROUTER_TTL;
	segment.payload = text;
	segment.payload_length = text ? strlen(text) : 0;
	set_options(&segment, &c->client, data_layout(&c->client));
	if (segment_has(&segment, 't')) {
		segment.options.tsval = c->router_tsval;
		segment.options.tsecr = c->client.tsval;
	}
	return segment;
}

struct tcp_segment answer_to_pod(const struct connection *c, uint16_t flags, const char *text)
{
	struct tcp_segment segment = {.flags = flags | TCP_ACK};

	address_from_pod(c, &segment);
	reverse(&segment);
	segment.seq = c->pod.ack;
	segment.ack = c->pod.next;
	segment.ttl = ROUTER_TTL;
	segment.window = c->client.window;
	segment.payload = text;
	segment.payload_length = text ? strlen(text) : 0;
	set_options(&segment, &c->pod, data_layout(&c->pod));
	if (segment_has(&segment, 't')) {
		segment.options.tsval = c->client.tsval;
		segment.options.tsecr = c->pod.tsval;
	}
	return segment;
}

/* A pod without window scale takes the field as it stands. */
static uint16_t unscaled_window(const struct connection *c, uint16_t window)
{
	bool scaled = strchr(c->client.syn_layout, 'w') && !strchr(c->pod.syn_layout, 'w');
	uint32_t shifted = (uint32_t)window << (scaled ? c->client.wscale : 0);

	return shifted > UINT16_MAX ? UINT16_MAX : (uint16_t)shifted;
}

struct tcp_segment translated_to_pod(const struct connection *c, const struct tcp_segment *segment)
{
	struct tcp_segment result = *segment;
	uint32_t d = c->router_isn - c->pod.isn, t = c->router_tsval - c->pod_tsval;

	address_from_pod(c, &result);
	reverse(&result);
	result.ttl = ROUTER_TTL;
	result.urgent = 0;
	result.flags &= (uint16_t)~TCP_URG;
	result.window = unscaled_window(c, segment->window);
	result.seq -= c->e;
	result.ack -= d;
	for (unsigned i = 0; i < result.options.sack_count; i++) {
		result.options.sack[i].left -= d;
		result.options.sack[i].right -= d;
	}
	if (segment_has(segment, 't'))
		result.options.tsecr -= t;
	return result;
}

static uint16_t scaled_window(const struct connection *c, uint16_t window)
{
	bool scaled = strchr(c->client.syn_layout, 'w') && strchr(c->pod.syn_layout, 'w');
	uint32_t shifted = (uint32_t)window << (scaled ? c->pod.wscale : 0) >>
			   (strchr(c->client.syn_layout, 'w') ? ROUTER_WSCALE : 0);

	if (shifted > UINT16_MAX)
		return UINT16_MAX;
	return window && !shifted ? 1 : (uint16_t)shifted;
}

struct tcp_segment translated_to_client(const struct connection *c,
					const struct tcp_segment *segment)
{
	struct tcp_segment result = *segment;

	address_from_client(c, &result);
	reverse(&result);
	result.ttl = ROUTER_TTL;
	result.seq += c->router_isn - c->pod.isn;
	result.ack += c->e;
	for (unsigned i = 0; i < result.options.sack_count; i++) {
		result.options.sack[i].left += c->e;
		result.options.sack[i].right += c->e;
	}
	result.window = scaled_window(c, segment->window);
	if (segment_has(segment, 't'))
		result.options.tsval += c->router_tsval - c->pod_tsval;
	return result;
}
