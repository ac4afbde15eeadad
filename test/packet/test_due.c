/* SPDX-License-Identifier: Apache-2.0 */
/* What time alone brings: silent clients and pods are sent what they are owed by the agent. */
#include <bpf/libbpf.h>
#include <time.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/datapath/due_sends.h"
#include "harness.h"
#include "harness_legs.h"
#include "harness_sweep.h"
#include "pathroute_tc.skel.h"

/* ---- The head's deadline ---- */

static void begin_overdue(struct connection *c)
{
	struct datapath_settings settings = sweep_short_timeouts();

	settings.closing_timeout = 100 * SWEEP_SECOND;
	sweep_use(c, &settings);
	testbed_attach(c->testbed);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	assert_true(sweep_wait(c, FLOW_OVERDUE, 1));
}

static void an_overdue_head_is_answered_408_without_a_packet(void **state)
{
	struct connection *c = *state;

	begin_overdue(c);
	sweep_send(c);
	expect_verdict(c, VERDICT_HEAD_TIMEOUT);
	expect_own_reply(c, "HTTP/1.1 408 ");
	expect_number(flow_of(c).state, FLOW_CLOSING);
}

/* It may have been lost, and the client has no reason to ask. */
static void a_408_goes_again_until_it_is_acknowledged(void **state)
{
	static const uint32_t due[] = {1, 2, 4}; /* seconds behind the one before */
	struct connection *c = *state;

	begin_overdue(c);
	sweep_send(c);
	expect_own_reply(c, "HTTP/1.1 408 ");
	expect_nothing_due(c);
	for (unsigned i = 0; i < 3; i++) {
		sweep_age(c, due[i] * SWEEP_SECOND);
		sweep_send(c);
		expect_verdict(c, VERDICT_REPLY_REPEATED);
		expect_own_reply(c, "HTTP/1.1 408 ");
	}
	c->client.ack = flow_of(c).pod_fin;
	client_says(c, TCP_FIN, NULL);
	expect_nothing_due(c);
}

static void a_reply_that_the_client_asks_for_itself_does_not_go_again(void **state)
{
	struct connection *c = *state;

	client_connects(c);
	client_says(c, TCP_PSH, "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_own_reply(c, "HTTP/1.1 500 ");
	sweep_age(c, SWEEP_SECOND);
	expect_nothing_due(c);
}

/* ---- The SYN to a silent pod ---- */

static unsigned call_silent_pod(struct connection *c, const char *request)
{
	testbed_attach(c->testbed);
	call_pod(c, request);
	return c->pod_number;
}

static void a_syn_to_a_silent_pod_is_repeated_after_a_second(void **state)
{
	struct connection *c = *state;
	unsigned pod = call_silent_pod(c, REQUEST_PAIR);

	expect_nothing_due(c);
	sweep_age(c, SWEEP_SECOND + 1);
	sweep_send(c);
	expect_verdict(c, VERDICT_POD_SYN_REPEATED);
	expect_number(take_pod_syn(c).seq, c->client.isn);
	expect_nothing_more(c);
	expect_number(c->pod_number, pod);
	expect_nothing_due(c);
}

static void two_seconds_later_another_pod_is_tried(void **state)
{
	struct connection *c = *state;
	unsigned pod = call_silent_pod(c, REQUEST_PAIR);

	sweep_age(c, SWEEP_SECOND + 1);
	sweep_send(c);
	take_pod_syn(c);
	sweep_age(c, 2 * SWEEP_SECOND - 100);
	expect_nothing_due(c);
	sweep_age(c, 101);
	sweep_send(c);
	expect_verdict(c, VERDICT_POD_SYN_ELSEWHERE);
	take_pod_syn(c);
	assert_int_not_equal(c->pod_number, pod);
	pod_accepts(c);
	expect_stream(c, REQUEST_PAIR, strlen(REQUEST_PAIR));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void when_no_pod_has_answered_in_time_the_client_is_sent_503(void **state)
{
	struct connection *c = *state;

	call_silent_pod(c, REQUEST_PAIR);
	sweep_age(c, 11 * SWEEP_SECOND);
	sweep_send(c);
	expect_verdict(c, VERDICT_ENDPOINTS_FAILED);
	expect_own_reply(c, "HTTP/1.1 503 ");
	expect_number(flow_of(c).state, FLOW_CLOSING);
}

static void a_request_whose_body_is_under_way_loses_nothing_by_a_repeated_syn(void **state)
{
	struct connection *c = *state;

	call_silent_pod(c, "POST /pair HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbody");
	sweep_age(c, SWEEP_SECOND + 1);
	sweep_send(c);
	take_pod_syn(c);
	pod_accepts(c);
	pod_passes(c, 0, NULL);
	client_passes(c, TCP_PSH, " goes");
	reply_is_taken(c, REPLY_OK);
}

/* ---- The end ---- */

static void a_silent_connection_is_ended_at_all_sides(void **state)
{
	struct connection *c = *state;
	struct tcp_segment parked_fin, reset, got;
	struct leg parked, used;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &parked);
	reply_is_taken(c, REPLY_OK);
	used = leg_of(c);
	reset = answer_to_pod(c, TCP_RST, NULL);
	memset(&reset.options, 0, sizeof(reset.options));
	leg_speak(c, &parked);
	parked_fin = answer_to_pod(c, TCP_FIN, NULL);
	sweep_age(c, c->testbed->settings.idle_timeout + 1);
	sweep_send(c);
	expect_verdict(c, VERDICT_FLOW_EXPIRED);
	expect_segment(c, &reset, 0);
	expect_segment(c, &parked_fin, 0);
	got = take_segment(c);
	assert_memory_equal(&got.destination, &c->client_address, sizeof(got.destination));
	expect_number(got.flags, TCP_RST | TCP_ACK);
	expect_number(got.seq, c->client.ack);
	expect_nothing_more(c);
	expect_number(flow_of(c).state, FLOW_TAIL);
	expect_number(active_on(c, used.pod_number), 0);
}

/* A RST with the number in front of the FIN would be nothing to it. */
static void a_client_that_has_the_pods_fin_is_reset_behind_it(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH | TCP_FIN, "HTTP/1.0 200 OK\r\n\r\nall");
	client_passes(c, 0, NULL);
	sweep_age(c, c->testbed->settings.half_timeout + 1);
	sweep_send(c);
	expect_verdict(c, VERDICT_FLOW_EXPIRED);
	take_segment(c); /* the pod's */
	got = take_segment(c);
	expect_number(got.flags, TCP_RST | TCP_ACK);
	expect_number(got.seq, c->client.ack);
}

