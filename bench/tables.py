# SPDX-License-Identifier: Apache-2.0
"""The results as tables, as text and as Markdown. Nothing here runs anything."""

import ratios
from ways import TITLES

MIB = 1 << 20


def number(value, digits=0, unit=""):
    return "" if value is None else f"{value:,.{digits}f}{unit}"


def quotient(value):
    return "" if value is None else f"{value:.2f}"


def rate(value):
    return number(value, 0 if value is not None and value >= 1000 else 1)


def duration(microseconds):
    if microseconds is None:
        return ""
    if microseconds < 10000:
        return f"{microseconds:,.0f} µs"
    return f"{microseconds / 1000:,.1f} ms"


def text_table(headings, rows):
    """The first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(row, widths))).rstrip()
                     for row in cells)


def markdown_table(headings, rows):
    lines = [headings, ["---"] + ["---:"] * (len(headings) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in lines)


WORKLOAD_HEADINGS = ("", "requests/s", "lowest – highest", "× direct", "p50", "p99", "CPU µs",
                     "client", "failed")


def workload_rows(ways):
    """ways: {way: {"rounds", "median"}}."""
    direct = ways.get("direct", {}).get("rounds")
    rows = []
    for way, entry in ways.items():
        median = entry["median"]
        if "rate" not in median:
            rows.append([TITLES[way], median.get("error", ""), "", "", "", "", "", "",
                         median["failed"]])
            continue
        rows.append([TITLES[way], rate(median["rate"]),
                     f"{rate(median['rate_min'])} – {rate(median['rate_max'])}",
                     quotient(ratios.ratio(entry["rounds"], direct)), duration(median["p50_us"]),
                     duration(median["p99_us"]), number(median.get("cpu_us"), 1),
                     f"{median['client_cores']:.2f}", median["failed"]])
    return rows


RULE_HEADINGS = ("", "rules", "requests/s", "p99", "loaded in", "memory of processes", "failed")


def rule_rows(rules):
    rows = []
    for count, ways in rules.items():
        for way, entry in ways.items():
            loaded, median = entry["loaded"], ratios.summarize(entry["rounds"])
            if "error" in loaded:
                rows.append([TITLES[way], number(int(count)), loaded["error"], "", "", "", ""])
                continue
            rows.append([TITLES[way], number(int(count)), rate(median.get("rate")),
                         duration(median.get("p99_us")),
                         number(loaded["load_seconds"], 2, " s"),
                         number(loaded["process_bytes"] / MIB, 1, " MiB"), median["failed"]])
    return rows


FLOOD_HEADINGS = ("", "SYNs/s", "answered/s", "p50", "p99", "failed", "entries of the flood")


def flood_rows(flood, seconds):
    rows = []
    for way, runs in flood.items():
        for state in ("off", "on"):
            median = ratios.summarize(runs[state])
            syns = sum(run.get("flood_syns", 0) for run in runs[state])
            entries = [run["flood_entries"] for run in runs[state] if "flood_entries" in run]
            rows.append([TITLES[way], number(syns / len(runs[state]) / (seconds + 2)),
                         rate(median.get("rate")), duration(median.get("p50_us")),
                         duration(median.get("p99_us")), median["failed"],
                         max(entries) if entries else ""])
    return rows


IDLE_HEADINGS = ("", "connections", "bytes each, its processes", "bytes each, whole machine")


def idle_rows(idle):
    rows = []
    for way, entry in idle.items():
        if "error" in entry:
            rows.append([TITLES[way], entry["error"], "", ""])
        else:
            rows.append([TITLES[way], number(entry["connections"]),
                         number(max(0, entry["process_bytes"])), number(entry["machine_bytes"])])
    return rows


GOAL_HEADINGS = ("", "goal", "measured", "")


def goal_rows(goals):
    words = {True: "met", False: "**missed**", None: "not measured"}
    return [[entry["goal"], entry["aim"], quotient(entry["value"]), words[entry["met"]]]
            for entry in goals]


def control_sentences(made):
    """What has no table."""
    found = []
    if made.get("million"):
        million = made["million"]
        found.append(f"Maps for {million['connections']:,} connections: "
                     f"{million['map_bytes'] / MIB:,.0f} MiB, "
                     f"{million['bytes_a_connection']:,.0f} bytes for each connection more.")
    if made["control"]:
        control, burst = made["control"], made["control"]["burst"]
        found.append(f"{control['endpoints']:,} endpoints of {control['rules']:,} rules: loaded in "
                     f"{control['load_seconds']:.2f} s, "
                     f"{control['process_bytes'] / MIB:.1f} MiB resident.")
        found.append(f"A burst of {burst['changes']:,} changes, written in "
                     f"{burst['written_seconds']:.2f} s: all in the tables "
                     f"{burst['programmed_seconds']:.2f} s after the first; "
                     f"{burst['requests']:,} requests meanwhile, {burst['failed']:,} failed.")
    return found
