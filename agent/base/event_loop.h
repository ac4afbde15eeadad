/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread waits for descriptors, timers and signals (epoll, timerfd, signalfd) and calls back.
 * Without an event nothing runs: there is no tick.
 */
#ifndef PATHROUTE_EVENT_LOOP_H
#define PATHROUTE_EVENT_LOOP_H

#include <stdint.h>

struct event_loop;
struct event_timer;

/* `events` are those of epoll_wait(): EPOLLIN, EPOLLHUP ... */
typedef void (*event_loop_ready)(void *context, uint32_t events);
typedef void (*event_loop_expired)(void *context);
typedef void (*event_loop_signalled)(void *context, int signal);

int event_loop_new(struct event_loop **ret_loop);

/* Closes the descriptors of timers and signals, not those added by others; signals taken stay
 * blocked. Accepts NULL. Timers must have been freed before. */
void event_loop_free(struct event_loop *loop);

/* Calls back whenever `fd` has one of `events` (level-triggered). One callback a descriptor. */
int event_loop_add(struct event_loop *loop, int fd, uint32_t events, event_loop_ready ready,
		   void *context);

/* To be called before `fd` is closed; may be called inside of any callback. -ENOENT: not added. */
int event_loop_remove(struct event_loop *loop, int fd);

/* Blocks `signals` (ends with 0) for the process and takes them as events. Once per loop. */
int event_loop_take_signals(struct event_loop *loop, const int *signals,
			    event_loop_signalled signalled, void *context);

/* A timer on CLOCK_MONOTONIC, not armed. */
int event_timer_new(struct event_loop *loop, event_loop_expired expired, void *context,
		    struct event_timer **ret_timer);

/* Accepts NULL. */
void event_timer_free(struct event_timer *timer);

/* Expires once after `delay_ms` (0: at once), then every `period_ms` (0: never again). Replaces
 * what was armed before. */
int event_timer_arm(struct event_timer *timer, uint64_t delay_ms, uint64_t period_ms);
int event_timer_disarm(struct event_timer *timer);

/* To be polled for reading (EPOLLIN) by another loop, which then calls event_loop_dispatch(). */
int event_loop_fd(const struct event_loop *loop);

/* Runs the callbacks that are due, and does not wait. Returns 0 or the error of epoll_wait(). */
int event_loop_dispatch(struct event_loop *loop);

/* Runs callbacks until event_loop_stop(). Returns 0 or the error of epoll_wait(). */
int event_loop_run(struct event_loop *loop);
void event_loop_stop(struct event_loop *loop);

#endif
