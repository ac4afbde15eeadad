# SPDX-License-Identifier: Apache-2.0
"""From rounds to results. Nothing here runs anything.

A figure is the median of its rounds; a ratio is the median of each round's own ratio, so that a
slower moment of the machine, which hits all ways of a round, does not count.
"""

import dataclasses
import statistics

import workloads
from ways import NOT_PROXIES

FIGURES = ("rate", "p50_us", "p99_us", "cpu_us", "busy_cores", "client_cores")


@dataclasses.dataclass(frozen=True)
class Goal:
    ratio: str
    at_least: bool
    aim: float
    title: str

    def is_met(self, value):
        return value >= self.aim if self.at_least else value <= self.aim

    def aim_text(self):
        return f"{'≥' if self.at_least else '≤'} {self.aim:g}"


GOALS = (
    Goal("keepalive_over_bare", True, 0.97, "keep-alive requests/s, over a bare redirect"),
    Goal("keepalive_over_best_proxy", True, 2, "keep-alive requests/s, over the best proxy"),
    Goal("bulk_over_direct", True, 0.97, "10 MB replies/s, over direct routing"),
    Goal("new_connections_over_best_proxy", True, 1.25, "new connections/s, over the best proxy"),
    Goal("added_cpu_us_per_request", False, 2, "CPU added to a request over a bare redirect, µs"),
    Goal("added_latency_us", False, 10,
         "p50 added over direct routing with one connection, µs"),
    Goal("alternating_over_single", True, 0.9, "three rules in turn, over one rule"),
    Goal("rules_100000_over_10", True, 0.95, "100,000 rules, over 10 rules"),
)


def _good(rounds, name):
    return [entry[name] for entry in rounds if entry.get(name) is not None]


def summarize(rounds):
    """Medians of all figures, the spread of the rate, and all failed requests."""
    result = {"failed": sum(entry.get("failed", 0) for entry in rounds)}
    for name in FIGURES:
        values = _good(rounds, name)
        if values:
            result[name] = statistics.median(values)
    rates = _good(rounds, "rate")
    if rates:
        result["rate_min"], result["rate_max"] = min(rates), max(rates)
    errors = [entry["error"] for entry in rounds if "error" in entry]
    if errors:
        result["error"] = errors[0]
    return result


def _pairs(first, second, name):
    return [(one[name], other[name]) for one, other in zip(first or (), second or ())
            if one.get(name) is not None and other.get(name) is not None]


def ratio(first, second, name="rate"):
    """None where a round of one of them is missing."""
    found = [one / other for one, other in _pairs(first, second, name) if other]
    return statistics.median(found) if found else None


def difference(first, second, name):
    found = [one - other for one, other in _pairs(first, second, name)]
    return statistics.median(found) if found else None


def best_proxy(ways):
    """ways: {way: rounds}; the proxy with the highest median rate, or None."""
    rates = {way: summarize(rounds).get("rate", 0) for way, rounds in ways.items()
             if way not in NOT_PROXIES}
    best = max(rates, key=rates.get, default=None)
    return best if best and rates[best] > 0 else None


def compute(found, rules):
    """found: {workload: {way: rounds}}; rules: {count: {way: {"rounds": …}}}. {name: value}, None
    where it was not measured."""
    def rounds(workload, way):
        return found.get(workload, {}).get(way)

    def over_best(workload):
        ways = found.get(workload, {})
        return ratio(ways.get("ours"), ways.get(best_proxy(ways)))

    def of_rules(count):
        return rules.get(count, {}).get("ours", {}).get("rounds")

    keepalive = rounds(workloads.KEEPALIVE, "ours")
    alternating = rounds(workloads.ALTERNATING, "ours")
    return {
        "keepalive_over_bare": ratio(keepalive, rounds(workloads.KEEPALIVE, "bare")),
        "keepalive_over_direct": ratio(keepalive, rounds(workloads.KEEPALIVE, "direct")),
        "keepalive_over_best_proxy": over_best(workloads.KEEPALIVE),
        "bulk_over_direct": ratio(rounds(workloads.BULK, "ours"),
                                  rounds(workloads.BULK, "direct")),
        "bulk_over_best_proxy": over_best(workloads.BULK),
        "new_connections_over_best_proxy": over_best(workloads.NEW),
        "new_connections_over_direct": ratio(rounds(workloads.NEW, "ours"),
                                             rounds(workloads.NEW, "direct")),
        "alternating_over_single": ratio(alternating, keepalive),
        "alternating_over_spread": ratio(alternating, rounds(workloads.SPREAD, "ours")),
        "rules_100000_over_10": ratio(of_rules(100000), of_rules(10)),
        "added_cpu_us_per_request": difference(keepalive, rounds(workloads.KEEPALIVE, "bare"),
                                               "cpu_us"),
        "added_latency_us": difference(rounds(workloads.ONE, "ours"),
                                       rounds(workloads.ONE, "direct"), "p50_us"),
    }


def judge(ratios):
    """[{"goal", "aim", "value", "met"}]; met is None where nothing was measured."""
    return [{"ratio": goal.ratio, "goal": goal.title, "aim": goal.aim_text(),
             "value": ratios.get(goal.ratio),
             "met": None if ratios.get(goal.ratio) is None else goal.is_met(ratios[goal.ratio])}
            for goal in GOALS]


def failures(found, rules, flood):
    """{way: failed requests of all runs}."""
    total = {}

    def add(way, rounds):
        total[way] = total.get(way, 0) + sum(entry.get("failed", 0) for entry in rounds)

    for ways in found.values():
        for way, rounds in ways.items():
            add(way, rounds)
    for ways in rules.values():
        for way, entry in ways.items():
            add(way, entry["rounds"])
    for way, entry in flood.items():
        add(way, entry["off"] + entry["on"])
    return total
