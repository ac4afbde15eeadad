/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the ABI that says what is counted of requests: statistics of a rule and the access
 * log. Included by datapath_abi.h, whose notes on addresses and ticks hold here too.
 */
#ifndef PATHROUTE_STATS_ABI_H
#define PATHROUTE_STATS_ABI_H

#include <linux/types.h>

#include "route_abi.h"

/* Times are counted in buckets of powers of two: bucket i has those below 2^(i + STATS_TIME_SHIFT)
 * microseconds that are not below the bucket before; the last one has all others.
 * Example: 100 us is in bucket 2 (64 <= 100 < 128), 20 s in bucket 20. */
#define STATS_TIME_SHIFT 5
#define STATS_TIME_BUCKETS 21
#define STATS_STATUS_CLASSES 6 /* by status / 100; 0: the reply was not understood */

/* "rule_stats" (PERCPU_ARRAY by rule id). */
struct rule_stats {
	__u64 connections;
	__u64 requests;
	__u64 bytes_to_pod; /* TCP payload */
	__u64 bytes_to_client;
	__u64 status[STATS_STATUS_CLASSES]; /* final replies of pods */
	__u64 aborted;                      /* requests whose connection ended first */
	__u64 first_us_sum;                 /* request forwarded to the reply's first byte */
	__u64 total_us_sum;                 /* request forwarded to the reply's last byte */
	__u64 first_us[STATS_TIME_BUCKETS];
	__u64 total_us[STATS_TIME_BUCKETS];
};

/* ---- access log ---- */

#define LOG_HOST_MAX 64
#define LOG_PATH_MAX 192 /* without the query */
#define LOG_METHOD_MAX 16
#define LOG_SLOTS_DEFAULT 4096

#define LOG_ABORTED 0x01   /* the connection ended before the reply did */
#define LOG_OWN_REPLY 0x02 /* answered by the router itself */
#define LOG_HTTP_1_0 0x04
#define LOG_HOST_CUT 0x08 /* the text is longer than its field */
#define LOG_PATH_CUT 0x10

/*
 * One request, complete with its reply; what the ring buffers carry. Texts are not terminated;
 * bytes behind their lengths are undefined.
 * "log_ring" (RINGBUF) is for the agent's access log, "tail_ring" (RINGBUF) for `pathroutectl
 * tail`. "log_slots" (ARRAY, free list "log_free") has those of requests under way.
 */
struct log_entry {
	__u64 started_ns; /* CLOCK_MONOTONIC, request forwarded */
	__u64 request_bytes;
	__u64 reply_bytes;
	__u32 first_us;
	__u32 total_us;
	__u32 rule;     /* 0: none */
	__u32 endpoint; /* 0: none */
	struct ip_address client;
	__be16 client_port;
	__u16 status; /* 0: none was read */
	__u16 flags;  /* LOG_* */
	__u8 method_length;
	__u8 host_length;
	__u8 path_length;
	__u8 sampled; /* the programs' own: "log_ring" gets it */
	__u8 pad[6];
	char method[LOG_METHOD_MAX];
	char host[LOG_HOST_MAX];
	char path[LOG_PATH_MAX];
};

_Static_assert(sizeof(struct log_entry) == 344, "log_entry is 344 bytes");

/* "log_control" (ARRAY, one entry): written by agent and pathroutectl while traffic runs. */
struct log_control {
	__u32 every;      /* one request of so many goes to "log_ring"; 0: none */
	__u32 tail_until; /* ticks; until then all go to "tail_ring" as well; 0: none */
};

/* "log_counts" (PERCPU_ARRAY by enum log_count): __u64. */
enum log_count {
	LOG_COUNT_WRITTEN = 0, /* entries in "log_ring" */
	LOG_COUNT_DROPPED, /* requests without an entry: no slot was free, or the ring was full */
	LOG_COUNT_TAIL_DROPPED,
	LOG_COUNT_UNWRITTEN, /* entries that the agent could not write out; only it counts them */
	LOG_COUNTS
};

#endif
