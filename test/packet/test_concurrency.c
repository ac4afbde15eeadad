/* SPDX-License-Identifier: Apache-2.0 */
/* Two CPUs with packets of one flow: nothing is torn, doubled, or claimed for ever. */
#include <pthread.h>

#include "harness.h"

#define ROUNDS 20000
#define CONNECTIONS 60

struct sender {
	struct testbed *testbed;
	struct packet packet;
	int ifindex;
	unsigned rounds;
	pthread_barrier_t *start;
	int worst; /* action; negative when a run failed */
};

static void *send_all(void *argument)
{
	struct sender *sender = argument;

	if (sender->start)
		pthread_barrier_wait(sender->start);
	for (unsigned i = 0; i < sender->rounds; i++) {
		int action = testbed_act(sender->testbed, &sender->packet, sender->ifindex);

		if (action < 0)
			sender->worst = action;
	}
	return NULL;
}

/* Both senders at once, each as often as it says. */
static void race(struct sender *one, struct sender *other)
{
	pthread_barrier_t start;
	pthread_t thread;

	pthread_barrier_init(&start, NULL, 2);
	one->start = &start;
	other->start = &start;
	assert_int_equal(pthread_create(&thread, NULL, send_all, one), 0);
	send_all(other);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&start);
	one->start = NULL;
	other->start = NULL;
	assert_int_equal(one->worst, 0);
	assert_int_equal(other->worst, 0);
}

static struct sender make_sender(const struct connection *c, const struct tcp_segment *segment,
				 bool from_pod)
{
	const struct network *network = &c->testbed->network;
	struct sender sender = {
		.testbed = c->testbed,
		.ifindex = from_pod ? network->pod[c->pod_number].ifindex : network->client.ifindex,
		.rounds = ROUNDS,
	};

	segment_build(segment, &sender.packet);
	return sender;
}

static void expect_joined(struct connection *c)
{
	struct tcp_segment segment = client_segment(c, TCP_PSH, "still joined");

	pass_to_pod(c, &segment);
	segment = pod_segment(c, TCP_PSH, "still joined");
	pass_to_client(c, &segment);
}

static void bare_syns_on_one_cpu_never_block_a_flow(void **state)
{
	struct connection *c = *state;
	struct tcp_segment syn, data;
	struct sender one, other;

	connection_open_bulk(c);
	syn = client_syn(c);
	syn.seq += 99999;
	data = client_segment(c, TCP_PSH, "x");
	one = make_sender(c, &syn, false);
	other = make_sender(c, &data, false);
	race(&one, &other);
	expect_joined(c);
}

static void both_directions_at_once_leave_the_flow_whole(void **state)
{
	struct connection *c = *state;
	struct tcp_segment data, reply;
	struct sender one, other;

	connection_open_bulk(c);
	data = client_segment(c, TCP_PSH, "x");
	reply = pod_segment(c, TCP_PSH, "y");
	one = make_sender(c, &data, false);
	other = make_sender(c, &reply, true);
	race(&one, &other);
	expect_joined(c);
}

/* FINs put every packet on the claimed way. */
static void half_closed_flows_survive_two_cpus(void **state)
{
	struct connection *c = *state;
	struct tcp_segment fin, reply;
	struct sender one, other;

	connection_open_bulk(c);
	fin = client_segment(c, TCP_FIN, NULL);
	reply = pod_segment(c, TCP_PSH, "y");
	one = make_sender(c, &fin, false);
	other = make_sender(c, &reply, true);
	race(&one, &other);
	reply = pod_segment(c, TCP_PSH, "still joined");
	pass_to_client(c, &reply);
}

static void a_request_that_comes_twice_at_once_makes_one_flow(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct tcp_segment request;
		struct sender one, other;

		client_connects(c);
		request = client_segment(c, TCP_PSH, REQUEST_ROOT);
		one = make_sender(c, &request, false);
		one.rounds = 1;
		other = one;
		race(&one, &other);
		harness_next_client(c);
	}
	expect_number(testbed_flows_in_state(c->testbed, FLOW_CONNECTING), CONNECTIONS);
	expect_number(testbed_gauge(c->testbed, FLOW_CONNECTING), CONNECTIONS);
	expect_number(testbed_gauge(c->testbed, FLOW_GATHERING), 0);
	expect_number(testbed_count_entries(c->testbed, "flows"), 2 * CONNECTIONS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(bare_syns_on_one_cpu_never_block_a_flow),
		BOTH(both_directions_at_once_leave_the_flow_whole),
		BOTH(half_closed_flows_survive_two_cpus),
		BOTH(a_request_that_comes_twice_at_once_makes_one_flow),
	};

	return HARNESS_RUN(tests);
}
