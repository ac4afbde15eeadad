# SPDX-License-Identifier: Apache-2.0
"""Programs of others on the same devices: they stay, they are reported, and what somebody takes
from us is put back."""

import json
import os
import socket
import subprocess

import pytest

import foreign
import manifests
import wait
from foreign import Foreign, filters, tc
from raw_http import Connection, ask

DEVICE = "vethclient"
OUR_HANDLE = "0x70726f75"


@pytest.fixture
def lab(make_shop):
    return make_shop()


@pytest.fixture
def clsact(make_lab):
    """The shop, attached by filters."""
    made = make_lab()
    made.serve()
    made.write_shop()
    made.agent.options += ["--attach", "clsact"]
    made.agent.start()
    return made


def device(lab, name=DEVICE):
    """What pathroutectl says of a device."""
    listed = json.loads(lab.agent.ctl("status", "-o", "json"))["devices"]
    return next(entry for entry in listed if entry["name"] == name)


def others(lab):
    found = device(lab)
    return found["programsBefore"], found["programsBehind"]


def others_where_packets_leave(lab):
    found = device(lab)
    return found["egressProgramsBefore"], found["egressProgramsBehind"]


def link_pin(lab):
    with lab.node.entered():
        index = socket.if_nametoindex(DEVICE)
    return next(path for path in lab.agent.pins() if path.endswith(f"/links/{index}"))


def served(lab):
    return ask(lab["client"], manifests.WEB_IPV4, "/api/").status == 200


def wait_repaired(lab):
    wait.until(lambda: lab.agent.metric("pathroute_device_repairs_total") >= 1, "the repair")
    assert device(lab)["asRecorded"] and device(lab)["hook"] != "none"
    assert f"device {DEVICE}: our program was taken off by somebody" in lab.agent.log()


def test_a_detached_link_is_attached_again_and_connections_go_on(lab):
    with Connection(lab["client"], manifests.WEB_IPV4) as connection:
        assert connection.ask("/api/").status == 200
        subprocess.run(["bpftool", "link", "detach", "pinned", link_pin(lab)], check=True)
        assert device(lab)["hook"] == "none"
        wait_repaired(lab)
        assert connection.ask("/api/").status == 200
    assert served(lab)


def test_a_deleted_pin_is_made_anew(lab):
    os.unlink(link_pin(lab))
    wait_repaired(lab)
    assert os.path.exists(link_pin(lab))
    assert served(lab)


def test_while_all_is_well_nothing_is_repaired(lab):
    foreign_tc = Foreign(lab)
    foreign_tc.attach_tcx(DEVICE)
    wait.until(lambda: lab.agent.metric("pathroute_device_foreign_programs", device=DEVICE) == 1,
               "a look")
    assert lab.agent.metric("pathroute_device_repairs_total") == 0


def test_a_deleted_clsact_qdisc_is_put_back_at_once(clsact):
    with Connection(clsact["client"], manifests.WEB_IPV4) as connection:
        assert connection.ask("/api/").status == 200
        tc(clsact, "qdisc", "del", "dev", DEVICE, "clsact")
        wait.until(lambda: filters(clsact, DEVICE), "our filter", timeout=2)
        wait_repaired(clsact)
        assert connection.ask("/api/").status == 200


def test_a_clsact_qdisc_that_goes_takes_no_tcx_program_with_it(lab):
    tc(lab, "qdisc", "add", "dev", DEVICE, "clsact")
    tc(lab, "qdisc", "del", "dev", DEVICE, "clsact")
    assert served(lab)
    assert lab.agent.metric("pathroute_device_repairs_total") == 0


def test_who_takes_our_handle_keeps_it_and_we_find_another_place(clsact):
    tc(clsact, "filter", "replace", "dev", DEVICE, "ingress", "prio", "1", "handle", OUR_HANDLE,
       "bpf", "direct-action", "object-file", foreign.OBJECT, "section", "tc")
    wait_repaired(clsact)
    names = [entry["options"]["bpf_name"] for entry in filters(clsact, DEVICE)]
    assert len(names) == 2 and names[0].startswith("foreign") and "pathroute" in names[1]
    assert others(clsact) == (1, 0)
    assert served(clsact)


