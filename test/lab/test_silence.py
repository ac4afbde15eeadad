# SPDX-License-Identifier: Apache-2.0
"""Clients and pods that say nothing more: who waits for them is told, and sends nothing for it."""

import contextlib
import socket
import struct
import threading
import time

import pytest

import manifests
import origin
import wait
from lab_fixtures import origins_started, start_shop
from origin import Origin
from raw_http import Connection, request

HEAD_TIMEOUT = 2
IDLE_TIMEOUT = 2
PROBED_AFTER = 10  # seconds: a pod that owes a reply (bpf/lib/silent.h)
RESET = struct.pack("ii", 1, 0)
SLOW = "/api/slow"


# ---- The head's deadline ----


@pytest.fixture
def hasty(make_lab):
    """The shop under an agent that waits for a head but shortly."""
    lab = make_lab()
    lab.agent.options = ["--head-timeout", str(HEAD_TIMEOUT)]
    return start_shop(lab)


def test_a_client_that_stops_in_the_head_reads_408_in_time(hasty, web):
    head = request("/api/")
    with Connection(hasty["client"], web) as connection:
        before = time.monotonic()
        connection.send_segments([head[:10], head[10:20]])
        assert connection.reply().status == 408
        assert connection.read_to_end() == b""
        assert HEAD_TIMEOUT - 0.1 < time.monotonic() - before < HEAD_TIMEOUT + 2


def test_each_of_many_slow_clients_reads_its_408(hasty, web):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(Connection(hasty["client"], web)) for _ in range(200)]
        for connection in slow:
            connection.send(b"GET /api/ HTTP/1.1\r\n")
        assert {connection.reply().status for connection in slow} == {408}


def test_without_the_agent_408_comes_with_the_next_packet(hasty, web):
    head = request("/api/")
    with Connection(hasty["client"], web) as connection:
        connection.send_segments([head[:10], head[10:20]])
        hasty.agent.kill()
        wait.until(lambda: "overdue" in hasty.agent.ctl("flows"), "the deadline")
        connection.send(head[20:])
        assert connection.reply().status == 408


# ---- Pods that owe a reply ----


class Reluctant:
    """Pods whose first request is kept by `keep(reluctant, connection)`; all others are answered.

    pod: the one that has it."""

    def __init__(self, keep):
        self.keep = keep
        self.pod = None
        self.over = threading.Event()
        self._lock = threading.Lock()

    def answers(self, peer):
        def answer(connection, _request, _stream):
            with self._lock:
                first = self.pod is None
                self.pod = self.pod or peer
            if first:
                return self.keep(self, connection)
            connection.sendall(origin.reply(peer.name, b"late"))
            return False
        return {SLOW: answer}


def keep_silent(reluctant, _connection):
    reluctant.over.wait(60)
    return True


@pytest.fixture
def start(make_lab):
    """Two pods of Service api which keep the first request in the way that is given."""
    with contextlib.ExitStack() as stack:
        def begin(keep):
            lab = make_lab(pods=("one", "two"))
            lab.reluctant = Reluctant(keep)
            stack.callback(lab.reluctant.over.set)
            lab.origins = {pod.name: stack.enter_context(Origin(pod, lab.reluctant.answers(pod)))
                           for pod in lab.pods}
            lab.write_shop(api=lab.pods)
            lab.agent.start()
            return lab
        yield begin


def other(lab):
    """The pod that has not got the first request, once there is one that has."""
    wait.until(lambda: lab.reluctant.pod, "the request at a pod")
    return lab["two" if lab.reluctant.pod.name == "one" else "one"]


def link_down(_lab, pod):
    pod.namespace.ip("link set eth0 down")


def link_gone(lab, pod):
    lab.node.ip(f"link del {pod.device}")


def swallow(_lab, pod):
    """The pod's kernel reads all and answers nothing."""
    pod.namespace.ip("route replace blackhole 10.9.0.0/16", "route replace blackhole fd00:9::/32")


