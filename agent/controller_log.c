/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "controller_parts.h"
#include "datapath/log_control.h"
#include "datapath/request_log.h"
#include "datapath/request_names.h"
#include "observe/access_log.h"
#include "observe/access_log_file.h"

#define ENTRIES_PER_TURN 512 /* of the loop, which has other work to do */
#define TURNS_AT_END 16
#define RETRY_MS 100

struct controller_log {
	const char *path;
	enum access_log_format format;
	struct access_log_file *file;
	struct request_log *requests;
	struct request_names *names;
	struct event_timer *retry_timer;
	uint64_t epoch_us; /* wall time at 0 of CLOCK_MONOTONIC */
	uint64_t lost;     /* lines since writing got into trouble; 0: it is in none */
};

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void entry_take(void *context, const struct log_entry *entry)
{
	struct controller_log *log = context;
	struct access_log_request request = {
		.entry = entry,
		.started_us = log->epoch_us + entry->started_ns / 1000,
		.rule = request_names_rule(log->names, entry->rule),
		.service = request_names_service(log->names, entry->endpoint),
		.endpoint = request_names_endpoint(log->names, entry->endpoint),
	};
	char line[ACCESS_LOG_LINE_MAX];
	size_t length = access_log_write(log->format, &request, line);

	access_log_file_add(log->file, line, length);
}

/* Two lines of our own log for each time of trouble, however many lines are lost in it. */
static void trouble_log(struct controller_log *log, int error, uint64_t dropped)
{
	if (dropped && !log->lost)
		log_warning("access log %s: %s, dropping lines", log->path,
			    error == -EAGAIN ? "its reader is slow" : strerror(-error));
	log->lost += dropped;
	if (error || !log->lost)
		return;
	log_info("access log %s: written again, %" PRIu64 " lines are missing", log->path,
		 log->lost);
	log->lost = 0;
}

static void log_flush(struct controller *controller)
{
	struct controller_log *log = controller->log;
	int error = access_log_file_flush(log->file);
	uint64_t dropped = access_log_file_take_dropped(log->file);
	const char *directory = datapath_directory(controller->datapath);

	trouble_log(log, error, dropped);
	if (dropped && log_control_count_unwritten(directory, dropped))
		log_warning("access log: cannot count the lines that are missing");
	if (error && log->retry_timer)
		event_timer_arm(log->retry_timer, RETRY_MS, 0);
}

/* Returns how many entries there were, or a negative errno. */
static int entries_write(struct controller *controller)
{
	struct controller_log *log = controller->log;
	int count;

	log->epoch_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
	count = request_log_consume(log->requests, ENTRIES_PER_TURN);
	log_flush(controller);
	return count;
}

static void entries_ready(void *context, uint32_t events)
{
	(void)events;
	entries_write(context);
}

static void retry_expired(void *context)
{
	log_flush(context);
}

int controller_log_open(struct controller *controller)
{
	const struct options *options = controller->options;
	struct controller_log *log;
	int error;

	if (!options->access_log)
		return 0;
	log = calloc(1, sizeof(*log));
	if (!log)
		return -ENOMEM;
	controller->log = log;
	log->path = options->access_log;
	log->format = options->access_log_format == OPTIONS_LOG_COMBINED ? ACCESS_LOG_COMBINED
									 : ACCESS_LOG_JSON;
	error = access_log_file_open(log->path, &log->file);
	if (error)
		log_error("--access-log %s: %s", log->path, strerror(-error));
	return error;
}

static int log_connect(struct controller *controller, const char *directory)
{
	struct controller_log *log = controller->log;
	int error = request_names_open(directory, &log->names);

	if (!error)
		error = request_log_open(directory, REQUEST_LOG_AGENT, entry_take, log,
					 &log->requests);
	if (!error)
		error = event_timer_new(controller->loop, retry_expired, controller,
					&log->retry_timer);
	if (!error)
		error = event_loop_add(controller->loop, request_log_fd(log->requests), EPOLLIN,
				       entries_ready, controller);
	return error;
}

int controller_log_start(struct controller *controller)
{
	const char *directory = datapath_directory(controller->datapath);
	uint32_t every = controller->log ? controller->options->access_log_sample : 0;
	int error = controller->log ? log_connect(controller, directory) : 0;

	if (!error)
		error = log_control_set_every(directory, every);
	if (error)
		log_error("access log: %s", strerror(-error));
	return error;
}

void controller_log_reopen(struct controller *controller)
{
	struct controller_log *log = controller->log;
	int error = log ? access_log_file_reopen(log->file) : 0;

	if (error)
		log_error("access log %s: %s, going on with the old file", log->path,
			  strerror(-error));
	else if (log)
		log_info("access log %s: opened anew", log->path);
}

void controller_log_forget_names(struct controller *controller)
{
	if (controller->log)
		request_names_forget(controller->log->names);
}

/* What the programs hand over from now on waits for the next agent. */
static void log_disconnect(struct controller *controller)
{
	struct controller_log *log = controller->log;
	int count = ENTRIES_PER_TURN;

	log_control_set_every(datapath_directory(controller->datapath), 0);
	for (int i = 0; i < TURNS_AT_END && count == ENTRIES_PER_TURN; i++)
		count = entries_write(controller);
	event_loop_remove(controller->loop, request_log_fd(log->requests));
	event_timer_free(log->retry_timer);
}

void controller_log_stop(struct controller *controller)
{
	struct controller_log *log = controller->log;

	if (!log)
		return;
	if (log->requests)
		log_disconnect(controller);
	request_log_close(log->requests);
	request_names_close(log->names);
	access_log_file_close(log->file);
	free(STEAL(controller->log));
}
