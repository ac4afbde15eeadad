# SPDX-License-Identifier: Apache-2.0
"""Pods that do not answer: another one does, and the client does not notice."""

import os
import signal
import threading

import pytest

import packets
import peers
import wait
from raw_http import Connection, ask, request

REQUESTS = 10


def refuse(lab, pod):
    """Nothing listens: the pod's kernel answers RST."""


def vanish(lab, pod):
    """The link is dead: the node cannot even resolve the pod's address."""
    pod.namespace.ip("link set eth0 down")


def swallow(lab, pod):
    """The SYN arrives, no answer comes back."""
    pod.namespace.ip("route replace blackhole 10.9.0.0/16", "route replace blackhole fd00:9::/32")


def unreachable(lab, pod):
    """The node's route answers for the pod: ICMP unreachable."""
    lab.node.ip(f"route del {pod.ipv4}/32 dev {pod.device}",
                f"route del {pod.ipv6}/128 dev {pod.device}",
                f"route add unreachable {pod.ipv4}/32", f"route add unreachable {pod.ipv6}/128")


def remove(lab, pod):
    """The pod is gone with its link, the manifest does not know yet."""
    lab.node.ip(f"link del {pod.device}")


WAYS = [refuse, vanish, swallow, unreachable, remove]


@pytest.fixture
def pair(make_lab):
    """Service api has two pods, of which only `good` serves."""
    lab = make_lab(pods=("bad", "good"))
    lab.serve("good")
    lab.write_shop(api=[lab["bad"], lab["good"]])
    lab.agent.start()
    return lab


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_bad_pod_is_replaced_by_a_good_one(pair, web, way):
    way(pair, pair["bad"])
    for number in range(REQUESTS):
        reply = ask(pair["client"], web, f"/api/{number}")
        assert (reply.status, reply.pod) == (200, "good"), f"request {number}: {reply}"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_with_no_good_pod_the_client_reads_503(make_lab, web, way):
    lab = make_lab(pods=("bad", "worse"))
    lab.write_shop(api=lab.pods)
    lab.agent.start()
    for pod in lab.pods:
        way(lab, pod)
    with Connection(lab["client"], web, timeout=20) as connection:
        connection.send(request("/api/"))
        assert connection.reply().status == 503
        assert connection.read_to_end() == b""


def test_a_service_without_pods_is_answered_503(make_lab, web):
    lab = make_lab(pods=("api",))
    lab.write_shop(api=[])
    lab.agent.start()
    assert ask(lab["client"], web, "/api/").status == 503


def test_a_pod_that_dies_between_syn_and_syn_ack_is_replaced(pair, web):
    """It swallows the SYN; its link goes down the moment that it has seen it."""
    swallow(pair, pair["bad"])
    died = threading.Event()

    def die(frame):
        if packets.is_tcp_syn(frame) and not died.is_set():
            died.set()
            pair["bad"].namespace.ip("link set eth0 down")

    with packets.Watch(pair["bad"].namespace, die):
        for number in range(REQUESTS):
            assert ask(pair["client"], web, f"/api/{number}").pod == "good", f"request {number}"
    assert died.is_set(), "no request has tried the bad pod"


def test_a_pod_that_comes_back_gets_requests_again(pair, web):
    for _ in range(REQUESTS):
        assert ask(pair["client"], web, "/api/").pod == "good"
    pair.serve("bad")

    wait.until(lambda: ask(pair["client"], web, "/api/").pod == "bad",
               "a reply of the pod that came back", timeout=40)


def test_a_pod_that_dies_in_mid_reply_ends_the_connection(make_lab, web):
    lab = make_lab(pods=("api",))
    peers.make_file(lab.files, "big.bin", 50 << 20)
    lab.serve()
    lab.write_shop()
    lab.agent.start()
    with Connection(lab["client"], web) as connection:
        connection.send(request("/api/big.bin"))
        connection.socket.recv(1000)
        for pid in lab["api"].namespace.pids():
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(ConnectionError):
            connection.reply()
