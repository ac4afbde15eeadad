/* SPDX-License-Identifier: Apache-2.0 */
/* What the last run of a script must have done. A failure names the test's own line. */
#ifndef PATHROUTE_TEST_HARNESS_EXPECT_H
#define PATHROUTE_TEST_HARNESS_EXPECT_H

#include "harness_script.h"

struct place {
	const char *file;
	int line;
};

#define HERE ((struct place){__FILE__, __LINE__})

/* Fields that a comparison leaves out. */
#define ANY_MAC 0x01
#define ANY_WINDOW 0x02
#define ANY_TSVAL 0x04
#define ANY_OPTIONS 0x08
#define ANY_SEQ 0x10
#define ANY_PSH 0x20

/* Called after the complaint was printed; ends the test. */
extern void (*expect_failed)(const char *file, int line);

void expect_fail(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

void expect_verdict_at(const struct connection *c, enum verdict verdict, struct place place);
void expect_dropped_at(const struct connection *c, enum verdict verdict, struct place place);
void expect_untouched_at(const struct connection *c, struct place place);
void expect_nothing_more_at(const struct connection *c, struct place place);
struct tcp_segment take_segment_at(struct connection *c, struct place place);
void expect_segment_at(struct connection *c, const struct tcp_segment *want, unsigned any,
		       struct place place);
void expect_only_at(struct connection *c, const struct tcp_segment *want, unsigned any,
		    struct place place);
void pass_to_pod_at(struct connection *c, const struct tcp_segment *segment, struct place place);
void pass_to_client_at(struct connection *c, const struct tcp_segment *segment, struct place place);
void client_passes_at(struct connection *c, uint16_t flags, const char *text, struct place place);
void pod_passes_at(struct connection *c, uint16_t flags, const char *text, struct place place);
void expect_both_reset_at(struct connection *c, enum verdict verdict, struct place place);
void expect_number_at(uint64_t got, uint64_t want, const char *what, struct place place);

/* Exactly this verdict was counted, once. */
#define expect_verdict(c, verdict) expect_verdict_at(c, verdict, HERE)

/* Dropped with this verdict, and nothing was sent. */
#define expect_dropped(c, verdict) expect_dropped_at(c, verdict, HERE)

/* Passed on byte for byte, counted as not ours, and nothing was sent. */
#define expect_untouched(c) expect_untouched_at(c, HERE)

/* All that was sent is taken. */
#define expect_nothing_more(c) expect_nothing_more_at(c, HERE)

/* The next segment that was sent, with good lengths and checksums. */
#define take_segment(c) take_segment_at(c, HERE)

/* The next segment that was sent equals this one but for some fields; payload too. */
#define expect_segment(c, want, any) expect_segment_at(c, want, any, HERE)

/* The same, and it is the only one that is left. */
#define expect_only(c, want, any) expect_only_at(c, want, any, HERE)

/* With this verdict, a RST for the pod and one for the client in the numbers that they expect, and
 * nothing else was sent. */
#define expect_both_reset(c, verdict) expect_both_reset_at(c, verdict, HERE)

/* One side sends, and the other gets exactly the translated segment. */
#define pass_to_pod(c, segment) pass_to_pod_at(c, segment, HERE)
#define pass_to_client(c, segment) pass_to_client_at(c, segment, HERE)

/* The same for the sender's next segment, which the other side takes. */
#define client_passes(c, flags, text) client_passes_at(c, flags, text, HERE)
#define pod_passes(c, flags, text) pod_passes_at(c, flags, text, HERE)

#define expect_number(got, want) expect_number_at((uint64_t)(got), (uint64_t)(want), #got, HERE)

#endif
