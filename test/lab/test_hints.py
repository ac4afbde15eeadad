# SPDX-License-Identifier: Apache-2.0
"""Endpoints with hints get requests of the nodes and zones that they are for."""

import os

import pytest

import manifests
import wait
from agent import BUILD
from raw_http import ask

TRIES = 20


@pytest.fixture
def pair(make_lab):
    """Service api has a pod for each of two zones, and for each of two nodes; we are in zone a."""
    lab = make_lab(pods=("near", "far", "frontend"))
    lab.serve()
    write(lab)
    lab.agent.options = ["--zone", "a", "--node-name", "node-1"]
    lab.agent.start()
    return lab


def write(lab, kind="forZones", names=("a", "b"), near_is_ready=True):
    objects = manifests.shop({"api": [lab["near"], lab["far"]], "frontend": [lab["frontend"]]})
    for found in objects:
        if found["kind"] != "EndpointSlice" or not found["metadata"]["name"].startswith("api-"):
            continue
        for endpoint, name in zip(found["endpoints"], names):
            if name:
                endpoint["hints"] = {kind: [{"name": name}]}
        found["endpoints"][0]["conditions"].update(ready=near_is_ready, serving=near_is_ready)
    lab.manifests.write("shop.yaml", *objects)


def pods(lab, address):
    return {ask(lab["client"], address, "/api/").pod for _ in range(TRIES)}


def test_requests_stay_in_their_zone(pair, web):
    assert pods(pair, web) == {"near"}


def test_without_a_ready_pod_in_the_zone_they_leave_it(pair, web):
    write(pair, near_is_ready=False)
    wait.until(lambda: pods(pair, web) == {"far"}, "the other zone's pod")
    write(pair)
    wait.until(lambda: pods(pair, web) == {"near"}, "our zone's pod again")


def test_a_pod_without_hints_puts_an_end_to_them(pair, web):
    write(pair, names=("a", None))
    wait.until(lambda: pods(pair, web) == {"near", "far"}, "both pods")


def test_hints_for_nodes_are_for_the_node(pair, web):
    write(pair, kind="forNodes", names=("node-2", "node-1"))
    wait.until(lambda: pods(pair, web) == {"far"}, "the pod that is for our node")


def test_an_audit_is_told_the_zone(pair):
    def audit(*arguments):
        return pair.node.run(os.path.join(BUILD, "pathroutectl"), "audit", "--bpffs",
                             pair.agent.bpffs, "--manifests", pair.manifests.path, *arguments,
                             check=False)

    assert audit("--zone", "a").returncode == 0
    assert audit("--zone", "b").returncode == 1
