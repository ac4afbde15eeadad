# SPDX-License-Identifier: Apache-2.0
"""Traffic that is not the router's passes untouched."""

import errno
import os
import socket

import pytest

import packets
import servers
import tcp_info
import topology
import wait
from lab_fixtures import opened, start_shop
from raw_http import Connection, ask

NODE = {4: topology.NODE_IPV4, 6: topology.NODE_IPV6}
# (IPPROTO_IP, IP_RECVERR) and its like: without it, UDP keeps "no route" to itself.
REPORT_ALL_ICMP = {socket.AF_INET: (socket.IPPROTO_IP, 11),
                   socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
NOT_DELIVERED = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED}


@pytest.fixture(scope="module", params=["routed", "bridge"])
def shop(request):
    with opened() as make:
        yield start_shop(make(kind=request.param, distant=("far",), clients=("client", "far")))


@pytest.fixture(params=["pod", "node"])
def target(request, shop, version):
    """(namespace, address) of a pod and of the node itself."""
    if request.param == "node":
        return shop.node, NODE[version]
    return shop["api"].namespace, shop["api"].address(version)


def ping(namespace, address, *options):
    return namespace.run("ping", "-c2", "-i0.05", "-W2", *options, address, check=False)


@pytest.mark.parametrize("size", [56, 1400, 4000, 20000])
def test_pings_are_answered_fragments_too(shop, target, size):
    done = ping(shop["client"].namespace, target[1], "-s", str(size))
    assert ", 0% packet loss" in done.stdout, done


def test_pods_ping_each_other(shop, version):
    done = ping(shop["api"].namespace, shop["blog"].address(version), "-s", "4000")
    assert ", 0% packet loss" in done.stdout, done


def test_a_tagged_syn_is_left_to_the_device_of_its_vlan(shop, web, version):
    """Answered on the device below, the answer would have no tag."""
    client = shop["client"]
    with packets.open_device(client.namespace) as raw:
        before = shop.agent.verdicts()["syn_answered"]
        for port in range(40000, 40010):
            syn = packets.tcp_syn(client, client.address(version), web, port, port)
            raw.send(packets.tagged(syn, 100))
        raw.send(syn)
    wait.until(lambda: shop.agent.verdicts()["syn_answered"] > before, "the answer without tag")
    assert shop.agent.verdicts()["syn_answered"] == before + 1


def udp_pair(client, namespace, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    there = namespace.socket(family, socket.SOCK_DGRAM)
    there.bind((address, 5353))
    here = client.namespace.socket(family, socket.SOCK_DGRAM)
    for end in (here, there):
        end.settimeout(5)
    here.connect((address, 5353))
    return here, there


@pytest.mark.parametrize("size", [1, 100, 1400, 8000, 60000])
def test_udp_goes_there_and_back_fragments_too(shop, target, size):
    here, there = udp_pair(shop["client"], *target)
    with here, there:
        data = os.urandom(size)
        here.send(data)
        received, sender = there.recvfrom(65536)
        assert received == data
        there.sendto(received, sender)
        assert here.recv(65536) == data


def test_a_closed_udp_port_is_reported_by_icmp(shop, target):
    family = socket.AF_INET6 if ":" in target[1] else socket.AF_INET
    with shop["client"].namespace.socket(family, socket.SOCK_DGRAM) as here:
        here.settimeout(5)
        here.connect((target[1], 9))
        here.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            here.recv(10)


def test_a_spent_hop_limit_is_reported_by_icmp(shop, version):
    done = ping(shop["client"].namespace, shop["api"].address(version), "-t", "1")
    assert "exceeded" in done.stdout.lower(), done


def test_a_typed_session_passes_byte_by_byte(shop, target):
    """As ssh does: small writes, each answered."""
    namespace, address = target
    holder = topology.Peer("there", 0, namespace, "", "")

    def echo(connection):
        while data := connection.recv(4096):
            connection.sendall(data.upper())

    with servers.Server(holder, echo, port=2222), \
         Connection(shop["client"], address, 2222) as connection:
        connection.send_at_once()
        for letter in b"uname -a\nexit\n":
            connection.send(bytes([letter]))
            assert connection.socket.recv(10) == bytes([letter]).upper()


def test_requests_to_a_pods_own_address_are_routed_by_the_kernel(shop, version):
    before = shop.agent.verdicts()
    reply = ask(shop["client"], shop["api"].address(version), "/blog/", port=8080)
    assert reply.pod == "api"
    after = shop.agent.verdicts()
    changed = {label for label in after if after[label] != before[label]}
    assert changed <= {"not_ours"}, changed


def test_a_port_is_free_for_a_pod_itself_when_its_routed_connection_has_ended(shop, web, version):
    """Held up, the pod keeps a begun connection, and refuses the router the client's port later."""
    client = shop["client"]
    with Connection(client, web) as routed:
        assert routed.ask("/api/").pod == "api"
        source = ("", routed.source_port)
        routed.finish()
        assert routed.read_to_end() == b""
    before = tcp_info.counters(client.namespace)["TCPSynRetrans"]
    reply = ask(client, shop["api"].address(version), "/blog/", port=8080, source=source)
    assert reply.pod == "api"
    assert tcp_info.counters(client.namespace)["TCPSynRetrans"] == before


def test_a_pods_tcp_segments_keep_their_options_and_sizes(shop, version):
    with Connection(shop["client"], shop["api"].address(version), 8080) as connection:
        seen = tcp_info.read(connection.socket)
    assert seen.timestamps and seen.sack and seen.window_scaling
    assert seen.send_mss == 1460 - 12 if version == 4 else 1440 - 12


def test_other_ports_of_the_service_address_are_not_the_routers(shop, web):
    with pytest.raises(OSError) as seen:
        Connection(shop["client"], web, port=81)
    assert seen.value.errno in NOT_DELIVERED


def refusal(here):
    """The error that comes back for a datagram; None: nothing came, as kernels send few of them."""
    try:
        here.send(b"x")
        here.recv(10)
    except TimeoutError:
        return None
    except OSError as error:
        return error.errno
    raise AssertionError("an answer")


def test_udp_to_the_listeners_port_is_not_the_routers(shop, web):
    family = socket.AF_INET6 if ":" in web else socket.AF_INET
    with shop["client"].namespace.socket(family, socket.SOCK_DGRAM) as here:
        here.settimeout(1)
        here.setsockopt(*REPORT_ALL_ICMP[family], 1)
        here.connect((web, 80))
        assert wait.until(lambda: refusal(here), "an ICMP error", 20) in NOT_DELIVERED


def test_a_distant_client_is_served_and_pings(shop, web):
    assert ask(shop["far"], web, "/api/").pod == "api"
    done = ping(shop["far"].namespace, shop["api"].ipv4, "-s", "4000")
    assert ", 0% packet loss" in done.stdout, done
