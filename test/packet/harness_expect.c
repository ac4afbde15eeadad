/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness_expect.h"

static void end_process(const char *file, int line)
{
	fprintf(stderr, "%s:%d: failed\n", file, line);
	abort();
}

void (*expect_failed)(const char *file, int line) = end_process;

void expect_fail(struct place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	expect_failed(place.file, place.line);
}

void expect_number_at(uint64_t got, uint64_t want, const char *what, struct place place)
{
	if (got != want)
		expect_fail(place, "%s is %lld, not %lld", what, (long long)got, (long long)want);
}

void expect_verdict_at(const struct connection *c, enum verdict verdict, struct place place)
{
	const struct testbed *testbed = c->testbed;

	if (testbed->verdict != verdict || testbed->verdict_count != 1)
		expect_fail(place, "verdict is %s (%u counted), not %s; action %d",
			    testbed_verdict_name(testbed->verdict), testbed->verdict_count,
			    testbed_verdict_name(verdict), testbed->action);
}

static void print_outputs(const struct connection *c)
{
	struct tcp_segment segment;

	for (unsigned i = c->testbed->output_taken; i < c->testbed->output_count; i++) {
		segment_parse(&c->testbed->outputs[i], &segment);
		segment_print("sent", &segment);
	}
}

void expect_nothing_more_at(const struct connection *c, struct place place)
{
	unsigned left = c->testbed->output_count - c->testbed->output_taken;

	if (!left)
		return;
	print_outputs(c);
	expect_fail(place, "%u more packets than expected", left);
}

void expect_dropped_at(const struct connection *c, enum verdict verdict, struct place place)
{
	expect_verdict_at(c, verdict, place);
	expect_number_at((uint64_t)c->testbed->action, TESTBED_DROP, "action", place);
	expect_nothing_more_at(c, place);
}

void expect_untouched_at(const struct connection *c, struct place place)
{
	const struct testbed *testbed = c->testbed;

	expect_verdict_at(c, VERDICT_NOT_OURS, place);
	expect_number_at((uint64_t)testbed->action, (uint64_t)TESTBED_PASS, "action", place);
	expect_nothing_more_at(c, place);
	if (testbed->after.length != c->sent.length ||
	    memcmp(testbed->after.bytes, c->sent.bytes, c->sent.length))
		expect_fail(place, "the packet was changed");
}

struct tcp_segment take_segment_at(struct connection *c, struct place place)
{
	const struct packet *packet = testbed_take_output(c->testbed);
	struct tcp_segment segment = {};
	const char *complaint;

	if (!packet) {
		expect_fail(place, "nothing was sent; verdict %s, action %d",
			    testbed_verdict_name(c->testbed->verdict), c->testbed->action);
		return segment;
	}
	complaint = segment_parse(packet, &segment);
	if (complaint) {
		segment_print("sent", &segment);
		expect_fail(place, "malformed packet sent: %s", complaint);
	}
	return segment;
}

static const char *compare_options(const struct tcp_options *got, const struct tcp_options *want,
				   unsigned any)
{
	if (strcmp(got->layout, want->layout))
		return "options";
	if (got->mss != want->mss)
		return "MSS";
	if (got->wscale != want->wscale)
		return "window scale";
	if (got->tsval != want->tsval && !(any & ANY_TSVAL))
		return "TSval";
	if (got->tsecr != want->tsecr)
		return "TSecr";
	if (got->sack_count != want->sack_count ||
	    memcmp(got->sack, want->sack, want->sack_count * sizeof(want->sack[0])))
		return "SACK blocks";
	return NULL;
}

static const char *compare_addresses(const struct tcp_segment *got, const struct tcp_segment *want,
				     unsigned any)
{
	if (!(any & ANY_MAC) && (memcmp(got->source_mac, want->source_mac, 6) ||
				 memcmp(got->destination_mac, want->destination_mac, 6)))
		return "MAC addresses";
	if (memcmp(&got->source, &want->source, 16))
		return "source address";
	if (memcmp(&got->destination, &want->destination, 16))
		return "destination address";
	if (got->source_port != want->source_port ||
	    got->destination_port != want->destination_port)
		return "ports";
	return NULL;
}

