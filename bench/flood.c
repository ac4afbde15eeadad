/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood DEVICE FROM-MAC TO-MAC NETWORK ADDRESS PORT RATE SECONDS: SYNs at a steady rate, each from
 * another address of the /16 NETWORK, another port and with another sequence number.
 *
 * Prints how many were sent. The rate is bounded, and so is the time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RATE_MAX 1000000
#define SECONDS_MAX 60
#define BATCH 64
#define ARGUMENTS 8

/* MSS 1460, SACK, timestamps, window scale 7. */
static const unsigned char options[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
					1, 1, 0, 0,    0, 0, 1, 3,  3, 7};

struct frame {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
	unsigned char options[sizeof(options)];
} __attribute__((packed));

struct flood {
	int fd;
	unsigned long rate;
	unsigned long seconds;
	struct frame frame;
	uint64_t dice;
};

static uint64_t roll(struct flood *flood)
{
	flood->dice ^= flood->dice << 13;
	flood->dice ^= flood->dice >> 7;
	flood->dice ^= flood->dice << 17;
	return flood->dice;
}

static uint32_t sum(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint32_t total = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		total += (uint32_t)at[i] << 8 | at[i + 1];
	return total;
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons(~total & 0xffff);
}

static void next_frame(struct flood *flood)
{
	const uint16_t length = sizeof(struct tcphdr) + sizeof(options);
	struct frame *frame = &flood->frame;
	uint64_t drawn = roll(flood);
	uint32_t source = (ntohl(frame->ip.saddr) & 0xffff0000) | (drawn & 0xffff);

	frame->ip.saddr = htonl(source);
	frame->ip.check = 0;
	frame->ip.check = fold(sum(&frame->ip, sizeof(frame->ip)));
	frame->tcp.source = htons(1024 + (drawn >> 16) % 60000);
	frame->tcp.seq = (uint32_t)(drawn >> 32);
	frame->tcp.check = 0;
	frame->tcp.check =
		fold(sum(&frame->ip.saddr, 8) + IPPROTO_TCP + length +
		     sum(&frame->tcp, sizeof(frame->tcp)) + sum(options, sizeof(options)));
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Sends what is due, then sleeps for a millisecond; what could not be sent is not made up for. */
static unsigned long run(struct flood *flood)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	unsigned long sent = 0, due = 0;
	double start = now(), passed = 0;

	while (passed < (double)flood->seconds) {
		unsigned long wanted = (unsigned long)(passed * (double)flood->rate);

		for (; due < wanted; due++) {
			next_frame(flood);
			sent += send(flood->fd, &flood->frame, sizeof(flood->frame), 0) > 0;
			if (due % BATCH == 0 && now() - start > (double)flood->seconds)
				return sent;
		}
		nanosleep(&pause, NULL);
		passed = now() - start;
	}
	return sent;
}

static bool read_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *ret_number > 0 && *ret_number <= max;
}

static bool read_addresses(char **arguments, struct frame *ret_frame)
{
	const struct ether_addr *mac = ether_aton(arguments[1]);

	if (!mac)
		return false;
	memcpy(ret_frame->ethernet.h_source, mac, ETH_ALEN);
	mac = ether_aton(arguments[2]);
	if (!mac)
		return false;
	memcpy(ret_frame->ethernet.h_dest, mac, ETH_ALEN);
	return inet_pton(AF_INET, arguments[3], &ret_frame->ip.saddr) == 1 &&
	       inet_pton(AF_INET, arguments[4], &ret_frame->ip.daddr) == 1;
}

static bool read_arguments(char **arguments, struct flood *ret_flood)
{
	struct frame *frame = &ret_flood->frame;
	unsigned long port;

	frame->ethernet.h_proto = htons(ETH_P_IP);
	frame->ip.version = 4;
	frame->ip.ihl = 5;
	frame->ip.ttl = 64;
	frame->ip.protocol = IPPROTO_TCP;
	frame->ip.frag_off = htons(IP_DF);
	frame->ip.tot_len = htons(sizeof(*frame) - ETH_HLEN);
	frame->tcp.doff = (sizeof(frame->tcp) + sizeof(options)) / 4;
	frame->tcp.syn = 1;
	frame->tcp.window = htons(64240);
	memcpy(frame->options, options, sizeof(options));
	if (!read_addresses(arguments, frame) || !read_number(arguments[5], UINT16_MAX, &port))
		return false;
	frame->tcp.dest = htons((uint16_t)port);
	ret_flood->dice = 88172645463325252;
	return read_number(arguments[6], RATE_MAX, &ret_flood->rate) &&
	       read_number(arguments[7], SECONDS_MAX, &ret_flood->seconds);
}

static int open_device(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || address.sll_ifindex == 0)
		return -1;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
	struct flood flood = {.fd = -1};

	if (argc != ARGUMENTS + 1 || !read_arguments(argv + 1, &flood)) {
		fprintf(stderr, "usage: flood DEVICE FROM-MAC TO-MAC NETWORK ADDRESS PORT "
				"RATE(1-1000000) SECONDS(1-60)\n");
		return 2;
	}
	flood.fd = open_device(argv[1]);
	if (flood.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	printf("%lu\n", run(&flood));
	close(flood.fd);
	return 0;
}
