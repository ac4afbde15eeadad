# SPDX-License-Identifier: Apache-2.0
"""Many endpoints: loading them, and a burst of changes while requests go on."""

import ipaddress
import json
import subprocess
import time

import generator
import manifests
import stage
import wait
import workloads
from lab import Lab
from manifests import WEB_IPV4
from rules import LOAD_TIMEOUT, agent_memory

ENDPOINTS_OF_SERVICE = 10
LIVE = "live"
BASE = int(ipaddress.ip_address("10.128.0.0"))
TIMEOUT = 120
STEADY = workloads.BY_NAME[workloads.KEEPALIVE]


def addresses(number, turn):
    """Endpoints of Service `number` after `turn` changes: addresses that nobody has."""
    first = BASE + number * 256 + turn % 16
    return [str(ipaddress.ip_address(first + index)) for index in range(ENDPOINTS_OF_SERVICE)]


def endpoint_slice(number, turn):
    endpoints = [{"addresses": [address],
                  "conditions": {"ready": True, "serving": True, "terminating": False}}
                 for address in addresses(number, turn)]
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"many-{number}", "namespace": manifests.NAMESPACE,
                         "labels": {"kubernetes.io/service-name": f"many-{number}"}},
            "addressType": "IPv4", "endpoints": endpoints,
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}


def programmed(agent):
    """{rule: addresses} by what the kernel has."""
    rules = json.loads(agent.ctl("backends", "-o", "json"))["rules"]
    return {rule["rule"].rsplit("/", 1)[-1]: sorted(
        endpoint["address"] for group in rule["groups"] for endpoint in group["endpoints"])
        for rule in rules}


class Crowd:
    """A lab with one live Service, and others of ten endpoints each."""

    def __init__(self, lab, services):
        self.lab, self.services = lab, services
        self.turns = [0] * services
        lab.manifests.write("base.yaml", manifests.web(),
                            *manifests.backend_service("api", lab.pods),
                            manifests.path_route("live", [manifests.rule(LIVE, "/api/", "api")],
                                                 hostnames=[generator.HOST]))
        for number in range(services):
            name = f"many-{number}"
            route = manifests.path_route(name, [manifests.rule(name, f"/{name}/", name)],
                                         hostnames=[generator.HOST])
            lab.manifests.write_text(f"{name}.json", json.dumps(route))
            lab.manifests.write_text(f"{name}-service.json", json.dumps(manifests.service(name)))
            self._write(number)

    def _write(self, number):
        self.lab.manifests.write_text(f"many-{number}-slice.json",
                                      json.dumps(endpoint_slice(number, self.turns[number])))

    def burst(self, changes):
        """Writes so many slices as fast as it can."""
        for turn in range(changes):
            number = turn % self.services
            self.turns[number] += 1
            self._write(number)

    def is_programmed(self):
        found = programmed(self.lab.agent)
        return all(found.get(f"many-{number}") == sorted(addresses(number, turn))
                   for number, turn in enumerate(self.turns))


def _load(way, seconds):
    """wrk in the background."""
    argv = generator.command(STEADY, way.address, seconds, STEADY.paths)
    return subprocess.Popen(way.client.namespace.command(*argv), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _burst(crowd, changes, seconds):
    way = stage.Way("ours", crowd.lab["oclient"], WEB_IPV4)
    load = _load(way, seconds)
    try:
        start = time.monotonic()
        crowd.burst(changes)
        written = time.monotonic() - start
        wait.until(crowd.is_programmed, "the tables to hold the last change", TIMEOUT, 0.05)
        settled = time.monotonic() - start
        output = load.communicate(timeout=seconds + 30)[0]
    finally:
        load.kill()
        load.wait()
    report = generator.parse_report(output) or {name: 0 for name in generator.ERRORS}
    return {"changes": changes, "written_seconds": written,
            "programmed_seconds": settled, "requests": report.get("requests", 0),
            "failed": sum(report[name] for name in generator.ERRORS)}


def measure(plan):
    """{"endpoints", "load_seconds", "process_bytes", "burst": …}."""
    services = plan.endpoints // ENDPOINTS_OF_SERVICE
    with Lab(pods=("oapi",), clients=("oclient",)) as lab:
        stage.prepare(lab)
        crowd = Crowd(lab, services)
        lab.agent.devices = ("vetho*",)
        start = time.monotonic()
        lab.agent.start(ready=False)
        lab.agent.wait_ready(LOAD_TIMEOUT)
        loaded = time.monotonic() - start
        return {"endpoints": plan.endpoints, "rules": services + 1, "load_seconds": loaded,
                "process_bytes": agent_memory(lab.agent),
                "burst": _burst(crowd, plan.changes, plan.burst_seconds),
                "process_bytes_after": agent_memory(lab.agent)}