def test_a_filter_of_one_protocol_that_was_there_first_stays_first(make_lab):
    lab = make_lab()
    lab.serve()
    lab.write_shop()
    lab.agent.options += ["--attach", "clsact"]
    tc(lab, "qdisc", "add", "dev", "vethapi", "clsact")
    tc(lab, "filter", "add", "dev", "vethapi", "ingress", "prio", "1", "protocol", "ip", "bpf",
       "direct-action", "object-file", foreign.OBJECT, "section", "tc")
    lab.agent.start()
    assert device(lab, "vethapi")["hook"] == "clsact"
    assert device(lab, "vethapi")["programsBefore"] == 1
    lab.agent.stop()
    lab.agent.uninstall()
    assert len(filters(lab, "vethapi")) == 1


def test_ours_is_first_and_sees_the_packets_of_a_listener_alone(lab):
    behind = Foreign(lab)
    behind.attach_tcx(DEVICE)
    assert others(lab) == (0, 1)
    assert served(lab)
    assert not [key for key in behind.seen() if key[1] == manifests.WEB_IPV4]
    assert lab.node.run("ping", "-c1", "-W2", lab["client"].ipv4).returncode == 0


def test_who_goes_before_us_is_told_and_left_there(lab):
    before = Foreign(lab)
    before.attach_tcx(DEVICE, foreign.TCX_BEFORE)
    wait.until(lambda: lab.agent.metric("pathroute_device_foreign_programs", device=DEVICE,
                                        position="before") == 1, "a look")
    assert f"device {DEVICE}: programs of others: 1 before ours, 0 behind it" in lab.agent.log()
    assert served(lab)
    assert [key for key in before.seen() if key[1] == manifests.WEB_IPV4]
    columns = '<td>tcx</td><td>off</td><td class="n">1</td><td class="n">0</td>'
    assert columns in lab.agent.get("/")[1]
    lab.agent.kill()
    lab.agent.start()
    assert others(lab) == (1, 0)
    assert served(lab)


def test_programs_where_packets_leave_are_told_and_left_there(lab):
    before, behind = Foreign(lab), Foreign(lab, "foreign2")
    before.attach_tcx(DEVICE, foreign.TCX_BEFORE, foreign.TCX_EGRESS)
    behind.attach_tcx(DEVICE, kind=foreign.TCX_EGRESS)
    tc(lab, "qdisc", "add", "dev", DEVICE, "clsact")
    tc(lab, "filter", "add", "dev", DEVICE, "egress", "bpf", "direct-action", "object-file",
       foreign.OBJECT, "section", "tc")
    for position, count in (("before", 1), ("behind", 2)):
        wait.until(lambda: lab.agent.metric("pathroute_device_foreign_programs", device=DEVICE,
                                            hook="egress", position=position) == count, "a look")
    assert (f"device {DEVICE}: programs of others where packets leave: 1 before ours, 2 behind it"
            in lab.agent.log())
    assert others_where_packets_leave(lab) == (1, 2)
    assert others(lab) == (0, 0)
    assert '<td class="n">0</td><td class="n">0</td><td class="n">1</td><td class="n">2</td>' \
        in lab.agent.get("/")[1]
    assert served(lab)


def test_a_foreign_xdp_program_is_told_and_stays(lab):
    lab.node.ip(f"link set dev {DEVICE} xdpgeneric obj {foreign.OBJECT} sec xdp")
    assert others(lab) == (1, 0)
    assert served(lab)
    lab.agent.stop()
    lab.agent.uninstall()
    assert "xdpgeneric" in lab.node.run("ip", "link", "show", DEVICE).stdout


def test_an_uninstall_leaves_programs_of_others(lab):
    behind = Foreign(lab)
    link = behind.attach_tcx(DEVICE)
    tc(lab, "qdisc", "add", "dev", DEVICE, "clsact")
    tc(lab, "filter", "add", "dev", DEVICE, "ingress", "bpf", "direct-action", "object-file",
       foreign.OBJECT, "section", "tc")
    assert others(lab) == (0, 2)
    lab.agent.stop()
    lab.agent.uninstall()
    assert len(filters(lab, DEVICE)) == 1
    shown = subprocess.run(["bpftool", "link", "show", "pinned", link], text=True,
                           capture_output=True, check=True).stdout
    assert "  prog " in shown
