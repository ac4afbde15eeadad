/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wire with faults: forwards Ethernet frames between two devices and loses, repeats, delays,
 * reorders and corrupts TCP segments by chance. The seed decides: the same frames in the same
 * order meet the same fate. Everything but TCP passes as it is.
 *
 *	impair [options] DEVICE DEVICE
 *
 * Frames are read with their virtio header, so GSO super-packets and unfinished checksums are
 * seen as such; impair_frame.c turns them into the frames that a real wire would carry. Ends on
 * SIGTERM or SIGINT and prints its counts as one JSON line.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "impair_device.h"
#include "impair_frame.h"
#include "impair_queue.h"

#define READ_MAX 64 /* frames taken from one device before the other one's turn */

struct options {
	double loss, duplicate, reorder, corrupt; /* percent */
	unsigned long delay_us, gap_us;
	unsigned long long seed;
	const char *device[2];
};

struct counts {
	unsigned long long frames, tcp, lost, duplicated, reordered, corrupted, unsent;
};

struct wire {
	struct options options;
	struct counts counts;
	struct impair_device device[2];
	struct impair_queue queue;
	unsigned long long random;
	int to; /* index of the device that the present frame leaves by */
};

static unsigned long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* splitmix64: small, and good enough for dice. */
static unsigned long long roll(struct wire *wire)
{
	unsigned long long value = wire->random += 0x9e3779b97f4a7c15ULL;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
	value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
	return value ^ value >> 31;
}

static bool chance(struct wire *wire, double percent)
{
	return (double)(roll(wire) >> 11) * (100.0 / (1ULL << 53)) < percent;
}

static void send_now(struct wire *wire, int to, const unsigned char *frame, size_t length)
{
	if (impair_device_send(&wire->device[to], frame, length) != 0)
		wire->counts.unsent++;
}

static void send_later(struct wire *wire, unsigned long delay_us, const unsigned char *frame,
		       size_t length)
{
	if (delay_us == 0 && wire->queue.count == 0)
		send_now(wire, wire->to, frame, length);
	else if (impair_queue_push(&wire->queue, now_us() + delay_us, wire->to, frame, length) != 0)
		wire->counts.unsent++;
}

/* All dice are thrown for every segment, so that one option does not shift another's fate. */
static void forward_segment(struct wire *wire, unsigned char *frame, size_t length)
{
	const struct options *options = &wire->options;
	bool lost = chance(wire, options->loss), duplicated = chance(wire, options->duplicate);
	bool reordered = chance(wire, options->reorder), corrupted = chance(wire, options->corrupt);
	unsigned long long where = roll(wire);

	wire->counts.tcp++;
	if (lost) {
		wire->counts.lost++;
		return;
	}
	if (corrupted) {
		impair_frame_corrupt(frame, length, where);
		wire->counts.corrupted++;
	}
	wire->counts.reordered += reordered;
	send_later(wire, options->delay_us + (reordered ? options->gap_us : 0), frame, length);
	if (duplicated) {
		wire->counts.duplicated++;
		send_later(wire, options->delay_us, frame, length);
	}
}

static void take_frame(void *context, unsigned char *frame, size_t length)
{
	struct wire *wire = context;

	wire->counts.frames++;
	if (impair_frame_is_tcp(frame, length))
		forward_segment(wire, frame, length);
	else
		send_now(wire, wire->to, frame, length);
}

static void read_device(struct wire *wire, int from)
{
	static unsigned char buffer[IMPAIR_FRAME_MAX];
	struct impair_offload offload;
	ssize_t length;

	wire->to = !from;
	for (int i = 0; i < READ_MAX; i++) {
		length = impair_device_receive(&wire->device[from], buffer, &offload);
		if (length <= 0)
			return;
		impair_frame_split(buffer, (size_t)length, &offload, take_frame, wire);
	}
}

static void send_due(struct wire *wire)
{
	struct impair_entry entry;

	while (impair_queue_pop(&wire->queue, now_us(), &entry)) {
		send_now(wire, entry.to, entry.frame, entry.length);
		free(entry.frame);
	}
}

static int add_descriptor(int epoll, int fd, unsigned int tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* Runs until a signal comes; returns 0 or a negative errno. */
static int run(struct wire *wire, int epoll)
{
	struct epoll_event events[3];
	int count;

	for (;;) {
		count = epoll_wait(epoll, events, 3, impair_queue_wait_ms(&wire->queue, now_us()));
		if (count < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < count; i++) {
			if (events[i].data.u32 == 2)
				return 0;
			read_device(wire, (int)events[i].data.u32);
		}
		send_due(wire);
	}
}

static int open_wire(struct wire *wire, int epoll)
{
	int signals = open_signals(), error;

	if (signals < 0 || add_descriptor(epoll, signals, 2) != 0)
		return -errno;
	for (unsigned int i = 0; i < 2; i++) {
		error = impair_device_open(wire->options.device[i], &wire->device[i]);
		if (error != 0)
			return error;
		if (add_descriptor(epoll, wire->device[i].fd, i) != 0)
			return -errno;
	}
	return 0;
}

static void print_counts(const struct counts *counts)
{
	printf("{\"frames\": %llu, \"tcp\": %llu, \"lost\": %llu, \"duplicated\": %llu, "
	       "\"reordered\": %llu, \"corrupted\": %llu, \"unsent\": %llu}\n",
	       counts->frames, counts->tcp, counts->lost, counts->duplicated, counts->reordered,
	       counts->corrupted, counts->unsent);
}

static int usage(void)
{
	fputs("usage: impair [--loss %] [--duplicate %] [--reorder %] [--corrupt %]\n"
	      "              [--delay-us N] [--gap-us N] [--seed N] DEVICE DEVICE\n",
	      stderr);
	return 2;
}

static bool take_option(struct options *options, int letter)
{
	switch (letter) {
	case 'l':
		options->loss = strtod(optarg, NULL);
		return true;
	case 'd':
		options->duplicate = strtod(optarg, NULL);
		return true;
	case 'r':
		options->reorder = strtod(optarg, NULL);
		return true;
	case 'c':
		options->corrupt = strtod(optarg, NULL);
		return true;
	case 't':
		options->delay_us = strtoul(optarg, NULL, 10);
		return true;
	case 'g':
		options->gap_us = strtoul(optarg, NULL, 10);
		return true;
	case 's':
		options->seed = strtoull(optarg, NULL, 10);
		return true;
	default:
		return false;
	}
}

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"loss", required_argument, NULL, 'l'},
		{"duplicate", required_argument, NULL, 'd'},
		{"reorder", required_argument, NULL, 'r'},
		{"corrupt", required_argument, NULL, 'c'},
		{"delay-us", required_argument, NULL, 't'},
		{"gap-us", required_argument, NULL, 'g'},
		{"seed", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1)
		if (!take_option(options, letter))
			return false;
	if (argc - optind != 2)
		return false;
	options->device[0] = argv[optind];
	options->device[1] = argv[optind + 1];
	return true;
}

int main(int argc, char **argv)
{
	static struct wire wire = {.options = {.gap_us = 2000, .seed = 1}};
	int epoll = epoll_create1(EPOLL_CLOEXEC), error;

	if (!read_options(argc, argv, &wire.options))
		return usage();
	wire.random = wire.options.seed;
	error = epoll < 0 ? -errno : open_wire(&wire, epoll);
	if (error == 0) {
		puts("{\"ready\": true}");
		fflush(stdout);
		error = run(&wire, epoll);
	}
	if (error != 0) {
		fprintf(stderr, "impair: %s\n", strerror(-error));
		return 1;
	}
	print_counts(&wire.counts);
	return 0;
}
