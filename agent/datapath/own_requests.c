/* SPDX-License-Identifier: Apache-2.0 */
#include "own_requests.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "../base/cleanup.h"
#include "nft_socket.h"
#include "own_requests_table.h"

struct own_requests {
	const struct report_sink *sink;
	bool enabled;
	bool listeners_known;
	struct table_listener *listeners;
	size_t listener_count;
	uint32_t *devices;
	size_t device_count;
	struct nft_batch written; /* what the kernel has taken last; empty: not known */
	int error;                /* of the last try */
};

#define KUBE_PROXY_TABLE "kube-proxy" /* of its mode nftables */

static bool has_kube_proxy_table(void)
{
	return nft_socket_find_table(NFPROTO_IPV4, KUBE_PROXY_TABLE) == 1 ||
	       nft_socket_find_table(NFPROTO_IPV6, KUBE_PROXY_TABLE) == 1;
}

static struct own_requests_content content_of(const struct own_requests *requests)
{
	return (struct own_requests_content){
		.listeners = requests->listeners,
		.listener_count = requests->listener_count,
		.devices = requests->devices,
		.device_count = requests->device_count,
	};
}

static void written_set(struct own_requests *requests, struct nft_batch batch)
{
	nft_batch_done(&requests->written);
	requests->written = batch;
}

/* A refusal is reported when it is new; so is its end. */
static void outcome_report(struct own_requests *requests, int error)
{
	int before = requests->error;

	requests->error = error;
	if (error == before)
		return;
	if (error)
		report_print(requests->sink, LOG_WARNING,
			     "own requests: nf_tables refuses the table inet " OWN_REQUESTS_TABLE
			     ": %s; where kube-proxy translates them first, requests of the node "
			     "itself are not routed",
			     strerror(-error));
	else
		report_print(
			requests->sink, LOG_INFO,
			"own requests: nf_tables has taken the table inet " OWN_REQUESTS_TABLE);
}

static bool is_written(const struct own_requests *requests, const struct nft_batch *batch)
{
	return requests->written.data && requests->written.length == batch->length &&
	       !memcmp(requests->written.data, batch->data, batch->length);
}

/* Where there has to be no table, a kernel without nf_tables is none the worse. */
static int batch_send(const struct own_requests_content *content, const struct nft_batch *batch)
{
	if (own_requests_table_is_needed(content))
		return nft_socket_send(batch);
	return own_requests_remove();
}

static void content_write(struct own_requests *requests)
{
	struct own_requests_content content = content_of(requests);
	struct nft_batch batch = {0};
	int error;

	content.untracked = own_requests_table_is_needed(&content) && has_kube_proxy_table();
	error = own_requests_table_build(&content, &batch);
	if (!error && is_written(requests, &batch)) {
		nft_batch_done(&batch);
		return;
	}
	if (!error)
		error = batch_send(&content, &batch);
	if (error)
		nft_batch_done(&batch);
	written_set(requests, error ? (struct nft_batch){0} : batch);
	outcome_report(requests, error);
}

int own_requests_new(bool enabled, const struct report_sink *sink,
		     struct own_requests **ret_requests)
{
	struct own_requests *requests = calloc(1, sizeof(*requests));

	if (!requests)
		return -ENOMEM;
	requests->sink = sink;
	requests->enabled = enabled;
	if (!enabled)
		outcome_report(requests, own_requests_remove());
	*ret_requests = requests;
	return 0;
}

void own_requests_free(struct own_requests *requests)
{
	if (!requests)
		return;
	free(requests->listeners);
	free(requests->devices);
	nft_batch_done(&requests->written);
	free(requests);
}

/* Those of the table that the maps have; all of them without maps. */
static void listeners_set(struct own_requests *requests, const struct route_table *table,
			  struct route_maps *maps)
{
	struct table_listener *listeners = calloc(table->listener_count + 1, sizeof(*listeners));
	size_t count = 0;

	if (!listeners) {
		outcome_report(requests, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < table->listener_count; i++) {
		if (!maps || route_maps_has_listener(maps, &table->listeners[i]))
			listeners[count++] = table->listeners[i];
	}
	free(requests->listeners);
	requests->listeners = listeners;
	requests->listener_count = count;
	requests->listeners_known = true;
	content_write(requests);
}

void own_requests_narrow(struct own_requests *requests, const struct route_table *table,
			 struct route_maps *maps)
{
	if (requests->enabled)
		listeners_set(requests, table, maps);
}

void own_requests_apply(struct own_requests *requests, const struct route_table *table)
{
	if (requests->enabled)
		listeners_set(requests, table, NULL);
}

void own_requests_set_devices(struct own_requests *requests, const uint32_t *devices, size_t count)
{
	uint32_t *copy;

	if (!requests->enabled ||
	    (count == requests->device_count &&
	     (!count || !memcmp(devices, requests->devices, count * sizeof(*devices)))))
		return;
	copy = calloc(count + 1, sizeof(*copy));
	if (!copy) {
		outcome_report(requests, -ENOMEM);
		return;
	}
	for (size_t i = 0; i < count; i++)
		copy[i] = devices[i];
	free(requests->devices);
	requests->devices = copy;
	requests->device_count = count;
	if (requests->listeners_known)
		content_write(requests);
}

void own_requests_look(struct own_requests *requests)
{
	struct own_requests_content content = content_of(requests);

	if (!requests->enabled || !own_requests_table_is_needed(&content))
		return;
	if (requests->written.length && !nft_socket_find_table(NFPROTO_INET, OWN_REQUESTS_TABLE)) {
		report_print(requests->sink, LOG_WARNING,
			     "own requests: somebody has removed the table inet " OWN_REQUESTS_TABLE
			     ", writing it again");
		written_set(requests, (struct nft_batch){0});
	}
	content_write(requests);
}

int own_requests_probe(void)
{
	struct table_listener listeners[] = {
		{.address = {{0, 0, htonl(0xffff), htonl(0xc0000201)}}, .port = 80},
		{.address = {{htonl(0x20010db8), 0, 0, htonl(1)}}, .port = 80},
		{.address = {{0, 0, htonl(0xffff), htonl(0xc0000202)}},
		 .port = 80,
		 .owner = LISTENER_BARE_SERVICE},
	};
	const uint32_t device = 1;
	struct own_requests_content content = {
		.listeners = listeners,
		.listener_count = sizeof(listeners) / sizeof(listeners[0]),
		.devices = &device,
		.device_count = 1,
	};
	_cleanup_(nft_batch_done) struct nft_batch batch = {0};

	return own_requests_table_build_trial(&content, &batch) ?: nft_socket_send(&batch);
}

int own_requests_remove(void)
{
	struct own_requests_content content = {0};
	_cleanup_(nft_batch_done) struct nft_batch batch = {0};

	if (nft_socket_find_table(NFPROTO_INET, OWN_REQUESTS_TABLE) != 1)
		return 0;
	return own_requests_table_build(&content, &batch) ?: nft_socket_send(&batch);
}