@pytest.mark.parametrize("way, address", [(link_down, manifests.WEB_IPV4),
                                          (link_gone, manifests.WEB_IPV6),
                                          (swallow, manifests.WEB_IPV4)])
def test_a_get_whose_pod_vanishes_is_answered_by_another(start, way, address):
    lab = start(keep_silent)
    with Connection(lab["client"], address, timeout=40) as connection:
        connection.send(request(SLOW))
        good = other(lab)
        assert connection.unacknowledged() == 0, "the pod has the request"
        way(lab, lab.reluctant.pod)
        reply = connection.reply()
        assert (reply.status, reply.pod, reply.body) == (200, good.name, b"late")
        assert connection.ask("/api/next").pod == good.name


def test_a_get_whose_pods_all_vanish_is_answered_503(start):
    lab = start(keep_silent)
    with Connection(lab["client"], manifests.WEB_IPV6, timeout=60) as connection:
        connection.send(request(SLOW))
        swallow(lab, other(lab))
        swallow(lab, lab.reluctant.pod)
        assert connection.reply().status == 503
        assert connection.read_to_end() == b""


def test_a_slow_pod_is_waited_for(start):
    def keep(_reluctant, connection):
        over.wait(60)
        connection.sendall(origin.reply("slow", b"at last"))
        return False

    over = threading.Event()
    lab = start(keep)
    with Connection(lab["client"], manifests.WEB_IPV4, timeout=40) as connection:
        connection.send(request(SLOW))
        wait.until(lambda: lab.agent.verdicts()["silent_probed"] >= 2, "two probes",
                   timeout=5 * PROBED_AFTER, interval=0.2)
        over.set()
        assert connection.reply().body == b"at last"
    assert lab.agent.verdicts()["pod_replaced"] == 0


def test_a_get_that_was_reset_by_one_pod_and_is_repeated_at_a_silent_one_is_answered_503(start):
    """The client has nothing to send that would repeat a SYN: all of its request was
    acknowledged."""
    def keep(reluctant, connection):
        silent = other(lab)
        swallow(lab, silent)
        # It could be chosen again, and would answer.
        lab.write_shop(api=[silent])
        wait.until(lambda: reluctant.pod.ipv4 not in lab.agent.ctl("backends"), "one pod less")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()
        return True

    lab = start(keep)
    with Connection(lab["client"], manifests.WEB_IPV4, timeout=40) as connection:
        connection.send(request(SLOW))
        assert connection.reply().status == 503
        assert connection.read_to_end() == b""


# ---- The end ----


@pytest.fixture
def forgetful(make_lab):
    """Three pods that remember how connections end, and an agent that forgets idle ones soon."""
    lab = make_lab()
    lab.agent.options = ["--idle-timeout", str(IDLE_TIMEOUT)]
    with origins_started(lab):
        yield lab


def test_pods_are_told_when_a_client_has_vanished(forgetful, web):
    with Connection(forgetful["client"], web) as connection:
        for path in ("/", "/api/", "/blog/"):
            connection.ask(path)
        forgetful["client"].namespace.ip("link set eth0 down")
        assert forgetful.origins["frontend"].wait_for_ends(1) == ["FIN"]
        assert forgetful.origins["api"].wait_for_ends(1) == ["FIN"]
        assert forgetful.origins["blog"].wait_for_ends(1) == ["ECONNRESET"]


def test_a_client_is_told_when_its_connection_is_forgotten(forgetful, web):
    with Connection(forgetful["client"], web) as connection:
        connection.ask("/")
        with pytest.raises(ConnectionResetError):
            connection.read_to_end()


def test_connections_that_were_told_leave_no_flow_behind(forgetful, web):
    with Connection(forgetful["client"], web) as connection:
        for path in ("/", "/api/", "/blog/"):
            connection.ask(path)
        wait.until(lambda: forgetful.agent.flow_count() == 0, "an empty flow table", timeout=20)
