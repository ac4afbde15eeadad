/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/datapath/cookie_keys.h"
#include "../../agent/datapath/replies.h"
#include "../../bpf/lib/route_hash.h"
#include "routes_scene.h"

#define STRESS_MS 1500
#define LOOKS 3

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Looks the way of a request up as the programs do. 0: all was there. */
static int request_look_up(uint64_t seed)
{
	struct listener_key key = routes_listener_key(ROUTES_LISTENER);
	struct host_key host_key = {route_hash_host(seed, ROUTES_HOST, sizeof(ROUTES_HOST) - 1), 0,
				    HOST_EXACT};
	struct path_key path_key = {route_hash_path(seed, "/a", 2), 0, PATH_PREFIX};
	struct listener listener;
	struct host host;
	struct path_entry entry;
	struct rule rule;
	struct rule_set set;
	struct endpoint endpoint;
	uint32_t member;

	if (bpf_map_lookup_elem(routes_map("listeners"), &key, &listener))
		return 1;
	host_key.table = listener.table;
	if (bpf_map_lookup_elem(routes_map("hosts"), &host_key, &host))
		return 2;
	path_key.host = host.id;
	if (!(host.prefix_depths & 2) ||
	    bpf_map_lookup_elem(routes_map("paths"), &path_key, &entry))
		return 3;
	bpf_map_lookup_elem(routes_map("rules"), &entry.rule[0], &rule);
	if (!rule.in_use || !rule.set[0])
		return 4;
	bpf_map_lookup_elem(routes_map("rule_sets"), &rule.set[0], &set);
	if (!set.group_count || !set.group[0].count)
		return 5;
	bpf_map_lookup_elem(routes_map("members"), &set.group[0].first, &member);
	bpf_map_lookup_elem(routes_map("endpoints"), &member, &endpoint);
	return endpoint.address.word[3] ? 0 : 6;
}

/* Unlike a program, a process can be interrupted between two look-ups for as long as it takes to
 * remove what the first one found: a gap is one that is still there when looked at again. */
static int gap_find(uint64_t seed)
{
	int gap = 0;

	for (int i = 0; i < LOOKS; i++) {
		gap = request_look_up(seed);
		if (!gap)
			return 0;
	}
	return gap;
}

/* Looks up until it is killed, or finds a gap. */
static pid_t reader_start(void)
{
	uint64_t seed = routes_seed();
	pid_t child = fork();
	int gap;

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	do
		gap = gap_find(seed);
	while (!gap);
	_exit(gap);
}

static void a_restart_writes_nothing_and_keeps_all_numbers(void **state)
{
	size_t redirect = small_rule(&routes.small, "old"), spread;
	uint32_t rule, set, version;

	(void)state;
	routes.small.rules[redirect].action = RULE_REDIRECT;
	routes.small.rules[redirect].redirect.status = 302;
	small_path(&routes.small, routes.host, "/old", redirect);
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	spread = small_route(&routes.small, routes.host, "/s", "s", "10.0.0.2");
	routes.small.rules[spread].algorithm = BALANCE_CLIENT_IP;
	small_endpoint(&routes.small.groups[spread][0], "10.0.0.3");
	small_endpoint(&routes.small.groups[spread][0], "fd00::3");
	routes_apply();
	rule = routes_rule_id("/s");
	set = routes_rule("/s").set[0];
	version = routes_set("/s").version;
	routes_restart();
	routes_apply();
	assert_int_equal(routes.change.writes, 0);
	assert_int_equal(routes_rule_id("/s"), rule);
	assert_int_equal(routes_rule("/s").set[0], set);
	assert_int_equal(routes_set("/s").version, version);
}

static void a_restart_prunes_what_is_gone_and_reuses_nothing_at_once(void **state)
{
	struct path_entry entry;
	uint32_t gone, kept;

	(void)state;
	small_route(&routes.small, routes.host, "/gone", "gone", "10.0.0.1");
	small_route(&routes.small, routes.host, "/kept", "kept", "10.0.0.2");
	routes_apply();
	gone = routes_rule_id("/gone");
	kept = routes_rule_id("/kept");
	routes_restart();
	routes_begin();
	small_route(&routes.small, routes.host, "/kept", "kept", "10.0.0.2");
	small_route(&routes.small, routes.host, "/new", "new", "10.0.0.3");
	routes_apply();
	assert_int_equal(routes_find_path("/gone", &entry), -ENOENT);
	assert_int_equal(routes_rule_id("/kept"), kept);
	assert_int_not_equal(routes_rule_id("/new"), gone);
}

