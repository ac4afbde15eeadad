/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "../../agent/base/cleanup.h"
#include "../../agent/observe/http_server.h"

#define REPLY_BYTES 8192
#define WAIT_MS 5000

/* What the callbacks answer. */
struct stand_in {
	struct http_server *server;
	bool synced;
	int error;
	unsigned metrics_written;
};

static size_t list_checks(void *context, struct http_check *checks, size_t limit)
{
	const struct stand_in *stand_in = context;

	assert_true(limit >= 2);
	checks[0] = (struct http_check){.name = "programs", .passed = true};
	checks[1] = (struct http_check){.name = "sync", .passed = stand_in->synced};
	snprintf(checks[1].text, sizeof(checks[1].text), "never");
	return 2;
}

static int write_metrics(void *context, FILE *out)
{
	struct stand_in *stand_in = context;

	stand_in->metrics_written++;
	fputs("pathroute_up 1\n", out);
	return stand_in->error;
}

static int write_page(void *context, FILE *out)
{
	(void)context;
	fputs("<!DOCTYPE html>", out);
	return 0;
}

static int start(void **state)
{
	static struct stand_in stand_in;
	struct http_content content = {&stand_in, list_checks, write_metrics, write_page};

	memset(&stand_in, 0, sizeof(stand_in));
	*state = &stand_in;
	return http_server_start("127.0.0.1:0", &content, &stand_in.server);
}

static int stop(void **state)
{
	struct stand_in *stand_in = *state;

	http_server_stop(stand_in->server);
	return 0;
}

static int connect_to(const struct http_server *server)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(http_server_port(server)),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Turns the server's part of the event loop until the client has something to read. */
static void serve_until_readable(struct http_server *server, int client)
{
	struct pollfd fds[] = {{.fd = http_server_fd(server), .events = POLLIN},
			       {.fd = client, .events = POLLIN}};

	do {
		if (poll(fds, 2, WAIT_MS) <= 0)
			fail_msg("no reply within %d ms", WAIT_MS);
		if (fds[0].revents)
			http_server_dispatch(server);
	} while (!fds[1].revents);
}

/* Sends bytes and reads until the server closes, which "Connection: close" asks it to do. */
static void exchange(struct http_server *server, const char *request, char *reply)
{
	_cleanup_close_ int client = connect_to(server);
	size_t length = 0;
	ssize_t got;

	assert_true(send(client, request, strlen(request), MSG_NOSIGNAL) > 0);
	do {
		serve_until_readable(server, client);
		got = recv(client, reply + length, REPLY_BYTES - 1 - length, 0);
		if (got > 0)
			length += (size_t)got;
	} while (got > 0 && length < REPLY_BYTES - 1);
	reply[length] = '\0';
}

static void get(struct stand_in *stand_in, const char *target, char *reply)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
	exchange(stand_in->server, request, reply);
}

static void assert_status(const char *reply, const char *status)
{
	char line[40];

	snprintf(line, sizeof(line), "HTTP/1.1 %s ", status);
	if (strncmp(reply, line, strlen(line)))
		fail_msg("not a %s: %s", status, reply);
}

static void metrics_come_with_their_content_type(void **state)
{
	char reply[REPLY_BYTES];

	get(*state, "/metrics", reply);
	assert_status(reply, "200");
	assert_non_null(strstr(reply, "Content-Type: text/plain; version=0.0.4"));
	assert_non_null(strstr(reply, "\r\n\r\npathroute_up 1\n"));
}

static void metrics_that_cannot_be_read_are_answered_500(void **state)
{
	struct stand_in *stand_in = *state;
	char reply[REPLY_BYTES];

	stand_in->error = -EPERM;
	get(stand_in, "/metrics", reply);
	assert_status(reply, "500");
	assert_null(strstr(reply, "pathroute_up"));
	assert_non_null(strstr(reply, "Operation not permitted"));
}

static void readyz_is_503_until_all_checks_pass(void **state)
{
	struct stand_in *stand_in = *state;
	char reply[REPLY_BYTES];

	get(stand_in, "/readyz", reply);
	assert_status(reply, "503");
	assert_non_null(strstr(reply, "[+] programs\n[-] sync: never\nnot ready\n"));
	stand_in->synced = true;
	get(stand_in, "/readyz", reply);
	assert_status(reply, "200");
	assert_non_null(strstr(reply, "\r\n\r\nready\n"));
}

static void readyz_verbose_lists_each_check(void **state)
{
	struct stand_in *stand_in = *state;
	char reply[REPLY_BYTES];

	stand_in->synced = true;
	get(stand_in, "/readyz?verbose", reply);
	assert_non_null(strstr(reply, "\r\n\r\n[+] programs\n[+] sync: never\nready\n"));
}

static void livez_is_ok_while_not_ready(void **state)
{
	char reply[REPLY_BYTES];

	get(*state, "/livez", reply);
	assert_status(reply, "200");
}

static void page_is_html_that_may_not_run_scripts(void **state)
{
	char reply[REPLY_BYTES];

	get(*state, "/", reply);
	assert_status(reply, "200");
	assert_non_null(strstr(reply, "Content-Type: text/html"));
	assert_non_null(strstr(reply, "Content-Security-Policy: default-src 'none'"));
}

