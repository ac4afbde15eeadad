/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

struct harness_variant harness_variants[4] = {
	{.ipv6 = false}, {.ipv6 = true}, {.ipv6 = false, .xdp = true}, {.ipv6 = true, .xdp = true}};

static struct testbed *testbed;
static struct routes routes;
static struct connection connection;
static bool other_settings;

int harness_begin(void **state)
{
	struct datapath_settings settings = testbed_default_settings();
	int error;

	(void)state;
	expect_failed = _fail;
	testbed = calloc(1, sizeof(*testbed));
	if (!testbed)
		return -1;
	error = testbed_setup(testbed, &settings);
	if (error)
		fprintf(stderr, "no network or no program: %s\n", strerror(-error));
	return error;
}

int harness_end(void **state)
{
	(void)state;
	testbed_done(testbed);
	free(testbed);
	return 0;
}

int harness_test_begin(void **state)
{
	struct datapath_settings settings = testbed_default_settings();
	const struct harness_variant *variant = *state;
	int error = other_settings ? testbed_reload(testbed, &settings) : 0;

	other_settings = false;
	testbed_reset(testbed);
	testbed->leaves = false;
	testbed->with_xdp = variant->xdp;
	routes_write(&routes, testbed, variant->ipv6);
	connection_init(&connection, testbed, &routes, variant->ipv6);
	*state = &connection;
	return error;
}

void harness_next_client(struct connection *c)
{
	uint16_t port = c->client_port + 1;
	uint32_t client_isn = c->client.isn + 100003, pod_isn = c->pod.isn + 300007;
	struct party client = c->client, pod = c->pod;

	connection_init(c, c->testbed, c->routes, c->ipv6);
	c->client_port = port;
	c->pod_source_port = port;
	c->client.isn = client_isn;
	c->client.syn_layout = client.syn_layout;
	c->client.mss = client.mss;
	c->client.tsval = client.tsval + 10;
	c->pod.isn = pod_isn;
	c->pod.syn_layout = pod.syn_layout;
	c->pod.mss = pod.mss;
}

void harness_use_settings(struct connection *c, const struct datapath_settings *settings)
{
	other_settings = true;
	if (testbed_reload(testbed, settings))
		expect_fail(HERE, "the program did not load");
	routes_write(&routes, testbed, c->ipv6);
}
