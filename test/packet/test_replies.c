/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of pods: all of them pass; where one ends decides what becomes of the next request. */
#include "harness.h"
#include "harness_legs.h"

#define LENGTH(text) ((uint32_t)strlen(text))
#define REQUEST_HEAD "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"

struct sample {
	const char *request, *reply;
};

/* Complete, and the connection goes on. */
static const struct sample whole[] = {
	{REQUEST_ROOT, REPLY_OK},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.1 200\ncontent-length:2\n\nok"},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"},
	{REQUEST_ROOT, "HTTP/1.1 204 No Content\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"},
	{REQUEST_HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"},
	{REQUEST_HEAD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
		       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		       "2;x=y\r\nok\r\n0\r\nX: y\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.1 404 Not Found\r\nX: HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
		       "Connection: keep-alive\r\n\r\nno"},
	{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	 "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok"},
};

/* No request may follow. */
static const struct sample last[] = {
	{REQUEST_ROOT, REPLY_LAST},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\n\r\nuntil the end"},
	{REQUEST_ROOT, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"},
	{REQUEST_ROOT, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz"},
	{REQUEST_ROOT, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"},
	{REQUEST_ROOT, "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"},
	{REQUEST_ROOT, "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"},
	{REQUEST_ROOT, "hello"},
};

#define WHOLE (sizeof(whole) / sizeof(whole[0]))
#define LAST (sizeof(last) / sizeof(last[0]))

static void expect_idle(struct connection *c, const struct sample *sample)
{
	struct flow flow = flow_of(c);

	if (flow.outstanding_count || flow.progress & FLOW_FINAL || flow.reply.phase ||
	    flow.reply.next != c->client.ack || flow.progress & FLOW_CARRY)
		expect_fail(HERE, "not complete: \"%s\"; phase %u, %u outstanding, progress %x",
			    sample->reply, flow.reply.phase, flow.outstanding_count, flow.progress);
}

static void a_complete_reply_leaves_the_connection_idle(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < WHOLE; i++) {
		connection_splice(c, whole[i].request);
		pod_passes(c, TCP_PSH, whole[i].reply);
		expect_idle(c, &whole[i]);
		client_says(c, TCP_PSH, REQUEST_API);
		expect_verdict(c, VERDICT_POD_SYN);
		harness_next_client(c);
	}
}

static void say_in_two(struct connection *c, const char *text, size_t cut)
{
	char first[512];

	memcpy(first, text, cut);
	first[cut] = 0;
	pod_passes(c, TCP_PSH, first);
	pod_passes(c, TCP_PSH, text + cut);
}

/* One connection for all of them: what was read of one does not count for the next. */
static void a_reply_may_be_cut_at_every_offset(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < WHOLE; i++) {
		connection_splice(c, whole[i].request);
		reply_is_taken(c, whole[i].reply);
		for (size_t cut = 1; cut < strlen(whole[i].reply); cut++) {
			client_passes(c, TCP_PSH, whole[i].request);
			say_in_two(c, whole[i].reply, cut);
			expect_idle(c, &whole[i]);
			client_passes(c, 0, NULL);
		}
		harness_next_client(c);
	}
}

static void a_reply_may_come_one_byte_a_segment(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < WHOLE; i++) {
		connection_splice(c, whole[i].request);
		for (const char *at = whole[i].reply; *at; at++) {
			char byte[] = {*at, 0};

			pod_passes(c, 0, byte);
		}
		expect_idle(c, &whole[i]);
		harness_next_client(c);
	}
}

static void expect_final(struct connection *c, const char *reply)
{
	client_passes(c, 0, NULL);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	if (c->testbed->verdict != VERDICT_AFTER_LAST)
		expect_fail(HERE, "%s behind \"%s\"", testbed_verdict_name(c->testbed->verdict),
			    reply);
	expect_dropped(c, VERDICT_AFTER_LAST);
	c->client.next -= LENGTH(REQUEST_ROOT);
	pod_passes(c, TCP_FIN, NULL);
	client_passes(c, TCP_FIN, NULL);
	pod_passes(c, 0, NULL);
	expect_number(flow_of(c).state, FLOW_TAIL);
}

static void no_request_is_forwarded_behind_the_last_reply(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < LAST; i++) {
		connection_splice(c, last[i].request);
		pod_passes(c, TCP_PSH, last[i].reply);
		expect_final(c, last[i].reply);
		harness_next_client(c);
	}
}

static void the_last_reply_may_be_cut_at_every_offset(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < LAST; i++) {
		for (size_t cut = 1; cut < strlen(last[i].reply); cut += 3) {
			connection_splice(c, last[i].request);
			say_in_two(c, last[i].reply, cut);
			expect_final(c, last[i].reply);
			harness_next_client(c);
		}
	}
}

