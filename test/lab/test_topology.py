# SPDX-License-Identifier: Apache-2.0
"""The lab itself: peers reach each other by the node's plain routing, without a router."""

import hashlib
import os

import pytest

import peers
import servers
from forwarder import Forwarder
from lab import Lab, PREFIX
from namespace import DIRECTORY
from raw_http import Connection, ask, request

FAULTS = {"loss": 2, "duplicate": 3, "reorder": 4, "corrupt": 1}


@pytest.mark.parametrize("kind", ["routed", "bridge"])
def test_every_pod_answers_directly(make_lab, kind, version):
    lab = make_lab(kind=kind)
    lab.serve()
    for pod in lab.pods:
        reply = ask(lab["client"], pod.address(version), "/some/path?x=1", port=peers.POD_PORT)
        assert reply.pod == pod.name
        assert reply.seen["uri"] == "/some/path?x=1"
        assert reply.seen["remote"] == lab["client"].address(version)


def test_a_smaller_pod_mtu_is_in_force(make_lab, version):
    lab = make_lab(pod_mtu=1400)
    pod = lab.pods[0].address(version)
    ping = lab["client"].namespace.run("ping", "-c1", "-W1", "-M", "do", "-s", "1400", pod,
                                       check=False)
    assert ping.returncode != 0 and "1400" in ping.stdout + ping.stderr
    assert lab["client"].namespace.run("ping", "-c1", "-W1", "-s", "1200", pod).returncode == 0


def test_a_distant_client_reaches_pods_and_learns_of_small_links(make_lab, version):
    lab = make_lab(distant=("client",))
    lab.serve("api")
    assert ask(lab["client"], lab["api"].address(version), port=peers.POD_PORT).pod == "api"
    lab["client"].middle.ip("link set near mtu 1300")
    ping = lab["api"].namespace.run("ping", "-c2", "-W1", "-M", "do", "-s", "1400",
                                    lab["client"].address(version), check=False)
    assert ping.returncode != 0 and "1300" in ping.stdout + ping.stderr


def test_without_forwarder_a_wire_is_cut(make_lab):
    lab = make_lab(wired=("client",))
    ping = lab["client"].namespace.run("ping", "-c1", "-W0.2", lab.pods[0].ipv4, check=False)
    assert ping.returncode != 0


def test_the_forwarder_passes_everything_when_it_has_no_faults(make_lab, version):
    lab = make_lab(wired=("client",))
    digest = peers.make_file(lab.files, "3m.bin", 3 << 20)
    lab.serve("api")
    forwarder = Forwarder(lab, lab["client"])
    with Connection(lab["client"], lab["api"].address(version), peers.POD_PORT) as connection:
        connection.send(request("/3m.bin"))
        assert connection.download()[1] == digest
    counts = forwarder.stop()
    assert counts["frames"] > 2000, "GSO packets are cut into frames of the wire's size"
    assert counts["lost"] == counts["unsent"] == 0


def test_tcp_survives_the_forwarders_faults(make_lab, version):
    lab = make_lab(wired=("client",))
    digest = peers.make_file(lab.files, "3m.bin", 3 << 20)
    lab.serve("api")
    forwarder = Forwarder(lab, lab["client"], seed=7, **FAULTS)
    with Connection(lab["client"], lab["api"].address(version), peers.POD_PORT) as connection:
        connection.send(request("/3m.bin"))
        assert connection.download()[1] == digest
    counts = forwarder.stop()
    for name, percent in (("lost", 2), ("duplicated", 3), ("reordered", 4), ("corrupted", 1)):
        assert percent / 3 < 100 * counts[name] / counts["tcp"] < percent * 3, counts


def test_the_forwarder_is_fast_enough(make_lab):
    lab = make_lab(wired=("client",))
    peers.make_file(lab.files, "30m.bin", 30 << 20)
    lab.serve("api")
    forwarder = Forwarder(lab, lab["client"])
    with Connection(lab["client"], lab["api"].ipv4, peers.POD_PORT) as connection:
        connection.send(request("/30m.bin"))
        connection.download()
    used = forwarder.process.processor_seconds()
    rate = forwarder.stop()["frames"] / used
    assert rate > 50000, f"{rate:.0f} frames a second of processor time"


def test_uploads_reach_a_pod_of_the_tests_own(make_lab, version):
    lab = make_lab()
    body = os.urandom(1 << 20)
    with servers.Server(lab["api"], servers.pod("api")):
        reply = ask(lab["client"], lab["api"].address(version), "/up", port=8080, method="POST",
                    body=body)
    assert reply.body == hashlib.sha256(body).hexdigest().encode()


def test_a_closed_lab_leaves_nothing_behind():
    with Lab() as lab:
        lab.serve()
        prefix, directory, process = lab.prefix, lab.directory, lab.processes[0]
    assert not process.is_alive()
    assert not os.path.exists(directory)
    assert not [name for name in os.listdir(DIRECTORY) if name.startswith(prefix)]
    assert prefix.startswith(PREFIX)


def own_namespaces():
    """Other processes may have labs, too."""
    return {name for name in os.listdir(DIRECTORY) if name.startswith(f"{PREFIX}{os.getpid()}x")}


def test_a_lab_that_fails_to_build_leaves_nothing_behind():
    before = own_namespaces()
    with pytest.raises(RuntimeError):
        Lab(pods=("name-too-long-for-a-device",))
    assert own_namespaces() == before
