/* SPDX-License-Identifier: Apache-2.0 */
/* Time that passes: the sweep's timer, short timeouts, flows made older, and what comes due. */
#ifndef PATHROUTE_TEST_HARNESS_SWEEP_H
#define PATHROUTE_TEST_HARNESS_SWEEP_H

#include "harness_script.h"

#define SWEEP_SHORT_TICKS 100
#define SWEEP_WAIT_MS 15000
#define SWEEP_SECOND 954 /* ticks */

/* Everything times out in a tenth of a second. */
struct datapath_settings sweep_short_timeouts(void);

/* Loads the program anew with these settings and starts the timer. */
void sweep_use(struct connection *c, const struct datapath_settings *settings);
void sweep_use_short_timeouts(struct connection *c);

/* Waits until that many flows are in the state; false: in vain. */
bool sweep_wait(const struct connection *c, enum flow_state state, unsigned count);

/* The connection's flow, its state and last packets become older. */
void sweep_age(const struct connection *c, uint32_t ticks);

/* Runs pathroute_send for the connection's flow. */
void sweep_send(struct connection *c);

/* Nothing is due to the connection's flow. */
void expect_nothing_due(struct connection *c);

/* The client was sent this reply of the router's own, and nothing else was sent. */
void expect_own_reply(struct connection *c, const char *status);

#endif
