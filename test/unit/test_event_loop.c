/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../agent/base/event_loop.h"

struct scene {
	struct event_loop *loop;
	struct event_timer *timer;
	int pipe[2];
	int calls;
	int limit;
	int signal;
};

static int setup(void **state)
{
	static struct scene scene;

	scene = (struct scene){.limit = 1};
	*state = &scene;
	return event_loop_new(&scene.loop) || pipe(scene.pipe);
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	event_timer_free(scene->timer);
	event_loop_free(scene->loop);
	close(scene->pipe[0]);
	close(scene->pipe[1]);
	return 0;
}

static void count(void *context)
{
	struct scene *scene = context;

	if (++scene->calls >= scene->limit)
		event_loop_stop(scene->loop);
}

static void count_ready(void *context, uint32_t events)
{
	assert_true(events & EPOLLIN);
	count(context);
}

static void a_readable_descriptor_calls_back_until_it_is_read(void **state)
{
	struct scene *scene = *state;

	scene->limit = 3;
	assert_int_equal(write(scene->pipe[1], "x", 1), 1);
	assert_int_equal(event_loop_add(scene->loop, scene->pipe[0], EPOLLIN, count_ready, scene),
			 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 3);
}

static void remove_self(void *context, uint32_t events)
{
	struct scene *scene = context;

	(void)events;
	scene->calls++;
	assert_int_equal(event_loop_remove(scene->loop, scene->pipe[0]), 0);
}

static void a_callback_may_remove_its_own_descriptor(void **state)
{
	struct scene *scene = *state;

	scene->limit = 2;
	assert_int_equal(write(scene->pipe[1], "x", 1), 1);
	event_loop_add(scene->loop, scene->pipe[0], EPOLLIN, remove_self, scene);
	event_timer_new(scene->loop, count, scene, &scene->timer);
	event_timer_arm(scene->timer, 20, 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 2); /* itself once, the timer once */
}

static void an_unknown_descriptor_cannot_be_removed(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(event_loop_remove(scene->loop, scene->pipe[0]), -ENOENT);
}

static void a_timer_expires_once(void **state)
{
	struct scene *scene = *state;

	event_timer_new(scene->loop, count, scene, &scene->timer);
	assert_int_equal(event_timer_arm(scene->timer, 0, 0), 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 1);
}

static void a_timer_with_a_period_expires_again(void **state)
{
	struct scene *scene = *state;

	scene->limit = 4;
	event_timer_new(scene->loop, count, scene, &scene->timer);
	assert_int_equal(event_timer_arm(scene->timer, 1, 1), 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 4);
}

static void never(void *context)
{
	(void)context;
	fail_msg("a disarmed timer expired");
}

static void a_disarmed_timer_is_silent(void **state)
{
	struct scene *scene = *state;
	struct event_timer *silent;

	event_timer_new(scene->loop, never, scene, &silent);
	event_timer_arm(silent, 1, 0);
	event_timer_disarm(silent);
	event_timer_new(scene->loop, count, scene, &scene->timer);
	event_timer_arm(scene->timer, 20, 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	event_timer_free(silent);
}

static void signal_note(void *context, int signal)
{
	struct scene *scene = context;

	scene->signal = signal;
	event_loop_stop(scene->loop);
}

static void a_signal_is_an_event(void **state)
{
	const int signals[] = {SIGHUP, SIGUSR1, 0};
	struct scene *scene = *state;

	assert_int_equal(event_loop_take_signals(scene->loop, signals, signal_note, scene), 0);
	raise(SIGUSR1);
	assert_int_equal(event_loop_run(scene->loop), 0);
	assert_int_equal(scene->signal, SIGUSR1);
}

static void inner_ready(void *context, uint32_t events)
{
	struct event_loop *inner = context;

	assert_true(events & EPOLLIN);
	assert_int_equal(event_loop_dispatch(inner), 0);
}

static void a_loop_runs_inside_another(void **state)
{
	struct scene *scene = *state;
	struct event_loop *inner;
	struct event_timer *timer;

	assert_int_equal(event_loop_new(&inner), 0);
	assert_int_equal(event_timer_new(inner, count, scene, &timer), 0);
	assert_int_equal(event_loop_dispatch(inner), 0);
	assert_int_equal(scene->calls, 0);
	assert_int_equal(
		event_loop_add(scene->loop, event_loop_fd(inner), EPOLLIN, inner_ready, inner), 0);
	assert_int_equal(event_timer_arm(timer, 1, 0), 0);
	assert_int_equal(event_loop_run(scene->loop), 0);
	assert_int_equal(scene->calls, 1);
	assert_int_equal(event_loop_remove(scene->loop, event_loop_fd(inner)), 0);
	event_timer_free(timer);
	event_loop_free(inner);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_readable_descriptor_calls_back_until_it_is_read),
		TEST(a_callback_may_remove_its_own_descriptor),
		TEST(an_unknown_descriptor_cannot_be_removed),
		TEST(a_timer_expires_once),
		TEST(a_timer_with_a_period_expires_again),
		TEST(a_disarmed_timer_is_silent),
		TEST(a_loop_runs_inside_another),
		TEST(a_signal_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
