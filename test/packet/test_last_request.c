/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends behind the last request of its connection goes to nobody. It must not wait
 * for ever where the pod does not end the connection, or has ended it. */
#include <time.h>

#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define REPLY_ODD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 x\r\nok\r\n0\r\n\r\n"
#define TICK_NS (1 << 20)
#define QUIET_TICKS 1100 /* of the pod's silence, and some more */

static uint64_t now_ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) / TICK_NS;
}

/* The client sends the segment again and again while the pod is silent. */
static void repeat_while_quiet(struct connection *c, const struct tcp_segment *segment)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	uint64_t start = now_ticks();

	do {
		client_sends(c, segment);
		nanosleep(&pause, NULL);
	} while (c->testbed->verdict != VERDICT_LAST_NOT_ENDED &&
		 now_ticks() - start < QUIET_TICKS);
}

static void expect_told_and_gone(struct connection *c)
{
	expect_both_reset(c, VERDICT_LAST_NOT_ENDED);
	expect_number(flow_of(c).state, FLOW_FREE);
}

static void nothing_is_forwarded_behind_a_request_that_closes(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
	};
	struct connection *c = *state;

	for (unsigned i = 0; i < 2; i++) {
		connection_splice(c, requests[i]);
		client_says(c, TCP_PSH, REQUEST_ROOT);
		expect_dropped(c, VERDICT_AFTER_LAST);
		c->client.next -= LENGTH(REQUEST_ROOT);
		pod_passes(c, TCP_PSH | TCP_FIN, REPLY_OK);
		client_passes(c, 0, NULL);
		client_says(c, TCP_PSH, REQUEST_ROOT);
		expect_dropped(c, VERDICT_AFTER_LAST);
		harness_next_client(c);
	}
}

/* The client has got the reply, and sends the next request, which goes to nobody. */
static void next_request_is_told(struct connection *c, const char *reply)
{
	struct tcp_segment next;

	reply_is_taken(c, reply);
	next = client_segment(c, TCP_PSH, REQUEST_ROOT);
	client_sends(c, &next);
	expect_dropped(c, VERDICT_AFTER_LAST);
	repeat_while_quiet(c, &next);
	expect_told_and_gone(c);
}

/* It has read the chunk line as it was meant. */
static void a_client_behind_a_reply_that_cannot_be_followed_is_told(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	next_request_is_told(c, REPLY_ODD);
}

/* It has read the reply behind them, which the router has not. */
static void a_client_behind_too_many_interim_replies_is_told(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 33; i++)
		pod_passes(c, TCP_PSH, "HTTP/1.1 102 Processing\r\n\r\n");
	next_request_is_told(c, REPLY_OK);
}

static void a_fin_behind_bytes_that_went_to_nobody_ends_the_connection(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_ODD);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_AFTER_LAST);
	fin = client_segment(c, TCP_FIN, NULL);
	client_sends(c, &fin);
	expect_verdict(c, VERDICT_DUPLICATE_ACKNOWLEDGED);
	repeat_while_quiet(c, &fin);
	expect_told_and_gone(c);
}

/* The pod has promised to close and does not, or has closed: its end was shown. */
static void a_client_behind_the_last_reply_is_told(void **state)
{
	struct connection *c = *state;
	struct tcp_segment next;

	for (unsigned i = 0; i < 2; i++) {
		connection_splice(c, REQUEST_ROOT);
		reply_is_taken(c, REPLY_LAST);
		if (i) {
			pod_passes(c, TCP_FIN, NULL);
			client_passes(c, 0, NULL);
		}
		next = client_segment(c, TCP_PSH, REQUEST_ROOT);
		repeat_while_quiet(c, &next);
		expect_told_and_gone(c);
		harness_next_client(c);
	}
}

/* The end of the connection is the end of the reply: it is still under way. */
static void a_reply_until_the_end_of_the_connection_is_not_cut_short(void **state)
{
	struct connection *c = *state;
	struct tcp_segment next;

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, "HTTP/1.1 200 OK\r\n\r\nok");
	next = client_segment(c, TCP_PSH, REQUEST_ROOT);
	repeat_while_quiet(c, &next);
	expect_dropped(c, VERDICT_AFTER_LAST);
	c->client.next -= LENGTH(REQUEST_ROOT);
	pod_passes(c, TCP_PSH, "more");
	pod_passes(c, TCP_FIN, NULL);
}

/* What it sends may be the rest of a reply: the client waits as long as that comes. */
static void a_pod_that_goes_on_is_not_cut_short(void **state)
{
	struct connection *c = *state;
	uint64_t start = now_ticks();

	connection_splice(c, REQUEST_ROOT);
	reply_is_taken(c, REPLY_ODD);
	while (now_ticks() - start < QUIET_TICKS) {
		client_says(c, TCP_PSH, REQUEST_ROOT);
		expect_dropped(c, VERDICT_AFTER_LAST);
		c->client.next -= LENGTH(REQUEST_ROOT);
		reply_is_taken(c, "more");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(nothing_is_forwarded_behind_a_request_that_closes),
		BOTH(a_client_behind_a_reply_that_cannot_be_followed_is_told),
		BOTH(a_client_behind_too_many_interim_replies_is_told),
		BOTH(a_fin_behind_bytes_that_went_to_nobody_ends_the_connection),
		BOTH(a_client_behind_the_last_reply_is_told),
		BOTH(a_reply_until_the_end_of_the_connection_is_not_cut_short),
		BOTH(a_pod_that_goes_on_is_not_cut_short),
	};

	return HARNESS_RUN(tests);
}