static void other_paths_are_answered_404(void **state)
{
	char reply[REPLY_BYTES];

	get(*state, "/metrics/", reply);
	assert_status(reply, "404");
}

static void head_has_no_body(void **state)
{
	struct stand_in *stand_in = *state;
	char reply[REPLY_BYTES];

	exchange(stand_in->server,
		 "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", reply);
	assert_status(reply, "200");
	assert_non_null(strstr(reply, "Content-Length: 15\r\n"));
	assert_null(strstr(reply, "pathroute_up"));
}

static void other_methods_are_answered_405(void **state)
{
	struct stand_in *stand_in = *state;
	char reply[REPLY_BYTES];

	exchange(stand_in->server,
		 "POST /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		 "Content-Length: 4\r\n\r\nbody",
		 reply);
	assert_status(reply, "405");
	assert_non_null(strstr(reply, "Allow: GET, HEAD\r\n"));
	assert_int_equal(stand_in->metrics_written, 0);
}

static void long_heads_are_refused(void **state)
{
	struct stand_in *stand_in = *state;
	char reply[REPLY_BYTES];
	char request[12000];

	memset(request, 'a', sizeof(request));
	memcpy(request, "GET /", 5);
	request[sizeof(request) - 1] = '\0';
	exchange(stand_in->server, request, reply);
	assert_null(strstr(reply, " 200 "));
	get(stand_in, "/livez", reply);
	assert_status(reply, "200");
}

static void two_requests_share_a_connection(void **state)
{
	static const char request[] = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct stand_in *stand_in = *state;
	_cleanup_close_ int client = connect_to(stand_in->server);
	char reply[REPLY_BYTES];

	for (int i = 0; i < 2; i++) {
		ssize_t got;

		assert_true(send(client, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0);
		serve_until_readable(stand_in->server, client);
		got = recv(client, reply, sizeof(reply) - 1, 0);
		assert_true(got > 0);
		reply[got] = '\0';
		assert_status(reply, "200");
	}
}

static void connections_over_the_limit_do_not_stop_the_others(void **state)
{
	struct stand_in *stand_in = *state;
	int clients[HTTP_SERVER_CONNECTIONS + 8];
	char reply[REPLY_BYTES];

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		clients[i] = connect_to(stand_in->server);
	http_server_dispatch(stand_in->server);
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		close(clients[i]);
	get(stand_in, "/livez", reply);
	assert_status(reply, "200");
}

static void an_idle_server_is_not_readable(void **state)
{
	struct stand_in *stand_in = *state;
	struct pollfd idle = {.fd = http_server_fd(stand_in->server), .events = POLLIN};
	char reply[REPLY_BYTES];

	get(stand_in, "/livez", reply);
	for (int turns = 0; poll(&idle, 1, 0) == 1; turns++) {
		assert_true(turns < 10);
		http_server_dispatch(stand_in->server);
	}
	assert_int_equal(poll(&idle, 1, 50), 0);
}

static void malformed_addresses_are_refused(void **state)
{
	static const char *const addresses[] = {"",
						"127.0.0.1",
						":80",
						"127.0.0.1:",
						"127.0.0.1:65536",
						"127.0.0.1:-1",
						"127.0.0.1: 80",
						"localhost:80",
						"[::1:80",
						"::1:80",
						"[]:80",
						"[127.0.0.1]:80",
						"127.0.0.1:8x",
						"]:1",
						"[:1"};
	struct http_content content = {NULL, list_checks, write_metrics, write_page};
	struct http_server *server = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_int_equal(http_server_start(addresses[i], &content, &server), -EINVAL);
	assert_null(server);
}

static void a_port_in_use_is_an_error(void **state)
{
	struct stand_in *stand_in = *state;
	struct http_content content = {NULL, list_checks, write_metrics, write_page};
	struct http_server *second = NULL;
	char address[40];

	snprintf(address, sizeof(address), "127.0.0.1:%u", http_server_port(stand_in->server));
	assert_int_equal(http_server_start(address, &content, &second), -EADDRINUSE);
}

static void ipv6_addresses_have_brackets(void **state)
{
	struct http_content content = {NULL, list_checks, write_metrics, write_page};
	struct http_server *server = NULL;
	int error = http_server_start("[::1]:0", &content, &server);

	(void)state;
	if (error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT)
		skip();
	assert_int_equal(error, 0);
	assert_true(http_server_port(server) != 0);
	http_server_stop(server);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(metrics_come_with_their_content_type),
		WITH_SERVER(metrics_that_cannot_be_read_are_answered_500),
		WITH_SERVER(readyz_is_503_until_all_checks_pass),
		WITH_SERVER(readyz_verbose_lists_each_check),
		WITH_SERVER(livez_is_ok_while_not_ready),
		WITH_SERVER(page_is_html_that_may_not_run_scripts),
		WITH_SERVER(other_paths_are_answered_404),
		WITH_SERVER(head_has_no_body),
		WITH_SERVER(other_methods_are_answered_405),
		WITH_SERVER(long_heads_are_refused),
		WITH_SERVER(two_requests_share_a_connection),
		WITH_SERVER(connections_over_the_limit_do_not_stop_the_others),
		WITH_SERVER(an_idle_server_is_not_readable),
		WITH_SERVER(a_port_in_use_is_an_error),
		cmocka_unit_test(malformed_addresses_are_refused),
		cmocka_unit_test(ipv6_addresses_have_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
