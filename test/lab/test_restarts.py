# SPDX-License-Identifier: Apache-2.0
"""Pods that end without any grace, again and again, cost no request and no connection.

Only a pod's own Connection: close ends one: an NGINX says so with replies that meet its shutdown.
"""

import os
import signal

import pytest

import manifests
import wait
from load import FOREVER, Load
from peers import POD_PORT, start_nginx_pod
from raw_http import ask

ROUNDS = 100
STEP = 20  # requests between two changes
PODS = ("one", "two", "three")


class Pod:
    """An NGINX that is ended and started again."""

    def __init__(self, lab, name):
        self.lab, self.peer = lab, lab[name]
        self.process = None
        self.start()

    def start(self):
        self.process = start_nginx_pod(self.peer, self.lab.directory, self.lab.files)
        self.lab.adopt(self.process)
        wait.until(lambda: wait.accepts(self.peer.namespace, self.peer.ipv6, POD_PORT),
                   f"NGINX in {self.peer.name}")

    def end(self, way):
        """SIGTERM is NGINX's quick shutdown: it finishes nothing. kill -9 hits all processes."""
        if way == "SIGTERM":
            self.process.send(signal.SIGTERM)
        else:
            for pid in self.peer.namespace.pids():
                os.kill(pid, signal.SIGKILL)
        self.process.popen.wait(10)
        self.lab.processes.remove(self.process)


@pytest.fixture
def trio(make_lab):
    """Behind /api/ three pods, behind / one that stays."""
    lab = make_lab(pods=(*PODS, "frontend"))
    lab.serve("frontend")
    lab.restarted = {name: Pod(lab, name) for name in PODS}
    write_pods(lab, PODS)
    lab.agent.start()
    return lab


def write_pods(lab, names):
    lab.write_shop(api=[lab[name] for name in names], frontend=[lab["frontend"]])


def rolling_restarts(lab, load, way, around=lambda name: None):
    """around(name) before the pod ends, around(None) when it serves again."""
    for number in range(ROUNDS):
        name = PODS[number % len(PODS)]
        load.wait_for_more(STEP)
        around(name)
        lab.restarted[name].end(way)
        load.wait_for_more(STEP)
        lab.restarted[name].start()
        around(None)
        if load.failures:
            break
    load.wait_for_more(STEP)
    print(f"{load.done} requests, {load.announced} connections ended by Connection: close")


def steady(lab, web, paths):
    """Connections that we never close."""
    return Load(lab["client"], web, paths, threads=4, kept=(FOREVER,))


@pytest.mark.parametrize("way", ["SIGTERM", "kill -9"])
def test_a_hundred_restarts_of_pods_fail_no_get(trio, web, way):
    """The manifests do not change: connecting finds out who is there."""
    with steady(trio, web, {"/api/": set(PODS)}) as load:
        rolling_restarts(trio, load, way)
    load.check()


@pytest.mark.parametrize("way", ["SIGTERM", "kill -9"])
def test_a_hundred_restarts_fail_no_get_of_connections_that_alternate(trio, web, way):
    with steady(trio, web, {"/api/": set(PODS), "/": {"frontend"}}) as load:
        rolling_restarts(trio, load, way)
    load.check()


@pytest.mark.parametrize("way", ["SIGTERM", "kill -9"])
def test_a_hundred_restarts_of_pods_that_leave_the_manifests_fail_no_get(trio, web, way):
    """As Kubernetes does it: the endpoint goes first and comes back when it is ready."""
    def around(name):
        write_pods(trio, [entry for entry in PODS if entry != name])
        if name:
            wait_until_gone(trio, name)

    with steady(trio, web, {"/api/": set(PODS), "/": {"frontend"}}) as load:
        rolling_restarts(trio, load, way, around)
    load.check()


def wait_until_gone(lab, name):
    """Until no new request goes to the pod."""
    wait.until(lambda: all(ask(lab["client"], manifests.WEB_IPV4, "/api/").pod != name
                           for _ in range(8)), f"no request to {name}")