static const char *compare_header(const struct tcp_segment *got, const struct tcp_segment *want,
				  unsigned any)
{
	uint16_t ignored = any & ANY_PSH ? TCP_PSH : 0;

	if (got->seq != want->seq && !(any & ANY_SEQ))
		return "seq";
	if (got->ack != want->ack)
		return "ack";
	if ((got->flags | ignored) != (want->flags | ignored))
		return "flags";
	if (got->window != want->window && !(any & ANY_WINDOW))
		return "window";
	if (got->urgent != want->urgent)
		return "urgent pointer";
	if (got->ttl != want->ttl)
		return "hop limit";
	if (got->tos != want->tos)
		return "traffic class";
	return NULL;
}

static const char *compare_payload(const struct tcp_segment *got, const struct tcp_segment *want)
{
	if (got->payload_length != want->payload_length)
		return "payload length";
	if (want->payload_length && memcmp(got->payload, want->payload, want->payload_length))
		return "payload";
	return NULL;
}

static const char *compare(const struct tcp_segment *got, const struct tcp_segment *want,
			   unsigned any)
{
	const char *difference = compare_addresses(got, want, any);

	if (!difference)
		difference = compare_header(got, want, any);
	if (!difference && !(any & ANY_OPTIONS))
		difference = compare_options(&got->options, &want->options, any);
	return difference ? difference : compare_payload(got, want);
}

void expect_segment_at(struct connection *c, const struct tcp_segment *want, unsigned any,
		       struct place place)
{
	struct tcp_segment got = take_segment_at(c, place);
	const char *difference = compare(&got, want, any);

	if (!difference)
		return;
	segment_print("sent", &got);
	segment_print("want", want);
	expect_fail(place, "wrong %s", difference);
}

void expect_only_at(struct connection *c, const struct tcp_segment *want, unsigned any,
		    struct place place)
{
	expect_segment_at(c, want, any, place);
	expect_nothing_more_at(c, place);
}

void pass_to_pod_at(struct connection *c, const struct tcp_segment *segment, struct place place)
{
	struct tcp_segment want = translated_to_pod(c, segment);

	client_sends(c, segment);
	expect_verdict_at(c, VERDICT_TO_POD, place);
	expect_number_at((uint64_t)c->testbed->action, TESTBED_REDIRECT, "action", place);
	expect_only_at(c, &want, 0, place);
}

void pass_to_client_at(struct connection *c, const struct tcp_segment *segment, struct place place)
{
	struct tcp_segment want = translated_to_client(c, segment);

	pod_sends(c, segment);
	expect_verdict_at(c, VERDICT_TO_CLIENT, place);
	expect_number_at((uint64_t)c->testbed->action, TESTBED_REDIRECT, "action", place);
	expect_only_at(c, &want, 0, place);
}

void client_passes_at(struct connection *c, uint16_t flags, const char *text, struct place place)
{
	struct tcp_segment segment = client_segment(c, flags, text), want;

	want = translated_to_pod(c, &segment);
	pass_to_pod_at(c, &segment, place);
	pod_hears(c, &want);
}

void pod_passes_at(struct connection *c, uint16_t flags, const char *text, struct place place)
{
	struct tcp_segment segment = pod_segment(c, flags, text), want;

	want = translated_to_client(c, &segment);
	pass_to_client_at(c, &segment, place);
	client_hears(c, &want);
}

static void expect_reset_at(struct connection *c, const struct ip_address *to, uint32_t seq,
			    struct place place)
{
	struct tcp_segment reset = take_segment_at(c, place);

	if (memcmp(&reset.destination, to, sizeof(*to)))
		expect_fail(place, "the segment goes to another address");
	expect_number_at(reset.flags & TCP_RST, TCP_RST, "RST", place);
	expect_number_at(reset.seq, seq, "seq", place);
}

void expect_both_reset_at(struct connection *c, enum verdict verdict, struct place place)
{
	expect_verdict_at(c, verdict, place);
	expect_reset_at(c, &c->pod_address[c->pod_number], c->pod.ack, place);
	expect_reset_at(c, &c->client_address, c->client.ack, place);
	expect_nothing_more_at(c, place);
}
