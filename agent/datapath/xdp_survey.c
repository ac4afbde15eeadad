/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "link_monitor.h"
#include "link_xdp.h"
#include "xdp_features.h"

/* A VLAN may be told of behind the device that it is on. */
struct link_list {
	struct device_xdp xdp; /* with the VLANs that were seen */
	struct link_state *links;
	size_t count;
	bool lacks_memory;
};

static void link_keep(void *context, const struct link_state *link)
{
	struct link_list *list = context;
	struct link_state *links = reallocarray(list->links, list->count + 1, sizeof(*links));

	device_xdp_note_link(&list->xdp, link);
	list->lacks_memory |= !links;
	if (!links)
		return;
	list->links = links;
	links[list->count++] = *link;
}

static void news_ignore(void *context)
{
	(void)context;
}

static void device_news_ignore(void *context, uint32_t ifindex)
{
	(void)context;
	(void)ifindex;
}

static int links_list(struct link_list *list)
{
	const struct link_sink sink = {list,        link_keep,   device_news_ignore,
				       news_ignore, news_ignore, device_news_ignore};
	struct link_monitor *monitor;
	int error = link_monitor_new(&sink, &monitor);

	if (error)
		return error;
	error = link_monitor_dump(monitor);
	link_monitor_free(monitor);
	return list->lacks_memory ? -ENOMEM : error;
}

static enum xdp_outlook outlook_of(const struct device_xdp *xdp, uint32_t ifindex)
{
	uint32_t running_id = link_xdp_program(ifindex), own_id = 0;
	uint64_t features;

	if (device_xdp_has_vlans(xdp, ifindex))
		return XDP_OUTLOOK_VLANS;
	if (running_id && !attach_xdp_query(xdp->directory, ifindex, &own_id) &&
	    running_id == own_id)
		return XDP_OUTLOOK_NATIVE;
	if (running_id)
		return XDP_OUTLOOK_FOREIGN;
	if (xdp_features_read(ifindex, &features))
		return XDP_OUTLOOK_UNKNOWN;
	return features & XDP_FEATURE_BASIC ? XDP_OUTLOOK_NATIVE : XDP_OUTLOOK_UNSUPPORTED;
}

static void link_survey(const struct xdp_survey *survey, const struct device_xdp *xdp,
			const struct link_state *link)
{
	struct device_entry entry = {.ifindex = link->ifindex, .is_physical = link->is_physical};

	memcpy(entry.device.name, link->name, sizeof(entry.device.name));
	if (devices_match(&survey->wanted, link->name) && device_xdp_wants(xdp, &entry))
		survey->found(survey->context, link->name, device_xdp_names(xdp, &entry),
			      outlook_of(xdp, link->ifindex));
}

int xdp_survey_run(const struct xdp_survey *survey)
{
	struct link_list list = {.xdp = *survey->xdp};
	int error = links_list(&list);

	for (size_t i = 0; !error && i < list.count; i++)
		link_survey(survey, &list.xdp, &list.links[i]);
	free(list.links);
	return error;
}
