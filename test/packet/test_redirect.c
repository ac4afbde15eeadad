/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect rules: the Location that is put together from the rule and the request. */
#include <stdio.h>

#include "harness.h"

struct redirect_case {
	struct redirect redirect;
	const char *request;
	const char *location;
};

#define HOST_LINE " HTTP/1.1\r\nHost: www.example.com:8080\r\n\r\n"

static void set_redirect(struct connection *c, const struct redirect *wanted)
{
	struct redirect redirect = *wanted;

	redirect.status = redirect.status ? redirect.status : 302;
	redirect.origin_length = (uint16_t)strlen(redirect.origin);
	redirect.path_length = (uint16_t)strlen(redirect.path);
	redirect.prefix_length = strlen("/moved");
	routes_set_redirect(c->routes, &redirect);
}

/* All of the reply: status line, Location, no body, close. */
static void expect_location(struct connection *c, unsigned status, const char *location)
{
	struct tcp_segment got = take_segment(c);
	char text[2000], want[1500], line[32];

	expect_nothing_more(c);
	snprintf(text, sizeof(text), "%.*s", (int)got.payload_length, (const char *)got.payload);
	snprintf(line, sizeof(line), "HTTP/1.1 %u ", status);
	snprintf(want, sizeof(want), "\r\nLocation: %s\r\n", location);
	if (strncmp(text, line, strlen(line)) || !strstr(text, want) ||
	    !strstr(text, "\r\nContent-Length: 0\r\n") ||
	    !strstr(text, "\r\nConnection: close\r\n") ||
	    strcmp(text + strlen(text) - 4, "\r\n\r\n"))
		expect_fail(HERE, "want %u %s, got: %s", status, location, text);
	expect_number(got.flags, TCP_FIN | TCP_PSH | TCP_ACK);
	expect_number(got.seq, c->client.ack);
	expect_number(got.ack, c->client.next);
}

static const struct redirect_case cases[] = {
	{{.flags = REDIRECT_HAS_PATH, .path = "/new"},
	 "GET /moved" HOST_LINE,
	 "http://www.example.com:8080/new"},
	{{.flags = REDIRECT_HAS_PATH, .path = "/new"},
	 "GET /moved/a/b?q=1&r=%20" HOST_LINE,
	 "http://www.example.com:8080/new?q=1&r=%20"},
	{{.flags = REDIRECT_REPLACE_PREFIX, .path = "/new"},
	 "GET /moved/a/b?q" HOST_LINE,
	 "http://www.example.com:8080/new/a/b?q"},
	{{.flags = REDIRECT_REPLACE_PREFIX, .path = "/new"},
	 "GET /moved" HOST_LINE,
	 "http://www.example.com:8080/new"},
	{{.flags = REDIRECT_REPLACE_PREFIX, .path = ""},
	 "GET /moved/a" HOST_LINE,
	 "http://www.example.com:8080/a"},
	{{.flags = REDIRECT_REPLACE_PREFIX, .path = ""},
	 "GET /moved" HOST_LINE,
	 "http://www.example.com:8080/"},
	{{.origin = "https://other.example.org"},
	 "GET /moved/a?b" HOST_LINE,
	 "https://other.example.org/moved/a?b"},
	{{.origin = "https://other.example.org:8443", .flags = REDIRECT_HAS_PATH, .path = "/x/y"},
	 "GET /moved/a" HOST_LINE,
	 "https://other.example.org:8443/x/y"},
	{{.scheme_https = 1}, "GET /moved/a" HOST_LINE, "https://www.example.com/moved/a"},
	{{.scheme_https = 1},
	 "GET http://www.example.com/moved/a HTTP/1.1\r\n"
	 "Host: www.example.com\r\n\r\n",
	 "https://www.example.com/moved/a"},
};

static void locations_are_put_together(void **state)
{
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_redirect(c, &cases[i].redirect);
		client_connects(c);
		client_says(c, TCP_PSH, cases[i].request);
		expect_verdict(c, VERDICT_REDIRECT_302);
		expect_location(c, 302, cases[i].location);
		harness_next_client(c);
	}
}

