/* SPDX-License-Identifier: Apache-2.0 */
/* Upgrades: WebSocket makes a connection opaque, anything else is not offered to the pod. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define WEBSOCKET                                                      \
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade" \
	"\r\nUpgrade: websocket\r\n\r\n"
#define SWITCHING                                                \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket" \
	"\r\nConnection: Upgrade\r\n\r\n"
#define H2C(name)                                                                    \
	"GET / HTTP/1.1\r\nHost: a\r\n" name ": h2c\r\nHTTP2-Settings: AAMAAABk\r\n" \
	"Connection: Upgrade, HTTP2-Settings\r\n\r\n"

/* Whatever it looks like: bytes of the other protocol. */
static void expect_opaque(struct connection *c)
{
	for (unsigned i = 0; i < 3; i++) {
		client_passes(c, TCP_PSH, REQUEST_API);
		pod_passes(c, TCP_PSH, REPLY_LAST);
		client_passes(c, TCP_PSH, "\x81\x05hello");
		pod_passes(c, TCP_PSH, SWITCHING);
	}
	expect_number(parked_of(c), 0);
}

static void a_wanted_101_makes_both_directions_opaque(void **state)
{
	struct connection *c = *state;

	connection_splice(c, WEBSOCKET);
	expect_stream(c, WEBSOCKET, strlen(WEBSOCKET));
	pod_passes(c, TCP_PSH, SWITCHING "\x81\x02hi");
	client_passes(c, 0, NULL);
	expect_opaque(c);
}

static void an_opaque_connection_runs_on_for_gigabytes(void **state)
{
	const uint32_t step = 0x10000000;
	struct connection *c = *state;
	uint32_t client_start, pod_start;

	connection_splice(c, WEBSOCKET);
	reply_is_taken(c, SWITCHING);
	client_start = c->client.next;
	pod_start = c->pod.next;
	for (unsigned i = 1; i < 20; i++) {
		c->client.next = client_start + i * step;
		c->pod.ack = c->client.next;
		client_passes(c, TCP_PSH, REQUEST_API);
		c->pod.next = pod_start + i * step;
		c->client.ack = c->pod.next + c->router_isn - c->pod.isn;
		pod_passes(c, TCP_PSH, REPLY_LAST);
	}
}

static void the_end_of_an_opaque_connection_is_shown(void **state)
{
	struct connection *c = *state;

	connection_splice(c, WEBSOCKET);
	reply_is_taken(c, SWITCHING);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, TCP_PSH | TCP_FIN, "bye");
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

static void the_rst_of_an_opaque_connection_is_shown(void **state)
{
	struct connection *c = *state;

	connection_splice(c, WEBSOCKET);
	reply_is_taken(c, SWITCHING);
	pod_passes(c, TCP_RST, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

static void a_later_request_may_be_upgraded(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, WEBSOCKET);
	reply_is_taken(c, SWITCHING);
	expect_opaque(c);
}

static void bytes_behind_a_request_for_an_upgrade_wait(void **state)
{
	struct connection *c = *state;

	connection_splice(c, WEBSOCKET);
	client_says(c, TCP_PSH, "\x81\x05hello");
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	c->client.next -= 7;
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	c->client.next -= LENGTH(REQUEST_ROOT);
	reply_is_taken(c, SWITCHING);
	expect_number(flow_of(c).progress & FLOW_PENDING, 0);
	client_passes(c, TCP_PSH, "\x81\x05hello");
}

/* Its client need not send it again. */
static void a_request_behind_a_refused_upgrade_begins(void **state)
{
	struct connection *c = *state;

	connection_splice(c, WEBSOCKET);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* In one segment with it: they may be the other protocol's, or a request. */
static void bytes_in_the_segment_of_a_request_for_an_upgrade_wait(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, WEBSOCKET REQUEST_ROOT);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, WEBSOCKET, strlen(WEBSOCKET));
	pod_passes(c, 0, NULL);
	pod_passes(c, TCP_PSH, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_LEG_RESUMED);
	take_segment(c);
	c->stream_length = 0;
	pod_receives(c);
	expect_stream(c, REQUEST_ROOT, strlen(REQUEST_ROOT));
}

/* Only its own reply ends the wait. */
static void a_reply_to_an_earlier_request_does_not_refuse_an_upgrade(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_passes(c, TCP_PSH, WEBSOCKET);
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	c->client.next -= LENGTH(REQUEST_ROOT);
	reply_is_taken(c, SWITCHING);
	expect_opaque(c);
}

