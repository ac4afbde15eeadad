# SPDX-License-Identifier: Apache-2.0
"""What the documentation says about a bench.json. Nothing here runs anything or writes a file."""

import re

import plot
import ratios
import tables
import workloads
from ways import NOT_PROXIES, TITLES

SHORT = (workloads.KEEPALIVE, workloads.NEW, workloads.BULK, workloads.ALTERNATING)
# {file: (alternative text, [(workload, figure, factor, note), …])}
PLOTS = {
    "throughput.svg": ("requests per second", [
        (workloads.KEEPALIVE, "rate", 1, "requests/s"), (workloads.NEW, "rate", 1, "requests/s"),
        (workloads.BULK, "rate", 1, "replies/s")]),
    "latency.svg": ("latency", [
        (workloads.ONE, "p50_us", 1, "p50, µs"), (workloads.KEEPALIVE, "p50_us", 1, "p50, µs"),
        (workloads.KEEPALIVE, "p99_us", 1e-3, "p99, ms")]),
    "cpu.svg": ("processor time per request", [
        (workloads.KEEPALIVE, "cpu_us", 1, "µs of the whole machine, softirq included"),
        (workloads.NEW, "cpu_us", 1, "µs of the whole machine, softirq included"),
        (workloads.BULK, "cpu_us", 1e-3, "ms of the whole machine, softirq included")]),
}
METHOD = """\
- All ways are in one lab on one machine: a node, clients and pods as network namespaces. Clients,
  router or proxy, and pods share its processors, so that what a way costs is missing elsewhere.
- Runs take turns, A B C A B C …; a figure is the median of the rounds, a ratio the median of each
  round's own ratio. So `× direct` need not be the quotient of two medians.
- Nothing is attached to the devices of direct routing and of the proxies; *bare redirect* is a tc
  program that does nothing but `bpf_redirect_peer`, the limit of this lab.
- Proxies listen on the node itself and have one worker a core, upstream connections kept where they
  can, no access log: [bench/peers](../bench/peers), with the reason for each setting. relayd is not
  in Debian.
- The load is wrk, one thread for two processors; *client* is how many processors it used: near 1.00
  for each thread, wrk is the limit. A pod is one NGINX worker, the other limit where there is one
  pod. On two processors client and pod take nearly all of them when nothing is between.
- *CPU* is the busy time of the whole machine over the run, softirq, client and pod included, for
  each request: elapsed time of all processors less idle, iowait and steal of `/proc/stat`, which a
  tickless kernel keeps by the clock, and less what was busy before anything was asked.
- There is no TIME_WAIT in the lab: with it 28,000 ports would be used up in two seconds.
- *failed* counts replies with a status other than 2xx or 3xx, failed connects, reads and writes,
  and timeouts. tinyproxy ends each connection unannounced; that is not counted.
- Idle connections have had one request. *Whole machine* has the sockets of both ends in it, as
  direct routing has them.
- The flood comes from forged addresses; honest requests have a connection each, 32 at once. NGINX
  has the SYN cookies of the kernel.
"""


def bars(ways, figure, factor):
    found = []
    for way, entry in ways.items():
        values = [run[figure] * factor for run in entry["rounds"] if run.get(figure) is not None]
        if values:
            colour = plot.OURS if way == "ours" else \
                plot.LIMIT if way in NOT_PROXIES else plot.OTHER
            found.append(plot.Bar(TITLES[way], entry["median"][figure] * factor, min(values),
                                  max(values), colour))
    return found


def panels(made, wanted):
    found = []
    for name, figure, factor, note in wanted:
        entry = made["workloads"].get(name)
        shown = bars(entry["ways"], figure, factor) if entry else []
        if shown:
            found.append((entry["title"], note, shown))
    return found


