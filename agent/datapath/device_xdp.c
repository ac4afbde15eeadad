/* SPDX-License-Identifier: Apache-2.0 */
#include "device_xdp.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <syslog.h>

static bool is_word(const char *pattern)
{
	return !strcmp(pattern, DEVICE_XDP_AUTO) || !strcmp(pattern, DEVICE_XDP_OFF);
}

bool device_xdp_is_on(char *const *patterns, size_t pattern_count)
{
	for (size_t i = 0; i < pattern_count; i++) {
		if (strcmp(patterns[i], DEVICE_XDP_OFF))
			return true;
	}
	return !pattern_count;
}

bool device_xdp_names(const struct device_xdp *xdp, const struct device_entry *entry)
{
	for (size_t i = 0; i < xdp->pattern_count; i++) {
		if (!is_word(xdp->patterns[i]) && !fnmatch(xdp->patterns[i], entry->device.name, 0))
			return true;
	}
	return false;
}

bool device_xdp_wants(const struct device_xdp *xdp, const struct device_entry *entry)
{
	bool by_kind = !xdp->pattern_count;

	for (size_t i = 0; i < xdp->pattern_count; i++)
		by_kind |= !strcmp(xdp->patterns[i], DEVICE_XDP_AUTO);
	return (by_kind && entry->is_physical) || device_xdp_names(xdp, entry);
}

bool device_xdp_has_vlans(const struct device_xdp *xdp, uint32_t ifindex)
{
	for (size_t i = 0; i < xdp->with_vlans_count; i++) {
		if (xdp->with_vlans[i] == ifindex)
			return true;
	}
	return xdp->with_vlans_count == DEVICE_XDP_VLANS_MAX;
}

uint32_t device_xdp_note_link(struct device_xdp *xdp, const struct link_state *link)
{
	if (!link->vlan_of || device_xdp_has_vlans(xdp, link->vlan_of))
		return 0;
	xdp->with_vlans[xdp->with_vlans_count++] = link->vlan_of;
	return link->vlan_of;
}

static enum xdp_state state_from_error(int error)
{
	if (!error)
		return XDP_STATE_NATIVE;
	if (error == -EBUSY || error == -EEXIST)
		return XDP_STATE_FOREIGN;
	return error == -EOPNOTSUPP ? XDP_STATE_UNSUPPORTED : XDP_STATE_FAILED;
}

static const char *state_text(enum xdp_state state, int error)
{
	switch (state) {
	case XDP_STATE_FOREIGN:
		return "another XDP program is there, tc does the work";
	case XDP_STATE_UNSUPPORTED:
		return "the driver has no native XDP, tc does the work";
	case XDP_STATE_VLANS:
		return "no XDP below VLANs, tc does the work";
	case XDP_STATE_NATIVE:
		return "XDP answers handshakes, in native mode";
	case XDP_STATE_OFF:
		return "XDP taken off";
	default:
		return strerror(-error);
	}
}

static void state_report(const struct device_xdp *xdp, const struct device_entry *entry, int error)
{
	enum xdp_state state = entry->device.xdp;
	bool is_news = state == XDP_STATE_NATIVE || state == XDP_STATE_OFF ||
		       (state == XDP_STATE_UNSUPPORTED && !device_xdp_names(xdp, entry));

	report_print(xdp->sink, is_news ? LOG_INFO : LOG_WARNING, "device %s: %s%s%s",
		     entry->device.name, state == XDP_STATE_FAILED ? "cannot attach XDP: " : "",
		     state_text(state, error),
		     state == XDP_STATE_FAILED ? ", tc does the work" : "");
}

/* What there was before is taken off wherever ours must not be. */
static enum xdp_state state_reach(const struct device_xdp *xdp, const struct device_entry *entry,
				  int *ret_error)
{
	enum xdp_state state = XDP_STATE_OFF;

	*ret_error = 0;
	if (entry->device.attach && device_xdp_wants(xdp, entry))
		state = device_xdp_has_vlans(xdp, entry->ifindex) ? XDP_STATE_VLANS
								  : XDP_STATE_NATIVE;
	if (state == XDP_STATE_NATIVE && xdp->program_fd < 0) {
		*ret_error = -ENOEXEC;
		state = XDP_STATE_FAILED;
	}
	if (state != XDP_STATE_NATIVE) {
		attach_xdp_remove(xdp->directory, entry->ifindex);
		return state;
	}
	*ret_error = attach_xdp(xdp->directory, entry->ifindex, xdp->program_fd);
	return state_from_error(*ret_error);
}

void device_xdp_attach(const struct device_xdp *xdp, struct device_entry *entry)
{
	uint32_t before = entry->device.xdp;
	int error;

	entry->device.xdp = state_reach(xdp, entry, &error);
	if (entry->device.xdp != before)
		state_report(xdp, entry, error);
}

bool device_xdp_look(const struct device_xdp *xdp, struct device_entry *entry, uint32_t running_id)
{
	bool taken_off = entry->device.xdp == XDP_STATE_NATIVE && running_id != xdp->program_id;
	bool place_left = entry->device.xdp == XDP_STATE_FOREIGN && !running_id;

	if (taken_off) {
		report_print(xdp->sink, LOG_WARNING,
			     "device %s: our XDP program was taken off by somebody, attaching it "
			     "again",
			     entry->device.name);
		entry->device.xdp = XDP_STATE_OFF;
	}
	if (taken_off || place_left)
		device_xdp_attach(xdp, entry);
	return taken_off && entry->device.xdp == XDP_STATE_NATIVE;
}
