/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "controller_parts.h"

#define LOOK_MS 5000   /* the end of a tcx link is told by nobody */
#define LOOK_GAP_MS 50 /* at least, whoever changes the devices how often */

static void look_arm(struct controller *controller, uint64_t wait_ms)
{
	controller->look_due_ms = clock_ms() + wait_ms;
	event_timer_arm(controller->look_timer, wait_ms, 0);
}

static void look_expired(void *context)
{
	controller_look(context);
}

void controller_look(struct controller *controller)
{
	datapath_look(controller->datapath);
	controller->looked_ms = clock_ms();
	look_arm(controller, LOOK_MS);
}

void controller_look_soon(struct controller *controller)
{
	uint64_t now_ms = clock_ms(), since_ms = now_ms - controller->looked_ms;
	uint64_t wait_ms = since_ms < LOOK_GAP_MS ? LOOK_GAP_MS - since_ms : 0;

	if (controller->look_timer && now_ms + wait_ms < controller->look_due_ms)
		look_arm(controller, wait_ms);
}

int controller_look_start(struct controller *controller)
{
	int error = event_timer_new(controller->loop, look_expired, controller,
				    &controller->look_timer);

	if (error)
		log_error("event loop: %s", strerror(-error));
	else
		look_arm(controller, LOOK_MS);
	return error;
}
