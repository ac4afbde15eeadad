# SPDX-License-Identifier: Apache-2.0
"""Many routes at the API server, whose endpoints change all the time.

Each route has a Service and an EndpointSlice of its own. Most endpoints are addresses that nobody
has; each of the first Services always has one live pod, so that requests can be sent meanwhile.
"""

import concurrent.futures
import json
import random
import threading
import time

import manifests
from cluster_lab import MANAGED_BY

WRITERS = 4
HOST = "shop.example.com"


class Population:
    """live: pods; Service n of the first ones has live[n] among its endpoints."""

    def __init__(self, space, live, routes=1000, endpoints=10):
        self.space, self.live, self.routes, self.endpoints = space, live, routes, endpoints

    def name(self, number):
        return f"many-{number}"

    def path(self, number):
        return f"/many-{number}/"

    def _addresses(self, number, draw):
        """Which addresses Service number has now: all of them, or some as drawn."""
        found = [f"10.{128 + index}.{number >> 8}.{number & 255}"
                 for index in range(self.endpoints)]
        if draw:
            found = draw.sample(found, draw.randint(1, self.endpoints))
        if number < len(self.live):
            # The dead would cost requests their time.
            found = [self.live[number].ipv4]
        return found

    def slice(self, number, draw=None):
        endpoints = [{"addresses": [address],
                      "conditions": {"ready": True, "serving": True, "terminating": False}}
                     for address in self._addresses(number, draw)]
        return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": {"name": self.name(number), "labels": {
                    "kubernetes.io/service-name": self.name(number), **MANAGED_BY}},
                "addressType": "IPv4", "endpoints": endpoints,
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}

    def _create(self, number):
        route = manifests.path_route(
            self.name(number), [manifests.rule("all", self.path(number), self.name(number))],
            hostnames=[HOST])
        for document in (manifests.service(self.name(number)), self.slice(number), route):
            self.space.create(document)

    def create(self):
        self.space.apply(manifests.web())
        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(self._create, range(self.routes)))

    def churn(self, rate, seconds, seed=1):
        """Writes slices at this rate, as evenly as the API server lets it; returns how many."""
        turn = iter(range(int(rate * seconds)))
        lock = threading.Lock()
        start = time.monotonic()

        def write():
            draw = random.Random(f"{seed} {threading.get_ident()}")
            while True:
                with lock:
                    number = next(turn, None)
                if number is None:
                    return
                time.sleep(max(0, start + number / rate - time.monotonic()))
                self._change(draw)

        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            for done in [pool.submit(write) for _ in range(WRITERS)]:
                done.result()
        return time.monotonic() - start

    def _change(self, draw):
        number = draw.randrange(self.routes)
        changed = self.slice(number, draw)
        self.space.patch("EndpointSlice", self.name(number), {"endpoints": changed["endpoints"]})

    def wanted(self):
        """{rule: addresses} by what the API server has."""
        return {f"{self.space.name}/{found['metadata']['name']}/all":
                sorted(address for endpoint in found["endpoints"]
                       for address in endpoint["addresses"])
                for found in self.space.kube.list("EndpointSlice", self.space.name)}


def programmed(agent):
    """{rule: addresses} by what the kernel has."""
    rules = json.loads(agent.ctl("backends", "-o", "json"))["rules"]
    return {rule["rule"]: sorted(endpoint["address"] for group in rule["groups"]
                                 for endpoint in group["endpoints"]) for rule in rules}


def difference(wanted, found):
    """The first few rules of which they differ."""
    return [(rule, wanted.get(rule), found.get(rule))
            for rule in sorted(set(wanted) | set(found))
            if wanted.get(rule) != found.get(rule)][:3]
