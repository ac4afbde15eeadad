#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rates through the router, beside direct routing and NGINX as a proxy, in one lab.

bench_lab.py [--rounds N] [--seconds N]

Each round measures every way in turn, so that a slower moment of the machine hits them all; the
result is the median of the rounds. Writes <build>/bench/lab.json.
"""

import argparse
import json
import os
import re
import signal
import statistics
import sys

import agent
import peers
from lab import Lab
from manifests import WEB_IPV4

HOST = "shop.example.com"
BIG = "10mb.bin"
PROXY_PORT = 8080

NEXT_PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "next_path.lua")
# That three web servers share the two CPUs costs by itself: SPREAD shows how much. What changing
# from one to another costs is the ratio to that.
PODS = ("frontend", "api", "blog")
ALL_WAYS = ("direct", "router", "nginx")
SINGLE = "keep-alive, 32 connections"
SPREAD = "the same, one rule of three pods"
ALTERNATING = "the same, alternating over three rules"

# name: (paths that a connection asks for in turn, wrk's options, ways)
WORKLOADS = {
    SINGLE: (("/api/",), ("-c32",), ALL_WAYS),
    SPREAD: (("/every/",), ("-c32",), ("router", "nginx")),
    ALTERNATING: (("/", "/api/", "/blog/"), ("-c32",), ("router", "nginx")),
    "a connection a request, 32 at once": (("/api/",), ("-c32", "-H", "Connection: close"),
                                           ALL_WAYS),
    "10 MB replies, 4 connections": ((f"/api/{BIG}",), ("-c4",), ALL_WAYS),
}


def build(lab):
    peers.make_file(lab.files, BIG, 10 << 20)
    # What one way leaves in TIME_WAIT at the pod must not meet the next way's connections.
    for name in (*PODS, "proxy"):
        lab[name].namespace.set_sysctl(net__ipv4__tcp_max_tw_buckets=0)
    lab.serve(*PODS)
    pods = [lab[name] for name in PODS]
    lab.write_shop(**{pod.name: [pod] for pod in pods}, every=pods)
    routes = {"/" if name == "frontend" else f"/{name}/": [(lab[name].ipv4, peers.POD_PORT)]
              for name in PODS}
    routes["/every/"] = [(pod.ipv4, peers.POD_PORT) for pod in pods]
    proxy = peers.start_nginx_proxy(lab["proxy"], lab.directory, routes, PROXY_PORT)
    lab.adopt(proxy)
    lab.agent.start()
    return {"direct": f"{lab['api'].ipv4}:{peers.POD_PORT}", "router": WEB_IPV4,
            "nginx": f"{lab['proxy'].ipv4}:{PROXY_PORT}"}


def run_wrk(lab, address, paths, options, seconds):
    """Requests a second; stops the bench if any failed."""
    output = lab["client"].namespace.run(
        "wrk", "-t1", f"-d{seconds}s", "-s", NEXT_PATH, *options, "-H", f"Host: {HOST}",
        f"http://{address}{paths[0]}", "--", *paths).stdout
    if re.search(r"Non-2xx|Socket errors", output):
        sys.exit(f"{address}{paths[0]}: requests failed:\n{output}\n{lab.agent.verdicts_text()}")
    return float(re.search(r"Requests/sec: *([\d.]+)", output)[1])


def measure(lab, addresses, rounds, seconds):
    """{workload: {way: [rate of each round]}}, after one short warm-up of all."""
    rates = {name: {way: [] for way in ways} for name, (_, _, ways) in WORKLOADS.items()}
    for turn in range(rounds + 1):
        for name, (paths, options, ways) in WORKLOADS.items():
            for way in ways:
                rate = run_wrk(lab, addresses[way], paths, options, seconds if turn else 1)
                if turn:
                    rates[name][way].append(rate)
    return rates


def summarize(rates):
    result = {}
    for name, ways in rates.items():
        medians = {way: statistics.median(values) for way, values in ways.items()}
        result[name] = {"requests_per_second": medians, "rounds": ways,
                        "router_to_nginx": medians["router"] / medians["nginx"]}
        if "direct" in medians:
            result[name]["router_to_direct"] = medians["router"] / medians["direct"]
    alternating = result[ALTERNATING]["requests_per_second"]
    for key, name in (("to_single", SINGLE), ("to_spread", SPREAD)):
        other = result[name]["requests_per_second"]
        result[ALTERNATING][key] = {way: rate / other[way] for way, rate in alternating.items()}
    return result


def cell(value, digits=0):
    return f"{'-':>10}" if value is None else f"{value:10.{digits}f}"


def print_summary(summary):
    print(f"{'workload':40}" + "".join(f"{way:>10}" for way in ALL_WAYS) +
          f"{'x direct':>10}{'x nginx':>10}")
    for name, row in summary.items():
        print(f"{name:40}" +
              "".join(cell(row["requests_per_second"].get(way)) for way in ALL_WAYS) +
              cell(row.get("router_to_direct"), 2) + cell(row["router_to_nginx"], 2))
    for key, name in (("to_single", "single"), ("to_spread", "one rule of three pods")):
        ratios = summary[ALTERNATING][key].items()
        print(f"alternating / {name}: " + ", ".join(f"{way} {ratio:.2f}" for way, ratio in ratios))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Lab(pods=(*PODS, "proxy")) as lab:
        rates = measure(lab, build(lab), arguments.rounds, arguments.seconds)
    summary = summarize(rates)
    print_summary(summary)
    target = os.path.join(agent.BUILD, "bench", "lab.json")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="ascii") as file:
        json.dump({"rounds": arguments.rounds, "seconds": arguments.seconds,
                   "workloads": summary}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