/* So that its kernel need not send it again and again. */
static void the_fin_of_a_parked_pod_is_answered_after_the_end(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin;
	struct leg parked;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_OK);
	reroute(c, REQUEST_API, &parked);
	reply_is_taken(c, REPLY_OK);
	sweep_age(c, c->testbed->settings.idle_timeout + 1);
	sweep_send(c);
	leg_speak(c, &parked);
	c->pod.ack++;
	fin = pod_segment(c, TCP_FIN, NULL);
	pod_sends(c, &fin);
	expect_verdict(c, VERDICT_PARKED_ANSWERED);
	expect_number(take_segment(c).ack, fin.seq + 1);
}

static void a_flow_that_has_been_replaced_is_left_alone(void **state)
{
	struct connection *c = *state;
	struct due_send send = {.slot = 0, .generation = 1, .ipv6 = c->ipv6};

	testbed_attach(c->testbed);
	connection_splice(c, REQUEST_PAIR);
	sweep_age(c, c->testbed->settings.idle_timeout + 1);
	expect_number(testbed_send(c->testbed, &send), 0);
	expect_number(c->testbed->verdict_count, 0);
	send = (struct due_send){.slot = UINT32_MAX, .generation = 0};
	expect_number(testbed_send(c->testbed, &send), 0);
	expect_nothing_more(c);
}

/* ---- The agent is asked ---- */

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Sends what the timer has asked for, as the agent does, until there was something. */
static void wait_for_send(struct connection *c, struct due_sends *sends)
{
	int fd = bpf_program__fd(c->testbed->skeleton->progs.pathroute_send);
	const struct timespec pause = {.tv_nsec = 10000000};
	int count = 0;

	for (unsigned waited = 0; waited < SWEEP_WAIT_MS && !count; waited += 10) {
		count = due_sends_run(sends, fd, 10);
		nanosleep(&pause, NULL);
	}
	expect_number(count, 1);
}

static void due_sends_closep(struct due_sends **sends)
{
	due_sends_close(*sends);
}

static void the_timer_asks_once_a_second_while_something_is_due(void **state)
{
	_cleanup_(due_sends_closep) struct due_sends *sends = NULL;
	struct datapath_settings settings = sweep_short_timeouts();
	struct connection *c = *state;
	uint64_t first;

	settings.connect_timeout = 100 * SWEEP_SECOND;
	sweep_use(c, &settings);
	expect_number(due_sends_open(testbed_map(c->testbed, "due_ring"), &sends), 0);
	/* Not attached: what is sent meets no program that knows the flow, and stays due. */
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_PAIR);
	wait_for_send(c, sends);
	first = clock_ms();
	wait_for_send(c, sends);
	assert_in_range(clock_ms() - first, 700, 3000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(an_overdue_head_is_answered_408_without_a_packet),
		BOTH(a_408_goes_again_until_it_is_acknowledged),
		BOTH(a_reply_that_the_client_asks_for_itself_does_not_go_again),
		BOTH(a_syn_to_a_silent_pod_is_repeated_after_a_second),
		BOTH(two_seconds_later_another_pod_is_tried),
		BOTH(when_no_pod_has_answered_in_time_the_client_is_sent_503),
		BOTH(a_request_whose_body_is_under_way_loses_nothing_by_a_repeated_syn),
		BOTH(a_silent_connection_is_ended_at_all_sides),
		BOTH(a_client_that_has_the_pods_fin_is_reset_behind_it),
		BOTH(the_fin_of_a_parked_pod_is_answered_after_the_end),
		BOTH(a_flow_that_has_been_replaced_is_left_alone),
		BOTH(the_timer_asks_once_a_second_while_something_is_due),
	};

	return HARNESS_RUN(tests);
}
