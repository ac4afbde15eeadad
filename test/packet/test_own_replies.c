/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of the router itself, and the state after them in which nothing can destroy them. */
#include <bpf/bpf.h>
#include <stdio.h>

#include "harness.h"

/* The second listener knows no "/". */
static void ask_without_route(struct connection *c, const char *request)
{
	c->listener = c->other_listener;
	client_connects(c);
	client_says(c, TCP_PSH, request);
	expect_verdict(c, VERDICT_NO_ROUTE);
}

static struct reply_template template_of(const struct connection *c, uint32_t verdict)
{
	struct reply_template reply = {};

	bpf_map_lookup_elem(testbed_map(c->testbed, "replies"), &verdict, &reply);
	return reply;
}

static void expect_reply(struct connection *c, const char *text, size_t length)
{
	struct tcp_segment want = answer_to_client(c, TCP_PSH | TCP_FIN, NULL), got;

	want.payload = text;
	want.payload_length = length;
	got = take_segment(c);
	c->testbed->output_taken--;
	assert_true(got.window > 0);
	expect_only(c, &want, ANY_WINDOW);
}

static void a_request_without_route_gets_404(void **state)
{
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);

	ask_without_route(c, REQUEST_ROOT);
	assert_memory_equal(reply.bytes, "HTTP/1.1 404 ", 13);
	expect_reply(c, reply.bytes, reply.total_length);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_CLOSING), 1);
}

static void a_head_request_gets_no_body(void **state)
{
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);

	ask_without_route(c, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_reply(c, reply.bytes, reply.head_length);
}

static void a_reply_wraps_with_the_numbers(void **state)
{
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);

	c->client.isn = 0xfffffff0;
	ask_without_route(c, REQUEST_ROOT);
	expect_reply(c, reply.bytes, reply.total_length);
}

static void malformed_heads_get_their_status(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *request;
	} cases[] = {
		{VERDICT_BARE_LF, "GET / HTTP/1.1\nHost: a\n\n"},
		{VERDICT_HOST_MISSING, "GET / HTTP/1.1\r\n\r\n"},
		{VERDICT_HOST_REPEATED, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
		{VERDICT_VERSION_UNSUPPORTED, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
		{VERDICT_METHOD_CONNECT, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"},
		{VERDICT_PATH_DOT_SEGMENT, "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"},
		{VERDICT_LENGTH_AND_ENCODING, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
					      "Transfer-Encoding: chunked\r\n\r\n"},
		{VERDICT_HTTP2_PREFACE, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{VERDICT_PROXY_LINE, "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n"},
	};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reply_template reply = template_of(c, cases[i].verdict);

		client_connects(c);
		client_says(c, TCP_PSH, cases[i].request);
		expect_verdict(c, cases[i].verdict);
		expect_reply(c, reply.bytes, reply.total_length);
		harness_next_client(c);
	}
}

static void a_tls_hello_is_reset(void **state)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	struct connection *c = *state;
	struct tcp_segment got;

	client_connects(c);
	client_says_part(c, TCP_PSH, hello, sizeof(hello));
	expect_verdict(c, VERDICT_TLS_HELLO);
	got = take_segment(c);
	expect_number(got.flags & TCP_RST, TCP_RST);
	expect_number(got.seq, c->client.ack);
	expect_number(got.payload_length, 0);
	expect_nothing_more(c);
}

static void a_redirect_rule_is_answered_with_its_location(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;
	char text[1500];

	client_connects(c);
	client_says(c, TCP_PSH, "GET /moved/x HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
	expect_verdict(c, VERDICT_REDIRECT_301);
	got = take_segment(c);
	snprintf(text, sizeof(text), "%.*s", (int)got.payload_length, (const char *)got.payload);
	if (!strstr(text, "HTTP/1.1 301 ") ||
	    !strstr(text, "\r\nLocation: http://www.example.com/new\r\n"))
		expect_fail(HERE, "wrong redirect: %s", text);
	expect_number(got.flags & TCP_FIN, TCP_FIN);
	expect_number(got.ack, c->client.next);
}

static void the_reply_is_sent_again_when_the_request_repeats(void **state)
{
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);
	struct tcp_segment again;

	ask_without_route(c, REQUEST_ROOT);
	for (unsigned i = 0; i < 3; i++) {
		again = client_segment(c, TCP_PSH, REQUEST_ROOT);
		again.seq = c->client.isn + 1;
		client_sends(c, &again);
		expect_verdict(c, VERDICT_REPLY_REPEATED);
		expect_reply(c, reply.bytes, reply.total_length);
	}
}

/* The reply's own sequence space is behind it, and the client's is acknowledged as it grows. */
static void more_data_after_the_reply_is_acknowledged(void **state)
{
	static char body[1400];
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);
	uint32_t end;

	memset(body, 'b', sizeof(body));
	ask_without_route(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
	end = c->client.ack + reply.total_length + 1;
	c->client.ack = end;
	for (unsigned i = 0; i < 2143; i++) {
		struct tcp_segment want;

		client_says_part(c, TCP_PSH, body, sizeof(body));
		expect_verdict(c, VERDICT_CLOSING_ACKNOWLEDGED);
		want = answer_to_client(c, 0, NULL);
		expect_only(c, &want, ANY_WINDOW);
	}
	expect_number(testbed_flows_in_state(c->testbed, FLOW_CLOSING), 1);
}

/* In flight before the reply arrived: it still acknowledges nothing of the reply. */
static void data_that_crossed_the_reply_is_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment got;

	ask_without_route(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n");
	client_says(c, TCP_PSH, "abcdefghijklmnopqrstuvwxyz");
	got = take_segment(c);
	expect_number(got.ack, c->client.next);
	expect_number(got.flags & TCP_RST, 0);
}

static void a_fin_after_the_reply_is_answered(void **state)
{
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);
	struct tcp_segment want;

	ask_without_route(c, REQUEST_ROOT);
	c->client.ack += reply.total_length + 1u;
	client_says(c, 0, NULL);
	expect_number(c->testbed->action, TESTBED_DROP);
	expect_nothing_more(c);
	for (unsigned i = 0; i < 2; i++) {
		struct tcp_segment fin = client_segment(c, TCP_FIN, NULL);

		fin.seq -= i;
		client_sends(c, &fin);
		want = answer_to_client(c, 0, NULL);
		expect_only(c, &want, ANY_WINDOW);
	}
}