def circumstances(made):
    """One sentence: when, where, how."""
    at = made["machine"]
    busy = "" if made["quiet"] else (" The machine was busy with other work: only ratios mean "
                                     "something, and they are rough: a way of several processes "
                                     "gets a larger share of busy processors.")
    return (f"Measured on {at['date']} by `{made['command']}`: {at['processor']}, "
            f"{at['processors']} processors, {at['memory_gib']} GiB, Linux {at['kernel']}; "
            f"{made['rounds']} rounds of {made['plan']['seconds']} s.{busy}")


def short_rows(made):
    rows = []
    for name in SHORT:
        entry = made["workloads"].get(name)
        if not entry:
            continue
        ways = {way: found["rounds"] for way, found in entry["ways"].items()}
        medians = {way: found["median"].get("rate") for way, found in entry["ways"].items()}
        best = ratios.best_proxy(ways)
        ours = ways.get("ours")
        rows.append([entry["title"], *(tables.rate(medians.get(way)) for way in NOT_PROXIES),
                     f"{tables.rate(medians[best])} ({TITLES[best]})" if best else "",
                     tables.quotient(ratios.ratio(ours, ways.get("direct"))),
                     tables.quotient(ratios.ratio(ours, ways.get(best)))])
    return rows


def short(made, names):
    """README's part."""
    headings = ("requests/s", *(TITLES[way] for way in NOT_PROXIES), "best proxy", "/ direct",
                "/ best proxy")
    parts = [circumstances(made), tables.markdown_table(headings, short_rows(made)),
             tables.markdown_table(tables.GOAL_HEADINGS, tables.goal_rows(made["goals"]))]
    parts += [f"![{PLOTS[name][0]}](docs/bench/{name})" for name in names]
    return "\n\n".join(parts)


def sections(made):
    """(heading, text) of BENCHMARKS.md."""
    yield "Goals", tables.markdown_table(tables.GOAL_HEADINGS, tables.goal_rows(made["goals"]))
    for entry in made["workloads"].values():
        yield entry["title"], tables.markdown_table(tables.WORKLOAD_HEADINGS,
                                                    tables.workload_rows(entry["ways"]))
    seconds = made["plan"]["flood_seconds"]
    for title, headings, rows in (
            ("Many rules", tables.RULE_HEADINGS, tables.rule_rows(made["rules"])),
            ("SYN flood", tables.FLOOD_HEADINGS, tables.flood_rows(made["flood"], seconds)),
            ("Idle connections", tables.IDLE_HEADINGS, tables.idle_rows(made["idle"]))):
        if rows:
            yield title, tables.markdown_table(headings, rows)
    if tables.control_sentences(made):
        yield "Control side", "\n\n".join(tables.control_sentences(made))
    versions = [f"{TITLES[name]} {version}" for name, version in made["versions"].items()]
    missing = [f"{TITLES[name]}: {why}" for name, why in made["skipped"].items()]
    yield "Versions", "\n\n".join([", ".join(versions) + "."] +
                                  [f"Not measured: {line}" for line in missing])


def whole(made, names):
    parts = ["# Benchmarks", "Written by `bench/render`; do not edit.", circumstances(made),
             "## Method", METHOD.strip()]
    parts += [f"![{PLOTS[name][0]}](bench/{name})" for name in names]
    for heading, text in sections(made):
        parts += [f"## {heading[0].upper()}{heading[1:]}", text]
    return "\n\n".join(parts) + "\n"


def put_between(text, inside):
    """README's text with another part between the marks."""
    marked = re.compile(r"(<!-- bench -->\n).*?(<!-- /bench -->)", re.S)
    if len(marked.findall(text)) != 1:
        raise ValueError("there should be <!-- bench --> and <!-- /bench --> once")
    return marked.sub(lambda found: f"{found[1]}\n{inside}\n\n{found[2]}", text)


def figures(made):
    """{file: SVG} of those for which there is something to show."""
    found = {name: panels(made, wanted) for name, (_, wanted) in PLOTS.items()}
    return {name: plot.figure(shown) for name, shown in found.items() if shown}
