/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../agent/base/cleanup.h"
#include "../agent/datapath/log_control.h"
#include "../agent/datapath/readings_lists.h"
#include "../agent/datapath/request_log.h"
#include "../agent/datapath/request_names.h"
#include "context.h"
#include "request_line.h"

/* The programs are asked anew once a second, so that they stop soon when this process is killed. */
#define ASK_MS 1000
#define ASKED_MS 4000
#define ENTRIES_PER_TURN 256

struct tail {
	const struct context *context;
	struct request_log *requests;
	struct request_names *names;
	uint64_t epoch_us; /* wall time at 0 of CLOCK_MONOTONIC */
	bool discards;     /* what an earlier reader left behind */
	size_t left;       /* requests to be shown; counts down unless it is endless */
	bool endless;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void print_entry(const struct tail *tail, const struct log_entry *entry)
{
	struct access_log_request request = {
		.entry = entry,
		.started_us = tail->epoch_us + entry->started_ns / 1000,
		.rule = request_names_rule(tail->names, entry->rule),
		.service = request_names_service(tail->names, entry->endpoint),
		.endpoint = request_names_endpoint(tail->names, entry->endpoint),
	};
	char line[ACCESS_LOG_LINE_MAX];

	if (tail->context->json)
		fwrite(line, 1, access_log_write(ACCESS_LOG_JSON, &request, line), stdout);
	else
		request_line_print(stdout, &request);
}

static void take_entry(void *context, const struct log_entry *entry)
{
	struct tail *tail = context;

	if (tail->discards || (!tail->endless && !tail->left))
		return;
	print_entry(tail, entry);
	tail->left--;
}

static bool is_over(const struct tail *tail)
{
	return interrupted || ferror(stdout) || (!tail->endless && !tail->left);
}

/* Names are asked for anew with each turn: routes may have changed, and people read slowly. */
static int take_entries(struct tail *tail)
{
	size_t limit =
		tail->endless || tail->left > ENTRIES_PER_TURN ? ENTRIES_PER_TURN : tail->left;
	int count;

	tail->epoch_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
	request_names_forget(tail->names);
	count = request_log_consume(tail->requests, (unsigned)limit);
	fflush(stdout);
	return count;
}

static int follow(struct tail *tail)
{
	struct pollfd ready = {.fd = request_log_fd(tail->requests), .events = POLLIN};
	uint64_t asked_us = 0;
	int result = 0;

	while (result >= 0 && !is_over(tail)) {
		if (clock_us(CLOCK_MONOTONIC) >= asked_us + ASK_MS * 1000ULL) {
			asked_us = clock_us(CLOCK_MONOTONIC);
			result = log_control_set_tail(tail->context->directory, ASKED_MS);
		}
		if (result >= 0 && poll(&ready, 1, ASK_MS) > 0)
			result = take_entries(tail);
	}
	log_control_set_tail(tail->context->directory, 0);
	return result < 0 ? result : 0;
}

static int discard_old(struct tail *tail)
{
	int count;

	tail->discards = true;
	do {
		count = request_log_consume(tail->requests, ENTRIES_PER_TURN);
	} while (count == ENTRIES_PER_TURN);
	tail->discards = false;
	return count < 0 ? count : 0;
}

static int open_all(struct tail *tail)
{
	const char *directory = tail->context->directory;
	int error = request_names_open(directory, &tail->names);

	if (!error)
		error = request_log_open(directory, REQUEST_LOG_TAIL, take_entry, tail,
					 &tail->requests);
	return error ?: discard_old(tail);
}

static void signals_take(void)
{
	struct sigaction action = {.sa_handler = interrupt}; /* without SA_RESTART: poll() ends */
	struct sigaction ignore = {.sa_handler = SIG_IGN}; /* a closed pipe is an error of stdio */

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static uint64_t missed(const struct context *context)
{
	struct readings readings = {0};

	return readings_log_take(&context->maps, &readings)
		       ? 0
		       : readings.log_counts[LOG_COUNT_TAIL_DROPPED];
}

static int run(struct tail *tail)
{
	uint64_t before = missed(tail->context), after;
	int error = open_all(tail);

	if (error)
		return context_complain_errno(tail->context, error);
	signals_take();
	if (!tail->context->json)
		request_line_print_titles(stdout);
	fflush(stdout);
	error = follow(tail);
	after = missed(tail->context);
	if (after > before)
		context_complain(EXIT_OK, "%" PRIu64 " requests were too many to be shown",
				 after - before);
	return error ? context_complain_errno(tail->context, error) : EXIT_OK;
}

static void tail_done(struct tail *tail)
{
	request_log_close(tail->requests);
	request_names_close(tail->names);
}

int command_tail(struct context *context)
{
	_cleanup_(tail_done) struct tail tail = {.context = context};
	const char *count = context->arguments.count;
	_cleanup_close_ int lock = -1;
	int error;

	tail.endless = !count;
	if (count && arguments_parse_number(count, &tail.left))
		return context_complain(EXIT_USAGE, "--count \"%s\" is no positive number", count);
	error = pins_lock(context->directory, &lock);
	if (error == -EBUSY)
		return context_complain(EXIT_NOTHING, "another `pathroutectl tail` is running");
	if (error)
		return context_complain_errno(context, error);
	return run(&tail);
}