static void every_status_has_its_line(void **state)
{
	static const struct {
		uint16_t status;
		enum verdict verdict;
	} statuses[] = {
		{301, VERDICT_REDIRECT_301}, {302, VERDICT_REDIRECT_302},
		{303, VERDICT_REDIRECT_303}, {307, VERDICT_REDIRECT_307},
		{308, VERDICT_REDIRECT_308},
	};
	struct connection *c = *state;

	for (unsigned i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct redirect redirect = {.status = statuses[i].status,
					    .origin = "https://example.org"};

		set_redirect(c, &redirect);
		client_connects(c);
		client_says(c, TCP_PSH, "GET /moved" HOST_LINE);
		expect_verdict(c, statuses[i].verdict);
		expect_location(c, statuses[i].status, "https://example.org/moved");
		harness_next_client(c);
	}
}

/* Every length of the path: the words of the copy end anywhere. */
static void locations_of_every_length_have_good_checksums(void **state)
{
	struct connection *c = *state;
	struct redirect redirect = {.origin = "https://example.org"};
	char request[400], location[400], path[200];

	set_redirect(c, &redirect);
	for (int length = 1; length < 120; length++) {
		memset(path, 'p', sizeof(path));
		path[length] = 0;
		snprintf(request, sizeof(request), "GET /moved/%s%s", path, HOST_LINE);
		snprintf(location, sizeof(location), "https://example.org/moved/%s", path);
		client_connects(c);
		client_says(c, TCP_PSH, request);
		expect_location(c, 302, location);
		harness_next_client(c);
	}
}

static void a_location_that_is_too_long_is_refused(void **state)
{
	struct connection *c = *state;
	struct redirect redirect = {.origin = "https://example.org"};
	char request[1400];

	set_redirect(c, &redirect);
	memset(request, 'p', sizeof(request));
	memcpy(request, "GET /moved/", 11);
	memcpy(request + sizeof(request) - sizeof(HOST_LINE), HOST_LINE, sizeof(HOST_LINE));
	client_connects(c);
	client_says(c, TCP_PSH, request);
	if (c->testbed->verdict == VERDICT_REDIRECT_302)
		assert_in_range(take_segment(c).payload_length, 1300, 1460);
	else
		expect_verdict(c, VERDICT_TARGET_TOO_LONG);
}

static void a_lost_redirect_is_sent_again(void **state)
{
	struct connection *c = *state;
	struct redirect redirect = {.flags = REDIRECT_REPLACE_PREFIX, .path = "/new"};
	struct tcp_segment again;

	set_redirect(c, &redirect);
	client_connects(c);
	client_says(c, TCP_PSH, "GET /moved/a" HOST_LINE);
	for (unsigned i = 0; i < 3; i++) {
		again = client_segment(c, TCP_PSH, "GET /moved/a" HOST_LINE);
		again.seq = c->client.isn + 1;
		client_sends(c, &again);
		expect_verdict(c, VERDICT_REPLY_REPEATED);
		expect_location(c, 302, "http://www.example.com:8080/new/a");
	}
}

/* The first part is acknowledged, so that the client repeats only the last one. */
static void a_lost_redirect_of_a_request_in_parts_is_sent_again(void **state)
{
	static const char request[] = "GET /moved/a" HOST_LINE;
	struct connection *c = *state;
	struct redirect redirect = {.flags = REDIRECT_REPLACE_PREFIX, .path = "/new"};
	struct tcp_segment again;

	set_redirect(c, &redirect);
	client_connects(c);
	client_says_part(c, TCP_PSH, request, 20);
	expect_verdict(c, VERDICT_HEAD_ACKNOWLEDGED);
	client_says(c, TCP_PSH, &request[20]);
	expect_location(c, 302, "http://www.example.com:8080/new/a");
	again = client_segment(c, TCP_PSH, &request[20]);
	again.seq = c->client.isn + 21;
	client_sends(c, &again);
	expect_location(c, 302, "http://www.example.com:8080/new/a");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(locations_are_put_together),
		BOTH(every_status_has_its_line),
		BOTH(locations_of_every_length_have_good_checksums),
		BOTH(a_location_that_is_too_long_is_refused),
		BOTH(a_lost_redirect_is_sent_again),
		BOTH(a_lost_redirect_of_a_request_in_parts_is_sent_again),
	};

	return HARNESS_RUN(tests);
}
