# SPDX-License-Identifier: Apache-2.0
"""XDP in front of tc: on links that stand for an uplink, with real clients and real servers.

A veth runs XDP natively, but the router puts it there only when the user names the device.
"""

import collections
import json
import socket
import subprocess

import pytest

import manifests
import packets
import topology
import wait
from foreign import Foreign
from lab_fixtures import opened, start_shop
from load import Load, serve_in_flood
from raw_http import ask
from xdp_wire import Wire

PATHS = {"/": {"frontend"}, "/api/": {"api"}, "/blog/x": {"blog"}}
FLOOD = 50000
REQUESTS = 20


def start_with_xdp(lab, *names):
    for name in names:
        lab.adopt(Wire(lab[name]))
        lab.agent.options += ["--xdp", lab[name].device]
    return start_shop(lab)


@pytest.fixture(scope="module")
def shop():
    with opened() as make:
        yield start_with_xdp(make(clients=("client", "attacker")), "client", "attacker")


def curl(client, web, path):
    """The pod that answered curl."""
    host = topology.in_url(web)
    body = client.namespace.run("curl", "-sS", "--fail", "-m", "20", "-H",
                                "Host: shop.example.com", f"http://{host}{path}").stdout
    return body.split("\n")[0].removeprefix("pod=")


def by_xdp(agent):
    """{verdict: packets that went no further than XDP}"""
    entries = json.loads(agent.ctl("status", "-o", "json"))["packets"]
    return collections.Counter({entry["verdict"]: entry["byXdp"] for entry in entries})


def xdp_state(agent, peer):
    devices = json.loads(agent.ctl("status", "-o", "json"))["devices"]
    return next(entry["xdp"] for entry in devices if entry["name"] == peer.device)


def native_program(lab, peer):
    """Id of the XDP program on the node's end of a peer's link; 0: there is none."""
    link = json.loads(lab.node.run("ip", "-j", "-d", "link", "show", peer.device).stdout)[0]
    attached = link.get("xdp", {}).get("attached", [])
    assert all(entry["mode"] == 1 for entry in attached), "a mode other than native"
    return attached[0]["prog"]["id"] if attached else 0


def test_handshakes_are_answered_by_xdp_and_requests_arrive(shop, web):
    before = by_xdp(shop.agent)["syn_answered"]
    for path, pods in PATHS.items():
        for _ in range(REQUESTS):
            assert curl(shop["client"], web, path) in pods
    assert by_xdp(shop.agent)["syn_answered"] - before == REQUESTS * len(PATHS)
    assert shop.agent.metric("pathroute_device_xdp", device=shop["client"].device) == 1


def spoofed_syn(attacker, version, web, number):
    source = f"198.18.{number >> 8 & 255}.{number & 255}" if version == 4 \
        else f"2001:db8::{number:x}"
    return packets.tcp_syn(attacker, source, web, 1024 + number % 60000, number << 8)


def test_a_syn_flood_ends_at_xdp(shop, web, version):
    frames = [spoofed_syn(shop["attacker"], version, web, number) for number in range(FLOOD)]
    answered, taken = shop.agent.verdicts()["syn_answered"], by_xdp(shop.agent)["syn_answered"]
    serve_in_flood(shop, web, PATHS, frames)
    assert by_xdp(shop.agent)["syn_answered"] - taken >= FLOOD
    assert (shop.agent.verdicts()["syn_answered"] - answered ==
            by_xdp(shop.agent)["syn_answered"] - taken)


def test_pods_links_have_no_xdp(shop):
    assert xdp_state(shop.agent, shop["api"]) == "off"
    assert not native_program(shop, shop["api"])
    assert xdp_state(shop.agent, shop["client"]) == "native"


def test_a_local_clients_partial_checksum_is_left_to_tc(shop, web):
    """The SYN of a container without a wire has no checksum yet."""
    shop["client"].namespace.run("ethtool", "-K", "eth0", "tx", "on")
    before = by_xdp(shop.agent)
    pod = curl(shop["client"], web, "/api/")
    shop["client"].namespace.run("ethtool", "-K", "eth0", "tx", "off")
    assert pod == "api"
    assert by_xdp(shop.agent)["syn_answered"] == before["syn_answered"]


def test_a_restart_replaces_the_program_under_load(make_lab):
    lab = start_with_xdp(make_lab(), "client")
    before = native_program(lab, lab["client"])
    with Load(lab["client"], manifests.WEB_IPV4, PATHS, threads=2) as load:
        load.wait_for_more(20)
        lab.agent.kill()
        load.wait_for_more(20)
        assert native_program(lab, lab["client"]) == before
        lab.agent.start()
        load.wait_for_more(20)
    load.check()
    assert native_program(lab, lab["client"]) not in (0, before)


def test_uninstall_takes_the_program_off(make_lab):
    lab = start_with_xdp(make_lab(), "client")
    assert native_program(lab, lab["client"])
    lab.agent.stop()
    lab.agent.uninstall()
    assert not native_program(lab, lab["client"])
    assert not lab.agent.pins()


def detach(pin):
    """Nobody is told of that: netlink has no news of links."""
    return subprocess.run(["bpftool", "link", "detach", "pinned", pin], check=False,
                          capture_output=True).returncode == 0


def our_pin(lab):
    with lab.node.entered():
        index = socket.if_nametoindex(lab["client"].device)
    return next(path for path in lab.agent.pins() if path.endswith(f"/xdp/{index}"))


def take_place(lab, other):
    """The pin of the other program's link; None: ours was back before it."""
    detach(our_pin(lab))
    try:
        return other.attach_xdp(lab["client"].device)
    except OSError:
        return None


def test_a_detached_program_is_attached_again(make_lab):
    lab = start_with_xdp(make_lab(), "client")
    program = native_program(lab, lab["client"])
    assert detach(our_pin(lab))
    wait.until(lambda: lab.agent.metric("pathroute_device_repairs_total") == 1, "the repair")
    assert native_program(lab, lab["client"]) == program
    assert xdp_state(lab.agent, lab["client"]) == "native"
    assert "device vethclient: our XDP program was taken off by somebody" in lab.agent.log()


def test_a_program_in_our_place_is_told_and_ours_comes_back_when_it_goes(make_lab):
    lab = start_with_xdp(make_lab(), "client")
    program, device = native_program(lab, lab["client"]), lab["client"].device
    pin = wait.until(lambda other=Foreign(lab): take_place(lab, other), "another's program there")
    wait.until(lambda: lab.agent.metric("pathroute_device_foreign_programs", device=device,
                                        position="before") == 1, "a look")
    assert xdp_state(lab.agent, lab["client"]) == "foreign"
    assert '<td>foreign</td><td class="n">1</td>' in lab.agent.get("/")[1]
    assert f"device {device}: another XDP program is there, tc does the work" in lab.agent.log()
    before = by_xdp(lab.agent)["syn_answered"]
    assert ask(lab["client"], manifests.WEB_IPV4, "/api/").pod == "api"
    assert by_xdp(lab.agent)["syn_answered"] == before
    assert detach(pin)
    wait.until(lambda: native_program(lab, lab["client"]) == program, "ours")
    wait.until(lambda: xdp_state(lab.agent, lab["client"]) == "native", "its state")
