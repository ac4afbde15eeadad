/* SPDX-License-Identifier: Apache-2.0 */
#include "event_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cleanup.h"

#define EVENTS_PER_WAIT 32

struct watch {
	int fd;
	event_loop_ready ready;
	void *context;
	struct watch *next;
};

struct event_loop {
	int epoll_fd;
	int signal_fd;
	bool stopped;
	struct watch *watches;
	struct watch *removed; /* freed when no event of the present wait can refer to them */
	event_loop_signalled signalled;
	void *signal_context;
};

struct event_timer {
	struct event_loop *loop;
	int fd;
	event_loop_expired expired;
	void *context;
};

int event_loop_new(struct event_loop **ret_loop)
{
	struct event_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->signal_fd = -1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		free(loop);
		return -errno;
	}
	*ret_loop = loop;
	return 0;
}

static void watches_free(struct watch **list)
{
	while (*list) {
		struct watch *watch = *list;

		*list = watch->next;
		free(watch);
	}
}

void event_loop_free(struct event_loop *loop)
{
	if (!loop)
		return;
	watches_free(&loop->watches);
	watches_free(&loop->removed);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll_fd);
	free(loop);
}

int event_loop_add(struct event_loop *loop, int fd, uint32_t events, event_loop_ready ready,
		   void *context)
{
	_cleanup_free_ struct watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = {.events = events};

	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){.fd = fd, .ready = ready, .context = context};
	event.data.ptr = watch;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	watch->next = loop->watches;
	loop->watches = STEAL(watch);
	return 0;
}

int event_loop_remove(struct event_loop *loop, int fd)
{
	struct watch **link = &loop->watches;

	while (*link && (*link)->fd != fd)
		link = &(*link)->next;
	if (!*link)
		return -ENOENT;

	struct watch *watch = *link;

	*link = watch->next;
	watch->ready = NULL;
	watch->next = loop->removed;
	loop->removed = watch;
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL) ? -errno : 0;
}

static void signals_read(void *context, uint32_t events)
{
	struct event_loop *loop = context;
	struct signalfd_siginfo info;

	(void)events;
	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		loop->signalled(loop->signal_context, (int)info.ssi_signo);
}

int event_loop_take_signals(struct event_loop *loop, const int *signals,
			    event_loop_signalled signalled, void *context)
{
	sigset_t set;

	if (loop->signal_fd >= 0)
		return -EBUSY;
	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	loop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_fd < 0)
		return -errno;
	loop->signalled = signalled;
	loop->signal_context = context;
	return event_loop_add(loop, loop->signal_fd, EPOLLIN, signals_read, loop);
}

static void timer_read(void *context, uint32_t events)
{
	struct event_timer *timer = context;
	uint64_t expirations;

	(void)events;
	if (read(timer->fd, &expirations, sizeof(expirations)) == sizeof(expirations))
		timer->expired(timer->context);
}

int event_timer_new(struct event_loop *loop, event_loop_expired expired, void *context,
		    struct event_timer **ret_timer)
{
	_cleanup_free_ struct event_timer *timer = calloc(1, sizeof(*timer));
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int error;

	if (!timer)
		return -ENOMEM;
	if (fd < 0)
		return -errno;
	error = event_loop_add(loop, fd, EPOLLIN, timer_read, timer);
	if (error)
		return error;
	*timer = (struct event_timer){loop, STEAL_FD(fd), expired, context};
	*ret_timer = STEAL(timer);
	return 0;
}

void event_timer_free(struct event_timer *timer)
{
	if (!timer)
		return;
	event_loop_remove(timer->loop, timer->fd);
	close(timer->fd);
	free(timer);
}

static struct timespec timespec_from_ms(uint64_t ms)
{
	return (struct timespec){
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
}

int event_timer_arm(struct event_timer *timer, uint64_t delay_ms, uint64_t period_ms)
{
	struct itimerspec spec = {
		.it_value = timespec_from_ms(delay_ms),
		.it_interval = timespec_from_ms(period_ms),
	};

	if (!delay_ms)
		spec.it_value.tv_nsec = 1; /* zero would disarm */
	return timerfd_settime(timer->fd, 0, &spec, NULL) ? -errno : 0;
}

int event_timer_disarm(struct event_timer *timer)
{
	struct itimerspec spec = {0};

	return timerfd_settime(timer->fd, 0, &spec, NULL) ? -errno : 0;
}

static void events_dispatch(struct event_loop *loop, struct epoll_event *events, int count)
{
	for (int i = 0; i < count && !loop->stopped; i++) {
		struct watch *watch = events[i].data.ptr;

		if (watch->ready)
			watch->ready(watch->context, events[i].events);
	}
	watches_free(&loop->removed);
}

static int events_take(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_WAIT, timeout_ms);

	if (count < 0 && errno != EINTR)
		return -errno;
	events_dispatch(loop, events, count);
	return 0;
}

int event_loop_fd(const struct event_loop *loop)
{
	return loop->epoll_fd;
}

int event_loop_dispatch(struct event_loop *loop)
{
	return events_take(loop, 0);
}

int event_loop_run(struct event_loop *loop)
{
	int error = 0;

	loop->stopped = false;
	while (!error && !loop->stopped)
		error = events_take(loop, -1);
	return error;
}

void event_loop_stop(struct event_loop *loop)
{
	loop->stopped = true;
}
