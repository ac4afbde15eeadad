/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster_size.h"

#define WATCH_EVENTS_PER_S 20000
#define IDLE_WATCH_EVENTS_PER_S 2000

static uint64_t within(uint64_t value, uint64_t low, uint64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static uint64_t max(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

uint64_t report_gap_ms(uint32_t nodes)
{
	return max(within((uint64_t)nodes * 100, 2000, 10000), (uint64_t)nodes * 10);
}

uint64_t report_spread_ms(uint32_t nodes)
{
	return (uint64_t)nodes * 10;
}

uint64_t status_interval_ms(uint32_t nodes)
{
	return within((uint64_t)nodes * 1000 / WATCH_EVENTS_PER_S, 50, 500);
}

uint64_t status_counts_interval_ms(uint32_t nodes)
{
	return max((uint64_t)nodes * 2, 2000);
}

uint64_t status_idle_interval_ms(uint32_t nodes)
{
	return max((uint64_t)nodes * 1000 / IDLE_WATCH_EVENTS_PER_S, 50);
}

uint64_t status_settle_ms(uint32_t nodes)
{
	return 500 + within(report_spread_ms(nodes), 0, 1500);
}

void report_schedule_init(struct report_schedule *schedule, uint64_t seed, uint64_t now_ms)
{
	*schedule = (struct report_schedule){.dice = {seed}, .due_ms = now_ms};
}

void report_schedule_changed(struct report_schedule *schedule, uint64_t now_ms)
{
	uint64_t at = now_ms + dice_below(&schedule->dice, report_spread_ms(schedule->nodes));

	if (schedule->written_ms)
		at = max(at, schedule->written_ms + report_gap_ms(schedule->nodes));
	if (at < schedule->due_ms)
		schedule->due_ms = at;
}

void report_schedule_wrote(struct report_schedule *schedule, uint64_t now_ms)
{
	schedule->written_ms = now_ms;
	schedule->due_ms = now_ms + REPORT_RENEW_MS - REPORT_RENEW_MS / 5 +
			   dice_below(&schedule->dice, REPORT_RENEW_MS * 2 / 5);
}

uint32_t desired_nodes_count(struct desired_nodes *desired, uint32_t wanted, uint32_t reported,
			     uint64_t now_ms)
{
	if (!wanted)
		return reported;
	if (reported >= wanted || wanted <= desired->settled) {
		if (reported >= wanted)
			desired->settled = wanted;
		desired->since_ms = 0;
		return wanted;
	}
	if (!desired->since_ms)
		desired->since_ms = now_ms;
	if (now_ms - desired->since_ms >= DESIRED_GRACE_MS || !desired->settled)
		return wanted;
	return (uint32_t)max(desired->settled, reported);
}
