/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heads that the parser's unit test reads, as the first request of a connection: what the
 * parser says of the bytes is what a client gets, however they are cut into segments.
 */
#include "harness.h"

#include <stdio.h>

#include "../unit/http_vectors.h"

#define SEGMENT_BYTES 1400
#define CUTS 6

static uint8_t bytes[VECTOR_MAX];

static void forget_all(struct connection *c)
{
	testbed_reset(c->testbed);
	routes_write(c->routes, c->testbed, c->ipv6);
	connection_init(c, c->testbed, c->routes, c->ipv6);
}

/* Sends a first segment of `cut` bytes and then the others, up to the first that is more than
 * acknowledged. */
static enum verdict say(struct connection *c, size_t length, size_t cut)
{
	size_t at = 0;

	client_connects(c);
	while (at < length) {
		size_t part = at || !cut ? SEGMENT_BYTES : cut;

		if (part > SEGMENT_BYTES)
			part = SEGMENT_BYTES;
		if (part > length - at)
			part = length - at;
		client_says_part(c, TCP_PSH, (const char *)bytes + at, part);
		at += part;
		if (c->testbed->verdict != VERDICT_HEAD_ACKNOWLEDGED)
			break;
	}
	return c->testbed->verdict;
}

static void expect_said(const struct connection *c, const struct http_vector *vector, size_t cut,
			enum verdict verdict)
{
	if (c->testbed->verdict != verdict || c->testbed->verdict_count != 1)
		expect_fail(HERE, "%s, cut at %zu: %s, not %s", vector->name, cut,
			    testbed_verdict_name(c->testbed->verdict),
			    testbed_verdict_name(verdict));
}

/* A reply of the verdict's status that ends the connection, or a reset if it has none. */
static void expect_refusal(struct connection *c, const struct http_vector *vector, size_t cut)
{
	unsigned status = http_vector_status(vector->verdict);
	struct tcp_segment got = take_segment(c);
	char start[20];

	snprintf(start, sizeof(start), "HTTP/1.1 %u ", status);
	if (status && (got.payload_length < 13 || memcmp(got.payload, start, 13) != 0 ||
		       !(got.flags & TCP_FIN)))
		expect_fail(HERE, "%s, cut at %zu: not answered by %u", vector->name, cut, status);
	if (!status && (got.payload_length || !(got.flags & TCP_RST)))
		expect_fail(HERE, "%s, cut at %zu: not reset", vector->name, cut);
	expect_nothing_more(c);
}

static void check_refused(struct connection *c, const struct http_vector *vector, size_t length,
			  size_t cut)
{
	say(c, length, cut);
	expect_said(c, vector, cut, vector->verdict);
	expect_refusal(c, vector, cut);
}

/* Where the routes of the harness send what the parser accepts. */
static enum verdict verdict_of_route(const struct http_vector *vector)
{
	if (vector->incomplete)
		return VERDICT_HEAD_ACKNOWLEDGED;
	if (vector->flags & HTTP_HEAD_ASTERISK)
		return VERDICT_NO_ROUTE;
	return vector->flags & HTTP_HEAD_HIGH_BYTE ? VERDICT_PATH_BYTE : VERDICT_POD_SYN;
}

/* Bytes behind the head are not sent: what becomes of them is for other tests. */
static void check_accepted(struct connection *c, const struct http_vector *vector, size_t length,
			   size_t cut)
{
	enum verdict verdict = verdict_of_route(vector);
	struct tcp_segment got;

	say(c, length - vector->after, cut);
	expect_said(c, vector, cut, verdict);
	got = take_segment(c);
	if (verdict == VERDICT_POD_SYN && got.flags != TCP_SYN)
		expect_fail(HERE, "%s, cut at %zu: no SYN was sent", vector->name, cut);
	expect_nothing_more(c);
}

typedef void vector_check(struct connection *c, const struct http_vector *vector, size_t length,
			  size_t cut);

/* In one segment (or as few as it takes), and with another one in front of them. */
static void check_vector(struct connection *c, const struct http_vector *vector,
			 vector_check *check)
{
	size_t length = http_vector_bytes(vector, bytes);
	size_t whole = length - vector->after;
	const size_t cuts[CUTS] = {0, 1, 5, whole / 2, whole - 3, whole - 1};

	forget_all(c);
	for (size_t i = 0; i < CUTS && whole; i++) {
		if (i && (!cuts[i] || cuts[i] >= whole))
			continue;
		check(c, vector, length, cuts[i]);
		harness_next_client(c);
		if (vector->incomplete)
			forget_all(c);
	}
}

static void each_refused_head_gets_its_status(void **state)
{
	for (const struct http_vector *vector = http_vectors_refused; vector->name; vector++)
		check_vector(*state, vector, check_refused);
}

static void each_accepted_head_goes_where_its_path_leads(void **state)
{
	for (const struct http_vector *vector = http_vectors_accepted; vector->name; vector++)
		check_vector(*state, vector, check_accepted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(each_refused_head_gets_its_status),
		BOTH(each_accepted_head_goes_where_its_path_leads),
	};

	return HARNESS_RUN(tests);
}
