/* SPDX-License-Identifier: Apache-2.0 */
/* Pods whose connection waits for another request: the router answers them, the client is not told.
 */
#include <stdio.h>

#include "harness.h"
#include "harness_legs.h"
#include "harness_sweep.h"

static const char *more_request(unsigned rule)
{
	static char text[64];

	snprintf(text, sizeof(text), "GET /more/%u HTTP/1.1\r\nHost: a\r\n\r\n", rule);
	return text;
}

/* Pod 0 is parked, and pod 1 has a request; the script speaks for pod 0. */
static void park(struct connection *c, struct leg *ret_used)
{
	struct leg parked;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &parked);
	*ret_used = leg_of(c);
	leg_speak(c, &parked);
	c->pod.tsval += 3;
	c->pod.tsecr = c->client.tsval;
}

/* The connection of the client and the other pod is as it was. */
static void expect_undisturbed(struct connection *c, const struct leg *used)
{
	leg_speak(c, used);
	reply_is_taken(c, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_API);
}

static void expect_answer(struct connection *c, uint16_t flags)
{
	struct tcp_segment want = answer_to_pod(c, flags, NULL);

	expect_verdict(c, VERDICT_PARKED_ANSWERED);
	expect_only(c, &want, 0);
}

static void a_keep_alive_probe_of_a_parked_pod_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment probe;
	struct leg used;

	park(c, &used);
	probe = pod_segment(c, 0, NULL);
	probe.seq--;
	for (unsigned i = 0; i < 3; i++) {
		pod_sends(c, &probe);
		expect_answer(c, 0);
	}
	expect_undisturbed(c, &used);
	expect_number(parked_of(c), 1);
}

/* Its last acknowledgement was lost. */
static void data_that_a_parked_pod_sends_again_is_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment again;
	struct leg used;

	park(c, &used);
	again = pod_segment(c, TCP_PSH, REPLY_OK);
	again.seq -= (uint32_t)strlen(REPLY_OK);
	pod_sends(c, &again);
	expect_answer(c, 0);
	expect_undisturbed(c, &used);
}

static void a_pure_ack_of_a_parked_pod_is_swallowed(void **state)
{
	struct connection *c = *state;
	struct leg used;

	park(c, &used);
	pod_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_undisturbed(c, &used);
}

static void a_fin_of_a_parked_pod_is_answered_until_it_is_done(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin, want;
	struct leg used;

	park(c, &used);
	fin = pod_segment(c, TCP_FIN, NULL);
	for (unsigned i = 0; i < 3; i++) {
		pod_sends(c, &fin);
		expect_answer(c, TCP_FIN);
	}
	want = answer_to_pod(c, TCP_FIN, NULL);
	pod_hears(c, &want);
	pod_says(c, 0, NULL);
	expect_dropped(c, VERDICT_ACK_SWALLOWED);
	expect_number(parked_of(c), 0);
	expect_number(active_on(c, 0), 0);
	expect_undisturbed(c, &used);
}

static void a_parked_pod_that_has_ended_gets_no_request(void **state)
{
	struct connection *c = *state;
	struct leg used, left;

	park(c, &used);
	pod_says(c, TCP_FIN, NULL);
	expect_answer(c, TCP_FIN);
	leg_speak(c, &used);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_ROOT, &left);
	expect_number(c->pod_number, 0);
	assert_int_not_equal(c->pod_source_port, c->client_port);
	reply_is_taken(c, REPLY_OK);
}

static void new_data_of_a_parked_pod_is_reset(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;
	struct leg used;

	park(c, &used);
	pod_says(c, TCP_PSH, REPLY_OK);
	expect_verdict(c, VERDICT_UNSOLICITED_REPLY);
	got = take_segment(c);
	expect_nothing_more(c);
	expect_number(got.flags, TCP_RST);
	expect_number(got.seq, c->pod.ack);
	assert_memory_equal(&got.destination, &c->pod_address[0], 16);
	expect_number(got.destination_port, c->pod_port);
	expect_number(got.source_port, c->pod_source_port);
	expect_number(parked_of(c), 0);
	expect_number(active_on(c, 0), 0);
	expect_undisturbed(c, &used);
}

