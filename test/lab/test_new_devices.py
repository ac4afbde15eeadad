# SPDX-License-Identifier: Apache-2.0
"""Devices that come while the agent runs: each new pod has one."""

import datetime
import re
import statistics
import time

import topology
import wait
from raw_http import ask

PODS = 15
SOON = 0.1  # seconds from the device's creation until it is served, as its log tells


def attached_at(lab, device):
    """When the agent has put the programs on the device; None: it has not."""
    found = re.search(rf"^(\S+) info device {device}: attached", lab.agent.log(), re.M)
    return found and datetime.datetime.fromisoformat(found[1].replace("Z", "+00:00")).timestamp()


def test_a_new_pods_device_is_served_within_100_ms(make_shop):
    """The quickest ones: this machine may have other things to do, and then be late, never early.
    An agent that only looked from time to time would be seconds late for all but the first."""
    shop = make_shop()
    waits = []
    for number in range(PODS):
        pod = topology.make_peer(shop.prefix, f"new{number}", 40 + number, True, 1500)
        shop.peers[pod.name] = pod
        before = time.time()
        topology.plug_routed(shop.node, pod)
        waits.append(wait.until(lambda device=pod.device: attached_at(shop, device),
                                f"the programs on {pod.device}") - before)
    print(f"served after {min(waits) * 1000:.0f} ms at best, {statistics.median(waits) * 1000:.0f} "
          f"in the middle, {max(waits) * 1000:.0f} at worst, of {PODS}")
    assert sorted(waits)[1] < SOON, waits


def test_a_new_pod_is_client_and_backend_at_once(make_shop, web):
    shop = make_shop()
    late = shop.add_pod("late")
    shop.serve("late")
    assert ask(late, web, "/api/").pod == "api"
    shop.write_shop(frontend=[shop["frontend"]], api=[late])
    wait.until(lambda: ask(shop["client"], web, "/api/").pod == "late", "the new pod")