static void a_rst_after_the_reply_gets_no_answer(void **state)
{
	struct connection *c = *state;

	ask_without_route(c, REQUEST_ROOT);
	client_says(c, TCP_RST, NULL);
	expect_number(c->testbed->action, TESTBED_DROP);
	expect_nothing_more(c);
}

static void a_request_cut_in_parts_gets_its_404_as_well(void **state)
{
	struct connection *c = *state;
	struct reply_template reply = template_of(c, VERDICT_NO_ROUTE);

	c->listener = c->other_listener;
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_verdict(c, VERDICT_NO_ROUTE);
	expect_reply(c, reply.bytes, reply.total_length);
	expect_number(testbed_heads_held(c->testbed), 0);
}

static void the_port_can_be_used_again_after_the_reply(void **state)
{
	struct connection *c = *state;
	struct ip_address listener = c->listener;

	ask_without_route(c, REQUEST_ROOT);
	c->client.isn += 5000000;
	c->client.tsval += 5000;
	ask_without_route(c, REQUEST_ROOT);
	c->listener = listener;
	connection_splice(c, REQUEST_ROOT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_request_without_route_gets_404),
		BOTH(a_head_request_gets_no_body),
		BOTH(a_reply_wraps_with_the_numbers),
		BOTH(malformed_heads_get_their_status),
		BOTH(a_tls_hello_is_reset),
		BOTH(a_redirect_rule_is_answered_with_its_location),
		BOTH(the_reply_is_sent_again_when_the_request_repeats),
		BOTH(more_data_after_the_reply_is_acknowledged),
		BOTH(data_that_crossed_the_reply_is_acknowledged),
		BOTH(a_fin_after_the_reply_is_answered),
		BOTH(a_rst_after_the_reply_gets_no_answer),
		BOTH(a_request_cut_in_parts_gets_its_404_as_well),
		BOTH(the_port_can_be_used_again_after_the_reply),
	};

	return HARNESS_RUN(tests);
}