/* Also one whose length nobody knows, behind which other bytes pass for ever. */
static void an_opaque_reply_passes_unread(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, "HTTP/1.1 200 OK\r\n\r\n");
	for (unsigned i = 0; i < 10; i++) {
		c->pod.next += 0x30000000;
		c->client.ack += 0x30000000;
		pod_passes(c, TCP_PSH, REPLY_LAST);
		client_passes(c, 0, NULL);
		c->pod.next += 0x10000000 - LENGTH(REPLY_LAST);
		c->client.ack += 0x10000000 - LENGTH(REPLY_LAST);
		pod_passes(c, TCP_PSH, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
		c->pod.next -= LENGTH("HTTP/1.1 101 Switching Protocols\r\n\r\n");
		c->client.ack -= LENGTH("HTTP/1.1 101 Switching Protocols\r\n\r\n");
	}
}

/* Before its request is complete: the rest of that follows, and the pod reads it. */
static void a_request_may_follow_an_early_reply(void **state)
{
	static const char request[] =
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234";
	struct connection *c = *state;

	connection_splice(c, request);
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, "56789" REQUEST_API);
	expect_verdict(c, VERDICT_POD_PROBED);
	c->pod.ack += 5;
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_TO_POD);
	pod_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* The rest of the request has nobody to go to. */
static void the_end_of_a_pod_behind_an_early_reply_is_shown(void **state)
{
	static const uint16_t ends[] = {TCP_FIN, TCP_RST};
	struct connection *c = *state;

	for (unsigned i = 0; i < 2; i++) {
		connection_splice(c,
				  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
		reply_is_taken(c, REPLY_OK);
		pod_passes(c, ends[i], NULL);
		harness_next_client(c);
	}
}

/* The reply to an earlier request says nothing of the one that is under way. */
static void a_reply_inside_a_later_request_is_not_early(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	client_passes(c, TCP_PSH, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
	reply_is_taken(c, REPLY_OK);
	expect_number(flow_of(c).progress & FLOW_FINAL, 0);
	client_passes(c, TCP_PSH, "56789");
	reply_is_taken(c, REPLY_OK);
	client_says(c, TCP_PSH, REQUEST_API);
	expect_verdict(c, VERDICT_POD_SYN);
}

static void an_interim_reply_does_not_end_a_request(void **state)
{
	struct connection *c = *state;

	connection_splice(c, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
			     "Content-Length: 5\r\n\r\n");
	pod_passes(c, TCP_PSH, "HTTP/1.1 100 Continue\r\n\r\n");
	expect_number(flow_of(c).outstanding_count, 1);
	client_passes(c, TCP_PSH, "01234");
	client_says(c, TCP_PSH, REQUEST_API);
	expect_dropped(c, VERDICT_REQUEST_WAITS);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_says(c, 0, NULL);
	expect_verdict(c, VERDICT_POD_SYN);
}

/* The body may follow or not: what comes then is one or the other, and nobody can tell. */
static void a_refused_expectation_is_the_last_reply(void **state)
{
	struct connection *c = *state;

	connection_splice(c, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
			     "Content-Length: 5\r\n\r\n");
	reply_is_taken(c, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
	client_says(c, TCP_PSH, "01234");
	expect_both_reset(c, VERDICT_EXPECT_REFUSED);
	expect_number(flow_of(c).state, FLOW_FREE);
}

static void more_interim_replies_than_32_end_the_framing(void **state)
{
	struct connection *c = *state;

	connection_splice(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 32; i++)
		pod_passes(c, TCP_PSH, "HTTP/1.1 102 Processing\r\n\r\n");
	expect_number(flow_of(c).progress & FLOW_FINAL, 0);
	pod_passes(c, TCP_PSH, "HTTP/1.1 102 Processing\r\n\r\n");
	expect_number(flow_of(c).progress & FLOW_FINAL, FLOW_FINAL);
	pod_passes(c, TCP_PSH, REPLY_OK);
	expect_final(c, "33 interim replies");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_complete_reply_leaves_the_connection_idle),
		BOTH(a_reply_may_be_cut_at_every_offset),
		BOTH(a_reply_may_come_one_byte_a_segment),
		BOTH(no_request_is_forwarded_behind_the_last_reply),
		BOTH(the_last_reply_may_be_cut_at_every_offset),
		BOTH(an_opaque_reply_passes_unread),
		BOTH(a_request_may_follow_an_early_reply),
		BOTH(the_end_of_a_pod_behind_an_early_reply_is_shown),
		BOTH(a_reply_inside_a_later_request_is_not_early),
		BOTH(an_interim_reply_does_not_end_a_request),
		BOTH(a_refused_expectation_is_the_last_reply),
		BOTH(more_interim_replies_than_32_end_the_framing),
	};

	return HARNESS_RUN(tests);
}
