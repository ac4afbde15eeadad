/* SPDX-License-Identifier: Apache-2.0 */
/* A pod that owes the reply to a safe request, and says nothing: slow, or gone without a word. */
#include "harness.h"
#include "harness_legs.h"
#include "harness_sweep.h"

#define PROBE_AFTER (10 * SWEEP_SECOND + 1)
#define POST_PAIR "POST /pair HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"

/* The keep-alive probe of RFC 9293 3.8.4: one byte below what the pod expects. */
static void expect_probe(struct connection *c)
{
	struct tcp_segment want;

	sweep_send(c);
	expect_verdict(c, VERDICT_SILENT_PROBED);
	want = answer_to_pod(c, 0, NULL);
	want.seq--;
	expect_only(c, &want, 0);
}

static void fall_silent(struct connection *c)
{
	sweep_age(c, PROBE_AFTER);
	for (unsigned i = 0; i < 3; i++) {
		expect_probe(c);
		expect_nothing_due(c);
		sweep_age(c, SWEEP_SECOND);
	}
}

static void a_pod_that_owes_a_reply_is_probed_after_ten_seconds(void **state)
{
	struct connection *c = *state;

	testbed_attach(c->testbed);
	connection_splice(c, REQUEST_PAIR);
	sweep_age(c, PROBE_AFTER - 200);
	expect_nothing_due(c);
	sweep_age(c, 200);
	expect_probe(c);
}

static void a_pod_that_answers_a_probe_is_waited_for(void **state)
{
	struct connection *c = *state;

	testbed_attach(c->testbed);
	connection_splice(c, REQUEST_PAIR);
	fall_silent(c);
	pod_passes(c, 0, NULL);
	expect_nothing_due(c);
	client_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void the_request_of_a_pod_without_a_sign_of_life_goes_to_another(void **state)
{
	struct connection *c = *state;
	struct tcp_segment want;
	struct leg left;

	testbed_attach(c->testbed);
	connection_splice(c, REQUEST_PAIR);
	fall_silent(c);
	want = answer_to_pod(c, TCP_RST, NULL);
	memset(&want.options, 0, sizeof(want.options));
	sweep_send(c);
	expect_segment(c, &want, 0);
	expect_number(testbed_verdict_total(c->testbed, VERDICT_POD_REPLACED), 1);
	leg_leave(c, &left);
	take_pod_syn(c);
	expect_nothing_more(c);
	assert_int_not_equal(c->pod_number, left.pod_number);
	expect_number(active_on(c, left.pod_number), 0);
	pod_accepts(c);
	expect_stream(c, REQUEST_PAIR, strlen(REQUEST_PAIR));
	pod_passes(c, 0, NULL);
	reply_is_taken(c, REPLY_OK);
}

static void a_request_that_several_pods_left_unanswered_is_answered_503(void **state)
{
	struct connection *c = *state;
	struct leg left;

	testbed_attach(c->testbed);
	connection_splice(c, REQUEST_PAIR);
	for (unsigned i = 0; i < 3; i++) {
		fall_silent(c);
		sweep_send(c);
		take_segment(c); /* RST to the pod that is left */
		leg_leave(c, &left);
		take_pod_syn(c);
		pod_accepts(c);
		pod_says(c, 0, NULL);
	}
	fall_silent(c);
	sweep_send(c);
	take_segment(c);
	expect_own_reply(c, "HTTP/1.1 503 ");
}

static void a_pod_that_owes_no_safe_reply_is_not_probed(void **state)
{
	struct connection *c = *state;

	testbed_attach(c->testbed);
	connection_splice(c, POST_PAIR);
	sweep_age(c, PROBE_AFTER);
	expect_nothing_due(c);
	harness_next_client(c);
	connection_splice(c, REQUEST_PAIR);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\n");
	sweep_age(c, PROBE_AFTER);
	expect_nothing_due(c);
	harness_next_client(c);
	connection_splice(c, REQUEST_PAIR);
	reply_is_taken(c, REPLY_OK);
	sweep_age(c, PROBE_AFTER);
	expect_nothing_due(c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_pod_that_owes_a_reply_is_probed_after_ten_seconds),
		BOTH(a_pod_that_answers_a_probe_is_waited_for),
		BOTH(the_request_of_a_pod_without_a_sign_of_life_goes_to_another),
		BOTH(a_request_that_several_pods_left_unanswered_is_answered_503),
		BOTH(a_pod_that_owes_no_safe_reply_is_not_probed),
	};

	return HARNESS_RUN(tests);
}
