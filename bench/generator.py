# SPDX-License-Identifier: Apache-2.0
"""The load: wrk in a client's namespace, and what it and the machine did meanwhile.

wrk runs one thread for two processors: with more it would take them from the pods. client_cores
tells what it used, so that a reader sees where the client is the limit.
"""

import os
import re
import resource
import subprocess

from machine import BusyClock

HOST = "shop.example.com"
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "report.lua")
ERRORS = ("status", "connect", "read", "write", "timeout")
TIMEOUT = 5


def parse_report(output):
    """The figures of report.lua's line; None if there is none."""
    line = re.search(r"^REPORT (.*)$", output, re.M)
    if not line:
        return None
    return {name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line[1])}


def command(workload, address, seconds, paths):
    threads = min(workload.connections, max(1, os.cpu_count() // 2))
    headers = ["-H", f"Host: {HOST}"] + ["-H", "Connection: close"] * workload.close
    return ["wrk", f"-t{threads}", f"-c{workload.connections}", f"-d{seconds}s",
            f"--timeout={TIMEOUT}s", "-s", SCRIPT, *headers, f"http://{address}/", "--",
            str(workload.upload), str(workload.row), *paths]


def forgive_closes(report):
    """wrk asks again on a connection whose reply did not announce its end, and then counts a read
    error. Of a way that always does so, one for each reply is no failure."""
    return {**report, "read": max(0, report["read"] - report["requests"])}


def sample(report, busy, elapsed, client, idle):
    """Figures of one run with a request at least. busy, client: processor seconds; idle: processors
    that are busy when nothing is asked of them, None if that is too many to tell."""
    requests = report["requests"]
    bad = sum(report[name] for name in ERRORS)
    good = max(0, requests - report["status"])
    return {"requests": requests, "failed": bad,
            "errors": {name: report[name] for name in ERRORS if report[name]},
            "rate": good / (report["duration_us"] / 1e6),
            "p50_us": report["p50_us"], "p99_us": report["p99_us"],
            "cpu_us": None if idle is None else max(0.0, busy - idle * elapsed) / requests * 1e6,
            "busy_cores": busy / elapsed, "client_cores": client / elapsed}


def _children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(way, workload, seconds, idle=None, paths=None):
    """One run of a workload; {"error": …} when there is nothing to count."""
    before, clock = _children_seconds(), BusyClock()
    argv = command(workload, way.address, seconds, paths or workload.paths)
    try:
        done = way.client.namespace.run(*argv, check=False, timeout=seconds + 4 * TIMEOUT)
    except subprocess.TimeoutExpired:
        return {"error": "wrk does not end", "failed": 1}
    busy, elapsed = clock.read()
    report = parse_report(done.stdout)
    if not report or not report["requests"]:
        words = (done.stderr + done.stdout).strip().splitlines()
        return {"error": words[0] if words else "no reply at all", "failed": 1}
    if way.closes:
        report = forgive_closes(report)
    return sample(report, busy, elapsed, _children_seconds() - before, idle)
