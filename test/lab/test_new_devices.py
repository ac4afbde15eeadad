# SPDX-License-Identifier: Apache-2.0
"""Devices that come while the agent runs: each new pod has one."""

import datetime
import re
import statistics

import topology
import wait
from raw_http import ask

PODS = 15
SOON = 0.1  # seconds from the news of the device until it is served, as its log tells


def attached_at(lab, device):
    """When the agent has put the programs on the device; None: it has not."""
    found = re.search(rf"^(\S+) info device {device}: attached", lab.agent.log(), re.M)
    return found and datetime.datetime.fromisoformat(found[1].replace("Z", "+00:00")).timestamp()


class News:
    """What another process on the node hears of its devices, and when."""

    def __init__(self, lab):
        self.process = lab.start(lab.node, "news", "ip", "-timestamp", "-tshort", "monitor", "link")
        wait.until(lambda: lab.node.ip("link set lo alias awake") or self.heard_at("lo"), "news")

    def heard_at(self, device):
        """None: not yet."""
        found = re.search(rf"^\[(\S+)\] \d+: {device}[@:]", self.process.log(), re.M)
        return found and datetime.datetime.fromisoformat(found[1]).timestamp()


def test_a_new_pods_device_is_served_within_100_ms(make_shop):
    """After another process has heard of it, which waits for a processor, too; the median."""
    shop = make_shop()
    news = News(shop)
    waits = []
    for number in range(PODS):
        pod = topology.make_peer(shop.prefix, f"new{number}", 40 + number, True, 1500)
        shop.peers[pod.name] = pod
        topology.plug_routed(shop.node, pod)
        heard = wait.until(lambda: news.heard_at(pod.device), f"news of {pod.device}")
        waits.append(wait.until(lambda: attached_at(shop, pod.device),
                                f"the programs on {pod.device}") - heard)
    assert statistics.median(waits) < SOON, waits


def test_a_new_pod_is_client_and_backend_at_once(make_shop, web):
    shop = make_shop()
    late = shop.add_pod("late")
    shop.serve("late")
    assert ask(late, web, "/api/").pod == "api"
    shop.write_shop(frontend=[shop["frontend"]], api=[late])
    wait.until(lambda: ask(shop["client"], web, "/api/").pod == "late", "the new pod")