static void a_refused_upgrade_goes_on(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		REPLY_OK,
		("HTTP/1.1 103 Early Hints\r\n\r\n" REPLY_OK),
	};
	struct connection *c = *state;
	struct leg left;

	for (unsigned i = 0; i < 3; i++) {
		connection_splice(c, WEBSOCKET);
		reply_is_taken(c, replies[i]);
		expect_number(flow_of(c).progress & FLOW_FINAL, 0);
		client_passes(c, TCP_PSH, REQUEST_ROOT);
		reply_is_taken(c, REPLY_OK);
		reroute(c, REQUEST_API, &left);
		reply_is_taken(c, REPLY_OK);
		harness_next_client(c);
	}
}

static void a_101_that_nobody_asked_for_resets_both_sides(void **state)
{
	static const char *const requests[] = {
		REQUEST_ROOT,
		"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok",
		H2C("Upgrade"),
	};
	struct connection *c = *state;

	for (unsigned i = 0; i < 4; i++) {
		connection_splice(c, requests[i]);
		pod_says(c, TCP_PSH, SWITCHING);
		expect_both_reset(c, VERDICT_UPGRADE_UNWANTED);
		expect_number(flow_of(c).state, FLOW_FREE);
		expect_number(active_on(c, 0), 0);
		harness_next_client(c);
	}
}

/* Equal length, the same each time: nothing moves. */
static void an_offer_of_h2c_is_overwritten(void **state)
{
	static const char *const names[][2] = {{H2C("Upgrade"), H2C("X-Upgrd")},
					       {H2C("upgrade"), H2C("X-Upgrd")}};
	struct connection *c = *state;

	for (unsigned i = 0; i < 2; i++) {
		client_connects(c);
		client_says(c, TCP_PSH, names[i][0]);
		expect_verdict(c, VERDICT_POD_SYN);
		take_pod_syn(c);
		pod_accepts(c);
		expect_stream(c, names[i][1], strlen(names[i][1]));
		c->client.next = c->client.isn + 1;
		c->pod.ack = c->client.next;
		c->stream_length = 0;
		client_says(c, TCP_PSH, names[i][0]);
		expect_verdict(c, VERDICT_HOLD_REPEATED);
		pod_receives(c);
		expect_stream(c, names[i][1], strlen(names[i][1]));
		pod_passes(c, 0, NULL);
		reply_is_taken(c, REPLY_OK);
		client_passes(c, TCP_PSH, REQUEST_ROOT);
		harness_next_client(c);
	}
}

static void an_offer_of_h2c_in_a_later_request_is_overwritten(void **state)
{
	struct connection *c = *state;
	struct leg leg;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	leg = leg_of(c);
	leg_return(c, &leg);
	client_says(c, TCP_PSH, H2C("Upgrade"));
	expect_verdict(c, VERDICT_LEG_RESUMED);
	pod_receives(c);
	expect_stream(c, H2C("X-Upgrd"), strlen(H2C("X-Upgrd")));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
}

static void an_offer_of_h2c_in_a_head_of_parts_is_overwritten(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says_part(c, TCP_PSH, H2C("Upgrade"), 30);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	client_says(c, TCP_PSH, &H2C("Upgrade")[30]);
	expect_verdict(c, VERDICT_POD_SYN);
	take_pod_syn(c);
	pod_accepts(c);
	expect_stream(c, H2C("X-Upgrd"), strlen(H2C("X-Upgrd")));
}

static void a_client_that_ends_while_an_upgrade_is_asked_for_is_half_closed(void **state)
{
	struct connection *c = *state;

	connection_splice(c, WEBSOCKET);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, TCP_PSH | TCP_FIN, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
	client_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_wanted_101_makes_both_directions_opaque),
		BOTH(an_opaque_connection_runs_on_for_gigabytes),
		BOTH(the_end_of_an_opaque_connection_is_shown),
		BOTH(the_rst_of_an_opaque_connection_is_shown),
		BOTH(a_later_request_may_be_upgraded),
		BOTH(bytes_behind_a_request_for_an_upgrade_wait),
		BOTH(a_request_behind_a_refused_upgrade_begins),
		BOTH(bytes_in_the_segment_of_a_request_for_an_upgrade_wait),
		BOTH(a_reply_to_an_earlier_request_does_not_refuse_an_upgrade),
		BOTH(a_refused_upgrade_goes_on),
		BOTH(a_101_that_nobody_asked_for_resets_both_sides),
		BOTH(an_offer_of_h2c_is_overwritten),
		BOTH(an_offer_of_h2c_in_a_later_request_is_overwritten),
		BOTH(an_offer_of_h2c_in_a_head_of_parts_is_overwritten),
		BOTH(a_client_that_ends_while_an_upgrade_is_asked_for_is_half_closed),
	};

	return HARNESS_RUN(tests);
}
