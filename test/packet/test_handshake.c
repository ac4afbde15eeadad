/* SPDX-License-Identifier: Apache-2.0 */
/* The client's handshake: a SYN is answered with a cookie, and nothing is stored. */
#include <arpa/inet.h>
#include <bpf/bpf.h>

#include "harness.h"

static void expect_no_state(const struct connection *c)
{
	expect_number(testbed_count_entries(c->testbed, "flows"), 0);
	expect_number(testbed_count_entries(c->testbed, "sources"), 0);
	expect_number(testbed_flows_in_state(c->testbed, FLOW_FREE), c->testbed->settings.flows);
}

/* Sends the SYN and checks all of the answer but for options. */
static struct tcp_segment exchange_syn(struct connection *c, const struct tcp_segment *syn)
{
	struct tcp_segment want, got;

	client_sends(c, syn);
	expect_verdict(c, VERDICT_SYN_ANSWERED);
	got = take_segment(c);
	c->testbed->output_taken = 0;
	c->client.ack = got.seq;
	c->client.next = syn->seq + 1;
	want = answer_to_client(c, TCP_SYN, NULL);
	want.window = HOLD_LARGE_SIZE;
	expect_only(c, &want, ANY_OPTIONS);
	return got;
}

static void a_syn_is_answered_with_what_the_client_offered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c), answer;

	answer = exchange_syn(c, &syn);
	assert_string_equal(answer.options.layout, "mstnw");
	expect_number(answer.options.mss, c->ipv6 ? 1440 : 1460);
	expect_number(answer.options.wscale, ROUTER_WSCALE);
	expect_number(answer.options.tsecr, c->client.tsval);
}

static void every_layout_of_syn_options_is_read(void **state)
{
	static const char *const layouts[] = {
		"",         "m",   "mnw",  "mnns",   "mnnt", "mnwnns",        "mstnw", "mnnts",
		"mnwnntse", "nnt", "wnms", "tnwnns", "snns", "nnnnnnnnmwstn", "nwtsm"};
	struct connection *c = *state;
	struct tcp_segment syn, answer;

	for (unsigned i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		harness_next_client(c);
		c->client.syn_layout = layouts[i];
		syn = client_syn(c);
		answer = exchange_syn(c, &syn);
		expect_number(segment_has(&answer, 'w'), segment_has(&syn, 'w'));
		expect_number(segment_has(&answer, 's'), segment_has(&syn, 's'));
		expect_number(segment_has(&answer, 't'), segment_has(&syn, 't'));
		expect_number(segment_has(&answer, 'm'), true);
		if (segment_has(&syn, 't'))
			expect_number(answer.options.tsecr, syn.options.tsval);
	}
}

static void options_behind_the_end_of_options_do_not_count(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn, answer;

	c->client.syn_layout = "menws";
	syn = client_syn(c);
	answer = exchange_syn(c, &syn);
	expect_number(segment_has(&answer, 'w'), false);
	expect_number(segment_has(&answer, 's'), false);
}

static void a_syn_leaves_no_state(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < 300; i++) {
		struct tcp_segment syn = client_syn(c);

		exchange_syn(c, &syn);
		harness_next_client(c);
	}
	expect_no_state(c);
}

static void a_repeated_syn_gets_the_same_answer(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c), first = exchange_syn(c, &syn), second;

	syn.options.tsval += 1000;
	c->client.tsval += 1000;
	second = exchange_syn(c, &syn);
	expect_number(second.seq, first.seq);
	expect_number(second.options.tsval, first.options.tsval);
}

static void other_tuples_get_unrelated_numbers(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c), first = exchange_syn(c, &syn), second;

	c->client_port++;
	syn.source_port++;
	second = exchange_syn(c, &syn);
	assert_int_not_equal(second.seq & 0xffffff, first.seq & 0xffffff);
	assert_int_not_equal(second.options.tsval, first.options.tsval);
}

static void sequence_numbers_wrap_in_the_handshake(void **state)
{
	static const uint32_t isns[] = {0xffffffff, 0xfffffffe, 0, 0x7fffffff, 0x80000000};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(isns) / sizeof(isns[0]); i++) {
		struct tcp_segment syn;

		harness_next_client(c);
		c->client.isn = isns[i];
		syn = client_syn(c);
		exchange_syn(c, &syn);
	}
}

static void ecn_is_not_negotiated(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.flags |= TCP_ECE | TCP_CWR;
	exchange_syn(c, &syn);
	syn.flags |= TCP_AE;
	exchange_syn(c, &syn);
}

static void data_in_a_syn_is_not_acknowledged(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.payload = REQUEST_ROOT;
	syn.payload_length = strlen(REQUEST_ROOT);
	exchange_syn(c, &syn);
	expect_no_state(c);
}

