/* SPDX-License-Identifier: Apache-2.0 */
/* What the access log says of a request, and how often one is counted. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "harness.h"

struct taken {
	unsigned count;
	struct log_entry last;
};

static int take(void *context, void *data, size_t size)
{
	struct taken *taken = context;

	(void)size;
	taken->count++;
	memcpy(&taken->last, data, sizeof(taken->last));
	return 0;
}

/* The entries that are in the ring. */
static struct taken take_entries(const struct connection *c)
{
	struct taken taken = {};
	struct ring_buffer *ring =
		ring_buffer__new(testbed_map(c->testbed, "log_ring"), take, &taken, NULL);

	assert_non_null(ring);
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return taken;
}

/* All requests are logged from now on. */
static void log_all(const struct connection *c)
{
	const struct log_control control = {.every = 1};
	const uint32_t zero = 0;

	take_entries(c);
	expect_number(bpf_map_update_elem(testbed_map(c->testbed, "log_control"), &zero, &control,
					  BPF_ANY),
		      0);
}

static uint64_t dropped(const struct connection *c)
{
	const uint32_t key = LOG_COUNT_DROPPED;
	uint64_t values[256] = {}, sum = 0;

	bpf_map_lookup_elem(testbed_map(c->testbed, "log_counts"), &key, values);
	for (int cpu = 0; cpu < libbpf_num_possible_cpus() && cpu < 256; cpu++)
		sum += values[cpu];
	return sum;
}

static void a_request_is_logged_with_its_reply(void **state)
{
	struct connection *c = *state;
	struct taken taken;

	log_all(c);
	connection_splice(c, REQUEST_ROOT);
	pod_passes(c, TCP_PSH, REPLY_OK);
	taken = take_entries(c);
	expect_number(taken.count, 1);
	expect_number(taken.last.status, 200);
	expect_number(taken.last.rule, RULE_ROOT);
	expect_number(taken.last.request_bytes, strlen(REQUEST_ROOT));
	expect_number(taken.last.reply_bytes, strlen(REPLY_OK));
}

/* No pod has said anything yet. */
static void a_client_that_gives_up_while_the_pod_is_called_got_no_bytes(void **state)
{
	struct connection *c = *state;
	struct taken taken;

	log_all(c);
	client_connects(c);
	client_says(c, TCP_PSH, REQUEST_ROOT);
	expect_verdict(c, VERDICT_POD_SYN);
	client_says(c, TCP_RST, NULL);
	taken = take_entries(c);
	expect_number(taken.count, 1);
	expect_number(taken.last.flags & LOG_ABORTED, LOG_ABORTED);
	expect_number(taken.last.reply_bytes, 0);
}

/* The rule of the request before it, of another client, is none of its own. */
static void a_request_to_a_listener_that_has_gone_has_no_rule(void **state)
{
	struct connection *c = *state;
	struct listener_key key = {};
	struct taken taken;

	log_all(c);
	connection_splice(c, REQUEST_API);
	harness_next_client(c);
	client_connects(c);
	client_says_part(c, TCP_PSH, REQUEST_ROOT, 10);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	key.address = c->listener;
	key.port = (__be16)(c->listener_port << 8 | c->listener_port >> 8);
	expect_number(bpf_map_delete_elem(testbed_map(c->testbed, "listeners"), &key), 0);
	client_says(c, TCP_PSH, &REQUEST_ROOT[10]);
	expect_verdict(c, VERDICT_NO_ROUTE);
	taken = take_entries(c);
	expect_number(taken.last.status, 404);
	expect_number(taken.last.rule, 0);
}

/* The dice are thrown once as well: else more are logged than were asked for. */
static void a_request_that_finds_no_slot_is_counted_once(void **state)
{
	const struct alloc_mark all_taken = {.high_water = LOG_SLOTS_DEFAULT};
	const uint32_t pool = ALLOC_LOG;
	struct connection *c = *state;

	log_all(c);
	expect_number(
		bpf_map_update_elem(testbed_map(c->testbed, "alloc"), &pool, &all_taken, BPF_ANY),
		0);
	connection_splice(c, REQUEST_ROOT);
	expect_number(dropped(c), 1);
	pod_passes(c, TCP_PSH, REPLY_OK);
	client_passes(c, TCP_PSH, REQUEST_ROOT);
	expect_number(dropped(c), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(a_request_is_logged_with_its_reply),
		BOTH(a_client_that_gives_up_while_the_pod_is_called_got_no_bytes),
		BOTH(a_request_to_a_listener_that_has_gone_has_no_rule),
		BOTH(a_request_that_finds_no_slot_is_counted_once),
	};

	return HARNESS_RUN(tests);
}
