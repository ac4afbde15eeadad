# SPDX-License-Identifier: Apache-2.0
"""Clients and pods that lack TCP options, have odd window scales, or a smaller MTU."""

import hashlib
import json
import os
import socket

import pytest

import servers
import tcp_info
import topology
from lab_fixtures import opened
from raw_http import Connection, request

BODY = os.urandom(1 << 20) * 3
DIGEST = hashlib.sha256(BODY).hexdigest()

LACKING = {
    "plain": {},
    "nots": {"net__ipv4__tcp_timestamps": 0},
    "nosack": {"net__ipv4__tcp_sack": 0},
    "noscale": {"net__ipv4__tcp_window_scaling": 0},
    "bare": {"net__ipv4__tcp_timestamps": 0, "net__ipv4__tcp_sack": 0,
             "net__ipv4__tcp_window_scaling": 0},
}
# The scale follows from the largest receive buffer, which is also bounded by net.core.rmem_max.
SCALES = {"scale0": "4096 16384 32768", "scale10": "4096 131072 33554432"}
POD_NAMES = [f"p-{name}" for name in LACKING] + list(SCALES)


def small_receive_buffer(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)


@pytest.fixture(scope="module")
def mixed():
    """One client and one pod for each lack; /NAME/ leads to pod NAME."""
    with opened() as make:
        lab = make(clients=tuple(f"c-{name}" for name in LACKING), pods=tuple(POD_NAMES))
        for name, lacking in LACKING.items():
            lab[f"c-{name}"].namespace.set_sysctl(**lacking)
            lab[f"p-{name}"].namespace.set_sysctl(**lacking)
        for name, buffers in SCALES.items():
            lab[name].namespace.set_sysctl(net__ipv4__tcp_rmem=buffers)
        started = [servers.Server(pod, servers.pod(pod.name, BODY),
                                  set_up=small_receive_buffer if pod.name == "scale0" else None)
                   for pod in lab.pods]
        lab.write_shop()
        lab.agent.start()
        yield lab
        for server in started:
            server.close()


def exchange(client, address, pod, size=len(BODY)):
    """Down, up and down again on one connection; returns what the pod's side negotiated."""
    with Connection(client, address, timeout=30) as connection:
        connection.send(request(f"/{pod}/content"))
        reply, digest = connection.download()
        assert (reply.pod, digest) == (pod, DIGEST)
        connection.send(request(f"/{pod}/up", method="POST", body=BODY[:size]))
        assert connection.reply().body.decode() == hashlib.sha256(BODY[:size]).hexdigest()
        connection.send(request(f"/{pod}/content"))
        assert connection.download()[1] == DIGEST
        return tcp_info.TcpInfo(**json.loads(reply.fields["x-tcp"]))


def assert_lacking(seen, lack):
    """Options that only others have may be left out as well: the listener offers what all take."""
    assert not (lack in ("nots", "bare") and seen.timestamps)
    assert not (lack in ("nosack", "bare") and seen.sack)
    assert not (lack in ("noscale", "bare") and seen.window_scaling)


@pytest.mark.parametrize("lack", LACKING)
def test_a_client_without_the_option_is_served(mixed, web, lack):
    assert_lacking(exchange(mixed[f"c-{lack}"], web, "p-plain"), lack)


@pytest.mark.parametrize("lack", LACKING)
def test_a_pod_without_the_option_serves(mixed, web, lack):
    assert_lacking(exchange(mixed["c-plain"], web, f"p-{lack}"), lack)


def test_client_and_pod_get_all_options_that_both_have(make_lab, version, web):
    lab = make_lab(pods=("frontend",))
    lab.write_shop()
    lab.agent.start()
    with servers.Server(lab["frontend"], servers.pod("frontend", BODY)):
        seen = exchange(lab["client"], web, "frontend")
    assert seen.timestamps and seen.sack and seen.window_scaling
    assert seen.send_mss == (1448 if version == 4 else 1428)


@pytest.mark.parametrize("pod", ["p-bare", "p-nots"])
def test_a_bare_client_and_a_lacking_pod_understand_each_other(mixed, web, pod):
    exchange(mixed["c-bare"], web, pod)


@pytest.mark.parametrize("pod, scale", [("scale0", 0), ("scale10", 10)])
@pytest.mark.parametrize("client", ["c-plain", "c-nots", "c-noscale"])
def test_every_pod_window_scale_is_translated(mixed, web, client, pod, scale):
    seen = exchange(mixed[client], web, pod)
    if client != "c-noscale":
        assert seen.own_scale == scale, "the pod announces this scale"


def test_a_pod_with_scale_7_takes_an_upload(make_lab, web):
    lab = make_lab(pods=("frontend",))
    lab["frontend"].namespace.set_sysctl(net__ipv4__tcp_rmem="4096 131072 4194304")
    lab.write_shop()
    lab.agent.start()
    with servers.Server(lab["frontend"], servers.pod("frontend", BODY)), \
         Connection(lab["client"], web, timeout=30) as connection:
        connection.send(request("/up", method="POST", body=BODY))
        reply = connection.reply()
    assert reply.body.decode() == DIGEST
    assert json.loads(reply.fields["x-tcp"])["own_scale"] == 7


def test_a_lacking_pod_does_not_slow_the_next_connection_down(mixed, web):
    for _ in range(3):
        exchange(mixed["c-plain"], web, "p-nots", size=4096)
    exchange(mixed["c-plain"], web, "p-plain", size=4096)


@pytest.fixture(params=[(1500, 1400), (1400, 1500), (1500, 9000)],
                ids=["small pod", "small client", "large pod"])
def uneven(request, make_lab):
    mtu, pod_mtu = request.param
    lab = make_lab(pods=("frontend",), mtu=mtu, pod_mtu=pod_mtu)
    lab.write_shop()
    lab.agent.start()
    with servers.Server(lab["frontend"], servers.pod("frontend", BODY)):
        yield lab


def test_client_and_pod_of_different_mtu_understand_each_other(uneven, web):
    with Connection(uneven["client"], web, timeout=30) as connection:
        connection.send(request("/content"))
        assert connection.download()[1] == DIGEST
        connection.send(request("/up", method="POST", body=BODY))
        assert connection.reply().body.decode() == DIGEST


@pytest.fixture
def shrinking(make_lab):
    lab = make_lab(pods=("frontend",), clients=("client", "far"), distant=("far",))
    lab.write_shop()
    lab.agent.start()
    with servers.Server(lab["frontend"], servers.pod("frontend", BODY)):
        yield lab


def exchange_after(lab, client, address, shrink):
    with Connection(lab[client], address, timeout=30) as connection:
        connection.send(request("/first"))
        connection.reply()
        shrink()
        connection.send(request("/content"))
        assert connection.download()[1] == DIGEST
        connection.send(request("/up", method="POST", body=BODY))
        assert connection.reply().body.decode() == DIGEST


@pytest.mark.parametrize("side", ["client", "frontend"])
def test_a_link_that_shrinks_under_a_connection_is_discovered(shrinking, web, side):
    exchange_after(shrinking, "client", web,
                   lambda: topology.set_mtu(shrinking.node, shrinking[side], 1300))


def test_a_distant_link_that_shrinks_is_made_known_to_the_pod(shrinking, web):
    def shrink():
        shrinking["far"].middle.ip("link set near mtu 1300")
        shrinking["far"].namespace.ip("link set eth0 mtu 1300")

    exchange_after(shrinking, "far", web, shrink)