static void without_keys_nothing_is_answered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	routes_write_cookie_keys(c->testbed, 0);
	client_sends(c, &syn);
	expect_dropped(c, VERDICT_COOKIE_KEY_MISSING);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_dropped(c, VERDICT_COOKIE_KEY_MISSING);
}

static void a_corrupted_syn_is_dropped(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.flaws = FLAW_TCP_CHECKSUM;
	client_sends(c, &syn);
	expect_dropped(c, VERDICT_CHECKSUM_BAD);
}

static void a_corrupted_ip_header_is_dropped(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.flaws = FLAW_IP_CHECKSUM;
	client_sends(c, &syn);
	expect_dropped(c, VERDICT_CHECKSUM_BAD);
}

static void a_syn_with_md5_is_dropped(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.options.layout[0] = 0;
	syn.flaws = FLAW_OPTION_MD5;
	client_sends(c, &syn);
	expect_dropped(c, VERDICT_FLAGS_FORBIDDEN);
}

static void a_syn_with_fin_or_rst_is_dropped(void **state)
{
	static const uint16_t flags[] = {TCP_SYN | TCP_FIN, TCP_SYN | TCP_RST, TCP_SYN | TCP_ACK};
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		syn.flags = flags[i];
		client_sends(c, &syn);
		expect_number(c->testbed->action, TESTBED_DROP);
		expect_nothing_more(c);
	}
}

static void a_padded_syn_is_answered_without_padding(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c);

	syn.flaws = FLAW_PADDED;
	exchange_syn(c, &syn);
}

static void a_broken_option_ends_the_options(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c), answer;

	memcpy(syn.options.layout, "m", 2);
	syn.flaws = FLAW_OPTION_LENGTH;
	answer = exchange_syn(c, &syn);
	expect_number(segment_has(&answer, 't'), false);
}

static void the_offered_mss_is_a_setting(void **state)
{
	struct connection *c = *state;
	struct datapath_settings settings = testbed_default_settings();
	struct tcp_segment syn = client_syn(c), answer;

	settings.mss_v4 = 1310;
	settings.mss_v6 = 1290;
	harness_use_settings(c, &settings);
	answer = exchange_syn(c, &syn);
	expect_number(answer.options.mss, c->ipv6 ? 1290 : 1310);
}

static void learn(struct connection *c, uint32_t learned)
{
	struct listener_key key = {.address = c->listener, .port = htons(80)};
	struct listener listener = {.table = ROUTES_TABLE, .learned = learned};

	bpf_map_update_elem(testbed_map(c->testbed, "listeners"), &key, &listener, BPF_ANY);
}

static void what_pods_do_not_answer_is_not_offered(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn = client_syn(c), answer;

	learn(c, LISTENER_NO_TIMESTAMPS);
	answer = exchange_syn(c, &syn);
	expect_number(segment_has(&answer, 't'), false);
	expect_number(segment_has(&answer, 's'), true);
	learn(c, LISTENER_NO_SACK);
	answer = exchange_syn(c, &syn);
	expect_number(segment_has(&answer, 't'), true);
	expect_number(segment_has(&answer, 's'), false);
	expect_number(answer.options.wscale, ROUTER_WSCALE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_BOTH_HOOKS(a_syn_is_answered_with_what_the_client_offered),
		ON_BOTH_HOOKS(every_layout_of_syn_options_is_read),
		ON_BOTH_HOOKS(options_behind_the_end_of_options_do_not_count),
		ON_BOTH_HOOKS(a_syn_leaves_no_state),
		ON_BOTH_HOOKS(a_repeated_syn_gets_the_same_answer),
		ON_BOTH_HOOKS(other_tuples_get_unrelated_numbers),
		ON_BOTH_HOOKS(sequence_numbers_wrap_in_the_handshake),
		ON_BOTH_HOOKS(ecn_is_not_negotiated),
		ON_BOTH_HOOKS(data_in_a_syn_is_not_acknowledged),
		ON_BOTH_HOOKS(without_keys_nothing_is_answered),
		ON_BOTH_HOOKS(a_corrupted_syn_is_dropped),
		IPV4_ONLY(a_corrupted_ip_header_is_dropped),
		ON_XDP_IPV4(a_corrupted_ip_header_is_dropped),
		ON_BOTH_HOOKS(a_syn_with_md5_is_dropped),
		ON_BOTH_HOOKS(a_syn_with_fin_or_rst_is_dropped),
		ON_BOTH_HOOKS(a_padded_syn_is_answered_without_padding),
		ON_BOTH_HOOKS(a_broken_option_ends_the_options),
		ON_BOTH_HOOKS(the_offered_mss_is_a_setting),
		ON_BOTH_HOOKS(what_pods_do_not_answer_is_not_offered),
	};

	return HARNESS_RUN(tests);
}