static void a_rst_of_a_parked_pod_is_the_end_of_it(void **state)
{
	struct connection *c = *state;
	struct leg used;

	park(c, &used);
	pod_says(c, TCP_RST, NULL);
	expect_dropped(c, VERDICT_RST_SWALLOWED);
	expect_number(parked_of(c), 0);
	expect_number(active_on(c, 0), 0);
	expect_undisturbed(c, &used);
}

/* RFC 5961 3.2: only the exact number counts. */
static void a_forged_rst_of_a_parked_pod_changes_nothing(void **state)
{
	struct connection *c = *state;
	struct tcp_segment reset;
	struct leg used;

	park(c, &used);
	reset = pod_segment(c, TCP_RST, NULL);
	reset.seq += 7;
	pod_sends(c, &reset);
	expect_dropped(c, VERDICT_RST_SWALLOWED);
	expect_number(parked_of(c), 1);
	expect_undisturbed(c, &used);
}

/* Legs to one pod have ports of their own. */
static void rules_of_one_pod_have_a_connection_each(void **state)
{
	struct connection *c = *state;
	struct leg left;
	uint16_t port;

	connection_splice(c, more_request(0));
	port = c->pod_source_port;
	reply_is_taken(c, REPLY_OK);
	reroute(c, more_request(1), &left);
	expect_number(c->pod_number, 2);
	assert_int_not_equal(c->pod_source_port, port);
	expect_number(active_on(c, 2), 2);
	reply_is_taken(c, REPLY_OK);
}