static void an_apply_cut_short_is_set_right(void **state)
{
	struct path_key stray = {.hash = 99, .host = 3, .kind = PATH_PREFIX};
	struct path_entry entry = {.rule = {7}};
	struct rule broken = {.set = {9999, 0}, .in_use = 1};
	uint32_t id = 9;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	bpf_map_update_elem(routes_map("paths"), &stray, &entry, BPF_ANY);
	bpf_map_update_elem(routes_map("rules"), &id, &broken, BPF_ANY);
	routes_restart();
	routes_apply();
	assert_int_equal(bpf_map_lookup_elem(routes_map("paths"), &stray, &entry), -ENOENT);
	routes_read("rules", &id, &broken);
	assert_int_equal(broken.in_use, 0);
	assert_int_equal(routes_set("/a").group[0].count, 1);
}

static void a_reader_never_finds_a_gap_while_routes_change(void **state)
{
	uint64_t end = clock_ms() + STRESS_MS;
	int status, applied = 0;
	pid_t reader;

	(void)state;
	small_route(&routes.small, routes.host, "/a", "a", "10.0.0.1");
	routes_apply();
	reader = reader_start();
	assert_true(reader > 0);
	for (uint32_t i = 0; clock_ms() < end; i++) {
		routes_begin();
		routes.small.listeners[0].table = 1 + i % 3;
		routes.small.hosts[0].table = 1 + i % 3;
		small_route(&routes.small, routes.host, "/a", i % 2 ? "a" : "b",
			    i % 4 < 2 ? "10.0.0.1" : "10.0.0.2");
		/* Places rest: now and then there is none for a second. */
		applied += !route_maps_apply(routes.maps, &routes.small.table, &routes.change);
		usleep(2000);
	}
	kill(reader, SIGKILL);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_true(WIFSIGNALED(status));
	assert_true(applied > 10);
}

static void cookie_keys_are_made_once_and_replaced_one_by_one(void **state)
{
	struct cookie_key before[COOKIE_KEYS], after;
	int fd = routes_map("cookie_keys");
	uint32_t replaced = (5 + 2) % COOKIE_KEYS;

	(void)state;
	assert_int_equal(cookie_keys_fill(fd), 0);
	for (uint32_t i = 0; i < COOKIE_KEYS; i++) {
		assert_int_equal(bpf_map_lookup_elem(fd, &i, &before[i]), 0);
		assert_true(before[i].word[0] || before[i].word[1]);
	}
	assert_int_equal(cookie_keys_fill(fd), 0);
	assert_int_equal(cookie_keys_rotate(fd, 5ULL << COOKIE_SLOT_SHIFT), 0);
	for (uint32_t i = 0; i < COOKIE_KEYS; i++) {
		assert_int_equal(bpf_map_lookup_elem(fd, &i, &after), 0);
		assert_int_equal(!memcmp(&before[i], &after, sizeof(after)), i != replaced);
	}
}

static void replies_lie_at_their_verdict(void **state)
{
	struct reply_template template;
	uint32_t verdict = VERDICT_NO_ROUTE;

	(void)state;
	assert_int_equal(replies_write(routes_map("replies")), 0);
	routes_read("replies", &verdict, &template);
	assert_memory_equal(template.bytes, "HTTP/1.1 404 Not Found\r\n", 24);
}

static const struct CMUnitTest tests[] = {
	TEST(a_restart_writes_nothing_and_keeps_all_numbers),
	TEST(a_restart_prunes_what_is_gone_and_reuses_nothing_at_once),
	TEST(an_apply_cut_short_is_set_right),
	TEST(a_reader_never_finds_a_gap_while_routes_change),
	TEST(cookie_keys_are_made_once_and_replaced_one_by_one),
	TEST(replies_lie_at_their_verdict),
};

int main(void)
{
	return routes_run_tests("test_route_adopt", tests, sizeof(tests) / sizeof(tests[0]));
}
