/* SPDX-License-Identifier: Apache-2.0 */
#include "attach_xdp.h"
#include "readings.h"

static const struct {
	const char *label;
	const char *text;
	enum verdict_class class;
	unsigned status;
} verdicts[VERDICT_COUNT] = {[VERDICT_CONTINUE] = {"continue", "no verdict", VERDICT_CLASS_PASS, 0},
#define X(symbol, label, class, status, text) \
	[VERDICT_##symbol] = {#label, text, VERDICT_CLASS_##class, status},
			     VERDICTS(X)
#undef X
};

static const char *const class_labels[] = {
	[VERDICT_CLASS_PASS] = "pass",     [VERDICT_CLASS_FORWARD] = "forward",
	[VERDICT_CLASS_ANSWER] = "answer", [VERDICT_CLASS_REPLY] = "reply",
	[VERDICT_CLASS_RESET] = "reset",   [VERDICT_CLASS_DROP] = "drop",
};

static const struct {
	const char *label;
	const char *text;
} states[FLOW_STATE_COUNT] = {
#define X(symbol, name, text) [FLOW_##symbol] = {#name, text},
	FLOW_STATES(X)
#undef X
};

const char *readings_verdict_label(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? verdicts[verdict].label : "unknown";
}

const char *readings_verdict_text(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? verdicts[verdict].text : "";
}

unsigned readings_verdict_status(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? verdicts[verdict].status : 0;
}

const char *readings_verdict_class(enum verdict verdict)
{
	return verdict < VERDICT_COUNT ? class_labels[verdicts[verdict].class] : "unknown";
}

const char *readings_state_label(unsigned state)
{
	return state < FLOW_STATE_COUNT ? states[state].label : "unknown";
}

const char *readings_state_text(unsigned state)
{
	return state < FLOW_STATE_COUNT ? states[state].text : "";
}

const char *readings_xdp_label(unsigned xdp)
{
	static const char *const labels[] = {
		[XDP_STATE_OFF] = "off",         [XDP_STATE_NATIVE] = "native",
		[XDP_STATE_FOREIGN] = "foreign", [XDP_STATE_UNSUPPORTED] = "unsupported",
		[XDP_STATE_VLANS] = "vlans",     [XDP_STATE_FAILED] = "failed",
	};

	return xdp < sizeof(labels) / sizeof(labels[0]) ? labels[xdp] : "unknown";
}

const char *readings_hook_label(unsigned hook)
{
	return hook ? "egress" : "ingress";
}

const char *readings_attach_label(unsigned attach)
{
	static const char *const labels[] = {"none", "tcx", "clsact"};

	return attach < sizeof(labels) / sizeof(labels[0]) ? labels[attach] : "unknown";
}