/* One leg in use and four parked; whose connection it was is known by the RST. */
static void at_most_four_pods_are_parked(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;
	struct leg left;
	unsigned resets = 0;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	for (unsigned i = 0; i < ROUTES_MORE; i++) {
		reroute(c, more_request(i), &left);
		reply_is_taken(c, REPLY_OK);
		expect_number(parked_of(c), i + 1);
	}
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	leg_leave(c, &left);
	got = take_segment(c);
	resets += got.flags == (TCP_RST | TCP_ACK);
	take_pod_syn(c);
	expect_nothing_more(c);
	expect_number(resets, 1);
	expect_number(parked_of(c), 4);
	expect_number(active_on(c, 0) + active_on(c, 2), 4);
	pod_accepts(c);
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

/* Whatever else is to be had: the pod that has ended goes first. */
static void a_pod_that_has_ended_makes_room(void **state)
{
	struct connection *c = *state;
	struct leg first, left;
	struct tcp_segment got;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	for (unsigned i = 0; i < ROUTES_MORE; i++) {
		reroute(c, more_request(i), i ? &left : &first);
		reply_is_taken(c, REPLY_OK);
	}
	left = leg_of(c);
	leg_speak(c, &first);
	pod_says(c, TCP_FIN, NULL);
	expect_verdict(c, VERDICT_PARKED_ANSWERED);
	leg_speak(c, &left);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
	got = take_segment(c);
	expect_number(got.flags, TCP_RST | TCP_ACK);
	assert_memory_equal(&got.destination, &c->pod_address[0], 16);
	expect_number(active_on(c, 0), 0);
	expect_number(active_on(c, 2), 4);
}

static void expect_farewell(struct connection *c, uint16_t flags)
{
	struct leg used, parked;
	struct tcp_segment segment, end, want;

	park(c, &used);
	parked = leg_of(c);
	leg_speak(c, &used);
	reply_is_taken(c, REPLY_OK);
	segment = client_segment(c, flags, NULL);
	want = translated_to_pod(c, &segment);
	leg_speak(c, &parked);
	end = answer_to_pod(c, TCP_FIN, NULL);
	client_sends(c, &segment);
	expect_verdict(c, VERDICT_TO_POD);
	expect_segment(c, &want, 0);
	end.options.tsecr -= 3;
	expect_only(c, &end, 0);
}

static void a_fin_of_the_client_ends_parked_pods_too(void **state)
{
	struct connection *c = *state;

	expect_farewell(c, TCP_FIN);
	expect_number(flow_of(c).state, FLOW_SPLICED);
}

static void a_rst_of_the_client_ends_parked_pods_too(void **state)
{
	struct connection *c = *state;

	expect_farewell(c, TCP_RST);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

/* Both rules' pods, one behind the other; then all of it is free again. */
static void a_flow_that_ends_forgets_its_parked_pods(void **state)
{
	struct connection *c = *state;
	struct leg used;

	park(c, &used);
	leg_speak(c, &used);
	c->client.isn = c->client.next + 5000000;
	c->client.tsval += 5000;
	c->client.timestamps = false;
	client_connects(c);
	expect_verdict(c, VERDICT_OLD_LEG_RESET);
	expect_number(flow_of(c).state, FLOW_FREE);
	expect_number(active_on(c, 0) + active_on(c, 1), 0);
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
}

static void a_syn_of_a_parked_pod_is_dropped(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn;
	struct leg used;

	park(c, &used);
	syn = pod_segment(c, TCP_SYN, NULL);
	pod_sends(c, &syn);
	expect_dropped(c, VERDICT_OUT_OF_WINDOW);
	expect_number(parked_of(c), 1);
	expect_undisturbed(c, &used);
}

/* Its connections have places of their own, however small the table is. */
static void a_full_table_parks_as_many_pods_as_an_empty_one(void **state)
{
	struct datapath_settings settings = testbed_default_settings();
	struct connection *c = *state;
	struct leg left;

	settings.flows = 1;
	harness_use_settings(c, &settings);
	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	for (unsigned rule = 0; rule < ROUTES_MORE; rule++) {
		reroute(c, more_request(rule), &left);
		reply_is_taken(c, REPLY_OK);
	}
	expect_number(parked_of(c), FLOW_LEGS - 1);
}

/* Many servers probe idle connections every few seconds, for ever. */
static void a_parked_pod_does_not_keep_the_flow_of_a_client_that_has_gone(void **state)
{
	struct connection *c = *state;
	struct tcp_segment probe;
	struct leg used;

	park(c, &used);
	sweep_age(c, c->testbed->settings.idle_timeout + 1);
	probe = pod_segment(c, 0, NULL);
	probe.seq--;
	pod_sends(c, &probe);
	expect_answer(c, 0);
	sweep_send(c);
	expect_verdict(c, VERDICT_FLOW_EXPIRED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_keep_alive_probe_of_a_parked_pod_is_answered),
		BOTH(data_that_a_parked_pod_sends_again_is_acknowledged),
		BOTH(a_pure_ack_of_a_parked_pod_is_swallowed),
		BOTH(a_fin_of_a_parked_pod_is_answered_until_it_is_done),
		BOTH(a_parked_pod_that_has_ended_gets_no_request),
		BOTH(new_data_of_a_parked_pod_is_reset),
		BOTH(a_rst_of_a_parked_pod_is_the_end_of_it),
		BOTH(a_forged_rst_of_a_parked_pod_changes_nothing),
		BOTH(rules_of_one_pod_have_a_connection_each),
		BOTH(at_most_four_pods_are_parked),
		BOTH(a_pod_that_has_ended_makes_room),
		BOTH(a_fin_of_the_client_ends_parked_pods_too),
		BOTH(a_rst_of_the_client_ends_parked_pods_too),
		BOTH(a_flow_that_ends_forgets_its_parked_pods),
		BOTH(a_syn_of_a_parked_pod_is_dropped),
		BOTH(a_full_table_parks_as_many_pods_as_an_empty_one),
		BOTH(a_parked_pod_does_not_keep_the_flow_of_a_client_that_has_gone),
	};

	return HARNESS_RUN(tests);
}
