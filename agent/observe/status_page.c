/* SPDX-License-Identifier: Apache-2.0 */
#include "status_page.h"

#include <errno.h>
#include <inttypes.h>

#include "../base/address_text.h"

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
	"charset=\"utf-8\"><title>PathRoute</title>\n"
	"<style>body{font:15px/1.4 sans-serif;margin:2em;max-width:70em}"
	"table{border-collapse:collapse;margin:0 0 2em}"
	"td,th{padding:.15em .8em;border-bottom:1px solid #ccc;text-align:left}"
	"td.n{text-align:right;font-variant-numeric:tabular-nums}"
	".bad{color:#a00}</style></head>\n<body><h1>PathRoute</h1>\n";

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

static void cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	write_escaped(out, text);
	fputs("</td>", out);
}

static void number(FILE *out, uint64_t value)
{
	fprintf(out, "<td class=\"n\">%" PRIu64 "</td>", value);
}

/* `columns` ends with NULL. */
static void table_start(FILE *out, const char *title, const char *const *columns)
{
	fprintf(out, "<h2>%s</h2>\n<table><tr>", title);
	for (; *columns; columns++)
		fprintf(out, "<th>%s</th>", *columns);
	fputs("</tr>\n", out);
}

static void write_agent(FILE *out, const struct status_page *page)
{
	const struct agent_reading *agent = page->agent;

	fputs("<p>Version ", out);
	write_escaped(out, agent->version ? agent->version : "unknown");
	fprintf(out, ", data path ABI %d. ", DATAPATH_ABI_VERSION);
	if (agent->sync_age < 0)
		fputs("Not yet synchronised with the source. ", out);
	else
		fprintf(out, "Synchronised %.0f s ago. ", agent->sync_age);
	fprintf(out, "%" PRIu64 " routes accepted, %" PRIu64 " documents refused.</p>\n",
		agent->routes, agent->manifests_refused);
}

static void write_checks(FILE *out, const struct status_page *page)
{
	static const char *const columns[] = {"check", "", "", NULL};

	table_start(out, "Readiness", columns);
	for (size_t i = 0; i < page->check_count; i++) {
		const struct http_check *check = &page->checks[i];

		fputs("<tr>", out);
		cell(out, check->name);
		fputs(check->passed ? "<td>ok</td>" : "<td class=\"bad\">failed</td>", out);
		cell(out, check->text);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_devices(FILE *out, const struct readings *readings)
{
	static const char *const columns[] = {"device",        "index",  "MTU",    "attached",
					      "XDP",           "before", "behind", "egress before",
					      "egress behind", NULL};

	table_start(out, "Devices", columns);
	for (size_t i = 0; i < readings->device_count; i++) {
		const struct device_reading *reading = &readings->devices[i];

		fputs("<tr>", out);
		cell(out, reading->device.name);
		number(out, reading->ifindex);
		number(out, reading->device.mtu);
		cell(out, readings_attach_label(reading->device.attach));
		cell(out, readings_xdp_label(reading->device.xdp));
		for (unsigned hook = 0; hook < DEVICE_HOOKS; hook++) {
			number(out, reading->device.others[hook].before);
			number(out, reading->device.others[hook].behind);
		}
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_rules(FILE *out, const struct readings *readings)
{
	static const char *const columns[] = {"rule",         "connections",     "requests", "5xx",
					      "bytes to pod", "bytes to client", NULL};

	table_start(out, "Routes", columns);
	for (size_t i = 0; i < readings->rule_count; i++) {
		const struct rule_reading *rule = &readings->rules[i];

		fputs("<tr>", out);
		cell(out, rule->name);
		number(out, rule->stats.connections);
		number(out, rule->stats.requests);
		number(out, rule->stats.status[5]);
		number(out, rule->stats.bytes_to_pod);
		number(out, rule->stats.bytes_to_client);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_endpoints(FILE *out, const struct readings *readings)
{
	static const char *const columns[] = {"service",  "endpoint", "active", "connections",
					      "failures", "",         NULL};
	char address[ADDRESS_PORT_TEXT_MAX];

	table_start(out, "Endpoints", columns);
	for (size_t i = 0; i < readings->endpoint_count; i++) {
		const struct endpoint_reading *endpoint = &readings->endpoints[i];

		fputs("<tr>", out);
		cell(out, endpoint->service);
		cell(out, address_port_text(&endpoint->address, endpoint->port, address));
		number(out, endpoint->stats.active);
		number(out, endpoint->stats.connections);
		number(out, endpoint->stats.failures);
		fputs(endpoint->ejected ? "<td class=\"bad\">taken out</td>" : "<td></td>", out);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_flows(FILE *out, const struct readings *readings)
{
	static const char *const columns[] = {"state", "connections", "", NULL};

	table_start(out, "Connections", columns);
	for (size_t i = FLOW_FREE + 1; i < FLOW_STATE_COUNT; i++) {
		fputs("<tr>", out);
		cell(out, readings_state_label(i));
		fprintf(out, "<td class=\"n\">%" PRId64 "</td>", readings->flows[i]);
		cell(out, readings_state_text(i));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_fills(FILE *out, const struct readings *readings)
{
	static const char *const columns[] = {"table", "entries", "capacity", NULL};

	table_start(out, "Tables", columns);
	for (size_t i = 0; i < readings->fill_count; i++) {
		fputs("<tr>", out);
		cell(out, readings->fills[i].name);
		number(out, readings->fills[i].entries);
		number(out, readings->fills[i].capacity);
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void write_verdicts(FILE *out, const struct readings *readings)
{
	static const char *const columns[] = {"verdict", "packets", "by XDP", "", NULL};

	table_start(out, "Packets", columns);
	for (size_t i = VERDICT_CONTINUE + 1; i < VERDICT_COUNT; i++) {
		if (!readings->verdicts[i])
			continue;
		fputs("<tr>", out);
		cell(out, readings_verdict_label(i));
		number(out, readings->verdicts[i]);
		number(out, readings->verdicts_xdp[i]);
		cell(out, readings_verdict_text(i));
		fputs("</tr>\n", out);
	}
	fputs("</table>\n", out);
}

int status_page_write(FILE *out, const struct status_page *page)
{
	const struct readings *readings = page->readings;

	fputs(page_head, out);
	write_agent(out, page);
	write_checks(out, page);
	write_devices(out, readings);
	write_rules(out, readings);
	write_endpoints(out, readings);
	write_flows(out, readings);
	write_fills(out, readings);
	write_verdicts(out, readings);
	fputs("</body></html>\n", out);
	return ferror(out) ? -EIO : 0;
}
