# SPDX-License-Identifier: Apache-2.0
"""Many rules: how fast requests are, how long loading takes, how much memory it needs.

Each count of rules has a lab and an agent of its own, and each proxy that can have so many an
instance, so that runs take turns as everywhere. All rules lead to one pod. Requests go to up to a
thousand of them, evenly spread; about twenty of each connection have the same path before the next
one, with few rules and many alike: what it costs to change the rule is not what is asked here.
"""

import json
import os
import time

import generator
import machine
import manifests
import proxies
import stage
from idle import map_memory
from lab import Lab
from manifests import WEB_IPV4
from workloads import Workload

RULES_OF_ROUTE = 128  # a PathRoute has no more
PATHS = 1000
LOAD_TIMEOUT = 120
WORKLOAD = Workload("rules", "keep-alive, 32 connections", 32, row=640)


def path(number):
    return f"/rules/{number:06d}/"


def some_paths(count):
    """Up to PATHS paths of `count` rules, evenly spread."""
    step = max(1, count // PATHS)
    return [path(number) for number in range(0, count, step)][:PATHS]


def routes(count):
    """PathRoutes with so many rules."""
    for first in range(0, count, RULES_OF_ROUTE):
        rules = [manifests.rule(f"r{number}", path(number), "api")
                 for number in range(first, min(count, first + RULES_OF_ROUTE))]
        yield manifests.path_route(f"many-{first}", rules, hostnames=[generator.HOST])


def nginx_rules(count, _):
    return "\n".join(f"location {path(number)} {{ proxy_pass http://api; }}"
                     for number in range(count))


def haproxy_rules(count, directory):
    target = os.path.join(directory, "rules.map")
    with open(target, "w", encoding="ascii") as file:
        file.writelines(f"{path(number)} api\n" for number in range(count))
    return f"    use_backend %[path,map_beg({target},frontend)]"


def envoy_rules(count, _):
    indent = " " * 14
    return "\n".join(f"{indent}- {{match: {{prefix: {path(number)}}}, "
                     "route: {cluster: api, timeout: 0s}}" for number in range(count))


# Those that can have many rules, and up to how many are tried: Envoy tries its routes in turn.
MANY = {"nginx": (nginx_rules, 100000), "haproxy": (haproxy_rules, 100000),
        "envoy": (envoy_rules, 1000)}


def agent_memory(agent):
    return machine.process_memory(agent.process.pid)


class RuleLab:
    """The router with so many rules; loaded: figures of its start."""

    def __init__(self, count):
        self.lab = Lab(pods=("oapi",), clients=("oclient",))
        try:
            stage.prepare(self.lab)
            self._write(count)
            self.loaded = self._start(count)
        except BaseException:
            self.lab.close()
            raise
        self.way = stage.Way("ours", self.lab["oclient"], WEB_IPV4, self.lab.agent.process)

    def _write(self, count):
        objects = [manifests.web(), *manifests.backend_service("api", self.lab.pods)]
        self.lab.manifests.write("base.yaml", *objects)
        for index, route in enumerate(routes(count)):
            self.lab.manifests.write_text(f"route-{index}.json", json.dumps(route))

    def _start(self, count):
        agent = self.lab.agent
        agent.devices = ("vetho*",)
        agent.options += ["--max-rules", str(max(8192, 2 * count))]
        start = time.monotonic()
        agent.start(ready=False)
        agent.wait_ready(LOAD_TIMEOUT)
        return {"load_seconds": time.monotonic() - start, "process_bytes": agent_memory(agent),
                "map_bytes": map_memory(self.lab.bpffs)}

    def close(self):
        self.lab.close()


def start_proxy(site, name, count):
    """(Way, figures of its start), or (None, {"error": …})."""
    rules, most = MANY[name]
    if count > most:
        return None, {"error": f"not tried with over {most} rules"}
    start = time.monotonic()
    try:
        process, port = site.start_proxy(proxies.BY_NAME[name],
                                         rules=lambda directory: rules(count, directory))
    except proxies.Missing as error:
        return None, {"error": str(error)}
    figures = {"load_seconds": time.monotonic() - start,
               "process_bytes": machine.process_memory(process.pid)}
    return stage.Way(name, site.lab[stage.PLAIN + "client"],
                     f"{stage.topology.NODE_IPV4}:{port}", process), figures


class Site:
    """All ways for all counts; found: {count: {way: {"loaded": …, "rounds": []}}}."""

    def __init__(self, site, counts):
        self.site, self.labs, self.ways = site, [], {}
        self.found = {count: {} for count in counts}
        try:
            for count in counts:
                self._add(count)
        except BaseException:
            self.close()
            raise

    def _add(self, count):
        if "ours" in self.site.ways:
            lab = RuleLab(count)
            self.labs.append(lab)
            self._note(count, lab.way, lab.loaded)
        for name in MANY:
            if name in self.site.ways:
                way, figures = start_proxy(self.site, name, count)
                self._note(count, way, figures, name)

    def _note(self, count, way, loaded, name="ours"):
        self.found[count][name] = {"loaded": loaded, "rounds": []}
        if way:
            self.ways[count, name] = way

    def run(self, seconds, idle):
        """One round."""
        for (count, name), way in self.ways.items():
            target = os.path.join(self.site.lab.directory, f"paths-{count}")
            with open(target, "w", encoding="ascii") as file:
                file.write("\n".join(some_paths(count)) + "\n")
            self.found[count][name]["rounds"].append(
                generator.run(way, WORKLOAD, seconds, idle, [f"@{target}"]))

    def close(self):
        for lab in self.labs:
            lab.close()
        for (_, name), way in self.ways.items():
            if name != "ours":
                way.process.stop()


def measure(site, plan, idle):
    made = Site(site, plan.rule_counts)
    try:
        for _ in range(plan.rounds):
            made.run(plan.seconds, idle)
        return made.found
    finally:
        made.close()
